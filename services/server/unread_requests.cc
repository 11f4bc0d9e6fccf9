#include "services/server/unread_requests.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "grpcpp/support/interceptor.h"
#include "grpcpp/support/server_interceptor.h"
#include "services/runtime/call.h"
#include "storage/refusal.h"

namespace mentorlog::server {
namespace {

// Whether this build has the method, as in `/mentorlog.v1.PeopleService/RegisterPerson`.
bool IsServed(std::string_view method) {
  std::string name(method.substr(1));
  std::replace(name.begin(), name.end(), '/', '.');
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name) != nullptr;
}

class UnreadRequest final : public grpc::experimental::Interceptor {
 public:
  // `method` outlives it: both are of the same call.
  explicit UnreadRequest(const char* method) : method_(method) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(grpc::experimental::InterceptionHookPoints::PRE_SEND_STATUS)) {
      const auto status = methods->GetSendStatus();
      if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED && status.error_message().empty() &&
          IsServed(method_)) {
        methods->ModifySendStatus(runtime::ToGrpc(
            storage::Refuse(absl::StatusCode::kInvalidArgument, "NOT_UTF8",
                            "request: unreadable, want the message of this method with every text in UTF-8")));
      }
    }
    methods->Proceed();
  }

 private:
  const char* const method_;
};

class UnreadRequests final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateServerInterceptor(grpc::experimental::ServerRpcInfo* info) override {
    return std::string_view(info->method()).starts_with("/mentorlog.") ? new UnreadRequest(info->method()) : nullptr;
  }
};

}  // namespace

void ExplainUnreadRequests(grpc::ServerBuilder& builder) {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<UnreadRequests>());
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
}

}  // namespace mentorlog::server
