#include "services/people/people_commands.h"

#include <utility>

namespace mentorlog::people {
namespace {

using decider::Context;
using decider::Day;
using decider::Decision;
using decider::Facts;
using decider::Id;
using decider::Reliance;
using decider::States;
using view::v1::ExternalState;
using view::v1::PersonState;

absl::Status FirstOf(const std::vector<absl::Status>& findings) {
  return findings.empty() ? absl::OkStatus() : findings.front();
}

absl::Status Unknown(std::string_view field, const Id& person) {
  auto status = decider::Refuse(absl::StatusCode::kNotFound, "UNKNOWN_PERSON",
                                std::string(field) + ": " + person.ToHex() + ", want the id of a person",
                                {{"field", std::string(field)}, {"person", person.ToHex()}});
  decider::AddFieldViolation(status, field, "want the id of a person");
  return status;
}

absl::StatusOr<PersonState> LoadPerson(States& states, const Id& person, Reliance reliance, std::string_view field) {
  PersonState state;
  const auto head = states.Load(PersonStream(person), reliance, state);
  if (!head.ok()) return head.status();
  if (!state.registered()) return Unknown(field, person);
  return state;
}

absl::StatusOr<ExternalState> LoadClaim(const Context& context, States& states, std::string_view system,
                                        std::string_view external_id) {
  ExternalState claim;
  const auto head = states.Load(ExternalStream(*context.ids, system, external_id), Reliance::kExact, claim);
  if (!head.ok()) return head.status();
  return claim;
}

// What is somebody's is theirs to change, until a policy says who else may.
absl::Status ByThemselves(const Context& context, const Id& person) {
  if (context.actor.MayActAs(person)) return absl::OkStatus();
  return decider::Refuse(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED",
                         "actor: somebody else, want the person, or a service that may do everything");
}

// The state of somebody whose own the actor may change.
absl::StatusOr<PersonState> LoadOwn(const Context& context, States& states, const Id& person) {
  auto state = LoadPerson(states, person, Reliance::kExact, "person_id");
  if (!state.ok()) return state.status();
  if (auto status = ByThemselves(context, person); !status.ok()) return status;
  return state;
}

// Loads the person exactly and decides about one of their moves.
template <typename Command>
Decision RunMoveCommand(const Context& context, States& states, const Command& command) {
  if (auto status = FirstOf(Check(command)); !status.ok()) return status;
  const auto person = LoadOwn(context, states, command.person);
  if (!person.ok()) return person.status();
  return Decide(context, *person, command);
}

// Walks up from `manager`, by the roles that count on `day`.
absl::Status AdviseManager(const Context& context, States& states, const Id& person, const Id& manager, Day day,
                           Facts& facts) {
  Id above = manager;
  for (int step = 0; step < kManagersMax; ++step) {
    if (above == person) {
      facts.Advise("MANAGER_LOOP", "to.manager_id", "the managers above lead back to the person");
      return absl::OkStatus();
    }
    PersonState state;
    const auto head = states.Load(PersonStream(above), Reliance::kExists, state);
    if (!head.ok()) return head.status();
    if (step == 0 && !state.registered()) {
      if (!context.imported()) return Unknown("to.manager_id", manager);
      facts.Advise("MANAGER_UNKNOWN_YET", "to.manager_id", "nobody is registered yet with the id of the manager");
      return absl::OkStatus();
    }
    const auto* move = MoveOn(state, day);
    const auto next = move == nullptr ? std::nullopt : Id::FromBytes(move->to().manager_id());
    if (!next || *next == above) return absl::OkStatus();
    above = *next;
  }
  return absl::OkStatus();
}

// The decision about a move, with what there is to say about the manager told in it.
template <typename Command>
Decision WithManager(const Context& context, States& states, const Command& command, std::optional<Day> day,
                     Decision decision) {
  if (!decision.ok() || decision->facts.empty() || !command.to.manager || command.to.manager->IsZero()) return decision;
  const auto status =
      AdviseManager(context, states, command.person, *command.to.manager, day.value_or(context.today), *decision);
  if (!status.ok()) return status;
  return decision;
}

}  // namespace

Decision RunRegisterPerson(const Context& context, States& states, const RegisterPerson& command) {
  if (auto status = FirstOf(Check(command)); !status.ok()) return status;
  if (command.external_id && !context.actor.may_do_everything) {
    return decider::Refuse(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED",
                           "external_id: given by a person for somebody else, want none: who is registered links it");
  }
  PersonState nobody;
  const auto head = states.Load(PersonStream(context.ids->Generated(0)), Reliance::kExact, nobody);
  if (!head.ok()) return head.status();
  if (!command.external_id) return Decide(context, ExternalState(), command);
  const auto claim = LoadClaim(context, states, command.external_id->system, command.external_id->external_id);
  if (!claim.ok()) return claim.status();
  return Decide(context, *claim, command);
}

Decision RunLinkExternalId(const Context& context, States& states, const LinkExternalId& command) {
  if (auto status = FirstOf(Check(command)); !status.ok()) return status;
  const auto person = LoadOwn(context, states, command.person);
  if (!person.ok()) return person.status();
  const auto claim = LoadClaim(context, states, command.external_id.system, command.external_id.external_id);
  if (!claim.ok()) return claim.status();
  return Decide(context, *person, *claim, command);
}

Decision RunUnlinkExternalId(const Context& context, States& states, const UnlinkExternalId& command) {
  if (auto status = FirstOf(Check(command)); !status.ok()) return status;
  const auto person = LoadOwn(context, states, command.person);
  if (!person.ok()) return person.status();
  const auto claim = LoadClaim(context, states, command.system, command.external_id);
  if (!claim.ok()) return claim.status();
  return Decide(context, *person, *claim, command);
}

Decision RunAnnounceMove(const Context& context, States& states, const AnnounceMove& command) {
  return WithManager(context, states, command, command.effective_on, RunMoveCommand(context, states, command));
}

Decision RunRecordMove(const Context& context, States& states, const RecordMove& command) {
  return WithManager(context, states, command, command.effective_on, RunMoveCommand(context, states, command));
}

Decision RunCorrectMove(const Context& context, States& states, const CorrectMove& command) {
  return WithManager(context, states, command, command.effective_on, RunMoveCommand(context, states, command));
}

Decision RunRetractMove(const Context& context, States& states, const RetractMove& command) {
  return RunMoveCommand(context, states, command);
}

absl::Status RequirePerson(States& states, const Id& person, std::string_view field) {
  return LoadPerson(states, person, Reliance::kExists, field).status();
}

absl::StatusOr<std::optional<Id>> FindByExternalId(const Context& context, States& states, std::string_view system,
                                                   std::string_view external_id) {
  const auto claim = LoadClaim(context, states, system, external_id);
  if (!claim.ok()) return claim.status();
  if (claim->released()) return std::optional<Id>();
  return Id::FromBytes(claim->person_id());
}

}  // namespace mentorlog::people
