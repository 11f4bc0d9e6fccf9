// Rows on their way: in order where they must be, and each answered once.
#include "clients/cli/import_lanes.h"

#include <map>

#include "gmock/gmock.h"

namespace mentorlog::cli {
namespace {

v1::ImportRow Row(std::uint64_t line) {
  v1::ImportRow row;
  row.set_line(line);
  return row;
}

// Answers every row of a call as taken.
std::optional<Failure> TakeAll(v1::ImportRowsRequest& request, v1::ImportRowsResponse& response) {
  for (const auto& row : request.rows()) {
    auto& answer = *response.add_rows();
    answer.set_line(row.line());
    answer.set_status(v1::ImportedRow::STATUS_TAKEN);
  }
  return std::nullopt;
}

TEST(ImportLanes, RowsWithOneKeyArriveInOrderAndAllAreAnswered) {
  std::map<std::uint64_t, std::vector<std::uint64_t>> by_key;
  constexpr std::uint64_t kRows = 5000;
  ImportLanes lanes({}, TakeAll, [&](const v1::ImportRow& row, const v1::ImportedRow&) {
    by_key[row.line() % 7].push_back(row.line());
  });
  for (std::uint64_t line = 0; line < kRows; ++line) ASSERT_TRUE(lanes.Add(std::to_string(line % 7), Row(line)));
  ASSERT_FALSE(lanes.Finish());
  std::uint64_t answered = 0;
  for (const auto& [key, lines] : by_key) {
    answered += lines.size();
    EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end()));
  }
  EXPECT_EQ(answered, kRows);
}

TEST(ImportLanes, SendsAgainWhatWasNotDecided) {
  int calls = 0;
  int answered = 0;
  ImportLanes lanes(
      {},
      [&](v1::ImportRowsRequest& request, v1::ImportRowsResponse& response) {
        TakeAll(request, response);
        if (++calls == 1) {
          response.mutable_rows(1)->set_status(v1::ImportedRow::STATUS_REJECTED);
          response.mutable_rows(1)->set_reason("TOO_SLOW");
        }
        return std::optional<Failure>();
      },
      [&](const v1::ImportRow&, const v1::ImportedRow& answer) {
        ++answered;
        EXPECT_EQ(answer.status(), v1::ImportedRow::STATUS_TAKEN);
      });
  for (std::uint64_t line = 0; line < 3; ++line) lanes.Add("same", Row(line));
  EXPECT_FALSE(lanes.Finish());
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(answered, 3);
}

TEST(ImportLanes, StopsAtWhatWillNotGetBetter) {
  ImportLanes lanes(
      {},
      [](v1::ImportRowsRequest&, v1::ImportRowsResponse&) {
        return std::optional<Failure>(
            Failure{kRefused, "PERMISSION_DENIED", "NOT_PERMITTED", "no", {}, {}, std::nullopt, ""});
      },
      [](const v1::ImportRow&, const v1::ImportedRow&) { FAIL(); });
  lanes.Add("a", Row(1));
  const auto failure = lanes.Finish();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->reason, "NOT_PERMITTED");
}

}  // namespace
}  // namespace mentorlog::cli
