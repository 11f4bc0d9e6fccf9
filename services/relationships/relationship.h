// services/relationships/relationship.h: a mentoring relationship, decided and evolved by pure functions.
//
//   Decide: (command, state) -> the facts that follow, or why none can.
//   Evolve: (state, fact)    -> the next state. Facts are never refused.
//
// One stream per (mentor, mentee, kind). A command that changes nothing answers no facts. Every Decide refuses
// DATE_IN_FUTURE (INVALID_ARGUMENT) for what has happened and NOT_PERMITTED (PERMISSION_DENIED) unless one of the two
// acts, or somebody who may do everything (others do not get so far: it is unknown to them). What several streams or
// check-ins are needed for is in relationships_commands.h.
#ifndef MENTORLOG_SERVICES_RELATIONSHIPS_RELATIONSHIP_H_
#define MENTORLOG_SERVICES_RELATIONSHIPS_RELATIONSHIP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mentorlog/event/v1/relationships.pb.h"
#include "mentorlog/view/v1/relationship_state.pb.h"
#include "services/decider/decider.h"

namespace mentorlog::relationships {

inline constexpr std::uint8_t kRelationshipKind = 3;

// The most that one relationship's state keeps.
inline constexpr int kOwedMax = 32;
inline constexpr int kPromisesMax = 64;
inline constexpr int kTouchesMax = 8;
// Of one check-in.
inline constexpr std::uint32_t kAmendmentsMax = 50;
inline constexpr int kMadeMax = 64;
// Of one command.
inline constexpr std::size_t kWithMax = 50;
inline constexpr std::size_t kPromisesInOneGoMax = 10;
inline constexpr std::size_t kListMax = 32;
inline constexpr std::uint32_t kCadenceDaysMax = 730;

// The cadence that holds while none is agreed or set (domain section 6).
event::v1::Cadence PolicyCadence(event::v1::RelationshipMode mode);
// The cadence that holds.
event::v1::Cadence CadenceOf(const view::v1::RelationshipState& state);

// Started, active or paused: what the steward acts on.
bool IsOpen(const view::v1::RelationshipState& state);

inline decider::StreamKey RelationshipStream(const decider::Id& relationship) {
  return {kRelationshipKind, relationship};
}
// The stream of a pair and kind.
decider::StreamKey RelationshipStream(const decider::Ids& ids, const decider::Id& mentor, const decider::Id& mentee,
                                      event::v1::RelationshipKind kind);
// The four kinds, in the order in which one is taken when nothing else decides.
inline constexpr event::v1::RelationshipKind kKinds[] = {
    event::v1::RELATIONSHIP_KIND_MENTOR, event::v1::RELATIONSHIP_KIND_SPONSOR, event::v1::RELATIONSHIP_KIND_LINE_COACH,
    event::v1::RELATIONSHIP_KIND_PEER};

// --- Commands of one relationship ---

// Whose relationship, and when: what every command below begins with.
struct Of {
  decider::Id relationship;
  decider::Day occurred_on;
};

struct Acknowledge : Of {
  std::string note;
};
struct Decline : Of {
  std::string note;
};
struct ProposeCadence : Of {
  event::v1::Cadence cadence;
};
struct AgreeCadence : Of {};
struct SetCadence : Of {
  event::v1::Cadence cadence;
};
struct AskForTalk : Of {
  event::v1::AskedAbout about = event::v1::ASKED_ABOUT_UNSPECIFIED;
  std::string note;
  std::optional<decider::Day> due_on;
};
struct WaiveOwedTouch : Of {
  decider::Id owed;
  std::string reason;
};
struct MakePromise : Of {
  // nullopt: the actor.
  std::optional<decider::Id> by;
  std::string text;
  event::v1::PromiseKind kind = event::v1::PROMISE_KIND_UNSPECIFIED;
  std::optional<decider::Day> due_on;
};
struct KeepPromise : Of {
  decider::Id promise;
  std::string what_came_up;
};
struct DropPromise : Of {
  decider::Id promise;
  std::string reason;
};
struct TellMove : Of {
  decider::Id move;
  decider::Id to;
  event::v1::ToldChannel channel = event::v1::TOLD_CHANNEL_UNSPECIFIED;
  bool delivered = true;
};
struct Pause : Of {
  std::optional<decider::Day> until;
  std::string reason;
};
struct Resume : Of {};
struct Close : Of {
  event::v1::CloseReason reason = event::v1::CLOSE_REASON_UNSPECIFIED;
  std::string last_word;
  std::string private_note;
};
struct Reopen : Of {
  std::string why;
};

// --- Commands of the steward: where they come too late, or a second time, nothing follows ---

struct SuggestTransition : Of {
  decider::Id move;
  decider::Id mover;
  event::v1::Suggestion suggestion = event::v1::SUGGESTION_UNSPECIFIED;
  // Unspecified or nullopt: stays.
  event::v1::RelationshipMode mode = event::v1::RELATIONSHIP_MODE_UNSPECIFIED;
  event::v1::RelationshipKind kind = event::v1::RELATIONSHIP_KIND_UNSPECIFIED;
  std::optional<event::v1::Cadence> cadence;
  decider::Day answer_by;
  // The move suggested something before: it was corrected since, or closed over without an answer.
  bool again = false;
};
// Once answer_by has passed: mode, pause and a cadence that is not agreed follow; the kind stays.
struct TakeTransitionBySilence : Of {
  decider::Id transition;
};
// Of a suggestion that a newer fact made void, without a new suggestion.
struct SupersedeTransition : Of {
  decider::Id transition;
};
struct ChangeMode : Of {
  event::v1::RelationshipMode mode = event::v1::RELATIONSHIP_MODE_UNSPECIFIED;
  event::v1::ModeTrigger trigger = event::v1::MODE_TRIGGER_UNSPECIFIED;
  // nullopt: none.
  std::optional<decider::Id> move;
  // nullopt: stays. An agreed one stays anyway.
  std::optional<event::v1::Cadence> cadence;
};
// Nothing follows if the same cause is owed already, or, of a move, if a touch on or after owed_on is known of. An
// open debt that gets other days is told again, and made by that touch.
struct OweTouch : Of {
  event::v1::OwedCause cause = event::v1::OWED_CAUSE_UNSPECIFIED;
  // The move's or assignment's id.
  decider::Id cause_id;
  decider::Day owed_on;
  std::optional<decider::Day> due_on;
  // The open debt that gets these days; nullopt: a new one.
  std::optional<decider::Id> instead_of;
};
struct LapseTouch : Of {
  // The pair's last touch, or the start.
  decider::Day last_touch_on;
  std::optional<decider::Id> last_checkin;
  event::v1::LapseThreshold threshold = event::v1::LAPSE_THRESHOLD_UNSPECIFIED;
  decider::Day due_on;
};
// Once the day of `until` has come.
struct EndPause : Of {};

// --- Decide ---

// By the other side. FAILED_PRECONDITION NOT_AWAITING_ANSWER. An acknowledged one that is open: nothing follows.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const Acknowledge& command);
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const Decline& command);
// INVALID_ARGUMENT INVALID_CADENCE; FAILED_PRECONDITION RELATIONSHIP_NOT_OPEN.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const ProposeCadence& command);
// FAILED_PRECONDITION NO_CADENCE_PROPOSED; PERMISSION_DENIED NOT_PERMITTED for the one who proposed.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const AgreeCadence& command);
// INVALID_CADENCE, RELATIONSHIP_NOT_OPEN; FAILED_PRECONDITION CADENCE_AGREED: propose it instead.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const SetCadence& command);
// By the mentee. FAILED_PRECONDITION RELATIONSHIP_NOT_OPEN, TOO_MANY_OWED.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const AskForTalk& command);
// By the mentee. FAILED_PRECONDITION OWED_TOUCH_NOT_OPEN.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const WaiveOwedTouch& command);
// By who promises, in every state. INVALID_ARGUMENT NOT_IN_RELATIONSHIP; FAILED_PRECONDITION TOO_MANY_PROMISES.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const MakePromise& command);
// By who promised. FAILED_PRECONDITION PROMISE_NOT_OPEN.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const KeepPromise& command);
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const DropPromise& command);
// In every state. INVALID_ARGUMENT NOT_IN_RELATIONSHIP.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const TellMove& command);
// Of an active one, or a paused one with another day. INVALID_ARGUMENT INVALID_FIELD: until is not after occurred_on;
// FAILED_PRECONDITION RELATIONSHIP_NOT_ACTIVE.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const Pause& command);
// FAILED_PRECONDITION RELATIONSHIP_NOT_ACTIVE of a closed or declined one; nothing follows of one that is not paused.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const Resume& command);
// By either side, also of one that still waits for the other (a withdrawal). FAILED_PRECONDITION
// RELATIONSHIP_NOT_ACTIVE of a declined one; nothing follows of a closed one.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const Close& command);
// FAILED_PRECONDITION RELATIONSHIP_NOT_CLOSED of one that waits or was declined; nothing follows of an active one.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const Reopen& command);

// The steward's; PERMISSION_DENIED NOT_PERMITTED for anybody who may not do everything.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const SuggestTransition& command);
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const TakeTransitionBySilence& command);
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const SupersedeTransition& command);
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const ChangeMode& command);
// FAILED_PRECONDITION TOO_MANY_OWED.
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const OweTouch& command);
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const LapseTouch& command);
decider::Decision Decide(const decider::Context& context, const view::v1::RelationshipState& state,
                         const EndPause& command);

// --- Evolve ---

view::v1::RelationshipState Evolve(view::v1::RelationshipState state, const log::v1::Header& header,
                                   const event::v1::RelationshipEvent& event);
// The same where the state lies, for the view of states: half of an Evolve would go into moving it in and out.
void EvolveInPlace(view::v1::RelationshipState& state, const log::v1::Header& header,
                   const event::v1::RelationshipEvent& event);

// Whether an event tells of more than its sealed parts do. An amendment of a note or of words alone does not: whoever
// may know of none of its parts does not learn that it was made.
bool TellsMoreThanItsParts(const google::protobuf::Message& event);

// The check-in that an event is about; nullopt: none.
std::optional<decider::Id> CheckInOf(const event::v1::RelationshipEvent& event);
// Whether the event is the first about its check-in: that has an id of its own request, and is logged before anything
// else is told of it.
bool CreatesCheckIn(const event::v1::RelationshipEvent& event);
// Changes the check-in that the event is about; REQUIRES: CheckInOf names it.
void EvolveCheckIn(view::v1::CheckInItem& item, const log::v1::Header& header,
                   const event::v1::RelationshipEvent& event);

// What a view says of a correction that does not say how the check-in stood.
inline constexpr std::string_view kStandingWanted = "was: absent, want the check-in as it stood";

}  // namespace mentorlog::relationships

#endif  // MENTORLOG_SERVICES_RELATIONSHIPS_RELATIONSHIP_H_
