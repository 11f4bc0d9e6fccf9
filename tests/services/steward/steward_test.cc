// The steward over every room: what it appends, and that it appends it once.
#include "services/steward/steward.h"

#include <thread>

#include "tests/services/steward/steward_world.h"

namespace mentorlog::steward_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const Names kAllThatFollows{"MoveTold", "TransitionSuggested", "TouchOwed"};

class Steward : public ::testing::Test {
 protected:
  World world;
  const Id ana = world.Person("Ana");
  const Id ben = world.Person("Ben");
  const Id cem = world.Person("Cem");
};

TEST_F(Steward, TellsSuggestsAndOwesInEveryOpenRelationshipOfTheMoverOnEitherSide) {
  const Id mentee_side = world.Start(ana, ben);
  const Id mentor_side = world.Start(ben, cem, RELATIONSHIP_KIND_SPONSOR);
  const Id closed = world.Start(cem, ben, RELATIONSHIP_KIND_PEER);
  world.Close(closed);
  const Id unconcerned = world.Start(ana, cem);
  const auto moved = world.Transfer(ben, "2026-03-01");
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(mentee_side, moved.position), kAllThatFollows);
  EXPECT_THAT(world.Done(mentor_side, moved.position), kAllThatFollows);
  EXPECT_THAT(world.Done(closed), IsEmpty());
  EXPECT_THAT(world.Done(unconcerned), IsEmpty());
  for (const auto& record : world.Records()) {
    EXPECT_EQ(record.header.policy_version(), record.header.source() == log::v1::SOURCE_STEWARD ? 1U : 0U);
  }
}

TEST_F(Steward, RunTwiceFromTheBeginningAppendsEachFactOnce) {
  const Id relationship = world.Start(ana, ben);
  world.Transfer(ben, "2026-03-01");
  world.LetTheStewardWork();
  const auto head = world.ledger().head();
  world.LetTheStewardWork();
  EXPECT_EQ(world.ledger().head(), head);
  EXPECT_THAT(world.Done(relationship), kAllThatFollows);
}

TEST_F(Steward, OnTwoThreadsAtOnceAppendsEachFactOnce) {
  std::vector<Id> relationships;
  for (const auto kind : relationships::kKinds) {
    relationships.push_back(world.Start(ana, ben, kind));
    relationships.push_back(world.Start(ben, cem, kind));
  }
  const auto first = world.Transfer(ben, "2026-02-20");
  const auto second = world.Transfer(ben, "2026-03-01", "York");
  std::thread other([&] { world.LetTheStewardWork(); });
  world.LetTheStewardWork();
  other.join();
  for (const auto& relationship : relationships) {
    EXPECT_THAT(world.Done(relationship, first.position),
                UnorderedElementsAre("MoveTold", "TransitionSuggested", "TouchOwed"));
    EXPECT_THAT(world.Done(relationship, second.position),
                UnorderedElementsAre("MoveTold", "TransitionAnswered", "TransitionSuggested", "TouchOwed"));
  }
}

TEST_F(Steward, AfterARestartAppendsEachFactOnce) {
  const Id relationship = world.Start(ana, ben);
  world.Transfer(ben, "2026-03-01");
  world.LetTheStewardWork();
  // By then the silence of an imported relationship may have lapsed, or not: its first due day is spread by ids.
  world.clock.Set("2026-03-05", 9);
  world.LetTheStewardWork();
  const auto head = world.ledger().head();
  world.Restart();
  world.LetTheStewardWork();
  EXPECT_EQ(world.ledger().head(), head);
  EXPECT_THAT(world.Done(relationship), kAllThatFollows);
}

TEST_F(Steward, SetsTheModeForAnImportedMoveAndNothingElse) {
  const Id relationship = world.Start(ana, ben);
  world.Transfer(ben, "2026-03-01", "Leeds", log::v1::SOURCE_CSV);
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), ElementsAre("ModeChanged", "CadenceSet"));
  const auto state = world.Relationship(relationship);
  EXPECT_EQ(state.mode(), RELATIONSHIP_MODE_STAY_IN_TOUCH);
  EXPECT_EQ(state.cadence().ideal_days(), 90U);
  EXPECT_EQ(state.cadence().max_days(), 180U);
}

TEST_F(Steward, DoesNothingForAnImportedLeave) {
  const Id relationship = world.Start(ana, ben);
  world.Move(ben, MOVE_TYPE_LEAVE, "2026-03-01", "Engineer", "Bristol", log::v1::SOURCE_CSV);
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), IsEmpty());
}

TEST_F(Steward, LetsTheLatestOfSeveralImportedMovesSetTheMode) {
  const Id relationship = world.Start(ana, ben);
  world.Move(ben, MOVE_TYPE_REHIRE, "2025-06-01", "Engineer", "Bristol", log::v1::SOURCE_CSV);
  world.Move(ben, MOVE_TYPE_EXIT, "2025-01-01", "", "", log::v1::SOURCE_CSV);
  world.LetTheStewardWork();
  EXPECT_EQ(world.Relationship(relationship).mode(), RELATIONSHIP_MODE_REGULAR);
}

TEST_F(Steward, PassesOverAnImportedPromotionInPlaceWhenItLooksForTheLatestMove) {
  const Id relationship = world.Start(ana, ben);
  world.Transfer(ben, "2025-01-01", "Leeds", log::v1::SOURCE_CSV);
  world.Move(ben, MOVE_TYPE_PROMOTION, "2025-06-01", "Senior Engineer", "Leeds", log::v1::SOURCE_CSV);
  world.LetTheStewardWork();
  EXPECT_EQ(world.Relationship(relationship).mode(), RELATIONSHIP_MODE_STAY_IN_TOUCH);
}

TEST_F(Steward, OnlySetsTheModeForAMoveRecorded61DaysLate) {
  const Id relationship = world.Start(ana, ben);
  world.clock.Set("2026-05-01", 9);
  world.Transfer(ben, "2026-03-01");
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), ElementsAre("ModeChanged", "CadenceSet"));
}

TEST_F(Steward, TreatsAMoveRecorded60DaysLateAsNews) {
  const Id relationship = world.Start(ana, ben);
  world.clock.Set("2026-04-30", 9);
  world.Transfer(ben, "2026-03-01");
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), kAllThatFollows);
}

TEST_F(Steward, GivesARelationshipThatStartsAfterAKnownMoveItsMode) {
  world.Transfer(ben, "2026-02-20");
  world.LetTheStewardWork();
  const Id relationship = world.Start(ana, ben, RELATIONSHIP_KIND_MENTOR, "2026-02-10");
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), ElementsAre("ModeChanged", "CadenceSet"));
  EXPECT_EQ(world.Relationship(relationship).mode(), RELATIONSHIP_MODE_STAY_IN_TOUCH);
}

TEST_F(Steward, MakesNoNewsOfAMoveThatWasKnownWhenTheRelationshipBegan) {
  world.Transfer(ben, "2026-02-20");
  const Id relationship = world.Start(ana, ben, RELATIONSHIP_KIND_MENTOR, "2026-02-10");
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), ElementsAre("ModeChanged", "CadenceSet"));
}

TEST_F(Steward, RunAgainDoesNotOverruleAnAnswer) {
  const Id relationship = world.Start(ana, ben);
  world.Transfer(ben, "2026-03-01");
  world.LetTheStewardWork();
  world.Answer(relationship, TRANSITION_ANSWER_KEPT);
  world.clock.Set("2026-06-01", 9);
  world.LetTheStewardWork();
  EXPECT_EQ(world.Relationship(relationship).mode(), RELATIONSHIP_MODE_REGULAR);
  EXPECT_THAT(world.Done(relationship), kAllThatFollows);
}

TEST_F(Steward, RunAgainAfterAReopeningMakesNoNewsOfAMoveFromBetween) {
  const Id relationship = world.Start(ana, ben);
  world.Close(relationship);
  world.Transfer(ben, "2026-03-01");
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), IsEmpty());
  world.Reopen(relationship);
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), ElementsAre("ModeChanged", "CadenceSet"));
}

TEST_F(Steward, LeavesTheModeBeforeTheCloseToAReopening) {
  const Id relationship = world.Start(ana, ben);
  world.Transfer(ben, "2026-03-01");
  world.LetTheStewardWork();
  world.Answer(relationship, TRANSITION_ANSWER_KEPT);
  world.Close(relationship);
  world.Reopen(relationship);
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), kAllThatFollows);
  EXPECT_EQ(world.Relationship(relationship).mode(), RELATIONSHIP_MODE_REGULAR);
}

TEST_F(Steward, TakesAnUnansweredTransitionAfter14DaysOfSilence) {
  const Id relationship = world.Start(ana, ben);
  world.Transfer(ben, "2026-03-01");
  world.LetTheStewardWork();
  // Suggested on the 2nd: the 16th ends everywhere at noon of the 17th.
  world.clock.Set("2026-03-17", 11);
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), kAllThatFollows);
  world.clock.Set("2026-03-17", 12);
  world.LetTheStewardWork();
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), ElementsAre("MoveTold", "TransitionSuggested", "TouchOwed",
                                                    "TransitionAnswered", "ModeChanged", "CadenceSet"));
  EXPECT_EQ(world.Relationship(relationship).mode(), RELATIONSHIP_MODE_STAY_IN_TOUCH);
}

TEST_F(Steward, DoesNotTakeBySilenceWhatWasAnswered) {
  const Id relationship = world.Start(ana, ben);
  world.Transfer(ben, "2026-03-01");
  world.LetTheStewardWork();
  world.Answer(relationship, TRANSITION_ANSWER_KEPT);
  world.clock.Set("2026-03-30", 9);
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), kAllThatFollows);
}

TEST_F(Steward, SupersedesAnOpenSuggestionByThatOfANewerMove) {
  const Id relationship = world.Start(ana, ben);
  const auto first = world.Transfer(ben, "2026-02-25");
  world.LetTheStewardWork();
  const auto second = world.Transfer(ben, "2026-03-01", "York");
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship, first.position), kAllThatFollows);
  EXPECT_THAT(world.Done(relationship, second.position),
              ElementsAre("MoveTold", "TransitionAnswered", "TransitionSuggested", "TouchOwed"));
  EXPECT_EQ(world.Relationship(relationship).transition().move_id(), second.move.ToBytes());
}

TEST_F(Steward, SupersedesTheSuggestionOfARetractedMoveAndWaivesItsDebt) {
  const Id relationship = world.Start(ana, ben);
  const auto moved = world.Transfer(ben, "2026-03-01");
  world.LetTheStewardWork();
  world.clock.Set("2026-03-03", 9);
  world.Retract(ben, moved.move);
  world.LetTheStewardWork();
  world.LetTheStewardWork();
  EXPECT_FALSE(world.Relationship(relationship).has_transition());
  EXPECT_THAT(world.Relationship(relationship).owed(), IsEmpty());
  EXPECT_THAT(world.Done(relationship),
              ElementsAre("MoveTold", "TransitionSuggested", "TouchOwed", "TransitionAnswered", "OwedTouchWaived"));
}

TEST_F(Steward, SaysNothingOfAMoveThatWasRetractedBeforeItCame) {
  const Id relationship = world.Start(ana, ben);
  const auto moved = world.Transfer(ben, "2026-03-01");
  world.clock.Set("2026-03-03", 9);
  world.Retract(ben, moved.move);
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), IsEmpty());
}

TEST_F(Steward, OnlyCongratulatesOnAPromotionInPlace) {
  const Id relationship = world.Start(ana, ben);
  world.Move(ben, MOVE_TYPE_PROMOTION, "2026-03-01", "Senior Engineer", "Bristol");
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), ElementsAre("MoveTold", "TransitionSuggested"));
  world.clock.Set("2026-04-01", 9);
  world.LetTheStewardWork();
  EXPECT_EQ(world.Relationship(relationship).mode(), RELATIONSHIP_MODE_REGULAR);
}

relationships::Pause PauseUntil(const Id& relationship, std::string_view from, std::string_view until) {
  relationships::Pause pause;
  pause.relationship = relationship;
  pause.occurred_on = On(from);
  pause.until = On(until);
  return pause;
}

TEST_F(Steward, EndsAPauseOnTheDayItWasTo) {
  const Id relationship = world.Start(ana, ben);
  world.Relate(PauseUntil(relationship, "2026-03-02", "2026-03-10"));
  world.clock.Set("2026-03-09", 23);
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), IsEmpty());
  world.clock.Set("2026-03-10", 0);
  world.LetTheStewardWork();
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), ElementsAre("RelationshipResumed"));
  EXPECT_EQ(world.Relationship(relationship).status(), view::v1::RELATIONSHIP_STATUS_ACTIVE);
}

TEST_F(Steward, EndsASecondPauseUntilTheSameDayToo) {
  const Id relationship = world.Start(ana, ben);
  world.Relate(PauseUntil(relationship, "2026-03-02", "2026-03-10"));
  world.clock.Set("2026-03-10", 9);
  world.LetTheStewardWork();
  world.Relate(PauseUntil(relationship, "2026-03-09", "2026-03-10"));
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), ElementsAre("RelationshipResumed", "RelationshipResumed"));
}

class StewardOfAssignments : public Steward {
 protected:
  Id Offered(std::string_view respond_by) { return world.Offered(ana, ben, respond_by); }
  void Accept(const Id& assignment, std::string_view on) {
    world.Assign(assignments::AcceptOffer{{assignment, On(on)}, {}});
  }
};

TEST_F(StewardOfAssignments, LetsAnOfferExpireOnceItsDayHasEndedEverywhereOnEarth) {
  const Id assignment = Offered("2026-03-10");
  world.clock.Set("2026-03-11", 11);
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(assignment), IsEmpty());
  world.clock.Set("2026-03-11", 12);
  world.LetTheStewardWork();
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(assignment), ElementsAre("OfferExpired"));
}

TEST_F(StewardOfAssignments, LeavesAnExpiredOfferOpenToAYesOfItsLastDay) {
  const Id assignment = Offered("2026-03-10");
  world.clock.Set("2026-03-12", 9);
  world.LetTheStewardWork();
  Accept(assignment, "2026-03-10");
  EXPECT_EQ(world.Assignment(assignment).status(), view::v1::ASSIGNMENT_STATUS_ACCEPTED);
  world.LetTheStewardWork();
  EXPECT_EQ(world.Assignment(assignment).status(), view::v1::ASSIGNMENT_STATUS_ACCEPTED);
}

class StewardOfSetbacks : public StewardOfAssignments {
 protected:
  Position SetBack() {
    const Id assignment = Offered("2026-03-10");
    Accept(assignment, "2026-03-02");
    world.Assign(assignments::StartAssignment{{assignment, On("2026-03-02")}, {}});
    SetbackLogged setback;
    setback.mutable_shared()->set_kind(SETBACK_KIND_FAILURE);
    return world.Assign(assignments::LogSetback{{assignment, On("2026-03-02")}, setback}).records.at(0)->position();
  }
};

TEST_F(StewardOfSetbacks, OwesADebrief) {
  const Id relationship = world.Start(ana, ben);
  const auto setback = SetBack();
  world.LetTheStewardWork();
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship, setback), ElementsAre("TouchOwed"));
  EXPECT_EQ(world.Relationship(relationship).owed(0).debt().cause(), OWED_CAUSE_SETBACK);
}

TEST_F(StewardOfSetbacks, OwesNothingToARelationshipThatBeganLater) {
  SetBack();
  world.LetTheStewardWork();
  const Id relationship = world.Start(ana, ben);
  world.LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), IsEmpty());
}

// The worker itself, at work by its own clock.
TEST_F(Steward, WorksByItselfOnceStarted) {
  const Id relationship = world.Start(ana, ben);
  steward::Steward steward(world.desk(), steward::Policies{});
  steward.Start();
  world.Transfer(ben, "2026-03-01");
  for (int i = 0; i < 1000 && world.Done(relationship).size() < 3; ++i) absl::SleepFor(absl::Milliseconds(10));
  steward.Stop();
  EXPECT_TRUE(steward.Health().ok()) << steward.Health();
  EXPECT_THAT(world.Done(relationship), kAllThatFollows);
}

}  // namespace
}  // namespace mentorlog::steward_test
