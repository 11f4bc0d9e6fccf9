// Following the log over connections that break: every event once, in order, from where it stopped.
#include "clients/cli/follow.h"

#include <algorithm>
#include <deque>

#include "gmock/gmock.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "mentorlog/v1/feed_service.grpc.pb.h"

namespace mentorlog::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Stream = grpc::ServerReaderWriter<v1::SubscribeResponse, v1::SubscribeRequest>;

// How one call goes.
struct Script {
  // Ends after so many events; none: goes on to the head and waits there.
  std::optional<std::uint64_t> events;
  grpc::Status end = grpc::Status(grpc::StatusCode::UNAVAILABLE, "");
  // Says nothing more after Confirmed.
  bool falls_silent = false;
};

// A log of `head` events, served call by call as the scripts say; the last script stays.
class ScriptedFeed final : public v1::FeedService::Service {
 public:
  ScriptedFeed(std::uint64_t head, std::deque<Script> scripts) : head_(head), scripts_(std::move(scripts)) {}

  grpc::Status Subscribe(grpc::ServerContext*, Stream* stream) override {
    v1::SubscribeRequest frame;
    stream->Read(&frame);
    const auto open = frame.open();
    opens.push_back(open);
    const auto script = scripts_.front();
    if (scripts_.size() > 1) scripts_.pop_front();
    v1::SubscribeResponse answer;
    answer.mutable_confirmed()->set_log_id("0123456789abcdef");
    answer.mutable_confirmed()->set_epoch(3);
    stream->Write(answer);
    if (!script.falls_silent) {
      const auto end = script.events ? open.after() + *script.events : head_;
      if (!Send(*stream, open, std::min(end, head_)) || script.events) return script.end;
      answer.mutable_caught_up()->set_position(head_);
      stream->Write(answer);
    }
    while (stream->Read(&frame)) {
    }
    return grpc::Status::OK;
  }

  std::vector<v1::SubscribeRequest::Open> opens;
  std::uint64_t credit_given = 0;
  std::uint64_t under_way_max = 0;

 private:
  bool Send(Stream& stream, const v1::SubscribeRequest::Open& open, std::uint64_t end) {
    std::uint64_t credit = open.credit();
    credit_given += credit;
    for (auto position = open.after(); position < end;) {
      under_way_max = std::max(under_way_max, credit);
      v1::SubscribeRequest more;
      while (credit == 0 && stream.Read(&more)) {
        credit += more.credit().events();
        credit_given += more.credit().events();
      }
      if (credit == 0) return false;
      v1::SubscribeResponse answer;
      for (int i = 0; i < 10 && position < end && credit > 0; ++i, --credit) {
        answer.mutable_batch()->add_events()->set_position(++position);
      }
      if (!stream.Write(answer)) return false;
    }
    return true;
  }

  const std::uint64_t head_;
  std::deque<Script> scripts_;
};

class Follow : public ::testing::Test {
 protected:
  void Serve(std::uint64_t head, std::deque<Script> scripts) {
    feed_ = std::make_unique<ScriptedFeed>(head, std::move(scripts));
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port).RegisterService(feed_.get());
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
    options_.back_off_first_s = 0.01;
    options_.back_off_max_s = 0.05;
    options_.quiet_max_s = 2;
  }
  std::optional<Failure> Run() {
    Connection connection({address_, "", 5, ""});
    const Follower follower{[&](const v1::FeedEvent& event) { positions_.push_back(event.position()); },
                            [&](const std::string& sentence) { notes_.push_back(sentence); }};
    return FollowLog(connection, options_, follower);
  }
  bool EachOnce(std::uint64_t head) const {
    std::uint64_t next = 1;
    return positions_.size() == head &&
           std::all_of(positions_.begin(), positions_.end(), [&](auto at) { return at == next++; });
  }

  std::unique_ptr<ScriptedFeed> feed_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  FollowOptions options_;
  std::vector<std::uint64_t> positions_;
  std::vector<std::string> notes_;
};

TEST_F(Follow, GivesRoomAsItGoesAndNeverMoreThanItWillGive) {
  Serve(2000, {Script{}});
  options_.credit = 64;
  options_.events_max = 1000;
  EXPECT_FALSE(Run().has_value());
  EXPECT_TRUE(EachOnce(1000));
  server_->Shutdown();
  EXPECT_LE(feed_->under_way_max, 64U);
  EXPECT_EQ(feed_->credit_given, 1000U);
  EXPECT_EQ(feed_->opens.size(), 1U);
}

TEST_F(Follow, GoesOnAfterTheLastPositionInTheSameLog) {
  Serve(100, {Script{30}, Script{0}, Script{45, grpc::Status(grpc::StatusCode::CANCELLED, "")}, Script{}});
  options_.events_max = 100;
  EXPECT_FALSE(Run().has_value());
  EXPECT_TRUE(EachOnce(100));
  std::vector<std::uint64_t> after;
  for (const auto& open : feed_->opens) after.push_back(open.after());
  EXPECT_THAT(after, ElementsAre(0, 30, 30, 75));
  EXPECT_EQ(feed_->opens.front().log_id(), "");
  EXPECT_EQ(feed_->opens.back().log_id(), "0123456789abcdef");
  EXPECT_EQ(feed_->opens.back().epoch(), 3U);
  ASSERT_FALSE(notes_.empty());
  EXPECT_THAT(notes_.front(), HasSubstr("trying again, after position 30"));
  EXPECT_THAT(notes_.back(), HasSubstr("connected again, going on after position 75"));
}

TEST_F(Follow, ComesBackToAServerThatFellSilent) {
  Serve(10, {Script{{}, {}, true}, Script{}});
  options_.quiet_max_s = 0.3;
  options_.events_max = 10;
  EXPECT_FALSE(Run().has_value());
  EXPECT_TRUE(EachOnce(10));
  EXPECT_THAT(notes_.front(), HasSubstr("fell silent"));
}

TEST_F(Follow, EndsWithARefusal) {
  Serve(10, {Script{0, grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "another log")}});
  const auto failure = Run();
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->exit, kRefused);
  EXPECT_EQ(feed_->opens.size(), 1U);
}

TEST_F(Follow, GivesUpAServerThatTakesTheCallAndBreaksItAgainAndAgain) {
  Serve(10, {Script{0}});
  options_.patience_s = 0.5;
  const auto failure = Run();
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->exit, kUnreachable);
  EXPECT_THAT(failure->message, HasSubstr("gave up after 0.5 s, at position 0"));
  // The pauses grow: with the first one only, it would be more than 50 calls.
  EXPECT_LT(feed_->opens.size(), 30U);
}

TEST_F(Follow, SaysAtOnceThatNobodyIsThere) {
  Serve(10, {Script{}});
  server_->Shutdown();
  const auto failure = Run();
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->exit, kUnreachable);
  EXPECT_TRUE(notes_.empty());
}

}  // namespace
}  // namespace mentorlog::cli
