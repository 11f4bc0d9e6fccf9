// The operator's RPCs, over a log of lamps in memory.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/admin_service.grpc.pb.h"
#include "tests/services/server/lamp_server.h"

namespace mentorlog::admin {
namespace {

using server_test::LampServer;
using server_test::ReasonOf;
using ::testing::Contains;

class AdminServiceTest : public ::testing::Test {
 protected:
  AdminServiceTest() {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(server_.Switch(i, static_cast<std::uint8_t>(1 + i % 2), i < 2).ok());
  }

  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (v1::AdminService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response, const std::string& actor = "") {
    grpc::ClientContext context;
    if (!actor.empty()) context.AddMetadata("mentorlog-actor", actor);
    response.Clear();
    return (stub_.get()->*method)(&context, request, &response);
  }

  v1::View ViewNamed(const std::string& name) {
    v1::ListViewsResponse views;
    EXPECT_TRUE(Call(&v1::AdminService::Stub::ListViews, v1::ListViewsRequest(), views).ok());
    for (const auto& view : views.views()) {
      if (view.name() == name) return view;
    }
    return {};
  }

  template <typename Frame>
  static std::vector<Frame> ReadAll(grpc::ClientReader<Frame>& reader) {
    std::vector<Frame> frames;
    for (Frame frame; reader.Read(&frame);) frames.push_back(frame);
    return frames;
  }

  std::vector<v1::VerifyViewResponse::Verified> Verify(const std::string& name) {
    v1::VerifyViewRequest request;
    request.set_name(name);
    grpc::ClientContext context;
    const auto reader = stub_->VerifyView(&context, request);
    std::vector<v1::VerifyViewResponse::Verified> results;
    for (const auto& frame : ReadAll(*reader)) {
      if (frame.has_verified()) results.push_back(frame.verified());
    }
    const auto status = reader->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return results;
  }

  std::uint32_t Rebuild(const std::string& name) {
    v1::RebuildViewRequest request;
    request.set_name(name);
    grpc::ClientContext context;
    const auto reader = stub_->RebuildView(&context, request);
    const auto frames = ReadAll(*reader);
    const auto status = reader->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return frames.empty() ? 0 : frames.back().rebuilt().version();
  }

  LampServer server_;
  const std::unique_ptr<v1::AdminService::Stub> stub_ = v1::AdminService::NewStub(server_.channel());
};

TEST_F(AdminServiceTest, StatsCountEventsByType) {
  v1::GetStatsResponse stats;
  ASSERT_TRUE(Call(&v1::AdminService::Stub::GetStats, v1::GetStatsRequest(), stats).ok());
  EXPECT_EQ(stats.log_id(), server_.log().ledger().log_id().ToBytes());
  EXPECT_EQ(stats.epoch(), 1U);
  EXPECT_EQ(stats.head(), 4U);
  EXPECT_EQ(stats.people(), 0U);
  ASSERT_EQ(stats.events_size(), 1);
  EXPECT_EQ(stats.events(0).name(), "LampSwitched");
  EXPECT_EQ(stats.events(0).type(), 250002U);
  EXPECT_EQ(stats.events(0).count(), 4U);
}

TEST_F(AdminServiceTest, APersonMayNotAdminister) {
  const std::string person = runtime_test::IdOf(1).ToHex();
  v1::GetStatsResponse stats;
  const auto status = Call(&v1::AdminService::Stub::GetStats, v1::GetStatsRequest(), stats, person);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(status), "NOT_PERMITTED");

  grpc::ClientContext context;
  context.AddMetadata("mentorlog-actor", person);
  const auto reader = stub_->RebuildView(&context, {});
  EXPECT_TRUE(ReadAll(*reader).empty());
  EXPECT_EQ(ReasonOf(reader->Finish()), "NOT_PERMITTED");
}

TEST_F(AdminServiceTest, ARequestOutcomeIsToldToTheSamePrincipalOnly) {
  v1::GetRequestOutcomeRequest request;
  request.set_request_id(std::string("\1\0\0\0", 4) + std::string(12, '\1'));
  v1::GetRequestOutcomeResponse outcome;
  ASSERT_TRUE(Call(&v1::AdminService::Stub::GetRequestOutcome, request, outcome).ok());
  EXPECT_EQ(outcome.outcome(), v1::GetRequestOutcomeResponse::OUTCOME_COMMITTED);
  EXPECT_EQ(outcome.position(), 2U);
  EXPECT_EQ(outcome.records(), 1U);

  ASSERT_TRUE(Call(&v1::AdminService::Stub::GetRequestOutcome, request, outcome, runtime_test::IdOf(1).ToHex()).ok());
  EXPECT_EQ(outcome.outcome(), v1::GetRequestOutcomeResponse::OUTCOME_NOT_SEEN);
  EXPECT_EQ(outcome.up_to_position(), 4U);
  EXPECT_EQ(outcome.position(), 0U);

  request.set_request_id("short");
  EXPECT_EQ(ReasonOf(Call(&v1::AdminService::Stub::GetRequestOutcome, request, outcome)), "MALFORMED_ID");
}

TEST_F(AdminServiceTest, ListsEveryViewWithItsLiveVersion) {
  const auto states = ViewNamed("states");
  EXPECT_EQ(states.id(), 1U);
  EXPECT_EQ(states.mode(), v1::View::MODE_INLINE);
  ASSERT_EQ(states.versions_size(), 1);
  EXPECT_TRUE(states.versions(0).live());
  EXPECT_EQ(states.versions(0).position(), 4U);
  EXPECT_EQ(ViewNamed("stats").mode(), v1::View::MODE_FOLLOWER);
}

TEST_F(AdminServiceTest, VerifyComparesOneViewOrAllOfThemAndFindsNoDifferences) {
  const auto states = Verify("states");
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(states[0].position(), 4U);
  EXPECT_EQ(states[0].entities(), 2U);
  EXPECT_EQ(states[0].differences(), 0U);

  const auto all = Verify("all");
  EXPECT_EQ(all.size(), 3U);
  for (const auto& view : all) EXPECT_EQ(view.differences(), 0U) << view.name();
  EXPECT_EQ(Verify("").size(), 3U);
}

TEST_F(AdminServiceTest, ARebuiltViewIsPromotedRolledBackAndDropped) {
  const auto before = ViewNamed("stats").versions(0).version();
  const auto built = Rebuild("stats");
  EXPECT_NE(built, before);
  EXPECT_EQ(ViewNamed("stats").versions_size(), 2);

  v1::PromoteViewRequest promote;
  promote.set_name("stats");
  v1::PromoteViewResponse promoted;
  ASSERT_TRUE(Call(&v1::AdminService::Stub::PromoteView, promote, promoted).ok());
  for (const auto& version : promoted.view().versions()) EXPECT_EQ(version.live(), version.version() == built);

  v1::RollbackViewRequest rollback;
  rollback.set_name("stats");
  v1::RollbackViewResponse rolled_back;
  ASSERT_TRUE(Call(&v1::AdminService::Stub::RollbackView, rollback, rolled_back).ok());
  for (const auto& version : rolled_back.view().versions()) EXPECT_EQ(version.live(), version.version() == before);

  v1::DropViewVersionsRequest drop;
  drop.set_name("stats");
  v1::DropViewVersionsResponse dropped;
  ASSERT_TRUE(Call(&v1::AdminService::Stub::DropViewVersions, drop, dropped).ok());
  ASSERT_EQ(dropped.view().versions_size(), 1);
  EXPECT_EQ(dropped.view().versions(0).version(), before);
}

TEST_F(AdminServiceTest, PromotingAViewWithoutASecondVersionIsRefused) {
  v1::PromoteViewRequest promote;
  promote.set_name("stats");
  v1::PromoteViewResponse promoted;
  EXPECT_EQ(Call(&v1::AdminService::Stub::PromoteView, promote, promoted).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(AdminServiceTest, AnUnknownViewIsRefused) {
  v1::PromoteViewRequest promote;
  promote.set_name("weather");
  v1::PromoteViewResponse promoted;
  const auto status = Call(&v1::AdminService::Stub::PromoteView, promote, promoted);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(status), "UNKNOWN_VIEW");
  promote.set_name("all");
  EXPECT_EQ(ReasonOf(Call(&v1::AdminService::Stub::PromoteView, promote, promoted)), "INVALID_FIELD");

  v1::VerifyViewRequest verify;
  verify.set_name("weather");
  grpc::ClientContext context;
  const auto reader = stub_->VerifyView(&context, verify);
  EXPECT_TRUE(ReadAll(*reader).empty());
  EXPECT_EQ(ReasonOf(reader->Finish()), "UNKNOWN_VIEW");
}

}  // namespace
}  // namespace mentorlog::admin
