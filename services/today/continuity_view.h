// services/today/continuity_view.h: the follower `continuity`: who moved, and when each mentor was in touch.
//
// Everything lies under the mentee, whose moves and whose pairs it needs; what arrives late or out of order takes its
// place, so that the rows depend on what is known and never on the order of its arrival. Thread-safe.
#ifndef MENTORLOG_SERVICES_TODAY_CONTINUITY_VIEW_H_
#define MENTORLOG_SERVICES_TODAY_CONTINUITY_VIEW_H_

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mentorlog/view/v1/continuity.pb.h"
#include "services/runtime/event_codec.h"
#include "storage/ledger.h"
#include "storage/view.h"

namespace mentorlog::today {

inline constexpr std::uint16_t kContinuityViewId = 60;

class ContinuityView final : public storage::View {
 public:
  // `codec` outlives the view.
  explicit ContinuityView(const runtime::EventCodec& codec);

  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record& record, std::vector<std::string>& entities) const override;
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override;

 private:
  const runtime::EventCodec& codec_;
  const storage::ViewInfo info_;
};

// One person with all their mentors.
struct MenteeRows {
  storage::Id person;
  view::v1::ContinuityPersonRow moves;
  std::vector<std::pair<storage::Id, view::v1::ContinuityPairRow>> pairs;
};

// How rows are scanned: [from, to), until `visit` answers false. A snapshot's view, or rows in memory.
using ScanRange = std::function<absl::Status(std::string_view from, std::string_view to,
                                             const std::function<bool(std::string_view, std::string_view)>& visit)>;

// How rows are walked through, from a key on: `visit` says where to go on, as LedgerSnapshot::WalkRows does.
using WalkRange = std::function<absl::Status(
    std::string_view from, const std::function<std::optional<std::string>(std::string_view, std::string_view)>& visit)>;

// Visits every person after `after` (empty: from the first), by id, until `visit` answers false. Reads the compact
// rows alone: the touches of a person are jumped over.
absl::Status VisitMentees(const WalkRange& walk, std::string_view after,
                          const std::function<bool(MenteeRows&)>& visit);

// Sets the last touch of each pair to the last one by `day`, or to none: one seek per pair whose last touch is later.
absl::Status TurnBack(const ScanRange& scan, storage::Day day, MenteeRows& mentee);

}  // namespace mentorlog::today

#endif  // MENTORLOG_SERVICES_TODAY_CONTINUITY_VIEW_H_
