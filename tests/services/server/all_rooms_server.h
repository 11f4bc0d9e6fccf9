// tests/services/server/all_rooms_server.h: every room of this build, served in memory, without what works by itself.
#ifndef MENTORLOG_TESTS_SERVICES_SERVER_ALL_ROOMS_SERVER_H_
#define MENTORLOG_TESTS_SERVICES_SERVER_ALL_ROOMS_SERVER_H_

#include <memory>
#include <string>
#include <utility>

#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "services/runtime/dev_identity.h"
#include "services/server/rooms.h"
#include "services/server/served_log.h"

namespace mentorlog::server_test {

class AllRoomsServer {
 public:
  AllRoomsServer() {
    log_ = *server::ServedLog::Open(server::AllRooms(), *store_, *keys_, storage::SystemClock(), identity_, {});
    grpc::ServerBuilder builder;
    log_->RegisterServices(builder);
    grpc_ = builder.BuildAndStart();
    channel_ = grpc_->InProcessChannel({});
  }
  ~AllRoomsServer() {
    grpc_->Shutdown();
    log_->Stop();
  }
  AllRoomsServer(const AllRoomsServer&) = delete;
  AllRoomsServer& operator=(const AllRoomsServer&) = delete;

  const std::shared_ptr<grpc::Channel>& channel() { return channel_; }
  storage::Position head() { return log_->ledger().head(); }
  server::ServedLog& log() { return *log_; }
  storage::Store& store() { return *store_; }

  // A new request id.
  std::string NextRequest() {
    std::string id(16, 'r');
    id[0] = static_cast<char>(++requests_ & 0x7F);
    id[1] = static_cast<char>(requests_ >> 7 & 0x7F);
    return id;
  }

 private:
  int requests_ = 0;
  const std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore();
  const std::unique_ptr<storage::KeyStore> keys_ = storage::NewMemoryKeyStore();
  const runtime::DevIdentity identity_{1};
  std::unique_ptr<server::ServedLog> log_;
  std::unique_ptr<grpc::Server> grpc_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace mentorlog::server_test

#endif  // MENTORLOG_TESTS_SERVICES_SERVER_ALL_ROOMS_SERVER_H_
