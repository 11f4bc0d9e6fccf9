// services/assignments/assignments_view.h: the follower `assignment`: what lists of assignments show.
//
// Rows: "a" + assignment id -> AssignmentRow; "p" + person id + 1 + inverted position of the draft -> AssignmentRow, so
// that a person's assignments are one range, the newest first; "p" + person id + 2 + assignment id ->
// AssignmentPointer. A person is mentor or mentee. Holds references to texts, never texts. Thread-safe.
#ifndef MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENTS_VIEW_H_
#define MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENTS_VIEW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mentorlog/view/v1/assignments_list.pb.h"
#include "services/assignments/assignment.h"
#include "services/runtime/event_codec.h"
#include "storage/view.h"

namespace mentorlog::assignments {

inline constexpr std::uint16_t kAssignmentViewId = 40;

std::string AssignmentKey(const Id& assignment);
// The prefix of the rows of a person, in the order of lists.
std::string PersonListPrefix(const Id& person);

class AssignmentsView final : public storage::View {
 public:
  explicit AssignmentsView(const runtime::EventCodec& codec) : codec_(codec) {}

  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record& record, std::vector<std::string>& entities) const override;
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override;

 private:
  // The key of the assignment's row under `entity`; makes the pointer to it at the draft.
  absl::StatusOr<std::string> KeyUnder(const storage::Record& record, const std::string& entity, bool drafted,
                                       storage::Rows& rows) const;

  const runtime::EventCodec& codec_;
  const storage::ViewInfo info_{kAssignmentViewId, "assignment", storage::ViewMode::kFollower, 1};
};

}  // namespace mentorlog::assignments

#endif  // MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENTS_VIEW_H_
