// services/steward/steward_view.h: whose relationships there are: the steward's index, a follower.
//
// Entity: a person's id. Row: person id | relationship id -> view.v1.StewardRelationshipRow. Thread-safe.
#ifndef MENTORLOG_SERVICES_STEWARD_STEWARD_VIEW_H_
#define MENTORLOG_SERVICES_STEWARD_STEWARD_VIEW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/ledger.h"
#include "storage/view.h"

namespace mentorlog::steward {

inline constexpr std::uint16_t kStewardViewId = 70;

class StewardView final : public storage::View {
 public:
  StewardView();
  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record& record, std::vector<std::string>& entities) const override;
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override;

 private:
  const storage::ViewInfo info_;
};

// The relationships of a person, on either side. Errors as LedgerSnapshot::ScanRows.
absl::StatusOr<std::vector<storage::Id>> RelationshipsOf(const storage::LedgerSnapshot& snapshot,
                                                         const storage::Id& person);

}  // namespace mentorlog::steward

#endif  // MENTORLOG_SERVICES_STEWARD_STEWARD_VIEW_H_
