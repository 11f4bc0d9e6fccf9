// tests/services/people/people_server.h: the room over a real in-process server and a log in memory.
#ifndef MENTORLOG_TESTS_SERVICES_PEOPLE_PEOPLE_SERVER_H_
#define MENTORLOG_TESTS_SERVICES_PEOPLE_PEOPLE_SERVER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/people_service.grpc.pb.h"
#include "services/people/people_room.h"
#include "services/runtime/dev_identity.h"
#include "services/runtime/scan_pool.h"
#include "storage/keys.h"
#include "storage/ledger.h"
#include "storage/store.h"

namespace mentorlog::people_test {

class PeopleServer {
 public:
  PeopleServer() : store_(storage::NewMemoryStore()), keys_(storage::NewMemoryKeyStore()), room_(people::PeopleRoom()) {
    codec_ = std::make_unique<runtime::EventCodec>(*runtime::EventCodec::Create(room_.wrappers));
    states_ = std::make_unique<runtime::StateView>(*codec_, room_.folds, 1);
    views_ = room_.views(*codec_);
    std::vector<const storage::View*> views{states_.get()};
    for (const auto& view : views_) views.push_back(view.get());
    auto ledger = storage::OpenLedger(*store_, *keys_, storage::SystemClock(), std::move(views), {});
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
    desk_.reset(new runtime::Desk{*ledger_, *codec_, *states_, storage::SystemClock()});
    edge_.reset(new runtime::Edge{*desk_, identity_, pool_});
    services_ = room_.services(*edge_);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    for (const auto& service : services_) builder.RegisterService(service.get());
    server_ = builder.BuildAndStart();
    stub = v1::PeopleService::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  }
  ~PeopleServer() {
    server_->Shutdown();
    ledger_->Stop();
  }
  PeopleServer(const PeopleServer&) = delete;
  PeopleServer& operator=(const PeopleServer&) = delete;

  // A new request id.
  std::string NextRequest() {
    std::string id(16, '\0');
    id[0] = static_cast<char>(++requests_);
    id[1] = 'r';
    return id;
  }

  std::unique_ptr<v1::PeopleService::Stub> stub;

  const runtime::Desk& desk() const { return *desk_; }

 private:
  int requests_ = 0;
  const std::unique_ptr<storage::Store> store_;
  const std::unique_ptr<storage::KeyStore> keys_;
  const runtime::Room room_;
  const runtime::DevIdentity identity_{1};
  std::unique_ptr<runtime::EventCodec> codec_;
  std::unique_ptr<runtime::StateView> states_;
  std::vector<std::unique_ptr<storage::View>> views_;
  std::unique_ptr<storage::Ledger> ledger_;
  std::unique_ptr<runtime::Desk> desk_;
  runtime::FixedScanPool pool_{2, 16};
  std::unique_ptr<runtime::Edge> edge_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_;
};

// The reason of a refusal, as a client reads it.
inline std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return {};
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo info;
    if (detail.UnpackTo(&info)) return info.reason();
  }
  return {};
}

}  // namespace mentorlog::people_test

#endif  // MENTORLOG_TESTS_SERVICES_PEOPLE_PEOPLE_SERVER_H_
