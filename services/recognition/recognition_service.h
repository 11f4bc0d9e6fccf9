// services/recognition/recognition_service.h: the gRPC edge of recognition and advocacy.
//
// Converts, validates, calls the commands. Thread-safe; what the edge refers to outlives it.
#ifndef MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_SERVICE_H_
#define MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_SERVICE_H_

#include <memory>
#include <utility>

#include "mentorlog/v1/recognition_service.grpc.pb.h"
#include "services/people/names.h"
#include "services/runtime/call.h"

namespace mentorlog::recognition {

class RecognitionService final : public v1::RecognitionService::CallbackService {
 public:
  RecognitionService(const runtime::Edge& edge, std::unique_ptr<const people::Names> names)
      : edge_(edge), names_(std::move(names)) {}

  using Call = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  Reactor* GiveRecognition(Call* call, const v1::GiveRecognitionRequest* request,
                           v1::GiveRecognitionResponse* response) override;
  Reactor* RecordAdvocacy(Call* call, const v1::RecordAdvocacyRequest* request,
                          v1::RecordAdvocacyResponse* response) override;
  Reactor* TellAdvocacy(Call* call, const v1::TellAdvocacyRequest* request,
                        v1::TellAdvocacyResponse* response) override;
  Reactor* RecordAdvocacyOutcome(Call* call, const v1::RecordAdvocacyOutcomeRequest* request,
                                 v1::RecordAdvocacyOutcomeResponse* response) override;
  Reactor* ListRecognitions(Call* call, const v1::ListRecognitionsRequest* request,
                            v1::ListRecognitionsResponse* response) override;
  Reactor* ListAdvocacy(Call* call, const v1::ListAdvocacyRequest* request,
                        v1::ListAdvocacyResponse* response) override;

 private:
  const runtime::Edge edge_;
  const std::unique_ptr<const people::Names> names_;
};

}  // namespace mentorlog::recognition

#endif  // MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_SERVICE_H_
