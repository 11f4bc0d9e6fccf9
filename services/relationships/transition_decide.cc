#include "services/relationships/evolution.h"
#include "services/relationships/relationship.h"
#include "services/relationships/telling.h"

// What the steward does, and what follows from a suggestion.
namespace mentorlog::relationships {
namespace {

using decider::Context;
using decider::Day;
using decider::Decision;
using decider::Facts;
using decider::Id;
using internal::Teller;
using view::v1::RelationshipState;

absl::Status Begin(const Context& context, const Of& command) {
  if (auto status = decider::NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  return internal::ByTheSteward(context);
}

Teller TellerOf(const RelationshipState& state, const Of& command) {
  return Teller::Of(RelationshipStream(command.relationship), state);
}

bool IsOpenTransition(const RelationshipState& state, const Id& transition) {
  return state.has_transition() && state.transition().transition_id() == transition.ToBytes();
}

// A move suggests once; one that was corrected, or closed over, again unless the same is open.
bool IsSuggestedAlready(const RelationshipState& state, const SuggestTransition& command) {
  if (!command.again) return state.last_suggested_move_id() == command.move.ToBytes();
  return state.has_transition() && state.transition().move_id() == command.move.ToBytes() &&
         state.transition().suggestion() == command.suggestion;
}

void TellMode(const Teller& teller, const RelationshipState& state, event::v1::RelationshipMode to,
              event::v1::ModeTrigger trigger, const std::string& move_id, Day on, Facts& facts) {
  if (to == event::v1::RELATIONSHIP_MODE_UNSPECIFIED || to == state.mode()) return;
  event::v1::ModeChanged event;
  event.set_from(state.mode());
  event.set_to(to);
  event.set_trigger(trigger);
  event.set_move_id(move_id);
  teller.Tell(facts, std::move(event), on);
}

// Sets a cadence that is not agreed; an agreed one stays.
void TellCadence(const Teller& teller, const RelationshipState& state, const event::v1::Cadence& cadence, Day on,
                 Facts& facts) {
  if (state.cadence_agreed() || (state.has_cadence() && internal::Same(state.cadence(), cadence))) return;
  event::v1::CadenceSet event;
  *event.mutable_cadence() = cadence;
  teller.Tell(facts, std::move(event), on);
}

}  // namespace

namespace internal {

void TellAnswer(const Teller& teller, const RelationshipState& state, event::v1::TransitionAnswer answer, Day on,
                Facts& facts) {
  event::v1::TransitionAnswered event;
  event.set_transition_id(state.transition().transition_id());
  event.set_move_id(state.transition().move_id());
  event.set_answer(answer);
  teller.Tell(facts, std::move(event), on);
}

void TellConsequences(const Context& context, const Teller& teller, const RelationshipState& state,
                      event::v1::TransitionAnswer answer, Day on, Facts& facts) {
  const auto& open = state.transition();
  const bool taken = answer == event::v1::TRANSITION_ANSWER_TAKEN;
  auto trigger = taken ? event::v1::MODE_TRIGGER_CHOICE : event::v1::MODE_TRIGGER_SILENCE;
  if (open.suggestion() == event::v1::SUGGESTION_PAUSE && state.status() == view::v1::RELATIONSHIP_STATUS_ACTIVE) {
    teller.Tell(facts, event::v1::RelationshipPaused(), on);
  }
  if (open.suggestion() == event::v1::SUGGESTION_RETURN) {
    trigger = event::v1::MODE_TRIGGER_RETURN;
    if (state.status() == view::v1::RELATIONSHIP_STATUS_PAUSED) {
      teller.Tell(facts, event::v1::RelationshipResumed(), on);
    }
  }
  TellMode(teller, state, open.mode(), trigger, open.move_id(), on, facts);
  if (!open.has_cadence()) return;
  if (!state.cadence_agreed() || !taken) return TellCadence(teller, state, open.cadence(), on, facts);
  if (Same(state.cadence(), open.cadence())) return;
  // One side takes what both agreed on otherwise: the other side is asked.
  const auto side = OneOfTheTwo(context, teller.mentor, teller.mentee);
  event::v1::CadenceProposed event;
  *event.mutable_cadence() = open.cadence();
  if (side) event.set_proposed_by_id(side->ToBytes());
  teller.Tell(facts, std::move(event), on);
}

void TellEvolution(const Evolution& evolution, const RelationshipState& from, const RelationshipState& into, Day on,
                   Facts& facts) {
  const Teller old_teller = Teller::Of(evolution.from, from);
  Teller teller{evolution.into, old_teller.mentor, old_teller.mentee, from.acknowledged() || into.acknowledged()};
  RelationshipState next = into;
  if (!IsOpen(into) && into.status() != view::v1::RELATIONSHIP_STATUS_CLOSED) {
    event::v1::RelationshipStarted event;
    event.set_mentor_id(from.mentor_id());
    event.set_mentee_id(from.mentee_id());
    event.set_kind(evolution.kind);
    event.set_origin(event::v1::RELATIONSHIP_ORIGIN_EVOLVED);
    event.set_evolved_from_id(evolution.from.id.ToBytes());
    event.set_acknowledged(from.acknowledged());
    event.set_started_by_id(from.started_by_id());
    if (!evolution.why.empty()) event.mutable_shared()->set_why(evolution.why);
    teller.acknowledged = from.acknowledged();
    teller.Tell(facts, std::move(event), on);
    next.set_mode(event::v1::RELATIONSHIP_MODE_REGULAR);
    next.clear_cadence();
    next.clear_cadence_agreed();
  } else {
    if (!IsOpen(into)) teller.Tell(facts, event::v1::RelationshipReopened(), on);
    if (from.acknowledged() && !into.acknowledged()) {
      teller.Tell(facts, event::v1::RelationshipAcknowledged(), on);
    }
  }
  const auto mode = evolution.mode == event::v1::RELATIONSHIP_MODE_UNSPECIFIED ? from.mode() : evolution.mode;
  TellMode(teller, next, mode, event::v1::MODE_TRIGGER_CHOICE, evolution.move_id, on, facts);
  if (from.cadence_agreed() && !next.cadence_agreed()) {
    event::v1::CadenceAgreed event;
    *event.mutable_cadence() = from.cadence();
    teller.Tell(facts, std::move(event), on);
  } else if (evolution.cadence) {
    TellCadence(teller, next, *evolution.cadence, on, facts);
  } else if (from.has_cadence()) {
    TellCadence(teller, next, from.cadence(), on, facts);
  }
  for (const auto& owed : from.owed()) {
    event::v1::TouchOwed event;
    *event.mutable_debt() = owed.debt();
    teller.Tell(facts, std::move(event), on);
  }
  event::v1::RelationshipClosed closed;
  closed.set_evolved_into_id(evolution.into.id.ToBytes());
  closed.mutable_shared()->set_reason(event::v1::CLOSE_REASON_EVOLVED);
  old_teller.Tell(facts, std::move(closed), on);
}

}  // namespace internal

Decision Decide(const Context& context, const RelationshipState& state, const SuggestTransition& command) {
  if (auto status = Begin(context, command); !status.ok()) return status;
  if (!IsOpen(state) || IsSuggestedAlready(state, command)) return Facts();
  Facts facts;
  const Teller teller = TellerOf(state, command);
  if (state.has_transition()) {
    internal::TellAnswer(teller, state, event::v1::TRANSITION_ANSWER_SUPERSEDED, command.occurred_on, facts);
  }
  event::v1::TransitionSuggested event;
  event.set_transition_id(context.ids->Generated(internal::kTransitionIdIndex).ToBytes());
  event.set_move_id(command.move.ToBytes());
  event.set_mover_id(command.mover.ToBytes());
  event.set_suggestion(command.suggestion);
  event.set_mode(command.mode);
  event.set_kind(command.kind);
  if (command.cadence) *event.mutable_cadence() = *command.cadence;
  event.set_answer_by(command.answer_by.value);
  teller.Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const TakeTransitionBySilence& command) {
  if (auto status = Begin(context, command); !status.ok()) return status;
  if (!IsOpenTransition(state, command.transition)) return Facts();
  if (command.occurred_on.value <= state.transition().answer_by()) return Facts();
  Facts facts;
  const Teller teller = TellerOf(state, command);
  const auto silence = event::v1::TRANSITION_ANSWER_BY_SILENCE;
  internal::TellAnswer(teller, state, silence, command.occurred_on, facts);
  internal::TellConsequences(context, teller, state, silence, command.occurred_on, facts);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const SupersedeTransition& command) {
  if (auto status = Begin(context, command); !status.ok()) return status;
  Facts facts;
  if (IsOpenTransition(state, command.transition)) {
    internal::TellAnswer(TellerOf(state, command), state, event::v1::TRANSITION_ANSWER_SUPERSEDED, command.occurred_on,
                         facts);
  }
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const ChangeMode& command) {
  if (auto status = Begin(context, command); !status.ok()) return status;
  if (!IsOpen(state)) return Facts();
  Facts facts;
  const Teller teller = TellerOf(state, command);
  TellMode(teller, state, command.mode, command.trigger, command.move ? command.move->ToBytes() : std::string(),
           command.occurred_on, facts);
  if (command.cadence) TellCadence(teller, state, *command.cadence, command.occurred_on, facts);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const LapseTouch& command) {
  if (auto status = Begin(context, command); !status.ok()) return status;
  if (!IsOpen(state) || state.status() == view::v1::RELATIONSHIP_STATUS_PAUSED) return Facts();
  const auto last = command.last_touch_on.value;
  if (!state.touches().empty() && state.touches(0).met_on() > last) return Facts();
  if (state.has_lapsed_touch_on() && state.lapsed_touch_on() == last) {
    for (const auto threshold : state.lapsed()) {
      if (threshold == command.threshold) return Facts();
    }
  }
  Facts facts;
  event::v1::TouchLapsed event;
  event.set_last_touch_on(last);
  if (command.last_checkin) event.set_last_checkin_id(command.last_checkin->ToBytes());
  event.set_threshold(command.threshold);
  event.set_due_on(command.due_on.value);
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const EndPause& command) {
  if (auto status = Begin(context, command); !status.ok()) return status;
  Facts facts;
  const bool over = state.status() == view::v1::RELATIONSHIP_STATUS_PAUSED && state.has_paused_until() &&
                    state.paused_until() <= command.occurred_on.value;
  if (over) TellerOf(state, command).Tell(facts, event::v1::RelationshipResumed(), command.occurred_on);
  return facts;
}

}  // namespace mentorlog::relationships
