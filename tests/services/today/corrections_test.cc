// What every view of this room makes of a correction of a check-in.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/today/continuity_view.h"
#include "services/today/pair_view.h"
#include "services/today/timeline_view.h"
#include "tests/services/today/told.h"

namespace mentorlog::today {
namespace {

const storage::Id kAna = Named("ana");
const storage::Id kBen = Named("ben");

class Corrections : public ::testing::Test {
 protected:
  Corrections() {
    views_.push_back(std::make_unique<PairView>(Codec()));
    views_.push_back(std::make_unique<TimelineView>(Codec()));
    views_.push_back(std::make_unique<ContinuityView>(Codec()));
  }
  // The rows of one view as one text.
  static std::string RowsOf(const Told& told) {
    std::string all;
    EXPECT_TRUE(told.rows()
                    .Scan({}, {},
                          [&](std::string_view key, std::string_view value) {
                            all.append(key).append("=").append(value).append("\n");
                            return true;
                          })
                    .ok());
    return all;
  }

  std::vector<std::unique_ptr<storage::View>> views_;
};

TEST_F(Corrections, ThatDoNotSayHowTheCheckInStoodAreNamedAsWhatIsWrong) {
  event::v1::RelationshipEvent amended;
  amended.mutable_check_in_amended()->set_checkin_id(Named("c1").ToBytes());
  amended.mutable_check_in_amended()->set_met_on(On("2026-03-01").value);
  event::v1::RelationshipEvent retracted;
  retracted.mutable_check_in_retracted()->set_checkin_id(Named("c1").ToBytes());
  const auto record_of = [](std::uint32_t number, const google::protobuf::Message& open) {
    storage::Record record;
    record.header.set_type(3000 + number);
    record.header.set_stream(storage::StreamKey{3, Named("r")}.ToBytes());
    record.header.add_subjects(kAna.ToBytes());
    record.header.add_subjects(kBen.ToBytes());
    record.open = open.SerializeAsString();
    return record;
  };
  for (const auto& view : views_) {
    for (const auto& record :
         {record_of(8, amended.check_in_amended()), record_of(9, retracted.check_in_retracted())}) {
      SCOPED_TRACE(view->info().name + " " + std::to_string(record.header.type()));
      std::vector<std::string> entities;
      view->Entities(record, entities);
      // Whom somebody had to do with is not corrected; everything else is.
      std::erase_if(entities, [](const auto& entity) { return entity.front() == 'I' && entity.size() == 17; });
      ASSERT_FALSE(entities.empty());
      for (const auto& entity : entities) {
        storage::MemoryRows rows;
        const auto folded = view->Fold(record, entity, rows);
        EXPECT_EQ(folded.code(), absl::StatusCode::kDataLoss);
        EXPECT_THAT(std::string(folded.message()), ::testing::HasSubstr("was: absent, want the check-in as it stood"));
      }
    }
  }
}

TEST_F(Corrections, ARetractionOfWhatWasRetractedCountsNothingTwice) {
  for (const auto& view : views_) {
    SCOPED_TRACE(view->info().name);
    Told told(*view);
    told.Started(kAna, kBen, "2026-01-01");
    told.Touched(kAna, kBen, "c1", "2026-02-01");
    told.Touched(kAna, kBen, "c2", "2026-03-01");
    told.Retracted(kAna, kBen, "c2");
    const auto once = RowsOf(told);
    told.Retracted(kAna, kBen, "c2", "m", true);
    // The pair's row alone says by which record it changed last.
    if (view->info().name == "pair") {
      view::v1::PairRow row;
      ASSERT_TRUE(row.ParseFromString(**told.rows().Get(kAna.ToBytes() + '\0' + kBen.ToBytes())));
      EXPECT_EQ(row.touches(), 1U);
      EXPECT_EQ(row.last_touch_on(), On("2026-02-01").value);
    } else {
      EXPECT_EQ(RowsOf(told), once);
    }
  }
}

}  // namespace
}  // namespace mentorlog::today
