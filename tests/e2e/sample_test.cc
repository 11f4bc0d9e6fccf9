// The sample organisation goes in whole and answers what its README says of it, and the commands that the pages quote
// run as they stand.
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "tests/e2e/programs.h"

namespace mentorlog::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::SizeIs;

const fs::path kRoot = MENTORLOG_SOURCE_DIR;

// The lines of a page that are commands of the client, without their first word.
std::vector<std::string> Quoted(const fs::path& page, const std::string& from, const std::string& to) {
  std::ifstream in(kRoot / page);
  std::vector<std::string> commands;
  bool within = false;
  for (std::string line; std::getline(in, line);) {
    if (line.find(from) != std::string::npos) {
      within = true;
    } else if (within && line.find(to) != std::string::npos) {
      break;
    }
    const auto begin = line.find_first_not_of(' ');
    constexpr std::string_view kClient = "mentorlog ";
    if (within && begin != std::string::npos && begin >= 2 && line.compare(begin, kClient.size(), kClient) == 0) {
      commands.push_back(line.substr(begin + kClient.size()));
    }
  }
  return commands;
}

// One import serves every test here.
class Sample : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    programs_ = std::make_unique<Programs>();
    if (programs_->started()) first_ = Import();
  }
  static void TearDownTestSuite() { programs_.reset(); }
  void SetUp() override { ASSERT_TRUE(programs_->started()); }

  static Json Import() { return programs_->Answer("--system sample import " + (kRoot / "deploy/sample").string()); }
  static Json Answer(const std::string& arguments) { return programs_->Answer("--system sample " + arguments); }
  static std::uint64_t Advised(const std::string& reason) {
    for (const auto& item : first_["advice"]) {
      if (item["reason"] == reason) return item["rows"];
    }
    return 0;
  }

  static std::unique_ptr<Programs> programs_;
  static Json first_;
};
std::unique_ptr<Programs> Sample::programs_;
Json Sample::first_;

TEST_F(Sample, GoesInWholeAndOnce) {
  EXPECT_TRUE(first_.dump().starts_with(
      R"({"people":41,"role_moves":65,"relationships":39,"check_ins":874,"recognitions":66,"advocacy":18,)"
      R"("assignments":18,"rejected":0,"replayed":0,)"))
      << first_.dump().substr(0, 500);
  EXPECT_TRUE(Import().dump().starts_with(
      R"({"people":0,"role_moves":0,"relationships":0,"check_ins":0,"recognitions":0,"advocacy":0,)"
      R"("assignments":0,"rejected":0,"replayed":1121,)"));
}

TEST_F(Sample, NadiaRefusesLeedsTwiceAndTheTalksGoOn) {
  auto timeline = Answer("timeline e01 e07 --limit 1000");
  std::map<std::string, int> events;
  for (const auto& entry : timeline["entries"]) ++events[entry["event"]];
  EXPECT_EQ(events["OfferDeclined"], 2);
  EXPECT_EQ(events["OfferReconsidered"], 2);
  EXPECT_GE(events["OfferAccepted"], 1);
  EXPECT_GE(events["PersonMoved"], 3);
  auto pair = Answer("relationship show e01 e07");
  EXPECT_EQ(pair["check_ins"], events["CheckInLogged"]);
  EXPECT_EQ(pair["mode"], "stay_in_touch");
}

TEST_F(Sample, HelenaAndAshaWereNeverDeclared) {
  auto pair = Answer("relationship show e40 e22");
  EXPECT_EQ(pair["origin"], "first_touch");
  EXPECT_EQ(pair["check_ins"], 1);
  EXPECT_EQ(Advised("STARTED_BY_FIRST_TOUCH"), 2U);
}

TEST_F(Sample, GregorsFirstTalkIsOlderThanTheRelationship) {
  auto pair = Answer("relationship show e16 e41");
  EXPECT_LT(pair["first_on"], pair["started_on"]);
  EXPECT_EQ(Advised("DATED_BEFORE_START"), 1U);
}

TEST_F(Sample, ContactGoesOnAfterMoves) {
  auto figures = Answer("continuity");
  EXPECT_EQ(figures["pairs"], 41);
  EXPECT_EQ(figures["pairs_whose_mentee_moved"], 27);
  EXPECT_EQ(figures["with_a_check_in_after_the_first_move"], 18);
}

TEST_F(Sample, EveryViewEqualsAFreshBuild) { EXPECT_EQ(Answer("views verify")["differences"], 0); }

TEST_F(Sample, TheMentorsMinuteOfTheReadmeRuns) {
  const auto commands = Quoted("README.md", "## A mentor's minute", "## ");
  ASSERT_THAT(commands, SizeIs(4));
  for (const auto& command : commands) {
    const auto ended = programs_->Run(command);
    EXPECT_EQ(ended.exit, 0) << "mentorlog " << command << "\n" << ended.out;
    EXPECT_FALSE(ended.out.empty()) << "mentorlog " << command;
  }
}

TEST_F(Sample, WhatTheQuickstartSaysToTypeNextRuns) {
  const auto commands = Quoted("deploy/quickstart", "What to type next", "TXT");
  ASSERT_THAT(commands, SizeIs(4));
  for (const auto& command : commands) {
    const auto ended = programs_->Run(command);
    EXPECT_EQ(ended.exit, 0) << "mentorlog " << command << "\n" << ended.out;
  }
}

}  // namespace
}  // namespace mentorlog::e2e
