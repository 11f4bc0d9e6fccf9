// FeedService.Read: what is asked for, and no more than a reader may know.
#include "tests/services/feed/feed_fixture.h"

namespace mentorlog::feed {
namespace {

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

TEST_F(Feed, LeavesOutWhatAPersonOnlyRecordedForItsAuthor) {
  MakePersons();
  auto switched = Switched(true);
  switched.set_by_id(IdOf(1).ToBytes());
  AppendFacts(7, {FactOf(7, switched)}, {}, 3);
  EXPECT_THAT(Read({}, 1).positions, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Read({}, 3).positions, ElementsAre(1, 2, 3));
}

// A refusal would tell whom it stops that there is something.
TEST_F(Feed, IsStoppedByWhatCannotBeReadOnlyForWhoMayKnowOfIt) {
  MakePersons();
  Append(7, Switched(true));
  MakeUnreadable(4);
  Append(8, Bought(40));
  v1::ReadRequest request;
  const auto strangers = Read(request, 3);
  EXPECT_TRUE(strangers.status.ok()) << strangers.status.error_message();
  EXPECT_THAT(strangers.positions, ElementsAre(1, 2, 3, 5));
  for (const int reader : {0, 1, 2}) {
    const auto status = Read(request, reader).status;
    EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS) << reader;
    EXPECT_EQ(ReasonOf(status), "LOG_DAMAGED") << reader;
  }
  request.set_backwards(true);
  EXPECT_THAT(Read(request, 3).positions, ElementsAre(5, 3, 2, 1));
}

// Whom it named nobody can tell; who recorded it for them is not taken for them.
TEST_F(Feed, IsNotStoppedForWhoOnlyRecordedWhatCannotBeRead) {
  MakePersons();
  auto switched = Switched(true);
  switched.set_by_id(IdOf(1).ToBytes());
  AppendFacts(7, {FactOf(7, switched)}, {}, 3);
  MakeUnreadable(4);
  Append(8, Bought(40));
  EXPECT_THAT(Read({}, 3).positions, ElementsAre(1, 2, 3, 5));
  EXPECT_EQ(ReasonOf(Read({}, 0).status), "LOG_DAMAGED");
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
  EXPECT_EQ(strangers.withheld_parts(0).number(),
            static_cast<std::uint32_t>(runtime_test::LampBought::kNoteFieldNumber));
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

}  // namespace
}  // namespace mentorlog::feed
