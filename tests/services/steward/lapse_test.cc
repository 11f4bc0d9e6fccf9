// Touches that did not come in time: what the days make of silence.
#include <set>
#include <thread>

#include "services/today/ladder.h"
#include "tests/services/steward/steward_world.h"

namespace mentorlog::steward_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Silence : public ::testing::Test {
 protected:
  // Declared by one of the two today, in the regular cadence of 30 and 45 days.
  Id Start(RelationshipKind kind = RELATIONSHIP_KIND_MENTOR) {
    return world.Start(ana, ben, kind, "2026-03-02", log::v1::SOURCE_GRPC);
  }
  void LetTheStewardWorkOn(std::string_view day, int hour = 12) {
    world.clock.Set(day, hour);
    world.LetTheStewardWork();
  }
  void Set(const Id& relationship, std::uint32_t ideal_days, std::uint32_t max_days) {
    relationships::SetCadence command;
    command.relationship = relationship;
    command.occurred_on = world.clock.Now().UtcDay();
    command.cadence.set_ideal_days(ideal_days);
    command.cadence.set_max_days(max_days);
    world.Relate(command);
  }
  void Retract(const Id& relationship, const Id& checkin) {
    relationships::RetractCheckIn command;
    command.relationship = relationship;
    command.checkin = checkin;
    command.reason = CHECK_IN_RETRACTION_REASON_MISTAKEN;
    command.occurred_on = world.clock.Now().UtcDay();
    world.Relate(command);
  }

  World world;
  const Id ana = world.Person("Ana");
  const Id ben = world.Person("Ben");
};

TEST_F(Silence, LapsesOnceTheDayOfEachThresholdHasEndedEverywhereOnEarth) {
  const Id relationship = Start();
  LetTheStewardWorkOn("2026-04-02", 11);
  EXPECT_THAT(world.Lapsed(relationship), IsEmpty());
  LetTheStewardWorkOn("2026-04-02", 12);
  EXPECT_THAT(world.Lapsed(relationship), ElementsAre("ideal 2026-04-01, silent since 2026-03-02"));
  LetTheStewardWorkOn("2026-04-17", 11);
  EXPECT_THAT(world.Lapsed(relationship), ElementsAre("ideal 2026-04-01, silent since 2026-03-02"));
  LetTheStewardWorkOn("2026-04-17", 12);
  EXPECT_THAT(world.Lapsed(relationship),
              ElementsAre("ideal 2026-04-01, silent since 2026-03-02", "max 2026-04-16, silent since 2026-03-02"));
}

TEST_F(Silence, LapsesOncePerThresholdHoweverOftenTheStewardWorks) {
  const Id relationship = Start();
  LetTheStewardWorkOn("2026-05-02");
  const auto head = world.ledger().head();
  world.LetTheStewardWork();
  world.Restart();
  LetTheStewardWorkOn("2029-05-03");
  EXPECT_EQ(world.ledger().head(), head);
  EXPECT_THAT(world.Lapsed(relationship),
              ElementsAre("ideal 2026-04-01, silent since 2026-03-02", "max 2026-04-16, silent since 2026-03-02"));
}

TEST_F(Silence, LapsesOnceOnTwoThreads) {
  std::vector<Id> relationships;
  for (const auto kind : relationships::kKinds) relationships.push_back(Start(kind));
  world.clock.Set("2026-05-02", 12);
  std::thread other([&] { world.LetTheStewardWork(); });
  world.LetTheStewardWork();
  other.join();
  for (const auto& relationship : relationships) {
    EXPECT_THAT(world.Lapsed(relationship),
                ElementsAre("ideal 2026-04-01, silent since 2026-03-02", "max 2026-04-16, silent since 2026-03-02"));
  }
}

TEST_F(Silence, CountsFromTheLastTouchAndNeverFromAnOldDueDate) {
  const Id relationship = Start();
  LetTheStewardWorkOn("2026-04-05");
  world.Touch(relationship, "2026-04-04");
  LetTheStewardWorkOn("2026-05-04");
  EXPECT_THAT(world.Lapsed(relationship), ElementsAre("ideal 2026-04-01, silent since 2026-03-02"));
  LetTheStewardWorkOn("2026-05-05");
  EXPECT_THAT(world.Lapsed(relationship),
              ElementsAre("ideal 2026-04-01, silent since 2026-03-02", "ideal 2026-05-04, silent since 2026-04-04"));
}

TEST_F(Silence, OfThePastDoesNotLapse) {
  const Id relationship = Start();
  world.clock.Set("2026-06-01", 12);
  world.Touch(relationship, "2026-05-30");
  world.LetTheStewardWork();
  EXPECT_THAT(world.Lapsed(relationship), IsEmpty());
}

TEST_F(Silence, IsEndedByATouchInAnyRelationshipOfTheTwo) {
  const Id mentored = Start();
  const Id other_way = world.Start(ben, ana, RELATIONSHIP_KIND_PEER, "2026-03-02", log::v1::SOURCE_GRPC);
  world.clock.Set("2026-03-20", 12);
  world.Touch(other_way, "2026-03-20");
  LetTheStewardWorkOn("2026-04-19");
  EXPECT_THAT(world.Lapsed(mentored), IsEmpty());
  LetTheStewardWorkOn("2026-04-20");
  EXPECT_THAT(world.Lapsed(mentored), ElementsAre("ideal 2026-04-19, silent since 2026-03-20"));
  EXPECT_THAT(world.Lapsed(other_way), ElementsAre("ideal 2026-04-19, silent since 2026-03-20"));
}

TEST_F(Silence, CountsFromTheTouchBeforeARetractedOne) {
  const Id relationship = Start();
  world.clock.Set("2026-03-20", 12);
  world.Touch(relationship, "2026-03-10");
  const Id wrong = world.Touch(relationship, "2026-03-20");
  LetTheStewardWorkOn("2026-04-10");
  EXPECT_THAT(world.Lapsed(relationship), IsEmpty());
  Retract(relationship, wrong);
  world.LetTheStewardWork();
  EXPECT_THAT(world.Lapsed(relationship), ElementsAre("ideal 2026-04-09, silent since 2026-03-10"));
}

TEST_F(Silence, IsMeasuredByTheCadenceOfEachRelationship) {
  const Id often = Start();
  const Id seldom = Start(RELATIONSHIP_KIND_SPONSOR);
  Set(often, 7, 10);
  Set(seldom, 20, 90);
  LetTheStewardWorkOn("2026-03-23");
  EXPECT_THAT(world.Lapsed(often),
              ElementsAre("ideal 2026-03-09, silent since 2026-03-02", "max 2026-03-12, silent since 2026-03-02"));
  EXPECT_THAT(world.Lapsed(seldom), ElementsAre("ideal 2026-03-22, silent since 2026-03-02"));
}

TEST_F(Silence, OfWhatRestsDoesNotLapseUntilItGoesOn) {
  const Id relationship = Start();
  relationships::Acknowledge acknowledge;
  acknowledge.relationship = relationship;
  acknowledge.occurred_on = On("2026-03-02");
  world.Relate(acknowledge);
  relationships::Pause pause;
  pause.relationship = relationship;
  pause.occurred_on = On("2026-03-02");
  pause.until = On("2026-05-01");
  world.Relate(pause);
  LetTheStewardWorkOn("2026-04-30", 23);
  EXPECT_THAT(world.Lapsed(relationship), IsEmpty());
  LetTheStewardWorkOn("2026-05-01", 0);
  EXPECT_THAT(world.Lapsed(relationship),
              ElementsAre("ideal 2026-04-01, silent since 2026-03-02", "max 2026-04-16, silent since 2026-03-02"));
}

TEST_F(Silence, OfWhatWasClosedOrDeclinedDoesNotLapse) {
  const Id closed = Start();
  world.Close(closed);
  const Id declined = Start(RELATIONSHIP_KIND_SPONSOR);
  relationships::Decline decline;
  decline.relationship = declined;
  decline.occurred_on = On("2026-03-02");
  world.Relate(decline);
  LetTheStewardWorkOn("2026-06-01");
  EXPECT_THAT(world.Lapsed(closed), IsEmpty());
  EXPECT_THAT(world.Lapsed(declined), IsEmpty());
}

TEST_F(Silence, IsThatOfTheModeWhichSilenceBroughtOnTheSameDay) {
  const Id relationship = Start();
  world.clock.Set("2026-03-18", 12);
  world.Transfer(ben, "2026-03-18");
  world.LetTheStewardWork();
  // Both the answer and the touch are late by now: the slower cadence holds, and is not late.
  LetTheStewardWorkOn("2026-04-10");
  EXPECT_EQ(world.Relationship(relationship).mode(), RELATIONSHIP_MODE_STAY_IN_TOUCH);
  EXPECT_THAT(world.Lapsed(relationship), IsEmpty());
}

class ImportedSilence : public Silence {};

TEST_F(ImportedSilence, LapsesAsTheOneThatLastsAndNotAsThoseThatEnded) {
  const Id relationship = world.Start(ana, ben, RELATIONSHIP_KIND_MENTOR, "2020-01-01");
  for (const auto* day : {"2020-06-01", "2022-01-01", "2025-03-01"})
    world.Touch(relationship, day, log::v1::SOURCE_CSV);
  const auto spread = static_cast<std::int32_t>(today::StableHash(ana.ToBytes() + ben.ToBytes()) % 30);
  const auto due_on = On("2026-03-02").Plus(spread);
  LetTheStewardWorkOn(due_on.ToText());
  EXPECT_THAT(world.Lapsed(relationship), IsEmpty());
  LetTheStewardWorkOn(due_on.Plus(1).ToText());
  EXPECT_THAT(world.Lapsed(relationship), ElementsAre("ideal " + due_on.ToText() + ", silent since 2025-03-01",
                                                      "max " + due_on.ToText() + ", silent since 2025-03-01"));
}

TEST_F(ImportedSilence, DoesNotLapseOnOneDayForEverybody) {
  std::vector<Id> relationships;
  for (int i = 0; i < 20; ++i) relationships.push_back(world.Start(ana, world.Person("Mentee " + std::to_string(i))));
  std::set<std::string> days;
  for (auto day = On("2026-03-02"); day < On("2026-04-03"); day = day.Plus(1)) {
    const auto head = world.ledger().head();
    LetTheStewardWorkOn(day.ToText());
    if (world.ledger().head() > head) days.insert(day.ToText());
  }
  EXPECT_FALSE(days.contains("2026-03-02"));
  EXPECT_GT(days.size(), 5U);
  for (const auto& relationship : relationships) EXPECT_EQ(world.Lapsed(relationship).size(), 2U);
}

TEST_F(ImportedSilence, IsNotSpreadOnceATouchWasLogged) {
  const Id relationship = world.Start(ana, ben, RELATIONSHIP_KIND_MENTOR, "2020-01-01");
  world.Touch(relationship, "2026-03-02");
  LetTheStewardWorkOn("2026-04-01");
  EXPECT_THAT(world.Lapsed(relationship), IsEmpty());
  LetTheStewardWorkOn("2026-04-02");
  EXPECT_THAT(world.Lapsed(relationship), ElementsAre("ideal 2026-04-01, silent since 2026-03-02"));
}

// One steward that goes on from day to day, and so looks only at what is due and at what changed.
class FromDayToDay : public Silence {
 protected:
  void GoOnTo(std::string_view day) {
    world.clock.Set(day, 12);
    const auto reached = steward.Follow(reached_);
    ASSERT_TRUE(reached.ok()) << reached.status();
    reached_ = *reached;
    const auto status = steward.Day();
    ASSERT_TRUE(status.ok()) << status;
  }

  steward::Steward steward{world.desk(), steward::Policies{}};
  Position reached_;
};

TEST_F(FromDayToDay, EachTouchLapsesOnItsDay) {
  GoOnTo("2026-03-02");
  const Id relationship = Start();
  GoOnTo("2026-03-03");
  world.Touch(relationship, "2026-03-03");
  GoOnTo("2026-04-02");
  EXPECT_THAT(world.Lapsed(relationship), IsEmpty());
  GoOnTo("2026-04-03");
  EXPECT_THAT(world.Lapsed(relationship), ElementsAre("ideal 2026-04-02, silent since 2026-03-03"));
  world.Touch(relationship, "2026-04-03");
  for (auto day = On("2026-04-04"); day < On("2026-05-04"); day = day.Plus(1)) GoOnTo(day.ToText());
  EXPECT_THAT(world.Lapsed(relationship), ElementsAre("ideal 2026-04-02, silent since 2026-03-03"));
  GoOnTo("2026-05-04");
  GoOnTo("2026-05-19");
  EXPECT_THAT(world.Lapsed(relationship),
              ElementsAre("ideal 2026-04-02, silent since 2026-03-03", "ideal 2026-05-03, silent since 2026-04-03",
                          "max 2026-05-18, silent since 2026-04-03"));
}

TEST_F(FromDayToDay, AShorterCadenceIsDueEarlier) {
  const Id relationship = Start();
  GoOnTo("2026-03-02");
  Set(relationship, 7, 100);
  GoOnTo("2026-03-09");
  EXPECT_THAT(world.Lapsed(relationship), IsEmpty());
  GoOnTo("2026-03-10");
  EXPECT_THAT(world.Lapsed(relationship), ElementsAre("ideal 2026-03-09, silent since 2026-03-02"));
}

TEST_F(FromDayToDay, ARetractedTouchIsDueEarlierInEveryRelationshipOfTheTwo) {
  const Id mentored = Start();
  const Id peers = Start(RELATIONSHIP_KIND_PEER);
  world.clock.Set("2026-03-20", 12);
  world.Touch(mentored, "2026-03-10");
  const Id wrong = world.Touch(peers, "2026-03-20");
  GoOnTo("2026-04-10");
  Retract(peers, wrong);
  GoOnTo("2026-04-11");
  EXPECT_THAT(world.Lapsed(mentored), ElementsAre("ideal 2026-04-09, silent since 2026-03-10"));
  EXPECT_THAT(world.Lapsed(peers), ElementsAre("ideal 2026-04-09, silent since 2026-03-10"));
}

TEST_F(FromDayToDay, ASuggestionIsTakenAndAPauseEnds) {
  const Id moved = world.Start(ana, ben);
  GoOnTo("2026-03-02");
  world.Transfer(ben, "2026-03-02");
  GoOnTo("2026-03-03");
  GoOnTo("2026-03-17");
  EXPECT_EQ(world.Relationship(moved).mode(), RELATIONSHIP_MODE_REGULAR);
  GoOnTo("2026-03-18");
  EXPECT_EQ(world.Relationship(moved).mode(), RELATIONSHIP_MODE_STAY_IN_TOUCH);
  relationships::Pause pause;
  pause.relationship = moved;
  pause.occurred_on = On("2026-03-18");
  pause.until = On("2026-03-25");
  world.Relate(pause);
  GoOnTo("2026-03-24");
  EXPECT_EQ(world.Relationship(moved).status(), view::v1::RELATIONSHIP_STATUS_PAUSED);
  GoOnTo("2026-03-25");
  EXPECT_EQ(world.Relationship(moved).status(), view::v1::RELATIONSHIP_STATUS_ACTIVE);
}

TEST_F(FromDayToDay, AnOfferExpires) {
  GoOnTo("2026-03-02");
  const Id assignment = world.Offered(ana, ben, "2026-03-10");
  GoOnTo("2026-03-03");
  GoOnTo("2026-03-10");
  EXPECT_THAT(world.Done(assignment), IsEmpty());
  GoOnTo("2026-03-11");
  EXPECT_THAT(world.Done(assignment), ElementsAre("OfferExpired"));
}

}  // namespace
}  // namespace mentorlog::steward_test
