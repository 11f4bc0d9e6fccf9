#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/relationships/relationship.h"
#include "services/relationships/telling.h"

// What is owed and promised.
namespace mentorlog::relationships {
namespace {

using decider::Context;
using decider::Decision;
using decider::Facts;
using decider::Id;
using decider::Refuse;
using internal::Teller;
using view::v1::RelationshipState;

absl::Status CheckDay(const Context& context, const Of& command) {
  return decider::NotInFuture(context, "occurred_on", command.occurred_on);
}

Teller TellerOf(const RelationshipState& state, const Of& command) {
  return Teller::Of(RelationshipStream(command.relationship), state);
}

absl::Status RoomForOneMore(const RelationshipState& state) {
  if (state.owed_size() < kOwedMax) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "TOO_MANY_OWED",
                absl::StrCat("owed: ", state.owed_size(), " touches, want fewer than ", kOwedMax));
}

bool IsOwedAlready(const RelationshipState& state, const OweTouch& command) {
  return std::any_of(state.owed().begin(), state.owed().end(), [&](const auto& open) {
    return open.debt().cause() == command.cause && open.debt().cause_id() == command.cause_id.ToBytes();
  });
}

// The open promise, of which the actor is the maker.
absl::StatusOr<const RelationshipState::Promise*> OwnPromise(const Context& context, const RelationshipState& state,
                                                             const Id& promise) {
  const auto* open = internal::FindPromise(state, promise);
  if (open == nullptr) {
    if (auto status = internal::ByOneOfTheTwo(context, state); !status.ok()) return status;
    return Refuse(absl::StatusCode::kFailedPrecondition, "PROMISE_NOT_OPEN",
                  "promise_id: no open promise, want one that was neither kept nor dropped");
  }
  if (auto status = internal::By(context, *Id::FromBytes(open->by_id()), "who promised"); !status.ok()) return status;
  return open;
}

}  // namespace

Decision Decide(const Context& context, const RelationshipState& state, const AskForTalk& command) {
  if (auto status = CheckDay(context, command); !status.ok()) return status;
  if (auto status = internal::By(context, *Id::FromBytes(state.mentee_id()), "the mentee"); !status.ok()) return status;
  if (!IsOpen(state)) {
    return internal::NotIn(state, "RELATIONSHIP_NOT_OPEN", "one that is open: reopen it or start it again first");
  }
  if (auto status = RoomForOneMore(state); !status.ok()) return status;
  Facts facts;
  event::v1::TouchOwed event;
  auto& debt = *event.mutable_debt();
  debt.set_owed_id(context.ids->Generated(internal::kOwedIdIndex).ToBytes());
  debt.set_cause(event::v1::OWED_CAUSE_ASKED);
  debt.set_owed_on(command.occurred_on.value);
  if (command.due_on) debt.set_due_on(command.due_on->value);
  event.mutable_shared()->set_about(command.about);
  event.mutable_shared()->set_note(command.note);
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const WaiveOwedTouch& command) {
  if (auto status = CheckDay(context, command); !status.ok()) return status;
  if (auto status = internal::By(context, *Id::FromBytes(state.mentee_id()), "the mentee"); !status.ok()) return status;
  if (internal::FindOwed(state, command.owed) == nullptr) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "OWED_TOUCH_NOT_OPEN",
                  "owed_id: no open debt, want one that was neither made nor waived");
  }
  Facts facts;
  event::v1::OwedTouchWaived event;
  event.set_owed_id(command.owed.ToBytes());
  if (!command.reason.empty()) event.mutable_shared()->set_reason(command.reason);
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const MakePromise& command) {
  if (auto status = CheckDay(context, command); !status.ok()) return status;
  if (auto status = internal::ByOneOfTheTwo(context, state); !status.ok()) return status;
  const auto by = command.by ? command.by : context.actor.person;
  if (!by || (by->ToBytes() != state.mentor_id() && by->ToBytes() != state.mentee_id())) {
    return Refuse(absl::StatusCode::kInvalidArgument, "NOT_IN_RELATIONSHIP",
                  "by_id: neither of the two, want the mentor or the mentee");
  }
  if (auto status = internal::By(context, *by, "who promises"); !status.ok()) return status;
  if (state.promises_size() >= kPromisesMax) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "TOO_MANY_PROMISES",
                  absl::StrCat("promises: ", state.promises_size(), " are open, want fewer than ", kPromisesMax));
  }
  Facts facts;
  event::v1::PromiseMade event;
  event.set_promise_id(context.ids->Generated(internal::kPromiseIdIndex).ToBytes());
  event.set_by_id(by->ToBytes());
  event.set_kind(command.kind);
  if (command.due_on) event.set_due_on(command.due_on->value);
  event.mutable_shared()->set_text(command.text);
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const KeepPromise& command) {
  if (auto status = CheckDay(context, command); !status.ok()) return status;
  if (auto open = OwnPromise(context, state, command.promise); !open.ok()) return open.status();
  Facts facts;
  event::v1::PromiseKept event;
  event.set_promise_id(command.promise.ToBytes());
  if (!command.what_came_up.empty()) event.mutable_shared()->set_what_came_up(command.what_came_up);
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const DropPromise& command) {
  if (auto status = CheckDay(context, command); !status.ok()) return status;
  if (auto open = OwnPromise(context, state, command.promise); !open.ok()) return open.status();
  Facts facts;
  event::v1::PromiseDropped event;
  event.set_promise_id(command.promise.ToBytes());
  if (!command.reason.empty()) event.mutable_shared()->set_reason(command.reason);
  TellerOf(state, command).Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const RelationshipState& state, const OweTouch& command) {
  if (auto status = CheckDay(context, command); !status.ok()) return status;
  if (auto status = internal::ByTheSteward(context); !status.ok()) return status;
  if (!IsOpen(state)) return Facts();
  const bool made_already = command.cause == event::v1::OWED_CAUSE_MOVE && !state.touches().empty() &&
                            state.touches(0).met_on() >= command.owed_on.value;
  if (command.instead_of) {
    if (internal::FindOwed(state, *command.instead_of) == nullptr) return Facts();
  } else {
    if (made_already || IsOwedAlready(state, command)) return Facts();
    if (auto status = RoomForOneMore(state); !status.ok()) return status;
  }
  Facts facts;
  event::v1::TouchOwed event;
  auto& debt = *event.mutable_debt();
  debt.set_owed_id(command.instead_of.value_or(context.ids->Generated(internal::kOwedIdIndex)).ToBytes());
  debt.set_cause(command.cause);
  debt.set_owed_on(command.owed_on.value);
  if (command.due_on) debt.set_due_on(command.due_on->value);
  debt.set_cause_id(command.cause_id.ToBytes());
  event::v1::OwedTouchMade made;
  *made.mutable_debt() = debt;
  const Teller teller = TellerOf(state, command);
  teller.Tell(facts, std::move(event), command.occurred_on);
  if (made_already) {
    made.set_checkin_id(state.touches(0).checkin_id());
    teller.Tell(facts, std::move(made), command.occurred_on);
  }
  return facts;
}

}  // namespace mentorlog::relationships
