// services/people/person_view.h: the follower `person`: everybody with the path of their roles.
//
// Rows: `p` + person id -> PersonRow; `r` + position (8 bytes, big-endian) -> RegistrationRow, by which the directory
// finds who is new. Pure folds; thread-safe.
#ifndef MENTORLOG_SERVICES_PEOPLE_PERSON_VIEW_H_
#define MENTORLOG_SERVICES_PEOPLE_PERSON_VIEW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "mentorlog/view/v1/people_person.pb.h"
#include "services/runtime/event_codec.h"
#include "storage/view.h"

namespace mentorlog::people {

inline constexpr std::uint16_t kPersonViewId = 10;
inline constexpr char kPersonRows = 'p';
inline constexpr char kRegistrationRows = 'r';

// The keys of the rows.
std::string PersonKey(const storage::Id& person);
std::string RegistrationKey(storage::Position position);

class PersonView final : public storage::View {
 public:
  // The codec outlives the view.
  explicit PersonView(const runtime::EventCodec& codec) : codec_(codec) {}

  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record& record, std::vector<std::string>& entities) const override;
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override;

 private:
  const runtime::EventCodec& codec_;
  const storage::ViewInfo info_{kPersonViewId, "person", storage::ViewMode::kFollower, 2};
};

}  // namespace mentorlog::people

#endif  // MENTORLOG_SERVICES_PEOPLE_PERSON_VIEW_H_
