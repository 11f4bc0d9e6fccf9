#include "services/admin/stats_view.h"

#include "gtest/gtest.h"
#include "mentorlog/view/v1/stats.pb.h"

namespace mentorlog::admin {
namespace {

storage::Record RecordOf(std::uint8_t kind, std::uint32_t type, std::uint64_t revision) {
  storage::Record record;
  record.header.set_stream(storage::StreamKey{kind, {}}.ToBytes());
  record.header.set_type(type);
  record.header.set_revision(revision);
  return record;
}

class StatsViewTest : public ::testing::Test {
 protected:
  void Fold(const storage::Record& record) {
    std::vector<std::string> entities;
    view_.Entities(record, entities);
    for (const auto& entity : entities) ASSERT_TRUE(view_.Fold(record, entity, rows_).ok());
  }
  std::uint64_t CountAt(const std::string& key) const {
    view::v1::StatsRow row;
    EXPECT_TRUE(row.ParseFromString(rows_.rows().at(key)));
    return row.count();
  }

  const StatsView view_;
  storage::MemoryRows rows_;
};

TEST_F(StatsViewTest, CountsEventsByTypeAndStreamsByKind) {
  Fold(RecordOf(1, 1001, 0));
  Fold(RecordOf(1, 1004, 1));
  Fold(RecordOf(1, 1001, 0));
  Fold(RecordOf(3, 3001, 0));
  EXPECT_EQ(CountAt(std::string("t\0\0\x03\xe9", 5)), 2U);
  EXPECT_EQ(CountAt(std::string("t\0\0\x03\xec", 5)), 1U);
  EXPECT_EQ(CountAt("s\x01"), 2U);
  EXPECT_EQ(CountAt("s\x03"), 1U);
  EXPECT_EQ(rows_.rows().size(), 5U);
}

TEST_F(StatsViewTest, RefusesARowThatDoesNotParse) {
  rows_.Put("s\x01", "\xff");
  EXPECT_EQ(view_.Fold(RecordOf(1, 1001, 0), "s\x01", rows_).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace mentorlog::admin
