// services/today/continuity_view.h: the follower `continuity`: who moved, and when each mentor was in touch.
//
// Everything lies under the mentee, whose moves and whose pairs it needs; what arrives late or out of order takes its
// place, so that the rows depend on what is known and never on the order of its arrival. Thread-safe.
#ifndef MENTORLOG_SERVICES_TODAY_CONTINUITY_VIEW_H_
#define MENTORLOG_SERVICES_TODAY_CONTINUITY_VIEW_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
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

// How rows are scanned: [from, to), until `visit` answers false. A snapshot's view, or rows in memory.
using ScanRange = std::function<absl::Status(std::string_view from, std::string_view to,
                                             const std::function<bool(std::string_view, std::string_view)>& visit)>;

// How rows are walked through, from a key on: `visit` says where to go on, as LedgerSnapshot::WalkRows does.
using WalkRange = std::function<absl::Status(
    std::string_view from, const std::function<std::optional<std::string>(std::string_view, std::string_view)>& visit)>;

// Visits every pair, mentee by mentee. Reads the compact rows alone: the touches of a mentee are jumped over.
absl::Status VisitPairs(const WalkRange& walk, const std::function<void(const view::v1::ContinuityPairRow&)>& visit);

// DATA_LOSS (VIEW_QUARANTINED): a row of this view does not parse.
absl::Status UnreadableContinuity();

// The key of a person's ContinuityPersonRow.
std::string ContinuityPersonKey(const storage::Id& person);

// Sets the touches and relationships of `person`'s row to what they were: the last touch by `until`, and the
// relationships of today that had started by then. Reads nothing if none is later; else the rows of the pairs, and one
// touch per pair whose last one is later.
absl::Status TurnBack(const ScanRange& scan, const storage::Id& person, storage::Day until,
                      view::v1::ContinuityPersonRow& row);

}  // namespace mentorlog::today

#endif  // MENTORLOG_SERVICES_TODAY_CONTINUITY_VIEW_H_
