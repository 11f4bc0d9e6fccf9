// The table of what follows from a move, row by row.
#include "services/steward/policy.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/today/ladder.h"

namespace mentorlog::steward {
namespace {

using decider::Day;
using decider::Id;
using event::v1::MoveType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

Id Person(std::uint8_t n) {
  Id id;
  id.bytes[15] = n;
  return id;
}

const Id kMentor = Person(1);
const Id kMentee = Person(2);
const Id kRelationship = Person(3);
const Id kMove = Person(4);
const Id kManager = Person(5);

Day On(const std::string& text) { return *Day::FromText(text); }

event::v1::Role Role(const std::string& title, const std::string& unit, const std::string& site) {
  event::v1::Role role;
  role.set_title(title);
  role.set_unit(unit);
  role.set_site(site);
  role.set_manager_id(kManager.ToBytes());
  return role;
}

// The mentee's move on 2026-03-02, told on the day, from a shift in Bristol.
MoveSeen Move(MoveType type, const event::v1::Role& to) {
  return {
      kMove, kMentee, type, On("2026-03-02"), to, Role("Engineer", "Operations", "Bristol"), false, On("2026-03-02"),
      false, {}};
}

view::v1::RelationshipState Relationship(event::v1::RelationshipKind kind = event::v1::RELATIONSHIP_KIND_MENTOR) {
  view::v1::RelationshipState state;
  state.set_mentor_id(kMentor.ToBytes());
  state.set_mentee_id(kMentee.ToBytes());
  state.set_kind(kind);
  state.set_status(view::v1::RELATIONSHIP_STATUS_ACTIVE);
  state.set_mode(event::v1::RELATIONSHIP_MODE_REGULAR);
  state.set_started_on(On("2025-01-01").value);
  return state;
}

Reaction ReactTo(const MoveSeen& move, const view::v1::RelationshipState& state = Relationship()) {
  return React(Policies{}, move, kRelationship, state, On("2026-03-03"));
}

TEST(ChangeOf, IsReadFromTypeAndPlace) {
  struct Row {
    MoveType type;
    event::v1::Role to;
    Change change;
  };
  auto other_line = Role("Engineer", "Operations", "Bristol");
  other_line.set_manager_id(kMentor.ToBytes());
  auto other_employer = Role("Engineer", "Operations", "Bristol");
  other_employer.set_employer("Strand Marine");
  auto other_function = Role("Engineer", "Operations", "Bristol");
  other_function.set_function("finance");
  const std::vector<Row> table = {
      {event::v1::MOVE_TYPE_PROMOTION, Role("Senior Engineer", "Operations", "Bristol"), Change::kPromotedInPlace},
      {event::v1::MOVE_TYPE_PROMOTION, Role("Lead", "Operations", "Leeds"), Change::kElsewhere},
      {event::v1::MOVE_TYPE_TRANSFER, Role("Engineer", "Operations", "Leeds"), Change::kElsewhere},
      {event::v1::MOVE_TYPE_LATERAL, Role("Engineer", "Engineering", "Bristol"), Change::kElsewhere},
      {event::v1::MOVE_TYPE_LATERAL, other_line, Change::kElsewhere},
      {event::v1::MOVE_TYPE_SECONDMENT, other_employer, Change::kElsewhere},
      {event::v1::MOVE_TYPE_STEP_BACK, other_function, Change::kElsewhere},
      {event::v1::MOVE_TYPE_UNKNOWN, Role("Engineer", "Operations", "Bristol"), Change::kNone},
      {event::v1::MOVE_TYPE_EXIT, event::v1::Role(), Change::kExit},
      {event::v1::MOVE_TYPE_LEAVE, Role("Engineer", "Operations", "Bristol"), Change::kLeave},
      {event::v1::MOVE_TYPE_REHIRE, Role("Engineer", "Operations", "Bristol"), Change::kReturn},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(event::v1::MoveType_Name(row.type) + " to " + row.to.ShortDebugString());
    EXPECT_EQ(ChangeOf(Move(row.type, row.to)), row.change);
  }
}

TEST(ChangeOf, AFirstRoleIsNoChange) {
  auto move = Move(event::v1::MOVE_TYPE_HIRE, Role("Engineer", "Operations", "Bristol"));
  move.before.reset();
  EXPECT_EQ(ChangeOf(move), Change::kNone);
}

TEST(ChangeOf, WhateverFollowsALeaveIsAReturn) {
  auto move = Move(event::v1::MOVE_TYPE_LATERAL, Role("Engineer", "Operations", "Bristol"));
  move.after_leave = true;
  EXPECT_EQ(ChangeOf(move), Change::kReturn);
}

TEST(AMoveElsewhere, IsToldSuggestsStayingInTouchAndOwesAFirstTouchWithin14Days) {
  const auto reaction = ReactTo(Move(event::v1::MOVE_TYPE_TRANSFER, Role("Lead", "Operations", "Leeds")));
  ASSERT_TRUE(reaction.suggest && reaction.owe && reaction.tell);
  EXPECT_EQ(reaction.suggest->suggestion, event::v1::SUGGESTION_STAY_IN_TOUCH);
  EXPECT_EQ(reaction.suggest->mode, event::v1::RELATIONSHIP_MODE_STAY_IN_TOUCH);
  EXPECT_EQ(reaction.suggest->cadence->ideal_days(), 90U);
  EXPECT_EQ(reaction.suggest->cadence->max_days(), 180U);
  EXPECT_EQ(reaction.suggest->answer_by, On("2026-03-17"));
  EXPECT_EQ(reaction.suggest->kind, event::v1::RELATIONSHIP_KIND_UNSPECIFIED);
  EXPECT_EQ(reaction.owe->owed_on, On("2026-03-02"));
  EXPECT_THAT(reaction.owe->due_on, Optional(On("2026-03-16")));
  EXPECT_EQ(reaction.tell->to, kMentor);
  EXPECT_FALSE(reaction.set_mode);
}

TEST(AMoveOfTheMentor, IsToldToTheMentee) {
  auto move = Move(event::v1::MOVE_TYPE_TRANSFER, Role("Lead", "Operations", "Leeds"));
  move.mover = kMentor;
  EXPECT_EQ(ReactTo(move).tell->to, kMentee);
}

TEST(AMoveElsewhere, MakesTheManagerAMentor) {
  const auto reaction = ReactTo(Move(event::v1::MOVE_TYPE_TRANSFER, Role("Lead", "Operations", "Leeds")),
                                Relationship(event::v1::RELATIONSHIP_KIND_LINE_COACH));
  EXPECT_EQ(reaction.suggest->kind, event::v1::RELATIONSHIP_KIND_MENTOR);
}

TEST(APromotionInPlace, IsAReasonToCongratulateAndNothingMore) {
  const auto reaction = ReactTo(Move(event::v1::MOVE_TYPE_PROMOTION, Role("Senior Engineer", "Operations", "Bristol")));
  ASSERT_TRUE(reaction.suggest && reaction.tell);
  EXPECT_EQ(reaction.suggest->suggestion, event::v1::SUGGESTION_CONGRATULATE);
  EXPECT_EQ(reaction.suggest->mode, event::v1::RELATIONSHIP_MODE_UNSPECIFIED);
  EXPECT_FALSE(reaction.owe);
}

TEST(AnExit, SuggestsStayingInTouchAndOwesATouch) {
  const auto reaction = ReactTo(Move(event::v1::MOVE_TYPE_EXIT, event::v1::Role()));
  EXPECT_EQ(reaction.suggest->suggestion, event::v1::SUGGESTION_STAY_IN_TOUCH_AFTER_EXIT);
  EXPECT_TRUE(reaction.owe);
}

TEST(ALeave, SuggestsAPauseAndOwesNothing) {
  const auto reaction = ReactTo(Move(event::v1::MOVE_TYPE_LEAVE, Role("Engineer", "Operations", "Bristol")));
  EXPECT_EQ(reaction.suggest->suggestion, event::v1::SUGGESTION_PAUSE);
  EXPECT_FALSE(reaction.owe);
}

TEST(AReturn, SuggestsTheRegularModeAgain) {
  const auto reaction = ReactTo(Move(event::v1::MOVE_TYPE_REHIRE, Role("Engineer", "Operations", "Bristol")));
  EXPECT_EQ(reaction.suggest->suggestion, event::v1::SUGGESTION_RETURN);
  EXPECT_EQ(reaction.suggest->mode, event::v1::RELATIONSHIP_MODE_REGULAR);
}

// Else the clock would go on counting 90 and 180 days for two who see each other again.
TEST(AReturn, GivesBackThePaceThatAMoveAwayHadSet) {
  auto apart = Relationship();
  apart.set_mode(event::v1::RELATIONSHIP_MODE_STAY_IN_TOUCH);
  auto move = Move(event::v1::MOVE_TYPE_REHIRE, Role("Engineer", "Operations", "Bristol"));
  const auto reaction = ReactTo(move, apart);
  ASSERT_TRUE(reaction.suggest->cadence);
  EXPECT_EQ(reaction.suggest->cadence->ideal_days(), 30U);
  EXPECT_EQ(reaction.suggest->cadence->max_days(), 45U);
  move.imported = true;
  ASSERT_TRUE(ReactTo(move, apart).set_mode->cadence);
  EXPECT_EQ(ReactTo(move, apart).set_mode->cadence->ideal_days(), 30U);

  apart.mutable_cadence()->set_ideal_days(90);
  apart.mutable_cadence()->set_max_days(180);
  EXPECT_TRUE(ReactTo(move, apart).set_mode->cadence) << "the move away had set it";
  apart.mutable_cadence()->set_ideal_days(60);
  EXPECT_FALSE(ReactTo(move, apart).set_mode->cadence) << "what one of the two set stays";
  apart.mutable_cadence()->set_ideal_days(90);
  apart.set_cadence_agreed(true);
  EXPECT_FALSE(ReactTo(move, apart).set_mode->cadence) << "what both agreed on stays";
  EXPECT_FALSE(ReactTo(move).set_mode->cadence) << "nothing was changed for them";
}

TEST(AnImportedMove, SetsTheModeAndMakesNoSuggestionNoDebtAndNoMessage) {
  auto move = Move(event::v1::MOVE_TYPE_TRANSFER, Role("Lead", "Operations", "Leeds"));
  move.imported = true;
  const auto reaction = ReactTo(move);
  EXPECT_FALSE(reaction.suggest || reaction.owe || reaction.tell);
  ASSERT_TRUE(reaction.set_mode);
  EXPECT_EQ(reaction.set_mode->mode, event::v1::RELATIONSHIP_MODE_STAY_IN_TOUCH);
  EXPECT_EQ(reaction.set_mode->trigger, event::v1::MODE_TRIGGER_MOVE);
}

TEST(AnImportedLeave, ChangesNothing) {
  auto move = Move(event::v1::MOVE_TYPE_LEAVE, Role("Engineer", "Operations", "Bristol"));
  move.imported = true;
  const auto reaction = ReactTo(move);
  EXPECT_FALSE(reaction.suggest || reaction.owe || reaction.tell || reaction.set_mode);
}

TEST(AMoveRecordedLate, IsLongPastAfter60Days) {
  auto move = Move(event::v1::MOVE_TYPE_TRANSFER, Role("Lead", "Operations", "Leeds"));
  move.recorded_on = move.effective_on.Plus(60);
  EXPECT_TRUE(ReactTo(move).suggest);
  move.recorded_on = move.effective_on.Plus(61);
  EXPECT_FALSE(ReactTo(move).suggest);
  EXPECT_TRUE(ReactTo(move).set_mode);
}

TEST(AClosedRelationship, IsLeftAlone) {
  auto state = Relationship();
  state.set_status(view::v1::RELATIONSHIP_STATUS_CLOSED);
  const auto reaction = ReactTo(Move(event::v1::MOVE_TYPE_TRANSFER, Role("Lead", "Operations", "Leeds")), state);
  EXPECT_FALSE(reaction.suggest || reaction.owe || reaction.tell || reaction.set_mode);
}

TEST(ARelationshipThatBeganAfterTheMove, IsLeftAlone) {
  auto state = Relationship();
  state.set_started_on(On("2026-03-02").value);
  EXPECT_FALSE(ReactTo(Move(event::v1::MOVE_TYPE_TRANSFER, Role("Lead", "Operations", "Leeds")), state).suggest);
}

// A path of roles: hired in Bristol, then each move in turn.
view::v1::PersonState Path(std::initializer_list<std::pair<MoveType, std::string>> moves) {
  view::v1::PersonState state;
  state.set_registered(true);
  std::uint8_t n = 10;
  const auto add = [&](MoveType type, const std::string& on, const std::string& site) {
    auto& move = *state.add_moves();
    move.set_move_id(Person(n).ToBytes());
    move.set_type(type);
    move.set_effective_on(On(on).value);
    move.set_order(n++);
    *move.mutable_to() = Role("Engineer", "Operations", site);
  };
  add(event::v1::MOVE_TYPE_HIRE, "2020-01-01", "Bristol");
  for (const auto& [type, on] : moves) add(type, on, "Site " + on);
  return state;
}

TEST(ARelationshipThatStarts, TakesTheModeOfTheLatestMoveAfterItsStart) {
  const auto still = Path({});
  const auto today = On("2026-11-22");
  const auto moved = ModeAtStart(Policies{}, kRelationship, Relationship(), still,
                                 Path({{event::v1::MOVE_TYPE_TRANSFER, "2025-06-01"}}), today);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->mode, event::v1::RELATIONSHIP_MODE_STAY_IN_TOUCH);

  const auto back =
      ModeAtStart(Policies{}, kRelationship, Relationship(),
                  Path({{event::v1::MOVE_TYPE_EXIT, "2025-03-01"}, {event::v1::MOVE_TYPE_REHIRE, "2025-09-01"}}),
                  Path({{event::v1::MOVE_TYPE_TRANSFER, "2025-06-01"}}), today);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->mode, event::v1::RELATIONSHIP_MODE_REGULAR);
  EXPECT_EQ(back->trigger, event::v1::MODE_TRIGGER_RETURN);

  EXPECT_FALSE(ModeAtStart(Policies{}, kRelationship, Relationship(), still,
                           Path({{event::v1::MOVE_TYPE_TRANSFER, "2024-06-01"}}), today))
      << "a move before the start";
  EXPECT_FALSE(ModeAtStart(Policies{}, kRelationship, Relationship(), still, still, today));
}

// What lapses, as in `1 2026-04-01`: the threshold and the last day in time.
std::vector<std::string> Ahead(const view::v1::RelationshipState& state, const view::v1::PairRow& pair) {
  std::vector<std::string> ahead;
  for (const auto& lapse : SilenceOf(kRelationship, state, pair).ahead) {
    ahead.push_back(std::to_string(lapse.threshold) + " " + lapse.due_on.ToText());
  }
  return ahead;
}

class TheSilence : public ::testing::Test {
 protected:
  TheSilence() {
    slot.set_relationship_id(kRelationship.ToBytes());
    slot.set_started_at(7);
  }

  view::v1::RelationshipState state = Relationship();
  view::v1::PairRow pair;
  view::v1::PairRow::Slot& slot = *pair.add_slots();
};

TEST_F(TheSilence, CountsFromTheStartUntilTheFirstTouch) {
  EXPECT_THAT(Ahead(state, pair), ElementsAre("1 2025-01-31", "2 2025-02-15"));
  EXPECT_EQ(SilenceOf(kRelationship, state, pair).told_at.value, 7U);
  pair.set_last_touch_on(On("2025-03-01").value);
  pair.set_last_touch_at(9);
  EXPECT_THAT(Ahead(state, pair), ElementsAre("1 2025-03-31", "2 2025-04-15"));
  EXPECT_EQ(SilenceOf(kRelationship, state, pair).told_at.value, 9U);
}

TEST_F(TheSilence, FollowsModeAndCadence) {
  state.set_mode(event::v1::RELATIONSHIP_MODE_STAY_IN_TOUCH);
  EXPECT_THAT(Ahead(state, pair), ElementsAre("1 2025-04-01", "2 2025-06-30"));
  state.mutable_cadence()->set_ideal_days(7);
  state.mutable_cadence()->set_max_days(7);
  EXPECT_THAT(Ahead(state, pair), ElementsAre("1 2025-01-08", "2 2025-01-08"));
}

TEST_F(TheSilence, LeavesOutWhatWasToldOfThisTouch) {
  state.set_lapsed_touch_on(On("2025-01-01").value);
  state.add_lapsed(event::v1::LAPSE_THRESHOLD_IDEAL);
  EXPECT_THAT(Ahead(state, pair), ElementsAre("2 2025-02-15"));
  pair.set_last_touch_on(On("2025-03-01").value);
  EXPECT_THAT(Ahead(state, pair), ElementsAre("1 2025-03-31", "2 2025-04-15"));
}

TEST_F(TheSilence, OfWhatRestsOrHasEndedHasNothingAhead) {
  for (const auto status : {view::v1::RELATIONSHIP_STATUS_PAUSED, view::v1::RELATIONSHIP_STATUS_CLOSED,
                            view::v1::RELATIONSHIP_STATUS_DECLINED}) {
    state.set_status(status);
    EXPECT_THAT(Ahead(state, pair), IsEmpty());
  }
}

TEST_F(TheSilence, OfAnImportIsSpreadUntilATouchIsLogged) {
  const auto spread = static_cast<std::int32_t>(today::StableHash(kMentor.ToBytes() + kMentee.ToBytes()) % 30);
  slot.set_imported_on(On("2025-02-10").value);
  pair.set_last_touch_on(On("2025-01-05").value);
  pair.set_last_touch_imported(true);
  EXPECT_THAT(Ahead(state, pair), ElementsAre("1 " + On("2025-02-10").Plus(spread).ToText(),
                                              "2 " + On("2025-02-19").Plus(spread).ToText()));
  pair.set_last_touch_imported(false);
  EXPECT_THAT(Ahead(state, pair), ElementsAre("1 2025-02-04", "2 2025-02-19"));
}

}  // namespace
}  // namespace mentorlog::steward
