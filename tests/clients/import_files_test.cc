// The rows of the seven files, before the daemon sees them.
#include "clients/cli/import_files.h"

#include <sstream>

#include "clients/cli/import_report.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

using ::testing::ElementsAre;

const ImportFileKind& CheckIns() { return ImportFiles()[3]; }
constexpr const char* kHeader = "mentor_id,mentee_id,kind,occurred_on,channel,initiated_by,gist\n";

// `2 #0 LAST` per row with its ordinal and last value, `3 REASON field` per rejected one.
std::vector<std::string> Read(const std::string& rows) {
  std::istringstream in(kHeader + rows);
  ImportFileReader reader(CheckIns(), in);
  if (const auto wrong = reader.ReadHeader()) return {wrong->reason + " " + wrong->field};
  std::vector<std::string> seen;
  v1::ImportRow row;
  std::optional<RejectedRow> rejected;
  while (reader.Next(row, rejected)) {
    seen.push_back(rejected ? std::to_string(rejected->line) + " " + rejected->reason + " " + rejected->field
                            : std::to_string(row.line()) + " #" + std::to_string(row.ordinal()) + " " + row.values(6));
  }
  return seen;
}

TEST(ImportFile, CountsIdenticalRowsApart) {
  EXPECT_THAT(Read("a,b,mentor,2020-01-01,call,mentor,x\na,b,mentor,2020-01-01,call,mentor,y\n"
                   "a,b,mentor,2020-01-01,call,mentor,x\n"),
              ElementsAre("2 #0 x", "3 #0 y", "4 #1 x"));
}

TEST(ImportFile, ReadsNoMoreDifferentRowsThanItTellsApart) {
  std::istringstream in(std::string(kHeader) +
                        "a,b,mentor,2020-01-01,call,,x\na,b,mentor,2020-01-01,call,,y\n"
                        "a,b,mentor,2020-01-01,call,,x\na,b,mentor,2020-01-01,call,,z\n"
                        "a,b,mentor,2020-01-01,call,,x\n");
  ImportFileReader reader(CheckIns(), in, 2);
  ASSERT_FALSE(reader.ReadHeader());
  v1::ImportRow row;
  std::optional<RejectedRow> rejected;
  std::vector<std::uint32_t> ordinals;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(reader.Next(row, rejected));
    ASSERT_FALSE(rejected);
    ordinals.push_back(row.ordinal());
  }
  EXPECT_THAT(ordinals, ElementsAre(0, 0, 1));
  ASSERT_TRUE(reader.Next(row, rejected));
  ASSERT_TRUE(rejected);
  EXPECT_EQ(rejected->reason, "TOO_MANY_ROWS");
  EXPECT_EQ(rejected->line, 5U);
  EXPECT_FALSE(reader.Next(row, rejected));
}

TEST(ImportFile, NamesEveryBadRowAndTakesTheOthers) {
  EXPECT_THAT(Read("a,b,mentor,2020-01-01,call,mentor\n"
                   "a,b,mentor,2020-01-01,call,mentor,\xFF\n"
                   "a,b,mentor,2020-01-01,call,mentor,x\"y\n"
                   "a,b,mentor,2020-01-01,call,mentor,fine,more\n"
                   "a,b,mentor,2020-01-01,call,mentor,\n"),
              ElementsAre("2 WRONG_COLUMN_COUNT gist", "3 NOT_UTF8 gist", "4 STRAY_QUOTE gist", "5 WRONG_COLUMN_COUNT ",
                          "6 #0 "));
}

TEST(ImportFile, KeepsAGistOf80CharactersOfSeveralBytes) {
  std::string gist;
  for (int i = 0; i < 80; ++i) gist += "\xE2\x82\xAC";
  EXPECT_THAT(Read("a,b,mentor,2020-01-01,call,mentor," + gist + "\n"), ElementsAre("2 #0 " + gist));
}

TEST(ImportFile, NamesAWrongHeader) {
  const auto header = [](const std::string& line) {
    std::istringstream in(line);
    ImportFileReader reader(CheckIns(), in);
    const auto wrong = reader.ReadHeader();
    return wrong ? wrong->reason + " " + wrong->field : "fine";
  };
  EXPECT_EQ(header(kHeader), "fine");
  EXPECT_EQ(header("gist,initiated_by,channel,occurred_on,kind,mentee_id,mentor_id\n"), "fine");
  EXPECT_EQ(header("mentor_id,mentee_id,kind,occurred_on,channel,initiated_by\n"), "WRONG_HEADER gist");
  EXPECT_EQ(header("mentor_id,mentor_id,kind,occurred_on,channel,initiated_by,gist\n"), "WRONG_HEADER mentor_id");
  EXPECT_EQ(header("who,mentee_id,kind,occurred_on,channel,initiated_by,gist\n"), "WRONG_HEADER who");
  EXPECT_EQ(header(""), "WRONG_HEADER ");
}

TEST(ImportFile, RowsOfOnePairStayInOrder) {
  std::istringstream in(std::string(kHeader) +
                        "a,b,mentor,2020-01-01,call,mentor,x\na,b,mentor,2021-01-01,chat,,y\n"
                        "a,b,peer,2020-01-01,call,mentor,x\n");
  ImportFileReader reader(CheckIns(), in);
  ASSERT_FALSE(reader.ReadHeader());
  std::vector<std::string> keys;
  v1::ImportRow row;
  std::optional<RejectedRow> rejected;
  while (reader.Next(row, rejected)) keys.push_back(reader.OrderKey(row));
  ASSERT_EQ(keys.size(), 3U);
  EXPECT_EQ(keys[0], keys[1]);
  EXPECT_NE(keys[0], keys[2]);
}

TEST(ImportFile, ReverseRowsStayInOrderWithThoseOfTheSwappedMentor) {
  const auto keys = [](const ImportFileKind& kind, const std::string& text) {
    std::istringstream in(text);
    ImportFileReader reader(kind, in);
    EXPECT_FALSE(reader.ReadHeader());
    std::vector<std::string> seen;
    v1::ImportRow row;
    std::optional<RejectedRow> rejected;
    while (reader.Next(row, rejected)) seen.push_back(reader.OrderKey(row));
    return seen;
  };
  const auto touches = keys(CheckIns(), std::string(kHeader) +
                                            "a,b,mentor,2020-01-01,call,,x\n"
                                            "b,a,reverse,2020-01-01,call,,x\n"
                                            "a,b,reverse,2020-01-01,call,,x\n");
  ASSERT_EQ(touches.size(), 3U);
  EXPECT_EQ(touches[0], touches[1]);
  EXPECT_NE(touches[0], touches[2]);
  const auto pairs = keys(ImportFiles()[2],
                          "kind,started_on,mentee_id,mentor_id,ideal_days,max_days\nmentor,2020-01-01,b,a,,\n"
                          "reverse,2020-01-01,a,b,,\n");
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0], pairs[1]);
}

TEST(ImportReport, HasTheCountsOfWhatIsNewAsNumbers) {
  ImportReport report(false);
  v1::ImportedRow answer;
  answer.set_status(v1::ImportedRow::STATUS_TAKEN);
  report.Answered(ImportFiles()[0], answer);
  report.Answered(ImportFiles()[3], answer);
  answer.set_status(v1::ImportedRow::STATUS_REPLAYED);
  report.Answered(ImportFiles()[3], answer);
  answer.set_status(v1::ImportedRow::STATUS_REJECTED);
  answer.set_line(7);
  answer.set_reason("UNKNOWN_PERSON");
  answer.set_field("mentee_id");
  report.Answered(ImportFiles()[3], answer);
  const auto json = report.Json();
  EXPECT_TRUE(json.dump().starts_with(R"({"people":1,"role_moves":0,"relationships":0,"check_ins":1,"recognitions":0,)"
                                      R"("advocacy":0,"assignments":0,"rejected":1,"replayed":1,)"));
  EXPECT_EQ(json["rejected_rows"][0]["file"], "check_ins.csv");
  EXPECT_EQ(json["rejected_rows"][0]["line"], 7);
  EXPECT_EQ(json["rejected_rows"][0]["field"], "mentee_id");
  EXPECT_EQ(json["rejected_rows"][0]["reason"], "UNKNOWN_PERSON");
}

TEST(ImportReport, TellsTheAdviceOfRowsThatChangeNothingAndNotOfThoseWrittenBefore) {
  ImportReport report(false);
  v1::ImportedRow answer;
  answer.set_status(v1::ImportedRow::STATUS_REPLAYED);
  answer.set_line(2);
  answer.add_advice()->set_reason("START_DAY_KEPT");
  report.Answered(ImportFiles()[2], answer);
  answer.set_position(41);
  answer.mutable_advice(0)->set_reason("DATED_BEFORE_JOINING");
  report.Answered(ImportFiles()[2], answer);
  const auto json = report.Json();
  EXPECT_EQ(json["replayed"], 2);
  ASSERT_EQ(json["advice"].size(), 1U);
  EXPECT_EQ(json["advice"][0]["reason"], "START_DAY_KEPT");
  EXPECT_EQ(json["advice"][0]["first_line"], 2);
}

}  // namespace
}  // namespace mentorlog::cli
