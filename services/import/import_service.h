// services/import/import_service.h: ImportService over gRPC.
//
// Calls run on threads of their own, a bounded number at a time: taking rows waits for the log, which gRPC's threads
// never do. Thread-safe.
#ifndef MENTORLOG_SERVICES_IMPORT_IMPORT_SERVICE_H_
#define MENTORLOG_SERVICES_IMPORT_IMPORT_SERVICE_H_

#include "mentorlog/v1/import_service.grpc.pb.h"
#include "services/import/lasting.h"
#include "services/runtime/call.h"
#include "services/runtime/scan_pool.h"

namespace mentorlog::import {

// Calls that take rows at the same time, and that wait to.
inline constexpr std::size_t kCallsMax = 4;
inline constexpr std::size_t kCallsWaitingMax = 64;

class ImportService final : public v1::ImportService::CallbackService {
 public:
  // What `edge` refers to outlives this.
  explicit ImportService(const runtime::Edge& edge) : edge_(edge), calls_(kCallsMax, kCallsWaitingMax) {}

  grpc::ServerUnaryReactor* ImportRows(grpc::CallbackServerContext* context, const v1::ImportRowsRequest* request,
                                       v1::ImportRowsResponse* response) override;

 private:
  const runtime::Edge edge_;
  // Before the calls that use it.
  Lasting lasting_;
  runtime::FixedScanPool calls_;
};

}  // namespace mentorlog::import

#endif  // MENTORLOG_SERVICES_IMPORT_IMPORT_SERVICE_H_
