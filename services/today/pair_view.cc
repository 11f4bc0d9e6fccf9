#include "services/today/pair_view.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "mentorlog/event/v1/assignments.pb.h"
#include "mentorlog/event/v1/recognition.pb.h"
#include "mentorlog/event/v1/relationships.pb.h"
#include "services/today/pair_fold.h"
#include "services/today/row_keys.h"

namespace mentorlog::today {
namespace {

using event::v1::AdvocacyEvent;
using event::v1::AssignmentEvent;
using event::v1::RelationshipEvent;
using storage::Record;
using storage::Rows;
using view::v1::PairRow;

constexpr std::uint8_t kRelationship = 3;
constexpr std::uint8_t kAssignment = 5;
constexpr std::uint8_t kAdvocacy = 6;

absl::Status Unreadable() {
  return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED", "pair row: not readable, want a rebuild");
}

// Two people of a record, as long as it lives.
using People = std::pair<std::string_view, std::string_view>;

// The two people of a record; the first is the mentor, or who spoke up. nullopt: not about two people.
absl::StatusOr<std::optional<People>> PeopleOf(const runtime::EventCodec& codec, const Record& record) {
  const auto kind = record.stream_kind();
  if (kind == kRelationship || kind == kAssignment) {
    if (record.header.subjects_size() != 2) return Broken(record, "header.subjects: want mentor and mentee");
    return People(record.header.subjects(0), record.header.subjects(1));
  }
  if (kind != kAdvocacy) return std::nullopt;
  const auto open = codec.OpenOf<AdvocacyEvent>(record);
  if (!open.ok()) return open.status();
  if (record.header.subjects_size() < 1) return Broken(record, "header.subjects: want the one spoken for");
  const auto& for_id = record.header.subjects(0);
  const AdvocacyEvent& event = **open;
  switch (event.event_case()) {
    case AdvocacyEvent::kAdvocacyMade:
      return People(event.advocacy_made().advocate_id(), for_id);
    case AdvocacyEvent::kAdvocacyOutcomeSeen:
      return People(event.advocacy_outcome_seen().advocate_id(), for_id);
    default:
      return std::nullopt;
  }
}

// Touches are written once, under the mentor of the relationship.
bool IsCheckIn(const Record& record) {
  if (record.stream_kind() != kRelationship) return false;
  switch (static_cast<int>(record.header.type() % 1000)) {
    case RelationshipEvent::kCheckInLogged:
    case RelationshipEvent::kCheckInAmended:
    case RelationshipEvent::kCheckInRetracted:
      return true;
    default:
      return false;
  }
}

template <typename Event>
absl::Status Apply(const runtime::EventCodec& codec, const Record& record, PairFold& fold) {
  const auto event = codec.OpenOf<Event>(record);
  return event.ok() ? fold.Apply(**event) : event.status();
}

// Events that change nothing here are not folded, so that they cost no row.
bool Matters(const Record& record) {
  const auto number = static_cast<int>(record.header.type() % 1000);
  switch (record.stream_kind()) {
    case kRelationship:
      switch (number) {
        case RelationshipEvent::kCadenceProposed:
        case RelationshipEvent::kMoveTold:
        case RelationshipEvent::kTransitionSuggested:
        case RelationshipEvent::kTransitionAnswered:
        case RelationshipEvent::kTouchLapsed:
          return false;
        default:
          return true;
      }
    case kAssignment:
      switch (number) {
        case AssignmentEvent::kAssignmentOffered:
        case AssignmentEvent::kTermsChanged:
        case AssignmentEvent::kOfferAccepted:
        case AssignmentEvent::kOfferDeclined:
        case AssignmentEvent::kOfferExpired:
        case AssignmentEvent::kOfferWithdrawn:
          return true;
        default:
          return false;
      }
    case kAdvocacy:
      return number != AdvocacyEvent::kAdvocacyTold;
    default:
      return false;
  }
}

}  // namespace

PairView::PairView(const runtime::EventCodec& codec)
    : codec_(codec), info_{kPairViewId, "pair", storage::ViewMode::kInline, 5} {}

void PairView::Entities(const Record& record, std::vector<std::string>& entities) const {
  if (!Matters(record)) return;
  if (IsCheckIn(record) && record.header.subjects_size() == 2) return entities.push_back(record.header.subjects(0));
  const auto people = PeopleOf(codec_, record);
  if (!people.ok()) {
    // Known to be about these people, and not readable: quarantined when folded.
    for (const auto& subject : record.header.subjects()) entities.push_back(subject);
    return;
  }
  if (!*people) return;
  entities.emplace_back((*people)->first);
  entities.emplace_back((*people)->second);
}

absl::Status PairView::Fold(const Record& record, const std::string& entity, Rows& rows) const {
  const auto people = PeopleOf(codec_, record);
  if (!people.ok()) return people.status();
  if (!*people) return absl::OkStatus();
  const auto& [first, second] = **people;
  const bool as_mentor = entity == first;
  PairFold fold(record, rows, entity, as_mentor ? second : first, as_mentor);
  if (auto status = fold.Load(); !status.ok()) return status;
  absl::Status applied;
  switch (record.stream_kind()) {
    case kRelationship:
      applied = Apply<RelationshipEvent>(codec_, record, fold);
      break;
    case kAssignment:
      applied = Apply<AssignmentEvent>(codec_, record, fold);
      break;
    default:
      applied = Apply<AdvocacyEvent>(codec_, record, fold);
      break;
  }
  if (!applied.ok()) return applied;
  fold.Store();
  return absl::OkStatus();
}

namespace {

constexpr storage::Day kNoDay{std::numeric_limits<std::int32_t>::max()};

// Sets the last touch to the last one by `day`, or to none.
absl::Status TurnBack(const storage::LedgerSnapshot& snapshot, const storage::Id& person, const storage::Id& other,
                      storage::Day day, PairRow& row) {
  if (!row.has_last_touch_on() || row.last_touch_on() <= day.value) return absl::OkStatus();
  row.clear_last_touch_on();
  row.clear_last_touch_at();
  row.clear_last_touch_imported();
  const auto prefix = RowKey(person.ToBytes(), kTouchTag, other.ToBytes());
  const auto from = prefix + LastFirstKey(day.value, std::numeric_limits<std::uint64_t>::max());
  bool readable = true;
  auto status = snapshot.ScanRows(
      kPairViewId, from, storage::PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
        const auto when = key.substr(prefix.size());
        view::v1::PairTouchRow touch;
        readable =
            when.size() == kLastFirstKeyBytes && touch.ParseFromArray(value.data(), static_cast<int>(value.size()));
        if (!readable) return false;
        row.set_last_touch_on(DayOfLastFirst(when));
        row.set_last_touch_at(PositionOfLastFirst(when));
        row.set_last_touch_imported(touch.imported());
        return false;
      });
  return readable ? status : Unreadable();
}

// The row as it is stored, its last touch by `day`: of the relationships in which `person` is the mentor.
absl::StatusOr<PairRow> ReadHalf(const storage::LedgerSnapshot& snapshot, const storage::Id& person,
                                 const storage::Id& other, storage::Day day) {
  const auto stored = snapshot.Row(kPairViewId, RowKey(person.ToBytes(), kPairTag, other.ToBytes()));
  if (!stored.ok()) return stored.status();
  PairRow row;
  if (*stored && !row.ParseFromString(**stored)) return Unreadable();
  if (auto status = TurnBack(snapshot, person, other, day, row); !status.ok()) return status;
  return row;
}

// Whether the person of the row is the other's mentor in any relationship, or spoke up for them.
bool StandsFor(const PairRow& row) {
  return std::any_of(row.slots().begin(), row.slots().end(), [](const auto& slot) { return slot.as_mentor(); }) ||
         std::any_of(row.advocacies().begin(), row.advocacies().end(),
                     [](const auto& advocacy) { return advocacy.own(); });
}

// The touches of the relationships in which `person` is the mentee lie under the other: most pairs have none.
absl::Status AddTouchesAsMentee(const storage::LedgerSnapshot& snapshot, const storage::Id& person,
                                const storage::Id& other, storage::Day day, PairRow& row) {
  const auto& slots = row.slots();
  if (std::all_of(slots.begin(), slots.end(), [](const auto& slot) { return slot.as_mentor(); }))
    return absl::OkStatus();
  const auto half = ReadHalf(snapshot, other, person, day);
  if (!half.ok()) return half.status();
  AddTouches(*half, row);
  return absl::OkStatus();
}

}  // namespace

void AddTouches(const PairRow& half, PairRow& row) {
  row.set_touches(row.touches() + half.touches());
  const auto last = [](const PairRow& one) { return std::pair(one.last_touch_on(), one.last_touch_at()); };
  if (!half.has_last_touch_on() || (row.has_last_touch_on() && last(half) < last(row))) return;
  row.set_last_touch_on(half.last_touch_on());
  row.set_last_touch_at(half.last_touch_at());
  row.set_last_touch_imported(half.last_touch_imported());
}

absl::StatusOr<PairRow> ReadPair(const storage::LedgerSnapshot& snapshot, const storage::Id& person,
                                 const storage::Id& other) {
  auto row = ReadHalf(snapshot, person, other, kNoDay);
  if (!row.ok()) return row;
  if (auto status = AddTouchesAsMentee(snapshot, person, other, kNoDay, *row); !status.ok()) return status;
  return row;
}

absl::StatusOr<std::vector<PairOf>> ReadPairsAsMentor(const storage::LedgerSnapshot& snapshot,
                                                      const storage::Id& mentor, storage::Day day) {
  std::vector<PairOf> pairs;
  bool readable = true;
  const auto prefix = RowKey(mentor.ToBytes(), kPairTag);
  auto status = snapshot.ScanRows(
      kPairViewId, prefix, storage::PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
        PairOf pair;
        const auto other = storage::Id::FromBytes(key.substr(prefix.size()));
        readable = other && pair.row.ParseFromArray(value.data(), static_cast<int>(value.size()));
        if (!readable) return false;
        if (!StandsFor(pair.row)) return true;
        pair.other = *other;
        pairs.push_back(std::move(pair));
        return true;
      });
  if (!status.ok()) return status;
  if (!readable) return Unreadable();
  for (auto& [other, row] : pairs) {
    if (auto turned = TurnBack(snapshot, mentor, other, day, row); !turned.ok()) return turned;
    if (auto added = AddTouchesAsMentee(snapshot, mentor, other, day, row); !added.ok()) return added;
  }
  return pairs;
}

}  // namespace mentorlog::today
