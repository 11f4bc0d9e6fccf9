// The main job on real input: did contact go on after the mentee moved?
//
// Runs where the folder `shared/data/git-mentoring` lies beside the project; elsewhere it is skipped by name.
#include <filesystem>

#include "gmock/gmock.h"
#include "tests/e2e/programs.h"

namespace mentorlog::e2e {
namespace {

namespace fs = std::filesystem;

class MainJob : public ::testing::Test {
 protected:
  static fs::path Data() { return fs::path(MENTORLOG_SOURCE_DIR) / "../shared/data/git-mentoring"; }

  // One import serves every test here: none of them writes anything new.
  static void SetUpTestSuite() {
    if (!fs::exists(Data())) return;
    programs_ = std::make_unique<Programs>();
    if (programs_->started()) first_ = programs_->Answer("import " + Data().string());
  }
  static void TearDownTestSuite() { programs_.reset(); }
  void SetUp() override {
    if (!fs::exists(Data())) GTEST_SKIP() << "git-mentoring: " << Data() << " is not there";
    ASSERT_TRUE(programs_->started());
  }
  static Json Answer(const std::string& arguments) { return programs_->Answer(arguments); }

  static std::unique_ptr<Programs> programs_;
  static Json first_;
};
std::unique_ptr<Programs> MainJob::programs_;
Json MainJob::first_;

TEST_F(MainJob, AnImportTakesEveryRowAndASecondOneNone) {
  EXPECT_TRUE(first_.dump().starts_with(
      R"({"people":127,"role_moves":462,"relationships":279,"check_ins":3467,"recognitions":1268,"advocacy":0,)"
      R"("assignments":0,"rejected":0,"replayed":0,)"))
      << first_.dump().substr(0, 300);
  const auto again = Answer("import " + Data().string());
  EXPECT_TRUE(again.dump().starts_with(
      R"({"people":0,"role_moves":0,"relationships":0,"check_ins":0,"recognitions":0,"advocacy":0,)"
      R"("assignments":0,"rejected":0,"replayed":5603,)"))
      << again.dump().substr(0, 300);
}

TEST_F(MainJob, StatsCountTheEvents) {
  const auto stats = Answer("log stats");
  EXPECT_EQ(stats["people"], 127);
  EXPECT_EQ(stats["relationships"], 279);
  EXPECT_EQ(stats["events"]["CheckInLogged"], 3467);
  EXPECT_EQ(stats["events"]["PersonMoved"], 462);
  std::uint64_t sum = 0;
  for (const auto& [name, count] : stats["events"].items()) sum += count.get<std::uint64_t>();
  EXPECT_EQ(stats["head"], sum);
}

TEST_F(MainJob, ARelationshipKnowsItsGaps) {
  const auto shown = Answer("relationship show p0087 p0010 --kind mentor");
  EXPECT_EQ(shown["check_ins"], 5);
  EXPECT_EQ(shown["first_on"], "2019-12-09");
  EXPECT_EQ(shown["last_on"], "2021-09-13");
  EXPECT_EQ(shown["longest_gap_days"], 574);
}

TEST_F(MainJob, ContinuityAnswersWhatTheProductIsFor) {
  const auto all = Answer("continuity");
  EXPECT_EQ(all["pairs_whose_mentee_moved"], 216);
  EXPECT_EQ(all["with_a_check_in_after_the_first_move"], 82);
  EXPECT_EQ(all["with_a_check_in_after_the_last_move"], 41);
  EXPECT_FALSE(all["survival"].empty());
  const auto some = Answer("continuity --moves transfer,lateral,promotion,unknown,secondment");
  EXPECT_EQ(some["pairs_whose_mentee_moved"], 145);
  EXPECT_EQ(some["with_a_check_in_after_the_first_move"], 77);
  EXPECT_EQ(some["with_a_check_in_after_the_last_move"], 59);
  EXPECT_THAT(programs_->Run("continuity --plot").out, ::testing::HasSubstr("100 % |*"));
}

TEST_F(MainJob, HeadcountIsThatOfTheDay) {
  EXPECT_EQ(Answer("headcount --on 2018-01-01"), Json::parse(R"({"on":"2018-01-01","total":44,
                           "by_unit":{"contrib":1,"core":33,"documentation":1,"tests":5,"translation":4},
                           "unreadable_people":0})"));
}

TEST_F(MainJob, EveryViewEqualsAFreshBuild) {
  const auto verified = Answer("views verify");
  EXPECT_EQ(verified["differences"], 0);
  EXPECT_GT(verified["entities"], 127);
}

}  // namespace
}  // namespace mentorlog::e2e
