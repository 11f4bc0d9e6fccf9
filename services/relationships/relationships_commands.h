// services/relationships/relationships_commands.h: the commands of this room with the states they need.
//
// What the handlers, the import and the steward call. Pure but for the states loaded; every Load becomes a check of
// the proposal: exact on every stream that a guard relies on, `exists` for a check-in that leaves nothing else open.
// Check-ins are items of the relationship's stream (view.v1.CheckInItem), read under the exact check of that stream.
#ifndef MENTORLOG_SERVICES_RELATIONSHIPS_RELATIONSHIPS_COMMANDS_H_
#define MENTORLOG_SERVICES_RELATIONSHIPS_RELATIONSHIPS_COMMANDS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "services/decider/decider.h"
#include "services/relationships/relationship.h"

namespace mentorlog::relationships {

struct StartRelationship {
  decider::Id mentor;
  decider::Id mentee;
  event::v1::RelationshipKind kind = event::v1::RELATIONSHIP_KIND_MENTOR;
  // SELF, ASKED, MATCHED or IMPORTED; EVOLVED is told by evolved_from.
  event::v1::RelationshipOrigin origin = event::v1::RELATIONSHIP_ORIGIN_SELF;
  std::string why;
  std::optional<event::v1::Cadence> cadence;
  // A relationship of the same pair and another kind, which becomes this one and is closed by it.
  std::optional<decider::Id> evolved_from;
  decider::Day occurred_on;
};

// Whom a check-in was with: a relationship; or mentor and mentee, of which the actor may be left out; or a person, in
// whichever direction they were touched last.
struct With {
  std::optional<decider::Id> relationship;
  std::optional<decider::Id> mentor;
  std::optional<decider::Id> mentee;
  std::optional<decider::Id> person;
  // Unspecified: the kind touched last, said as advice if there are several; else mentor.
  event::v1::RelationshipKind kind = event::v1::RELATIONSHIP_KIND_UNSPECIFIED;
};

struct PromiseOnTheWay {
  std::string text;
  event::v1::PromiseKind kind = event::v1::PROMISE_KIND_UNSPECIFIED;
  std::optional<decider::Day> due_on;
  // nullopt: the actor.
  std::optional<decider::Id> by;
};

struct OwedAnswer {
  decider::Id owed;
  std::string what_came_up;
};

struct LogCheckIn {
  std::vector<With> with;
  event::v1::CheckInChannel channel = event::v1::CHECK_IN_CHANNEL_IN_PERSON;
  event::v1::InitiatedBy initiated_by = event::v1::INITIATED_BY_UNSPECIFIED;
  bool career_talk = false;
  std::string gist;
  std::vector<event::v1::Topic> topics;
  std::vector<event::v1::PuzzlePiece> pieces;
  std::vector<std::string> prompt_ids;
  std::string private_note;
  std::vector<PromiseOnTheWay> promises;
  std::vector<OwedAnswer> owed;
  decider::Day occurred_on;
};

struct AmendCheckIn : Of {
  // Takes the place of the former words as a whole.
  struct Words {
    std::string gist;
    std::vector<event::v1::Topic> topics;
    std::vector<event::v1::PuzzlePiece> pieces;
    std::vector<std::string> prompt_ids;
  };
  decider::Id checkin;
  // What is nullopt stays.
  std::optional<decider::Day> met_on;
  std::optional<event::v1::CheckInChannel> channel;
  std::optional<event::v1::InitiatedBy> initiated_by;
  std::optional<bool> career_talk;
  std::optional<Words> words;
  std::optional<std::string> private_note;
};

struct RetractCheckIn : Of {
  decider::Id checkin;
  event::v1::CheckInRetractionReason reason = event::v1::CHECK_IN_RETRACTION_REASON_UNSPECIFIED;
  std::string note;
};

struct MakeOwedTouch : Of {
  decider::Id owed;
  decider::Id checkin;
  std::string what_came_up;
};

struct AnswerTransition : Of {
  decider::Id transition;
  // TAKEN or KEPT.
  event::v1::TransitionAnswer answer = event::v1::TRANSITION_ANSWER_UNSPECIFIED;
};

// Everything that is wrong with a command by itself: texts too long, lists too long, values that are not for it. The
// edge answers all of it at once, an import the first. The Run functions ask it themselves.
std::vector<absl::Status> Check(const StartRelationship& command);
std::vector<absl::Status> Check(const LogCheckIn& command);
std::vector<absl::Status> Check(const AmendCheckIn& command);
std::vector<absl::Status> Check(const RetractCheckIn& command);
std::vector<absl::Status> Check(const MakeOwedTouch& command);
std::vector<absl::Status> Check(const AnswerTransition& command);
std::vector<absl::Status> Check(const Acknowledge& command);
std::vector<absl::Status> Check(const Decline& command);
std::vector<absl::Status> Check(const AskForTalk& command);
std::vector<absl::Status> Check(const WaiveOwedTouch& command);
std::vector<absl::Status> Check(const MakePromise& command);
std::vector<absl::Status> Check(const KeepPromise& command);
std::vector<absl::Status> Check(const DropPromise& command);
std::vector<absl::Status> Check(const Pause& command);
std::vector<absl::Status> Check(const Close& command);
std::vector<absl::Status> Check(const Reopen& command);
// The others have nothing that is wrong by itself.
inline std::vector<absl::Status> Check(const Of&) { return {}; }

// Starts, or opens again what was closed; one that is open stays (advice ALREADY_STARTED), but the other side's start
// and an import acknowledge it. An import leaves one that is closed or declined as it stands (advice NOT_OPENED_AGAIN),
// and the start of an open one, too (START_DAY_KEPT). INVALID_ARGUMENT SELF_MENTORING, INVALID_CADENCE; NOT_FOUND
// UNKNOWN_PERSON, UNKNOWN_RELATIONSHIP (evolved_from); FAILED_PRECONDITION RELATIONSHIP_NOT_OPEN (evolved_from).
decider::Decision Run(const decider::Context& context, decider::States& states, const StartRelationship& command);

// A touch is never refused for the state of a relationship; an unknown pair starts one. It ends every open debt for a
// move that was owed by its day, and the debts that it names. Check-in `i` of `with` has the id Generated(64 * i), its
// promises Generated(64 * i + 1) and following. INVALID_ARGUMENT SELF_MENTORING, INVALID_FIELD (nobody, or the same
// relationship twice), NOT_IN_RELATIONSHIP (a promise of somebody else); NOT_FOUND UNKNOWN_PERSON,
// UNKNOWN_RELATIONSHIP.
decider::Decision Run(const decider::Context& context, decider::States& states, const LogCheckIn& command);

// By its author; of one that a service logged on nobody's behalf, by either of the two. Another day ends the open debts
// for moves that it is now after, and those it is now before are owed again. NOT_FOUND UNKNOWN_CHECK_IN;
// FAILED_PRECONDITION CHECK_IN_RETRACTED, TOO_MANY_AMENDMENTS.
decider::Decision Run(const decider::Context& context, decider::States& states, const AmendCheckIn& command);
// By its author. WRONG_PERSON destroys its sealed parts, and drops the open promises made in it. The debts that it
// ended are owed again, unless it was logged twice, or the last touch is another one after the move. Retracted already:
// nothing follows, but for WRONG_PERSON where sealed parts still stand, or debts that it ended: a second retraction,
// which destroys the ones and owes the others again.
decider::Decision Run(const decider::Context& context, decider::States& states, const RetractCheckIn& command);

// FAILED_PRECONDITION OWED_TOUCH_NOT_OPEN, CHECK_IN_RETRACTED, TOO_MANY_OWED; NOT_FOUND UNKNOWN_CHECK_IN.
decider::Decision Run(const decider::Context& context, decider::States& states, const MakeOwedTouch& command);

// Taken: mode, pause and cadence follow; a new kind starts another relationship of the pair and closes this one, in
// one proposal. FAILED_PRECONDITION TRANSITION_NOT_OPEN.
decider::Decision Run(const decider::Context& context, decider::States& states, const AnswerTransition& command);

// As relationship.h decides it. NOT_FOUND UNKNOWN_MOVE: not a move or an announcement of the other one of the two.
decider::Decision Run(const decider::Context& context, decider::States& states, const TellMove& command);

// OK if the check-in was logged between the two, in any kind and direction; else NOT_FOUND UNKNOWN_CHECK_IN naming
// `field`. It then is there for good.
absl::Status RequireCheckIn(const decider::Context& context, decider::States& states, const decider::Id& one,
                            const decider::Id& other, const decider::Id& checkin, std::string_view field);

// The state of a relationship, relied on exactly. NOT_FOUND UNKNOWN_RELATIONSHIP.
absl::StatusOr<view::v1::RelationshipState> LoadRelationship(decider::States& states, const decider::Id& relationship,
                                                             decider::Reliance reliance = decider::Reliance::kExact);
// The same, for who acts: to somebody who is neither of the two it is as unknown as one that there is not.
absl::StatusOr<view::v1::RelationshipState> LoadOwnRelationship(const decider::Context& context,
                                                                decider::States& states,
                                                                const decider::Id& relationship,
                                                                decider::Reliance reliance = decider::Reliance::kExact);

// Every command of one relationship that relationship.h decides.
template <typename Command>
requires requires(const decider::Context& context, const view::v1::RelationshipState& state, const Command& command) {
  Decide(context, state, command);
}
decider::Decision Run(const decider::Context& context, decider::States& states, const Command& command) {
  if (auto wrongs = Check(command); !wrongs.empty()) return wrongs.front();
  const auto state = LoadOwnRelationship(context, states, command.relationship);
  if (!state.ok()) return state.status();
  return Decide(context, *state, command);
}

}  // namespace mentorlog::relationships

#endif  // MENTORLOG_SERVICES_RELATIONSHIPS_RELATIONSHIPS_COMMANDS_H_
