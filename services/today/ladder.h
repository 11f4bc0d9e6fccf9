// services/today/ladder.h: what a mentor should do today: pure.
//
//   (the mentor's pair rows, DAY) -> at most five cards, what could wait, how many ties sleep.
//
// Nothing is stored about a rung: it is computed for the day that is asked for, so that absence replays to the same
// answer. No clock, no disk, no names; thread-free.
#ifndef MENTORLOG_SERVICES_TODAY_LADDER_H_
#define MENTORLOG_SERVICES_TODAY_LADDER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mentorlog/view/v1/pair.pb.h"
#include "services/relationships/clock.h"
#include "storage/types.h"

namespace mentorlog::today {

// Most urgent first (domain section 5).
enum class Rung : std::uint8_t {
  kAsked = 1,
  kOwedAfterMove = 2,
  kOwedDebrief = 3,
  kPromiseOverdue = 4,
  kOfferClosing = 5,
  kPastMax = 6,
  kNeverMet = 7,
  kPastIdeal = 8,
  kAdvocacyUnheard = 9,
  // Not a rung of the ladder: a tie that sleeps, at most one a week and never instead of another card.
  kReconnect = 10,
};

inline constexpr std::size_t kCardsMax = 5;
inline constexpr std::int32_t kOfferWithinDays = 7;
inline constexpr std::int32_t kNeverMetDays = 14;
inline constexpr std::int32_t kAdvocacyDays = 30;

// Days between touches.
using Cadence = relationships::CadenceDays;

// The cadence of one relationship: as agreed or set, else the default of its mode.
Cadence CadenceOf(const view::v1::PairRow::Slot& slot);

// One mentee of the mentor.
struct Mentee {
  storage::Id id;
  // REQUIRES: its last touch is the last one by the day that is asked for (see ReadPairsAsMentor).
  const view::v1::PairRow* row = nullptr;
};

struct Card {
  storage::Id mentee;
  Rung rung = Rung::kPastIdeal;
  // Since it became due.
  std::int32_t days_waiting = 0;
  std::optional<storage::Day> due_on;
  // Of what the sentence speaks: the day somebody asked, moved, promised, started, spoke up, or was last in touch.
  std::optional<storage::Day> since;
  std::optional<storage::Day> last_touch_on;
  Cadence cadence;
  // Positions of the events behind it, ascending.
  std::vector<std::uint64_t> because;
  // Of a debt what caused it, as in the move's id; else empty.
  std::string cause_id;
};

struct Ladder {
  // At most kCardsMax.
  std::vector<Card> cards;
  // Everything else, in the same order.
  std::vector<Card> could_wait;
  // Ties that are dormant or lost by the pair's clock.
  std::uint32_t sleeping = 0;
  // Mentees with a relationship that is not closed or declined.
  std::uint32_t mentees = 0;
};

// The cards of `mentor` on `day`; relationships that started by `until` count (relationships::CountsUntil). One card
// per mentee: its most urgent rung. A relationship that is paused makes none. A tie that sleeps leaves the ladder,
// unless something is owed, promised or offered in it: a debt does not quietly expire.
Ladder Climb(const storage::Id& mentor, std::span<const Mentee> mentees, storage::Day day, storage::Day until);

// The move behind a card, as far as it is known.
struct MoveBehind {
  bool by_mentee = true;
  // As in `line lead, Leeds`; may be empty.
  std::string role;
  storage::Day effective_on;
};

// One sentence with its reason. `name`: of the mentee, empty if it may not be shown.
std::string Sentence(const Card& card, std::string_view name, const std::optional<MoveBehind>& move, storage::Day day);

// The same for the same pieces on every machine and in every build.
std::uint64_t StableHash(std::string_view pieces);

}  // namespace mentorlog::today

#endif  // MENTORLOG_SERVICES_TODAY_LADDER_H_
