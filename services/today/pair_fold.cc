#include "services/today/pair_fold.h"

#include "services/relationships/relationship.h"
#include "storage/refusal.h"

namespace mentorlog::today {

using event::v1::AdvocacyEvent;
using event::v1::AssignmentEvent;
using event::v1::RelationshipEvent;
using storage::Record;
using view::v1::PairRow;
using view::v1::PairTouchRow;

absl::Status Broken(const Record& record, std::string_view what) {
  return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED", what,
                         {{"position", std::to_string(record.header.position())}});
}

void PairFold::Start(const event::v1::RelationshipStarted& started) {
  auto* slot = Slot();
  if (slot == nullptr) slot = row_->add_slots();
  slot->Clear();
  slot->set_relationship_id(std::string(StreamId()));
  slot->set_kind(started.kind());
  slot->set_as_mentor(as_mentor_);
  slot->set_status(started.acknowledged() ? PairRow::STATUS_ACTIVE : PairRow::STATUS_STARTED);
  slot->set_acknowledged(started.acknowledged());
  slot->set_mode(event::v1::RELATIONSHIP_MODE_REGULAR);
  slot->set_started_on(On());
  slot->set_started_at(At());
  if (Imported()) slot->set_imported_on(RecordedOn());
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

void PairFold::Touch(std::int32_t day, std::uint64_t position, bool imported) {
  const runtime::Scratch<PairTouchRow> touch;
  touch->set_imported(imported);
  rows_.Add(TouchKey(day, position), touch->SerializeAsString());
  row_->set_touches(row_->touches() + 1);
  if (!row_->has_last_touch_on() ||
      std::pair(row_->last_touch_on(), row_->last_touch_at()) < std::pair(day, position)) {
    row_->set_last_touch_on(day);
    row_->set_last_touch_at(position);
    row_->set_last_touch_imported(imported);
  }
}

absl::Status PairFold::TakeTouch(const event::v1::CheckInStanding& was) {
  const auto key = TouchKey(was.met_on(), was.logged_at());
  const auto stored = rows_.Get(key);
  if (!stored.ok()) return stored.status();
  if (!*stored) return Broken(record_, "was: no such touch, want the check-in as it stood");
  rows_.Delete(key);
  row_->set_touches(row_->touches() - 1);
  return row_->last_touch_at() == was.logged_at() ? FindLastTouch() : absl::OkStatus();
}

absl::Status PairFold::FindLastTouch() {
  row_->clear_last_touch_on();
  row_->clear_last_touch_at();
  row_->clear_last_touch_imported();
  const auto prefix = RowKey(self_, kTouchTag, other_);
  return rows_.Scan(prefix, storage::PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
    const auto when = key.substr(prefix.size());
    PairTouchRow touch;
    touch.ParseFromArray(value.data(), static_cast<int>(value.size()));
    row_->set_last_touch_on(DayOfLastFirst(when));
    row_->set_last_touch_at(PositionOfLastFirst(when));
    row_->set_last_touch_imported(touch.imported());
    return false;
  });
}

absl::Status PairFold::Amend(const event::v1::CheckInAmended& amended) {
  if (!amended.has_met_on()) return absl::OkStatus();
  if (!amended.has_was()) return Broken(record_, relationships::kStandingWanted);
  if (auto status = TakeTouch(amended.was()); !status.ok()) return status;
  Touch(amended.met_on(), amended.was().logged_at(), amended.was().imported());
  return absl::OkStatus();
}

absl::Status PairFold::Retract(const event::v1::CheckInRetracted& retracted) {
  // It counts no longer since it was taken back first.
  if (retracted.already_retracted()) return absl::OkStatus();
  return retracted.has_was() ? TakeTouch(retracted.was()) : Broken(record_, relationships::kStandingWanted);
}

void PairFold::Owe(const event::v1::Debt& debt) {
  Remove(row_->mutable_debts(), [&](const auto& item) { return item.owed_id() == debt.owed_id(); });
  auto* item = row_->add_debts();
  item->set_owed_id(debt.owed_id());
  item->set_cause(debt.cause());
  item->set_owed_on(debt.owed_on());
  if (debt.has_due_on()) item->set_due_on(debt.due_on());
  item->set_as_mentor(as_mentor_);
  item->set_position(At());
  item->set_relationship_id(std::string(StreamId()));
  item->set_cause_id(debt.cause_id());
}

void PairFold::Promise(const event::v1::PromiseMade& made) {
  auto* item = row_->add_promises();
  item->set_promise_id(made.promise_id());
  item->set_own(made.by_id() == self_);
  if (made.has_due_on()) item->set_due_on(made.due_on());
  item->set_position(At());
}

absl::Status PairFold::Apply(const RelationshipEvent& event) {
  const auto drop_debt = [&](const std::string& id) {
    Remove(row_->mutable_debts(), [&](const auto& item) { return item.owed_id() == id; });
  };
  const auto drop_promise = [&](const std::string& id) {
    Remove(row_->mutable_promises(), [&](const auto& item) { return item.promise_id() == id; });
  };
  switch (event.event_case()) {
    case RelationshipEvent::kRelationshipStarted:
      Start(event.relationship_started());
      break;
    case RelationshipEvent::kRelationshipAcknowledged:
      if (auto* slot = Slot(); slot != nullptr) slot->set_acknowledged(true);
      Become(PairRow::STATUS_ACTIVE);
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
      Touch(On(), At(), Imported());
      break;
    case RelationshipEvent::kCheckInAmended:
      return Amend(event.check_in_amended());
    case RelationshipEvent::kCheckInRetracted:
      return Retract(event.check_in_retracted());
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
      Become(PairRow::STATUS_ACTIVE);
      break;
    case RelationshipEvent::kRelationshipReopened:
      if (const auto* slot = Slot(); slot != nullptr) {
        Become(slot->acknowledged() ? PairRow::STATUS_ACTIVE : PairRow::STATUS_STARTED);
      }
      break;
    case RelationshipEvent::kRelationshipClosed:
      Become(PairRow::STATUS_CLOSED);
      break;
    default:
      break;
  }
  return absl::OkStatus();
}

absl::Status PairFold::Apply(const AssignmentEvent& event) {
  auto* offers = row_->mutable_offers();
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
        item->set_assignment_id(std::string(id));
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
  return absl::OkStatus();
}

absl::Status PairFold::Apply(const AdvocacyEvent& event) {
  auto* advocacies = row_->mutable_advocacies();
  const auto id = StreamId();
  Remove(advocacies, [&](const auto& item) { return item.advocacy_id() == id; });
  if (event.event_case() != AdvocacyEvent::kAdvocacyMade) return absl::OkStatus();
  auto* item = Add(advocacies);
  if (item == nullptr) return absl::OkStatus();
  item->set_advocacy_id(std::string(id));
  item->set_own(as_mentor_);
  item->set_made_on(On());
  item->set_position(At());
  if (Imported()) item->set_imported_on(RecordedOn());
  return absl::OkStatus();
}

}  // namespace mentorlog::today
