#include "services/runtime/event_codec.h"

#include <algorithm>
#include <set>
#include <typeinfo>
#include <utility>

#include "absl/container/fixed_array.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/runtime/wire_fields.h"
#include "storage/refusal.h"

namespace mentorlog::runtime {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// An event's texts together (design section 1).
constexpr std::size_t kTextsBytesMax = 48 << 10;
// How deep messages may nest in a part.
constexpr int kDepthMax = 8;

bool IsStorable(log::v1::Audience audience) {
  return audience != log::v1::AUDIENCE_UNSPECIFIED && audience != log::v1::AUDIENCE_CHOSEN &&
         log::v1::Audience_IsValid(audience);
}

// Reads wrappers and notes everything that is wrong with them.
class Reader {
 public:
  void ReadWrapper(const Descriptor& wrapper) {
    if (!wrapper.options().HasExtension(log::v1::stream)) return Wrong(wrapper.full_name(), "has no option stream");
    const auto& stream = wrapper.options().GetExtension(log::v1::stream);
    if (stream.kind() < 1 || stream.kind() > 255) return Wrong(wrapper.full_name(), "want a stream kind from 1 to 255");
    if (stream.name().empty()) Wrong(wrapper.full_name(), "want a stream name");
    if (!kinds_.insert(stream.kind()).second) Wrong(wrapper.full_name(), "its stream kind is taken");
    if (!names_.insert(stream.name()).second) Wrong(wrapper.full_name(), "its stream name is taken");
    for (int i = 0; i < wrapper.field_count(); ++i) ReadEvent(stream, *wrapper.field(i));
  }

  std::map<std::uint32_t, EventType> types;
  std::vector<std::string> wrongs;

 private:
  void Wrong(const std::string& where, std::string_view what) { wrongs.push_back(where + ": " + std::string(what)); }

  void ReadEvent(const log::v1::StreamOptions& stream, const FieldDescriptor& field) {
    const auto* oneof = field.real_containing_oneof();
    if (oneof == nullptr || oneof->name() != "event" || field.message_type() == nullptr) {
      return Wrong(field.full_name(), "want only events, in the oneof event");
    }
    if (field.number() > 999) return Wrong(field.full_name(), "want a field number from 1 to 999");
    const Descriptor& message = *field.message_type();
    if (!messages_.insert(&message).second) return Wrong(message.full_name(), "is an event twice");
    EventType type;
    type.type = stream.kind() * 1000 + static_cast<std::uint32_t>(field.number());
    type.name = message.name();
    type.stream_kind = static_cast<std::uint8_t>(stream.kind());
    type.stream_name = stream.name();
    type.in_wrapper = &field;
    type.message = &message;
    type.wrapper = google::protobuf::MessageFactory::generated_factory()->GetPrototype(field.containing_type());
    const auto& options = message.options().GetExtension(log::v1::event);
    type.happened = options.happened();
    type.schema_version = options.schema_version();
    if (!IsStorable(type.happened)) Wrong(message.full_name(), "want a class in option event.happened");
    if (type.schema_version == 0) Wrong(message.full_name(), "want a schema_version from 1");
    for (int i = 0; i < message.field_count(); ++i) ReadField(*message.field(i), type);
    if (!event_names_.insert(type.name).second) Wrong(message.full_name(), "its name is taken by another event");
    types[type.type] = std::move(type);
  }

  // A field of an event: clear (a scalar, an enum, bytes, or a message that says so), or a part.
  void ReadField(const FieldDescriptor& field, EventType& type) {
    if (field.is_map()) return Wrong(field.full_name(), "a map is not stored");
    if (field.options().GetExtension(log::v1::author)) return ReadAuthor(field, type);
    if (field.message_type() == nullptr) return CheckScalar(field);
    const auto& options = field.message_type()->options();
    if (options.GetExtension(log::v1::clear)) {
      if (options.HasExtension(log::v1::part)) Wrong(field.full_name(), "a message is a part or clear, not both");
      return CheckPart(*field.message_type(), 0);
    }
    if (!options.HasExtension(log::v1::part)) {
      return Wrong(field.full_name(), "want the option part with a class on its message");
    }
    if (field.is_repeated()) return Wrong(field.full_name(), "a part is not repeated");
    const auto& part = options.GetExtension(log::v1::part);
    CheckClass(field, part);
    CheckPart(*field.message_type(), 0);
    type.parts[field.number()] = part;
  }

  void ReadAuthor(const FieldDescriptor& field, EventType& type) {
    if (field.type() != FieldDescriptor::TYPE_BYTES || field.is_repeated()) {
      return Wrong(field.full_name(), "want the id of one person as author");
    }
    if (type.author != nullptr) return Wrong(field.full_name(), "its event has an author already");
    type.author = &field;
  }

  void CheckClass(const FieldDescriptor& field, const log::v1::PartOptions& part) {
    if (part.audience() != log::v1::AUDIENCE_CHOSEN) {
      if (!IsStorable(part.audience())) Wrong(field.full_name(), "want a class in option part.audience");
      if (part.chosen_from_size() != 0) Wrong(field.full_name(), "chosen_from goes with AUDIENCE_CHOSEN only");
      return;
    }
    if (part.chosen_from_size() == 0) Wrong(field.full_name(), "want chosen_from beside AUDIENCE_CHOSEN");
    for (const int choice : part.chosen_from()) {
      if (!IsStorable(static_cast<log::v1::Audience>(choice))) Wrong(field.full_name(), "want classes in chosen_from");
    }
  }

  // What a part, or a clear message, may hold: anything but maps, floats and further parts.
  void CheckPart(const Descriptor& message, int depth) {
    if (depth > kDepthMax) return Wrong(message.full_name(), "nests too deep");
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      if (field.is_map()) {
        Wrong(field.full_name(), "a map is not stored");
      } else if (field.message_type() == nullptr) {
        CheckScalar(field);
      } else if (field.message_type()->options().HasExtension(log::v1::part)) {
        Wrong(field.full_name(), "a part within a part");
      } else {
        CheckPart(*field.message_type(), depth + 1);
      }
    }
  }

  void CheckScalar(const FieldDescriptor& field) {
    const auto type = field.cpp_type();
    if (type == FieldDescriptor::CPPTYPE_FLOAT || type == FieldDescriptor::CPPTYPE_DOUBLE) {
      Wrong(field.full_name(), "a float is not stored");
    }
  }

  std::set<std::uint32_t> kinds_;
  std::set<std::string> names_;
  std::set<std::string> event_names_;
  std::set<const Descriptor*> messages_;
};

// Paths and sizes of the texts in a part.
void CollectTexts(const Message& message, const std::string& path,
                  std::vector<std::pair<std::string, std::size_t>>& texts) {
  std::vector<const FieldDescriptor*> fields;
  const auto& reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  std::string scratch;
  for (const auto* field : fields) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    const std::string here = path + "." + field->name();
    for (int i = 0; i < count; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        const auto& text = field->is_repeated() ? reflection.GetRepeatedStringReference(message, field, i, &scratch)
                                                : reflection.GetStringReference(message, field, &scratch);
        texts.emplace_back(here, text.size());
      } else if (field->message_type() != nullptr) {
        CollectTexts(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                          : reflection.GetMessage(message, field),
                     here, texts);
      }
    }
  }
}

// INVALID_ARGUMENT TEXT_TOO_LONG, naming every text, if an event's texts are too long together. `bytes` are all that
// the event has: hardly any has so many that its texts need to be counted.
absl::Status CheckTextsTogether(const EventType& type, const Message& event, std::size_t bytes) {
  if (bytes <= kTextsBytesMax) return absl::OkStatus();
  std::vector<std::pair<std::string, std::size_t>> texts;
  for (const auto& [number, options] : type.parts) {
    const auto* field = type.message->FindFieldByNumber(number);
    if (!event.GetReflection()->HasField(event, field)) continue;
    CollectTexts(event.GetReflection()->GetMessage(event, field), field->name(), texts);
  }
  std::size_t total = 0;
  for (const auto& [path, size] : texts) total += size;
  if (total <= kTextsBytesMax) return absl::OkStatus();
  const std::string wish = absl::StrCat("want at most ", kTextsBytesMax, " bytes of text together");
  auto status = storage::Refuse(absl::StatusCode::kInvalidArgument, "TEXT_TOO_LONG",
                                absl::StrCat(type.name, ": ", total, " bytes of text, ", wish));
  for (const auto& [path, size] : texts) storage::AddFieldViolation(status, path, wish);
  return status;
}

absl::Status Defect(const std::string& message) {
  return storage::Refuse(absl::StatusCode::kInternal, "DEFECT", message);
}

absl::Status Unreadable(const storage::Record& record, const EventType& type) {
  return storage::Refuse(
      absl::StatusCode::kDataLoss, "LOG_DAMAGED",
      absl::StrCat("position ", record.header.position(), ": the bytes of this ", type.name, " do not parse"));
}

absl::Status UnknownEvent(const storage::Record& record) {
  return storage::Refuse(
      absl::StatusCode::kDataLoss, "UNKNOWN_EVENT",
      absl::StrCat("position ", record.header.position(), ": event type ", record.header.type(),
                   ", want a build that knows it"),
      {{"type", absl::StrCat(record.header.type())}, {"position", absl::StrCat(record.header.position())}});
}

absl::Status Unfit(const std::string& what, const Descriptor& wrapper) {
  return Defect(absl::StrCat(what, ": does not fit into ", wrapper.full_name()));
}

// An open part in its wrapper, as a record keeps it.
struct Decoded final : storage::DecodedEvent {
  explicit Decoded(Message* owned) : wrapper(owned) {}
  const std::unique_ptr<Message> wrapper;
};

// REQUIRES: `wrapper` is of the type's wrapper type. Its own parser sets its event, from the open part behind the
// field's tag and length: by reflection this would take as long again as the parsing.
absl::Status ParseInto(const storage::Record& record, const EventType& type, Message& wrapper) {
  using google::protobuf::io::CodedOutputStream;
  constexpr std::size_t kTagAndLengthBytesMax = 10;
  constexpr std::uint32_t kLengthDelimited = 2;
  absl::FixedArray<std::uint8_t, 512> bytes(kTagAndLengthBytesMax + record.open.size());
  auto* end = CodedOutputStream::WriteTagToArray(
      static_cast<std::uint32_t>(type.in_wrapper->number()) << 3U | kLengthDelimited, bytes.data());
  end = CodedOutputStream::WriteVarint32ToArray(static_cast<std::uint32_t>(record.open.size()), end);
  end = std::copy(record.open.begin(), record.open.end(), end);
  const auto size = static_cast<int>(end - bytes.data());
  return wrapper.ParseFromArray(bytes.data(), size) ? absl::OkStatus() : Unreadable(record, type);
}

// The class of one part of a fact: its own, or the chosen one.
absl::StatusOr<log::v1::Audience> ClassOf(const EventType& type, int number, const log::v1::PartOptions& options,
                                          const decider::Fact& fact) {
  const auto chosen = fact.chosen.find(number);
  if (options.audience() != log::v1::AUDIENCE_CHOSEN) {
    if (chosen == fact.chosen.end()) return options.audience();
    return Defect(type.message->FindFieldByNumber(number)->full_name() + ": its class is not for choosing");
  }
  const auto& offered = options.chosen_from();
  if (chosen != fact.chosen.end() && std::find(offered.begin(), offered.end(), chosen->second) != offered.end()) {
    return chosen->second;
  }
  const auto name = [](int choice) { return log::v1::Audience_Name(static_cast<log::v1::Audience>(choice)); };
  const std::string wish = "want one of " + absl::StrJoin(offered, ", ", [&name](std::string* out, int choice) {
                             absl::StrAppend(out, name(choice));
                           });
  const std::string found = chosen == fact.chosen.end() ? "no audience" : name(chosen->second);
  auto status =
      storage::Refuse(absl::StatusCode::kInvalidArgument, "UNKNOWN_ENUM_VALUE",
                      "audience of " + type.message->FindFieldByNumber(number)->name() + ": " + found + ", " + wish);
  storage::AddFieldViolation(status, "audience", wish);
  return status;
}

// Checks what must hold for any fact that is written, of so many bytes.
absl::Status CheckFact(const EventType* type, const decider::Fact& fact, std::size_t bytes) {
  if (type == nullptr) return Defect(fact.event->GetTypeName() + ": is no registered event");
  if (fact.stream.kind != type->stream_kind) {
    return Defect(absl::StrCat(type->name, ": belongs on a ", type->stream_name, " stream, not on kind ",
                               static_cast<int>(fact.stream.kind)));
  }
  for (const auto& [number, audience] : fact.chosen) {
    if (!type->parts.contains(number))
      return Defect(absl::StrCat(type->name, ": has no part ", number, " to choose for"));
  }
  for (const auto& [number, subjects] : fact.part_subjects) {
    if (!type->parts.contains(number))
      return Defect(absl::StrCat(type->name, ": has no part ", number, " with subjects"));
  }
  return CheckTextsTogether(*type, *fact.event, bytes);
}

absl::Status AddPart(const EventType& type, int number, std::string_view content, const decider::Fact& fact,
                     log::v1::ProposedRecord& record) {
  const auto audience = ClassOf(type, number, type.parts.at(number), fact);
  if (!audience.ok()) return audience.status();
  auto& part = *record.add_parts();
  part.set_number(static_cast<std::uint32_t>(number));
  part.set_audience(*audience);
  const auto own = fact.part_subjects.find(number);
  for (const auto& subject : own == fact.part_subjects.end() ? fact.subjects : own->second) {
    part.add_subjects(subject.ToBytes());
  }
  part.set_content(std::string(content));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EventCodec> EventCodec::Create(const std::vector<const Descriptor*>& wrappers) {
  Reader reader;
  for (const auto* wrapper : wrappers) reader.ReadWrapper(*wrapper);
  if (!reader.wrongs.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("stored events: ", absl::StrJoin(reader.wrongs, "; ")));
  }
  EventCodec codec;
  codec.types_ = std::move(reader.types);
  for (const auto& [number, type] : codec.types_) {
    codec.by_number_[number] = &type;
    codec.by_message_[type.message] = &type;
  }
  return codec;
}

const EventType* EventCodec::Find(std::uint32_t type) const {
  const auto found = by_number_.find(type);
  return found == by_number_.end() ? nullptr : found->second;
}

const EventType* EventCodec::FindByName(std::string_view name) const {
  for (const auto& [number, type] : types_) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

const EventType* EventCodec::FindByMessage(const Descriptor* message) const {
  const auto found = by_message_.find(message);
  return found == by_message_.end() ? nullptr : found->second;
}

absl::StatusOr<log::v1::ProposedRecord> EventCodec::ToRecord(const decider::Fact& fact) const {
  const EventType* type = FindByMessage(fact.event->GetDescriptor());
  const std::string bytes = SerializeDeterministic(*fact.event);
  if (auto status = CheckFact(type, fact, bytes.size()); !status.ok()) return status;
  log::v1::ProposedRecord record;
  record.set_stream(fact.stream.ToBytes());
  record.set_type(type->type);
  record.set_schema_version(type->schema_version);
  record.set_occurred_on(fact.occurred_on.value);
  for (const auto& subject : fact.subjects) record.add_subjects(subject.ToBytes());

  std::string& open = *record.mutable_open_part();
  open.reserve(bytes.size());
  WireFields fields(bytes);
  while (const auto field = fields.Next()) {
    if (!type->parts.contains(field->number)) {
      open.append(field->bytes);
      continue;
    }
    // A part without content says nothing, and nothing of it is kept.
    if (field->content.empty()) continue;
    if (auto status = AddPart(*type, field->number, field->content, fact, record); !status.ok()) return status;
  }
  if (!fields.ok()) return Defect(type->name + ": its bytes are no message");
  return record;
}

absl::Status EventCodec::ParseOpen(const storage::Record& record, Message& wrapper) const {
  const EventType* type = Find(record.header.type());
  if (type == nullptr) return UnknownEvent(record);
  if (wrapper.GetDescriptor() != type->in_wrapper->containing_type())
    return Unfit(type->name, *wrapper.GetDescriptor());
  return ParseInto(record, *type, wrapper);
}

absl::StatusOr<const Message*> EventCodec::OpenOf(const storage::Record& record,
                                                  const Message& wrapper_prototype) const {
  // Nobody but a codec fills the slot.
  const auto* kept = static_cast<const Decoded*>(record.decoded.Get());
  if (kept == nullptr) {
    const EventType* type = Find(record.header.type());
    if (type == nullptr) return UnknownEvent(record);
    auto decoded = std::make_unique<Decoded>(type->wrapper->New());
    if (auto status = ParseInto(record, *type, *decoded->wrapper); !status.ok()) return status;
    kept = static_cast<const Decoded*>(&record.decoded.Keep(std::move(decoded)));
  }
  const Message& open = *kept->wrapper;
  // The types, not the descriptors: asked so often that finding these would cost more than all the rest.
  if (typeid(open) != typeid(wrapper_prototype)) return Unfit(open.GetTypeName(), *wrapper_prototype.GetDescriptor());
  return &open;
}

absl::StatusOr<std::string> EventCodec::AuthorOf(const storage::Record& record) const {
  const EventType* type = Find(record.header.type());
  if (type == nullptr) return UnknownEvent(record);
  if (type->author == nullptr) return std::string();
  const auto open = OpenOf(record, *type->wrapper);
  if (!open.ok()) return open.status();
  const Message& event = (*open)->GetReflection()->GetMessage(**open, type->in_wrapper);
  return event.GetReflection()->GetString(event, type->author);
}

absl::StatusOr<std::unique_ptr<Message>> EventCodec::Parse(const storage::Record& record) const {
  const EventType* type = Find(record.header.type());
  if (type == nullptr) return UnknownEvent(record);
  std::unique_ptr<Message> event(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type->message)->New());
  if (!event->ParseFromString(record.open)) return Unreadable(record, *type);
  return event;
}

absl::StatusOr<std::unique_ptr<Message>> EventCodec::ParseWithParts(
    const storage::Record& record, const std::vector<storage::StoredPart>& parts) const {
  auto event = Parse(record);
  if (!event.ok()) return event;
  const EventType& type = *Find(record.header.type());
  for (const auto& part : parts) {
    if (!part.bytes) continue;
    // A part that this build does not know stays sealed: it was added by a newer schema.
    const auto* field = type.message->FindFieldByNumber(static_cast<int>(part.description.number()));
    if (field == nullptr || !type.parts.contains(field->number())) continue;
    auto* message = (*event)->GetReflection()->MutableMessage(event->get(), field);
    if (!message->ParseFromString(*part.bytes)) return Unreadable(record, type);
  }
  return event;
}

}  // namespace mentorlog::runtime
