// Relationships that are closed and opened again around a move: what comes of it does not depend on when the steward
// came to it.
#include <functional>
#include <map>

#include "tests/services/steward/steward_world.h"

namespace mentorlog::steward_test {
namespace {

using ::testing::StartsWith;

// What one does in a script; the steward may work between any two steps.
struct Script {
  World& world;
  Id ana;
  Id ben;
  Id relationship;
  std::map<std::string, Id> moves;

  std::string NameOf(const std::string& move) const {
    for (const auto& [name, id] : moves) {
      if (id.ToBytes() == move) return name;
    }
    return move.empty() ? "none" : "unknown";
  }
};
using Step = std::function<void(Script&)>;

Step Move(const std::string& name, const std::string& on, const std::string& site) {
  return [=](Script& script) { script.moves[name] = script.world.Transfer(script.ben, on, site).move; };
}
Step ImportedMove(const std::string& name, const std::string& on, const std::string& site) {
  return [=](Script& script) {
    script.moves[name] = script.world.Transfer(script.ben, on, site, log::v1::SOURCE_CSV).move;
  };
}
Step CorrectToAnExit(const std::string& name, const std::string& on) {
  return [=](Script& script) {
    script.world.Correct(script.ben, script.moves.at(name), {.type = MOVE_TYPE_EXIT, .on = on});
  };
}
Step Retract(const std::string& name) {
  return [=](Script& script) { script.world.Retract(script.ben, script.moves.at(name)); };
}
Step TheDayIs(const std::string& day) {
  return [=](Script& script) { script.world.clock.Set(day, 12); };
}
void Close(Script& script) { script.world.Close(script.relationship); }
void Reopen(Script& script) { script.world.Reopen(script.relationship); }

// How the relationship stands in the end.
std::string Outcome(const Script& script) {
  const auto state = script.world.Relationship(script.relationship);
  std::string outcome = RelationshipMode_Name(state.mode()) +
                        "; suggested: " + script.NameOf(state.transition().move_id()) + " " +
                        Suggestion_Name(state.transition().suggestion()) + "; owed:";
  for (const auto& owed : state.owed()) {
    outcome += " " + script.NameOf(owed.debt().cause_id()) + " " + Day{owed.debt().owed_on()}.ToText();
  }
  std::map<std::string, int> told;
  for (const auto& record : script.world.Records()) {
    RelationshipEvent event;
    if (record.stream() != relationships::RelationshipStream(script.relationship)) continue;
    EXPECT_TRUE(script.world.desk().codec.ParseOpen(record, event).ok());
    if (event.has_move_told()) ++told[script.NameOf(event.move_told().move_id())];
  }
  outcome += "; told:";
  for (const auto& [name, times] : told) outcome += " " + name + " x" + std::to_string(times);
  return outcome;
}

// Plays the steps; the steward works after each step whose bit is set, in the end, and once the silence has passed that
// an answer may take.
std::string Play(const std::vector<Step>& steps, unsigned works_after, const Step& silence = nullptr) {
  World world;
  const Id ana = world.Person("Ana");
  const Id ben = world.Person("Ben");
  Script script{world, ana, ben, world.Start(ana, ben), {}};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i](script);
    if ((works_after >> i & 1U) != 0) world.LetTheStewardWork();
  }
  world.LetTheStewardWork();
  if (silence) {
    silence(script);
    world.LetTheStewardWork();
  }
  const auto head = world.ledger().head();
  world.LetTheStewardWork();
  EXPECT_EQ(world.ledger().head(), head) << "a second time changes nothing";
  return Outcome(script);
}

// The one outcome of all ways in which the steward may come to the steps.
std::string OutcomeOf(const std::vector<Step>& steps, const Step& silence = nullptr) {
  const std::string first = Play(steps, 0, silence);
  for (unsigned works_after = 1; works_after < 1U << steps.size(); ++works_after) {
    EXPECT_EQ(Play(steps, works_after, silence), first) << "the steward worked after the steps " << works_after;
  }
  return first;
}

TEST(AMoveBeforeTheClose, IsNewsWhenItIsOpenAgain) {
  EXPECT_EQ(
      OutcomeOf({Move("Leeds", "2026-03-01", "Leeds"), Close, Reopen}),
      "RELATIONSHIP_MODE_REGULAR; suggested: Leeds SUGGESTION_STAY_IN_TOUCH; owed: Leeds 2026-03-01; told: Leeds x1");
}

TEST(AMoveBeforeTheClose, IsNewsWhenItIsOpenAgainTheSecondTime) {
  EXPECT_EQ(
      OutcomeOf({Move("Leeds", "2026-03-01", "Leeds"), Close, Reopen, Close, Reopen}),
      "RELATIONSHIP_MODE_REGULAR; suggested: Leeds SUGGESTION_STAY_IN_TOUCH; owed: Leeds 2026-03-01; told: Leeds x1");
}

TEST(AMoveBeforeTheClose, IsFollowedByTheModeInTheEnd) {
  EXPECT_EQ(
      OutcomeOf({Move("Leeds", "2026-03-01", "Leeds"), TheDayIs("2026-03-30"), Close, Reopen}, TheDayIs("2026-05-01")),
      "RELATIONSHIP_MODE_STAY_IN_TOUCH; suggested: none SUGGESTION_UNSPECIFIED; owed: Leeds 2026-03-01; told: Leeds "
      "x1");
}

TEST(AMoveBeforeTheClose, GivesWayToOneInBetween) {
  EXPECT_EQ(OutcomeOf({Move("Leeds", "2026-02-20", "Leeds"), Close, Move("York", "2026-03-01", "York"), Reopen}),
            "RELATIONSHIP_MODE_STAY_IN_TOUCH; suggested: none SUGGESTION_UNSPECIFIED; owed: Leeds 2026-02-20; told: "
            "Leeds x1");
}

TEST(AMoveBeforeTheClose, IsTakenAsItWasCorrected) {
  const std::string wanted =
      "RELATIONSHIP_MODE_REGULAR; suggested: Leeds SUGGESTION_STAY_IN_TOUCH_AFTER_EXIT; owed: Leeds 2026-03-02; told: "
      "Leeds x1";
  EXPECT_EQ(OutcomeOf({Move("Leeds", "2026-03-01", "Leeds"), CorrectToAnExit("Leeds", "2026-03-02"), Close, Reopen}),
            wanted);
  EXPECT_EQ(OutcomeOf({Move("Leeds", "2026-03-01", "Leeds"), Close, CorrectToAnExit("Leeds", "2026-03-02"), Reopen}),
            wanted);
  EXPECT_EQ(OutcomeOf({Move("Leeds", "2026-03-01", "Leeds"), Close, Reopen, CorrectToAnExit("Leeds", "2026-03-02")}),
            wanted);
}

TEST(AMoveBeforeTheClose, ThatWasRetractedLeavesNothing) {
  const std::vector<Step> steps = {Move("Leeds", "2026-03-01", "Leeds"), Close, Retract("Leeds"), Reopen};
  for (unsigned works_after = 0; works_after < 1U << steps.size(); ++works_after) {
    // Whether it was told depends: who was told in time was told.
    EXPECT_THAT(Play(steps, works_after),
                StartsWith("RELATIONSHIP_MODE_REGULAR; suggested: none SUGGESTION_UNSPECIFIED; owed:; "));
  }
}

TEST(AMoveBeforeTheClose, SetsTheModeIfItWasImported) {
  EXPECT_EQ(OutcomeOf({ImportedMove("Leeds", "2026-03-01", "Leeds"), Close, Reopen}),
            "RELATIONSHIP_MODE_STAY_IN_TOUCH; suggested: none SUGGESTION_UNSPECIFIED; owed:; told:");
}

TEST(AMoveWhileItWasClosed, SetsTheModeAndIsNoNews) {
  EXPECT_EQ(OutcomeOf({Close, Move("Leeds", "2026-03-01", "Leeds"), Reopen}),
            "RELATIONSHIP_MODE_STAY_IN_TOUCH; suggested: none SUGGESTION_UNSPECIFIED; owed:; told:");
}

}  // namespace
}  // namespace mentorlog::steward_test
