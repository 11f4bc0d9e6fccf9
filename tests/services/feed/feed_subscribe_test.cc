// FeedService.Subscribe: every event once and in order, credit, progress, and the end.
#include "tests/services/feed/feed_fixture.h"

namespace mentorlog::feed {
namespace {

TEST_F(Feed, ConfirmsSendsAndIsCaughtUpOnce) {
  for (int i = 0; i < 3; ++i) Append(7, Switched(true));
  auto subscription = Begin(Open(0, 100));
  const auto confirmed = subscription->Next();
  ASSERT_TRUE(confirmed.has_confirmed());
  EXPECT_EQ(confirmed.confirmed().log_id(), log_->ledger().log_id().ToBytes());
  EXPECT_EQ(confirmed.confirmed().head(), 3U);
  ASSERT_EQ(subscription->Next().batch().events_size(), 3);
  const auto caught_up = subscription->Next();
  ASSERT_TRUE(caught_up.has_caught_up());
  EXPECT_EQ(caught_up.caught_up().position(), 3U);
  Append(7, Switched(false));
  int caught_up_again = 0;
  SubscribeResponse frame;
  while (!frame.has_progress() || frame.progress().position() < 4) {
    frame = subscription->Next();
    if (frame.has_caught_up()) ++caught_up_again;
  }
  EXPECT_EQ(caught_up_again, 0);
  EXPECT_TRUE(subscription->End().ok());
}

TEST_F(Feed, SendsEveryEventOnceInOrderWhileOthersWrite) {
  for (int i = 0; i < 300; ++i) Append(7, Switched(true));
  auto subscription = Begin(Open(0, 100'000));
  std::thread writer([&] {
    for (int i = 0; i < 700; ++i) Append(8, Switched(true));
  });
  EXPECT_EQ(subscription->EventsUpTo(1000), Range(1, 1000));
  writer.join();
  EXPECT_TRUE(subscription->End().ok());
}

TEST_F(Feed, SendsExactlyAsManyAsTheCreditAllows) {
  for (int i = 0; i < 20; ++i) Append(7, Switched(true));
  auto subscription = Begin(Open(0, 0));
  ASSERT_TRUE(subscription->Next().has_confirmed());
  const auto idle = subscription->Next();
  ASSERT_TRUE(idle.has_progress()) << idle.ShortDebugString();
  EXPECT_EQ(idle.progress().position(), 0U);
  subscription->Credit(7);
  EXPECT_EQ(subscription->EventsUpTo(7), Range(1, 7));
  const auto next = subscription->Next();
  ASSERT_TRUE(next.has_progress()) << next.ShortDebugString();
  EXPECT_EQ(next.progress().position(), 7U);
  subscription->Credit(1);
  subscription->Credit(2);
  EXPECT_EQ(subscription->EventsUpTo(10), Range(8, 10));
  EXPECT_TRUE(subscription->Next().has_progress());
  EXPECT_TRUE(subscription->End().ok());
}

TEST_F(Feed, TellsProgressEvenIfNothingMatches) {
  for (int i = 0; i < 50; ++i) Append(7, Switched(true));
  auto subscription = Begin(Open(0, 0, "LampBought"));
  ASSERT_TRUE(subscription->Next().has_confirmed());
  ASSERT_TRUE(subscription->Next().has_caught_up());
  const auto progress = subscription->Next();
  ASSERT_TRUE(progress.has_progress());
  EXPECT_EQ(progress.progress().position(), 50U);
  Append(7, Bought(40));
  Append(7, Switched(true));
  const auto held = subscription->Next();
  ASSERT_TRUE(held.has_progress());
  EXPECT_EQ(held.progress().position(), 50U) << "ahead of an event that is wanted and was not sent";
  EXPECT_TRUE(subscription->End().ok());
}

// More records than one step considers, and none is wanted: it goes on by itself, and tells progress on its way.
TEST_F(Feed, GoesOnThroughALongStretchOfWhatIsNotWanted) {
  Append(7, Bought(1));
  AppendMany(7, 2 * kConsideredMax + 500);
  Append(7, Bought(2));
  const std::uint64_t last = 2 * kConsideredMax + 502;
  auto subscription = Begin(Open(1, 10, "LampBought"));
  std::vector<std::uint64_t> progress;
  SubscribeResponse frame;
  while (!frame.has_batch()) {
    frame = subscription->Next();
    if (frame.has_progress()) progress.push_back(frame.progress().position());
  }
  EXPECT_EQ(frame.batch().events(0).position(), last);
  EXPECT_GE(progress.size(), 2U) << "every 10,000 considered";
  EXPECT_TRUE(subscription->End().ok());
  v1::ReadRequest read;
  read.mutable_filter()->add_types("LampBought");
  EXPECT_THAT(Read(read).positions, ElementsAre(1, last));
  read.set_backwards(true);
  read.set_from(kConsideredMax + 2);
  EXPECT_THAT(Read(read).positions, ElementsAre(1)) << "the first step stops before the first record";
}

TEST_F(Feed, GoesOnAfterAPositionWithoutGapOrRepeat) {
  for (int i = 0; i < 10; ++i) Append(7, Switched(true));
  auto first = Begin(Open(0, 4));
  EXPECT_EQ(first->EventsUpTo(4), Range(1, 4));
  EXPECT_TRUE(first->End().ok());
  auto again = Begin(Open(4, 100));
  EXPECT_EQ(again->EventsUpTo(10), Range(5, 10));
  EXPECT_TRUE(again->End().ok());
}

TEST_F(Feed, RefusesAPositionOfAnotherLogOrBeyondTheHead) {
  EXPECT_EQ(ReasonOf(Refused(Open(1, 1))), "LOG_DIVERGED");
  auto other_log = Open(0, 1);
  other_log.mutable_open()->set_log_id(std::string(16, 'x'));
  EXPECT_EQ(ReasonOf(Refused(other_log)), "LOG_DIVERGED");
  auto other_epoch = Open(0, 1);
  other_epoch.mutable_open()->set_epoch(log_->ledger().epoch() + 1);
  const auto status = Refused(other_epoch);
  EXPECT_EQ(ReasonOf(status), "LOG_DIVERGED");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(Feed, RefusesWhatIsNotServedYet) {
  SubscribeRequest beginning;
  beginning.mutable_open()->mutable_beginning();
  SubscribeRequest end;
  end.mutable_open()->mutable_end();
  SubscribeRequest at_time;
  at_time.mutable_open()->set_at_time_us(1);
  for (const auto& frame : {beginning, end, at_time}) {
    const auto status = Refused(frame);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
    EXPECT_EQ(ReasonOf(status), "NOT_SERVED_YET");
  }
  SubscribeRequest progress;
  progress.mutable_progress_request();
  SubscribeRequest ack;
  ack.mutable_subject_erased_ack();
  for (const auto& frame : {progress, ack}) {
    auto subscription = Begin(Open(0, 1));
    subscription->stream->Write(frame);
    EXPECT_EQ(ReasonOf(subscription->End()), "NOT_SERVED_YET");
  }
}

TEST_F(Feed, RefusesFramesOutOfTurn) {
  SubscribeRequest credit;
  credit.mutable_credit()->set_events(1);
  const auto status = Refused(credit);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "BAD_FRAME");
  EXPECT_EQ(ReasonOf(Refused({})), "BAD_FRAME");
  SubscribeRequest no_start;
  no_start.mutable_open();
  EXPECT_EQ(ReasonOf(Refused(no_start)), "BAD_FRAME");
  auto twice = Begin(Open(0, 1));
  twice->stream->Write(Open(0, 1));
  EXPECT_EQ(ReasonOf(twice->End()), "BAD_FRAME");
  auto nothing = Begin(Open(0, 1));
  nothing->Credit(0);
  EXPECT_EQ(ReasonOf(nothing->End()), "BAD_FRAME");
}

TEST_F(Feed, EndsCleanlyWhenTheReaderCancels) {
  for (int i = 0; i < 50; ++i) {
    auto subscription = Begin(Open(0, 100));
    if (i % 2 == 0) subscription->Next();
    subscription->context.TryCancel();
    SubscribeResponse frame;
    while (subscription->stream->Read(&frame)) {
    }
    EXPECT_EQ(subscription->stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  Append(7, Switched(true));
  auto after = Begin(Open(0, 1));
  EXPECT_EQ(after->EventsUpTo(1), Range(1, 1));
  EXPECT_TRUE(after->End().ok());
}

TEST_F(Feed, TellsEveryReaderWhereToResumeWhenTheDaemonBeginsToEnd) {
  for (int i = 0; i < 10; ++i) Append(7, Switched(true));
  auto without_credit = Begin(Open(0, 4));
  EXPECT_EQ(without_credit->EventsUpTo(4), Range(1, 4));
  auto caught_up = Begin(Open(0, 100));
  EXPECT_EQ(caught_up->EventsUpTo(10), Range(1, 10));
  Subscription silent;
  silent.stream = stub_->Subscribe(&silent.context);
  log_->EndEndlessCalls();
  const auto ends_at = [](Subscription& subscription, const std::string& position) {
    SubscribeResponse frame;
    while (subscription.stream->Read(&frame)) EXPECT_FALSE(frame.has_batch()) << frame.ShortDebugString();
    const auto status = subscription.stream->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(ReasonOf(status), "SHUTTING_DOWN");
    EXPECT_EQ(server_test::ErrorInfoOf(status).metadata().at("resume_from"), position);
  };
  ends_at(*without_credit, "4");
  ends_at(*caught_up, "10");
  SubscribeResponse nothing;
  EXPECT_FALSE(silent.stream->Read(&nothing));
  EXPECT_EQ(ReasonOf(silent.stream->Finish()), "SHUTTING_DOWN");
  EXPECT_EQ(ReasonOf(Refused(Open(0, 1))), "SHUTTING_DOWN");
  EXPECT_EQ(ReasonOf(Read({}).status), "SHUTTING_DOWN");
}

// A reader that does not read has a message outstanding; it is told once it has taken that.
TEST_F(Feed, SendsWhatItHasBegunToSendBeforeItTellsWhereToResume) {
  for (int i = 0; i < 1200; ++i) Append(7, Bought(40, std::string(250, 'x')));
  auto subscription = Begin(Open(0, 100'000));
  ASSERT_TRUE(subscription->Next().has_confirmed());
  log_->EndEndlessCalls();
  Positions positions;
  SubscribeResponse frame;
  while (subscription->stream->Read(&frame)) {
    for (const auto& event : frame.batch().events()) positions.push_back(event.position());
  }
  const auto status = subscription->stream->Finish();
  ASSERT_EQ(ReasonOf(status), "SHUTTING_DOWN");
  EXPECT_EQ(positions, Range(1, positions.size()));
  EXPECT_EQ(server_test::ErrorInfoOf(status).metadata().at("resume_from"), std::to_string(positions.size()));
}

TEST_F(Feed, EndsManySubscriptionsWhenTheServerEnds) {
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (int i = 0; i < 64; ++i) subscriptions.push_back(Begin(Open(0, 100)));
  for (auto& subscription : subscriptions) EXPECT_TRUE(subscription->Next().has_confirmed());
  for (int i = 0; i < 20; ++i) Append(7, Switched(true));
  Stop();
  for (auto& subscription : subscriptions) {
    SubscribeResponse frame;
    while (subscription->stream->Read(&frame)) {
    }
    EXPECT_FALSE(subscription->stream->Finish().ok());
  }
}

}  // namespace
}  // namespace mentorlog::feed
