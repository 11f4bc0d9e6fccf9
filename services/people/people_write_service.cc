// The mutations of PeopleService.
#include <utility>

#include "services/people/people_commands.h"
#include "services/people/people_rows.h"
#include "services/people/people_service.h"

namespace mentorlog::people {
namespace {

using decider::States;
using runtime::Outcome;
using runtime::Violations;

void AddAll(const std::vector<absl::Status>& findings, Violations& violations) {
  for (const auto& finding : findings) violations.Add(finding);
}

// The id of the move that the first record tells.
template <typename Event>
std::string MoveIdOf(const runtime::EventCodec& codec, const Outcome& outcome) {
  if (outcome.records.empty()) return {};
  const auto event = codec.Parse(*outcome.records.front());
  const auto* told = event.ok() ? dynamic_cast<const Event*>(event->get()) : nullptr;
  return told == nullptr ? std::string() : told->move_id();
}

}  // namespace

grpc::ServerUnaryReactor* PeopleService::RegisterPerson(Context* context, const v1::RegisterPersonRequest* request,
                                                        v1::RegisterPersonResponse* response) {
  Violations violations;
  people::RegisterPerson command;
  command.display_name = request->display_name();
  command.email = request->email();
  command.locale = request->locale();
  command.time_zone = request->time_zone();
  command.joined_on = violations.OptionalDay("occurred_on", request->occurred_on()).value_or(Today());
  if (request->has_external_id()) command.external_id = GivenExternalId(request->external_id(), violations);
  AddAll(Check(command), violations);
  return runtime::Mutate(
      edge_, context, request, response, std::nullopt, std::move(violations),
      [command](const decider::Context& with, States& states) { return RunRegisterPerson(with, states, command); },
      [](const Outcome& outcome, v1::RegisterPersonResponse& answer) {
        if (!outcome.records.empty()) answer.set_person_id(outcome.records.front()->stream().id.ToBytes());
      });
}

grpc::ServerUnaryReactor* PeopleService::LinkExternalId(Context* context, const v1::LinkExternalIdRequest* request,
                                                        v1::LinkExternalIdResponse* response) {
  Violations violations;
  people::LinkExternalId command;
  command.person = violations.RequireId("person_id", request->person_id());
  command.external_id = GivenExternalId(request->external_id(), violations);
  command.occurred_on = violations.OptionalDay("occurred_on", request->occurred_on()).value_or(Today());
  AddAll(Check(command), violations);
  return runtime::Mutate(
      edge_, context, request, response, PersonStream(command.person), std::move(violations),
      [command](const decider::Context& with, States& states) { return RunLinkExternalId(with, states, command); });
}

grpc::ServerUnaryReactor* PeopleService::UnlinkExternalId(Context* context, const v1::UnlinkExternalIdRequest* request,
                                                          v1::UnlinkExternalIdResponse* response) {
  Violations violations;
  people::UnlinkExternalId command;
  command.person = violations.RequireId("person_id", request->person_id());
  command.system = request->external_id().system();
  command.external_id = request->external_id().external_id();
  command.occurred_on = violations.OptionalDay("occurred_on", request->occurred_on()).value_or(Today());
  AddAll(Check(command), violations);
  return runtime::Mutate(
      edge_, context, request, response, PersonStream(command.person), std::move(violations),
      [command](const decider::Context& with, States& states) { return RunUnlinkExternalId(with, states, command); });
}

grpc::ServerUnaryReactor* PeopleService::AnnounceMove(Context* context, const v1::AnnounceMoveRequest* request,
                                                      v1::AnnounceMoveResponse* response) {
  Violations violations;
  people::AnnounceMove command;
  command.person = violations.RequireId("person_id", request->person_id());
  command.type = static_cast<event::v1::MoveType>(request->type());
  command.effective_on = violations.RequireDay("effective_on", request->effective_on());
  command.to = ToldRole("to", request->to(), violations);
  command.occurred_on = violations.OptionalDay("occurred_on", request->occurred_on()).value_or(Today());
  AddAll(Check(command), violations);
  return runtime::Mutate(
      edge_, context, request, response, PersonStream(command.person), std::move(violations),
      [command](const decider::Context& with, States& states) { return RunAnnounceMove(with, states, command); },
      [&codec = edge_.desk.codec](const Outcome& outcome, v1::AnnounceMoveResponse& answer) {
        answer.set_move_id(MoveIdOf<event::v1::MoveAnnounced>(codec, outcome));
      });
}

grpc::ServerUnaryReactor* PeopleService::RecordMove(Context* context, const v1::RecordMoveRequest* request,
                                                    v1::RecordMoveResponse* response) {
  Violations violations;
  people::RecordMove command;
  command.person = violations.RequireId("person_id", request->person_id());
  command.type = static_cast<event::v1::MoveType>(request->type());
  command.effective_on = violations.OptionalDay("effective_on", request->effective_on()).value_or(Today());
  command.to = ToldRole("to", request->to(), violations);
  command.announcement = violations.OptionalId("announcement_id", request->announcement_id());
  if (request->has_from_reported()) {
    command.from_reported = ToldRole("from_reported", request->from_reported(), violations);
  }
  command.confidence = request->confidence();
  AddAll(Check(command), violations);
  return runtime::Mutate(
      edge_, context, request, response, PersonStream(command.person), std::move(violations),
      [command](const decider::Context& with, States& states) { return RunRecordMove(with, states, command); },
      [&codec = edge_.desk.codec](const Outcome& outcome, v1::RecordMoveResponse& answer) {
        answer.set_move_id(MoveIdOf<event::v1::PersonMoved>(codec, outcome));
      });
}

grpc::ServerUnaryReactor* PeopleService::CorrectMove(Context* context, const v1::CorrectMoveRequest* request,
                                                     v1::CorrectMoveResponse* response) {
  Violations violations;
  people::CorrectMove command;
  command.person = violations.RequireId("person_id", request->person_id());
  command.move = violations.RequireId("move_id", request->move_id());
  if (request->type() != v1::MOVE_TYPE_UNSPECIFIED) command.type = static_cast<event::v1::MoveType>(request->type());
  command.effective_on = violations.OptionalDay("effective_on", request->effective_on());
  command.to = ToldRole("to", request->to(), violations);
  command.reason = request->reason();
  command.occurred_on = violations.OptionalDay("occurred_on", request->occurred_on()).value_or(Today());
  AddAll(Check(command), violations);
  return runtime::Mutate(
      edge_, context, request, response, PersonStream(command.person), std::move(violations),
      [command](const decider::Context& with, States& states) { return RunCorrectMove(with, states, command); });
}

grpc::ServerUnaryReactor* PeopleService::RetractMove(Context* context, const v1::RetractMoveRequest* request,
                                                     v1::RetractMoveResponse* response) {
  Violations violations;
  people::RetractMove command;
  command.person = violations.RequireId("person_id", request->person_id());
  command.move = violations.RequireId("move_id", request->move_id());
  command.reason = static_cast<event::v1::MoveRetractionReason>(request->reason());
  command.note = request->note();
  command.occurred_on = violations.OptionalDay("occurred_on", request->occurred_on()).value_or(Today());
  AddAll(Check(command), violations);
  return runtime::Mutate(
      edge_, context, request, response, PersonStream(command.person), std::move(violations),
      [command](const decider::Context& with, States& states) { return RunRetractMove(with, states, command); });
}

}  // namespace mentorlog::people
