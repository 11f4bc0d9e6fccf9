#include "services/today/timeline_view.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "mentorlog/event/v1/people.pb.h"
#include "mentorlog/event/v1/recognition.pb.h"
#include "mentorlog/event/v1/relationships.pb.h"
#include "services/relationships/relationship.h"
#include "services/runtime/scratch.h"
#include "services/today/row_keys.h"

namespace mentorlog::today {
namespace {

using event::v1::AdvocacyEvent;
using event::v1::PersonEvent;
using event::v1::RecognitionEvent;
using event::v1::RelationshipEvent;
using storage::Record;
using storage::Rows;
using view::v1::TimelineAdvocacyRow;
using view::v1::TimelineItemRow;
using view::v1::TimelineRow;

constexpr std::uint8_t kPerson = 1;
constexpr std::uint8_t kRelationship = 3;
constexpr std::uint8_t kRecognition = 4;
constexpr std::uint8_t kAssignment = 5;
constexpr std::uint8_t kAdvocacy = 6;
constexpr char kEntryTag = 0;
constexpr char kItemTag = 1;
constexpr char kOtherTag = 2;
constexpr char kAdvocacyTag = 3;
constexpr char kBetween = 'B';
constexpr char kInvolving = 'I';
constexpr char kMoves = 'M';

absl::Status Unreadable() {
  return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED", "timeline row: not readable, want a rebuild");
}

// Where an entry stands.
struct Place {
  std::int32_t on = 0;
  std::uint64_t position = 0;
};

// What a record does to a timeline: an entry of its own, a change of the entry of `item`, or nothing. Of the record and
// its event, and as long as these.
struct Effect {
  enum Kind : std::uint8_t { kNothing, kEntry, kMoveDay, kAmend, kOutcome, kTell, kTakeBack };
  Kind kind = kEntry;
  // Where other records will look for it: the advocacy's or the move's id; empty: nowhere.
  std::string_view item;
  std::optional<std::int32_t> day;
  // The entry that is changed, where no item says where it stands: a check-in's, by the event itself.
  std::optional<Place> was;
};

// nullopt: the correction does not say how the check-in stood.
template <typename Correction>
std::optional<Place> Standing(const Correction& correction) {
  if (!correction.has_was()) return std::nullopt;
  return Place{correction.was().met_on(), correction.was().logged_at()};
}

Effect EffectOf(const PersonEvent& event) {
  switch (event.event_case()) {
    case PersonEvent::kPersonMoved:
      return {Effect::kEntry, event.person_moved().move_id(), event.person_moved().effective_on(), {}};
    case PersonEvent::kMoveCorrected:
      return {Effect::kMoveDay, event.move_corrected().move_id(), event.move_corrected().effective_on(), {}};
    case PersonEvent::kMoveRetracted:
      return {Effect::kTakeBack, event.move_retracted().move_id(), {}, {}};
    default:
      return {Effect::kNothing, {}, {}, {}};
  }
}

// Only what corrects another record need be read; of the others their type says it.
bool IsCorrection(const Record& record) {
  const auto number = record.header.type() % 1000;
  return number == RelationshipEvent::kCheckInAmended || number == RelationshipEvent::kCheckInRetracted;
}

// `event` is read of corrections only.
Effect EffectOf(std::uint32_t number, const RelationshipEvent& event) {
  switch (number) {
    case RelationshipEvent::kCheckInAmended: {
      const auto& amended = event.check_in_amended();
      if (!amended.has_met_on()) return {Effect::kAmend, {}, {}, Standing(amended)};
      return {Effect::kMoveDay, {}, amended.met_on(), Standing(amended)};
    }
    case RelationshipEvent::kCheckInRetracted:
      // Its entry went when it was taken back first.
      if (event.check_in_retracted().already_retracted()) return {Effect::kNothing, {}, {}, {}};
      return {Effect::kTakeBack, {}, {}, Standing(event.check_in_retracted())};
    case RelationshipEvent::kTouchLapsed:
    case RelationshipEvent::kCadenceProposed:
      return {Effect::kNothing, {}, {}, {}};
    default:
      return {};
  }
}

Effect EffectOf(const Record& record, const AdvocacyEvent& event) {
  const auto id = record.stream_id();
  switch (event.event_case()) {
    case AdvocacyEvent::kAdvocacyOutcomeSeen:
      return {Effect::kOutcome, id, {}, {}};
    case AdvocacyEvent::kAdvocacyTold:
      return {Effect::kTell, id, {}, {}};
    default:
      return {};
  }
}

// The people of a record and what it does, as long as the record lives.
struct Told {
  std::string_view first;
  std::string_view second;
  Effect effect;
};

absl::StatusOr<Told> Read(const runtime::EventCodec& codec, const Record& record) {
  const auto& subjects = record.header.subjects();
  switch (record.stream_kind()) {
    case kPerson: {
      const auto event = codec.OpenOf<PersonEvent>(record);
      if (!event.ok()) return event.status();
      return Told{record.stream_id(), {}, EffectOf(**event)};
    }
    case kRelationship: {
      if (subjects.size() != 2) return Unreadable();
      absl::StatusOr<const RelationshipEvent*> event = &RelationshipEvent::default_instance();
      if (IsCorrection(record)) event = codec.OpenOf<RelationshipEvent>(record);
      if (!event.ok()) return event.status();
      return Told{subjects[0], subjects[1], EffectOf(record.header.type() % 1000, **event)};
    }
    case kAssignment:
      if (subjects.size() != 2) return Unreadable();
      return Told{subjects[0], subjects[1], {}};
    case kRecognition: {
      const auto event = codec.OpenOf<RecognitionEvent>(record);
      if (!event.ok()) return event.status();
      const auto& given = (*event)->recognition_given();
      return Told{given.from_id(), given.to_id(), {}};
    }
    case kAdvocacy: {
      const auto open = codec.OpenOf<AdvocacyEvent>(record);
      if (!open.ok()) return open.status();
      if (subjects.empty()) return Unreadable();
      const AdvocacyEvent& event = **open;
      const auto& advocate = event.has_advocacy_made()   ? event.advocacy_made().advocate_id()
                             : event.has_advocacy_told() ? event.advocacy_told().advocate_id()
                                                         : event.advocacy_outcome_seen().advocate_id();
      return Told{advocate, subjects[0], EffectOf(record, event)};
    }
    default:
      return Told{{}, {}, {Effect::kNothing, {}, {}, {}}};
  }
}

// The entities, of people's 16 bytes.
std::string Of(char sort, std::string_view person) { return RowKey({}, sort, person); }
std::string Between(std::string_view a, std::string_view b) {
  return RowKey({}, kBetween, std::min(a, b), std::max(a, b));
}

std::string EntryKey(const std::string& entity, const Place& place) {
  return RowKey(entity, kEntryTag, LastFirstKey(place.on, place.position));
}

void PutItem(const std::string& item_key, const Place& place, Rows& rows) {
  const runtime::Scratch<TimelineItemRow> item;
  item->set_on(place.on);
  item->set_position(place.position);
  rows.Put(item_key, item->SerializeAsString());
}

// Changes the entry of an item that an earlier record made.
absl::Status Change(const Record& record, const Effect& effect, const std::string& entity, Rows& rows) {
  const auto item_key = RowKey(entity, kItemTag, effect.item);
  Place place;
  if (effect.was) {
    place = *effect.was;
  } else if (effect.item.empty()) {
    return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED", relationships::kStandingWanted);
  } else {
    const auto stored = rows.Get(item_key);
    if (!stored.ok()) return stored.status();
    if (!*stored) return absl::OkStatus();
    TimelineItemRow item;
    if (!item.ParseFromString(**stored)) return Unreadable();
    place = {item.on(), item.position()};
  }
  auto entry = rows.Get(EntryKey(entity, place));
  if (!entry.ok()) return entry.status();
  TimelineRow row;
  if (!*entry || !row.ParseFromString(**entry)) return Unreadable();
  rows.Delete(EntryKey(entity, place));
  if (effect.kind == Effect::kTakeBack) {
    if (!effect.was) rows.Delete(item_key);
    return absl::OkStatus();
  }
  row.add_amended_at(record.header.position());
  if (effect.day) place.on = *effect.day;
  if (!effect.was) PutItem(item_key, place, rows);
  rows.Put(EntryKey(entity, place), row.SerializeAsString());
  return absl::OkStatus();
}

absl::Status Load(const absl::StatusOr<std::optional<std::string>>& stored, TimelineAdvocacyRow& row) {
  if (!stored.ok()) return stored.status();
  return *stored && !row.ParseFromString(**stored) ? Unreadable() : absl::OkStatus();
}

// Notes what the one spoken for will know of an advocacy, until they were told, and then that they were.
absl::Status NoteAdvocacy(const Record& record, const Effect& effect, const std::string& entity, Rows& rows) {
  const auto key = RowKey(entity, kAdvocacyTag, effect.item);
  const runtime::Scratch<TimelineAdvocacyRow> row;
  if (auto status = Load(rows.Get(key), *row); !status.ok()) return status;
  if (row->told_at() != 0) return absl::OkStatus();
  effect.kind == Effect::kTell ? row->set_told_at(record.header.position())
                               : row->set_outcome_at(record.header.position());
  rows.Put(key, row->SerializeAsString());
  return absl::OkStatus();
}

// Whether the one spoken for knows of an entry of an advocacy. REQUIRES: it is one of `entity`.
absl::StatusOr<bool> IsTold(const ScanTimelineRange& scan, const std::string& entity, const TimelineEntryRow& entry) {
  const auto key = RowKey(entity, kAdvocacyTag, std::string_view(entry.row.stream()).substr(1));
  std::optional<std::string> stored;
  const auto status = scan(key, key + '\0', [&](std::string_view, std::string_view value) {
    stored = std::string(value);
    return false;
  });
  if (!status.ok()) return status;
  TimelineAdvocacyRow row;
  if (auto loaded = Load(std::move(stored), row); !loaded.ok()) return loaded;
  if (row.told_at() == 0) return false;
  const bool is_outcome = entry.row.type() % 1000 == AdvocacyEvent::kAdvocacyOutcomeSeen;
  return !is_outcome || entry.position.value > row.told_at() || entry.position.value == row.outcome_at();
}

// That the person had to do with the other; written once.
absl::Status NoteOther(const std::string& entity, std::string_view other, Rows& rows) {
  const auto key = RowKey(entity, kOtherTag, other);
  const auto stored = rows.Get(key);
  if (!stored.ok()) return stored.status();
  if (!*stored) rows.Put(key, std::string());
  return absl::OkStatus();
}

}  // namespace

std::string BetweenEntity(const storage::Id& a, const storage::Id& b) { return Between(a.ToBytes(), b.ToBytes()); }
std::string InvolvingEntity(const storage::Id& person) { return Of(kInvolving, person.ToBytes()); }
std::string MovesEntity(const storage::Id& person) { return Of(kMoves, person.ToBytes()); }

TimelineView::TimelineView(const runtime::EventCodec& codec)
    : codec_(codec), info_{kTimelineViewId, "timeline", storage::ViewMode::kFollower, 6} {}

void TimelineView::Entities(const Record& record, std::vector<std::string>& entities) const {
  auto told = Read(codec_, record);
  if (!told.ok()) {
    // Not readable: quarantined when folded, for everybody it is about.
    for (const auto& subject : record.header.subjects()) {
      if (const auto id = storage::Id::FromBytes(subject)) entities.push_back(InvolvingEntity(*id));
    }
    return;
  }
  if (told->effect.kind == Effect::kNothing) return;
  const auto& [first, second, effect] = *told;
  if (record.stream_kind() == kPerson) return entities.push_back(Of(kMoves, first));
  if (first.size() != kIdBytes || second.size() != kIdBytes) return;
  entities.push_back(Between(first, second));
  // A stream is about the same two from its first record on, which noted each with the other.
  if (record.revision().value != 0) return;
  entities.push_back(Of(kInvolving, first));
  entities.push_back(Of(kInvolving, second));
}

absl::Status TimelineView::Fold(const Record& record, const std::string& entity, Rows& rows) const {
  auto told = Read(codec_, record);
  if (!told.ok()) return told.status();
  const auto& effect = told->effect;
  if (effect.kind == Effect::kNothing) return absl::OkStatus();
  if (entity.front() == kInvolving) {
    const bool is_first = std::string_view(entity).substr(1) == told->first;
    return NoteOther(entity, is_first ? told->second : told->first, rows);
  }
  if (effect.kind == Effect::kTell) return NoteAdvocacy(record, effect, entity, rows);
  if (effect.kind == Effect::kOutcome) {
    if (auto status = NoteAdvocacy(record, effect, entity, rows); !status.ok()) return status;
  } else if (effect.kind != Effect::kEntry) {
    return Change(record, effect, entity, rows);
  }
  const Place place{effect.day.value_or(record.header.occurred_on()), record.header.position()};
  if (record.stream_kind() == kPerson) PutItem(RowKey(entity, kItemTag, effect.item), place, rows);
  const runtime::Scratch<TimelineRow> row;
  row->set_type(record.header.type());
  row->set_stream(record.header.stream());
  rows.Add(EntryKey(entity, place), row->SerializeAsString());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ReadInvolving(const ScanTimelineRange& scan, const storage::Id& person) {
  std::vector<std::string> entities;
  const auto prefix = RowKey(InvolvingEntity(person), kOtherTag);
  const auto status = scan(prefix, storage::PrefixEnd(prefix), [&](std::string_view key, std::string_view) {
    if (const auto other = storage::Id::FromBytes(key.substr(prefix.size()))) {
      entities.push_back(BetweenEntity(person, *other));
    }
    return true;
  });
  if (!status.ok()) return status;
  return entities;
}

absl::StatusOr<std::vector<TimelineEntryRow>> ReadTimeline(const ScanTimelineRange& scan,
                                                           const std::vector<std::string>& entities,
                                                           std::string_view after, std::size_t limit,
                                                           const std::function<bool(const TimelineEntryRow&)>& wanted) {
  std::vector<TimelineEntryRow> all;
  for (std::size_t of = 0; of < entities.size(); ++of) {
    const auto prefix = RowKey(entities[of], kEntryTag);
    // The smallest key after `after`.
    const auto from = after.empty() ? prefix : prefix + std::string(after) + '\0';
    std::size_t taken = 0;
    bool readable = true;
    auto status = scan(from, storage::PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
      if (taken == limit) return false;
      TimelineEntryRow entry;
      entry.of = of;
      entry.when = key.substr(prefix.size());
      readable = entry.when.size() == kLastFirstKeyBytes &&
                 entry.row.ParseFromArray(value.data(), static_cast<int>(value.size()));
      if (!readable) return false;
      entry.on = storage::Day{DayOfLastFirst(entry.when)};
      entry.position = storage::Position{PositionOfLastFirst(entry.when)};
      if (!wanted(entry)) return true;
      all.push_back(std::move(entry));
      ++taken;
      return true;
    });
    if (!status.ok()) return status;
    if (!readable) return Unreadable();
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.when < b.when; });
  if (all.size() > limit) all.resize(limit);
  for (auto& entry : all) {
    if (entry.row.type() / 1000 != kAdvocacy) continue;
    const auto told = IsTold(scan, entities[entry.of], entry);
    if (!told.ok()) return told.status();
    entry.told = *told;
  }
  return all;
}

}  // namespace mentorlog::today
