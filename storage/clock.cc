#include <chrono>

#include "storage/ledger.h"

namespace mentorlog::storage {
namespace {

template <typename Of>
std::int64_t Micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Of::now().time_since_epoch()).count();
}

class TheSystemsClock final : public Clock {
 public:
  Instant Now() const override { return {Micros<std::chrono::system_clock>()}; }
  std::int64_t SteadyMicros() const override { return Micros<std::chrono::steady_clock>(); }
};

}  // namespace

const Clock& SystemClock() {
  static const auto* const clock = new TheSystemsClock;
  return *clock;
}

}  // namespace mentorlog::storage
