// services/today/pair_fold.h: one record folded into the rows of one of the two people it is about. Not thread-safe;
// lives as long as the fold of that record.
#ifndef MENTORLOG_SERVICES_TODAY_PAIR_FOLD_H_
#define MENTORLOG_SERVICES_TODAY_PAIR_FOLD_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "mentorlog/event/v1/assignments.pb.h"
#include "mentorlog/event/v1/recognition.pb.h"
#include "mentorlog/event/v1/relationships.pb.h"
#include "mentorlog/view/v1/pair.pb.h"
#include "services/runtime/scratch.h"
#include "services/today/row_keys.h"
#include "storage/view.h"

namespace mentorlog::today {

// Open offers, and advocacies without an outcome, that a pair row holds: nothing else bounds how many two people have.
// Older ones stay; newer ones beyond it are not shown, not even later. Debts and promises have no bound here: each is
// held by the state of its relationship too, which the decisions bound.
inline constexpr int kOpenItemsMax = 512;

// What the byte after the person says of a row; see services/today/README.md.
inline constexpr char kPairTag = 0;
inline constexpr char kTouchTag = 1;

// DATA_LOSS VIEW_QUARANTINED: something of this record, or a row that it meets, is not as it must be.
absl::Status Broken(const storage::Record& record, std::string_view what);

// The fold of one record into the rows of one of the two people.
class PairFold {
 public:
  // `self` and `other` outlive the fold.
  PairFold(const storage::Record& record, storage::Rows& rows, std::string_view self, std::string_view other,
           bool as_mentor)
      : record_(record),
        rows_(rows),
        self_(self),
        other_(other),
        as_mentor_(as_mentor),
        key_(RowKey(self, kPairTag, other)) {}

  absl::Status Load() {
    auto stored = rows_.Get(key_);
    if (!stored.ok()) return stored.status();
    if (*stored && !row_->ParseFromString(**stored)) return Broken(record_, "pair row: not readable");
    return absl::OkStatus();
  }

  void Store() {
    row_->set_changed_at(record_.header.position());
    rows_.Put(key_, row_->SerializeAsString());
  }

  absl::Status Apply(const event::v1::RelationshipEvent& event);
  absl::Status Apply(const event::v1::AssignmentEvent& event);
  absl::Status Apply(const event::v1::AdvocacyEvent& event);

 private:
  std::string TouchKey(std::int32_t day, std::uint64_t position) const {
    return RowKey(self_, kTouchTag, other_, LastFirstKey(day, position));
  }
  std::string_view StreamId() const { return record_.stream_id(); }
  std::int32_t On() const { return record_.header.occurred_on(); }
  std::uint64_t At() const { return record_.header.position(); }
  // The UTC day on which it was recorded.
  std::int32_t RecordedOn() const { return storage::Instant{record_.header.recorded_at_us()}.UtcDay().value; }
  bool Imported() const { return record_.header.source() == log::v1::SOURCE_CSV; }

  view::v1::PairRow::Slot* Slot() {
    for (auto& slot : *row_->mutable_slots()) {
      if (slot.relationship_id() == StreamId()) return &slot;
    }
    return nullptr;
  }

  void Start(const event::v1::RelationshipStarted& started);
  void Become(view::v1::PairRow::Status status);
  void SetCadence(const event::v1::Cadence& cadence);
  void Touch(std::int32_t day, std::uint64_t position, bool imported);
  // Removes the touch that stood so.
  absl::Status TakeTouch(const event::v1::CheckInStanding& was);
  absl::Status FindLastTouch();
  absl::Status Amend(const event::v1::CheckInAmended& amended);
  absl::Status Retract(const event::v1::CheckInRetracted& retracted);
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

  const storage::Record& record_;
  storage::Rows& rows_;
  const std::string_view self_;
  const std::string_view other_;
  const bool as_mentor_;
  const std::string key_;
  runtime::Scratch<view::v1::PairRow> row_;
};

}  // namespace mentorlog::today

#endif  // MENTORLOG_SERVICES_TODAY_PAIR_FOLD_H_
