// storage/gate.h: what a proposal must pass before the order: a sane clock, free space, room.
//
// None of it is looked at by apply, so that acceptance depends on the log and the proposal alone. Thread-safe.
#ifndef MENTORLOG_STORAGE_GATE_H_
#define MENTORLOG_STORAGE_GATE_H_

#include <atomic>
#include <cstdint>
#include <mutex>

#include "absl/status/status.h"
#include "storage/ledger.h"
#include "storage/store.h"

namespace mentorlog::storage {

class Gate {
 public:
  Gate(const Store& store, const Clock& clock, const LedgerOptions& options);

  // OK: one more proposal is in flight, until Leave. UNAVAILABLE SHUTTING_DOWN, CLOCK_JUMPED; RESOURCE_EXHAUSTED
  // STORAGE_FULL, TOO_MANY_IN_FLIGHT.
  absl::Status Enter();
  void Leave() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }
  // Nobody enters any more; `why` is what Enter and Health answer.
  void Close(absl::Status why);

  std::uint64_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
  // OK, or why nobody may enter; a full queue is no illness.
  absl::Status Health() const;

 private:
  absl::Status HoldClock() const;
  absl::Status HoldSpace() const;

  const Store& store_;
  const Clock& clock_;
  const LedgerOptions options_;
  // Wall clock minus steady clock when the log was opened.
  const std::int64_t offset_us_;
  std::atomic<std::uint64_t> in_flight_{0};
  std::atomic<bool> closed_{false};
  // When the free space was last asked for, and what came of it.
  mutable std::atomic<std::int64_t> space_asked_us_;
  mutable std::atomic<std::uint64_t> free_bytes_{~0ULL};
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  absl::Status why_closed_;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_GATE_H_
