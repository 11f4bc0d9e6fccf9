// services/steward/policy.h: what follows from a move and from silence, as pure functions and one table of numbers.
//
// No clock, no log: the caller says what moved, when that was recorded, and how the relationship stands (domain
// sections 4.2 and 6). Whatever it answers is a command that relationships.h decides once more.
#ifndef MENTORLOG_SERVICES_STEWARD_POLICY_H_
#define MENTORLOG_SERVICES_STEWARD_POLICY_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "mentorlog/event/v1/people.pb.h"
#include "mentorlog/view/v1/pair.pb.h"
#include "mentorlog/view/v1/people_state.pb.h"
#include "mentorlog/view/v1/relationship_state.pb.h"
#include "services/decider/decider.h"
#include "services/relationships/clock.h"
#include "services/relationships/relationship.h"

namespace mentorlog::steward {

// The steward's numbers (domain.md, section 6). A change of any of them is a new version, and so is one of a cadence in
// services/relationships/clock.h.
struct Policies {
  std::uint32_t version = 1;
  // A first touch is owed within so many days of effective_on.
  std::int32_t first_touch_days = 14;
  // An open transition is taken after so many days of silence.
  std::int32_t answer_days = 14;
  // A move recorded later than so many days after it took effect sets the mode and does nothing else.
  std::int32_t long_past_days = 60;
  // Stay in touch, first year.
  std::uint32_t stay_in_touch_ideal_days = relationships::kStayInTouchCadence.ideal_days;
  std::uint32_t stay_in_touch_max_days = relationships::kStayInTouchCadence.max_days;
};

// A move as the steward found it.
struct MoveSeen {
  decider::Id move;
  decider::Id mover;
  event::v1::MoveType type = event::v1::MOVE_TYPE_UNSPECIFIED;
  decider::Day effective_on;
  event::v1::Role to;
  // What counted until then; absent for the first role, which is no change.
  std::optional<event::v1::Role> before;
  // The move before was a leave: whatever comes after it is a return.
  bool after_leave = false;
  decider::Day recorded_on;
  bool imported = false;
  // Where the log told it.
  storage::Position told_at;
  // The relationship was open when the log told it. What was opened later found the move when it was.
  bool told_while_open = true;
  // A later move of the same person took its place before the relationship heard of it: it suggests nothing any more.
  bool overtaken = false;
};

// What a move means to those who stay in touch with the mover.
enum class Change : std::uint8_t {
  // Nothing that a relationship would notice.
  kNone,
  // Another title on the same line, unit, site, function and employer.
  kPromotedInPlace,
  // Another line, unit, site, function or employer.
  kElsewhere,
  kExit,
  kLeave,
  // Back from a leave or an exit.
  kReturn,
};
Change ChangeOf(const MoveSeen& move);

// What the steward does about a move in one relationship. Empty where nothing follows.
struct Reaction {
  std::optional<relationships::SuggestTransition> suggest;
  std::optional<relationships::OweTouch> owe;
  std::optional<relationships::TellMove> tell;
  // Instead of all that: imported and long past moves set the mode at once.
  std::optional<relationships::ChangeMode> set_mode;
};

// `relationship` is the id of `state`; `today` dates what is appended.
Reaction React(const Policies& policies, const MoveSeen& move, const decider::Id& relationship,
               const view::v1::RelationshipState& state, decider::Day today);

// A move before and after a record that corrects or retracts it.
struct Corrected {
  MoveSeen before;
  // nullopt: it was retracted.
  std::optional<MoveSeen> now;
};

// What a correction of a move changes in one relationship. Empty where nothing follows.
struct Correction {
  // Of an open suggestion that the move, as corrected, no longer makes.
  std::optional<relationships::SupersedeTransition> supersede;
  // Another suggestion than the move made before.
  std::optional<relationships::SuggestTransition> suggest;
  std::optional<relationships::ChangeMode> set_mode;
  // Of a debt for a move that, as corrected, owes none.
  std::optional<relationships::WaiveOwedTouch> waive;
  // A debt that it did not make before, or the open one on other days.
  std::optional<relationships::OweTouch> owe;
  std::optional<relationships::TellMove> tell;
};

// What was answered stays answered, and a mode that was taken stays: a correction suggests, it does not undo. A debt
// counts from the day that the move has now, and is waived if it owes none any more.
Correction Correct(const Policies& policies, const Corrected& move, const decider::Id& relationship,
                   const view::v1::RelationshipState& state, decider::Day today);

// A touch that did not come in time.
struct Lapse {
  event::v1::LapseThreshold threshold = event::v1::LAPSE_THRESHOLD_UNSPECIFIED;
  // The last day on which it would have been in time.
  decider::Day due_on;
};

// The silence that lasts between two people, as one of their relationships counts it.
struct Silence {
  // The last touch of the two, in whichever relationship, or the start of this one if there was none.
  decider::Day since;
  std::optional<decider::Id> last_checkin;
  // Where the log told that touch or start.
  storage::Position told_at;
  // What lapses in it and was not told yet, in the order of the days. Empty of what rests, was closed or declined.
  std::vector<Lapse> ahead;
};

// `pair` is the row of the two. Only the silence that lasts lapses, so that an import makes no historic lapses; what an
// import brought, as long as no touch was logged since, is spread as on the mentor's Today (services/today/README.md),
// so that the fact and the card come on one day.
Silence SilenceOf(const decider::Id& relationship, const view::v1::RelationshipState& state,
                  const view::v1::PairRow& pair);

// What a relationship that starts finds: the latest move of either side that took effect after the start, if that
// sets a mode. `mentor` and `mentee` are the states of the two.
std::optional<relationships::ChangeMode> ModeAtStart(const Policies& policies, const decider::Id& relationship,
                                                     const view::v1::RelationshipState& state,
                                                     const view::v1::PersonState& mentor,
                                                     const view::v1::PersonState& mentee, decider::Day today);

// Whether of all moves of `person` up to `today` that ask for a mode, `move` is the last to take effect.
bool IsLastToAskForAMode(const view::v1::PersonState& person, const decider::Id& mover, const decider::Id& move,
                         decider::Day today);

// Whether no later move of `person` up to `today` would be noticed by a relationship.
bool IsLastToMatter(const view::v1::PersonState& person, const decider::Id& mover, const decider::Id& move,
                    decider::Day today);

// The move `id` of `person` (not an announcement), as it stands; nullopt if it is unknown or retracted.
std::optional<MoveSeen> SeeMove(const view::v1::PersonState& person, const decider::Id& mover, const decider::Id& id);

}  // namespace mentorlog::steward

#endif  // MENTORLOG_SERVICES_STEWARD_POLICY_H_
