// services/today/pair_view.h: the inline view `pair`: what stands between two people, seen from each of them.
//
// One fold serves the pair's clock and a mentor's Today: the rows of a mentor are one range, each holds all that the
// ladder reads. Facts between two people are folded under both; touches, which are most of them, under the mentor of
// the relationship only. Rows and the reasons for this layout: services/today/README.md. Thread-safe.
#ifndef MENTORLOG_SERVICES_TODAY_PAIR_VIEW_H_
#define MENTORLOG_SERVICES_TODAY_PAIR_VIEW_H_

#include <string>
#include <vector>

#include "mentorlog/view/v1/pair.pb.h"
#include "services/runtime/event_codec.h"
#include "storage/ledger.h"
#include "storage/view.h"

namespace mentorlog::today {

inline constexpr std::uint16_t kPairViewId = 50;

class PairView final : public storage::View {
 public:
  // `codec` outlives the view.
  explicit PairView(const runtime::EventCodec& codec);

  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record& record, std::vector<std::string>& entities) const override;
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override;

 private:
  const runtime::EventCodec& codec_;
  const storage::ViewInfo info_;
};

// Adds the touches of another row of the same two people: counts and the last one.
void AddTouches(const view::v1::PairRow& half, view::v1::PairRow& row);

// The row of `person` and `other`, with the touches of all their relationships; an empty one if nothing is between
// them.
absl::StatusOr<view::v1::PairRow> ReadPair(const storage::LedgerSnapshot& snapshot, const storage::Id& person,
                                           const storage::Id& other);

// One other of a person.
struct PairOf {
  storage::Id other;
  view::v1::PairRow row;
};
// The rows of everybody whom `mentor` stands for, as a mentor or as somebody who spoke up for them, with the last touch
// by `day`: one range scan, one seek for each row whose last touch is later, and one row more for each who is also
// their mentor.
absl::StatusOr<std::vector<PairOf>> ReadPairsAsMentor(const storage::LedgerSnapshot& snapshot,
                                                      const storage::Id& mentor, storage::Day day);

}  // namespace mentorlog::today

#endif  // MENTORLOG_SERVICES_TODAY_PAIR_VIEW_H_
