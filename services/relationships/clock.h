// services/relationships/clock.h: how late the next touch of a pair is, on a day.
//
// The clock counts from the last real touch, or from the start if there was none, never from an old due date. Pure.
#ifndef MENTORLOG_SERVICES_RELATIONSHIPS_CLOCK_H_
#define MENTORLOG_SERVICES_RELATIONSHIPS_CLOCK_H_

#include <cstdint>
#include <optional>

#include "mentorlog/event/v1/relationships.pb.h"
#include "services/decider/decider.h"

namespace mentorlog::relationships {

inline constexpr std::int32_t kDormantDaysMin = 365;
inline constexpr std::int32_t kLostDays = 1095;

// Numbers as in mentorlog.v1.ClockState.
enum class Lateness : std::uint8_t { kResting = 0, kOnTrack = 1, kDue = 2, kOverdue = 3, kDormant = 4, kLost = 5 };

// Each begins the day after its number of days has passed.
inline Lateness LatenessAfter(std::int32_t days_since, const event::v1::Cadence& cadence) {
  const auto max = static_cast<std::int32_t>(cadence.max_days());
  if (days_since > kLostDays) return Lateness::kLost;
  if (days_since > (2 * max > kDormantDaysMin ? 2 * max : kDormantDaysMin)) return Lateness::kDormant;
  if (days_since > max) return Lateness::kOverdue;
  if (days_since > static_cast<std::int32_t>(cadence.ideal_days())) return Lateness::kDue;
  return Lateness::kOnTrack;
}

}  // namespace mentorlog::relationships

#endif  // MENTORLOG_SERVICES_RELATIONSHIPS_CLOCK_H_
