#include "services/steward/steward_view.h"

#include "mentorlog/view/v1/steward.pb.h"
#include "services/relationships/relationship.h"

namespace mentorlog::steward {

StewardView::StewardView() : info_{kStewardViewId, "steward", storage::ViewMode::kFollower, 1} {}

void StewardView::Entities(const storage::Record& record, std::vector<std::string>& entities) const {
  // The first record of a relationship's stream is its start, and names both.
  const auto& header = record.header;
  if (header.revision() != 0 || record.stream_kind() != relationships::kRelationshipKind) return;
  for (const auto& subject : header.subjects()) entities.push_back(subject);
}

absl::Status StewardView::Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const {
  view::v1::StewardRelationshipRow row;
  row.set_position(record.header.position());
  rows.Put(entity + record.stream().id.ToBytes(), row.SerializeAsString());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<storage::Id>> RelationshipsOf(const storage::LedgerSnapshot& snapshot,
                                                         const storage::Id& person) {
  const auto prefix = person.ToBytes();
  std::vector<storage::Id> found;
  const auto status = snapshot.ScanRows(kStewardViewId, prefix, storage::PrefixEnd(prefix),
                                        [&](std::string_view key, std::string_view) {
                                          if (const auto id = storage::Id::FromBytes(key.substr(prefix.size())))
                                            found.push_back(*id);
                                          return true;
                                        });
  if (!status.ok()) return status;
  return found;
}

}  // namespace mentorlog::steward
