#include "absl/strings/str_cat.h"
#include "services/relationships/relationship.h"
#include "services/relationships/telling.h"

namespace mentorlog::relationships {
namespace {

using decider::Context;
using decider::Decision;
using decider::Facts;
using decider::Id;
using decider::Refuse;
using internal::Teller;
using view::v1::RelationshipState;

// What every command of one of the two must meet first.
absl::Status Begin(const Context& context, const RelationshipState& state, const Of& command) {
  if (auto status = decider::NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  return internal::ByOneOfTheTwo(context, state);
}

Teller TellerOf(const RelationshipState& state, const Of& command) {
  return Teller::Of(RelationshipStream(command.relationship), state);
}

// By the side that did not start it.
absl::Status ByTheOtherSide(const Context& context, const RelationshipState& state) {
  const auto starter = Id::FromBytes(state.started_by_id());
  if (!starter || !context.actor.Is(*starter) || context.actor.may_do_everything) return absl::OkStatus();
  return Refuse(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED", "actor: who started it, want the other side");
}

std::string SideOf(const Context& context, const RelationshipState& state) {
  const auto side =
      internal::OneOfTheTwo(context, *Id::FromBytes(state.mentor_id()), *Id::FromBytes(state.mentee_id()));
  return side ? side->ToBytes() : std::string();
}

absl::Status RequireOpen(const RelationshipState& state) {
  if (IsOpen(state)) return absl::OkStatus();
  return internal::NotIn(state, "RELATIONSHIP_NOT_OPEN", "one that is open: reopen it or start it again first");
}

}  // namespace

Decision Decide(const Context& context, const RelationshipState& state, const Acknowledge& command) {
  if (auto status = Begin(context, state, command); !status.ok()) return status;
  if (state.status() != view::v1::RELATIONSHIP_STATUS_STARTED) {
    if (IsOpen(state)) return Facts();
    return internal::NotIn(state, "NOT_AWAITING_ANSWER", "one that waits for an answer");
  }
  if (auto status = ByTheOtherSide(context, state); !status.ok()) return status;
  Facts facts;
  event::v1::RelationshipAcknowledged event;
  if (!command.note.empty()) event.mutable_shared()->set_note(command.note);
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const Decline& command) {
  if (auto status = Begin(context, state, command); !status.ok()) return status;
  if (state.status() == view::v1::RELATIONSHIP_STATUS_DECLINED) return Facts();
  if (state.status() != view::v1::RELATIONSHIP_STATUS_STARTED) {
    return internal::NotIn(state, "NOT_AWAITING_ANSWER", "one that waits for an answer");
  }
  if (auto status = ByTheOtherSide(context, state); !status.ok()) return status;
  Facts facts;
  event::v1::RelationshipDeclined event;
  if (!command.note.empty()) event.mutable_shared()->set_note(command.note);
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const ProposeCadence& command) {
  if (auto status = Begin(context, state, command); !status.ok()) return status;
  if (auto status = internal::CheckCadence("cadence", command.cadence); !status.ok()) return status;
  if (auto status = RequireOpen(state); !status.ok()) return status;
  const std::string by = SideOf(context, state);
  if (state.has_proposed_cadence() && internal::Same(state.proposed_cadence(), command.cadence) &&
      state.proposed_by_id() == by) {
    return Facts();
  }
  Facts facts;
  event::v1::CadenceProposed event;
  *event.mutable_cadence() = command.cadence;
  event.set_proposed_by_id(by);
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const AgreeCadence& command) {
  if (auto status = Begin(context, state, command); !status.ok()) return status;
  if (!state.has_proposed_cadence()) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "NO_CADENCE_PROPOSED",
                  "cadence: none is proposed, want a proposal to agree to");
  }
  const auto proposer = Id::FromBytes(state.proposed_by_id());
  if (proposer && context.actor.Is(*proposer) && !context.actor.may_do_everything) {
    return Refuse(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED", "actor: who proposed it, want the other side");
  }
  Facts facts;
  event::v1::CadenceAgreed event;
  *event.mutable_cadence() = state.proposed_cadence();
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const SetCadence& command) {
  if (auto status = Begin(context, state, command); !status.ok()) return status;
  if (auto status = internal::CheckCadence("cadence", command.cadence); !status.ok()) return status;
  if (auto status = RequireOpen(state); !status.ok()) return status;
  if (state.has_cadence() && internal::Same(state.cadence(), command.cadence)) return Facts();
  if (state.cadence_agreed()) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "CADENCE_AGREED",
                  absl::StrCat("cadence: both agreed on ", state.cadence().ideal_days(), " / ",
                               state.cadence().max_days(), ", want a proposal instead"));
  }
  Facts facts;
  event::v1::CadenceSet event;
  *event.mutable_cadence() = command.cadence;
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const TellMove& command) {
  if (auto status = Begin(context, state, command); !status.ok()) return status;
  if (const auto to = command.to.ToBytes(); to != state.mentor_id() && to != state.mentee_id()) {
    return Refuse(absl::StatusCode::kInvalidArgument, "NOT_IN_RELATIONSHIP",
                  "to_id: somebody else, want the mentor or the mentee");
  }
  Facts facts;
  event::v1::MoveTold event;
  event.set_move_id(command.move.ToBytes());
  event.set_to_id(command.to.ToBytes());
  event.set_channel(command.channel);
  event.set_delivered(command.delivered);
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const Pause& command) {
  if (auto status = Begin(context, state, command); !status.ok()) return status;
  if (command.until && *command.until <= command.occurred_on) {
    const std::string wish = "want a day after " + command.occurred_on.ToText();
    auto status = Refuse(absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
                         "until: " + command.until->ToText() + ", " + wish, {{"field", "until"}});
    decider::AddFieldViolation(status, "until", wish);
    return status;
  }
  const bool paused = state.status() == view::v1::RELATIONSHIP_STATUS_PAUSED;
  if (!paused && state.status() != view::v1::RELATIONSHIP_STATUS_ACTIVE) {
    return internal::NotIn(state, "RELATIONSHIP_NOT_ACTIVE", "an active one");
  }
  const bool same_day = state.has_paused_until() == command.until.has_value() &&
                        (!command.until || state.paused_until() == command.until->value);
  if (paused && same_day) return Facts();
  Facts facts;
  event::v1::RelationshipPaused event;
  if (command.until) event.set_until(command.until->value);
  if (!command.reason.empty()) event.mutable_shared()->set_reason(command.reason);
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const Resume& command) {
  if (auto status = Begin(context, state, command); !status.ok()) return status;
  if (!IsOpen(state)) return internal::NotIn(state, "RELATIONSHIP_NOT_ACTIVE", "a paused one");
  Facts facts;
  if (state.status() == view::v1::RELATIONSHIP_STATUS_PAUSED) {
    TellerOf(state, command).Tell(facts, event::v1::RelationshipResumed(), command.occurred_on);
  }
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const Close& command) {
  if (auto status = Begin(context, state, command); !status.ok()) return status;
  if (state.status() == view::v1::RELATIONSHIP_STATUS_CLOSED) return Facts();
  if (!IsOpen(state)) return internal::NotIn(state, "RELATIONSHIP_NOT_ACTIVE", "one that is open");
  Facts facts;
  event::v1::RelationshipClosed event;
  event.mutable_shared()->set_reason(command.reason);
  event.mutable_shared()->set_last_word(command.last_word);
  if (!command.private_note.empty()) event.mutable_private_note()->set_note(command.private_note);
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const Reopen& command) {
  if (auto status = Begin(context, state, command); !status.ok()) return status;
  if (state.status() != view::v1::RELATIONSHIP_STATUS_CLOSED) {
    if (state.acknowledged() && IsOpen(state)) return Facts();
    return internal::NotIn(state, "RELATIONSHIP_NOT_CLOSED", "a closed one");
  }
  Facts facts;
  event::v1::RelationshipReopened event;
  if (!command.why.empty()) event.mutable_shared()->set_why(command.why);
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

}  // namespace mentorlog::relationships
