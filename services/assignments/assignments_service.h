// services/assignments/assignments_service.h: the gRPC edge of assignments: converts, validates, calls the commands.
//
// Thread-safe; what the edge refers to outlives it.
#ifndef MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENTS_SERVICE_H_
#define MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENTS_SERVICE_H_

#include <memory>
#include <utility>

#include "mentorlog/v1/assignments_service.grpc.pb.h"
#include "services/people/names.h"
#include "services/runtime/call.h"

namespace mentorlog::assignments {

class AssignmentsService final : public v1::AssignmentsService::CallbackService {
 public:
  AssignmentsService(const runtime::Edge& edge, std::unique_ptr<const people::Names> names)
      : edge_(edge), names_(std::move(names)) {}

  using Call = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  Reactor* DraftAssignment(Call* call, const v1::DraftAssignmentRequest* request,
                           v1::DraftAssignmentResponse* response) override;
  Reactor* SoundAssignment(Call* call, const v1::SoundAssignmentRequest* request,
                           v1::SoundAssignmentResponse* response) override;
  Reactor* OfferAssignment(Call* call, const v1::OfferAssignmentRequest* request,
                           v1::OfferAssignmentResponse* response) override;
  Reactor* RaiseConcern(Call* call, const v1::RaiseConcernRequest* request,
                        v1::RaiseConcernResponse* response) override;
  Reactor* AnswerConcern(Call* call, const v1::AnswerConcernRequest* request,
                         v1::AnswerConcernResponse* response) override;
  Reactor* MakePitch(Call* call, const v1::MakePitchRequest* request, v1::MakePitchResponse* response) override;
  Reactor* ChangeTerms(Call* call, const v1::ChangeTermsRequest* request, v1::ChangeTermsResponse* response) override;
  Reactor* AcceptOffer(Call* call, const v1::AcceptOfferRequest* request, v1::AcceptOfferResponse* response) override;
  Reactor* DeclineOffer(Call* call, const v1::DeclineOfferRequest* request,
                        v1::DeclineOfferResponse* response) override;
  Reactor* WithdrawOffer(Call* call, const v1::WithdrawOfferRequest* request,
                         v1::WithdrawOfferResponse* response) override;
  Reactor* RescindAcceptance(Call* call, const v1::RescindAcceptanceRequest* request,
                             v1::RescindAcceptanceResponse* response) override;
  Reactor* ReconsiderOffer(Call* call, const v1::ReconsiderOfferRequest* request,
                           v1::ReconsiderOfferResponse* response) override;
  Reactor* StartAssignment(Call* call, const v1::StartAssignmentRequest* request,
                           v1::StartAssignmentResponse* response) override;
  Reactor* NoteProgress(Call* call, const v1::NoteProgressRequest* request,
                        v1::NoteProgressResponse* response) override;
  Reactor* LogSetback(Call* call, const v1::LogSetbackRequest* request, v1::LogSetbackResponse* response) override;
  Reactor* CompleteAssignment(Call* call, const v1::CompleteAssignmentRequest* request,
                              v1::CompleteAssignmentResponse* response) override;
  Reactor* AbandonAssignment(Call* call, const v1::AbandonAssignmentRequest* request,
                             v1::AbandonAssignmentResponse* response) override;
  Reactor* GetAssignment(Call* call, const v1::GetAssignmentRequest* request,
                         v1::GetAssignmentResponse* response) override;
  Reactor* ListAssignments(Call* call, const v1::ListAssignmentsRequest* request,
                           v1::ListAssignmentsResponse* response) override;

 private:
  const runtime::Edge edge_;
  const std::unique_ptr<const people::Names> names_;
};

}  // namespace mentorlog::assignments

#endif  // MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENTS_SERVICE_H_
