// services/admin/stats_view.h: how much there is of what: events by type, streams by kind. A follower.
//
// Knows no domain: a person or a relationship is a stream of its kind, counted at its first record. Immutable;
// thread-safe.
#ifndef MENTORLOG_SERVICES_ADMIN_STATS_VIEW_H_
#define MENTORLOG_SERVICES_ADMIN_STATS_VIEW_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/ledger.h"
#include "storage/view.h"

namespace mentorlog::admin {

inline constexpr std::uint16_t kStatsViewId = 5;

class StatsView final : public storage::View {
 public:
  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record& record, std::vector<std::string>& entities) const override;
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override;

 private:
  const storage::ViewInfo info_{kStatsViewId, "stats", storage::ViewMode::kFollower, 1};
};

// All of it, as the view stands in `snapshot`.
struct Stats {
  // Event type number -> events.
  std::map<std::uint32_t, std::uint64_t> events;
  // Stream kind -> streams.
  std::map<std::uint8_t, std::uint64_t> streams;
};
absl::StatusOr<Stats> ReadStats(const storage::LedgerSnapshot& snapshot);

}  // namespace mentorlog::admin

#endif  // MENTORLOG_SERVICES_ADMIN_STATS_VIEW_H_
