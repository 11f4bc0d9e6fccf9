#include "services/assignments/assignment.h"

#include <string>

#include "tests/services/assignments/assignment_script.h"

namespace mentorlog::assignments {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kForbidden = absl::StatusCode::kFailedPrecondition;

History Sounded() { return History().Then("2026-05-01", Drafted()).Then("2026-05-02", event::v1::AssignmentSounded()); }
History Open() { return Sounded().Then("2026-05-03", Offered("2026-05-10")); }

template <typename Event>
const Event& Only(const Decision& decision) {
  return dynamic_cast<const Event&>(*decision->facts.at(0).event);
}

TEST(AssignmentDrafted, IsAboutMentorAndMentee) {
  const auto decision = Decide(By(kMentor), {}, OnDay("2026-05-01"), Drafted());
  ASSERT_THAT(decision, IsOnly("AssignmentDrafted"));
  EXPECT_EQ(decision->facts[0].stream, StreamOf(kAssignment));
  EXPECT_EQ(decision->facts[0].occurred_on, On("2026-05-01"));
  EXPECT_THAT(decision->facts[0].subjects, ElementsAre(kMentor, kMentee));
}

TEST(AssignmentDrafted, IsRefusedWithoutAStretch) {
  auto wanted = Drafted();
  wanted.mutable_description()->clear_stretch();
  EXPECT_THAT(Decide(By(kMentor), {}, OnDay("2026-05-01"), wanted), IsRefused(kInvalid, "NO_STRETCH"));
}

TEST(AssignmentDrafted, IsRefusedForOneself) {
  auto wanted = Drafted();
  wanted.set_mentee_id(kMentor.ToBytes());
  EXPECT_THAT(Decide(By(kMentor), {}, OnDay("2026-05-01"), wanted), IsRefused(kInvalid, "SELF_ASSIGNMENT"));
  wanted.set_mentee_id(kSponsor.ToBytes());
  EXPECT_THAT(Decide(By(kMentor), {}, OnDay("2026-05-01"), wanted), IsRefused(kInvalid, "SELF_ASSIGNMENT"));
}

TEST(AssignmentDrafted, IsForMentorOrSponsorToWrite) {
  EXPECT_THAT(Decide(By(kSponsor), {}, OnDay("2026-05-01"), Drafted()), IsOnly("AssignmentDrafted"));
  EXPECT_THAT(Decide(By(kMentee), {}, OnDay("2026-05-01"), Drafted()),
              IsRefused(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED"));
}

TEST(AssignmentDrafted, IsRefusedWhenItNamesNobodyOrTooMuchRisk) {
  auto wanted = Drafted();
  wanted.clear_mentee_id();
  EXPECT_THAT(Decide(By(kMentor), {}, OnDay("2026-05-01"), wanted), IsRefused(kInvalid, "INVALID_FIELD"));
  wanted = Drafted();
  wanted.mutable_description()->set_risk(4);
  EXPECT_THAT(Decide(By(kMentor), {}, OnDay("2026-05-01"), wanted), IsRefused(kInvalid, "INVALID_FIELD"));
  wanted = Drafted();
  wanted.mutable_description()->set_visibility(4);
  EXPECT_THAT(Decide(By(kMentor), {}, OnDay("2026-05-01"), wanted), IsRefused(kInvalid, "INVALID_FIELD"));
  wanted = Drafted();
  wanted.set_mentor_id("short");
  EXPECT_THAT(Decide(By(kMentor), {}, OnDay("2026-05-01"), wanted), IsRefused(kInvalid, "MALFORMED_ID"));
}

TEST(EveryStep, IsRefusedInTheFuture) {
  EXPECT_THAT(Decide(By(kMentor), {}, OnDay("2027-01-01"), Drafted()), IsRefused(kInvalid, "DATE_IN_FUTURE"));
  EXPECT_THAT(Decide(By(kMentee), Open().state(), OnDay("2027-01-01"), Declined(event::v1::DOOR_OPEN)),
              IsRefused(kInvalid, "DATE_IN_FUTURE"));
}

TEST(EveryStep, DatedBeforeTheLastOneIsTakenWithAdvice) {
  EXPECT_THAT(Decide(By(kMentee), Open().state(), OnDay("2026-05-02"), Declined(event::v1::DOOR_OPEN)),
              Advises("DATED_BEFORE_LAST_STEP"));
  EXPECT_THAT(Decide(By(kMentee), Open().state(), OnDay("2026-05-02"), event::v1::OfferAccepted()),
              Advises("DATED_BEFORE_LAST_STEP"));
}

TEST(AssignmentOffered, MayBeAnsweredFor14DaysUnlessItSays) {
  const auto decision = Decide(By(kMentor), Sounded().state(), OnDay("2026-05-03"), Offer{});
  ASSERT_THAT(decision, IsOnly("AssignmentOffered"));
  EXPECT_EQ(Day{Only<event::v1::AssignmentOffered>(decision).respond_by()}, On("2026-05-17"));
  EXPECT_EQ(Only<event::v1::AssignmentOffered>(decision).round(), 1U);
}

TEST(AssignmentOffered, IsRefusedWhenItWouldBeOverBeforeItIsMade) {
  EXPECT_THAT(Decide(By(kMentor), Sounded().state(), OnDay("2026-05-03"), Offer{On("2026-05-02"), {}, {}, {}}),
              IsRefused(kInvalid, "RESPOND_BY_BEFORE_OFFER"));
  EXPECT_THAT(Decide(By(kMentor), Sounded().state(), OnDay("2026-05-03"), Offer{On("2026-05-03"), {}, {}, {}}),
              IsOnly("AssignmentOffered"));
}

TEST(AssignmentOffered, IsRefusedWhenItsWindowEndsBeforeItBegins) {
  EXPECT_THAT(
      Decide(By(kMentor), Sounded().state(), OnDay("2026-05-03"), Offer{{}, On("2026-07-01"), On("2026-06-30"), {}}),
      IsRefused(kInvalid, "INVALID_FIELD"));
}

TEST(AssignmentOffered, WithConcernsUnansweredIsAdvised) {
  auto worried = Sounded().Then("2026-05-02", Concern());
  EXPECT_THAT(Decide(By(kMentor), worried.state(), OnDay("2026-05-03"), Offer{}),
              Advises("OFFERED_WITH_OPEN_CONCERNS"));
  worried.Then("2026-05-02", Answered(event::v1::CONCERN_ANSWER_UPHELD));
  EXPECT_THAT(Decide(By(kMentor), worried.state(), OnDay("2026-05-03"), Offer{}), IsOnly("AssignmentOffered"));
}

TEST(AssignmentOffered, CountsItsRounds) {
  const auto again =
      Open().Then("2026-05-05", Declined(event::v1::DOOR_OPEN)).Then("2026-05-20", event::v1::OfferReconsidered());
  const auto decision = Decide(By(kMentor), again.state(), OnDay("2026-05-21"), Offer{});
  ASSERT_THAT(decision, IsOnly("AssignmentOffered"));
  EXPECT_EQ(Only<event::v1::AssignmentOffered>(decision).round(), 2U);
}

TEST(OfferAccepted, OnTheLastDayIsTaken) {
  const auto decision = Decide(By(kMentee), Open().state(), OnDay("2026-05-10"), event::v1::OfferAccepted());
  EXPECT_THAT(decision, IsOnly("OfferAccepted"));
}

TEST(OfferAccepted, IsRefusedWhenDatedAfterRespondBy) {
  const auto decision = Decide(By(kMentee), Open().state(), OnDay("2026-05-11"), event::v1::OfferAccepted());
  EXPECT_THAT(decision, IsRefused(kForbidden, "ACCEPTED_TOO_LATE"));
  EXPECT_THAT(std::string(decision.status().message()), HasSubstr("respond_by was 2026-05-10"));
}

TEST(OfferAccepted, OnFridayExpiredOnSundayLoggedOnMondayIsAccepted) {
  const auto expired = Open().Then("2026-05-11", event::v1::OfferExpired());
  const auto decision = Decide(By(kMentee), expired.state(), OnDay("2026-05-08"), event::v1::OfferAccepted());
  EXPECT_THAT(decision, Advises("ACCEPTED_AFTER_EXPIRY"));
  EXPECT_THAT(decision, Not(Advises("DATED_BEFORE_LAST_STEP")));
  EXPECT_EQ(After(expired.state(), decision).status(), view::v1::ASSIGNMENT_STATUS_ACCEPTED);
  EXPECT_THAT(Decide(By(kMentee), expired.state(), OnDay("2026-05-11"), event::v1::OfferAccepted()),
              IsRefused(kForbidden, "ACCEPTED_TOO_LATE"));
}

TEST(OfferAccepted, ASecondTimeIsRefused) {
  const auto accepted = Open().Then("2026-05-05", event::v1::OfferAccepted());
  EXPECT_THAT(Decide(By(kMentee), accepted.state(), OnDay("2026-05-06"), event::v1::OfferAccepted()),
              IsRefused(kForbidden, "OFFER_NOT_OPEN"));
}

TEST(OfferDeclined, SaysWhetherTheDoorIsOpen) {
  EXPECT_THAT(Decide(By(kMentee), Open().state(), OnDay("2026-05-05"), event::v1::OfferDeclined()),
              IsRefused(kInvalid, "INVALID_FIELD"));
  const auto accepted = Open().Then("2026-05-05", event::v1::OfferAccepted());
  EXPECT_THAT(Decide(By(kMentee), accepted.state(), OnDay("2026-05-06"), event::v1::AcceptanceRescinded()),
              IsRefused(kInvalid, "INVALID_FIELD"));
}

TEST(OfferExpired, IsRefusedWhileItMayBeAccepted) {
  EXPECT_THAT(Decide(BySteward(), Open().state(), OnDay("2026-05-10"), event::v1::OfferExpired()),
              IsRefused(kForbidden, "NOT_YET_EXPIRED"));
  EXPECT_THAT(Decide(BySteward(), Open().state(), OnDay("2026-05-11"), event::v1::OfferExpired()),
              IsOnly("OfferExpired"));
}

TEST(PitchMade, AfterADeclineNeedsAnOpenDoor) {
  const auto closed = Open().Then("2026-05-04", Concern()).Then("2026-05-05", Declined(event::v1::DOOR_CLOSED));
  EXPECT_THAT(Decide(By(kMentor), closed.state(), OnDay("2026-05-06"), Pitch()),
              IsRefused(kForbidden, "DOOR_IS_CLOSED"));
  const auto open = Open().Then("2026-05-04", Concern()).Then("2026-05-05", Declined(event::v1::DOOR_OPEN));
  EXPECT_THAT(Decide(By(kMentor), open.state(), OnDay("2026-05-06"), Pitch()), IsOnly("PitchMade"));
}

TEST(OfferReconsidered, WithTheDoorClosedIsTheMenteesAlone) {
  const auto closed = Open().Then("2026-05-05", Declined(event::v1::DOOR_CLOSED));
  EXPECT_THAT(Decide(By(kMentor), closed.state(), OnDay("2026-05-06"), event::v1::OfferReconsidered()),
              IsRefused(kForbidden, "DOOR_IS_CLOSED"));
  const auto decision = Decide(By(kMentee), closed.state(), OnDay("2026-05-06"), event::v1::OfferReconsidered());
  EXPECT_THAT(decision, IsOnly("OfferReconsidered"));
  EXPECT_EQ(After(closed.state(), decision).door(), event::v1::DOOR_UNSPECIFIED);
}

TEST(PitchMade, SpeaksToConcernsThatWereRaised) {
  EXPECT_THAT(Decide(By(kMentor), Open().state(), OnDay("2026-05-06"), Pitch()),
              IsRefused(absl::StatusCode::kNotFound, "NO_SUCH_CONCERN"));
  auto worried = Open().Then("2026-05-04", Concern());
  const auto decision = Decide(By(kMentor), worried.state(), OnDay("2026-05-06"), Pitch());
  EXPECT_TRUE(After(worried.state(), decision).concerns(0).pitched());
}

TEST(PitchMade, OfASponsorDiesWithTheSponsor) {
  const auto worried = Open().Then("2026-05-04", Concern());
  const auto by_sponsor = Decide(By(kSponsor), worried.state(), OnDay("2026-05-06"), Pitch());
  ASSERT_TRUE(by_sponsor.ok());
  EXPECT_THAT(by_sponsor->facts[0].part_subjects.at(20), ElementsAre(kSponsor, kMentee));
  const auto by_mentor = Decide(By(kMentor), worried.state(), OnDay("2026-05-06"), Pitch());
  EXPECT_TRUE(by_mentor->facts[0].part_subjects.empty());
}

TEST(ConcernRaised, IsNamedByTheRequestUnlessItHasAName) {
  auto wanted = Concern();
  wanted.clear_concern_id();
  const auto decision = Decide(By(kMentee), Open().state(), OnDay("2026-05-04"), wanted);
  EXPECT_EQ(Only<event::v1::ConcernRaised>(decision).concern_id(), Named('0').ToBytes());
  wanted.mutable_shared()->clear_kind();
  EXPECT_THAT(Decide(By(kMentee), Open().state(), OnDay("2026-05-04"), wanted), IsRefused(kInvalid, "INVALID_FIELD"));
}

TEST(ConcernRaised, IsRefusedAfterAHundred) {
  auto worried = Open();
  for (int i = 0; i < kConcernsMax; ++i) worried.Then("2026-05-04", Concern());
  EXPECT_THAT(Decide(By(kMentee), worried.state(), OnDay("2026-05-04"), Concern()),
              IsRefused(kForbidden, "TOO_MANY_CONCERNS"));
}

TEST(ConcernAnswered, CountsAsItWasSaidLast) {
  auto worried = Open().Then("2026-05-04", Concern()).Then("2026-05-05", Pitch());
  worried.Then("2026-05-05", Answered(event::v1::CONCERN_ANSWER_UPHELD));
  EXPECT_EQ(worried.state().concerns(0).answer(), event::v1::CONCERN_ANSWER_UPHELD);
  EXPECT_FALSE(worried.state().concerns(0).pitched());
  worried.Then("2026-05-06", Answered(event::v1::CONCERN_ANSWER_EASED));
  EXPECT_EQ(worried.state().concerns(0).answer(), event::v1::CONCERN_ANSWER_EASED);
}

TEST(ConcernAnswered, IsRefusedForAnUnknownConcernAndWithoutAnAnswer) {
  EXPECT_THAT(Decide(By(kMentee), Open().state(), OnDay("2026-05-05"), Answered(event::v1::CONCERN_ANSWER_EASED)),
              IsRefused(absl::StatusCode::kNotFound, "NO_SUCH_CONCERN"));
  const auto worried = Open().Then("2026-05-04", Concern());
  EXPECT_THAT(
      Decide(By(kMentee), worried.state(), OnDay("2026-05-05"), Answered(event::v1::CONCERN_ANSWER_UNSPECIFIED)),
      IsRefused(kInvalid, "INVALID_FIELD"));
}

TEST(TermsChanged, OfAnOpenOfferResetsRespondBy) {
  const auto decision = Decide(By(kMentor), Open().state(), OnDay("2026-05-08"), event::v1::TermsChanged());
  EXPECT_EQ(Day{After(Open().state(), decision).respond_by()}, On("2026-05-22"));
  event::v1::TermsChanged wanted;
  wanted.set_respond_by(On("2026-05-07").value);
  EXPECT_THAT(Decide(By(kMentor), Open().state(), OnDay("2026-05-08"), wanted),
              IsRefused(kInvalid, "RESPOND_BY_BEFORE_OFFER"));
}

TEST(TermsChanged, OfARunningAssignmentHasNoRespondBy) {
  const auto running =
      Open().Then("2026-05-05", event::v1::OfferAccepted()).Then("2026-05-06", event::v1::AssignmentStarted());
  event::v1::TermsChanged wanted;
  wanted.mutable_terms()->set_what_changed("three days a week");
  EXPECT_THAT(Decide(By(kMentor), running.state(), OnDay("2026-05-08"), wanted), IsOnly("TermsChanged"));
  wanted.set_respond_by(On("2026-05-20").value);
  EXPECT_THAT(Decide(By(kMentor), running.state(), OnDay("2026-05-08"), wanted), IsRefused(kInvalid, "INVALID_FIELD"));
}

TEST(TermsChanged, OfNothingIsNoFact) {
  const auto accepted = Open().Then("2026-05-05", event::v1::OfferAccepted());
  event::v1::TermsChanged wanted;
  wanted.mutable_terms();
  const auto decision = Decide(By(kMentor), accepted.state(), OnDay("2026-05-08"), wanted);
  ASSERT_TRUE(decision.ok());
  EXPECT_TRUE(decision->facts.empty());
}

TEST(AssignmentStarted, OutsideTheWindowIsTakenWithAdvice) {
  auto offer = Offered("2026-05-10");
  offer.set_start_from(On("2026-06-01").value);
  offer.set_start_until(On("2026-06-30").value);
  const auto accepted = Sounded().Then("2026-05-03", offer).Then("2026-05-05", event::v1::OfferAccepted());
  const auto start = [&](std::string_view day) {
    return Decide(By(kMentee), accepted.state(), OnDay(day), event::v1::AssignmentStarted());
  };
  EXPECT_THAT(start("2026-05-31"), Advises("STARTED_OUTSIDE_WINDOW"));
  EXPECT_THAT(start("2026-07-01"), Advises("STARTED_OUTSIDE_WINDOW"));
  EXPECT_THAT(start("2026-06-15"), IsOnly("AssignmentStarted"));
}

TEST(ProgressNoted, HoldsConfidenceTo1To5) {
  const auto running =
      Open().Then("2026-05-05", event::v1::OfferAccepted()).Then("2026-05-06", event::v1::AssignmentStarted());
  event::v1::ProgressNoted wanted;
  wanted.mutable_shared()->set_confidence(6);
  EXPECT_THAT(Decide(By(kMentee), running.state(), OnDay("2026-05-08"), wanted), IsRefused(kInvalid, "INVALID_FIELD"));
  EXPECT_THAT(Decide(By(kMentee), running.state(), OnDay("2026-05-08"), event::v1::SetbackLogged()),
              IsRefused(kInvalid, "INVALID_FIELD"));
}

TEST(AssignmentCompleted, LeavesEachSideItsOwnLessons) {
  const auto running =
      Open().Then("2026-05-05", event::v1::OfferAccepted()).Then("2026-05-06", event::v1::AssignmentStarted());
  event::v1::AssignmentCompleted wanted;
  wanted.mutable_mentee_lessons()->set_text("delegate sooner");
  wanted.mutable_shared();
  const auto decision = Decide(By(kMentee), running.state(), OnDay("2026-09-01"), wanted);
  ASSERT_THAT(decision, IsOnly("AssignmentCompleted"));
  EXPECT_THAT(decision->facts[0].part_subjects.at(21), ElementsAre(kMentee));
  EXPECT_THAT(decision->facts[0].part_subjects.at(22), ElementsAre(kMentor));
  EXPECT_FALSE(Only<event::v1::AssignmentCompleted>(decision).has_shared());
}

}  // namespace
}  // namespace mentorlog::assignments
