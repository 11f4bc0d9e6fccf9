#include "services/server/server.h"

#include <filesystem>
#include <thread>

#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/admin_service.grpc.pb.h"
#include "mentorlog/v1/feed_service.grpc.pb.h"
#include "mentorlog/v1/people_service.grpc.pb.h"
#include "services/admin/stats_view.h"
#include "storage/refusal.h"
#include "storage/restore.h"
#include "tests/services/server/health_check.h"
#include "tests/services/server/lamp_server.h"

namespace mentorlog::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    std::string name = ::testing::TempDir() + "mentorlog-server-XXXXXX";
    dir_ = mkdtemp(name.data());
    options_.data_dir = dir_ + "/data";
    options_.listen = "127.0.0.1:0";
    options_.dev_identity = true;
    options_.folder.ballast_bytes = 0;
    options_.ledger.free_bytes_min = 0;
  }
  ~ServerTest() override { std::filesystem::remove_all(dir_); }

  static v1::GetStatsResponse StatsOf(const Server& server) {
    const auto channel = grpc::CreateChannel(server.address(), grpc::InsecureChannelCredentials());
    grpc::ClientContext context;
    v1::GetStatsResponse stats;
    EXPECT_TRUE(v1::AdminService::NewStub(channel)->GetStats(&context, {}, &stats).ok());
    return stats;
  }

  std::string dir_;
  ServerOptions options_;
};

TEST_F(ServerTest, ServesOnThePortItNames) {
  const auto server = Server::Start(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto stats = StatsOf(**server);
  EXPECT_EQ(stats.log_id(), (*server)->log().ledger().log_id().ToBytes());
  EXPECT_EQ((*server)->ReadyLine(), "mentorlogd listening on " + (*server)->address() + ", log " +
                                        (*server)->log().ledger().log_id().ToHex() + ", head 0");
  EXPECT_TRUE((*server)->CheckHealth().ok());
}

TEST_F(ServerTest, OpensTheSameLogAgain) {
  storage::Id log;
  {
    const auto server = Server::Start(options_);
    ASSERT_TRUE(server.ok()) << server.status();
    log = (*server)->log().ledger().log_id();
  }
  const auto server = Server::Start(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ((*server)->log().ledger().log_id(), log);
}

TEST_F(ServerTest, DoesNotStartWithoutIdentities) {
  options_.dev_identity = false;
  const auto status = Server::Start(options_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("--dev-identity"));
  EXPECT_FALSE(std::filesystem::exists(options_.data_dir));
}

TEST_F(ServerTest, DoesNotListenWhereOthersCouldReachIt) {
  options_.listen = "0.0.0.0:0";
  EXPECT_EQ(Server::Start(options_).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ServerTest, DoesNotTakeADataFolderThatIsInUse) {
  const auto server = Server::Start(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto second = Server::Start(options_).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(storage::ReasonOf(second), "DATA_FOLDER_IN_USE");
}

TEST_F(ServerTest, DoesNotTakeAPortThatIsTaken) {
  const auto server = Server::Start(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  auto other = options_;
  other.data_dir = dir_ + "/other";
  other.listen = (*server)->address();
  const auto status = Server::Start(other).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), StartsWith("--listen: " + (*server)->address()));
}

TEST_F(ServerTest, RefusesAMessageThatIsTooLargeWithAReasonAndDoesNotReadOneThatIsMuchTooLarge) {
  const auto server = Server::Start(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto channel = grpc::CreateChannel((*server)->address(), grpc::InsecureChannelCredentials());
  const auto stub = v1::PeopleService::NewStub(channel);
  const auto send = [&stub](std::size_t bytes) {
    v1::RegisterPersonRequest request;
    request.set_request_id(std::string(16, 'r'));
    request.set_display_name(std::string(bytes, 'x'));
    v1::RegisterPersonResponse response;
    grpc::ClientContext context;
    return stub->RegisterPerson(&context, request, &response);
  };
  EXPECT_EQ(server_test::ReasonOf(send(1 << 20)), "TEXT_TOO_LONG");
  const auto large = send(2 << 20);
  EXPECT_EQ(large.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(server_test::ReasonOf(large), "MESSAGE_TOO_LARGE");
  EXPECT_EQ(send(5 << 20).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ((*server)->log().ledger().head(), storage::Position{0});
}

// The folder as it was before the last writes, with the checkpoint that came after them.
TEST_F(ServerTest, ALogThatLostItsEndIsRefusedThenRestoredAndServedHealthy) {
  const auto register_person = [](const Server& server, char request) {
    const auto channel = grpc::CreateChannel(server.address(), grpc::InsecureChannelCredentials());
    v1::RegisterPersonRequest message;
    message.set_request_id(std::string(16, request));
    message.set_display_name("Ana Lima");
    message.set_occurred_on("2024-01-01");
    v1::RegisterPersonResponse response;
    grpc::ClientContext context;
    return v1::PeopleService::NewStub(channel)->RegisterPerson(&context, message, &response).ok();
  };
  const std::string copy = dir_ + "/copy";
  for (const char request : {'1', '2', '3'}) {
    const auto server = Server::Start(options_);
    ASSERT_TRUE(server.ok()) << server.status();
    ASSERT_TRUE(register_person(**server, request));
    (*server)->Drain();
    if (request == '1') std::filesystem::copy(options_.data_dir, copy, std::filesystem::copy_options::recursive);
  }
  std::filesystem::remove_all(options_.data_dir);
  std::filesystem::rename(copy, options_.data_dir);
  EXPECT_EQ(storage::ReasonOf(Server::Start(options_).status()), "LOG_ENDS_EARLY");

  {
    auto folder = storage::DataFolder::Open(options_.data_dir, options_.folder);
    ASSERT_TRUE(folder.ok()) << folder.status();
    const auto restored = storage::RestoreLog((*folder)->store(), (*folder)->keys(), storage::SystemClock(),
                                              (*folder)->log_id(), CheckpointDirOf(options_));
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_EQ(restored->former.position, storage::Position{3});
    EXPECT_EQ(restored->now.position, storage::Position{2});
  }
  const auto server = Server::Start(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_TRUE(register_person(**server, '4'));
  const auto stats = StatsOf(**server);
  EXPECT_EQ(stats.epoch(), 2U);
  EXPECT_EQ(stats.head(), 3U);
  for (const auto& view : (*server)->log().ledger().Views()) {
    EXPECT_TRUE(view.quarantined.empty()) << view.info.name << ": " << view.quarantined.front().reason;
  }
  EXPECT_TRUE((*server)->CheckHealth().ok());
}

// Waits for a follower that never comes so far, as a worker may.
class WaitingWorker final : public runtime::Worker {
 public:
  absl::Status Health() const override { return absl::OkStatus(); }
  explicit WaitingWorker(const runtime::Desk& desk)
      : thread_([&desk] {
          const auto waited = desk.ledger.WaitForView(admin::kStatsViewId, storage::Position{1'000'000},
                                                      absl::Now() + absl::Seconds(60));
          EXPECT_FALSE(waited.ok());
        }) {}
  ~WaitingWorker() override { thread_.join(); }

 private:
  std::thread thread_;
};

TEST_F(ServerTest, DrainsInTimeThoughAWorkerWaitsForTheLog) {
  options_.rooms = [] {
    auto rooms = AllRooms();
    rooms.emplace_back().worker = [](const runtime::Desk& desk) -> std::unique_ptr<runtime::Worker> {
      return std::make_unique<WaitingWorker>(desk);
    };
    return rooms;
  };
  const auto server = Server::Start(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto asked = std::chrono::steady_clock::now();
  (*server)->Drain(absl::Milliseconds(200));
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(20));
}

// Is as well as a test says.
class Patient final : public runtime::Worker {
 public:
  explicit Patient(const absl::Status& health) : health_(health) {}
  absl::Status Health() const override { return health_; }

 private:
  const absl::Status& health_;
};

// All rooms, and one whose worker is as well as `health` says. `health` outlives the server.
std::function<std::vector<runtime::Room>()> RoomsAndAPatient(const absl::Status& health) {
  return [&health] {
    auto rooms = AllRooms();
    rooms.emplace_back().worker = [&health](const runtime::Desk&) { return std::make_unique<Patient>(health); };
    return rooms;
  };
}

TEST_F(ServerTest, IsAsWellAsItsWorkers) {
  absl::Status worker;
  options_.rooms = RoomsAndAPatient(worker);
  const auto server = Server::Start(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto channel = grpc::CreateChannel((*server)->address(), grpc::InsecureChannelCredentials());
  EXPECT_EQ(server_test::CheckServing(channel), server_test::Serving::kYes);
  worker = storage::Refuse(absl::StatusCode::kDataLoss, "LOG_DAMAGED", "record 7 is unreadable");
  EXPECT_EQ((*server)->CheckHealth(), worker);
  EXPECT_EQ(server_test::CheckServing(channel), server_test::Serving::kNo);
  worker = absl::OkStatus();
  EXPECT_TRUE((*server)->CheckHealth().ok());
  EXPECT_EQ(server_test::CheckServing(channel), server_test::Serving::kYes);
}

TEST_F(ServerTest, IsWellWhileAWorkerIsHeldUpByWhatMayPass) {
  absl::Status worker = storage::Refuse(absl::StatusCode::kResourceExhausted, "TOO_MANY_IN_FLIGHT", "as many as may");
  options_.rooms = RoomsAndAPatient(worker);
  const auto server = Server::Start(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_TRUE((*server)->CheckHealth().ok());
}

TEST_F(ServerTest, DrainsAtOnceThoughASubscriptionIsOpen) {
  const auto server = Server::Start(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto channel = grpc::CreateChannel((*server)->address(), grpc::InsecureChannelCredentials());
  const auto stub = v1::FeedService::NewStub(channel);
  grpc::ClientContext context;
  const auto call = stub->Subscribe(&context);
  v1::SubscribeRequest open;
  open.mutable_open()->set_after(0);
  ASSERT_TRUE(call->Write(open));
  v1::SubscribeResponse frame;
  ASSERT_TRUE(call->Read(&frame));
  const auto asked = std::chrono::steady_clock::now();
  (*server)->Drain(absl::Seconds(60));
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(20));
  while (call->Read(&frame)) {
  }
  EXPECT_EQ(server_test::ReasonOf(call->Finish()), "SHUTTING_DOWN");
}

TEST_F(ServerTest, TakesNoCallsAfterItWasDrained) {
  const auto server = Server::Start(options_);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto channel = grpc::CreateChannel((*server)->address(), grpc::InsecureChannelCredentials());
  (*server)->Drain();
  grpc::ClientContext context;
  v1::GetStatsResponse stats;
  EXPECT_EQ(v1::AdminService::NewStub(channel)->GetStats(&context, {}, &stats).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace mentorlog::server
