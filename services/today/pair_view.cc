#include "services/today/pair_view.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "mentorlog/event/v1/assignments.pb.h"
#include "mentorlog/event/v1/recognition.pb.h"
#include "mentorlog/event/v1/relationships.pb.h"
#include "services/today/row_keys.h"

namespace mentorlog::today {
namespace {

using event::v1::AdvocacyEvent;
using event::v1::AssignmentEvent;
using event::v1::RelationshipEvent;
using storage::Record;
using storage::Rows;
using view::v1::PairCheckInRow;
using view::v1::PairRow;
using view::v1::PairTouchRow;

constexpr std::uint8_t kRelationship = 3;
constexpr std::uint8_t kAssignment = 5;
constexpr std::uint8_t kAdvocacy = 6;
constexpr char kPairTag = 0;
constexpr char kTouchTag = 1;
constexpr char kCheckInTag = 2;

absl::Status Broken(const Record& record, std::string_view what) {
  return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED", what,
                         {{"position", std::to_string(record.header.position())}});
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

// The fold of one record into the rows of one of the two people.
class PairFold {
 public:
  PairFold(const Record& record, Rows& rows, std::string self, std::string other, bool as_mentor)
      : record_(record), rows_(rows), self_(std::move(self)), other_(std::move(other)), as_mentor_(as_mentor) {}

  absl::Status Load() {
    auto stored = rows_.Get(Key());
    if (!stored.ok()) return stored.status();
    if (*stored && !row_.ParseFromString(**stored)) return Broken(record_, "pair row: not readable");
    return absl::OkStatus();
  }

  void Store() {
    row_.set_changed_at(record_.header.position());
    rows_.Put(Key(), row_.SerializeAsString());
  }

  absl::Status Apply(const RelationshipEvent& event);
  void Apply(const AssignmentEvent& event);
  void Apply(const AdvocacyEvent& event);

 private:
  std::string Key() const { return RowKey(self_, kPairTag, other_); }
  std::string TouchKey(std::int32_t day, std::uint64_t position) const {
    return RowKey(self_, kTouchTag, other_ + LastFirstKey(day, position));
  }
  std::string StreamId() const { return record_.stream().id.ToBytes(); }
  std::int32_t On() const { return record_.header.occurred_on(); }
  std::uint64_t At() const { return record_.header.position(); }
  bool Imported() const { return record_.header.source() == log::v1::SOURCE_CSV; }

  PairRow::Slot* Slot() {
    for (auto& slot : *row_.mutable_slots()) {
      if (slot.relationship_id() == StreamId()) return &slot;
    }
    return nullptr;
  }

  void Start(const event::v1::RelationshipStarted& started);
  void Become(PairRow::Status status);
  void SetCadence(const event::v1::Cadence& cadence);
  absl::Status Touch(const std::string& checkin_id, std::int32_t day, std::uint64_t position, bool imported);
  absl::StatusOr<std::optional<PairCheckInRow>> TakeTouch(const std::string& checkin_id);
  absl::Status FindLastTouch();
  absl::Status Amend(const event::v1::CheckInAmended& amended);
  void Owe(const event::v1::Debt& debt);
  void Promise(const event::v1::PromiseMade& made);

  template <typename Items, typename Matches>
  static void Remove(Items* items, Matches matches) {
    items->erase(std::remove_if(items->begin(), items->end(), matches), items->end());
  }
  // A new item; nullptr if there is no room for it.
  template <typename Items>
  static auto* Add(Items* items) {
    return items->size() < kOpenItemsMax ? items->Add() : nullptr;
  }

  const Record& record_;
  Rows& rows_;
  const std::string self_;
  const std::string other_;
  const bool as_mentor_;
  PairRow row_;
};

void PairFold::Start(const event::v1::RelationshipStarted& started) {
  auto* slot = Slot();
  if (slot == nullptr) slot = row_.add_slots();
  slot->Clear();
  slot->set_relationship_id(StreamId());
  slot->set_kind(started.kind());
  slot->set_as_mentor(as_mentor_);
  slot->set_status(started.acknowledged() ? PairRow::STATUS_ACTIVE : PairRow::STATUS_STARTED);
  slot->set_mode(event::v1::RELATIONSHIP_MODE_REGULAR);
  slot->set_started_on(On());
  slot->set_started_at(At());
  if (Imported()) slot->set_imported_on(storage::Instant{record_.header.recorded_at_us()}.UtcDay().value);
}

void PairFold::Become(PairRow::Status status) {
  auto* slot = Slot();
  if (slot == nullptr) return;
  slot->set_status(status);
  if (status != PairRow::STATUS_PAUSED) slot->clear_paused_until();
}

void PairFold::SetCadence(const event::v1::Cadence& cadence) {
  auto* slot = Slot();
  if (slot == nullptr) return;
  slot->set_ideal_days(cadence.ideal_days());
  slot->set_max_days(cadence.max_days());
}

absl::Status PairFold::Touch(const std::string& checkin_id, std::int32_t day, std::uint64_t position, bool imported) {
  PairTouchRow touch;
  touch.set_imported(imported);
  rows_.Put(TouchKey(day, position), touch.SerializeAsString());
  PairCheckInRow where;
  where.set_other_id(other_);
  where.set_met_on(day);
  where.set_position(position);
  where.set_imported(imported);
  rows_.Put(RowKey(self_, kCheckInTag, checkin_id), where.SerializeAsString());
  row_.set_touches(row_.touches() + 1);
  if (!row_.has_last_touch_on() || std::pair(row_.last_touch_on(), row_.last_touch_at()) < std::pair(day, position)) {
    row_.set_last_touch_on(day);
    row_.set_last_touch_at(position);
    row_.set_last_touch_imported(imported);
  }
  return absl::OkStatus();
}

// Removes the touch and answers where it stood; nullopt if it does not count (any more).
absl::StatusOr<std::optional<PairCheckInRow>> PairFold::TakeTouch(const std::string& checkin_id) {
  const auto key = RowKey(self_, kCheckInTag, checkin_id);
  auto stored = rows_.Get(key);
  if (!stored.ok()) return stored.status();
  if (!*stored) return std::nullopt;
  PairCheckInRow where;
  if (!where.ParseFromString(**stored)) return Broken(record_, "check-in row: not readable");
  rows_.Delete(key);
  rows_.Delete(TouchKey(where.met_on(), where.position()));
  row_.set_touches(row_.touches() - 1);
  if (row_.last_touch_at() == where.position()) {
    if (auto status = FindLastTouch(); !status.ok()) return status;
  }
  return where;
}

absl::Status PairFold::FindLastTouch() {
  row_.clear_last_touch_on();
  row_.clear_last_touch_at();
  row_.clear_last_touch_imported();
  const auto prefix = RowKey(self_, kTouchTag, other_);
  return rows_.Scan(prefix, storage::PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
    const auto when = key.substr(prefix.size());
    PairTouchRow touch;
    touch.ParseFromArray(value.data(), static_cast<int>(value.size()));
    row_.set_last_touch_on(DayOfLastFirst(when));
    row_.set_last_touch_at(PositionOfLastFirst(when));
    row_.set_last_touch_imported(touch.imported());
    return false;
  });
}

absl::Status PairFold::Amend(const event::v1::CheckInAmended& amended) {
  if (!amended.has_met_on()) return absl::OkStatus();
  auto taken = TakeTouch(amended.checkin_id());
  if (!taken.ok() || !*taken) return taken.status();
  return Touch(amended.checkin_id(), amended.met_on(), (*taken)->position(), (*taken)->imported());
}

void PairFold::Owe(const event::v1::Debt& debt) {
  Remove(row_.mutable_debts(), [&](const auto& item) { return item.owed_id() == debt.owed_id(); });
  auto* item = Add(row_.mutable_debts());
  if (item == nullptr) return;
  item->set_owed_id(debt.owed_id());
  item->set_cause(debt.cause());
  item->set_owed_on(debt.owed_on());
  if (debt.has_due_on()) item->set_due_on(debt.due_on());
  item->set_as_mentor(as_mentor_);
  item->set_position(At());
  item->set_relationship_id(StreamId());
  item->set_cause_id(debt.cause_id());
}

void PairFold::Promise(const event::v1::PromiseMade& made) {
  auto* item = Add(row_.mutable_promises());
  if (item == nullptr) return;
  item->set_promise_id(made.promise_id());
  item->set_own(made.by_id() == self_);
  if (made.has_due_on()) item->set_due_on(made.due_on());
  item->set_position(At());
}

absl::Status PairFold::Apply(const RelationshipEvent& event) {
  const auto drop_debt = [&](const std::string& id) {
    Remove(row_.mutable_debts(), [&](const auto& item) { return item.owed_id() == id; });
  };
  const auto drop_promise = [&](const std::string& id) {
    Remove(row_.mutable_promises(), [&](const auto& item) { return item.promise_id() == id; });
  };
  switch (event.event_case()) {
    case RelationshipEvent::kRelationshipStarted:
      Start(event.relationship_started());
      break;
    case RelationshipEvent::kRelationshipAcknowledged:
      if (auto* slot = Slot(); slot != nullptr && slot->status() == PairRow::STATUS_STARTED) {
        slot->set_status(PairRow::STATUS_ACTIVE);
      }
      break;
    case RelationshipEvent::kRelationshipDeclined:
      Become(PairRow::STATUS_DECLINED);
      break;
    case RelationshipEvent::kCadenceAgreed:
      SetCadence(event.cadence_agreed().cadence());
      break;
    case RelationshipEvent::kCadenceSet:
      SetCadence(event.cadence_set().cadence());
      break;
    case RelationshipEvent::kCheckInLogged:
      return Touch(event.check_in_logged().checkin_id(), On(), At(), Imported());
    case RelationshipEvent::kCheckInAmended:
      return Amend(event.check_in_amended());
    case RelationshipEvent::kCheckInRetracted:
      return TakeTouch(event.check_in_retracted().checkin_id()).status();
    case RelationshipEvent::kTouchOwed:
      Owe(event.touch_owed().debt());
      break;
    case RelationshipEvent::kOwedTouchMade:
      drop_debt(event.owed_touch_made().debt().owed_id());
      break;
    case RelationshipEvent::kOwedTouchWaived:
      drop_debt(event.owed_touch_waived().owed_id());
      break;
    case RelationshipEvent::kPromiseMade:
      Promise(event.promise_made());
      break;
    case RelationshipEvent::kPromiseKept:
      drop_promise(event.promise_kept().promise_id());
      break;
    case RelationshipEvent::kPromiseDropped:
      drop_promise(event.promise_dropped().promise_id());
      break;
    case RelationshipEvent::kModeChanged:
      if (auto* slot = Slot(); slot != nullptr) slot->set_mode(event.mode_changed().to());
      break;
    case RelationshipEvent::kRelationshipPaused:
      Become(PairRow::STATUS_PAUSED);
      if (auto* slot = Slot(); slot != nullptr) {
        slot->clear_paused_until();
        if (event.relationship_paused().has_until()) slot->set_paused_until(event.relationship_paused().until());
      }
      break;
    case RelationshipEvent::kRelationshipResumed:
    case RelationshipEvent::kRelationshipReopened:
      Become(PairRow::STATUS_ACTIVE);
      break;
    case RelationshipEvent::kRelationshipClosed:
      Become(PairRow::STATUS_CLOSED);
      break;
    default:
      break;
  }
  return absl::OkStatus();
}

void PairFold::Apply(const AssignmentEvent& event) {
  auto* offers = row_.mutable_offers();
  const auto id = StreamId();
  switch (event.event_case()) {
    case AssignmentEvent::kTermsChanged:
      for (auto& item : *offers) {
        if (item.assignment_id() == id && event.terms_changed().has_respond_by()) {
          item.set_respond_by(event.terms_changed().respond_by());
        }
      }
      break;
    case AssignmentEvent::kAssignmentOffered:
      Remove(offers, [&](const auto& item) { return item.assignment_id() == id; });
      if (auto* item = Add(offers); item != nullptr) {
        item->set_assignment_id(id);
        item->set_as_mentor(as_mentor_);
        item->set_respond_by(event.assignment_offered().respond_by());
        item->set_position(At());
      }
      break;
    case AssignmentEvent::kOfferAccepted:
    case AssignmentEvent::kOfferDeclined:
    case AssignmentEvent::kOfferExpired:
    case AssignmentEvent::kOfferWithdrawn:
      Remove(offers, [&](const auto& item) { return item.assignment_id() == id; });
      break;
    default:
      break;
  }
}

void PairFold::Apply(const AdvocacyEvent& event) {
  auto* advocacies = row_.mutable_advocacies();
  const auto id = StreamId();
  Remove(advocacies, [&](const auto& item) { return item.advocacy_id() == id; });
  if (event.event_case() != AdvocacyEvent::kAdvocacyMade) return;
  auto* item = Add(advocacies);
  if (item == nullptr) return;
  item->set_advocacy_id(id);
  item->set_own(as_mentor_);
  item->set_made_on(On());
  item->set_position(At());
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
    : codec_(codec), info_{kPairViewId, "pair", storage::ViewMode::kInline, 1} {}

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
  if (*stored && !row.ParseFromString(**stored)) {
    return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED", "pair row: not readable, want a rebuild");
  }
  return row;
}

absl::StatusOr<std::vector<PairOf>> ReadPairsOf(const storage::LedgerSnapshot& snapshot, const storage::Id& person) {
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
  if (!readable) {
    return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED", "pair row: not readable, want a rebuild");
  }
  return pairs;
}

}  // namespace mentorlog::today
