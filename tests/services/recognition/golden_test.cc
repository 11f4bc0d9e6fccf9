// Every event of this room has a golden sample that is still read, split and put together as it was stored.
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "services/decider/event_shape.h"
#include "services/recognition/recognition_room.h"
#include "services/runtime/event_codec.h"
#include "storage/keys.h"

namespace mentorlog::recognition {
namespace {

// The record as the log would hold it.
std::pair<storage::Record, std::vector<storage::StoredPart>> Stored(const log::v1::ProposedRecord& proposed) {
  storage::Record record;
  record.header.set_type(proposed.type());
  record.header.set_stream(proposed.stream());
  record.header.set_schema_version(proposed.schema_version());
  record.open = proposed.open_part();
  std::vector<storage::StoredPart> parts;
  for (const auto& part : proposed.parts()) {
    storage::StoredPart stored;
    stored.description.set_number(part.number());
    stored.description.set_audience(part.audience());
    stored.bytes = part.content();
    *record.header.add_parts() = stored.description;
    parts.push_back(std::move(stored));
  }
  return {std::move(record), std::move(parts)};
}

TEST(Golden, EveryEventOfTheRoomHasASampleThatIsReadAsItWasStored) {
  const auto codec = runtime::EventCodec::Create(RecognitionRoom().wrappers);
  ASSERT_TRUE(codec.ok()) << codec.status();
  int samples = 0;
  for (const auto& [number, type] : codec->types()) {
    SCOPED_TRACE(type.name);
    std::ifstream file(std::string(MENTORLOG_SOURCE_DIR) + "/tests/golden/recognition/" + type.name + ".textproto");
    ASSERT_TRUE(file) << "no sample";
    std::stringstream text;
    text << file.rdbuf();
    std::shared_ptr<google::protobuf::Message> event(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(type.message)->New());
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text.str(), event.get()));
    EXPECT_TRUE(decider::CheckEvent(*event).ok()) << decider::CheckEvent(*event);
    // Every part of the event is in its sample.
    for (const auto& [part, options] : type.parts) {
      EXPECT_TRUE(event->GetReflection()->HasField(*event, type.message->FindFieldByNumber(part))) << part;
    }
    decider::Fact fact{{type.stream_kind, *storage::Id::FromBytes("stream-000000001")},
                       event,
                       storage::Day{20576},
                       {*storage::Id::FromBytes("receiver-0000001")},
                       {},
                       {}};
    for (const auto& [part, options] : type.parts) {
      if (options.audience() == log::v1::AUDIENCE_CHOSEN) fact.chosen[part] = log::v1::AUDIENCE_PAIR;
    }
    const auto proposed = codec->ToRecord(fact);
    ASSERT_TRUE(proposed.ok()) << proposed.status();
    EXPECT_EQ(proposed->type(), number);
    const auto [record, parts] = Stored(*proposed);
    const auto again = codec->ParseWithParts(record, parts);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*event, **again));
    ++samples;
  }
  EXPECT_EQ(samples, 4);
}

}  // namespace
}  // namespace mentorlog::recognition
