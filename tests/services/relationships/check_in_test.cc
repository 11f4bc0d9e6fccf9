// A touch is never refused; what is owed and promised; corrections.
#include "tests/services/relationships/relationships_world.h"

namespace mentorlog::relationships_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
constexpr auto kBadRequest = absl::StatusCode::kInvalidArgument;
constexpr auto kForbiddenByState = absl::StatusCode::kFailedPrecondition;
constexpr auto kDenied = absl::StatusCode::kPermissionDenied;
constexpr auto kMissing = absl::StatusCode::kNotFound;

Id CheckInIdIn(const Facts& facts) {
  for (const auto& fact : facts.facts) {
    if (const auto* logged = dynamic_cast<const CheckInLogged*>(fact.event.get())) {
      return *Id::FromBytes(logged->checkin_id());
    }
  }
  return {};
}

// Owes Ana's first touch after a move.
Id OweForMove(World& world, const Id& id, std::string_view moved_on, std::uint8_t move = 1) {
  auto owe = Make<OweTouch>(id, moved_on);
  owe.cause = OWED_CAUSE_MOVE;
  owe.cause_id = Person(move);
  owe.owed_on = On(moved_on);
  owe.due_on = On(moved_on).Plus(14);
  const auto facts = world.BySteward().Taken(owe);
  return facts.facts.empty() ? Id{} : *Id::FromBytes(EventIn<TouchOwed>(facts, 0).debt().owed_id());
}

TEST(LogCheckIn, WithAnUnknownPairStartsOne) {
  World world;
  const auto facts = world.By(kAna).Taken(Met(kAna, kBen, "2024-01-05"));
  EXPECT_THAT(NamesOf(facts), ElementsAre("RelationshipStarted", "CheckInLogged"));
  EXPECT_THAT(AdviceOf(facts), ElementsAre("STARTED_BY_FIRST_TOUCH"));
  EXPECT_EQ(EventIn<RelationshipStarted>(facts, 0).origin(), RELATIONSHIP_ORIGIN_FIRST_TOUCH);
  EXPECT_EQ(EventIn<RelationshipStarted>(facts, 0).kind(), RELATIONSHIP_KIND_MENTOR);
  EXPECT_THAT(world.Refused(Met(kAna, kStranger, "2024-01-05")), RefusedWith(kMissing, "UNKNOWN_PERSON"));
}

TEST(LogCheckIn, IsTakenInEveryStateWithAdvice) {
  World world;
  const Id id = Active(world);
  world.By(kAna).Taken(Make<Close>(id, "2024-02-01"));
  EXPECT_THAT(AdviceOf(world.Taken(Met(kAna, kBen, "2023-12-31"))),
              ElementsAre("LOGGED_ON_CLOSED", "DATED_BEFORE_START"));
  const Id other = world.Relationship(kAna, kCem);
  world.Taken(Start(kAna, kCem));
  world.By(kCem).Taken(Make<Decline>(other, "2024-01-02"));
  EXPECT_THAT(AdviceOf(world.By(kAna).Taken(Met(kAna, kCem, "2024-01-05"))), ElementsAre("LOGGED_ON_DECLINED"));
}

TEST(LogCheckIn, OfSeveralPeopleInOneGoIsOneProposal) {
  World world;
  Active(world);
  LogCheckIn lunch;
  lunch.with = {{{}, {}, kBen, {}, RELATIONSHIP_KIND_MENTOR}, {{}, kAna, kCem, {}, RELATIONSHIP_KIND_PEER}};
  lunch.occurred_on = On("2024-03-01");
  lunch.gist = "lunch";
  const auto facts = world.By(kAna).Taken(lunch);
  EXPECT_THAT(NamesOf(facts), ElementsAre("CheckInLogged", "RelationshipStarted", "CheckInLogged"));
  EXPECT_THAT(EventIn<CheckInLogged>(facts, 0).shared().also_with_ids(), ElementsAre(kCem.ToBytes()));
  lunch.with.push_back(lunch.with.front());
  EXPECT_THAT(world.Refused(lunch), RefusedWith(kBadRequest, "INVALID_FIELD"));
  lunch.with.clear();
  EXPECT_THAT(world.Refused(lunch), RefusedWith(kBadRequest, "INVALID_FIELD"));
}

TEST(LogCheckIn, WithoutAKindTakesTheOneTouchedLast) {
  World world;
  Active(world);
  Active(world, RELATIONSHIP_KIND_LINE_COACH);
  world.By(kAna).Taken(Met(kAna, kBen, "2024-03-01", RELATIONSHIP_KIND_LINE_COACH));
  const auto facts = world.Taken(Met(kAna, kBen, "2024-03-02"));
  EXPECT_EQ(facts.facts.at(0).stream.id, world.Relationship(kAna, kBen, RELATIONSHIP_KIND_LINE_COACH));
  EXPECT_THAT(AdviceOf(facts), ElementsAre("LAST_TOUCHED_TAKEN"));
}

TEST(LogCheckIn, WithAPersonAloneFindsTheDirection) {
  World world;
  Active(world);
  LogCheckIn chat;
  chat.with = {{{}, {}, {}, kAna, RELATIONSHIP_KIND_UNSPECIFIED}};
  chat.occurred_on = On("2024-03-01");
  EXPECT_EQ(world.By(kBen).Taken(chat).facts.at(0).stream.id, world.Relationship(kAna, kBen));
  EXPECT_THAT(world.By(kAna).Refused(chat), RefusedWith(kBadRequest, "SELF_MENTORING"));
  EXPECT_THAT(world.ByDev().Refused(chat), RefusedWith(kBadRequest, "INVALID_FIELD"));
}

TEST(LogCheckIn, WithAPersonAndAKindTakesThatKind) {
  World world;
  Active(world);
  Active(world, RELATIONSHIP_KIND_SPONSOR);
  LogCheckIn chat;
  chat.with = {{{}, {}, {}, kAna, RELATIONSHIP_KIND_SPONSOR}};
  chat.occurred_on = On("2024-03-01");
  const auto facts = world.By(kBen).Taken(chat);
  EXPECT_EQ(facts.facts.at(0).stream.id, world.Relationship(kAna, kBen, RELATIONSHIP_KIND_SPONSOR));
  EXPECT_THAT(facts.advice, IsEmpty());
  chat.with = {{{}, {}, {}, kAna, RELATIONSHIP_KIND_PEER}};
  EXPECT_EQ(EventIn<RelationshipStarted>(world.Taken(chat), 0).kind(), RELATIONSHIP_KIND_PEER);
}

TEST(LogCheckIn, RefusesOnlyWhatCannotBe) {
  World world;
  Active(world);
  EXPECT_THAT(world.By(kAna).Refused(Met(kAna, kBen, "2026-11-23")), RefusedWith(kBadRequest, "DATE_IN_FUTURE"));
  EXPECT_THAT(world.Refused(Met(kAna, kAna, "2024-01-01")), RefusedWith(kBadRequest, "SELF_MENTORING"));
  EXPECT_THAT(world.By(kCem).Refused(Met(kAna, kBen, "2024-01-01")), RefusedWith(kDenied, "NOT_PERMITTED"));
  auto gist = Met(kAna, kBen, "2024-01-01");
  for (int i = 0; i < 280; ++i) gist.gist += "é";
  world.By(kAna).Taken(gist);
  gist.gist += "é";
  EXPECT_THAT(world.Refused(gist), RefusedWith(kBadRequest, "TEXT_TOO_LONG"));
  gist.gist = "\xff";
  EXPECT_THAT(world.Refused(gist), RefusedWith(kBadRequest, "NOT_UTF8"));
}

TEST(LogCheckIn, ReliesOnTheStreamOnlyAsFarAsItMust) {
  World world;
  const Id id = Active(world);
  world.By(kAna).Taken(Met(kAna, kBen, "2024-02-01"));
  EXPECT_EQ(world.reliance.at(RelationshipStream(id)), Reliance::kExists);
  auto promise = Met(kAna, kBen, "2024-02-02");
  promise.promises.push_back({"send the paper", PROMISE_KIND_ACTION, On("2024-02-09"), std::nullopt});
  EXPECT_THAT(NamesOf(world.Taken(promise)), ElementsAre("CheckInLogged", "PromiseMade"));
  EXPECT_EQ(world.reliance.at(RelationshipStream(id)), Reliance::kExact);
}

TEST(LogCheckIn, ImportedIsItsPairsFromTheStart) {
  World world;
  auto met = Met(kAna, kBen, "2019-01-01", RELATIONSHIP_KIND_MENTOR);
  met.gist = "from a file";
  const auto facts = world.ByImport().Taken(met);
  EXPECT_EQ(facts.facts.at(1).chosen.at(20), log::v1::AUDIENCE_PAIR);
  EXPECT_TRUE(world.StateOf(world.Relationship(kAna, kBen)).acknowledged());
}

TEST(OwedTouch, ForAMoveIsMadeByTheFirstTouchAfterIt) {
  World world;
  const Id id = Active(world);
  OweForMove(world, id, "2024-05-01");
  EXPECT_THAT(NamesOf(world.By(kAna).Taken(Met(kAna, kBen, "2024-04-30"))), ElementsAre("CheckInLogged"));
  EXPECT_THAT(NamesOf(world.Taken(Met(kAna, kBen, "2024-05-01"))), ElementsAre("CheckInLogged", "OwedTouchMade"));
  EXPECT_EQ(world.StateOf(id).owed_size(), 0);
  // A move told after the touch owes nothing.
  EXPECT_TRUE(OweForMove(world, id, "2024-05-01", 2).IsZero());
}

TEST(OwedTouch, IsOwedOncePerCause) {
  World world;
  const Id id = Active(world);
  EXPECT_FALSE(OweForMove(world, id, "2024-05-01").IsZero());
  EXPECT_TRUE(OweForMove(world, id, "2024-05-01").IsZero());
  auto owe = Make<OweTouch>(id, "2024-05-01");
  EXPECT_THAT(world.By(kAna).Refused(owe), RefusedWith(kDenied, "NOT_PERMITTED"));
}

TEST(OwedTouch, OnOtherDaysIsTheSameDebt) {
  World world;
  const Id id = Active(world);
  auto owe = Make<OweTouch>(id, "2024-05-10");
  owe.cause = OWED_CAUSE_MOVE;
  owe.cause_id = Person(1);
  owe.owed_on = On("2024-05-08");
  owe.instead_of = OweForMove(world, id, "2024-05-01");
  const auto later = world.BySteward().Taken(owe);
  EXPECT_THAT(NamesOf(later), ElementsAre("TouchOwed"));
  EXPECT_EQ(EventIn<TouchOwed>(later, 0).debt().owed_id(), owe.instead_of->ToBytes());
  EXPECT_EQ(world.StateOf(id).owed_size(), 1);
  // A touch before the new day leaves it open; with an earlier day it is the first one after the move.
  EXPECT_THAT(NamesOf(world.By(kAna).Taken(Met(kAna, kBen, "2024-05-05"))), ElementsAre("CheckInLogged"));
  owe.owed_on = On("2024-05-04");
  EXPECT_THAT(NamesOf(world.BySteward().Taken(owe)), ElementsAre("TouchOwed", "OwedTouchMade"));
  EXPECT_EQ(world.StateOf(id).owed_size(), 0);
  EXPECT_THAT(world.Taken(owe).facts, IsEmpty());
}

TEST(OwedTouch, ThatWasAskedForWaitsForItsOwnAnswer) {
  World world;
  const Id id = Active(world);
  auto ask = Make<AskForTalk>(id, "2024-05-01");
  ask.about = ASKED_ABOUT_CAREER;
  EXPECT_THAT(world.By(kAna).Refused(ask), RefusedWith(kDenied, "NOT_PERMITTED"));
  const auto asked = world.By(kBen).Taken(ask);
  const Id owed = *Id::FromBytes(EventIn<TouchOwed>(asked, 0).debt().owed_id());
  EXPECT_THAT(NamesOf(world.Taken(Met(kAna, kBen, "2024-05-02"))), ElementsAre("CheckInLogged"));
  auto met = Met(kAna, kBen, "2024-05-03");
  met.owed.push_back({owed, "she wants to move"});
  EXPECT_THAT(NamesOf(world.By(kAna).Taken(met)), ElementsAre("CheckInLogged", "OwedTouchMade"));
  EXPECT_THAT(AdviceOf(world.Taken(met)), ElementsAre("OWED_TOUCH_ALREADY_ANSWERED"));
}

TEST(OwedTouch, IsWaivedByTheMentee) {
  World world;
  const Id id = Active(world);
  auto waive = Make<WaiveOwedTouch>(id, "2024-05-02");
  waive.owed = OweForMove(world, id, "2024-05-01");
  EXPECT_THAT(world.By(kAna).Refused(waive), RefusedWith(kDenied, "NOT_PERMITTED"));
  EXPECT_THAT(NamesOf(world.By(kBen).Taken(waive)), ElementsAre("OwedTouchWaived"));
  EXPECT_THAT(world.Refused(waive), RefusedWith(kForbiddenByState, "OWED_TOUCH_NOT_OPEN"));
}

TEST(OwedTouch, IsMadeByACheckInThatIsLogged) {
  World world;
  const Id id = Active(world);
  auto make = Make<MakeOwedTouch>(id, "2024-05-03");
  make.owed = OweForMove(world, id, "2024-05-01");
  make.checkin = Person(7);
  EXPECT_THAT(world.By(kAna).Refused(make), RefusedWith(kMissing, "UNKNOWN_CHECK_IN"));
  make.checkin = CheckInIdIn(world.Taken(Met(kAna, kBen, "2024-04-01")));
  EXPECT_THAT(NamesOf(world.Taken(make)), ElementsAre("OwedTouchMade"));
  EXPECT_THAT(world.Refused(make), RefusedWith(kForbiddenByState, "OWED_TOUCH_NOT_OPEN"));
}

TEST(OwedTouch, IsBounded) {
  World world;
  const Id id = Active(world);
  for (int i = 0; i < kOwedMax; ++i) world.By(kBen).Taken(Make<AskForTalk>(id, "2024-05-01"));
  EXPECT_THAT(world.Refused(Make<AskForTalk>(id, "2024-05-01")), RefusedWith(kForbiddenByState, "TOO_MANY_OWED"));
}

TEST(Promise, IsKeptOrDroppedByItsMakerOnly) {
  World world;
  const Id id = Active(world);
  auto make = Make<MakePromise>(id, "2024-02-01");
  make.text = "introduce her to Dan";
  make.kind = PROMISE_KIND_INTRODUCTION;
  auto keep = Make<KeepPromise>(id, "2024-02-05");
  keep.promise = *Id::FromBytes(EventIn<PromiseMade>(world.By(kAna).Taken(make), 0).promise_id());
  auto drop = Make<DropPromise>(id, "2024-02-05");
  drop.promise = *Id::FromBytes(EventIn<PromiseMade>(world.Taken(make), 0).promise_id());
  EXPECT_THAT(world.By(kBen).Refused(keep), RefusedWith(kDenied, "NOT_PERMITTED"));
  EXPECT_THAT(NamesOf(world.By(kAna).Taken(keep)), ElementsAre("PromiseKept"));
  EXPECT_THAT(NamesOf(world.Taken(drop)), ElementsAre("PromiseDropped"));
  EXPECT_THAT(world.Refused(keep), RefusedWith(kForbiddenByState, "PROMISE_NOT_OPEN"));
  make.by = kCem;
  EXPECT_THAT(world.Refused(make), RefusedWith(kBadRequest, "NOT_IN_RELATIONSHIP"));
  make.text.clear();
  EXPECT_THAT(world.Refused(make), RefusedWith(kBadRequest, "INVALID_FIELD"));
}

TEST(Promise, IsBoundedAndNeverCostsTheTouch) {
  World world;
  const Id id = Active(world);
  auto make = Make<MakePromise>(id, "2024-02-01");
  make.text = "something";
  world.By(kAna);
  for (int i = 0; i < kPromisesMax; ++i) world.Taken(make);
  EXPECT_THAT(world.Refused(make), RefusedWith(kForbiddenByState, "TOO_MANY_PROMISES"));
  auto met = Met(kAna, kBen, "2024-02-02");
  met.promises.push_back({"one more", PROMISE_KIND_ACTION, std::nullopt, std::nullopt});
  const auto facts = world.Taken(met);
  EXPECT_THAT(NamesOf(facts), ElementsAre("CheckInLogged"));
  EXPECT_THAT(AdviceOf(facts), ElementsAre("PROMISE_NOT_TAKEN"));
}

TEST(AmendCheckIn, ChangesWhatItNamesAndByItsAuthorOnly) {
  World world;
  const Id id = Active(world);
  auto amend = Make<AmendCheckIn>(id, "2024-03-01");
  amend.checkin = CheckInIdIn(world.By(kAna).Taken(Met(kAna, kBen, "2024-02-10")));
  amend.met_on = On("2024-02-09");
  amend.channel = CHECK_IN_CHANNEL_IN_PERSON;
  EXPECT_THAT(world.By(kBen).Refused(amend), RefusedWith(kDenied, "NOT_PERMITTED"));
  const auto facts = world.By(kAna).Taken(amend);
  EXPECT_TRUE(EventIn<CheckInAmended>(facts, 0).has_met_on());
  EXPECT_FALSE(EventIn<CheckInAmended>(facts, 0).has_channel());
  EXPECT_EQ(world.StateOf(id).touches(0).met_on(), On("2024-02-09").value);
  EXPECT_THAT(world.Taken(amend).facts, IsEmpty());
  amend.met_on = On("2026-11-23");
  EXPECT_THAT(world.Refused(amend), RefusedWith(kBadRequest, "DATE_IN_FUTURE"));
}

TEST(AmendCheckIn, IsBounded) {
  World world;
  const Id id = Active(world);
  auto amend = Make<AmendCheckIn>(id, "2024-03-01");
  amend.checkin = CheckInIdIn(world.By(kAna).Taken(Met(kAna, kBen, "2024-02-10")));
  amend.private_note = "again";
  for (std::uint32_t i = 0; i < kAmendmentsMax; ++i) world.Taken(amend);
  EXPECT_THAT(world.Refused(amend), RefusedWith(kForbiddenByState, "TOO_MANY_AMENDMENTS"));
}

TEST(RetractCheckIn, OfTheWrongPersonDestroysItsTextsAndDropsItsPromises) {
  World world;
  const Id id = Active(world);
  auto met = Met(kAna, kBen, "2024-02-10");
  met.gist = "about somebody else";
  met.private_note = "mine";
  met.promises.push_back({"for somebody else", PROMISE_KIND_ACTION, std::nullopt, std::nullopt});
  auto retract = Make<RetractCheckIn>(id, "2024-02-11");
  retract.checkin = CheckInIdIn(world.By(kAna).Taken(met));
  EXPECT_THAT(world.Refused(retract), RefusedWith(kBadRequest, "UNKNOWN_ENUM_VALUE"));
  retract.reason = CHECK_IN_RETRACTION_REASON_WRONG_PERSON;
  EXPECT_THAT(world.By(kBen).Refused(retract), RefusedWith(kDenied, "NOT_PERMITTED"));
  const auto facts = world.By(kAna).Taken(retract);
  EXPECT_THAT(NamesOf(facts), ElementsAre("CheckInRetracted", "PromiseDropped"));
  EXPECT_THAT(facts.removals, SizeIs(3));
  EXPECT_THAT(world.Taken(retract).facts, IsEmpty());
  EXPECT_THAT(world.StateOf(id).touches(), IsEmpty());
  auto amend = Make<AmendCheckIn>(id, "2024-03-01");
  amend.checkin = retract.checkin;
  EXPECT_THAT(world.Refused(amend), RefusedWith(kForbiddenByState, "CHECK_IN_RETRACTED"));
}

TEST(RetractCheckIn, OwesAgainWhatTheTouchHadMade) {
  World world;
  const Id id = Active(world);
  const Id owed = OweForMove(world, id, "2024-05-01");
  auto retract = Make<RetractCheckIn>(id, "2024-06-01");
  retract.checkin = CheckInIdIn(world.By(kAna).Taken(Met(kAna, kBen, "2024-05-10")));
  retract.reason = CHECK_IN_RETRACTION_REASON_MISTAKEN;
  EXPECT_THAT(NamesOf(world.Taken(retract)), ElementsAre("CheckInRetracted", "TouchOwed"));
  ASSERT_EQ(world.StateOf(id).owed_size(), 1);
  EXPECT_EQ(world.StateOf(id).owed(0).debt().owed_id(), owed.ToBytes());
}

TEST(RetractCheckIn, LeavesADebtForAMoveToTheTouchAfterIt) {
  World world;
  const Id id = Active(world);
  OweForMove(world, id, "2024-05-01");
  auto retract = Make<RetractCheckIn>(id, "2024-06-01");
  retract.checkin = CheckInIdIn(world.By(kAna).Taken(Met(kAna, kBen, "2024-05-10")));
  retract.reason = CHECK_IN_RETRACTION_REASON_MISTAKEN;
  const Id later = CheckInIdIn(world.Taken(Met(kAna, kBen, "2024-05-12")));
  const auto facts = world.Taken(retract);
  EXPECT_THAT(NamesOf(facts), ElementsAre("CheckInRetracted", "TouchOwed", "OwedTouchMade"));
  EXPECT_EQ(EventIn<OwedTouchMade>(facts, 2).checkin_id(), later.ToBytes());
  EXPECT_EQ(world.StateOf(id).owed_size(), 0);
  // And with that one taken back, too, it is owed.
  retract.checkin = later;
  world.Taken(retract);
  EXPECT_EQ(world.StateOf(id).owed_size(), 1);
}

TEST(AmendCheckIn, ToADayAfterAMoveMakesTheTouchThatIsOwed) {
  World world;
  const Id id = Active(world);
  OweForMove(world, id, "2024-05-01");
  auto amend = Make<AmendCheckIn>(id, "2024-06-01");
  amend.checkin = CheckInIdIn(world.By(kAna).Taken(Met(kAna, kBen, "2024-04-30")));
  amend.met_on = On("2024-05-02");
  EXPECT_THAT(NamesOf(world.Taken(amend)), ElementsAre("CheckInAmended", "OwedTouchMade"));
  EXPECT_EQ(world.StateOf(id).owed_size(), 0);
  // And back again, as often as it changes.
  for (const auto* day : {"2024-04-29", "2024-04-28"}) {
    amend.met_on = On(day);
    world.Taken(amend);
    EXPECT_EQ(world.StateOf(id).owed_size(), 1) << day;
  }
  EXPECT_THAT(NamesOf(world.Taken(Met(kAna, kBen, "2024-05-03"))), ElementsAre("CheckInLogged", "OwedTouchMade"));
  amend.met_on = On("2024-04-27");
  EXPECT_THAT(NamesOf(world.Taken(amend)), ElementsAre("CheckInAmended"));
}

RetractCheckIn Retract(const Id& id, const Id& checkin, CheckInRetractionReason reason) {
  auto retract = Make<RetractCheckIn>(id, "2024-07-01");
  retract.checkin = checkin;
  retract.reason = reason;
  return retract;
}

TEST(RetractCheckIn, GivesTheClockBackToTheTouchBefore) {
  World world;
  const Id id = Active(world);
  const Id first = CheckInIdIn(world.By(kAna).Taken(Met(kAna, kBen, "2024-05-10")));
  const Id second = CheckInIdIn(world.Taken(Met(kAna, kBen, "2024-05-12")));
  world.Taken(Retract(id, second, CHECK_IN_RETRACTION_REASON_MISTAKEN));
  ASSERT_THAT(world.StateOf(id).touches(), SizeIs(1));
  EXPECT_EQ(world.StateOf(id).touches(0).checkin_id(), first.ToBytes());
  EXPECT_TRUE(OweForMove(world, id, "2024-05-01").IsZero()) << "they have spoken since";
  EXPECT_FALSE(OweForMove(world, id, "2024-05-11").IsZero());
}

TEST(RetractCheckIn, OfTheLastTouchLeavesADebtForAMoveToTheOneBefore) {
  World world;
  const Id id = Active(world);
  OweForMove(world, id, "2024-05-01");
  const Id made = CheckInIdIn(world.By(kAna).Taken(Met(kAna, kBen, "2024-05-20")));
  const Id before = CheckInIdIn(world.Taken(Met(kAna, kBen, "2024-05-10")));
  const auto facts = world.Taken(Retract(id, made, CHECK_IN_RETRACTION_REASON_MISTAKEN));
  EXPECT_THAT(NamesOf(facts), ElementsAre("CheckInRetracted", "TouchOwed", "OwedTouchMade"));
  EXPECT_EQ(EventIn<OwedTouchMade>(facts, 2).checkin_id(), before.ToBytes());
}

TEST(RetractCheckIn, OfAllTheTouchesThatAreKeptForgetsTheOlderOnes) {
  World world;
  const Id id = Active(world);
  std::vector<Id> logged;
  for (int i = 0; i <= kTouchesMax; ++i) {
    auto met = Met(kAna, kBen, "2024-05-01");
    met.occurred_on = met.occurred_on.Plus(i);
    logged.push_back(CheckInIdIn(world.By(kAna).Taken(met)));
  }
  ASSERT_THAT(world.StateOf(id).touches(), SizeIs(kTouchesMax));
  EXPECT_EQ(world.StateOf(id).touches(0).checkin_id(), logged.back().ToBytes());
  for (int i = kTouchesMax; i > 0; --i) {
    EXPECT_EQ(world.StateOf(id).touches(0).met_on(), On("2024-05-01").Plus(i).value);
    world.Taken(Retract(id, logged[static_cast<std::size_t>(i)], CHECK_IN_RETRACTION_REASON_MISTAKEN));
  }
  EXPECT_THAT(world.StateOf(id).touches(), IsEmpty()) << "never later than the true one";
}

TEST(RetractCheckIn, OfTheWrongPersonAfterAllDestroysWhatStillStands) {
  World world;
  const Id id = Active(world);
  OweForMove(world, id, "2024-02-01");
  auto met = Met(kAna, kBen, "2024-02-10");
  met.gist = "about somebody else";
  met.promises.push_back({"for somebody else", PROMISE_KIND_ACTION, std::nullopt, std::nullopt});
  const Id checkin = CheckInIdIn(world.By(kAna).Taken(met));
  auto mistaken = Retract(id, checkin, CHECK_IN_RETRACTION_REASON_MISTAKEN);
  mistaken.note = "we never met";
  EXPECT_THAT(NamesOf(world.Taken(mistaken)), ElementsAre("CheckInRetracted", "TouchOwed"));
  EXPECT_THAT(world.Taken(mistaken).facts, IsEmpty());
  const auto wrong_person = Retract(id, checkin, CHECK_IN_RETRACTION_REASON_WRONG_PERSON);
  EXPECT_THAT(world.By(kBen).Refused(wrong_person), RefusedWith(kDenied, "NOT_PERMITTED"));
  const auto facts = world.By(kAna).Taken(wrong_person);
  EXPECT_THAT(NamesOf(facts), ElementsAre("CheckInRetracted", "PromiseDropped")) << "nothing is owed twice";
  EXPECT_TRUE(EventIn<CheckInRetracted>(facts, 0).already_retracted());
  EXPECT_THAT(facts.removals, SizeIs(3)) << "gist, promise and the first retraction's note";
  EXPECT_THAT(world.Taken(wrong_person).facts, IsEmpty());
  EXPECT_EQ(world.StateOf(id).owed_size(), 1);
}

TEST(RetractCheckIn, OfADoubleThatWasTheWrongPersonOwesAgainWhatItMade) {
  World world;
  const Id id = Active(world);
  OweForMove(world, id, "2024-02-01");
  const Id checkin = CheckInIdIn(world.By(kAna).Taken(Met(kAna, kBen, "2024-02-10")));
  EXPECT_THAT(NamesOf(world.Taken(Retract(id, checkin, CHECK_IN_RETRACTION_REASON_DOUBLE))),
              ElementsAre("CheckInRetracted"));
  EXPECT_THAT(NamesOf(world.Taken(Retract(id, checkin, CHECK_IN_RETRACTION_REASON_WRONG_PERSON))),
              ElementsAre("CheckInRetracted", "TouchOwed"));
}

TEST(OwedTouch, AreNotMadeByOneCheckInWithoutEnd) {
  World world;
  const Id id = Active(world);
  auto make = Make<MakeOwedTouch>(id, "2024-05-03");
  make.checkin = CheckInIdIn(world.By(kBen).Taken(Met(kAna, kBen, "2024-05-02")));
  const auto ask = [&] {
    const auto asked = world.Taken(Make<AskForTalk>(id, "2024-05-01"));
    make.owed = *Id::FromBytes(EventIn<TouchOwed>(asked, 0).debt().owed_id());
  };
  for (int i = 0; i < kMadeMax; ++i) {
    ask();
    world.Taken(make);
  }
  ask();
  EXPECT_THAT(world.Refused(make), RefusedWith(kForbiddenByState, "TOO_MANY_OWED"));
}

}  // namespace
}  // namespace mentorlog::relationships_test
