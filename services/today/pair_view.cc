#include "services/today/pair_view.h"

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

// The two people of a record; the first is the mentor, or who spoke up. nullopt: not about two people.
absl::StatusOr<std::optional<std::pair<std::string, std::string>>> PeopleOf(const runtime::EventCodec& codec,
                                                                            const Record& record) {
  const auto kind = record.stream().kind;
  if (kind == kRelationship || kind == kAssignment) {
    if (record.header.subjects_size() != 2) return Broken(record, "header.subjects: want mentor and mentee");
    return std::pair(record.header.subjects(0), record.header.subjects(1));
  }
  if (kind != kAdvocacy) return std::nullopt;
  AdvocacyEvent event;
  if (auto status = codec.ParseOpen(record, event); !status.ok()) return status;
  if (record.header.subjects_size() < 1) return Broken(record, "header.subjects: want the one spoken for");
  const auto& for_id = record.header.subjects(0);
  switch (event.event_case()) {
    case AdvocacyEvent::kAdvocacyMade:
      return std::pair(event.advocacy_made().advocate_id(), for_id);
    case AdvocacyEvent::kAdvocacyOutcomeSeen:
      return std::pair(event.advocacy_outcome_seen().advocate_id(), for_id);
    default:
      return std::nullopt;
  }
}

// Events that change nothing here are not folded, so that they cost no row.
bool Matters(const Record& record) {
  const auto number = static_cast<int>(record.header.type() % 1000);
  switch (record.stream().kind) {
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
    : codec_(codec), info_{kPairViewId, "pair", storage::ViewMode::kInline, 3} {}

void PairView::Entities(const Record& record, std::vector<std::string>& entities) const {
  if (!Matters(record)) return;
  const auto people = PeopleOf(codec_, record);
  if (!people.ok()) {
    // Known to be about these people, and not readable: quarantined when folded.
    for (const auto& subject : record.header.subjects()) entities.push_back(subject);
    return;
  }
  if (!*people) return;
  entities.push_back((*people)->first);
  entities.push_back((*people)->second);
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
  switch (record.stream().kind) {
    case kRelationship: {
      RelationshipEvent event;
      if (auto status = codec_.ParseOpen(record, event); !status.ok()) return status;
      applied = fold.Apply(event);
      break;
    }
    case kAssignment: {
      AssignmentEvent event;
      if (auto status = codec_.ParseOpen(record, event); !status.ok()) return status;
      fold.Apply(event);
      break;
    }
    default: {
      AdvocacyEvent event;
      if (auto status = codec_.ParseOpen(record, event); !status.ok()) return status;
      fold.Apply(event);
      break;
    }
  }
  if (!applied.ok()) return applied;
  fold.Store();
  return absl::OkStatus();
}

absl::StatusOr<PairRow> ReadPair(const storage::LedgerSnapshot& snapshot, const storage::Id& person,
                                 const storage::Id& other) {
  auto stored = snapshot.Row(kPairViewId, RowKey(person.ToBytes(), kPairTag, other.ToBytes()));
  if (!stored.ok()) return stored.status();
  PairRow row;
  if (*stored && !row.ParseFromString(**stored)) return Unreadable();
  return row;
}

namespace {

// Sets the last touch to the last one by `day`, or to none.
absl::Status TurnBack(const storage::LedgerSnapshot& snapshot, const storage::Id& person, storage::Day day,
                      PairOf& pair) {
  auto& row = pair.row;
  row.clear_last_touch_on();
  row.clear_last_touch_at();
  row.clear_last_touch_imported();
  const auto prefix = RowKey(person.ToBytes(), kTouchTag, pair.other.ToBytes());
  const auto from = prefix + LastFirstKey(day.value, std::numeric_limits<std::uint64_t>::max());
  bool readable = true;
  auto status = snapshot.ScanRows(
      kPairViewId, from, storage::PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
        const auto when = key.substr(prefix.size());
        view::v1::PairTouchRow touch;
        readable = when.size() == kLastFirstKeyBytes && touch.ParseFromArray(value.data(), static_cast<int>(value.size()));
        if (!readable) return false;
        row.set_last_touch_on(DayOfLastFirst(when));
        row.set_last_touch_at(PositionOfLastFirst(when));
        row.set_last_touch_imported(touch.imported());
        return false;
      });
  return readable ? status : Unreadable();
}

}  // namespace

absl::StatusOr<std::vector<PairOf>> ReadPairsOf(const storage::LedgerSnapshot& snapshot, const storage::Id& person,
                                                storage::Day day) {
  std::vector<PairOf> pairs;
  bool readable = true;
  const auto prefix = RowKey(person.ToBytes(), kPairTag);
  auto status = snapshot.ScanRows(
      kPairViewId, prefix, storage::PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
        PairOf pair;
        const auto other = storage::Id::FromBytes(key.substr(prefix.size()));
        readable = other && pair.row.ParseFromArray(value.data(), static_cast<int>(value.size()));
        if (!readable) return false;
        pair.other = *other;
        pairs.push_back(std::move(pair));
        return true;
      });
  if (!status.ok()) return status;
  if (!readable) return Unreadable();
  for (auto& pair : pairs) {
    if (!pair.row.has_last_touch_on() || pair.row.last_touch_on() <= day.value) continue;
    if (auto turned = TurnBack(snapshot, person, day, pair); !turned.ok()) return turned;
  }
  return pairs;
}

}  // namespace mentorlog::today
