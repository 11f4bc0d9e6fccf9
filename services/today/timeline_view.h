// services/today/timeline_view.h: the follower `timeline`: what happened, newest first.
//
// Three sorts of entities: what happened between two people, with whom one person had to do, and one person's moves.
// A person's timeline is put together from these when it is read, so that what happens is written once. Rows say which
// records, never what is written in them. Thread-safe.
#ifndef MENTORLOG_SERVICES_TODAY_TIMELINE_VIEW_H_
#define MENTORLOG_SERVICES_TODAY_TIMELINE_VIEW_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mentorlog/view/v1/timeline.pb.h"
#include "services/runtime/event_codec.h"
#include "storage/ledger.h"
#include "storage/view.h"

namespace mentorlog::today {

inline constexpr std::uint16_t kTimelineViewId = 51;

class TimelineView final : public storage::View {
 public:
  // `codec` outlives the view.
  explicit TimelineView(const runtime::EventCodec& codec);

  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record& record, std::vector<std::string>& entities) const override;
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override;

 private:
  const runtime::EventCodec& codec_;
  const storage::ViewInfo info_;
};

// The entities that timelines are read from.
std::string BetweenEntity(const storage::Id& a, const storage::Id& b);
std::string InvolvingEntity(const storage::Id& person);
std::string MovesEntity(const storage::Id& person);

// One entry, as the rows know it.
struct TimelineEntryRow {
  // (day, position), inverted: where it stands, and where to go on after it.
  std::string when;
  storage::Day on;
  storage::Position position;
  view::v1::TimelineRow row;
  // Of which of the entities that were read.
  std::size_t of = 0;
  // Of advocacy and what came of it: the one spoken for knows.
  bool told = false;
};

// As continuity's: the rows of a snapshot, or in memory.
using ScanTimelineRange = std::function<absl::Status(
    std::string_view from, std::string_view to, const std::function<bool(std::string_view, std::string_view)>& visit)>;

// The entities of everything that a person had to do with others: one per other person.
absl::StatusOr<std::vector<std::string>> ReadInvolving(const ScanTimelineRange& scan, const storage::Id& person);

// The entries of all `entities` together, newest first, after `after` (empty: from the newest), of which `wanted`,
// at most `limit`.
absl::StatusOr<std::vector<TimelineEntryRow>> ReadTimeline(const ScanTimelineRange& scan,
                                                           const std::vector<std::string>& entities,
                                                           std::string_view after, std::size_t limit,
                                                           const std::function<bool(const TimelineEntryRow&)>& wanted);

}  // namespace mentorlog::today

#endif  // MENTORLOG_SERVICES_TODAY_TIMELINE_VIEW_H_
