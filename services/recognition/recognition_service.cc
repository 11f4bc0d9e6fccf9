#include "services/recognition/recognition_service.h"

#include <optional>
#include <string>
#include <utility>

#include "services/decider/event_shape.h"
#include "services/recognition/recognition_commands.h"

namespace mentorlog::recognition {
namespace {

using runtime::Violations;

Day OccurredOn(const runtime::Edge& edge, const std::string& text, Violations& violations) {
  return violations.OptionalDay("occurred_on", text).value_or(edge.desk.clock.Now().UtcDay());
}

// The giver or advocate: as named, else the person who calls.
void NameCaller(const Context& context, std::string* id) {
  if (id->empty() && context.actor.person) *id = context.actor.person->ToBytes();
}

template <typename Stored, typename Shown>
Stored AsStored(Shown value) {
  return static_cast<Stored>(static_cast<int>(value));
}

std::string FirstStreamId(const runtime::Outcome& outcome) {
  return outcome.records.empty() ? std::string() : outcome.records.front()->stream().id.ToBytes();
}

void AnswerRecognition(const runtime::Outcome& outcome, v1::GiveRecognitionResponse& answer) {
  answer.set_recognition_id(FirstStreamId(outcome));
  if (outcome.records.empty()) return;
  for (const auto& part : outcome.records.front()->header.parts()) {
    if (part.number() != event::v1::RecognitionGiven::kPraiseFieldNumber) continue;
    answer.set_audience(AsStored<v1::RecognitionAudience>(part.audience()));
  }
}

}  // namespace

grpc::ServerUnaryReactor* RecognitionService::GiveRecognition(Call* call, const v1::GiveRecognitionRequest* request,
                                                              v1::GiveRecognitionResponse* response) {
  Violations violations;
  struct GiveRecognition command;
  command.occurred_on = OccurredOn(edge_, request->occurred_on(), violations);
  violations.RequireId("to_id", request->to_id());
  violations.OptionalEnum("audience", v1::RecognitionAudience_descriptor(), request->audience());
  auto& wanted = command.wanted;
  wanted.set_from_id(request->from_id());
  if (Id::FromBytes(request->to_id())) wanted.set_to_id(request->to_id());
  wanted.set_check_in_id(request->check_in_id());
  wanted.set_assignment_id(request->assignment_id());
  wanted.mutable_praise()->set_what(request->what());
  wanted.mutable_praise()->set_size(AsStored<event::v1::RecognitionSize>(request->size()));
  wanted.mutable_praise()->set_how(AsStored<event::v1::RecognitionHow>(request->how()));
  wanted.mutable_relay()->set_relayed_from(request->relayed_from());
  violations.Add(decider::CheckEvent(wanted));
  command.relay_shared = request->relayed_from_shared();
  if (request->audience() != v1::RECOGNITION_AUDIENCE_UNSPECIFIED) {
    command.audience = AsStored<log::v1::Audience>(request->audience());
  }
  return runtime::Mutate<v1::GiveRecognitionRequest, v1::GiveRecognitionResponse>(
      edge_, call, request, response, std::nullopt, std::move(violations),
      [command](const Context& context, decider::States& states) {
        auto named = command;
        NameCaller(context, named.wanted.mutable_from_id());
        return RunCommand(context, states, named);
      },
      AnswerRecognition);
}

grpc::ServerUnaryReactor* RecognitionService::RecordAdvocacy(Call* call, const v1::RecordAdvocacyRequest* request,
                                                             v1::RecordAdvocacyResponse* response) {
  Violations violations;
  struct RecordAdvocacy command;
  command.occurred_on = OccurredOn(edge_, request->occurred_on(), violations);
  violations.RequireId("for_id", request->for_id());
  violations.RequireEnum("act", v1::AdvocacyAct_descriptor(), request->act());
  violations.OptionalEnum("outcome", v1::AdvocacyOutcome_descriptor(), request->outcome());
  auto& wanted = command.wanted;
  wanted.set_advocate_id(request->advocate_id());
  if (Id::FromBytes(request->for_id())) wanted.set_for_id(request->for_id());
  if (v1::AdvocacyAct_IsValid(request->act())) wanted.set_act(AsStored<event::v1::AdvocacyAct>(request->act()));
  wanted.mutable_shared()->set_opportunity(request->opportunity());
  wanted.mutable_room()->set_audience(request->audience());
  wanted.mutable_room()->set_unit(request->unit());
  wanted.mutable_room()->set_employer(request->employer());
  violations.Add(decider::CheckEvent(wanted));
  command.room_withheld = request->audience_withheld();
  command.tell_mentee = request->tell_mentee();
  command.outcome = AsStored<event::v1::AdvocacyOutcome>(request->outcome());
  command.outcome_on = violations.OptionalDay("outcome_on", request->outcome_on());
  return runtime::Mutate<v1::RecordAdvocacyRequest, v1::RecordAdvocacyResponse>(
      edge_, call, request, response, std::nullopt, std::move(violations),
      [command](const Context& context, decider::States& states) {
        auto named = command;
        NameCaller(context, named.wanted.mutable_advocate_id());
        return RunCommand(context, states, named);
      },
      [](const runtime::Outcome& outcome, v1::RecordAdvocacyResponse& answer) {
        answer.set_advocacy_id(FirstStreamId(outcome));
      });
}

grpc::ServerUnaryReactor* RecognitionService::TellAdvocacy(Call* call, const v1::TellAdvocacyRequest* request,
                                                           v1::TellAdvocacyResponse* response) {
  Violations violations;
  const struct TellAdvocacy command {
    violations.RequireId("advocacy_id", request->advocacy_id()), OccurredOn(edge_, request->occurred_on(), violations)
  };
  return runtime::Mutate(
      edge_, call, request, response, AdvocacyStream(command.advocacy), std::move(violations),
      [command](const Context& context, decider::States& states) { return RunCommand(context, states, command); });
}

grpc::ServerUnaryReactor* RecognitionService::RecordAdvocacyOutcome(Call* call,
                                                                    const v1::RecordAdvocacyOutcomeRequest* request,
                                                                    v1::RecordAdvocacyOutcomeResponse* response) {
  Violations violations;
  violations.RequireEnum("outcome", v1::AdvocacyOutcome_descriptor(), request->outcome());
  const struct RecordAdvocacyOutcome command {
    violations.RequireId("advocacy_id", request->advocacy_id()),
        OccurredOn(edge_, request->occurred_on(), violations), AsStored<event::v1::AdvocacyOutcome>(request->outcome())
  };
  return runtime::Mutate(
      edge_, call, request, response, AdvocacyStream(command.advocacy), std::move(violations),
      [command](const Context& context, decider::States& states) { return RunCommand(context, states, command); });
}

}  // namespace mentorlog::recognition
