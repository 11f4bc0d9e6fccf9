#include "services/people/people_commands.h"
#include "services/relationships/evolution.h"
#include "services/relationships/relationships_commands.h"
#include "services/relationships/telling.h"

// Starting a relationship, and answering what may start another one.
namespace mentorlog::relationships {
namespace {

using decider::Context;
using decider::Decision;
using decider::Facts;
using decider::Id;
using decider::Refuse;
using decider::Reliance;
using decider::States;
using internal::Teller;
using view::v1::RelationshipState;

// A first start, or one after a decline.
void TellStart(const Context& context, const Teller& teller, const StartRelationship& command, Facts& facts) {
  event::v1::RelationshipStarted event;
  event.set_mentor_id(command.mentor.ToBytes());
  event.set_mentee_id(command.mentee.ToBytes());
  event.set_kind(command.kind);
  event.set_origin(context.imported() ? event::v1::RELATIONSHIP_ORIGIN_IMPORTED : command.origin);
  event.set_acknowledged(event.origin() == event::v1::RELATIONSHIP_ORIGIN_IMPORTED);
  if (const auto side = internal::OneOfTheTwo(context, command.mentor, command.mentee)) {
    event.set_started_by_id(side->ToBytes());
  }
  if (!command.why.empty()) event.mutable_shared()->set_why(command.why);
  teller.Tell(facts, std::move(event), command.occurred_on);
}

void TellCadence(const Teller& teller, const RelationshipState& state, const StartRelationship& command, Facts& facts) {
  if (!command.cadence || state.cadence_agreed()) return;
  if (state.has_cadence() && internal::Same(state.cadence(), *command.cadence)) return;
  event::v1::CadenceSet event;
  *event.mutable_cadence() = *command.cadence;
  teller.Tell(facts, std::move(event), command.occurred_on);
}

// Whether starting what waits for an answer is that answer.
bool Acknowledges(const Context& context, const RelationshipState& state, const StartRelationship& command) {
  if (state.acknowledged()) return false;
  if (context.imported()) return true;
  const auto side = internal::OneOfTheTwo(context, command.mentor, command.mentee);
  return side && !state.started_by_id().empty() && side->ToBytes() != state.started_by_id();
}

Decision StartAgain(const Context& context, const Teller& teller, const RelationshipState& state,
                    const StartRelationship& command) {
  Facts facts;
  const bool declined = state.status() == view::v1::RELATIONSHIP_STATUS_DECLINED;
  const bool closed = state.status() == view::v1::RELATIONSHIP_STATUS_CLOSED;
  // Somebody ended it: a row that says how it began is no answer to that.
  if (context.imported() && (declined || closed)) {
    facts.Advise("NOT_OPENED_AGAIN", "mentee_id",
                 declined ? "the relationship was declined, and stays so" : "the relationship is closed, and stays so");
    return facts;
  }
  if (declined) {
    TellStart(context, teller, command, facts);
    // A new start: the cadence from before the decline is gone.
    TellCadence(teller, RelationshipState(), command, facts);
    return facts;
  }
  if (closed) {
    event::v1::RelationshipReopened event;
    if (!command.why.empty()) event.mutable_shared()->set_why(command.why);
    teller.Tell(facts, std::move(event), command.occurred_on);
  }
  if (Acknowledges(context, state, command)) {
    teller.Tell(facts, event::v1::RelationshipAcknowledged(), command.occurred_on);
  }
  // A row of a file says what was so all along: it fills in a cadence that nobody set.
  if (closed || (context.imported() && !state.has_cadence())) TellCadence(teller, state, command, facts);
  if (context.imported() && command.occurred_on.value != state.started_on()) {
    facts.Advise(
        "START_DAY_KEPT", "occurred_on",
        "it started on " + decider::Day{state.started_on()}.ToText() + " by what is recorded, and that day stays");
  } else if (facts.facts.empty()) {
    facts.Advise("ALREADY_STARTED", "mentee_id", "the relationship is open already");
  }
  return facts;
}

// The pair's other kind that becomes this one.
Decision StartEvolved(const Context& context, States& states, const Teller& teller, const RelationshipState& into,
                      const StartRelationship& command) {
  const auto from = LoadOwnRelationship(context, states, *command.evolved_from);
  if (!from.ok()) return from.status();
  if (from->mentor_id() != command.mentor.ToBytes() || from->mentee_id() != command.mentee.ToBytes() ||
      from->kind() == command.kind) {
    return Refuse(absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
                  "evolved_from_id: another pair or the same kind, want another kind of this pair",
                  {{"field", "evolved_from_id"}});
  }
  if (!IsOpen(*from)) return internal::NotIn(*from, "RELATIONSHIP_NOT_OPEN", "an open one to evolve from");
  internal::Evolution evolution;
  evolution.from = RelationshipStream(*command.evolved_from);
  evolution.into = teller.stream;
  evolution.kind = command.kind;
  evolution.cadence = command.cadence;
  evolution.why = command.why;
  Facts facts;
  internal::TellEvolution(evolution, *from, into, command.occurred_on, facts);
  return facts;
}

}  // namespace

Decision Run(const Context& context, States& states, const StartRelationship& command) {
  if (auto wrongs = Check(command); !wrongs.empty()) return wrongs.front();
  if (auto status = decider::NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  if (auto status = people::RequirePerson(states, command.mentor, "mentor_id"); !status.ok()) return status;
  if (auto status = people::RequirePerson(states, command.mentee, "mentee_id"); !status.ok()) return status;
  if (auto status = internal::ByOneOfTheTwo(context, command.mentor, command.mentee); !status.ok()) return status;
  Teller teller{RelationshipStream(*context.ids, command.mentor, command.mentee, command.kind), command.mentor,
                command.mentee, context.imported()};
  RelationshipState state;
  const auto revision = states.Load(teller.stream, Reliance::kExact, state);
  if (!revision.ok()) return revision.status();
  teller.acknowledged = teller.acknowledged || state.acknowledged();
  if (command.evolved_from) return StartEvolved(context, states, teller, state, command);
  if (*revision) return StartAgain(context, teller, state, command);
  Facts facts;
  TellStart(context, teller, command, facts);
  TellCadence(teller, state, command, facts);
  return facts;
}

Decision Run(const Context& context, States& states, const AnswerTransition& command) {
  if (auto wrongs = Check(command); !wrongs.empty()) return wrongs.front();
  if (auto status = decider::NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  const auto state = LoadOwnRelationship(context, states, command.relationship);
  if (!state.ok()) return state.status();
  if (!state->has_transition() || state->transition().transition_id() != command.transition.ToBytes()) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "TRANSITION_NOT_OPEN",
                  "transition_id: no open suggestion, want the one that is open");
  }
  Facts facts;
  const Teller teller = Teller::Of(RelationshipStream(command.relationship), *state);
  internal::TellAnswer(teller, *state, command.answer, command.occurred_on, facts);
  if (command.answer == event::v1::TRANSITION_ANSWER_KEPT) return facts;
  const auto& open = state->transition();
  if (open.kind() == event::v1::RELATIONSHIP_KIND_UNSPECIFIED || open.kind() == state->kind()) {
    internal::TellConsequences(context, teller, *state, command.answer, command.occurred_on, facts);
    return facts;
  }
  internal::Evolution evolution;
  evolution.from = teller.stream;
  evolution.into = RelationshipStream(*context.ids, teller.mentor, teller.mentee, open.kind());
  evolution.kind = open.kind();
  evolution.mode = open.mode();
  if (open.has_cadence()) evolution.cadence = open.cadence();
  evolution.move_id = open.move_id();
  RelationshipState into;
  const auto revision = states.Load(evolution.into, Reliance::kExact, into);
  if (!revision.ok()) return revision.status();
  internal::TellEvolution(evolution, *state, into, command.occurred_on, facts);
  return facts;
}

namespace {

absl::Status Unknown(const Id& relationship) {
  return Refuse(absl::StatusCode::kNotFound, "UNKNOWN_RELATIONSHIP",
                "relationship_id: " + relationship.ToHex() + ", want one that was started",
                {{"relationship_id", relationship.ToHex()}});
}

}  // namespace

absl::StatusOr<RelationshipState> LoadRelationship(States& states, const Id& relationship, Reliance reliance) {
  RelationshipState state;
  const auto revision = states.Load(RelationshipStream(relationship), reliance, state);
  if (!revision.ok()) return revision.status();
  if (!*revision) return Unknown(relationship);
  return state;
}

absl::StatusOr<RelationshipState> LoadOwnRelationship(const Context& context, States& states, const Id& relationship,
                                                      Reliance reliance) {
  auto state = LoadRelationship(states, relationship, reliance);
  if (state.ok() && !internal::ByOneOfTheTwo(context, *state).ok()) return Unknown(relationship);
  return state;
}

}  // namespace mentorlog::relationships
