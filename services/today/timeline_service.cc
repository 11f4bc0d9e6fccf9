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
#include "services/people/names.h"
#include "services/relationships/relationship.h"
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

// The two people of a relationship, from its first record. Who is not one of them does not learn that there is one.
absl::Status FindPeople(const Read& read, Asked& asked) {
  auto status =
      read.snapshot.ScanStream({kRelationshipKind, asked.relationship}, storage::Revision{0}, [&](Record&& record) {
        if (record.header.subjects_size() == 2) {
          asked.person = Id::FromBytes(record.header.subjects(0)).value_or(Id());
          asked.other = Id::FromBytes(record.header.subjects(1)).value_or(Id());
        }
        return false;
      });
  if (!status.ok()) return status;
  const auto& reader = read.caller.actor;
  if (!asked.person.IsZero() && (reader.MayActAs(asked.person) || reader.MayActAs(asked.other)))
    return absl::OkStatus();
  return storage::Refuse(absl::StatusCode::kNotFound, "NO_SUCH_THING",
                         "relationship_id: " + asked.relationship.ToHex() + ", want the id of a relationship",
                         {{"field", "relationship_id"}});
}

// By what somebody was told, as the end of a sentence.
std::string By(event::v1::ToldChannel channel) {
  if (channel == event::v1::TOLD_CHANNEL_IN_PERSON) return " in person";
  if (channel == event::v1::TOLD_CHANNEL_OTHER) return " in another way";
  const auto word = Word(*event::v1::ToldChannel_descriptor(), channel);
  return word.empty() ? word : absl::StrCat(" by ", word);
}

// Whom a message about a move was for, and whether it arrived: that it failed is a fact too.
std::string WhatOfTold(const event::v1::MoveTold& told, const people::Names& names) {
  const auto to = Id::FromBytes(told.to_id());
  const auto name = to ? names.Name(*to) : std::string();
  return absl::StrCat(told.delivered() ? "told " : "not delivered to ", name.empty() ? "somebody" : name,
                      By(told.channel()));
}

// The clear side of an event in a few words: its kinds, and what a move or a cadence says.
std::string WhatOf(const Message& event, const people::Names& names) {
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
  if (const auto* told = dynamic_cast<const event::v1::MoveTold*>(&event)) return WhatOfTold(*told, names);
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

// Shows the texts of one record that the reader may see; what `entry` has already stays. Whether the reader learns of
// any part.
absl::StatusOr<bool> ShowTexts(const runtime::EventCodec& codec, const Read& read, const Record& record,
                               v1::TimelineEntry& entry) {
  auto parts = read.snapshot.ReadParts(record);
  if (!parts.ok()) return parts.status();
  auto whole = codec.ParseWithParts(record, *parts);
  if (!whole.ok()) return whole.status();
  const auto author = codec.AuthorOf(record);
  if (!author.ok()) return author.status();
  const Message& event = **whole;
  bool any = false;
  for (const auto& part : *parts) {
    const auto* field = event.GetDescriptor()->FindFieldByNumber(static_cast<int>(part.description.number()));
    if (field == nullptr || field->message_type() == nullptr) continue;
    const auto sight = runtime::SeePart(read.caller.actor, record.header, part, *author);
    any = any || sight != runtime::Sight::kAbsent;
    const auto shown = runtime::ShowText(sight, FirstText(event.GetReflection()->GetMessage(event, field)));
    auto& text = field->name() == kPrivateNote ? *entry.mutable_private_note() : *entry.mutable_text();
    if (text.content_case() == v1::Text::CONTENT_NOT_SET) text = shown;
  }
  return any;
}

// `author` is the giver or advocate, and empty of every other event.
std::vector<std::string> PeopleOf(const std::string& author, const log::v1::Header& header) {
  if (!author.empty()) return {author, header.subjects(0)};
  return {header.subjects().begin(), header.subjects().end()};
}

// One entry for this reader; nullopt: they do not learn of it.
absl::StatusOr<std::optional<v1::TimelineEntry>> Show(const runtime::EventCodec& codec, const people::Names& names,
                                                      const Read& read, const TimelineEntryRow& row) {
  const auto record = read.snapshot.Read(row.position);
  if (!record.ok()) return record.status();
  const auto* type = codec.Find(record->header.type());
  if (type == nullptr) return codec.Parse(*record).status();
  const auto author = codec.AuthorOf(*record);
  const auto happened = row.told ? log::v1::AUDIENCE_PAIR : type->happened;
  const auto named = author.ok() ? std::string_view(*author) : runtime::kUnreadableAuthor;
  if (!runtime::MayKnow(read.caller.actor, record->header, happened, named)) return std::nullopt;
  if (!author.ok()) return author.status();
  auto event = codec.Parse(*record);
  if (!event.ok()) return event.status();
  v1::TimelineEntry entry;
  entry.set_on(row.on.ToText());
  entry.set_position(row.position.value);
  entry.set_event(type->name);
  entry.set_what(WhatOf(**event, names));
  entry.set_about_id(record->stream().id.ToBytes());
  for (auto& id : PeopleOf(*author, record->header)) entry.add_people()->set_person_id(std::move(id));
  // What was written last comes first: an amendment takes the place of the part.
  for (int i = row.row.amended_at_size() - 1; i >= 0; --i) {
    auto amendment = read.snapshot.Read(storage::Position{row.row.amended_at(i)});
    if (!amendment.ok()) return amendment.status();
    auto changed = codec.Parse(*amendment);
    if (!changed.ok()) return changed.status();
    const auto words = WhatOf(**changed, names);
    if (i == row.row.amended_at_size() - 1 && !words.empty()) entry.set_what(words);
    if (relationships::TellsMoreThanItsParts(**changed)) entry.set_amended(true);
    if (record->stream().kind == kPersonKind) continue;
    const auto seen = ShowTexts(codec, read, *amendment, entry);
    if (!seen.ok()) return seen.status();
    if (*seen) entry.set_amended(true);
  }
  if (auto seen = ShowTexts(codec, read, *record, entry); !seen.ok()) return seen.status();
  return entry;
}

// What of the timelines this reader is shown.
struct Scope {
  std::vector<std::string> entities;
  // Of the moves those from this day on.
  std::int32_t moves_from = std::numeric_limits<std::int32_t>::min();
  // Of one relationship only; empty: of all.
  std::string stream;

  bool Wants(const TimelineEntryRow& entry) const {
    if (entry.row.type() / 1000 == kPersonKind) return entry.on.value >= moves_from;
    return stream.empty() || entry.row.stream() == stream;
  }
};

ScanTimelineRange ScanOf(const Read& read) {
  return [&read](std::string_view from, std::string_view to, const auto& visit) {
    return read.snapshot.ScanRows(kTimelineViewId, from, to, visit);
  };
}

// Of somebody else's timeline a reader gets the moves, and what the reader took part in; of what is between two others
// nothing, not even from when on their moves matter to each other.
absl::StatusOr<Scope> ScopeOf(const Read& read, const Asked& asked) {
  const auto& reader = read.caller.actor;
  Scope scope;
  if (asked.other.IsZero()) {
    scope.entities.push_back(MovesEntity(asked.person));
    if (reader.MayActAs(asked.person)) {
      const auto involving = ReadInvolving(ScanOf(read), asked.person);
      if (!involving.ok()) return involving.status();
      scope.entities.insert(scope.entities.end(), involving->begin(), involving->end());
    } else if (reader.person) {
      scope.entities.push_back(BetweenEntity(asked.person, *reader.person));
    }
    return scope;
  }
  if (!reader.MayActAs(asked.person) && !reader.MayActAs(asked.other)) return scope;
  scope.entities = {MovesEntity(asked.person), BetweenEntity(asked.person, asked.other), MovesEntity(asked.other)};
  if (!asked.relationship.IsZero()) scope.stream = StreamKey{kRelationshipKind, asked.relationship}.ToBytes();
  // Of the moves those since it began between the two.
  const auto pair = ReadPair(read.snapshot, asked.person, asked.other);
  if (!pair.ok()) return pair.status();
  scope.moves_from = std::numeric_limits<std::int32_t>::max();
  for (const auto& slot : pair->slots()) scope.moves_from = std::min(scope.moves_from, slot.started_on());
  return scope;
}

struct Page {
  std::vector<v1::TimelineEntry> entries;
  // Where the next page begins; empty: this was the last.
  std::string next;
};

// Full as long as there is more that this reader may know: neither a short page nor a further one tells of what they
// may not.
absl::StatusOr<Page> ReadPage(const runtime::EventCodec& codec, const people::Names& names, const Read& read,
                              const Scope& scope, std::string after, std::size_t limit) {
  const auto scan = ScanOf(read);
  Page page;
  std::string last;
  for (bool more = true; more;) {
    const auto rows = ReadTimeline(scan, scope.entities, after, limit + 1,
                                   [&](const TimelineEntryRow& entry) { return scope.Wants(entry); });
    if (!rows.ok()) return rows.status();
    more = rows->size() > limit;
    for (const auto& row : *rows) {
      auto entry = Show(codec, names, read, row);
      if (!entry.ok()) return entry.status();
      after = row.when;
      if (!*entry) continue;
      if (page.entries.size() == limit) {
        page.next = last;
        return page;
      }
      page.entries.push_back(*std::move(*entry));
      last = row.when;
    }
  }
  return page;
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
        if (!asked.relationship.IsZero()) {
          if (auto status = FindPeople(read, asked); !status.ok()) return status;
        }
        const auto scope = ScopeOf(read, asked);
        if (!scope.ok()) return scope.status();
        const auto limit = static_cast<std::size_t>(runtime::PageSize(request->page_size()));
        auto page = ReadPage(edge_.desk.codec, names_, read, *scope, *after, limit);
        if (!page.ok()) return page.status();
        for (auto& entry : page->entries) {
          for (auto& person : *entry.mutable_people()) {
            if (const auto id = Id::FromBytes(person.person_id())) person = Ref(*id);
          }
          *response->add_entries() = std::move(entry);
        }
        if (!page->next.empty()) response->set_next_page_token(runtime::EncodePageToken(asked.query, page->next));
        return absl::OkStatus();
      });
}

}  // namespace mentorlog::today
