#include "services/assignments/assignments_service.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "services/assignments/assignment_rows.h"
#include "services/assignments/assignments_commands.h"
#include "services/assignments/assignments_view.h"
#include "services/decider/event_shape.h"

namespace mentorlog::assignments {
namespace {

using runtime::Violations;

Day OccurredOn(const runtime::Edge& edge, const std::string& text, Violations& violations) {
  return violations.OptionalDay("occurred_on", text).value_or(edge.desk.clock.Now().UtcDay());
}

// The first event of this type that the outcome wrote, open part only.
template <typename Event>
std::optional<Event> Written(const runtime::EventCodec& codec, const runtime::Outcome& outcome) {
  for (const auto& record : outcome.records) {
    const auto event = codec.Parse(*record);
    if (!event.ok()) continue;
    if (const auto* typed = dynamic_cast<const Event*>(event->get())) return *typed;
  }
  return std::nullopt;
}

// A step that is one fact: checked, then run on its assignment.
template <typename Request, typename Response, typename Event>
grpc::ServerUnaryReactor* Take(const runtime::Edge& edge, grpc::CallbackServerContext* call, const Request* request,
                               Response* response, Event wanted, Violations violations = {},
                               std::function<void(const runtime::Outcome&, Response&)> fill = nullptr) {
  const At at{violations.RequireId("assignment_id", request->assignment_id()),
              OccurredOn(edge, request->occurred_on(), violations)};
  violations.Add(decider::CheckEvent(wanted));
  StepCommand<Event> command{at, std::move(wanted)};
  return runtime::Mutate(
      edge, call, request, response, StreamOf(at.assignment), std::move(violations),
      [command = std::move(command)](const Context& context, decider::States& states) {
        return RunCommand(context, states, command);
      },
      std::move(fill));
}

template <typename Stored, typename Shown>
Stored AsStored(Shown value) {
  return static_cast<Stored>(static_cast<int>(value));
}

event::v1::AssignmentDescription Stored(const v1::AssignmentDescription& description) {
  return Mirror<event::v1::AssignmentDescription>(description);
}

template <typename Request>
event::v1::DeclineReason Reason(const Request& request) {
  event::v1::DeclineReason reason;
  reason.set_kind(AsStored<event::v1::ConcernKind>(request.reason()));
  reason.set_text(request.text());
  return reason;
}

}  // namespace

grpc::ServerUnaryReactor* AssignmentsService::DraftAssignment(Call* call, const v1::DraftAssignmentRequest* request,
                                                              v1::DraftAssignmentResponse* response) {
  Violations violations;
  violations.RequireId("mentor_id", request->mentor_id());
  violations.RequireId("mentee_id", request->mentee_id());
  violations.OptionalId("sponsor_id", request->sponsor_id());
  struct DraftAssignment command {
    std::nullopt, OccurredOn(edge_, request->occurred_on(), violations), {}
  };
  *command.wanted.mutable_description() = Stored(request->description());
  violations.Add(decider::CheckEvent(command.wanted));
  command.wanted.set_mentor_id(request->mentor_id());
  command.wanted.set_mentee_id(request->mentee_id());
  command.wanted.set_sponsor_id(request->sponsor_id());
  return runtime::Mutate<v1::DraftAssignmentRequest, v1::DraftAssignmentResponse>(
      edge_, call, request, response, std::nullopt, std::move(violations),
      [command = std::move(command)](const Context& context, decider::States& states) {
        return RunCommand(context, states, command);
      },
      [](const runtime::Outcome& outcome, v1::DraftAssignmentResponse& answer) {
        if (!outcome.records.empty()) answer.set_assignment_id(outcome.records.front()->stream().id.ToBytes());
      });
}

grpc::ServerUnaryReactor* AssignmentsService::SoundAssignment(Call* call, const v1::SoundAssignmentRequest* request,
                                                              v1::SoundAssignmentResponse* response) {
  event::v1::AssignmentSounded wanted;
  if (request->has_description()) *wanted.mutable_description() = Stored(request->description());
  return Take(edge_, call, request, response, std::move(wanted));
}

grpc::ServerUnaryReactor* AssignmentsService::OfferAssignment(Call* call, const v1::OfferAssignmentRequest* request,
                                                              v1::OfferAssignmentResponse* response) {
  Violations violations;
  struct OfferAssignment command;
  command.at = {violations.RequireId("assignment_id", request->assignment_id()),
                OccurredOn(edge_, request->occurred_on(), violations)};
  command.wanted = {violations.OptionalDay("respond_by", request->respond_by()),
                    violations.OptionalDay("start_from", request->start_from()),
                    violations.OptionalDay("start_until", request->start_until()), request->terms()};
  violations.Text("terms", request->terms(), decider::kTextMax);
  return runtime::Mutate<v1::OfferAssignmentRequest, v1::OfferAssignmentResponse>(
      edge_, call, request, response, StreamOf(command.at.assignment), std::move(violations),
      [command](const Context& context, decider::States& states) { return RunCommand(context, states, command); },
      [&codec = edge_.desk.codec](const runtime::Outcome& outcome, v1::OfferAssignmentResponse& answer) {
        const auto offered = Written<event::v1::AssignmentOffered>(codec, outcome);
        if (!offered) return;
        answer.set_round(offered->round());
        answer.set_respond_by(Day{offered->respond_by()}.ToText());
      });
}

grpc::ServerUnaryReactor* AssignmentsService::RaiseConcern(Call* call, const v1::RaiseConcernRequest* request,
                                                           v1::RaiseConcernResponse* response) {
  Violations violations;
  violations.RequireEnum("kind", v1::ConcernKind_descriptor(), request->kind());
  event::v1::ConcernRaised wanted;
  wanted.mutable_shared()->set_text(request->text());
  if (v1::ConcernKind_IsValid(request->kind())) {
    wanted.mutable_shared()->set_kind(AsStored<event::v1::ConcernKind>(request->kind()));
  }
  return Take<v1::RaiseConcernRequest, v1::RaiseConcernResponse>(
      edge_, call, request, response, std::move(wanted), std::move(violations),
      [&codec = edge_.desk.codec](const runtime::Outcome& outcome, v1::RaiseConcernResponse& answer) {
        const auto raised = Written<event::v1::ConcernRaised>(codec, outcome);
        if (raised) answer.set_concern_id(raised->concern_id());
      });
}

grpc::ServerUnaryReactor* AssignmentsService::AnswerConcern(Call* call, const v1::AnswerConcernRequest* request,
                                                            v1::AnswerConcernResponse* response) {
  Violations violations;
  violations.RequireId("concern_id", request->concern_id());
  violations.RequireEnum("answer", v1::ConcernAnswer_descriptor(), request->answer());
  event::v1::ConcernAnswered wanted;
  if (Id::FromBytes(request->concern_id())) wanted.set_concern_id(request->concern_id());
  if (v1::ConcernAnswer_IsValid(request->answer())) {
    wanted.set_answer(AsStored<event::v1::ConcernAnswer>(request->answer()));
  }
  wanted.mutable_shared()->set_text(request->text());
  return Take(edge_, call, request, response, std::move(wanted), std::move(violations));
}

grpc::ServerUnaryReactor* AssignmentsService::MakePitch(Call* call, const v1::MakePitchRequest* request,
                                                        v1::MakePitchResponse* response) {
  event::v1::PitchMade wanted;
  *wanted.mutable_answers_concern_ids() = request->answers_concern_ids();
  wanted.set_channel(AsStored<event::v1::PitchChannel>(request->channel()));
  wanted.mutable_shared()->set_argument(request->argument());
  return Take(edge_, call, request, response, std::move(wanted));
}

grpc::ServerUnaryReactor* AssignmentsService::ChangeTerms(Call* call, const v1::ChangeTermsRequest* request,
                                                          v1::ChangeTermsResponse* response) {
  Violations violations;
  event::v1::TermsChanged wanted;
  if (const auto day = violations.OptionalDay("respond_by", request->respond_by())) wanted.set_respond_by(day->value);
  if (const auto day = violations.OptionalDay("start_from", request->start_from())) wanted.set_start_from(day->value);
  if (const auto day = violations.OptionalDay("start_until", request->start_until())) {
    wanted.set_start_until(day->value);
  }
  if (request->has_description()) *wanted.mutable_description() = Stored(request->description());
  wanted.mutable_terms()->set_terms(request->terms());
  wanted.mutable_terms()->set_what_changed(request->what_changed());
  return Take<v1::ChangeTermsRequest, v1::ChangeTermsResponse>(
      edge_, call, request, response, std::move(wanted), std::move(violations),
      [&codec = edge_.desk.codec](const runtime::Outcome& outcome, v1::ChangeTermsResponse& answer) {
        const auto changed = Written<event::v1::TermsChanged>(codec, outcome);
        if (changed && changed->has_respond_by()) answer.set_respond_by(Day{changed->respond_by()}.ToText());
      });
}

grpc::ServerUnaryReactor* AssignmentsService::AcceptOffer(Call* call, const v1::AcceptOfferRequest* request,
                                                          v1::AcceptOfferResponse* response) {
  event::v1::OfferAccepted wanted;
  wanted.mutable_shared()->set_text(request->text());
  return Take(edge_, call, request, response, std::move(wanted));
}

grpc::ServerUnaryReactor* AssignmentsService::DeclineOffer(Call* call, const v1::DeclineOfferRequest* request,
                                                           v1::DeclineOfferResponse* response) {
  event::v1::OfferDeclined wanted;
  wanted.set_door(AsStored<event::v1::Door>(request->door()));
  *wanted.mutable_reason() = Reason(*request);
  return Take(edge_, call, request, response, std::move(wanted));
}

grpc::ServerUnaryReactor* AssignmentsService::WithdrawOffer(Call* call, const v1::WithdrawOfferRequest* request,
                                                            v1::WithdrawOfferResponse* response) {
  event::v1::OfferWithdrawn wanted;
  wanted.mutable_shared()->set_reason(AsStored<event::v1::WithdrawReason>(request->reason()));
  wanted.mutable_shared()->set_text(request->text());
  return Take(edge_, call, request, response, std::move(wanted));
}

grpc::ServerUnaryReactor* AssignmentsService::RescindAcceptance(Call* call, const v1::RescindAcceptanceRequest* request,
                                                                v1::RescindAcceptanceResponse* response) {
  event::v1::AcceptanceRescinded wanted;
  wanted.set_door(AsStored<event::v1::Door>(request->door()));
  *wanted.mutable_reason() = Reason(*request);
  return Take(edge_, call, request, response, std::move(wanted));
}

grpc::ServerUnaryReactor* AssignmentsService::ReconsiderOffer(Call* call, const v1::ReconsiderOfferRequest* request,
                                                              v1::ReconsiderOfferResponse* response) {
  event::v1::OfferReconsidered wanted;
  wanted.mutable_shared()->set_what_changed(request->what_changed());
  return Take(edge_, call, request, response, std::move(wanted));
}

grpc::ServerUnaryReactor* AssignmentsService::StartAssignment(Call* call, const v1::StartAssignmentRequest* request,
                                                              v1::StartAssignmentResponse* response) {
  event::v1::AssignmentStarted wanted;
  wanted.mutable_shared()->set_text(request->text());
  return Take(edge_, call, request, response, std::move(wanted));
}

grpc::ServerUnaryReactor* AssignmentsService::NoteProgress(Call* call, const v1::NoteProgressRequest* request,
                                                           v1::NoteProgressResponse* response) {
  event::v1::ProgressNoted wanted;
  wanted.mutable_shared()->set_text(request->text());
  wanted.mutable_shared()->set_confidence(request->confidence());
  wanted.mutable_shared()->set_help_wanted(request->help_wanted());
  return Take(edge_, call, request, response, std::move(wanted));
}

grpc::ServerUnaryReactor* AssignmentsService::LogSetback(Call* call, const v1::LogSetbackRequest* request,
                                                         v1::LogSetbackResponse* response) {
  event::v1::SetbackLogged wanted;
  wanted.mutable_shared()->set_kind(AsStored<event::v1::SetbackKind>(request->kind()));
  wanted.mutable_shared()->set_text(request->text());
  return Take(edge_, call, request, response, std::move(wanted));
}

grpc::ServerUnaryReactor* AssignmentsService::CompleteAssignment(Call* call,
                                                                 const v1::CompleteAssignmentRequest* request,
                                                                 v1::CompleteAssignmentResponse* response) {
  event::v1::AssignmentCompleted wanted;
  wanted.mutable_shared()->set_outcome(AsStored<event::v1::AssignmentOutcome>(request->outcome()));
  *wanted.mutable_shared()->mutable_competencies_shown() = request->competencies_shown();
  wanted.mutable_shared()->set_text(request->text());
  wanted.mutable_mentee_lessons()->set_text(request->mentee_lessons());
  wanted.mutable_mentor_lessons()->set_text(request->mentor_lessons());
  return Take(edge_, call, request, response, std::move(wanted));
}

grpc::ServerUnaryReactor* AssignmentsService::AbandonAssignment(Call* call, const v1::AbandonAssignmentRequest* request,
                                                                v1::AbandonAssignmentResponse* response) {
  event::v1::AssignmentAbandoned wanted;
  wanted.mutable_shared()->set_by(AsStored<event::v1::AbandonedBy>(request->by()));
  wanted.mutable_shared()->set_reason(request->reason());
  return Take(edge_, call, request, response, std::move(wanted));
}

}  // namespace mentorlog::assignments
