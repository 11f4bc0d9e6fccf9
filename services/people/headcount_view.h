// services/people/headcount_view.h: the follower `headcount`: per person the days on which their unit changed.
//
// A question about one day scans every row, so rows are packed: see HeadcountRow. Key: the person's id. Pure folds;
// thread-safe.
#ifndef MENTORLOG_SERVICES_PEOPLE_HEADCOUNT_VIEW_H_
#define MENTORLOG_SERVICES_PEOPLE_HEADCOUNT_VIEW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mentorlog/view/v1/people_person.pb.h"
#include "services/runtime/event_codec.h"
#include "storage/view.h"

namespace mentorlog::people {

inline constexpr std::uint16_t kHeadcountViewId = 11;

// The unit in which the person is counted on `day`: that of the last move until then; nullopt if there is none, or it
// is an exit or a leave, or its unit is empty. The view lives as long as the row.
std::optional<std::string_view> CountedIn(const view::v1::HeadcountRow& row, storage::Day day);

class HeadcountView final : public storage::View {
 public:
  // The codec outlives the view.
  explicit HeadcountView(const runtime::EventCodec& codec) : codec_(codec) {}

  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record& record, std::vector<std::string>& entities) const override;
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override;

 private:
  const runtime::EventCodec& codec_;
  const storage::ViewInfo info_{kHeadcountViewId, "headcount", storage::ViewMode::kFollower, 1};
};

}  // namespace mentorlog::people

#endif  // MENTORLOG_SERVICES_PEOPLE_HEADCOUNT_VIEW_H_
