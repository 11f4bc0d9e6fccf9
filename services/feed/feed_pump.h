// services/feed/feed_pump.h: the threads on which readers of the feed make their steps.
//
// A stepper is in the queue at most once, so the queue is bounded by the number of steppers, and that by
// `steppers_max`. Every stepper is also woken by the head of the log and four times a second (for its timers).
// Thread-safe.
#ifndef MENTORLOG_SERVICES_FEED_FEED_PUMP_H_
#define MENTORLOG_SERVICES_FEED_FEED_PUMP_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>
#include <vector>

#include "absl/status/status.h"
#include "storage/ledger.h"

namespace mentorlog::feed {

// Something that makes bounded steps. Shared: the pump may still hold it when its call has ended.
class Stepper {
 public:
  virtual ~Stepper() = default;
  // One bounded step; never called twice at once. True: call again soon. When the pump is draining, it ends its call.
  virtual bool Step() = 0;

 private:
  friend class FeedPump;
  // Guarded by the pump's mutex.
  bool queued_ = false;
  bool stepping_ = false;
  bool again_ = false;
};

// UNAVAILABLE (SHUTTING_DOWN). Of a call that was sent everything that it may see up to `position` (of a backward read:
// down to it): from there it is resumed. nullopt: of one that never began.
absl::Status ShuttingDown(std::optional<storage::Position> position);

class FeedPump {
 public:
  FeedPump(storage::Ledger& ledger, int threads, std::size_t steppers_max);
  // Waits for steps under way; steppers that are left are let go.
  ~FeedPump();

  // RESOURCE_EXHAUSTED (TOO_MANY_IN_FLIGHT): there are `steppers_max` already. UNAVAILABLE (SHUTTING_DOWN): draining.
  absl::Status Add(const std::shared_ptr<Stepper>& stepper);
  void Remove(const std::shared_ptr<Stepper>& stepper);
  // From now on none is added; each that is there makes a step soon, and ends its call with it.
  void BeginDrain();
  bool draining() const { return draining_.load(std::memory_order_acquire); }
  // Calls Step soon.
  void Wake(const std::shared_ptr<Stepper>& stepper);

 private:
  void WakeAll();
  void Run();
  void Tick();
  void EnqueueLocked(const std::shared_ptr<Stepper>& stepper);

  const std::size_t steppers_max_;
  // Set under mutex_, once.
  std::atomic<bool> draining_ = false;
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::condition_variable ticks_;
  // Guarded by mutex_.
  std::unordered_set<std::shared_ptr<Stepper>> steppers_;
  std::deque<std::shared_ptr<Stepper>> queue_;
  bool stopping_ = false;

  std::vector<std::thread> threads_;
  std::thread timer_;
  std::unique_ptr<storage::Ledger::Subscription> on_head_;
};

}  // namespace mentorlog::feed

#endif  // MENTORLOG_SERVICES_FEED_FEED_PUMP_H_
