// services/admin/admin_service.h: the handlers of AdminService.
//
// What takes long runs on one thread of its own, one operation after the other: a rebuild of everything takes no
// place on the pool of the readers. Thread-safe.
#ifndef MENTORLOG_SERVICES_ADMIN_ADMIN_SERVICE_H_
#define MENTORLOG_SERVICES_ADMIN_ADMIN_SERVICE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mentorlog/v1/admin_service.grpc.pb.h"
#include "services/admin/progress_stream.h"
#include "services/runtime/call.h"
#include "services/runtime/scan_pool.h"

namespace mentorlog::admin {

class AdminService final : public v1::AdminService::CallbackService {
 public:
  explicit AdminService(const runtime::Edge& edge) : edge_(edge) {}

  grpc::ServerUnaryReactor* GetStats(grpc::CallbackServerContext* context, const v1::GetStatsRequest* request,
                                     v1::GetStatsResponse* response) override;
  grpc::ServerUnaryReactor* GetRequestOutcome(grpc::CallbackServerContext* context,
                                              const v1::GetRequestOutcomeRequest* request,
                                              v1::GetRequestOutcomeResponse* response) override;
  grpc::ServerUnaryReactor* ListViews(grpc::CallbackServerContext* context, const v1::ListViewsRequest* request,
                                      v1::ListViewsResponse* response) override;
  grpc::ServerWriteReactor<v1::RebuildViewResponse>* RebuildView(grpc::CallbackServerContext* context,
                                                                 const v1::RebuildViewRequest* request) override;
  grpc::ServerWriteReactor<v1::VerifyViewResponse>* VerifyView(grpc::CallbackServerContext* context,
                                                               const v1::VerifyViewRequest* request) override;
  grpc::ServerUnaryReactor* PromoteView(grpc::CallbackServerContext* context, const v1::PromoteViewRequest* request,
                                        v1::PromoteViewResponse* response) override;
  grpc::ServerUnaryReactor* RollbackView(grpc::CallbackServerContext* context, const v1::RollbackViewRequest* request,
                                         v1::RollbackViewResponse* response) override;
  grpc::ServerUnaryReactor* DropViewVersions(grpc::CallbackServerContext* context,
                                             const v1::DropViewVersionsRequest* request,
                                             v1::DropViewVersionsResponse* response) override;

 private:
  // What is done to the views that were named; `stream` is told how far it is, and the results.
  template <typename Frame>
  using ViewsWork =
      std::function<absl::Status(const std::vector<storage::ViewStatus>& views, ProgressStream<Frame>& stream)>;

  template <typename Frame>
  grpc::ServerWriteReactor<Frame>* Operate(grpc::CallbackServerContext* context, const std::string& name,
                                           ViewsWork<Frame> work);
  grpc::ServerUnaryReactor* Change(grpc::CallbackServerContext* context, const std::string& name, v1::View* answer,
                                   std::function<absl::Status(std::uint16_t view)> change);
  // The views of that name; NOT_FOUND (UNKNOWN_VIEW).
  absl::StatusOr<std::vector<storage::ViewStatus>> Named(const std::string& name) const;

  const runtime::Edge edge_;
  runtime::FixedScanPool operations_{1, 16};
};

}  // namespace mentorlog::admin

#endif  // MENTORLOG_SERVICES_ADMIN_ADMIN_SERVICE_H_
