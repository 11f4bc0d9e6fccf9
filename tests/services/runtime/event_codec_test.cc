#include "services/runtime/event_codec.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "misfits.pb.h"
#include "tests/services/runtime/lamps.h"

namespace mentorlog::runtime_test {
namespace {

using runtime::EventCodec;
using storage::ReasonOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What Create says of one wrapper.
std::string WrongWith(const google::protobuf::Descriptor* wrapper) {
  return std::string(EventCodec::Create({wrapper}).status().message());
}

storage::Record RecordOf(const log::v1::ProposedRecord& proposed) {
  storage::Record record;
  record.header.set_type(proposed.type());
  record.header.set_stream(proposed.stream());
  record.header.set_position(7);
  record.open = proposed.open_part();
  return record;
}

std::vector<storage::StoredPart> PartsOf(const log::v1::ProposedRecord& proposed) {
  std::vector<storage::StoredPart> parts;
  for (const auto& part : proposed.parts()) {
    parts.emplace_back();
    parts.back().description.set_number(part.number());
    parts.back().bytes = part.content();
  }
  return parts;
}

TEST(EventCodec, KnowsEveryEventOfItsWrappersByNumberNameAndMessage) {
  const auto codec = LampCodec();
  const auto* bought = codec.Find(250001);
  ASSERT_NE(bought, nullptr);
  EXPECT_EQ(bought->name, "LampBought");
  EXPECT_EQ(bought->stream_name, "lamp");
  EXPECT_EQ(bought->schema_version, 2U);
  EXPECT_EQ(bought->happened, log::v1::AUDIENCE_ORG);
  EXPECT_EQ(bought->parts.size(), 2U);
  EXPECT_EQ(codec.FindByName("LampSwitched")->type, 250002U);
  EXPECT_EQ(codec.FindByMessage(LampSwitched::descriptor())->type, 250002U);
  EXPECT_EQ(codec.Find(250003), nullptr);
  EXPECT_EQ(codec.FindByName("LampLost"), nullptr);
}

TEST(EventCodec, RefusesAnEventWithoutAClass) {
  EXPECT_THAT(WrongWith(ClasslessEvent::descriptor()), HasSubstr("Classless: want a class in option event.happened"));
  EXPECT_THAT(WrongWith(ClasslessEvent::descriptor()), HasSubstr("Classless: want a schema_version"));
}

TEST(EventCodec, RefusesASubMessageWithoutAClass) {
  EXPECT_THAT(WrongWith(PartlessEvent::descriptor()), HasSubstr("Partless.plain: want the option part"));
}

TEST(EventCodec, RefusesMapsAndFloatsAlsoInsideParts) {
  const auto wrong = WrongWith(UnstorableEvent::descriptor());
  EXPECT_THAT(wrong, HasSubstr("Unstorable.height: a float"));
  EXPECT_THAT(wrong, HasSubstr("Unstorable.labels: a map"));
  EXPECT_THAT(wrong, HasSubstr("Inner.names: a map"));
  EXPECT_THAT(wrong, HasSubstr("Inner.weight: a float"));
}

TEST(EventCodec, RefusesAChosenClassWithoutAChoice) {
  EXPECT_THAT(WrongWith(ChoicelessEvent::descriptor()), HasSubstr("Choiceless.sealed: want chosen_from"));
}

TEST(EventCodec, RefusesAnAuthorThatIsNoPersonOrNotTheOnlyOne) {
  const auto wrong = WrongWith(DisputedEvent::descriptor());
  EXPECT_THAT(wrong, HasSubstr("Disputed.number: want the id of one person"));
  EXPECT_THAT(wrong, HasSubstr("Disputed.second_id: its event has an author already"));
}

TEST(EventCodec, RefusesAMessageThatIsNoWrapper) {
  EXPECT_THAT(WrongWith(LampState::descriptor()), HasSubstr("LampState: has no option stream"));
}

TEST(EventCodec, RefusesAWrapperTwice) {
  const auto status = EventCodec::Create({LampEvent::descriptor(), LampEvent::descriptor()}).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("its stream kind is taken"));
}

TEST(EventCodec, SplitsAnEventIntoAnOpenPartAndSealedParts) {
  const auto codec = LampCodec();
  auto fact = FactOf(1, Bought(60, "Tiffany", "too dear"));
  fact.chosen[21] = log::v1::AUDIENCE_AUTHOR;
  fact.part_subjects[21] = {IdOf(2)};
  const auto record = codec.ToRecord(fact);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->type(), 250001U);
  EXPECT_EQ(record->schema_version(), 2U);
  EXPECT_EQ(record->occurred_on(), 20000);
  EXPECT_EQ(record->open_part(), Bought(60).SerializeAsString());
  EXPECT_THAT(record->open_part(), ::testing::Not(HasSubstr("Tiffany")));
  ASSERT_EQ(record->parts_size(), 2);
  EXPECT_EQ(record->parts(0).number(), 20U);
  EXPECT_EQ(record->parts(0).audience(), log::v1::AUDIENCE_ORG);
  EXPECT_THAT(record->parts(0).subjects(), ElementsAre(IdOf(1).ToBytes(), IdOf(2).ToBytes()));
  EXPECT_EQ(record->parts(1).audience(), log::v1::AUDIENCE_AUTHOR);
  EXPECT_THAT(record->parts(1).subjects(), ElementsAre(IdOf(2).ToBytes()));
}

TEST(EventCodec, LeavesAClearMessageInTheOpenPart) {
  auto event = Bought(60);
  event.mutable_socket()->set_width(27);
  const auto record = LampCodec().ToRecord(FactOf(1, event));
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->open_part(), event.SerializeAsString());
  EXPECT_EQ(record->parts_size(), 0);
}

TEST(EventCodec, KeepsNoPartThatSaysNothing) {
  auto event = Bought(60);
  event.mutable_label();
  EXPECT_EQ(LampCodec().ToRecord(FactOf(1, event))->parts_size(), 0);
}

TEST(EventCodec, RefusesAClassThatThePartDoesNotOffer) {
  auto fact = FactOf(1, Bought(60, "", "too dear"));
  EXPECT_EQ(ReasonOf(LampCodec().ToRecord(fact).status()), "UNKNOWN_ENUM_VALUE");
  fact.chosen[21] = log::v1::AUDIENCE_ORG;
  const auto status = LampCodec().ToRecord(fact).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("AUDIENCE_ORG, want one of AUDIENCE_AUTHOR, AUDIENCE_PAIR"));
}

TEST(EventCodec, RefusesTextsThatAreTooLongTogetherAndNamesThem) {
  auto event = Bought(60, std::string(30 << 10, 'a'));
  event.mutable_label()->add_lines(std::string(20 << 10, 'b'));
  const auto status = LampCodec().ToRecord(FactOf(1, event)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "TEXT_TOO_LONG");
  EXPECT_TRUE(status.GetPayload("mentorlog.field/label.text"));
  EXPECT_TRUE(status.GetPayload("mentorlog.field/label.lines"));
}

TEST(EventCodec, RefusesAFactOnAStreamOfAnotherKind) {
  auto fact = FactOf(1, Switched(true));
  fact.stream.kind = 3;
  EXPECT_EQ(ReasonOf(LampCodec().ToRecord(fact).status()), "DEFECT");
}

TEST(EventCodec, PutsAnEventTogetherAgain) {
  const auto codec = LampCodec();
  auto fact = FactOf(1, Bought(60, "Tiffany", "too dear"));
  fact.chosen[21] = log::v1::AUDIENCE_PAIR;
  const auto proposed = *codec.ToRecord(fact);
  auto parts = PartsOf(proposed);
  EXPECT_EQ((*codec.Parse(RecordOf(proposed)))->SerializeAsString(), Bought(60).SerializeAsString());
  EXPECT_EQ((*codec.ParseWithParts(RecordOf(proposed), parts))->SerializeAsString(),
            Bought(60, "Tiffany", "too dear").SerializeAsString());
  parts[0].bytes.reset();
  EXPECT_EQ((*codec.ParseWithParts(RecordOf(proposed), parts))->SerializeAsString(),
            Bought(60, "", "too dear").SerializeAsString());
  LampEvent wrapper;
  ASSERT_TRUE(codec.ParseOpen(RecordOf(proposed), wrapper).ok());
  EXPECT_EQ(wrapper.lamp_bought().watts(), 60);
  EXPECT_FALSE(wrapper.lamp_bought().has_label());
}

TEST(EventCodec, DecodesARecordOnceForAllWhoAsk) {
  const auto codec = LampCodec();
  auto record = RecordOf(*codec.ToRecord(FactOf(1, Bought(60, "Tiffany", ""))));
  const auto open = codec.OpenOf<LampEvent>(record);
  ASSERT_TRUE(open.ok());
  EXPECT_EQ((*open)->lamp_bought().watts(), 60);
  EXPECT_FALSE((*open)->lamp_bought().has_label());
  EXPECT_EQ(*codec.OpenOf<LampEvent>(record), *open);
}

TEST(EventCodec, AMovedRecordKeepsItsDecodedEventAndACopyHasItsOwn) {
  const auto codec = LampCodec();
  auto record = RecordOf(*codec.ToRecord(FactOf(1, Bought(60))));
  const auto* open = *codec.OpenOf<LampEvent>(record);
  storage::Record copy = record;
  const auto* of_copy = *codec.OpenOf<LampEvent>(copy);
  EXPECT_NE(of_copy, open);
  EXPECT_EQ(of_copy->lamp_bought().watts(), 60);
  const storage::Record moved = std::move(record);
  EXPECT_EQ(*codec.OpenOf<LampEvent>(moved), open);
  // What was kept goes with what it was made of.
  copy = RecordOf(*codec.ToRecord(FactOf(1, Switched(true))));
  EXPECT_TRUE((*codec.OpenOf<LampEvent>(copy))->lamp_switched().on());
}

TEST(EventCodec, ManyThreadsThatAskForOneRecordGetTheSameEvent) {
  constexpr int kThreads = 4;
  constexpr int kRecords = 200;
  const auto codec = LampCodec();
  const auto proposed = *codec.ToRecord(FactOf(1, Bought(60)));
  std::vector<storage::Record> records(kRecords, RecordOf(proposed));
  std::vector<std::vector<const LampEvent*>> seen(kThreads);
  std::vector<std::thread> threads;
  for (auto& mine : seen) {
    threads.emplace_back([&codec, &records, &mine] {
      for (const auto& record : records) mine.push_back(codec.OpenOf<LampEvent>(record).value());
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& mine : seen) EXPECT_EQ(mine, seen.front());
  for (const auto* event : seen.front()) EXPECT_EQ(event->lamp_bought().watts(), 60);
}

TEST(EventCodec, SaysWhomAnEventNamesAsItsAuthor) {
  const auto codec = LampCodec();
  auto switched = Switched(true);
  EXPECT_EQ(*codec.AuthorOf(RecordOf(*codec.ToRecord(FactOf(1, switched)))), "");
  switched.set_by_id(IdOf(3).ToBytes());
  EXPECT_EQ(*codec.AuthorOf(RecordOf(*codec.ToRecord(FactOf(1, switched)))), IdOf(3).ToBytes());
  EXPECT_EQ(*codec.AuthorOf(RecordOf(*codec.ToRecord(FactOf(1, Bought(60))))), "");
}

TEST(EventCodec, ADecodedEventFitsIntoItsOwnWrapperOnly) {
  const auto codec = LampCodec();
  const auto record = RecordOf(*codec.ToRecord(FactOf(1, Bought(60))));
  EXPECT_EQ(ReasonOf(codec.OpenOf<ClasslessEvent>(record).status()), "DEFECT");
  EXPECT_TRUE(codec.OpenOf<LampEvent>(record).ok());
  EXPECT_EQ(ReasonOf(codec.OpenOf<ClasslessEvent>(record).status()), "DEFECT");
}

TEST(EventCodec, RefusesWhatThisBuildDoesNotKnow) {
  storage::Record record;
  record.header.set_type(250999);
  record.header.set_position(7);
  LampEvent wrapper;
  const auto status = LampCodec().ParseOpen(record, wrapper);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(status), "UNKNOWN_EVENT");
  EXPECT_EQ(ReasonOf(LampCodec().Parse(record).status()), "UNKNOWN_EVENT");
  EXPECT_EQ(ReasonOf(LampCodec().AuthorOf(record).status()), "UNKNOWN_EVENT");
  EXPECT_EQ(ReasonOf(LampCodec().OpenOf<LampEvent>(record).status()), "UNKNOWN_EVENT");
}

TEST(EventCodec, RefusesBytesThatDoNotParse) {
  storage::Record record;
  record.header.set_type(250001);
  record.open = "\xff\xff\xff";
  EXPECT_EQ(ReasonOf(LampCodec().Parse(record).status()), "LOG_DAMAGED");
  EXPECT_EQ(ReasonOf(LampCodec().OpenOf<LampEvent>(record).status()), "LOG_DAMAGED");
}

}  // namespace
}  // namespace mentorlog::runtime_test
