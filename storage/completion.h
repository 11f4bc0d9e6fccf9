// storage/completion.h: tells the callers what became of their proposals, and the subscribers that the head moved.
//
// Many answers are given on a thread of their own, so that the apply thread goes on with the next group meanwhile; a
// few, when nobody else waits, at once on the apply thread: waking another one takes longer than they do. So a caller's
// code must not wait for the log. Subscribers, which may be many, are always woken on the thread. Thread-safe.
#ifndef MENTORLOG_STORAGE_COMPLETION_H_
#define MENTORLOG_STORAGE_COMPLETION_H_

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/apply.h"
#include "storage/gate.h"
#include "storage/ledger.h"

namespace mentorlog::storage {

class Completion {
 public:
  explicit Completion(Gate& gate) : gate_(gate) {}
  ~Completion() { Stop(); }

  void Start() {
    thread_ = std::thread([this] { Run(); });
  }
  // Calls every `done` soon, in order, then wakes the subscribers once if the head moved. One caller at a time: the
  // apply thread.
  void Finish(std::vector<Judged> judged, Position head);
  // Finishes what is there, and ends. Idempotent.
  void Stop();

  std::unique_ptr<Ledger::Subscription> OnHead(std::function<void(Position)> wake);

 private:
  class Subscriber;
  // Shared by the subscriptions, which may outlive the ledger.
  struct Subscribers {
    // Held while they are woken: after Subscription's end nobody is.
    std::mutex mutex;
    std::list<std::function<void(Position)>> wakes;
  };

  void Run();
  void Tell(std::vector<Judged> group);
  void WakeSubscribers(Position head);

  Gate& gate_;
  const std::shared_ptr<Subscribers> subscribers_ = std::make_shared<Subscribers>();
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::vector<std::vector<Judged>> waiting_;
  Position head_;
  // The head that subscribers were told.
  Position told_;
  bool telling_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_COMPLETION_H_
