// services/relationships/clock.h: how often a pair is meant to be in touch, and how late its next touch is on a day.
//
// The clock runs per pair across kinds. It counts from the last real touch, or from the start if there was none, never
// from an old due date. Whoever shows a pair's clock counts by these functions. Pure.
#ifndef MENTORLOG_SERVICES_RELATIONSHIPS_CLOCK_H_
#define MENTORLOG_SERVICES_RELATIONSHIPS_CLOCK_H_

#include <algorithm>
#include <cstdint>

#include "mentorlog/event/v1/relationships.pb.h"
#include "storage/types.h"

namespace mentorlog::relationships {

// Days between touches, as a clock counts them; 1 <= ideal_days <= max_days.
struct CadenceDays {
  std::int32_t ideal_days = 0;
  std::int32_t max_days = 0;
};

// The defaults of the two modes (domain.md, section 6), of stay in touch that of the first year. Touches lapse by them,
// too: a change of one is a new version of steward::Policies.
inline constexpr CadenceDays kRegularCadence{30, 45};
inline constexpr CadenceDays kStayInTouchCadence{90, 180};
// A tie is dormant after so many days of silence, or after 2 x max_days if that is more (domain.md, section 4.2).
inline constexpr std::int32_t kDormantDaysMin = 365;
// It is lost after so many, however slow its cadence (domain.md, sections 4.2 and 6).
inline constexpr std::int32_t kLostDays = 1095;

// What holds in `mode` while nothing is agreed or set.
constexpr CadenceDays PolicyDays(event::v1::RelationshipMode mode) {
  return mode == event::v1::RELATIONSHIP_MODE_STAY_IN_TOUCH ? kStayInTouchCadence : kRegularCadence;
}

// An agreed or set cadence, in the clock's numbers.
inline CadenceDays DaysOf(const event::v1::Cadence& cadence) {
  return {static_cast<std::int32_t>(cadence.ideal_days()), static_cast<std::int32_t>(cadence.max_days())};
}

// The cadence of a pair with two relationships in one direction: the smaller ideal_days and the smaller max_days, each
// by itself. So the pair is as late as the later of the two, and past a threshold as soon as a touch lapses in either.
constexpr CadenceDays Strictest(const CadenceDays& a, const CadenceDays& b) {
  return {std::min(a.ideal_days, b.ideal_days), std::min(a.max_days, b.max_days)};
}

// A tie of this cadence is dormant or lost after so many days of silence.
constexpr std::int32_t SleepsAfterDays(const CadenceDays& cadence) {
  return std::min(kLostDays, std::max(kDormantDaysMin, 2 * cadence.max_days));
}

// The last day whose touches and starts count for `on`. Somewhere it is tomorrow already: who was touched there today,
// was.
inline storage::Day CountsUntil(storage::Day on, storage::Instant now) {
  return on < now.UtcDay() ? on : std::max(on, now.LatestDayOnEarth());
}

// Numbers as in mentorlog.v1.ClockState.
enum class Lateness : std::uint8_t { kResting = 0, kOnTrack = 1, kDue = 2, kOverdue = 3, kDormant = 4, kLost = 5 };

// Each begins the day after its number of days has passed.
constexpr Lateness LatenessAfter(std::int32_t days_since, const CadenceDays& cadence) {
  if (days_since > kLostDays) return Lateness::kLost;
  if (days_since > SleepsAfterDays(cadence)) return Lateness::kDormant;
  if (days_since > cadence.max_days) return Lateness::kOverdue;
  if (days_since > cadence.ideal_days) return Lateness::kDue;
  return Lateness::kOnTrack;
}

}  // namespace mentorlog::relationships

#endif  // MENTORLOG_SERVICES_RELATIONSHIPS_CLOCK_H_
