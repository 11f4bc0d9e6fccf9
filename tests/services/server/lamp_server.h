// tests/services/server/lamp_server.h: the lamps and the operator's room, served in memory.
#ifndef MENTORLOG_TESTS_SERVICES_SERVER_LAMP_SERVER_H_
#define MENTORLOG_TESTS_SERVICES_SERVER_LAMP_SERVER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/error_details.h"
#include "services/admin/admin_room.h"
#include "services/runtime/dev_identity.h"
#include "services/server/served_log.h"
#include "tests/services/runtime/lamp_room.h"

namespace mentorlog::server_test {

// A detail that a refusal carries; empty if it has none of that type.
template <typename Detail>
Detail DetailOf(const grpc::Status& status) {
  google::rpc::Status rich;
  (void)grpc::ExtractErrorDetails(status, &rich);
  Detail detail;
  for (const auto& any : rich.details()) {
    if (any.Is<Detail>()) any.UnpackTo(&detail);
  }
  return detail;
}
inline google::rpc::ErrorInfo ErrorInfoOf(const grpc::Status& status) {
  return DetailOf<google::rpc::ErrorInfo>(status);
}
// The reason that a refusal carries; empty if none.
inline std::string ReasonOf(const grpc::Status& status) { return ErrorInfoOf(status).reason(); }

class LampServer {
 public:
  // With `rooms` beside those two.
  explicit LampServer(std::vector<runtime::Room> rooms = {}) {
    rooms.push_back(runtime_test::LampRoom());
    rooms.push_back(admin::AdminRoom());
    log_ = *server::ServedLog::Open(std::move(rooms), *store_, *keys_, storage::SystemClock(), identity_, {});
    grpc::ServerBuilder builder;
    log_->RegisterServices(builder);
    grpc_ = builder.BuildAndStart();
    channel_ = grpc_->InProcessChannel({});
    lamps_ = runtime_test::LampService::NewStub(channel_);
  }
  ~LampServer() {
    grpc_->Shutdown();
    log_->Stop();
  }

  server::ServedLog& log() { return *log_; }
  const std::shared_ptr<grpc::Channel>& channel() { return channel_; }

  // Switches a lamp on or off; the request id is 16 bytes of `request`.
  grpc::Status Switch(int request, std::uint8_t lamp, bool on, runtime_test::SwitchLampResponse* response = nullptr,
                      const std::string& actor = "") {
    runtime_test::SwitchLampRequest message;
    std::string id(16, '\1');
    for (std::size_t i = 0; i < 4; ++i) id[i] = static_cast<char>(request >> (8 * i) & 0xFF);
    message.set_request_id(id);
    message.set_lamp_id(runtime_test::IdOf(lamp).ToBytes());
    message.set_on(on);
    grpc::ClientContext context;
    if (!actor.empty()) context.AddMetadata("mentorlog-actor", actor);
    runtime_test::SwitchLampResponse unread;
    return lamps_->SwitchLamp(&context, message, response == nullptr ? &unread : response);
  }

 private:
  const std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore();
  const std::unique_ptr<storage::KeyStore> keys_ = storage::NewMemoryKeyStore();
  const runtime::DevIdentity identity_{runtime_test::kLamp};
  std::unique_ptr<server::ServedLog> log_;
  std::unique_ptr<grpc::Server> grpc_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<runtime_test::LampService::Stub> lamps_;
};

}  // namespace mentorlog::server_test

#endif  // MENTORLOG_TESTS_SERVICES_SERVER_LAMP_SERVER_H_
