#include "services/server/server.h"

#include <filesystem>
#include <thread>

#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/admin_service.grpc.pb.h"
#include "storage/refusal.h"

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
