#include "services/assignments/assignments_commands.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/assignments/assignment_rules.h"
#include "services/people/people_commands.h"

namespace mentorlog::assignments {
namespace {

absl::StatusOr<AssignmentState> LoadState(decider::States& states, const Id& assignment) {
  AssignmentState state;
  auto revision = states.Load(StreamOf(assignment), decider::Reliance::kExact, state);
  if (!revision.ok()) return revision.status();
  return state;
}

absl::Status RequirePersonIfNamed(decider::States& states, const std::string& id, std::string_view field) {
  const auto person = Id::FromBytes(id);
  // A malformed id is refused with everything else that is wrong with the event.
  if (!person) return absl::OkStatus();
  return people::RequirePerson(states, *person, field);
}

absl::Status RequirePeopleOf(decider::States& states, const event::v1::AssignmentDescription& description) {
  if (auto status = RequirePersonIfNamed(states, description.host_manager_id(), "description.host_manager_id");
      !status.ok()) {
    return status;
  }
  return RequirePersonIfNamed(states, description.safety_net_person_id(), "description.safety_net_person_id");
}

absl::Status RequirePeople(decider::States& states, const event::v1::AssignmentDrafted& wanted) {
  if (auto status = RequirePersonIfNamed(states, wanted.mentor_id(), "mentor_id"); !status.ok()) return status;
  if (auto status = RequirePersonIfNamed(states, wanted.mentee_id(), "mentee_id"); !status.ok()) return status;
  if (auto status = RequirePersonIfNamed(states, wanted.sponsor_id(), "sponsor_id"); !status.ok()) return status;
  return RequirePeopleOf(states, wanted.description());
}

// Events that describe the assignment may name more people.
template <typename Event>
absl::Status RequirePeople(decider::States& states, const Event& wanted) {
  if constexpr (requires { wanted.description(); }) return RequirePeopleOf(states, wanted.description());
  return absl::OkStatus();
}

// Several steps of one assignment in one proposal: each is decided on the state that the one before left.
class Chain {
 public:
  Chain(const Context& context, const Id& assignment, AssignmentState state)
      : context_(context), assignment_(assignment), state_(std::move(state)) {}

  const AssignmentState& state() const { return state_; }

  template <typename Wanted>
  absl::Status Take(Day on, Wanted wanted) {
    auto decision = Decide(context_, state_, At{assignment_, on}, std::move(wanted));
    if (!decision.ok()) return decision.status();
    for (auto& fact : decision->facts) {
      log::v1::Header header;
      header.set_occurred_on(fact.occurred_on.value);
      state_ = Evolve(std::move(state_), header, Wrap(*fact.event));
      facts_.facts.push_back(std::move(fact));
    }
    for (auto& item : decision->advice) facts_.advice.push_back(std::move(item));
    return absl::OkStatus();
  }

  decider::Facts Finish() { return std::move(facts_); }

 private:
  const Context& context_;
  const Id assignment_;
  AssignmentState state_;
  decider::Facts facts_;
};

absl::Status BeginRound(Chain& chain, const RecordRound& command) {
  if (chain.state().status() == view::v1::ASSIGNMENT_STATUS_UNSPECIFIED) {
    event::v1::AssignmentDrafted draft;
    draft.set_mentor_id(command.mentor.ToBytes());
    draft.set_mentee_id(command.mentee.ToBytes());
    *draft.mutable_description() = command.description;
    if (auto status = chain.Take(command.offered_on, std::move(draft)); !status.ok()) return status;
  } else if (chain.state().round() > 0) {
    if (auto status = chain.Take(command.offered_on, event::v1::OfferReconsidered{}); !status.ok()) return status;
  }
  return chain.Take(command.offered_on, Offer{command.respond_by, std::nullopt, std::nullopt, {}});
}

absl::Status DecideRound(Chain& chain, const RecordRound& command) {
  const Day respond_by{chain.state().respond_by()};
  if (command.decision == RoundDecision::kExpired) {
    return chain.Take(command.decided_on.value_or(respond_by.Plus(1)), event::v1::OfferExpired{});
  }
  if (!command.decided_on) return rules::Malformed("decided_on", "none", "want the day of the decision");
  if (command.decision == RoundDecision::kAccepted) return chain.Take(*command.decided_on, event::v1::OfferAccepted{});
  if (command.decision == RoundDecision::kWithdrawn) {
    event::v1::OfferWithdrawn withdrawn;
    withdrawn.mutable_shared()->set_text(command.reason);
    return chain.Take(*command.decided_on, std::move(withdrawn));
  }
  event::v1::OfferDeclined declined;
  declined.set_door(command.door);
  declined.mutable_reason()->set_kind(command.decline_kind == event::v1::CONCERN_KIND_UNSPECIFIED
                                          ? event::v1::CONCERN_KIND_OTHER
                                          : command.decline_kind);
  declined.mutable_reason()->set_text(command.reason);
  return chain.Take(*command.decided_on, std::move(declined));
}

absl::Status CompleteRound(Chain& chain, const RecordRound& command) {
  if (command.decision != RoundDecision::kAccepted) {
    return rules::Malformed("completed_on", command.completed_on->ToText(), "want none unless the offer was accepted");
  }
  if (auto status = chain.Take(*command.decided_on, event::v1::AssignmentStarted{}); !status.ok()) return status;
  event::v1::AssignmentCompleted completed;
  completed.mutable_shared()->set_outcome(command.outcome);
  return chain.Take(*command.completed_on, std::move(completed));
}

absl::Status CheckRound(const AssignmentState& state, const RecordRound& command) {
  if (!state.mentor_id().empty() &&
      (state.mentor_id() != command.mentor.ToBytes() || state.mentee_id() != command.mentee.ToBytes())) {
    return decider::Refuse(absl::StatusCode::kAlreadyExists, "ASSIGNMENT_EXISTS",
                           "assignment_id: exists between others, want the mentor and the mentee of the first round",
                           {{"assignment_id", command.assignment.ToHex()}});
  }
  if (!command.round || *command.round == state.round() + 1) return absl::OkStatus();
  return decider::Refuse(absl::StatusCode::kFailedPrecondition, "WRONG_ROUND",
                         absl::StrCat("round: ", *command.round, ", want ", state.round() + 1),
                         {{"round", absl::StrCat(state.round() + 1)}});
}

}  // namespace

Decision RunCommand(const Context& context, decider::States& states, const DraftAssignment& command) {
  const Id assignment = command.assignment.value_or(context.ids->Generated(0));
  auto state = LoadState(states, assignment);
  if (!state.ok()) return state.status();
  if (auto status = RequirePeople(states, command.wanted); !status.ok()) return status;
  return Decide(context, *state, At{assignment, command.occurred_on}, command.wanted);
}

Decision RunCommand(const Context& context, decider::States& states, const OfferAssignment& command) {
  auto state = LoadState(states, command.at.assignment);
  if (!state.ok()) return state.status();
  return Decide(context, *state, command.at, command.wanted);
}

Decision RunCommand(const Context& context, decider::States& states, const RecordRound& command) {
  auto state = LoadState(states, command.assignment);
  if (!state.ok()) return state.status();
  if (auto status = people::RequirePerson(states, command.mentor, "mentor_id"); !status.ok()) return status;
  if (auto status = people::RequirePerson(states, command.mentee, "mentee_id"); !status.ok()) return status;
  if (auto status = RequirePeopleOf(states, command.description); !status.ok()) return status;
  if (auto status = CheckRound(*state, command); !status.ok()) return status;
  Chain chain(context, command.assignment, *std::move(state));
  if (auto status = BeginRound(chain, command); !status.ok()) return status;
  if (command.decision != RoundDecision::kNone) {
    if (auto status = DecideRound(chain, command); !status.ok()) return status;
  }
  if (command.completed_on) {
    if (auto status = CompleteRound(chain, command); !status.ok()) return status;
  }
  return chain.Finish();
}

template <typename Event>
Decision RunCommand(const Context& context, decider::States& states, const StepCommand<Event>& command) {
  auto state = LoadState(states, command.at.assignment);
  if (!state.ok()) return state.status();
  if (auto status = RequirePeople(states, command.wanted); !status.ok()) return status;
  return Decide(context, *state, command.at, command.wanted);
}

absl::Status RequireAssignment(const Context& context, decider::States& states, const Id& assignment) {
  AssignmentState state;
  auto revision = states.Load(StreamOf(assignment), decider::Reliance::kExists, state);
  if (!revision.ok()) return revision.status();
  return rules::CheckKnown(context, state, assignment);
}

template Decision RunCommand(const Context&, decider::States&, const SoundAssignment&);
template Decision RunCommand(const Context&, decider::States&, const RaiseConcern&);
template Decision RunCommand(const Context&, decider::States&, const AnswerConcern&);
template Decision RunCommand(const Context&, decider::States&, const MakePitch&);
template Decision RunCommand(const Context&, decider::States&, const ChangeTerms&);
template Decision RunCommand(const Context&, decider::States&, const AcceptOffer&);
template Decision RunCommand(const Context&, decider::States&, const DeclineOffer&);
template Decision RunCommand(const Context&, decider::States&, const ExpireOffer&);
template Decision RunCommand(const Context&, decider::States&, const WithdrawOffer&);
template Decision RunCommand(const Context&, decider::States&, const RescindAcceptance&);
template Decision RunCommand(const Context&, decider::States&, const ReconsiderOffer&);
template Decision RunCommand(const Context&, decider::States&, const StartAssignment&);
template Decision RunCommand(const Context&, decider::States&, const NoteProgress&);
template Decision RunCommand(const Context&, decider::States&, const LogSetback&);
template Decision RunCommand(const Context&, decider::States&, const CompleteAssignment&);
template Decision RunCommand(const Context&, decider::States&, const AbandonAssignment&);

}  // namespace mentorlog::assignments
