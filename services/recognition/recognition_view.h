// services/recognition/recognition_view.h: the followers `recognition` and `advocacy`: what lists show.
//
// Rows of both: person id + 1 + inverted day + inverted position -> row, so that what concerns a person is one range,
// the newest first; of advocacy also person id + 2 + advocacy id -> AdvocacyPointer. Each lies under both sides.
// They hold references to texts, never texts. Thread-safe.
#ifndef MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_VIEW_H_
#define MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_VIEW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "services/recognition/recognition.h"
#include "services/runtime/event_codec.h"
#include "storage/view.h"

namespace mentorlog::recognition {

inline constexpr std::uint16_t kRecognitionViewId = 30;
inline constexpr std::uint16_t kAdvocacyViewId = 31;

// The prefix of the rows of a person, in the order of lists; of either view.
std::string PersonListPrefix(const Id& person);

class RecognitionView final : public storage::View {
 public:
  explicit RecognitionView(const runtime::EventCodec& codec) : codec_(codec) {}
  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record& record, std::vector<std::string>& entities) const override;
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override;

 private:
  const runtime::EventCodec& codec_;
  const storage::ViewInfo info_{kRecognitionViewId, "recognition", storage::ViewMode::kFollower, 1};
};

class AdvocacyView final : public storage::View {
 public:
  explicit AdvocacyView(const runtime::EventCodec& codec) : codec_(codec) {}
  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record& record, std::vector<std::string>& entities) const override;
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override;

 private:
  const runtime::EventCodec& codec_;
  const storage::ViewInfo info_{kAdvocacyViewId, "advocacy", storage::ViewMode::kFollower, 1};
};

}  // namespace mentorlog::recognition

#endif  // MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_VIEW_H_
