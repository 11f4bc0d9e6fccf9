// The mutations of RelationshipsService.
#include <functional>
#include <type_traits>
#include <utility>

#include "services/relationships/relationships_commands.h"
#include "services/relationships/relationships_service.h"

namespace mentorlog::relationships {
namespace {

using runtime::Outcome;
using runtime::Violations;

void AddAll(const std::vector<absl::Status>& findings, Violations& violations) {
  for (const auto& finding : findings) violations.Add(finding);
}

event::v1::Cadence CadenceFrom(const v1::Cadence& asked) {
  event::v1::Cadence cadence;
  cadence.set_ideal_days(asked.ideal_days());
  cadence.set_max_days(asked.max_days());
  return cadence;
}

// Visits the events of one type among the records that a command wrote.
template <typename Event, typename Visit>
void VisitEvents(const runtime::EventCodec& codec, const Outcome& outcome, const Visit& visit) {
  for (const auto& record : outcome.records) {
    const auto event = codec.Parse(*record);
    if (!event.ok()) continue;
    if (const auto* told = dynamic_cast<const Event*>(event->get())) visit(*told);
  }
}

// The words of a check-in, from a request or from its field `words`.
template <typename From, typename Into>
void TakeWords(const From& from, const std::string& prefix, Into& into, Violations& violations) {
  into.gist = from.gist();
  for (const int topic : from.topics()) {
    violations.RequireEnum(prefix + "topics", v1::Topic_descriptor(), topic);
    into.topics.push_back(static_cast<event::v1::Topic>(topic));
  }
  for (const int piece : from.pieces()) {
    violations.RequireEnum(prefix + "pieces", v1::PuzzlePiece_descriptor(), piece);
    into.pieces.push_back(static_cast<event::v1::PuzzlePiece>(piece));
  }
  into.prompt_ids = {from.prompt_ids().begin(), from.prompt_ids().end()};
}

// A command of one relationship: the fields that all have, its own checks, and the call.
template <typename Request, typename Response, typename Command>
grpc::ServerUnaryReactor* MutateOne(
    const runtime::Edge& edge, grpc::CallbackServerContext* context, const Request* request, Response* response,
    Command command, Violations violations,
    std::type_identity_t<std::function<void(const Outcome&, Response&)>> fill = nullptr) {
  command.relationship = violations.RequireId("relationship_id", request->relationship_id());
  command.occurred_on =
      violations.OptionalDay("occurred_on", request->occurred_on()).value_or(edge.desk.clock.Now().UtcDay());
  AddAll(Check(command), violations);
  const auto stream = RelationshipStream(command.relationship);
  return runtime::Mutate(
      edge, context, request, response, stream, std::move(violations),
      [command = std::move(command)](const decider::Context& with, decider::States& states) {
        return Run(with, states, command);
      },
      std::move(fill));
}

}  // namespace

RelationshipsService::Reactor* RelationshipsService::StartRelationship(Context* context,
                                                                       const v1::StartRelationshipRequest* request,
                                                                       v1::StartRelationshipResponse* response) {
  Violations violations;
  relationships::StartRelationship command;
  command.mentor = violations.RequireId("mentor_id", request->mentor_id());
  command.mentee = violations.RequireId("mentee_id", request->mentee_id());
  violations.OptionalEnum("kind", v1::RelationshipKind_descriptor(), request->kind());
  if (request->kind() != v1::RELATIONSHIP_KIND_UNSPECIFIED) {
    command.kind = static_cast<event::v1::RelationshipKind>(request->kind());
  }
  violations.OptionalEnum("origin", v1::RelationshipOrigin_descriptor(), request->origin());
  if (request->origin() != v1::RELATIONSHIP_ORIGIN_UNSPECIFIED) {
    command.origin = static_cast<event::v1::RelationshipOrigin>(request->origin());
  }
  if (request->origin() == v1::RELATIONSHIP_ORIGIN_IMPORTED) {
    violations.Add("origin", "IMPORTED", "want SELF, ASKED or MATCHED", "UNKNOWN_ENUM_VALUE");
  }
  command.why = request->why();
  if (request->has_cadence()) command.cadence = CadenceFrom(request->cadence());
  command.evolved_from = violations.OptionalId("evolved_from_id", request->evolved_from_id());
  command.occurred_on = violations.OptionalDay("occurred_on", request->occurred_on()).value_or(Today());
  AddAll(Check(command), violations);
  const char kind = static_cast<char>(command.kind);
  const auto id = edge_.desk.ledger.keyed().DeriveId(
      "relationship", {command.mentor.ToBytes(), command.mentee.ToBytes(), std::string_view(&kind, 1)});
  return runtime::Mutate(
      edge_, context, request, response, RelationshipStream(id), std::move(violations),
      [command](const decider::Context& with, decider::States& states) { return Run(with, states, command); },
      [id](const Outcome&, v1::StartRelationshipResponse& answer) { answer.set_relationship_id(id.ToBytes()); });
}

RelationshipsService::Reactor* RelationshipsService::AcknowledgeRelationship(
    Context* context, const v1::AcknowledgeRelationshipRequest* request,
    v1::AcknowledgeRelationshipResponse* response) {
  Violations violations;
  relationships::Acknowledge command;
  command.note = request->note();
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::DeclineRelationship(Context* context,
                                                                         const v1::DeclineRelationshipRequest* request,
                                                                         v1::DeclineRelationshipResponse* response) {
  Violations violations;
  relationships::Decline command;
  command.note = request->note();
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::ProposeCadence(Context* context,
                                                                    const v1::ProposeCadenceRequest* request,
                                                                    v1::ProposeCadenceResponse* response) {
  Violations violations;
  relationships::ProposeCadence command;
  command.cadence = CadenceFrom(request->cadence());
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::AgreeCadence(Context* context,
                                                                  const v1::AgreeCadenceRequest* request,
                                                                  v1::AgreeCadenceResponse* response) {
  Violations violations;
  relationships::AgreeCadence command;
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::SetCadence(Context* context, const v1::SetCadenceRequest* request,
                                                                v1::SetCadenceResponse* response) {
  Violations violations;
  relationships::SetCadence command;
  command.cadence = CadenceFrom(request->cadence());
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::AskForTalk(Context* context, const v1::AskForTalkRequest* request,
                                                                v1::AskForTalkResponse* response) {
  Violations violations;
  relationships::AskForTalk command;
  violations.OptionalEnum("about", v1::AskedAbout_descriptor(), request->about());
  command.about = static_cast<event::v1::AskedAbout>(request->about());
  command.note = request->note();
  command.due_on = violations.OptionalDay("due_on", request->due_on());
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations),
                   [&codec = edge_.desk.codec](const Outcome& outcome, v1::AskForTalkResponse& answer) {
                     VisitEvents<event::v1::TouchOwed>(codec, outcome, [&](const event::v1::TouchOwed& event) {
                       answer.set_owed_id(event.debt().owed_id());
                     });
                   });
}

RelationshipsService::Reactor* RelationshipsService::MakeOwedTouch(Context* context,
                                                                   const v1::MakeOwedTouchRequest* request,
                                                                   v1::MakeOwedTouchResponse* response) {
  Violations violations;
  relationships::MakeOwedTouch command;
  command.owed = violations.RequireId("owed_id", request->owed_id());
  command.checkin = violations.RequireId("checkin_id", request->checkin_id());
  command.what_came_up = request->what_came_up();
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::WaiveOwedTouch(Context* context,
                                                                    const v1::WaiveOwedTouchRequest* request,
                                                                    v1::WaiveOwedTouchResponse* response) {
  Violations violations;
  relationships::WaiveOwedTouch command;
  command.owed = violations.RequireId("owed_id", request->owed_id());
  command.reason = request->reason();
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::MakePromise(Context* context,
                                                                 const v1::MakePromiseRequest* request,
                                                                 v1::MakePromiseResponse* response) {
  Violations violations;
  relationships::MakePromise command;
  command.by = violations.OptionalId("by_id", request->by_id());
  command.text = request->promise().text();
  violations.OptionalEnum("promise.kind", v1::PromiseKind_descriptor(), request->promise().kind());
  command.kind = static_cast<event::v1::PromiseKind>(request->promise().kind());
  command.due_on = violations.OptionalDay("promise.due_on", request->promise().due_on());
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations),
                   [&codec = edge_.desk.codec](const Outcome& outcome, v1::MakePromiseResponse& answer) {
                     VisitEvents<event::v1::PromiseMade>(codec, outcome, [&](const event::v1::PromiseMade& event) {
                       answer.set_promise_id(event.promise_id());
                     });
                   });
}

RelationshipsService::Reactor* RelationshipsService::KeepPromise(Context* context,
                                                                 const v1::KeepPromiseRequest* request,
                                                                 v1::KeepPromiseResponse* response) {
  Violations violations;
  relationships::KeepPromise command;
  command.promise = violations.RequireId("promise_id", request->promise_id());
  command.what_came_up = request->what_came_up();
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::DropPromise(Context* context,
                                                                 const v1::DropPromiseRequest* request,
                                                                 v1::DropPromiseResponse* response) {
  Violations violations;
  relationships::DropPromise command;
  command.promise = violations.RequireId("promise_id", request->promise_id());
  command.reason = request->reason();
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::TellMove(Context* context, const v1::TellMoveRequest* request,
                                                              v1::TellMoveResponse* response) {
  Violations violations;
  relationships::TellMove command;
  command.move = violations.RequireId("move_id", request->move_id());
  command.to = violations.RequireId("to_id", request->to_id());
  violations.OptionalEnum("channel", v1::ToldChannel_descriptor(), request->channel());
  command.channel = static_cast<event::v1::ToldChannel>(request->channel());
  command.delivered = !request->failed();
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::AnswerTransition(Context* context,
                                                                      const v1::AnswerTransitionRequest* request,
                                                                      v1::AnswerTransitionResponse* response) {
  Violations violations;
  relationships::AnswerTransition command;
  command.transition = violations.RequireId("transition_id", request->transition_id());
  violations.OptionalEnum("answer", v1::TransitionAnswer_descriptor(), request->answer());
  command.answer = static_cast<event::v1::TransitionAnswer>(request->answer());
  const std::string same = request->relationship_id();
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations),
                   [&codec = edge_.desk.codec, same](const Outcome& outcome, v1::AnswerTransitionResponse& answer) {
                     answer.set_relationship_id(same);
                     VisitEvents<event::v1::RelationshipClosed>(codec, outcome,
                                                                [&](const event::v1::RelationshipClosed& event) {
                                                                  if (!event.evolved_into_id().empty())
                                                                    answer.set_relationship_id(event.evolved_into_id());
                                                                });
                   });
}

RelationshipsService::Reactor* RelationshipsService::PauseRelationship(Context* context,
                                                                       const v1::PauseRelationshipRequest* request,
                                                                       v1::PauseRelationshipResponse* response) {
  Violations violations;
  relationships::Pause command;
  command.until = violations.OptionalDay("until", request->until());
  command.reason = request->reason();
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::ResumeRelationship(Context* context,
                                                                        const v1::ResumeRelationshipRequest* request,
                                                                        v1::ResumeRelationshipResponse* response) {
  Violations violations;
  relationships::Resume command;
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::CloseRelationship(Context* context,
                                                                       const v1::CloseRelationshipRequest* request,
                                                                       v1::CloseRelationshipResponse* response) {
  Violations violations;
  relationships::Close command;
  violations.OptionalEnum("reason", v1::CloseReason_descriptor(), request->reason());
  command.reason = static_cast<event::v1::CloseReason>(request->reason());
  command.last_word = request->last_word();
  command.private_note = request->private_note();
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::ReopenRelationship(Context* context,
                                                                        const v1::ReopenRelationshipRequest* request,
                                                                        v1::ReopenRelationshipResponse* response) {
  Violations violations;
  relationships::Reopen command;
  command.why = request->why();
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::AmendCheckIn(Context* context,
                                                                  const v1::AmendCheckInRequest* request,
                                                                  v1::AmendCheckInResponse* response) {
  Violations violations;
  relationships::AmendCheckIn command;
  command.checkin = violations.RequireId("checkin_id", request->checkin_id());
  if (request->has_met_on()) command.met_on = violations.RequireDay("met_on", request->met_on());
  if (request->has_channel()) {
    violations.RequireEnum("channel", v1::CheckInChannel_descriptor(), request->channel());
    command.channel = static_cast<event::v1::CheckInChannel>(request->channel());
  }
  if (request->has_initiated_by()) {
    violations.OptionalEnum("initiated_by", v1::InitiatedBy_descriptor(), request->initiated_by());
    command.initiated_by = static_cast<event::v1::InitiatedBy>(request->initiated_by());
  }
  if (request->has_career_talk()) command.career_talk = request->career_talk();
  if (request->has_words()) {
    command.words.emplace();
    TakeWords(request->words(), "words.", *command.words, violations);
  }
  if (request->has_private_note()) command.private_note = request->private_note();
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

RelationshipsService::Reactor* RelationshipsService::RetractCheckIn(Context* context,
                                                                    const v1::RetractCheckInRequest* request,
                                                                    v1::RetractCheckInResponse* response) {
  Violations violations;
  relationships::RetractCheckIn command;
  command.checkin = violations.RequireId("checkin_id", request->checkin_id());
  violations.OptionalEnum("reason", v1::CheckInRetractionReason_descriptor(), request->reason());
  command.reason = static_cast<event::v1::CheckInRetractionReason>(request->reason());
  command.note = request->note();
  return MutateOne(edge_, context, request, response, std::move(command), std::move(violations));
}

namespace {

With WithFrom(const v1::CheckInWith& asked, const std::string& field, Violations& violations) {
  With with;
  with.relationship = violations.OptionalId(field + ".relationship_id", asked.relationship_id());
  with.mentor = violations.OptionalId(field + ".mentor_id", asked.mentor_id());
  with.mentee = violations.OptionalId(field + ".mentee_id", asked.mentee_id());
  with.person = violations.OptionalId(field + ".person_id", asked.person_id());
  violations.OptionalEnum(field + ".kind", v1::RelationshipKind_descriptor(), asked.kind());
  with.kind = static_cast<event::v1::RelationshipKind>(asked.kind());
  return with;
}

PromiseOnTheWay PromiseFrom(const v1::NewPromise& asked, const std::string& field, Violations& violations) {
  PromiseOnTheWay promise;
  promise.text = asked.text();
  violations.OptionalEnum(field + ".kind", v1::PromiseKind_descriptor(), asked.kind());
  promise.kind = static_cast<event::v1::PromiseKind>(asked.kind());
  promise.due_on = violations.OptionalDay(field + ".due_on", asked.due_on());
  promise.by = violations.OptionalId(field + ".by_id", asked.by_id());
  return promise;
}

relationships::LogCheckIn CheckInFrom(const v1::LogCheckInRequest& request, storage::Day today,
                                      Violations& violations) {
  relationships::LogCheckIn command;
  for (int i = 0; i < request.with_size(); ++i) {
    command.with.push_back(WithFrom(request.with(i), "with[" + std::to_string(i) + "]", violations));
  }
  violations.OptionalEnum("channel", v1::CheckInChannel_descriptor(), request.channel());
  if (request.channel() != v1::CHECK_IN_CHANNEL_UNSPECIFIED) {
    command.channel = static_cast<event::v1::CheckInChannel>(request.channel());
  }
  violations.OptionalEnum("initiated_by", v1::InitiatedBy_descriptor(), request.initiated_by());
  command.initiated_by = static_cast<event::v1::InitiatedBy>(request.initiated_by());
  command.career_talk = request.career_talk();
  TakeWords(request, "", command, violations);
  command.private_note = request.private_note();
  for (int i = 0; i < request.promises_size(); ++i) {
    command.promises.push_back(PromiseFrom(request.promises(i), "promises[" + std::to_string(i) + "]", violations));
  }
  for (int i = 0; i < request.owed_size(); ++i) {
    const std::string field = "owed[" + std::to_string(i) + "].owed_id";
    command.owed.push_back({violations.RequireId(field, request.owed(i).owed_id()), request.owed(i).what_came_up()});
  }
  command.occurred_on = violations.OptionalDay("occurred_on", request.occurred_on()).value_or(today);
  AddAll(Check(command), violations);
  return command;
}

// What was logged, from the records: a start before the check-in it belongs to, its promises after it.
void FillLogged(const runtime::EventCodec& codec, const Outcome& outcome, v1::LogCheckInResponse& answer) {
  bool started = false;
  for (const auto& record : outcome.records) {
    const auto event = codec.Parse(*record);
    if (!event.ok()) continue;
    if (dynamic_cast<const event::v1::RelationshipStarted*>(event->get()) != nullptr) started = true;
    if (const auto* logged = dynamic_cast<const event::v1::CheckInLogged*>(event->get())) {
      auto& check_in = *answer.add_check_ins();
      check_in.set_relationship_id(record->stream().id.ToBytes());
      check_in.set_checkin_id(logged->checkin_id());
      check_in.set_started(std::exchange(started, false));
    }
    if (const auto* promise = dynamic_cast<const event::v1::PromiseMade*>(event->get())) {
      answer.mutable_check_ins()->rbegin()->add_promise_ids(promise->promise_id());
    }
  }
}

}  // namespace

RelationshipsService::Reactor* RelationshipsService::LogCheckIn(Context* context, const v1::LogCheckInRequest* request,
                                                                v1::LogCheckInResponse* response) {
  Violations violations;
  auto command = CheckInFrom(*request, Today(), violations);
  // A revision speaks of one stream: the relationship that is named, if it is one alone.
  std::optional<storage::StreamKey> stream;
  if (command.with.size() == 1 && command.with.front().relationship) {
    stream = RelationshipStream(*command.with.front().relationship);
  }
  return runtime::Mutate(
      edge_, context, request, response, stream, std::move(violations),
      [command = std::move(command)](const decider::Context& with, decider::States& states) {
        return Run(with, states, command);
      },
      [&codec = edge_.desk.codec](const Outcome& outcome, v1::LogCheckInResponse& answer) {
        FillLogged(codec, outcome, answer);
      });
}

}  // namespace mentorlog::relationships
