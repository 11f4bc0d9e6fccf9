// What stands between two people, whoever of the two one asks.
#include "services/today/pair_view.h"

#include "gmock/gmock.h"
#include "services/today/pair_fold.h"
#include "services/today/row_keys.h"
#include "tests/services/today/told.h"

namespace mentorlog::today {
namespace {

using view::v1::PairRow;

const storage::Id kAna = Named("ana");
const storage::Id kBen = Named("ben");

class PairViewTest : public ::testing::Test {
 protected:
  PairRow Seen(const storage::Id& self, const storage::Id& other) {
    PairRow row;
    const auto stored = told_.rows().Get(RowKey(self.ToBytes(), 0, other.ToBytes()));
    if (stored.ok() && *stored) row.ParseFromString(**stored);
    return row;
  }
  // With the touches of both directions, as it is read.
  PairRow Both(const storage::Id& self, const storage::Id& other) {
    auto row = Seen(self, other);
    AddTouches(Seen(other, self), row);
    return row;
  }
  std::string LastTouch() {
    const auto row = Both(kAna, kBen);
    EXPECT_EQ(row.last_touch_at(), Both(kBen, kAna).last_touch_at());
    return row.has_last_touch_on() ? storage::Day{row.last_touch_on()}.ToText() : "never";
  }

  PairView view_{Codec()};
  Told told_{view_};
};

TEST_F(PairViewTest, TheClockRunsPerPairAcrossKindsAndDirections) {
  told_.Started(kAna, kBen, "2026-01-01");
  told_.Started(kBen, kAna, "2026-01-02", "p");
  told_.Touched(kAna, kBen, "c1", "2026-02-01");
  EXPECT_EQ(LastTouch(), "2026-02-01");
  told_.Touched(kBen, kAna, "c2", "2026-03-01", "p");
  EXPECT_EQ(LastTouch(), "2026-03-01");
  const auto row = Both(kAna, kBen);
  EXPECT_EQ(row.touches(), 2U);
  ASSERT_EQ(row.slots_size(), 2);
  EXPECT_TRUE(row.slots(0).as_mentor());
  EXPECT_FALSE(row.slots(1).as_mentor());
}

TEST_F(PairViewTest, ABackdatedTouchDoesNotTurnTheClockBack) {
  told_.Started(kAna, kBen, "2026-01-01");
  const auto last = told_.Touched(kAna, kBen, "c1", "2026-02-01");
  told_.Touched(kAna, kBen, "c2", "2026-01-15");
  EXPECT_EQ(LastTouch(), "2026-02-01");
  EXPECT_EQ(Seen(kAna, kBen).last_touch_at(), last);
}

TEST_F(PairViewTest, ARetractedTouchGivesTheClockBackToTheOneBefore) {
  told_.Started(kAna, kBen, "2026-01-01");
  told_.Touched(kAna, kBen, "c1", "2026-01-15");
  told_.Touched(kAna, kBen, "c2", "2026-03-01");
  told_.Touched(kAna, kBen, "c3", "2026-02-01");
  told_.Retracted(kAna, kBen, "c2");
  EXPECT_EQ(LastTouch(), "2026-02-01");
  EXPECT_EQ(Seen(kAna, kBen).touches(), 2U);
  told_.Retracted(kAna, kBen, "c3");
  told_.Retracted(kAna, kBen, "c1");
  EXPECT_EQ(LastTouch(), "never");
  EXPECT_EQ(Seen(kAna, kBen).touches(), 0U);
}

TEST_F(PairViewTest, AnAmendedDayMovesTheTouch) {
  told_.Started(kAna, kBen, "2026-01-01");
  told_.Touched(kAna, kBen, "c1", "2026-02-01");
  told_.Touched(kAna, kBen, "c2", "2026-03-01");
  told_.MovedTo(kAna, kBen, "c2", "2026-01-10");
  EXPECT_EQ(LastTouch(), "2026-02-01");
  told_.MovedTo(kAna, kBen, "c2", "2026-04-10");
  EXPECT_EQ(LastTouch(), "2026-04-10");
  EXPECT_EQ(Seen(kAna, kBen).touches(), 2U);
}

TEST_F(PairViewTest, ADebtIsOpenUntilMadeOrWaived) {
  told_.Started(kAna, kBen, "2026-01-01");
  event::v1::TouchOwed owed;
  owed.mutable_debt()->set_owed_id(Named("debt").ToBytes());
  owed.mutable_debt()->set_cause(event::v1::OWED_CAUSE_MOVE);
  owed.mutable_debt()->set_owed_on(On("2026-02-01").value);
  const auto at = told_.Between(kAna, kBen, owed, "2026-02-01");
  ASSERT_EQ(Seen(kAna, kBen).debts_size(), 1);
  EXPECT_TRUE(Seen(kAna, kBen).debts(0).as_mentor());
  EXPECT_EQ(Seen(kAna, kBen).debts(0).position(), at);
  EXPECT_FALSE(Seen(kBen, kAna).debts(0).as_mentor());
  told_.Between(kAna, kBen, owed, "2026-02-02");
  EXPECT_EQ(Seen(kAna, kBen).debts_size(), 1) << "told again is not owed twice";
  event::v1::OwedTouchMade made;
  *made.mutable_debt() = owed.debt();
  told_.Between(kAna, kBen, made, "2026-02-03");
  EXPECT_EQ(Seen(kAna, kBen).debts_size(), 0);
  told_.Between(kAna, kBen, owed, "2026-02-04");
  event::v1::OwedTouchWaived waived;
  waived.set_owed_id(owed.debt().owed_id());
  told_.Between(kAna, kBen, waived, "2026-02-05");
  EXPECT_EQ(Seen(kBen, kAna).debts_size(), 0);
}

TEST_F(PairViewTest, APromiseIsOpenUntilKeptOrDropped) {
  told_.Started(kAna, kBen, "2026-01-01");
  event::v1::PromiseMade made;
  made.set_promise_id(Named("promise").ToBytes());
  made.set_by_id(kBen.ToBytes());
  made.set_due_on(On("2026-02-01").value);
  told_.Between(kAna, kBen, made, "2026-01-10");
  EXPECT_FALSE(Seen(kAna, kBen).promises(0).own());
  EXPECT_TRUE(Seen(kBen, kAna).promises(0).own());
  event::v1::PromiseKept kept;
  kept.set_promise_id(made.promise_id());
  told_.Between(kAna, kBen, kept, "2026-01-20");
  EXPECT_EQ(Seen(kAna, kBen).promises_size(), 0);
}

TEST_F(PairViewTest, AnOfferIsOpenUntilAnswered) {
  const auto assignment = Named("leeds");
  event::v1::AssignmentOffered offered;
  offered.set_respond_by(On("2026-05-10").value);
  told_.That(5, assignment, offered, On("2026-05-01"), {kAna, kBen});
  ASSERT_EQ(Seen(kAna, kBen).offers_size(), 1);
  event::v1::TermsChanged changed;
  changed.set_respond_by(On("2026-05-20").value);
  told_.That(5, assignment, changed, On("2026-05-02"), {kAna, kBen});
  EXPECT_EQ(Seen(kAna, kBen).offers(0).respond_by(), On("2026-05-20").value);
  told_.That(5, assignment, event::v1::OfferAccepted{}, On("2026-05-03"), {kAna, kBen});
  EXPECT_EQ(Seen(kAna, kBen).offers_size(), 0);
}

TEST_F(PairViewTest, AdvocacyWaitsForAnOutcomeAndATellingIsNone) {
  event::v1::AdvocacyMade made;
  made.set_advocate_id(kAna.ToBytes());
  made.set_for_id(kBen.ToBytes());
  told_.That(6, Named("word"), made, On("2026-05-01"), {kBen});
  told_.That(6, Named("word"), event::v1::AdvocacyTold{}, On("2026-05-02"), {kBen});
  ASSERT_EQ(Seen(kAna, kBen).advocacies_size(), 1);
  EXPECT_TRUE(Seen(kAna, kBen).advocacies(0).own());
  event::v1::AdvocacyOutcomeSeen seen;
  seen.set_advocate_id(kAna.ToBytes());
  told_.That(6, Named("word"), seen, On("2026-06-01"), {kBen});
  EXPECT_EQ(Seen(kAna, kBen).advocacies_size(), 0);
  EXPECT_EQ(Seen(kBen, kAna).advocacies_size(), 0);
}

TEST_F(PairViewTest, StatusModeAndCadenceFollowTheFacts) {
  const auto slot = [&] { return Seen(kAna, kBen).slots(0); };
  told_.Started(kAna, kBen, "2026-01-01");
  EXPECT_EQ(slot().status(), PairRow::STATUS_ACTIVE);
  event::v1::ModeChanged changed;
  changed.set_to(event::v1::RELATIONSHIP_MODE_STAY_IN_TOUCH);
  told_.Between(kAna, kBen, changed, "2026-02-01");
  EXPECT_EQ(slot().mode(), event::v1::RELATIONSHIP_MODE_STAY_IN_TOUCH);
  event::v1::CadenceSet set;
  set.mutable_cadence()->set_ideal_days(10);
  set.mutable_cadence()->set_max_days(20);
  told_.Between(kAna, kBen, set, "2026-02-02");
  EXPECT_EQ(slot().ideal_days(), 10U);
  EXPECT_EQ(slot().max_days(), 20U);
  told_.Between(kAna, kBen, event::v1::RelationshipPaused{}, "2026-02-03");
  EXPECT_EQ(slot().status(), PairRow::STATUS_PAUSED);
  told_.Between(kAna, kBen, event::v1::RelationshipResumed{}, "2026-02-04");
  EXPECT_EQ(slot().status(), PairRow::STATUS_ACTIVE);
  told_.Between(kAna, kBen, event::v1::RelationshipClosed{}, "2026-02-05");
  EXPECT_EQ(slot().status(), PairRow::STATUS_CLOSED);
  told_.Between(kAna, kBen, event::v1::RelationshipReopened{}, "2026-02-06");
  EXPECT_EQ(slot().status(), PairRow::STATUS_ACTIVE);
}

TEST_F(PairViewTest, AStartAfterADeclineKnowsNoCadenceFromBefore) {
  told_.Started(kAna, kBen, "2026-01-01");
  event::v1::CadenceSet set;
  set.mutable_cadence()->set_ideal_days(10);
  set.mutable_cadence()->set_max_days(20);
  told_.Between(kAna, kBen, set, "2026-01-02");
  told_.Between(kAna, kBen, event::v1::RelationshipDeclined{}, "2026-01-03");
  told_.Started(kAna, kBen, "2026-02-01");
  EXPECT_EQ(Seen(kAna, kBen).slots(0).ideal_days(), 0U);
  EXPECT_EQ(Seen(kAna, kBen).slots(0).max_days(), 0U);
}

TEST_F(PairViewTest, WhatWaitedWhenItWasClosedWaitsWhenItIsOpenedAgain) {
  const auto status = [&] { return Seen(kAna, kBen).slots(0).status(); };
  event::v1::RelationshipStarted started;
  started.set_mentor_id(kAna.ToBytes());
  started.set_mentee_id(kBen.ToBytes());
  told_.Between(kAna, kBen, started, "2026-01-01");
  told_.Between(kAna, kBen, event::v1::RelationshipClosed{}, "2026-01-02");
  told_.Between(kAna, kBen, event::v1::RelationshipReopened{}, "2026-01-03");
  EXPECT_EQ(status(), PairRow::STATUS_STARTED);
  told_.Between(kAna, kBen, event::v1::RelationshipAcknowledged{}, "2026-01-04");
  EXPECT_EQ(status(), PairRow::STATUS_ACTIVE);
  told_.Between(kAna, kBen, event::v1::RelationshipClosed{}, "2026-01-05");
  told_.Between(kAna, kBen, event::v1::RelationshipReopened{}, "2026-01-06");
  EXPECT_EQ(status(), PairRow::STATUS_ACTIVE);
}

TEST_F(PairViewTest, HoldsEveryDebtAndPromiseThatItsRelationshipsHold) {
  for (const auto* kind : {"m", "p"}) {
    told_.Started(kAna, kBen, "2026-01-01", kind);
    for (int i = 0; i < 64; ++i) {
      event::v1::PromiseMade made;
      made.set_promise_id(Named(kind + std::to_string(i)).ToBytes());
      told_.Between(kAna, kBen, made, "2026-01-02", kind);
      event::v1::TouchOwed owed;
      owed.mutable_debt()->set_owed_id(Named(kind + std::to_string(i)).ToBytes());
      told_.Between(kAna, kBen, owed, "2026-01-02", kind);
    }
  }
  EXPECT_EQ(Seen(kAna, kBen).promises_size(), 128);
  EXPECT_EQ(Seen(kBen, kAna).debts_size(), 128);
}

TEST_F(PairViewTest, HoldsAsManyOffersAndAdvocaciesAsItSays) {
  event::v1::AdvocacyMade made;
  made.set_advocate_id(kAna.ToBytes());
  made.set_for_id(kBen.ToBytes());
  for (int i = 0; i < kOpenItemsMax + 1; ++i) {
    told_.That(5, Named("a" + std::to_string(i)), event::v1::AssignmentOffered{}, On("2026-05-01"), {kAna, kBen});
    told_.That(6, Named("w" + std::to_string(i)), made, On("2026-05-01"), {kBen});
  }
  EXPECT_EQ(Seen(kAna, kBen).offers_size(), kOpenItemsMax);
  EXPECT_EQ(Seen(kAna, kBen).advocacies_size(), kOpenItemsMax);
  // It had no room for the last one, which does not come back.
  told_.That(5, Named("a0"), event::v1::OfferAccepted{}, On("2026-05-02"), {kAna, kBen});
  EXPECT_EQ(Seen(kAna, kBen).offers_size(), kOpenItemsMax - 1);
}

TEST_F(PairViewTest, AnUnknownEventIsNeverSkipped) {
  storage::Record record;
  record.header.set_type(3999);
  record.header.set_stream(storage::StreamKey{3, Named("r")}.ToBytes());
  record.header.add_subjects(kAna.ToBytes());
  record.header.add_subjects(kBen.ToBytes());
  std::vector<std::string> entities;
  view_.Entities(record, entities);
  ASSERT_EQ(entities.size(), 2U);
  storage::MemoryRows rows;
  EXPECT_EQ(view_.Fold(record, entities[0], rows).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace mentorlog::today
