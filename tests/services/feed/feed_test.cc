// FeedService over a real server: lamps are switched, and readers follow.
#include "services/feed/feed_service.h"

#include <future>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/feed_service.grpc.pb.h"
#include "services/feed/feed_reader.h"
#include "services/feed/feed_room.h"
#include "tests/services/server/lamp_server.h"

namespace mentorlog::feed {
namespace {

using runtime_test::Bought;
using runtime_test::FactOf;
using runtime_test::IdOf;
using runtime_test::Lamp;
using runtime_test::Switched;
using server_test::ReasonOf;
using v1::SubscribeRequest;
using v1::SubscribeResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Positions = std::vector<std::uint64_t>;

// Persons 1 and 2 are the pair of every lamp (FactOf); person 3 knows nothing of it.
class Feed : public ::testing::Test {
 protected:
  Feed() {
    std::vector<runtime::Room> rooms;
    rooms.push_back(runtime_test::LampRoom());
    rooms.push_back(FeedRoom());
    log_ = *server::ServedLog::Open(std::move(rooms), *store_, *keys_, storage::SystemClock(), identity_, {});
    grpc::ServerBuilder builder;
    log_->RegisterServices(builder);
    server_ = builder.BuildAndStart();
    stub_ = v1::FeedService::NewStub(server_->InProcessChannel({}));
  }
  ~Feed() override { Stop(); }
  void Stop() {
    if (server_) server_->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
    server_.reset();
    log_->Stop();
  }

  void AppendFacts(std::uint8_t lamp, std::vector<decider::Fact> facts, std::vector<log::v1::PartRef> removals = {}) {
    runtime::Command command;
    command.name_space = "many";
    command.request_id = IdOf(2);
    ++requests_;
    for (std::size_t i = 0; i < 4; ++i) command.request_id.bytes[4 + i] = static_cast<std::uint8_t>(requests_ >> (8 * i));
    command.request_hash = std::string(32, 'h');
    command.actor.service = "dev";
    command.decide = [&](const decider::Context&, decider::States& states) -> decider::Decision {
      runtime_test::LampState state;
      if (auto loaded = states.Load(Lamp(lamp), decider::Reliance::kExists, state); !loaded.ok()) return loaded.status();
      decider::Facts all;
      all.facts = facts;
      all.removals = removals;
      return all;
    };
    std::promise<absl::Status> done;
    runtime::Execute(log_->desk(), std::move(command), [&](auto outcome) { done.set_value(outcome.status()); });
    const auto status = done.get_future().get();
    ASSERT_TRUE(status.ok()) << status;
  }
  // Appends one fact as a person, or as `dev`.
  template <typename Event>
  void Append(std::uint8_t lamp, Event event, std::optional<std::uint8_t> person = std::nullopt,
              std::optional<log::v1::Audience> of_the_note = std::nullopt) {
    runtime::Command command;
    command.name_space = "test";
    command.request_id = IdOf(1);
    ++requests_;
    for (std::size_t i = 0; i < 4; ++i) command.request_id.bytes[4 + i] = static_cast<std::uint8_t>(requests_ >> (8 * i));
    command.request_hash = std::string(32, 'h');
    if (person) {
      command.actor.person = IdOf(*person);
    } else {
      command.actor.service = "dev";
      command.actor.may_do_everything = true;
    }
    command.source = log::v1::SOURCE_CLI;
    command.decide = [&](const decider::Context&, decider::States& states) -> decider::Decision {
      runtime_test::LampState state;
      if (auto loaded = states.Load(Lamp(lamp), decider::Reliance::kExists, state); !loaded.ok()) return loaded.status();
      decider::Facts facts;
      facts.facts.push_back(FactOf(lamp, event));
      if (of_the_note) facts.facts.back().chosen[Event::descriptor()->FindFieldByName("note")->number()] = *of_the_note;
      return facts;
    };
    std::promise<absl::Status> done;
    runtime::Execute(log_->desk(), std::move(command), [&](auto outcome) { done.set_value(outcome.status()); });
    const auto status = done.get_future().get();
    ASSERT_TRUE(status.ok()) << status;
  }
  // Switches a lamp `count` times, a proposal for each 1000.
  void AppendMany(std::uint8_t lamp, std::uint64_t count) {
    while (count > 0) {
      const auto some = std::min<std::uint64_t>(count, storage::kProposalRecordsMax);
      AppendFacts(lamp, std::vector<decider::Fact>(some, FactOf(lamp, Switched(true))));
      count -= some;
    }
  }
  // Persons whom the dev identity accepts: lamps of their ids.
  void MakePersons() {
    for (std::uint8_t person = 1; person <= 3; ++person) Append(person, Bought(1));
  }

  struct ReadAll {
    std::vector<v1::FeedEvent> events;
    Positions positions;
    std::uint64_t considered = 0;
    grpc::Status status;
  };
  ReadAll Read(const v1::ReadRequest& request, int person = 0) {
    grpc::ClientContext context;
    if (person != 0) context.AddMetadata("mentorlog-actor", IdOf(static_cast<std::uint8_t>(person)).ToHex());
    ReadAll all;
    const auto reader = stub_->Read(&context, request);
    v1::ReadResponse response;
    while (reader->Read(&response)) {
      for (const auto& event : response.events()) {
        all.positions.push_back(event.position());
        all.events.push_back(event);
      }
      all.considered = response.considered();
    }
    all.status = reader->Finish();
    return all;
  }

  // One subscription, read frame by frame.
  struct Subscription {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<SubscribeRequest, SubscribeResponse>> stream;

    void Credit(std::uint32_t events) {
      SubscribeRequest frame;
      frame.mutable_credit()->set_events(events);
      stream->Write(frame);
    }
    SubscribeResponse Next() {
      SubscribeResponse frame;
      EXPECT_TRUE(stream->Read(&frame));
      return frame;
    }
    // The positions of events up to and with `last`; other frames are passed over but held against what was sent.
    Positions EventsUpTo(std::uint64_t last) {
      Positions positions;
      SubscribeResponse frame;
      while ((positions.empty() || positions.back() < last) && stream->Read(&frame)) {
        if (frame.has_progress()) progress = frame.progress().position();
        for (const auto& event : frame.batch().events()) {
          EXPECT_GT(event.position(), progress) << "Progress ran ahead of an event that was wanted";
          positions.push_back(event.position());
        }
      }
      return positions;
    }
    grpc::Status End() {
      stream->WritesDone();
      SubscribeResponse frame;
      while (stream->Read(&frame)) {
      }
      return stream->Finish();
    }
    std::uint64_t progress = 0;
  };

  std::unique_ptr<Subscription> Begin(const SubscribeRequest& first) {
    auto subscription = std::make_unique<Subscription>();
    subscription->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    subscription->stream = stub_->Subscribe(&subscription->context);
    subscription->stream->Write(first);
    return subscription;
  }
  static SubscribeRequest Open(std::uint64_t after, std::uint32_t credit, const std::string& type = "") {
    SubscribeRequest frame;
    frame.mutable_open()->set_after(after);
    frame.mutable_open()->set_credit(credit);
    if (!type.empty()) frame.mutable_open()->mutable_filter()->add_types(type);
    return frame;
  }
  grpc::Status Refused(const SubscribeRequest& first) { return Begin(first)->End(); }

  const std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore();
  const std::unique_ptr<storage::KeyStore> keys_ = storage::NewMemoryKeyStore();
  const runtime::DevIdentity identity_{runtime_test::kLamp};
  std::unique_ptr<server::ServedLog> log_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::FeedService::Stub> stub_;
  std::uint32_t requests_ = 0;
};

Positions Range(std::uint64_t first, std::uint64_t last) {
  Positions all;
  for (auto p = first; p <= last; ++p) all.push_back(p);
  return all;
}

// --- Read ---

TEST_F(Feed, ReadsForwardsBackwardsAndAsManyAsAskedFor) {
  for (int i = 0; i < 5; ++i) Append(7, Switched(i % 2 == 0));
  v1::ReadRequest request;
  EXPECT_THAT(Read(request).positions, ElementsAre(1, 2, 3, 4, 5));
  request.set_from(3);
  EXPECT_THAT(Read(request).positions, ElementsAre(4, 5));
  request.set_limit(1);
  EXPECT_THAT(Read(request).positions, ElementsAre(4));
  request.set_backwards(true);
  request.set_limit(0);
  EXPECT_THAT(Read(request).positions, ElementsAre(2, 1));
  request.set_from(0);
  request.set_limit(2);
  EXPECT_THAT(Read(request).positions, ElementsAre(5, 4));
  request.set_from(5);
  request.set_backwards(false);
  EXPECT_THAT(Read(request).positions, IsEmpty());
}

TEST_F(Feed, ReadsBackwardsTheLastBeforeTheHead) {
  for (int i = 0; i < 3; ++i) Append(7, Switched(true));
  v1::ReadRequest request;
  request.set_backwards(true);
  request.set_from(3);
  EXPECT_THAT(Read(request).positions, ElementsAre(2, 1));
}

TEST_F(Feed, ReadsBackwardsDownToTheFirst) {
  for (int i = 0; i < 513; ++i) Append(7, Switched(true));
  v1::ReadRequest request;
  request.set_backwards(true);
  const auto all = Read(request);
  ASSERT_EQ(all.positions.size(), 513U);
  EXPECT_EQ(all.positions.back(), 1U);
}

TEST_F(Feed, TellsHowFarItHasReadAndHoldsToTheBoundsOfAMessage) {
  for (int i = 0; i < 600; ++i) Append(7, Switched(true));
  for (int i = 0; i < 40; ++i) Append(7, Bought(40, std::string(8000, 'x')));
  grpc::ClientContext context;
  const auto reader = stub_->Read(&context, {});
  v1::ReadResponse response;
  std::uint64_t last = 0;
  while (reader->Read(&response)) {
    EXPECT_LE(response.events_size(), static_cast<int>(kBatchEventsMax));
    EXPECT_LE(response.ByteSizeLong(), kBatchBytesMax + 9000) << "one event beyond at most";
    last = response.events(response.events_size() - 1).position();
    EXPECT_EQ(response.considered(), last);
  }
  EXPECT_EQ(last, 640U);
}

TEST_F(Feed, ReadsNoFurtherThanTheLogReachedWhenItBegan) {
  for (int i = 0; i < 100; ++i) Append(7, Bought(40, std::string(8000, 'x')));
  grpc::ClientContext context;
  const auto reader = stub_->Read(&context, {});
  v1::ReadResponse response;
  ASSERT_TRUE(reader->Read(&response));
  for (int i = 0; i < 10; ++i) Append(7, Switched(true));
  std::uint64_t last = 0;
  while (reader->Read(&response)) last = response.events(response.events_size() - 1).position();
  EXPECT_EQ(last, 100U);
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(Feed, ReadsAnEmptyLog) {
  v1::ReadRequest request;
  EXPECT_TRUE(Read(request).status.ok());
  request.set_backwards(true);
  EXPECT_TRUE(Read(request).status.ok());
}

TEST_F(Feed, ReadsMoreThanOneMessageHoldsInOrder) {
  for (int i = 0; i < 1200; ++i) Append(7, Switched(true));
  EXPECT_EQ(Read({}).positions, Range(1, 1200));
}

TEST_F(Feed, TellsWhatAnEventIs) {
  Append(7, Bought(40, "for the desk"));
  const auto event = Read({}).events.at(0);
  EXPECT_EQ(event.type(), "LampBought");
  EXPECT_EQ(event.stream_kind(), "lamp");
  EXPECT_EQ(event.stream(), Lamp(7).ToBytes());
  EXPECT_EQ(event.occurred_on(), "2024-10-04");
  EXPECT_EQ(event.actor_service(), "dev");
  EXPECT_EQ(event.source(), "cli");
  EXPECT_THAT(event.subject_ids(), ElementsAre(IdOf(1).ToBytes(), IdOf(2).ToBytes()));
  runtime_test::LampBought payload;
  ASSERT_TRUE(event.event().UnpackTo(&payload));
  EXPECT_EQ(payload.watts(), 40);
  EXPECT_EQ(payload.label().text(), "for the desk");
}

TEST_F(Feed, FiltersByTypeKindStreamAndSubject) {
  Append(7, Bought(40));
  Append(7, Switched(true));
  Append(8, Switched(true));
  v1::ReadRequest by_type;
  by_type.mutable_filter()->add_types("LampSwitched");
  EXPECT_THAT(Read(by_type).positions, ElementsAre(2, 3));
  v1::ReadRequest by_stream;
  by_stream.mutable_filter()->add_streams(Lamp(7).ToBytes());
  EXPECT_THAT(Read(by_stream).positions, ElementsAre(1, 2));
  by_stream.mutable_filter()->add_types("LampSwitched");
  EXPECT_THAT(Read(by_stream).positions, ElementsAre(2));
  v1::ReadRequest by_kind;
  by_kind.mutable_filter()->add_stream_kinds("lamp");
  EXPECT_THAT(Read(by_kind).positions, ElementsAre(1, 2, 3));
  v1::ReadRequest by_subject;
  by_subject.mutable_filter()->add_subject_ids(IdOf(2).ToBytes());
  EXPECT_THAT(Read(by_subject).positions, ElementsAre(1, 2, 3));
  by_subject.mutable_filter()->clear_subject_ids();
  by_subject.mutable_filter()->add_subject_ids(IdOf(3).ToBytes());
  EXPECT_THAT(Read(by_subject).positions, IsEmpty());
}

TEST_F(Feed, RefusesAFilterThatNamesNothing) {
  v1::ReadRequest request;
  request.mutable_filter()->add_types("LampEaten");
  auto status = Read(request).status;
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  request.mutable_filter()->clear_types();
  request.mutable_filter()->add_stream_kinds("candle");
  EXPECT_EQ(ReasonOf(Read(request).status), "INVALID_FIELD");
  request.mutable_filter()->clear_stream_kinds();
  request.mutable_filter()->add_streams("short");
  EXPECT_EQ(ReasonOf(Read(request).status), "MALFORMED_ID");
}

TEST_F(Feed, RefusesAPositionBeyondTheHead) {
  v1::ReadRequest request;
  request.set_from(1);
  const auto status = Read(request).status;
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), "LOG_DIVERGED");
}

TEST_F(Feed, LeavesOutWhatAPersonMayNotKnow) {
  MakePersons();
  Append(7, Switched(true));
  EXPECT_THAT(Read({}, 1).positions, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Read({}, 3).positions, ElementsAre(1, 2, 3));
}

TEST_F(Feed, LeavesNoTraceOfTheNotesOfOthersAndNamesWhatMayNotBeRead) {
  MakePersons();
  Append(7, Bought(40, "label", "a whisper"), 1, log::v1::AUDIENCE_AUTHOR);
  Append(7, Bought(40, "label", "for both"), 1, log::v1::AUDIENCE_PAIR);
  const auto note = [](const v1::FeedEvent& event) {
    runtime_test::LampBought payload;
    EXPECT_TRUE(event.event().UnpackTo(&payload));
    return payload.has_note() ? payload.note().text() : std::string();
  };
  const auto own = Read({}, 1).events.at(3);
  EXPECT_EQ(note(own), "a whisper");
  EXPECT_THAT(own.withheld_parts(), IsEmpty());
  const auto others = Read({}, 2).events.at(3);
  EXPECT_EQ(note(others), "");
  EXPECT_THAT(others.withheld_parts(), IsEmpty());
  EXPECT_EQ(note(Read({}, 2).events.at(4)), "for both");
  const auto strangers = Read({}, 3).events.at(4);
  EXPECT_EQ(note(strangers), "");
  ASSERT_EQ(strangers.withheld_parts_size(), 1);
  EXPECT_EQ(strangers.withheld_parts(0).number(), static_cast<std::uint32_t>(runtime_test::LampBought::kNoteFieldNumber));
  EXPECT_EQ(strangers.withheld_parts(0).reason(), v1::Text::WITHHELD_NOT_PERMITTED);
  runtime_test::LampBought payload;
  ASSERT_TRUE(strangers.event().UnpackTo(&payload));
  EXPECT_EQ(payload.label().text(), "label");
}

TEST_F(Feed, NamesWhatWasErasedToWhoCouldHaveReadIt) {
  MakePersons();
  Append(7, Bought(40, "label", "for both"), 1, log::v1::AUDIENCE_PAIR);
  log::v1::PartRef note;
  note.set_stream(Lamp(7).ToBytes());
  note.set_part(runtime_test::LampBought::kNoteFieldNumber);
  AppendFacts(7, {FactOf(7, Switched(true))}, {note});
  const auto reason = [&](int person) {
    const auto event = Read({}, person).events.at(3);
    EXPECT_EQ(event.withheld_parts_size(), 1);
    return event.withheld_parts(0).reason();
  };
  EXPECT_EQ(reason(2), v1::Text::WITHHELD_ERASED);
  EXPECT_EQ(reason(3), v1::Text::WITHHELD_NOT_PERMITTED);
}

// --- Subscribe ---

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
