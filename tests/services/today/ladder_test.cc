// Every rung of the ladder, and what leaves it.
#include "services/today/ladder.h"

#include <deque>

#include "gmock/gmock.h"
#include "tests/services/today/told.h"

namespace mentorlog::today {
namespace {

using ::testing::HasSubstr;
using view::v1::PairRow;

const storage::Id kMentor = Named("mentor");
constexpr std::string_view kToday = "2026-06-30";

std::int32_t DaysBefore(std::int32_t days) { return On(kToday).value - days; }

// A row whose relationship started long ago, last touched so many days ago; in regular mode without a cadence.
PairRow Touched(std::int32_t days_ago) {
  PairRow row;
  auto* slot = row.add_slots();
  slot->set_as_mentor(true);
  slot->set_status(PairRow::STATUS_ACTIVE);
  slot->set_mode(event::v1::RELATIONSHIP_MODE_REGULAR);
  slot->set_started_on(DaysBefore(3000));
  slot->set_started_at(1);
  row.set_last_touch_on(DaysBefore(days_ago));
  row.set_last_touch_at(7);
  return row;
}
PairRow NeverTouched(std::int32_t started_days_ago) {
  auto row = Touched(0);
  row.clear_last_touch_on();
  row.mutable_slots(0)->set_started_on(DaysBefore(started_days_ago));
  return row;
}
PairRow With(PairRow row, const std::function<void(PairRow&)>& change) {
  change(row);
  return row;
}
PairRow Owed(PairRow row, event::v1::OwedCause cause, std::int32_t days_ago) {
  auto* debt = row.add_debts();
  debt->set_cause(cause);
  debt->set_owed_on(DaysBefore(days_ago));
  debt->set_as_mentor(true);
  debt->set_position(11);
  return row;
}
PairRow Promised(PairRow row, std::int32_t due_days_ago, bool own = true) {
  auto* promise = row.add_promises();
  promise->set_own(own);
  promise->set_due_on(DaysBefore(due_days_ago));
  promise->set_position(12);
  return row;
}
PairRow Offered(PairRow row, std::int32_t days_left) {
  auto* offer = row.add_offers();
  offer->set_as_mentor(true);
  offer->set_respond_by(DaysBefore(-days_left));
  offer->set_position(13);
  return row;
}
PairRow SpokenFor(PairRow row, std::int32_t days_ago) {
  auto* advocacy = row.add_advocacies();
  advocacy->set_own(true);
  advocacy->set_made_on(DaysBefore(days_ago));
  advocacy->set_position(14);
  return row;
}

PairRow ImportedAdvocacy(PairRow row, std::int32_t made_days_ago, std::int32_t imported_days_ago) {
  row = SpokenFor(std::move(row), made_days_ago);
  row.mutable_advocacies(0)->set_imported_on(DaysBefore(imported_days_ago));
  return row;
}

// A mentor's rows; the mentees are named by number.
class Desk {
 public:
  Desk& Add(PairRow row) {
    rows_.push_back(std::move(row));
    mentees_.push_back({Named("mentee" + std::to_string(rows_.size())), &rows_.back()});
    return *this;
  }
  Ladder Look(std::string_view on = kToday) const { return Climb(kMentor, mentees_, On(on), On(on)); }

 private:
  std::deque<PairRow> rows_;
  std::vector<Mentee> mentees_;
};

struct RungCase {
  std::string name;
  PairRow row;
  // 0: no card.
  int rung = 0;
  std::int32_t days_waiting = 0;
  std::vector<std::uint64_t> because;
};

class EveryRung : public ::testing::TestWithParam<RungCase> {};

TEST_P(EveryRung, IsClimbedForItsReasonAlone) {
  const auto ladder = Desk().Add(GetParam().row).Look();
  if (GetParam().rung == 0) {
    EXPECT_TRUE(ladder.cards.empty()) << "rung " << static_cast<int>(ladder.cards[0].rung);
    return;
  }
  ASSERT_EQ(ladder.cards.size(), 1U);
  EXPECT_EQ(static_cast<int>(ladder.cards[0].rung), GetParam().rung);
  EXPECT_EQ(ladder.cards[0].days_waiting, GetParam().days_waiting);
  EXPECT_EQ(ladder.cards[0].because, GetParam().because);
}

std::vector<RungCase> Cases() {
  using event::v1::OWED_CAUSE_ASKED;
  using event::v1::OWED_CAUSE_MOVE;
  using event::v1::OWED_CAUSE_SETBACK;
  const auto paused = [](PairRow& row) { row.mutable_slots(0)->set_status(PairRow::STATUS_PAUSED); };
  const auto closed = [](PairRow& row) { row.mutable_slots(0)->set_status(PairRow::STATUS_CLOSED); };
  const auto apart = [](PairRow& row) { row.mutable_slots(0)->set_mode(event::v1::RELATIONSHIP_MODE_STAY_IN_TOUCH); };
  const auto as_mentee = [](PairRow& row) { row.mutable_slots(0)->set_as_mentor(false); };
  const auto slow = [](PairRow& row) {
    row.mutable_slots(0)->set_ideal_days(365);
    row.mutable_slots(0)->set_max_days(500);
  };
  const auto and_quicker = [](PairRow& row) {
    auto* slot = row.add_slots();
    *slot = row.slots(0);
    slot->set_ideal_days(5);
    slot->set_max_days(100);
  };
  return {
      {"AskedToday", Owed(Touched(1), OWED_CAUSE_ASKED, 0), 1, 0, {11}},
      {"AskedBeatsEverything",
       Owed(Owed(Promised(Touched(90), 9), OWED_CAUSE_MOVE, 9), OWED_CAUSE_ASKED, 3),
       1,
       3,
       {11}},
      {"AskedTomorrowIsNotYet", Owed(Touched(1), OWED_CAUSE_ASKED, -1), 0, 0, {}},
      {"OwedAfterMove", Owed(Touched(50), OWED_CAUSE_MOVE, 40), 2, 40, {11}},
      {"AMoveThatWasSpokenOfInAnotherKind", Owed(Touched(3), OWED_CAUSE_MOVE, 9), 0, 0, {}},
      {"MoveBeatsDebrief", Owed(Owed(Touched(50), OWED_CAUSE_SETBACK, 40), OWED_CAUSE_MOVE, 2), 2, 2, {11}},
      {"OwedDebrief", Owed(Touched(1), OWED_CAUSE_SETBACK, 4), 3, 4, {11}},
      {"OwedByTheOther",
       With(Owed(Touched(1), OWED_CAUSE_ASKED, 4), [](PairRow& row) { row.mutable_debts(0)->set_as_mentor(false); }),
       0,
       0,
       {}},
      {"PromiseOverdue", Promised(Touched(1), 1), 4, 1, {12}},
      {"PromiseDueTodayIsNotOverdue", Promised(Touched(1), 0), 0, 0, {}},
      {"PromiseOfTheOther", Promised(Touched(1), 5, false), 0, 0, {}},
      {"OfferClosingInAWeek", Offered(Touched(1), 7), 5, 0, {13}},
      {"OfferClosingToday", Offered(Touched(1), 0), 5, 7, {13}},
      {"OfferClosingLater", Offered(Touched(1), 8), 0, 0, {}},
      {"OfferThatIsPast", Offered(Touched(1), -1), 0, 0, {}},
      {"OnTheIdealDay", Touched(30), 0, 0, {}},
      {"PastIdeal", Touched(31), 8, 1, {7}},
      {"OnTheMaxDay", Touched(45), 8, 15, {7}},
      {"PastMax", Touched(46), 6, 1, {7}},
      {"OfferBeatsPastMax", Offered(Touched(46), 3), 5, 4, {13}},
      {"ApartOnTheIdealDay", With(Touched(90), apart), 0, 0, {}},
      {"ApartPastIdeal", With(Touched(91), apart), 8, 1, {7}},
      {"ApartPastMax", With(Touched(181), apart), 6, 1, {7}},
      {"TheStricterOfEachBoundCounts", With(With(Touched(6), slow), and_quicker), 8, 1, {7}},
      {"NeverMetAfter14Days", NeverTouched(14), 7, 0, {1}},
      {"NeverMetAfter13Days", NeverTouched(13), 0, 0, {}},
      {"NeverMetIsPastMaxInTheEnd", NeverTouched(46), 6, 1, {1}},
      {"AdvocacyAfter30Days", SpokenFor(Touched(1), 30), 9, 0, {14}},
      {"AdvocacyAfter29Days", SpokenFor(Touched(1), 29), 0, 0, {}},
      {"PastIdealBeatsAdvocacy", SpokenFor(Touched(31), 99), 8, 1, {7}},
      {"AdvocacyForSomebodyNeverDeclared", SpokenFor(PairRow(), 31), 9, 1, {14}},
      {"PausedMakesNone", With(Owed(Touched(99), OWED_CAUSE_ASKED, 4), paused), 0, 0, {}},
      {"ClosedMakesNone", With(Promised(Touched(99), 4), closed), 0, 0, {}},
      {"TheMenteeHasNoCard", With(Touched(99), as_mentee), 0, 0, {}},
      {"ADebtDoesNotExpireInItsSleep", Owed(Touched(2000), OWED_CAUSE_MOVE, 1900), 2, 1900, {11}},
  };
}
INSTANTIATE_TEST_SUITE_P(Ladder, EveryRung, ::testing::ValuesIn(Cases()),
                         [](const auto& tested) { return tested.param.name; });

TEST(Ladder, KnowsARelationshipThatStartedTodaySomewhereOnEarth) {
  const auto row = NeverTouched(-1);
  const std::vector<Mentee> mentees{{Named("mentee"), &row}};
  EXPECT_EQ(Climb(kMentor, mentees, On(kToday), On(kToday).Plus(1)).mentees, 1U);
  EXPECT_EQ(Climb(kMentor, mentees, On(kToday), On(kToday)).mentees, 0U);
}

TEST(Ladder, HasAtMostFiveCardsAndTheRestCouldWait) {
  Desk desk;
  for (int i = 0; i < 8; ++i) desk.Add(Touched(46 + i));
  const auto ladder = desk.Look();
  ASSERT_EQ(ladder.cards.size(), 5U);
  ASSERT_EQ(ladder.could_wait.size(), 3U);
  EXPECT_EQ(ladder.mentees, 8U);
  EXPECT_EQ(ladder.cards[0].days_waiting, 8) << "who waits longest comes first";
  EXPECT_EQ(ladder.could_wait[2].days_waiting, 1);
}

TEST(Ladder, TiesAreBrokenTheSameWayEveryTime) {
  const auto order = [](const std::vector<int>& mentees) {
    std::deque<PairRow> rows;
    std::vector<Mentee> tied;
    for (const int mentee : mentees) {
      rows.push_back(Touched(50));
      tied.push_back({Named("mentee" + std::to_string(mentee)), &rows.back()});
    }
    std::vector<std::string> ids;
    for (const auto& card : Climb(kMentor, tied, On(kToday), On(kToday)).cards) ids.push_back(card.mentee.ToHex());
    return ids;
  };
  EXPECT_EQ(order({1, 2, 3, 4}), order({4, 3, 2, 1}));
  EXPECT_NE(order({1, 2, 3, 4}), (std::vector<std::string>{}));
}

TEST(Ladder, DormantTiesSleepAfterAYearOrTwiceMax) {
  const auto sleeping = [](PairRow row) { return Desk().Add(std::move(row)).Look().sleeping; };
  const auto max = [](std::uint32_t days) {
    return [days](PairRow& row) {
      row.mutable_slots(0)->set_ideal_days(days);
      row.mutable_slots(0)->set_max_days(days);
    };
  };
  EXPECT_EQ(sleeping(Touched(365)), 0U);
  EXPECT_EQ(sleeping(Touched(366)), 1U);
  EXPECT_EQ(sleeping(With(Touched(400), max(200))), 0U);
  EXPECT_EQ(sleeping(With(Touched(401), max(200))), 1U);
  EXPECT_EQ(sleeping(With(Touched(1095), max(730))), 0U);
  EXPECT_EQ(sleeping(With(Touched(1096), max(730))), 1U) << "lost, however slow the cadence";
}

TEST(Ladder, WakesOneSleepingTieAWeekAndNoMore) {
  Desk desk;
  for (int i = 0; i < 6; ++i) desk.Add(Touched(500 + i));
  const auto monday = desk.Look("2026-06-29");
  ASSERT_EQ(monday.cards.size(), 1U);
  EXPECT_EQ(monday.cards[0].rung, Rung::kReconnect);
  EXPECT_EQ(monday.sleeping, 6U);
  const auto sunday = desk.Look("2026-07-05");
  ASSERT_EQ(sunday.cards.size(), 1U);
  EXPECT_EQ(sunday.cards[0].mentee, monday.cards[0].mentee);
}

TEST(Ladder, ATouchOfTheWokenTieBringsNoSecondOneThatWeek) {
  std::deque<PairRow> rows;
  std::vector<Mentee> mentees;
  for (int i = 0; i < 6; ++i) {
    rows.push_back(Touched(500 + i));
    mentees.push_back({Named("mentee" + std::to_string(i)), &rows.back()});
  }
  const auto before = Climb(kMentor, mentees, On("2026-06-30"), On("2026-06-30"));
  ASSERT_EQ(before.cards.size(), 1U);
  for (std::size_t i = 0; i < mentees.size(); ++i) {
    if (mentees[i].id == before.cards[0].mentee) rows[i].set_last_touch_on(On("2026-06-30").value);
  }
  EXPECT_TRUE(Climb(kMentor, mentees, On("2026-07-01"), On("2026-07-01")).cards.empty());
  EXPECT_EQ(Climb(kMentor, mentees, On("2026-07-06"), On("2026-07-06")).cards.size(), 1U);
}

TEST(Ladder, ASleepingTieNeverTakesThePlaceOfACard) {
  Desk desk;
  for (int i = 0; i < 5; ++i) desk.Add(Touched(46));
  desk.Add(Touched(999));
  const auto ladder = desk.Look();
  ASSERT_EQ(ladder.cards.size(), 5U);
  for (const auto& card : ladder.cards) EXPECT_NE(card.rung, Rung::kReconnect);
  EXPECT_EQ(ladder.sleeping, 1U);
}

TEST(Ladder, WhatWasImportedTogetherIsNotDueTogether) {
  const auto imported_touch = With(Touched(60), [](PairRow& row) {
    row.mutable_slots(0)->set_imported_on(DaysBefore(0));
    row.set_last_touch_imported(true);
  });
  for (const auto& imported : {imported_touch, ImportedAdvocacy(PairRow(), 400, 0)}) {
    Desk desk;
    for (int i = 0; i < 20; ++i) desk.Add(imported);
    const auto due = [&](std::string_view on) {
      const auto ladder = desk.Look(on);
      return ladder.cards.size() + ladder.could_wait.size();
    };
    std::size_t most_in_a_day = due(kToday);
    for (auto day = On(kToday); day < On(kToday).Plus(31); day = day.Plus(1)) {
      most_in_a_day = std::max(most_in_a_day, due(day.Plus(1).ToText()) - due(day.ToText()));
    }
    EXPECT_LE(most_in_a_day, 5U);
    EXPECT_EQ(due("2026-07-30"), 20U) << "all within ideal_days";
  }
}

TEST(Ladder, AnOwnTouchEndsTheSpread) {
  const auto row = With(Touched(46), [](PairRow& changed) {
    changed.mutable_slots(0)->set_imported_on(DaysBefore(50));
    changed.set_last_touch_imported(false);
  });
  const auto ladder = Desk().Add(row).Look();
  ASSERT_EQ(ladder.cards.size(), 1U);
  EXPECT_EQ(ladder.cards[0].rung, Rung::kPastMax);
}

TEST(Sentence, NamesItsReason) {
  const auto say = [](PairRow row, const std::optional<MoveBehind>& move = std::nullopt) {
    const auto ladder = Desk().Add(std::move(row)).Look();
    return ladder.cards.empty() ? "nothing" : Sentence(ladder.cards[0], "Ana", move, On(kToday));
  };
  EXPECT_EQ(say(Owed(Touched(90), event::v1::OWED_CAUSE_MOVE, 40),
                MoveBehind{true, "line lead, Leeds", storage::Day{DaysBefore(40)}}),
            "Ana moved (line lead, Leeds) 40 days ago; you have not spoken since.");
  EXPECT_EQ(say(Owed(Touched(90), event::v1::OWED_CAUSE_MOVE, 1), MoveBehind{false, "", storage::Day{DaysBefore(1)}}),
            "You moved yesterday; you have not spoken with Ana since.");
  EXPECT_EQ(say(Owed(Touched(1), event::v1::OWED_CAUSE_ASKED, 5)), "Ana asked for a talk 5 days ago.");
  EXPECT_EQ(say(Touched(46)), "The last touch with Ana was 46 days ago; at most 45 were meant.");
  EXPECT_EQ(say(Offered(Touched(1), 1)), "Ana must answer your offer within 1 day.");
  EXPECT_EQ(say(Promised(Touched(1), 3)), "Your promise to Ana was due 3 days ago.");
  EXPECT_THAT(say(SpokenFor(Touched(1), 31)), HasSubstr("spoke up for Ana 31 days ago"));
}

}  // namespace
}  // namespace mentorlog::today
