#include "storage/gate.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/refusal.h"

namespace mentorlog::storage {
namespace {

constexpr std::int64_t kClockJumpUs = 5LL * 60 * 1000 * 1000;
constexpr std::int64_t kAskSpaceEveryUs = 100 * 1000;

}  // namespace

Gate::Gate(const Store& store, const Clock& clock, const LedgerOptions& options)
    : store_(store),
      clock_(clock),
      options_(options),
      offset_us_(clock.Now().micros - clock.SteadyMicros()),
      space_asked_us_(clock.SteadyMicros() - kAskSpaceEveryUs) {}

absl::Status Gate::Enter() {
  if (closed_.load(std::memory_order_acquire)) {
    return Refuse(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the log takes no proposals, want a running one");
  }
  if (absl::Status status = HoldClock(); !status.ok()) return status;
  if (absl::Status status = HoldSpace(); !status.ok()) return status;
  const std::uint64_t before = in_flight_.fetch_add(1, std::memory_order_relaxed);
  if (before < options_.proposals_in_flight_max) return absl::OkStatus();
  Leave();
  return Refuse(absl::StatusCode::kResourceExhausted, "TOO_MANY_IN_FLIGHT",
                absl::StrCat("proposals in flight: ", before, ", want fewer than ", options_.proposals_in_flight_max));
}

void Gate::Close(absl::Status why) {
  const std::lock_guard lock(mutex_);
  if (!closed_.exchange(true)) why_closed_ = std::move(why);
}

absl::Status Gate::Health() const {
  {
    const std::lock_guard lock(mutex_);
    if (!why_closed_.ok()) return why_closed_;
  }
  if (absl::Status status = HoldClock(); !status.ok()) return status;
  return HoldSpace();
}

absl::Status Gate::HoldClock() const {
  const std::int64_t jump_us = clock_.Now().micros - clock_.SteadyMicros() - offset_us_;
  if (std::abs(jump_us) <= kClockJumpUs) return absl::OkStatus();
  return Refuse(absl::StatusCode::kUnavailable, "CLOCK_JUMPED",
                absl::StrCat("the wall clock left the steady clock by ", jump_us / 1000000,
                             " s since the log was opened, want at most ", kClockJumpUs / 1000000));
}

absl::Status Gate::HoldSpace() const {
  const std::int64_t now_us = clock_.SteadyMicros();
  std::int64_t asked_us = space_asked_us_.load(std::memory_order_relaxed);
  if (now_us - asked_us >= kAskSpaceEveryUs && space_asked_us_.compare_exchange_strong(asked_us, now_us)) {
    free_bytes_.store(store_.FreeBytes().value_or(~0ULL), std::memory_order_relaxed);
  }
  const std::uint64_t free_bytes = free_bytes_.load(std::memory_order_relaxed);
  if (free_bytes >= options_.free_bytes_min) return absl::OkStatus();
  return Refuse(
      absl::StatusCode::kResourceExhausted, "STORAGE_FULL",
      absl::StrCat("free bytes on the log's device: ", free_bytes, ", want at least ", options_.free_bytes_min));
}

}  // namespace mentorlog::storage
