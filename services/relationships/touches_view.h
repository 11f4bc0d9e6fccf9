// services/relationships/touches_view.h: what a relationship's check-ins add up to.
//
// Inline view `touches` (id 21), entity = the relationship's stream key (17 bytes). Rows, behind the entity:
//   0       TouchesRow: counts, first, last, longest gap
//   1 day   TouchDayRow: a day with check-ins, linked to the day before it, and which records are halves of one meeting
// A check-in at either end costs the same however many there are, and writes two rows; one put in between, redated or
// retracted reads its neighbours, pairs again as far as meetings on consecutive days hang together, and looks through
// the days of the relationship if the longest gap is no longer one. Rows are a function of the check-ins that count,
// whatever order they came in. What a correction corrects it says itself (CheckInStanding).
//
// Inline view `relationships_of` (id 22), entity = person id: their relationships, on either side. Rows, behind the
// entity:
//   other       RelationshipsBetweenRow: the ids of all with that person, so that one read finds them
//   other id    RelationshipOfRow: one of them
//
// Immutable after construction; thread-safe.
#ifndef MENTORLOG_SERVICES_RELATIONSHIPS_TOUCHES_VIEW_H_
#define MENTORLOG_SERVICES_RELATIONSHIPS_TOUCHES_VIEW_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "mentorlog/view/v1/relationship_touches.pb.h"
#include "services/runtime/event_codec.h"
#include "storage/ledger.h"
#include "storage/view.h"

namespace mentorlog::relationships {

inline constexpr std::uint16_t kTouchesViewId = 21;
inline constexpr std::uint16_t kRelationshipsOfViewId = 22;

// The relationship that a key of `relationships_of` names; nullopt: it is that of all between two people.
inline std::optional<storage::Id> RelationshipOfKey(std::string_view key) {
  return key.size() == 48 ? storage::Id::FromBytes(key.substr(32)) : std::nullopt;
}

// The relationships between two people, of any kind and direction, as they are known to the snapshot. Errors as
// LedgerSnapshot::Row.
absl::StatusOr<std::vector<storage::StreamKey>> RelationshipsBetween(const storage::LedgerSnapshot& snapshot,
                                                                     const storage::Id& one, const storage::Id& other);

class TouchesView final : public storage::View {
 public:
  explicit TouchesView(const runtime::EventCodec& codec) : codec_(codec) {}

  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record& record, std::vector<std::string>& entities) const override;
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override;

 private:
  const runtime::EventCodec& codec_;
  const storage::ViewInfo info_{kTouchesViewId, "touches", storage::ViewMode::kInline, 2};
};

class RelationshipsOfView final : public storage::View {
 public:
  explicit RelationshipsOfView(const runtime::EventCodec& codec) : codec_(codec) {}

  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record& record, std::vector<std::string>& entities) const override;
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override;

 private:
  const runtime::EventCodec& codec_;
  const storage::ViewInfo info_{kRelationshipsOfViewId, "relationships_of", storage::ViewMode::kInline, 2};
};

// A relationship's rows, now or as they stood: reads without a log in between, the counts once. Not thread-safe.
class TouchesReader {
 public:
  // As of the snapshot, which outlives the reader.
  TouchesReader(const storage::LedgerSnapshot& snapshot, const storage::StreamKey& relationship)
      : snapshot_(&snapshot), entity_(relationship.ToBytes()) {}
  // As they stood at `position`, folded from the stream.
  static absl::StatusOr<TouchesReader> AsOf(const runtime::EventCodec& codec, const storage::LedgerSnapshot& snapshot,
                                            const storage::StreamKey& relationship, storage::Position position);

  // The counts; all zero if there is no check-in. Errors as LedgerSnapshot::Row.
  absl::StatusOr<view::v1::TouchesRow> Summary();
  // The last day with a check-in not after `on`; nullopt if there is none.
  absl::StatusOr<std::optional<storage::Day>> LastBy(storage::Day on);
  // The end of the longest gap that `summary` names.
  static storage::Day GapEnd(const view::v1::TouchesRow& summary);

 private:
  absl::StatusOr<std::optional<std::string>> Row(std::string_view key) const;

  const storage::LedgerSnapshot* snapshot_ = nullptr;
  // Only of a reader AsOf.
  storage::MemoryRows rows_;
  std::string entity_;
  std::optional<view::v1::TouchesRow> summary_;
};

}  // namespace mentorlog::relationships

#endif  // MENTORLOG_SERVICES_RELATIONSHIPS_TOUCHES_VIEW_H_
