// Moves that were recorded wrongly: what their correction and their retraction make of what was said about them.
#include <thread>

#include "tests/services/steward/steward_world.h"

namespace mentorlog::steward_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Names kAllThatFollows{"MoveTold", "TransitionSuggested", "TouchOwed"};

class Correction : public ::testing::Test {
 protected:
  // Goes on from where it was, and works again from the beginning: the second time changes nothing.
  void LetTheStewardWork() {
    world.LetTheStewardWork(reached);
    reached = world.ledger().head();
    world.LetTheStewardWork();
    EXPECT_EQ(world.ledger().head(), reached);
  }
  Suggestion Suggested() { return world.Relationship(relationship).transition().suggestion(); }
  // The one debt that is open.
  Debt Owed() {
    const auto state = world.Relationship(relationship);
    EXPECT_THAT(state.owed(), SizeIs(1));
    return state.owed_size() == 1 ? state.owed(0).debt() : Debt();
  }

  World world;
  Position reached;
  const Id ana = world.Person("Ana");
  const Id ben = world.Person("Ben");
  const Id relationship = world.Start(ana, ben);
};

TEST_F(Correction, ThatChangesNothingRelevantDoesNothing) {
  const auto moved = world.Transfer(ben, "2026-03-01");
  LetTheStewardWork();
  world.Correct(ben, moved.move, {.site = "York"});
  world.Correct(ben, moved.move, {.title = "Lead"});
  world.Correct(ben, moved.move, {.type = MOVE_TYPE_LATERAL});
  LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), kAllThatFollows);
}

TEST_F(Correction, ToAnExitTakesThePlaceOfTheSuggestionAndKeepsTheDebt) {
  const auto moved = world.Transfer(ben, "2026-03-01");
  LetTheStewardWork();
  const auto owed = Owed().owed_id();
  const auto corrected = world.Correct(ben, moved.move, {.type = MOVE_TYPE_EXIT});
  LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship, corrected), ElementsAre("TransitionAnswered", "TransitionSuggested"));
  EXPECT_EQ(Suggested(), SUGGESTION_STAY_IN_TOUCH_AFTER_EXIT);
  EXPECT_EQ(Owed().owed_id(), owed);
}

TEST_F(Correction, ToALeaveSuggestsAPauseAndWaivesTheDebt) {
  const auto moved = world.Transfer(ben, "2026-03-01");
  LetTheStewardWork();
  world.Correct(ben, moved.move, {.type = MOVE_TYPE_LEAVE});
  LetTheStewardWork();
  EXPECT_EQ(Suggested(), SUGGESTION_PAUSE);
  EXPECT_THAT(world.Relationship(relationship).owed(), IsEmpty());
}

TEST_F(Correction, ToNoMoveAtAllLeavesNothingStanding) {
  const auto moved = world.Transfer(ben, "2026-03-01");
  LetTheStewardWork();
  const auto corrected = world.Correct(ben, moved.move, {.site = "Bristol"});
  LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship, corrected), ElementsAre("TransitionAnswered", "OwedTouchWaived"));
  EXPECT_FALSE(world.Relationship(relationship).has_transition());
  EXPECT_THAT(world.Relationship(relationship).owed(), IsEmpty());
}

TEST_F(Correction, ToARealMoveIsNews) {
  const auto moved = world.Move(ben, MOVE_TYPE_UNKNOWN, "2026-03-01", "Engineer", "Bristol");
  LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), IsEmpty());
  const auto corrected = world.Correct(ben, moved.move, {.type = MOVE_TYPE_TRANSFER, .site = "Leeds"});
  LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship, corrected), kAllThatFollows);
  // Once it is dealt with, it stays so.
  world.Touch(relationship, "2026-03-02");
  world.Answer(relationship, TRANSITION_ANSWER_KEPT);
  LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), kAllThatFollows);
}

TEST_F(Correction, OfTheDayTakesTheDebtWithIt) {
  world.clock.Set("2026-03-10", 9);
  const auto moved = world.Transfer(ben, "2026-03-01");
  LetTheStewardWork();
  const auto before = Owed();
  const auto corrected = world.Correct(ben, moved.move, {.on = "2026-03-08"});
  LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship, corrected), ElementsAre("TouchOwed"));
  const auto now = Owed();
  EXPECT_EQ(now.owed_id(), before.owed_id());
  EXPECT_EQ(Day{now.owed_on()}, On("2026-03-08"));
  EXPECT_EQ(Day{now.due_on()}, On("2026-03-22"));
  // A touch between the two days is not the first one after the move any more.
  world.Touch(relationship, "2026-03-05");
  EXPECT_THAT(world.Relationship(relationship).owed(), SizeIs(1));
}

TEST_F(Correction, ToAnEarlierDayFindsTheTouchThatWasMade) {
  world.clock.Set("2026-03-10", 9);
  const auto moved = world.Transfer(ben, "2026-03-08");
  LetTheStewardWork();
  world.Touch(relationship, "2026-03-05");
  EXPECT_THAT(world.Relationship(relationship).owed(), SizeIs(1));
  const auto corrected = world.Correct(ben, moved.move, {.on = "2026-03-01"});
  LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship, corrected), ElementsAre("TouchOwed", "OwedTouchMade"));
  EXPECT_THAT(world.Relationship(relationship).owed(), IsEmpty());
}

TEST_F(Correction, ToALaterDayThanTheTouchOwesItAgain) {
  world.clock.Set("2026-03-10", 9);
  const auto moved = world.Transfer(ben, "2026-03-01");
  LetTheStewardWork();
  world.Touch(relationship, "2026-03-05");
  EXPECT_THAT(world.Relationship(relationship).owed(), IsEmpty());
  world.Correct(ben, moved.move, {.on = "2026-03-08"});
  LetTheStewardWork();
  EXPECT_EQ(Day{Owed().owed_on()}, On("2026-03-08"));
}

TEST_F(Correction, OfTheDayDoesNotOweAgainWhatWasWaived) {
  world.clock.Set("2026-03-10", 9);
  const auto moved = world.Transfer(ben, "2026-03-01");
  LetTheStewardWork();
  relationships::WaiveOwedTouch waive;
  waive.relationship = relationship;
  waive.occurred_on = On("2026-03-10");
  waive.owed = *Id::FromBytes(Owed().owed_id());
  world.Relate(waive);
  world.Correct(ben, moved.move, {.on = "2026-03-08"});
  LetTheStewardWork();
  EXPECT_THAT(world.Relationship(relationship).owed(), IsEmpty());
}

TEST_F(Correction, ToADayLongBeforeItWasRecordedSetsTheModeAndNothingElse) {
  const auto moved = world.Transfer(ben, "2026-03-01");
  LetTheStewardWork();
  world.Correct(ben, moved.move, {.on = "2025-06-01"});
  LetTheStewardWork();
  const auto state = world.Relationship(relationship);
  EXPECT_FALSE(state.has_transition());
  EXPECT_THAT(state.owed(), IsEmpty());
  EXPECT_EQ(state.mode(), RELATIONSHIP_MODE_STAY_IN_TOUCH);
}

TEST_F(Correction, OfWhatWasAnsweredIsAskedAnew) {
  const auto moved = world.Transfer(ben, "2026-03-01");
  LetTheStewardWork();
  world.Answer(relationship, TRANSITION_ANSWER_KEPT);
  world.Correct(ben, moved.move, {.title = "Lead"});
  LetTheStewardWork();
  EXPECT_FALSE(world.Relationship(relationship).has_transition());
  world.Correct(ben, moved.move, {.type = MOVE_TYPE_EXIT});
  LetTheStewardWork();
  EXPECT_EQ(Suggested(), SUGGESTION_STAY_IN_TOUCH_AFTER_EXIT);
  world.Answer(relationship, TRANSITION_ANSWER_KEPT);
  LetTheStewardWork();
  EXPECT_FALSE(world.Relationship(relationship).has_transition());
}

TEST_F(Correction, ThatTheFirstWordKnewOfAddsNothing) {
  world.clock.Set("2026-03-10", 9);
  const auto moved = world.Transfer(ben, "2026-03-01");
  world.Correct(ben, moved.move, {.type = MOVE_TYPE_LEAVE});
  world.Correct(ben, moved.move, {.type = MOVE_TYPE_EXIT, .on = "2026-03-02"});
  LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), kAllThatFollows);
  EXPECT_EQ(Suggested(), SUGGESTION_STAY_IN_TOUCH_AFTER_EXIT);
  EXPECT_EQ(Day{Owed().owed_on()}, On("2026-03-02"));
  // Nor does it once that was answered.
  world.Answer(relationship, TRANSITION_ANSWER_KEPT);
  LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), kAllThatFollows);
}

TEST_F(Correction, OfAnOlderMoveLeavesTheSuggestionOfTheNewer) {
  const auto older = world.Transfer(ben, "2026-02-20");
  LetTheStewardWork();
  const auto newer = world.Transfer(ben, "2026-03-01", "York");
  LetTheStewardWork();
  world.Correct(ben, older.move, {.type = MOVE_TYPE_EXIT});
  LetTheStewardWork();
  EXPECT_EQ(world.Relationship(relationship).transition().move_id(), newer.move.ToBytes());
}

TEST_F(Correction, OfAnAnnouncementSaysNothing) {
  people::AnnounceMove announce;
  announce.person = ben;
  announce.type = MOVE_TYPE_UNKNOWN;
  announce.effective_on = On("2026-04-01");
  announce.occurred_on = On("2026-03-02");
  const auto outcome =
      world.Do([&](const auto& context, auto& states) { return people::RunAnnounceMove(context, states, announce); });
  PersonEvent event;
  ASSERT_TRUE(world.desk().codec.ParseOpen(*outcome.records.at(0), event).ok());
  world.Correct(ben, *Id::FromBytes(event.move_announced().move_id()), {.type = MOVE_TYPE_EXIT});
  LetTheStewardWork();
  EXPECT_THAT(world.Done(relationship), IsEmpty());
}

TEST_F(Correction, OnTwoThreadsIsTakenOnce) {
  std::vector<Id> relationships{relationship};
  for (const auto kind : relationships::kKinds) relationships.push_back(world.Start(ben, ana, kind));
  const auto moved = world.Transfer(ben, "2026-03-01");
  world.LetTheStewardWork();
  const auto corrected = world.Correct(ben, moved.move, {.type = MOVE_TYPE_LEAVE});
  std::thread other([&] { world.LetTheStewardWork(); });
  world.LetTheStewardWork();
  other.join();
  for (const auto& each : relationships) {
    EXPECT_THAT(world.Done(each, corrected),
                ::testing::UnorderedElementsAre("TransitionAnswered", "TransitionSuggested", "OwedTouchWaived"));
  }
}

TEST_F(Correction, ThatRetractsTheMoveWaivesItsDebtAlsoWhereItWasClosedSince) {
  const auto moved = world.Transfer(ben, "2026-03-01");
  LetTheStewardWork();
  world.Close(relationship);
  world.Retract(ben, moved.move);
  LetTheStewardWork();
  EXPECT_THAT(world.Relationship(relationship).owed(), IsEmpty());
}

TEST_F(Correction, ThatRetractsOneMoveLeavesWhatStandsForAnother) {
  const auto older = world.Transfer(ben, "2026-02-20");
  const auto newer = world.Transfer(ben, "2026-03-01", "York");
  LetTheStewardWork();
  world.Retract(ben, older.move);
  LetTheStewardWork();
  EXPECT_EQ(world.Relationship(relationship).transition().move_id(), newer.move.ToBytes());
  EXPECT_EQ(Owed().cause_id(), newer.move.ToBytes());
}

}  // namespace
}  // namespace mentorlog::steward_test
