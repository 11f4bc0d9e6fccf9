// What the feed refuses, over a real in-process server: positions of another log, frames out of turn, and what is
// declared but not served.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "mentorlog/v1/feed_service.grpc.pb.h"
#include "services/feed/feed_room.h"
#include "tests/services/server/lamp_server.h"

namespace mentorlog::feed_test {
namespace {

using server_test::ReasonOf;
using Frame = v1::SubscribeRequest;

std::vector<runtime::Room> WithFeed() {
  std::vector<runtime::Room> rooms;
  rooms.push_back(feed::FeedRoom());
  return rooms;
}

Frame After(std::uint64_t position) {
  Frame frame;
  frame.mutable_open()->set_after(position);
  frame.mutable_open()->set_credit(10);
  return frame;
}

Frame With(const std::function<void(Frame&)>& set, Frame frame = {}) {
  set(frame);
  return frame;
}

class FeedRefusals : public ::testing::Test {
 protected:
  FeedRefusals() : server_(WithFeed()), stub_(v1::FeedService::NewStub(server_.channel())) {
    EXPECT_TRUE(server_.Switch(1, 1, true).ok());
  }

  // How a subscription ends that says these frames and then listens.
  grpc::Status Subscribe(const std::vector<Frame>& frames) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    const auto call = stub_->Subscribe(&context);
    for (const auto& frame : frames) {
      if (!call->Write(frame)) break;
    }
    v1::SubscribeResponse response;
    while (call->Read(&response)) {
    }
    return call->Finish();
  }
  void Expect(const grpc::Status& status, grpc::StatusCode code, const std::string& reason) {
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_EQ(ReasonOf(status), reason) << status.error_message();
    EXPECT_EQ(server_.log().ledger().head(), storage::Position{1}) << "a reader never writes";
  }

  server_test::LampServer server_;
  const std::unique_ptr<v1::FeedService::Stub> stub_;
};

TEST_F(FeedRefusals, APositionOfAnotherLogOrEpochOrBeyondTheHeadIsRefused) {
  for (const auto& frame : {
           After(2),
           With([](Frame& f) { f.mutable_open()->set_log_id(std::string(16, 'x')); }, After(1)),
           With([](Frame& f) { f.mutable_open()->set_epoch(2); }, After(1)),
       }) {
    Expect(Subscribe({frame}), grpc::StatusCode::FAILED_PRECONDITION, "LOG_DIVERGED");
  }
}

TEST_F(FeedRefusals, AReadFromBeyondTheHeadIsRefused) {
  grpc::ClientContext context;
  v1::ReadRequest request;
  request.set_from(2);
  const auto call = stub_->Read(&context, request);
  v1::ReadResponse response;
  EXPECT_FALSE(call->Read(&response));
  Expect(call->Finish(), grpc::StatusCode::FAILED_PRECONDITION, "LOG_DIVERGED");
}

TEST_F(FeedRefusals, AFrameThatIsMissingOutOfTurnOrOutOfRangeIsRefused) {
  const auto credit = [](std::uint32_t events) {
    return With([events](Frame& f) { f.mutable_credit()->set_events(events); });
  };
  for (const auto& frames : std::vector<std::vector<Frame>>{
           {Frame()},
           {credit(1)},
           {With([](Frame& f) { f.mutable_open(); })},
           {With([](Frame& f) { f.mutable_open()->set_credit(100'001); }, After(0))},
           {After(0), After(0)},
           {After(0), credit(0)},
           {After(0), credit(100'001)},
           {After(0), Frame()},
       }) {
    SCOPED_TRACE(frames.back().ShortDebugString());
    const auto status = Subscribe(frames);
    Expect(status, grpc::StatusCode::INVALID_ARGUMENT, "BAD_FRAME");
    EXPECT_EQ(server_test::DetailOf<google::rpc::BadRequest>(status).field_violations_size(), 1);
  }
}

TEST_F(FeedRefusals, MoreCreditThanMayBeKeptIsRefused) {
  std::vector<Frame> frames{After(1)};
  for (int i = 0; i < 10; ++i) {
    frames.push_back(With([](Frame& f) { f.mutable_credit()->set_events(100'000); }));
  }
  Expect(Subscribe(frames), grpc::StatusCode::INVALID_ARGUMENT, "BAD_FRAME");
}

TEST_F(FeedRefusals, AFilterOfMoreEntriesThanMayBeIsRefused) {
  const auto with_filter = [](const std::function<void(v1::EventFilter&)>& fill) {
    return With([&](Frame& f) { fill(*f.mutable_open()->mutable_filter()); }, After(0));
  };
  for (const auto& frame : {
           with_filter([](auto& f) {
             for (int i = 0; i < 101; ++i) f.add_types("LampSwitched");
           }),
           with_filter([](auto& f) {
             for (int i = 0; i < 101; ++i) f.add_stream_kinds("lamp");
           }),
           with_filter([](auto& f) {
             for (int i = 0; i < 1001; ++i) f.add_streams(std::string(17, 's'));
           }),
           with_filter([](auto& f) {
             for (int i = 0; i < 1001; ++i) f.add_subject_ids(std::string(16, 's'));
           }),
       }) {
    Expect(Subscribe({frame}), grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD");
  }
}

TEST_F(FeedRefusals, WhatIsDeclaredButNotServedSaysSo) {
  for (const auto& frames : std::vector<std::vector<Frame>>{
           {With([](Frame& f) { f.mutable_open()->mutable_beginning(); })},
           {With([](Frame& f) { f.mutable_open()->mutable_end(); })},
           {With([](Frame& f) { f.mutable_open()->set_at_time_us(1); })},
           {After(0), With([](Frame& f) { f.mutable_progress_request(); })},
           {After(0), With([](Frame& f) { f.mutable_subject_erased_ack(); })},
       }) {
    SCOPED_TRACE(frames.back().ShortDebugString());
    Expect(Subscribe(frames), grpc::StatusCode::UNIMPLEMENTED, "NOT_SERVED_YET");
  }
}

TEST_F(FeedRefusals, AFilterThatCannotBeReadIsRefused) {
  const auto frame = With([](Frame& f) { f.mutable_open()->mutable_filter()->add_streams("short"); }, After(0));
  Expect(Subscribe({frame}), grpc::StatusCode::INVALID_ARGUMENT, "MALFORMED_ID");
}

}  // namespace
}  // namespace mentorlog::feed_test
