// Golden samples: every event ever stored, as text and as the bytes that were written. A sample may be added, never
// changed or removed; a build that reads or writes one of them differently would misread somebody's history.
//
// A sample is tests/golden/<room>/<Event>[-n].textproto: the wrapper as text, after comment lines that hold what is
// stored: `# type T schema S`, `# open HEX` (`-`: nothing), and `# part N HEX` per sealed part.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "services/server/rooms.h"

namespace mentorlog {
namespace {

namespace fs = std::filesystem;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

struct Sample {
  // As in `PersonMoved`.
  std::string event;
  fs::path file;
  std::string text;
};

std::vector<Sample> Samples() {
  std::vector<Sample> samples;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(MENTORLOG_SOURCE_DIR) / "tests/golden")) {
    if (entry.path().extension() != ".textproto") continue;
    const std::string stem = entry.path().stem().string();
    std::ifstream in(entry.path());
    std::stringstream text;
    text << in.rdbuf();
    samples.push_back({stem.substr(0, stem.find('-')), entry.path(), text.str()});
  }
  return samples;
}

class Golden : public ::testing::Test {
 protected:
  const std::vector<runtime::Room> rooms_ = server::AllRooms();
  const runtime::EventCodec codec_ = *runtime::EventCodec::Create(server::WrappersOf(rooms_));

  // The wrapper as the sample says it; nullptr, and a failed test, if it says nothing that this build knows.
  std::unique_ptr<Message> Parse(const Sample& sample, const runtime::EventType& type) const {
    std::unique_ptr<Message> wrapper(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(type.in_wrapper->containing_type())->New());
    const bool parsed = google::protobuf::TextFormat::ParseFromString(sample.text, wrapper.get());
    EXPECT_TRUE(parsed) << sample.file;
    if (!parsed || !wrapper->GetReflection()->HasField(*wrapper, type.in_wrapper)) {
      ADD_FAILURE() << sample.file << ": want a sample of " << type.name;
      return nullptr;
    }
    return wrapper;
  }

  log::v1::ProposedRecord Split(const runtime::EventType& type, const Message& wrapper) const {
    const auto& event = wrapper.GetReflection()->GetMessage(wrapper, type.in_wrapper);
    std::shared_ptr<Message> copy(event.New());
    copy->CopyFrom(event);
    decider::Fact fact{{type.stream_kind, {}}, copy, decider::Day{}, {decider::Id{}}, {}, {}};
    for (const auto& [number, options] : type.parts) {
      if (options.chosen_from_size() > 0) fact.chosen[number] = static_cast<log::v1::Audience>(options.chosen_from(0));
    }
    const auto record = codec_.ToRecord(fact);
    EXPECT_TRUE(record.ok()) << record.status();
    return record.ok() ? *record : log::v1::ProposedRecord();
  }
};

// The comment lines that belong to these bytes.
std::string StoredAs(const log::v1::ProposedRecord& record) {
  const auto hex = [](const std::string& bytes) { return bytes.empty() ? "-" : absl::BytesToHexString(bytes); };
  std::string lines = absl::StrCat("# type ", record.type(), " schema ", record.schema_version(), "\n# open ",
                                   hex(record.open_part()), "\n");
  for (const auto& part : record.parts())
    absl::StrAppend(&lines, "# part ", part.number(), " ", hex(part.content()), "\n");
  return lines;
}

TEST_F(Golden, EveryEventTypeHasASample) {
  std::set<std::string> sampled;
  for (const auto& sample : Samples()) sampled.insert(sample.event);
  for (const auto& [number, type] : codec_.types()) {
    EXPECT_TRUE(sampled.contains(type.name))
        << "want tests/golden/<room>/" << type.name << ".textproto, type " << number;
  }
}

TEST_F(Golden, EverySampleIsStoredAsItAlwaysWas) {
  for (const auto& sample : Samples()) {
    const auto* type = codec_.FindByName(sample.event);
    if (type == nullptr) continue;
    const auto wrapper = Parse(sample, *type);
    if (wrapper == nullptr) continue;
    const auto stored = StoredAs(Split(*type, *wrapper));
    EXPECT_NE(sample.text.find(stored), std::string::npos) << sample.file << ": this build stores\n" << stored;
  }
}

TEST_F(Golden, EverySampleComesBackEqual) {
  for (const auto& sample : Samples()) {
    const auto* type = codec_.FindByName(sample.event);
    ASSERT_NE(type, nullptr) << sample.file << ": this build does not know the event";
    const auto wrapper = Parse(sample, *type);
    if (wrapper == nullptr) continue;
    const auto proposed = Split(*type, *wrapper);
    storage::Record record;
    record.header.set_type(proposed.type());
    record.header.set_stream(proposed.stream());
    record.open = proposed.open_part();
    std::vector<storage::StoredPart> parts;
    for (const auto& part : proposed.parts()) {
      auto& stored = parts.emplace_back();
      stored.description.set_number(part.number());
      stored.bytes = part.content();
    }
    const auto whole = codec_.ParseWithParts(record, parts);
    ASSERT_TRUE(whole.ok()) << sample.file << ": " << whole.status();
    const auto& event = wrapper->GetReflection()->GetMessage(*wrapper, type->in_wrapper);
    EXPECT_TRUE(MessageDifferencer::Equals(event, **whole)) << sample.file;
  }
}

// Evolve sees open parts only: what is sealed must not matter to a state.
TEST_F(Golden, EverySampleIsFoldedTheSameWithoutItsSealedParts) {
  std::map<std::uint8_t, const runtime::StateFold*> folds;
  for (const auto& room : rooms_) {
    for (const auto& fold : room.folds) folds[fold.kind] = &fold;
  }
  for (const auto& sample : Samples()) {
    const auto* type = codec_.FindByName(sample.event);
    if (type == nullptr || !folds.contains(type->stream_kind)) continue;
    const auto& fold = *folds.at(type->stream_kind);
    const auto wrapper = Parse(sample, *type);
    if (wrapper == nullptr) continue;
    storage::Record record;
    record.header.set_type(type->type);
    record.header.set_stream(std::string(1, static_cast<char>(type->stream_kind)) + std::string(16, 's'));
    for (int i = 0; i < 2; ++i) record.header.add_subjects(std::string(16, static_cast<char>('a' + i)));
    record.open = Split(*type, *wrapper).open_part();
    const std::unique_ptr<Message> open(fold.wrapper->New());
    ASSERT_TRUE(codec_.ParseOpen(record, *open).ok()) << sample.file;
    const std::unique_ptr<Message> from_open(fold.state->New());
    const std::unique_ptr<Message> from_whole(fold.state->New());
    fold.evolve(*from_open, record.header, *open);
    fold.evolve(*from_whole, record.header, *wrapper);
    EXPECT_TRUE(MessageDifferencer::Equals(*from_open, *from_whole)) << sample.file;
  }
}

}  // namespace
}  // namespace mentorlog
