// services/relationships/relationships_service.h: the gRPC edge of relationships.
//
// Handlers convert and validate, then call what relationships_commands.h decides. Thread-safe.
#ifndef MENTORLOG_SERVICES_RELATIONSHIPS_RELATIONSHIPS_SERVICE_H_
#define MENTORLOG_SERVICES_RELATIONSHIPS_RELATIONSHIPS_SERVICE_H_

#include "mentorlog/v1/relationships_service.grpc.pb.h"
#include "services/runtime/call.h"

namespace mentorlog::relationships {

class RelationshipsService final : public v1::RelationshipsService::CallbackService {
 public:
  explicit RelationshipsService(const runtime::Edge& edge) : edge_(edge) {}

  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  Reactor* StartRelationship(Context* context, const v1::StartRelationshipRequest* request,
                             v1::StartRelationshipResponse* response) override;
  Reactor* AcknowledgeRelationship(Context* context, const v1::AcknowledgeRelationshipRequest* request,
                                   v1::AcknowledgeRelationshipResponse* response) override;
  Reactor* DeclineRelationship(Context* context, const v1::DeclineRelationshipRequest* request,
                               v1::DeclineRelationshipResponse* response) override;
  Reactor* ProposeCadence(Context* context, const v1::ProposeCadenceRequest* request,
                          v1::ProposeCadenceResponse* response) override;
  Reactor* AgreeCadence(Context* context, const v1::AgreeCadenceRequest* request,
                        v1::AgreeCadenceResponse* response) override;
  Reactor* SetCadence(Context* context, const v1::SetCadenceRequest* request,
                      v1::SetCadenceResponse* response) override;
  Reactor* LogCheckIn(Context* context, const v1::LogCheckInRequest* request,
                      v1::LogCheckInResponse* response) override;
  Reactor* AmendCheckIn(Context* context, const v1::AmendCheckInRequest* request,
                        v1::AmendCheckInResponse* response) override;
  Reactor* RetractCheckIn(Context* context, const v1::RetractCheckInRequest* request,
                          v1::RetractCheckInResponse* response) override;
  Reactor* AskForTalk(Context* context, const v1::AskForTalkRequest* request,
                      v1::AskForTalkResponse* response) override;
  Reactor* MakeOwedTouch(Context* context, const v1::MakeOwedTouchRequest* request,
                         v1::MakeOwedTouchResponse* response) override;
  Reactor* WaiveOwedTouch(Context* context, const v1::WaiveOwedTouchRequest* request,
                          v1::WaiveOwedTouchResponse* response) override;
  Reactor* MakePromise(Context* context, const v1::MakePromiseRequest* request,
                       v1::MakePromiseResponse* response) override;
  Reactor* KeepPromise(Context* context, const v1::KeepPromiseRequest* request,
                       v1::KeepPromiseResponse* response) override;
  Reactor* DropPromise(Context* context, const v1::DropPromiseRequest* request,
                       v1::DropPromiseResponse* response) override;
  Reactor* TellMove(Context* context, const v1::TellMoveRequest* request, v1::TellMoveResponse* response) override;
  Reactor* AnswerTransition(Context* context, const v1::AnswerTransitionRequest* request,
                            v1::AnswerTransitionResponse* response) override;
  Reactor* PauseRelationship(Context* context, const v1::PauseRelationshipRequest* request,
                             v1::PauseRelationshipResponse* response) override;
  Reactor* ResumeRelationship(Context* context, const v1::ResumeRelationshipRequest* request,
                              v1::ResumeRelationshipResponse* response) override;
  Reactor* CloseRelationship(Context* context, const v1::CloseRelationshipRequest* request,
                             v1::CloseRelationshipResponse* response) override;
  Reactor* ReopenRelationship(Context* context, const v1::ReopenRelationshipRequest* request,
                              v1::ReopenRelationshipResponse* response) override;
  Reactor* GetRelationship(Context* context, const v1::GetRelationshipRequest* request,
                           v1::GetRelationshipResponse* response) override;
  Reactor* ListRelationships(Context* context, const v1::ListRelationshipsRequest* request,
                             v1::ListRelationshipsResponse* response) override;

 private:
  // Today (UTC): what an empty occurred_on means.
  storage::Day Today() const { return edge_.desk.clock.Now().UtcDay(); }

  const runtime::Edge edge_;
};

}  // namespace mentorlog::relationships

#endif  // MENTORLOG_SERVICES_RELATIONSHIPS_RELATIONSHIPS_SERVICE_H_
