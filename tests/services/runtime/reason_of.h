// tests/services/runtime/reason_of.h: the reason that a gRPC status carries.
#ifndef MENTORLOG_TESTS_SERVICES_RUNTIME_REASON_OF_H_
#define MENTORLOG_TESTS_SERVICES_RUNTIME_REASON_OF_H_

#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/error_details.h"

namespace mentorlog::runtime_test {

// Empty if it has none.
inline std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status rich;
  (void)grpc::ExtractErrorDetails(status, &rich);
  google::rpc::ErrorInfo info;
  for (const auto& any : rich.details()) {
    if (any.Is<google::rpc::ErrorInfo>()) any.UnpackTo(&info);
  }
  return info.reason();
}

}  // namespace mentorlog::runtime_test

#endif  // MENTORLOG_TESTS_SERVICES_RUNTIME_REASON_OF_H_
