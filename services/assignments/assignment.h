// services/assignments/assignment.h: a development assignment, decided and evolved by pure functions.
//
//   Decide: (command, state) -> the facts that follow, or why none can.
//   Evolve: (state, fact)    -> the next state. Facts are never refused.
//
//   Draft -> Sounding -> Offered -> Accepted -> InProgress -> Completed | Abandoned;  Draft -> Offered;
//   Offered -> Declined | Expired | Withdrawn;  Expired -> Accepted (dated on or before respond_by);
//   Declined, Expired -> Reconsidering -> Offered (next round);
//   Accepted -> Declined (rescinded) | Withdrawn;  Draft, Sounding -> Withdrawn.
//
// Whatever the state lacks is refused FAILED_PRECONDITION WRONG_ASSIGNMENT_STATE, but where a line below says
// otherwise; an assignment that nobody drafted, or of which the actor is no side, is NOT_FOUND NO_SUCH_ASSIGNMENT; a
// side that may not do it is PERMISSION_DENIED NOT_PERMITTED; what is malformed INVALID_ARGUMENT (see CheckEvent).
// Mentor side: the mentor, or the sponsor named in the draft. Pure; thread-free.
#ifndef MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENT_H_
#define MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "mentorlog/event/v1/assignments.pb.h"
#include "mentorlog/log/v1/record.pb.h"
#include "mentorlog/view/v1/assignment_state.pb.h"
#include "services/decider/decider.h"

namespace mentorlog::assignments {

using decider::Context;
using decider::Day;
using decider::Decision;
using decider::Id;
using view::v1::AssignmentState;

// The kind byte of the streams `assignment/<id>`.
inline constexpr std::uint8_t kAssignmentKind = 5;
// respond_by of an offer that names none (domain section 6).
inline constexpr std::int32_t kRespondWithinDays = 14;
inline constexpr int kConcernsMax = 100;

inline decider::StreamKey StreamOf(const Id& assignment) { return {kAssignmentKind, assignment}; }

// Which assignment a command is about, and the day it happened.
struct At {
  Id assignment;
  Day on;
};

// An offer as it is made: respond_by may be left out, the round follows from the state.
struct Offer {
  std::optional<Day> respond_by;
  std::optional<Day> start_from;
  std::optional<Day> start_until;
  std::string terms;
};

// By the mentor or the sponsor. ALREADY_EXISTS ASSIGNMENT_EXISTS; INVALID_ARGUMENT SELF_ASSIGNMENT, NO_STRETCH.
Decision Decide(const Context& context, const AssignmentState& state, const At& at,
                event::v1::AssignmentDrafted wanted);
// By the mentor side, of a draft. NO_STRETCH if it describes the assignment anew without one.
Decision Decide(const Context& context, const AssignmentState& state, const At& at,
                event::v1::AssignmentSounded wanted);
// By the mentor side. OFFER_ALREADY_OPEN; INVALID_ARGUMENT RESPOND_BY_BEFORE_OFFER. Advice
// OFFERED_WITH_OPEN_CONCERNS.
Decision Decide(const Context& context, const AssignmentState& state, const At& at, const Offer& wanted);
// By the mentee, in Sounding, Offered, Declined, Reconsidering. The concern's id is generated unless given.
// TOO_MANY_CONCERNS.
Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::ConcernRaised wanted);
// By the mentee, in the same states. NOT_FOUND NO_SUCH_CONCERN.
Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::ConcernAnswered wanted);
// By the mentor side, in the same states. DOOR_IS_CLOSED after a decline that closed it; NO_SUCH_CONCERN.
Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::PitchMade wanted);
// By the mentor side: of an open offer (resets respond_by), or of an accepted or running assignment, where a change of
// nothing is no fact. RESPOND_BY_BEFORE_OFFER, NO_STRETCH.
Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::TermsChanged wanted);
// By the mentee. OFFER_NOT_OPEN: no open offer. ACCEPTED_TOO_LATE: dated after respond_by (held against the day it
// happened, not the day it is logged), so that an expired offer accepted in time is accepted, with advice
// ACCEPTED_AFTER_EXPIRY.
Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::OfferAccepted wanted);
// By the mentee. OFFER_NOT_OPEN.
Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::OfferDeclined wanted);
// By the steward (or an import). OFFER_NOT_OPEN; NOT_YET_EXPIRED: dated on or before respond_by.
Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::OfferExpired wanted);
// By the mentor side, of what has not begun and is not yet answered with no.
Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::OfferWithdrawn wanted);
// By the mentee.
Decision Decide(const Context& context, const AssignmentState& state, const At& at,
                event::v1::AcceptanceRescinded wanted);
// By either side; after a decline that closed the door by the mentee only (DOOR_IS_CLOSED). It opens the door.
Decision Decide(const Context& context, const AssignmentState& state, const At& at,
                event::v1::OfferReconsidered wanted);
// By either side. Advice STARTED_OUTSIDE_WINDOW.
Decision Decide(const Context& context, const AssignmentState& state, const At& at,
                event::v1::AssignmentStarted wanted);
// By either side, of a running assignment.
Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::ProgressNoted wanted);
Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::SetbackLogged wanted);
Decision Decide(const Context& context, const AssignmentState& state, const At& at,
                event::v1::AssignmentCompleted wanted);
Decision Decide(const Context& context, const AssignmentState& state, const At& at,
                event::v1::AssignmentAbandoned wanted);

// REQUIRES: `event` is known to this build.
AssignmentState Evolve(AssignmentState state, const log::v1::Header& header, const event::v1::AssignmentEvent& event);

// A fact in its wrapper. REQUIRES: it is one of this kind.
event::v1::AssignmentEvent Wrap(const google::protobuf::Message& event);

}  // namespace mentorlog::assignments

#endif  // MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENT_H_
