// `mentorlog touch` as a mentor types it (design section 8), and how people and assignments are named.
#include "clients/cli/status.h"
#include "gmock/gmock.h"
#include "tests/e2e/programs.h"

namespace mentorlog::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// One import serves every test here: each is about people of its own.
class Touch : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    programs_ = std::make_unique<Programs>();
    if (programs_->started()) programs_->Answer("import " MENTORLOG_SOURCE_DIR "/deploy/sample");
  }
  static void TearDownTestSuite() { programs_.reset(); }
  void SetUp() override { ASSERT_TRUE(programs_->started()); }
  static Ended Run(const std::string& arguments) { return programs_->Run(arguments); }
  static Json Answer(const std::string& arguments) { return programs_->Answer(arguments); }
  // The newest event of a type.
  static Json Newest(const std::string& type) { return Answer("feed --backwards --limit 1 --filter type=" + type); }

  static std::unique_ptr<Programs> programs_;
};
std::unique_ptr<Programs> Touch::programs_;

TEST_F(Touch, CoffeeLunchAndDinnerAreAMeal) {
  for (const auto* meal : {"coffee", "lunch", "dinner"}) {
    const auto ended =
        Run("touch nadia " + std::string(meal) + " \"nervous about Leeds\" --topic relocation --as margit");
    EXPECT_EQ(ended.exit, cli::kOk) << ended.out;
    EXPECT_THAT(ended.out, HasSubstr("Logged with Nadia Petrov: meal (position "));
    auto event = Newest("CheckInLogged")["event"];
    EXPECT_EQ(event["channel"], "meal");
    EXPECT_EQ(event["shared"]["gist"], "nervous about Leeds");
    EXPECT_EQ(event["shared"]["topics"], Json::parse(R"(["relocation"])"));
  }
}

TEST_F(Touch, AnUnknownPairStartsARelationshipAndSaysSo) {
  const auto ended = Run("touch jonas coffee --as hugo");
  EXPECT_EQ(ended.exit, cli::kOk);
  EXPECT_THAT(ended.out,
              HasSubstr("STARTED_BY_FIRST_TOUCH: no relationship was declared with this person: one was started"));
  EXPECT_EQ(Answer("relationship show hugo jonas")["origin"], "first_touch");
}

TEST_F(Touch, OfSeveralKindsTheOneTouchedLastIsTakenAndSaidAloud) {
  ASSERT_EQ(Run("relationship start samir noor --kind sponsor --as samir --on 2023-12-08").exit, cli::kOk);
  EXPECT_THAT(Run("touch noor coffee --as samir --on 2026-11-20").out,
              HasSubstr("LAST_TOUCHED_TAKEN: 2 relationships with this person: taken as MENTOR"));
  const auto mentor = Answer("relationship show samir noor")["check_ins"];
  // Named, it is that one, and nothing needs saying; from then on it is the one touched last.
  EXPECT_THAT(Run("touch noor call --kind sponsor --as samir --on 2026-11-21").out,
              Not(HasSubstr("LAST_TOUCHED_TAKEN")));
  EXPECT_THAT(Run("touch noor chat --as samir --on 2026-11-22").out,
              HasSubstr("LAST_TOUCHED_TAKEN: 2 relationships with this person: taken as SPONSOR"));
  EXPECT_EQ(Answer("relationship show samir noor --kind sponsor")["check_ins"], 2);
  EXPECT_EQ(Answer("relationship show samir noor")["check_ins"], mentor);
}

TEST_F(Touch, WhatFollowsTwoSlashesIsReadByItsAuthorAlone) {
  const auto ended = Run("touch asha call 'about the line' //she may leave --as kwame");
  EXPECT_THAT(ended.out, HasSubstr("with a note that only you read"));
  EXPECT_THAT(Run("timeline kwame asha --limit 1 --as kwame").out, HasSubstr("about the line //she may leave"));
  for (const auto* reader : {"asha", "helena"}) {
    const auto as = " --as " + std::string(reader);
    EXPECT_THAT(Run("timeline kwame asha" + as).out, Not(HasSubstr("she may leave"))) << reader;
    EXPECT_THAT(Run("--json feed --filter person=asha" + as).out, Not(HasSubstr("she may leave"))) << reader;
  }
  EXPECT_THAT(Run("timeline kwame asha --limit 1 --as asha").out, HasSubstr("about the line"));
}

TEST_F(Touch, IsSaidByTheMenteeAsWell) {
  const auto before = Answer("relationship show tomas ksenia")["check_ins"].get<int>();
  EXPECT_EQ(Run("touch tomas call --as ksenia --initiated-by mentee").exit, cli::kOk);
  EXPECT_EQ(Answer("relationship show tomas ksenia")["check_ins"], before + 1);
}

TEST_F(Touch, WithSeveralPeopleIsOneLine) {
  auto logged = Answer("touch 'pedro,rafael' lunch --as margit --on 2026-11-20");
  EXPECT_EQ(logged["check_ins"].size(), 2U);
  EXPECT_THAT(Run("touch 'pedro,rafael' lunch --as margit --on 2026-11-20").out,
              HasSubstr("Logged with Pedro Ashworth, Rafael Lindqvist: meal on 2026-11-20"));
}

TEST_F(Touch, IsLoggedAfterAnExitAndForAnother) {
  EXPECT_EQ(Run("touch grace dinner --as samir").exit, cli::kOk);
  EXPECT_EQ(Run("touch clara lunch --mentor kwame --on 2026-11-20").exit, cli::kOk);
  EXPECT_EQ(Run("touch kwame lunch --mentee clara --on 2026-11-20").exit, cli::kOk);
  EXPECT_EQ(Newest("CheckInLogged")["occurred_on"], "2026-11-20");
}

TEST_F(Touch, PeopleAreNamedByExternalIdNamePrefixOrId) {
  const auto id = Answer("who e07")["person_id"].get<std::string>();
  for (const auto& who :
       {std::string("e07"), std::string("nad"), std::string("NADIA"), std::string("'Nadia Petrov'"), id}) {
    EXPECT_EQ(Answer("who " + who)["person_id"], id) << who;
    EXPECT_EQ(Run("touch " + who + " walk_by --as e01").exit, cli::kOk) << who;
    EXPECT_EQ(Answer("today --as " + who)["on"].is_string(), true) << who;
  }
  EXPECT_EQ(Answer("who e07 --system hris")["error"]["reason"], "UNKNOWN_PERSON");
}

TEST_F(Touch, ANameThatSeveralBeginWithIsRefusedWithAllOfThem) {
  const auto ended = Run("touch b coffee --as margit");
  EXPECT_EQ(ended.exit, cli::kRefused);
  EXPECT_THAT(
      ended.out,
      AllOf(HasSubstr(
                "b: several people are called so; want more of the name, the external id, or an id [AMBIGUOUS_PERSON]"),
            HasSubstr(": Bettina Mbeki\n"), HasSubstr(": Bjorn Castellanos\n")));
  auto error = Answer("who b")["error"];
  EXPECT_EQ(error["reason"], "AMBIGUOUS_PERSON");
  ASSERT_EQ(error["fields"].size(), 2U);
  // Each candidate is named by what can be typed instead.
  EXPECT_EQ(Answer("who " + error["fields"][0]["field"].get<std::string>())["display_name"],
            error["fields"][0]["wish"]);
  EXPECT_THAT(Run("today --as b").out, HasSubstr("--as: b: several people are called so"));
}

TEST_F(Touch, AnAssignmentThatSeveralBeginLikeIsRefusedWithAllOfThem) {
  EXPECT_EQ(Run("assignment show nadia:l").exit, cli::kRefused);
  auto error = Answer("assignment show nadia:l")["error"];
  EXPECT_EQ(error["code"], "FAILED_PRECONDITION");
  EXPECT_EQ(error["reason"], "AMBIGUOUS_ASSIGNMENT");
  ASSERT_EQ(error["fields"].size(), 2U);
  // Each candidate is named by what can be typed instead.
  auto shown = Answer("assignment show " + error["fields"][0]["field"].get<std::string>());
  EXPECT_EQ(shown["assignment"]["title"], error["fields"][0]["wish"]);
  EXPECT_EQ(Answer("assignment show nadia:le")["assignment"]["title"], "Lead the press hall move");
}

TEST_F(Touch, NobodyIsSaidToBeNobody) {
  const auto ended = Run("touch zebedee coffee --as margit");
  EXPECT_EQ(ended.exit, cli::kRefused);
  EXPECT_THAT(ended.out,
              HasSubstr("zebedee: nobody has this external id of csv, this name or this id [UNKNOWN_PERSON]"));
}

}  // namespace
}  // namespace mentorlog::e2e
