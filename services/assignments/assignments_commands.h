// services/assignments/assignments_commands.h: the commands of this room with the states they need.
//
// What the handlers, the import and the steward call. Pure but for the states loaded; every Load becomes a check of
// the proposal. Refusals are those of assignment.h, and NOT_FOUND UNKNOWN_PERSON.
#ifndef MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENTS_COMMANDS_H_
#define MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENTS_COMMANDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mentorlog/event/v1/assignments.pb.h"
#include "services/assignments/assignment.h"
#include "services/decider/decider.h"

namespace mentorlog::assignments {

struct DraftAssignment {
  // Generated from the request if not given; an import derives it from the external id.
  std::optional<Id> assignment;
  Day occurred_on;
  // Mentor, mentee, sponsor and description.
  event::v1::AssignmentDrafted wanted;
};

struct OfferAssignment {
  At at;
  Offer wanted;
};

// A step that is one fact.
template <typename Event>
struct StepCommand {
  At at;
  Event wanted;
};
using SoundAssignment = StepCommand<event::v1::AssignmentSounded>;
using RaiseConcern = StepCommand<event::v1::ConcernRaised>;
using AnswerConcern = StepCommand<event::v1::ConcernAnswered>;
using MakePitch = StepCommand<event::v1::PitchMade>;
using ChangeTerms = StepCommand<event::v1::TermsChanged>;
using AcceptOffer = StepCommand<event::v1::OfferAccepted>;
using DeclineOffer = StepCommand<event::v1::OfferDeclined>;
using ExpireOffer = StepCommand<event::v1::OfferExpired>;
using WithdrawOffer = StepCommand<event::v1::OfferWithdrawn>;
using RescindAcceptance = StepCommand<event::v1::AcceptanceRescinded>;
using ReconsiderOffer = StepCommand<event::v1::OfferReconsidered>;
using StartAssignment = StepCommand<event::v1::AssignmentStarted>;
using NoteProgress = StepCommand<event::v1::ProgressNoted>;
using LogSetback = StepCommand<event::v1::SetbackLogged>;
using CompleteAssignment = StepCommand<event::v1::AssignmentCompleted>;
using AbandonAssignment = StepCommand<event::v1::AssignmentAbandoned>;

// How a round of an imported assignment ended.
enum class RoundDecision : std::uint8_t { kNone, kAccepted, kDeclined, kExpired, kWithdrawn };

// One round as a row of assignments.csv tells it: drafts the assignment if there is none, else reconsiders it; offers,
// records the decision, and starts it on `decided_on` before it is completed. All in one proposal.
struct RecordRound {
  Id assignment;
  Id mentor;
  Id mentee;
  event::v1::AssignmentDescription description;
  // Held against the assignment's next round; FAILED_PRECONDITION WRONG_ROUND.
  std::optional<std::uint32_t> round;
  Day offered_on;
  std::optional<Day> respond_by;
  RoundDecision decision = RoundDecision::kNone;
  // Needed with a decision, but for kExpired: the day after respond_by.
  std::optional<Day> decided_on;
  // Of a decline. OTHER if not said.
  event::v1::ConcernKind decline_kind = event::v1::CONCERN_KIND_UNSPECIFIED;
  // Of a decline or a withdrawal, in words.
  std::string reason;
  event::v1::Door door = event::v1::DOOR_OPEN;
  // Of an accepted one.
  std::optional<Day> completed_on;
  event::v1::AssignmentOutcome outcome = event::v1::ASSIGNMENT_OUTCOME_UNSPECIFIED;
};

Decision RunCommand(const Context& context, decider::States& states, const DraftAssignment& command);
Decision RunCommand(const Context& context, decider::States& states, const OfferAssignment& command);
Decision RunCommand(const Context& context, decider::States& states, const RecordRound& command);
// Loads the assignment and decides. Instantiated for every step above.
template <typename Event>
Decision RunCommand(const Context& context, decider::States& states, const StepCommand<Event>& command);

// OK if there is such an assignment and the actor is a side of it, or may do everything; else NOT_FOUND
// NO_SUCH_ASSIGNMENT. It then is there for good.
absl::Status RequireAssignment(const Context& context, decider::States& states, const Id& assignment);

}  // namespace mentorlog::assignments

#endif  // MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENTS_COMMANDS_H_
