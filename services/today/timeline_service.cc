// Timelines: rows say which records; what is written in them is opened here, for who asks.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "mentorlog/event/v1/people.pb.h"
#include "mentorlog/event/v1/relationships.pb.h"
#include "services/runtime/audience.h"
#include "services/today/pair_view.h"
#include "services/today/timeline_view.h"
#include "services/today/today_service.h"
#include "services/today/words.h"

namespace mentorlog::today {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using runtime::Read;
using storage::Day;
using storage::Id;
using storage::Record;
using storage::StreamKey;

constexpr std::uint8_t kPersonKind = 1;
constexpr std::uint8_t kRelationshipKind = 3;
constexpr std::string_view kPrivateNote = "private_note";

// Which timeline was asked for.
struct Asked {
  Id person;
  Id other;
  Id relationship;
  std::string query;
};

Asked ReadRequest(const v1::GetTimelineRequest& request, runtime::Violations& violations) {
  Asked asked;
  asked.person = violations.OptionalId("person_id", request.person_id()).value_or(Id());
  asked.other = violations.OptionalId("other_id", request.other_id()).value_or(Id());
  asked.relationship = violations.OptionalId("relationship_id", request.relationship_id()).value_or(Id());
  const bool one = asked.person.IsZero() != asked.relationship.IsZero();
  if (!one) violations.Add("person_id", "not one of the two", "want either person_id or relationship_id");
  if (asked.person.IsZero() && !asked.other.IsZero())
    violations.Add("other_id", "given alone", "want person_id with it");
  asked.query = absl::StrCat("timeline/", asked.person.ToHex(), asked.other.ToHex(), asked.relationship.ToHex());
  return asked;
}

// The two people of a relationship, from its first record.
absl::Status FindPeople(const storage::LedgerSnapshot& snapshot, Asked& asked) {
  auto status =
      snapshot.ScanStream({kRelationshipKind, asked.relationship}, storage::Revision{0}, [&](Record&& record) {
        if (record.header.subjects_size() == 2) {
          asked.person = Id::FromBytes(record.header.subjects(0)).value_or(Id());
          asked.other = Id::FromBytes(record.header.subjects(1)).value_or(Id());
        }
        return false;
      });
  if (!status.ok()) return status;
  if (!asked.person.IsZero()) return absl::OkStatus();
  return storage::Refuse(absl::StatusCode::kNotFound, "NO_SUCH_THING",
                         "relationship_id: " + asked.relationship.ToHex() + ", want the id of a relationship",
                         {{"field", "relationship_id"}});
}

// The clear side of an event in a few words: its kinds, and what a move or a cadence says.
std::string WhatOf(const Message& event) {
  std::vector<std::string> words;
  const auto say_move = [&](const auto& moved) {
    words.push_back(Word(*event::v1::MoveType_descriptor(), moved.type()));
    for (const auto* piece : {&moved.to().title(), &moved.to().unit(), &moved.to().site()}) {
      if (!piece->empty()) words.push_back(*piece);
    }
    return absl::StrJoin(words, ", ");
  };
  if (const auto* moved = dynamic_cast<const event::v1::PersonMoved*>(&event)) return say_move(*moved);
  if (const auto* corrected = dynamic_cast<const event::v1::MoveCorrected*>(&event)) return say_move(*corrected);
  std::vector<const FieldDescriptor*> fields;
  event.GetReflection()->ListFields(event, &fields);
  for (const auto* field : fields) {
    if (field->is_repeated()) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      words.push_back(Word(*field->enum_type(), event.GetReflection()->GetEnumValue(event, field)));
    } else if (field->message_type() == event::v1::Cadence::descriptor()) {
      const auto& cadence = static_cast<const event::v1::Cadence&>(event.GetReflection()->GetMessage(event, field));
      words.push_back(absl::StrCat("every ", cadence.ideal_days(), " to ", cadence.max_days(), " days"));
    } else if (field->message_type() == event::v1::Debt::descriptor()) {
      const auto& debt = static_cast<const event::v1::Debt&>(event.GetReflection()->GetMessage(event, field));
      words.push_back(Word(*event::v1::OwedCause_descriptor(), debt.cause()));
    }
  }
  return absl::StrJoin(words, ", ");
}

// The first text of a message; empty if there is none.
std::string FirstText(const Message& part) {
  std::vector<const FieldDescriptor*> fields;
  part.GetReflection()->ListFields(part, &fields);
  for (const auto* field : fields) {
    if (field->type() == FieldDescriptor::TYPE_STRING && !field->is_repeated()) {
      return part.GetReflection()->GetString(part, field);
    }
  }
  return {};
}

// Shows the texts of one record that the reader may see; what `entry` has already stays.
absl::Status ShowTexts(const runtime::EventCodec& codec, const Read& read, const Record& record,
                       v1::TimelineEntry& entry) {
  auto parts = read.snapshot.ReadParts(record);
  if (!parts.ok()) return parts.status();
  auto whole = codec.ParseWithParts(record, *parts);
  if (!whole.ok()) return whole.status();
  const Message& event = **whole;
  for (const auto& part : *parts) {
    const auto* field = event.GetDescriptor()->FindFieldByNumber(static_cast<int>(part.description.number()));
    if (field == nullptr || field->message_type() == nullptr) continue;
    const auto sight = runtime::SeePart(read.caller.actor, record.header, part);
    const auto shown = runtime::ShowText(sight, FirstText(event.GetReflection()->GetMessage(event, field)));
    auto& text = field->name() == kPrivateNote ? *entry.mutable_private_note() : *entry.mutable_text();
    if (text.content_case() == v1::Text::CONTENT_NOT_SET) text = shown;
  }
  return absl::OkStatus();
}

std::vector<std::string> PeopleOf(const Message& event, const log::v1::Header& header) {
  const auto bytes_of = [&](const char* name) -> std::string {
    const auto* field = event.GetDescriptor()->FindFieldByName(name);
    return field == nullptr ? std::string() : event.GetReflection()->GetString(event, field);
  };
  for (const auto* giver : {"from_id", "advocate_id"}) {
    if (auto id = bytes_of(giver); !id.empty()) return {std::move(id), header.subjects(0)};
  }
  return {header.subjects().begin(), header.subjects().end()};
}

// One entry for this reader; nullopt: they do not learn of it.
absl::StatusOr<std::optional<v1::TimelineEntry>> Show(const runtime::EventCodec& codec, const Read& read,
                                                      const TimelineEntryRow& row) {
  auto record = read.snapshot.Read(row.position);
  if (!record.ok()) return record.status();
  const auto* type = codec.Find(record->header.type());
  auto event = codec.Parse(*record);
  if (!event.ok()) return event.status();
  const auto happened = row.row.told() ? log::v1::AUDIENCE_PAIR : type->happened;
  if (!runtime::MayKnow(read.caller.actor, record->header, happened)) return std::nullopt;
  v1::TimelineEntry entry;
  entry.set_on(row.on.ToText());
  entry.set_position(row.position.value);
  entry.set_event(type->name);
  entry.set_what(WhatOf(**event));
  entry.set_about_id(record->stream().id.ToBytes());
  entry.set_amended(row.row.amended_at_size() > 0);
  for (auto& id : PeopleOf(**event, record->header)) entry.add_people()->set_person_id(std::move(id));
  // What was written last comes first: an amendment takes the place of the part.
  for (int i = row.row.amended_at_size() - 1; i >= 0; --i) {
    auto amendment = read.snapshot.Read(storage::Position{row.row.amended_at(i)});
    if (!amendment.ok()) return amendment.status();
    auto changed = codec.Parse(*amendment);
    if (!changed.ok()) return changed.status();
    const auto words = WhatOf(**changed);
    if (i == row.row.amended_at_size() - 1 && !words.empty()) entry.set_what(words);
    if (record->stream().kind == kPersonKind) continue;
    if (auto status = ShowTexts(codec, read, *amendment, entry); !status.ok()) return status;
  }
  if (auto status = ShowTexts(codec, read, *record, entry); !status.ok()) return status;
  return entry;
}

}  // namespace

grpc::ServerUnaryReactor* TodayService::GetTimeline(Context* context, const v1::GetTimelineRequest* request,
                                                    v1::GetTimelineResponse* response) {
  runtime::Violations violations;
  auto asked = ReadRequest(*request, violations);
  return runtime::AnswerOnPool(
      edge_, context, {kTimelineViewId},
      [this, request, response, asked, wrong = violations.status()](const Read& read) mutable -> absl::Status {
        if (!wrong.ok()) return wrong;
        const auto after = runtime::DecodePageToken(asked.query, request->page_token());
        if (!after.ok()) return after.status();
        const bool of_one = !asked.relationship.IsZero();
        const auto stream = StreamKey{kRelationshipKind, asked.relationship}.ToBytes();
        if (of_one) {
          if (auto status = FindPeople(read.snapshot, asked); !status.ok()) return status;
        }
        std::vector<std::string> entities = {MovesEntity(asked.person)};
        std::int32_t moves_from = std::numeric_limits<std::int32_t>::min();
        if (asked.other.IsZero()) {
          entities.push_back(InvolvingEntity(asked.person));
        } else {
          entities.push_back(BetweenEntity(asked.person, asked.other));
          entities.push_back(MovesEntity(asked.other));
          // Of the moves those since it began between the two.
          const auto pair = ReadPair(read.snapshot, asked.person, asked.other);
          if (!pair.ok()) return pair.status();
          moves_from = std::numeric_limits<std::int32_t>::max();
          for (const auto& slot : pair->slots()) moves_from = std::min(moves_from, slot.started_on());
        }
        const auto limit = static_cast<std::size_t>(runtime::PageSize(request->page_size()));
        const auto rows =
            ReadTimeline([&](std::string_view from, std::string_view to,
                             const auto& visit) { return read.snapshot.ScanRows(kTimelineViewId, from, to, visit); },
                         entities, *after, limit + 1,
                         [&](const TimelineEntryRow& entry) {
                           if (entry.row.type() / 1000 == kPersonKind) return entry.on.value >= moves_from;
                           return !of_one || entry.row.stream() == stream;
                         });
        if (!rows.ok()) return rows.status();
        const auto shown = std::min(limit, rows->size());
        for (std::size_t i = 0; i < shown; ++i) {
          auto entry = Show(edge_.desk.codec, read, (*rows)[i]);
          if (!entry.ok()) return entry.status();
          if (!*entry) continue;
          for (auto& person : *(*entry)->mutable_people()) {
            if (const auto id = Id::FromBytes(person.person_id())) person = Ref(*id);
          }
          *response->add_entries() = *std::move(*entry);
        }
        if (rows->size() > limit) {
          response->set_next_page_token(runtime::EncodePageToken(asked.query, (*rows)[limit - 1].when));
        }
        return absl::OkStatus();
      });
}

}  // namespace mentorlog::today
