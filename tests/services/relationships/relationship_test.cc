// Starting, agreeing, pausing, closing: given(facts).when(command).then(facts).
#include "tests/services/relationships/relationships_world.h"

namespace mentorlog::relationships_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using view::v1::RELATIONSHIP_STATUS_ACTIVE;
using view::v1::RELATIONSHIP_STATUS_CLOSED;
using view::v1::RELATIONSHIP_STATUS_DECLINED;
using view::v1::RELATIONSHIP_STATUS_PAUSED;
using view::v1::RELATIONSHIP_STATUS_STARTED;
constexpr auto kBadRequest = absl::StatusCode::kInvalidArgument;
constexpr auto kForbiddenByState = absl::StatusCode::kFailedPrecondition;
constexpr auto kDenied = absl::StatusCode::kPermissionDenied;

TEST(StartRelationship, WaitsForTheOtherSide) {
  World world;
  const Id id = world.Relationship(kAna, kBen);
  EXPECT_THAT(NamesOf(world.By(kAna).Taken(Start())), ElementsAre("RelationshipStarted"));
  EXPECT_EQ(world.StateOf(id).status(), RELATIONSHIP_STATUS_STARTED);
  EXPECT_EQ(world.StateOf(id).mode(), RELATIONSHIP_MODE_REGULAR);
  EXPECT_THAT(world.Refused(Make<Acknowledge>(id, "2024-01-02")), RefusedWith(kDenied, "NOT_PERMITTED"));
  EXPECT_THAT(NamesOf(world.By(kBen).Taken(Make<Acknowledge>(id, "2024-01-02"))),
              ElementsAre("RelationshipAcknowledged"));
  EXPECT_EQ(world.StateOf(id).status(), RELATIONSHIP_STATUS_ACTIVE);
}

TEST(StartRelationship, OfOneThatIsOpenChangesNothing) {
  World world;
  Active(world);
  const auto facts = world.By(kAna).Taken(Start());
  EXPECT_THAT(facts.facts, IsEmpty());
  EXPECT_THAT(AdviceOf(facts), ElementsAre("ALREADY_STARTED"));
}

TEST(StartRelationship, ByTheOtherSideIsTheAcknowledgement) {
  World world;
  world.By(kAna).Taken(Start());
  EXPECT_THAT(NamesOf(world.By(kBen).Taken(Start())), ElementsAre("RelationshipAcknowledged"));
}

TEST(StartRelationship, OfAClosedOneOpensItAgainInTheModeBefore) {
  World world;
  const Id id = Active(world);
  auto mode = Make<ChangeMode>(id, "2024-03-01");
  mode.mode = RELATIONSHIP_MODE_STAY_IN_TOUCH;
  mode.trigger = MODE_TRIGGER_MOVE;
  world.BySteward().Taken(mode);
  world.By(kAna).Taken(Make<Close>(id, "2024-04-01"));
  EXPECT_EQ(world.StateOf(id).status(), RELATIONSHIP_STATUS_CLOSED);
  EXPECT_EQ(world.StateOf(id).closed_by_id(), kAna.ToBytes());
  EXPECT_THAT(NamesOf(world.By(kBen).Taken(Start())), ElementsAre("RelationshipReopened"));
  EXPECT_EQ(world.StateOf(id).status(), RELATIONSHIP_STATUS_ACTIVE);
  EXPECT_EQ(world.StateOf(id).mode(), RELATIONSHIP_MODE_STAY_IN_TOUCH);
}

TEST(StartRelationship, MayFollowADecline) {
  World world;
  const Id id = world.Relationship(kAna, kBen);
  world.By(kAna).Taken(Start());
  world.By(kBen).Taken(Make<Decline>(id, "2024-01-03"));
  EXPECT_EQ(world.StateOf(id).status(), RELATIONSHIP_STATUS_DECLINED);
  EXPECT_THAT(NamesOf(world.By(kBen).Taken(Start(kAna, kBen, RELATIONSHIP_KIND_MENTOR, "2025-01-01"))),
              ElementsAre("RelationshipStarted"));
  EXPECT_EQ(world.StateOf(id).status(), RELATIONSHIP_STATUS_STARTED);
}

TEST(StartRelationship, ByAnImportLeavesAClosedOneClosed) {
  World world;
  const Id id = Active(world);
  world.By(kBen).Taken(Make<Close>(id, "2024-04-01"));
  const auto facts = world.ByImport().Taken(Start(kAna, kBen, RELATIONSHIP_KIND_MENTOR, "2023-05-01"));
  EXPECT_THAT(facts.facts, IsEmpty());
  EXPECT_THAT(AdviceOf(facts), ElementsAre("NOT_OPENED_AGAIN"));
  EXPECT_EQ(world.StateOf(id).status(), RELATIONSHIP_STATUS_CLOSED);
}

TEST(StartRelationship, ByAnImportIsNoAnswerToADecline) {
  World world;
  const Id id = world.Relationship(kAna, kBen);
  world.By(kAna).Taken(Start());
  world.By(kBen).Taken(Make<Decline>(id, "2024-01-03"));
  auto row = Start(kAna, kBen, RELATIONSHIP_KIND_MENTOR, "2024-01-01");
  row.cadence = Every(10, 20);
  const auto facts = world.ByImport().Taken(row);
  EXPECT_THAT(facts.facts, IsEmpty());
  EXPECT_THAT(AdviceOf(facts), ElementsAre("NOT_OPENED_AGAIN"));
  EXPECT_EQ(world.StateOf(id).status(), RELATIONSHIP_STATUS_DECLINED);
}

TEST(StartRelationship, ByAnImportSaysThatAnotherStartStays) {
  World world;
  const Id id = Active(world);
  auto row = Start(kAna, kBen, RELATIONSHIP_KIND_MENTOR, "2023-05-01");
  EXPECT_THAT(AdviceOf(world.ByImport().Taken(row)), ElementsAre("START_DAY_KEPT"));
  // The cadence that nobody set is taken, the day is not.
  row.cadence = Every(10, 20);
  const auto facts = world.Taken(row);
  EXPECT_THAT(NamesOf(facts), ElementsAre("CadenceSet"));
  EXPECT_THAT(AdviceOf(facts), ElementsAre("START_DAY_KEPT"));
  EXPECT_EQ(world.StateOf(id).started_on(), On("2024-01-01").value);
  EXPECT_THAT(AdviceOf(world.Taken(Start())), ElementsAre("ALREADY_STARTED"));
}

TEST(StartRelationship, AfterADeclineKnowsNoCadenceFromBefore) {
  World world;
  const Id id = world.Relationship(kAna, kBen);
  auto start = Start();
  start.cadence = Every(10, 20);
  EXPECT_THAT(NamesOf(world.By(kAna).Taken(start)), ElementsAre("RelationshipStarted", "CadenceSet"));
  world.By(kBen).Taken(Make<Decline>(id, "2024-01-03"));
  world.By(kAna).Taken(Start(kAna, kBen, RELATIONSHIP_KIND_MENTOR, "2025-01-01"));
  EXPECT_FALSE(world.StateOf(id).has_cadence());
  world.By(kBen).Taken(Make<Decline>(id, "2025-01-03"));
  start.occurred_on = On("2026-01-01");
  EXPECT_THAT(NamesOf(world.By(kAna).Taken(start)), ElementsAre("RelationshipStarted", "CadenceSet"));
}

TEST(StartRelationship, RefusesWhatCannotBe) {
  World world;
  EXPECT_THAT(world.By(kAna).Refused(Start(kAna, kAna)), RefusedWith(kBadRequest, "SELF_MENTORING"));
  EXPECT_THAT(world.Refused(Start(kAna, kStranger)), RefusedWith(absl::StatusCode::kNotFound, "UNKNOWN_PERSON"));
  EXPECT_THAT(world.Refused(Start(kBen, kCem)), RefusedWith(kDenied, "NOT_PERMITTED"));
  EXPECT_THAT(world.Refused(Start(kAna, kBen, RELATIONSHIP_KIND_MENTOR, "2026-11-23")),
              RefusedWith(kBadRequest, "DATE_IN_FUTURE"));
  auto cadence = Start();
  cadence.cadence = Every(10, 5);
  EXPECT_THAT(world.Refused(cadence), RefusedWith(kBadRequest, "INVALID_CADENCE"));
  EXPECT_THAT(world.Refused(Make<Acknowledge>(Person(9), "2024-01-01")),
              RefusedWith(absl::StatusCode::kNotFound, "UNKNOWN_RELATIONSHIP"));
  EXPECT_THAT(world.records, IsEmpty());
}

TEST(StartRelationship, ImportedIsAcknowledgedAtOnce) {
  World world;
  auto command = Start();
  command.cadence = Every(14, 30);
  const auto facts = world.ByImport().Taken(command);
  EXPECT_THAT(NamesOf(facts), ElementsAre("RelationshipStarted", "CadenceSet"));
  EXPECT_EQ(EventIn<RelationshipStarted>(facts, 0).origin(), RELATIONSHIP_ORIGIN_IMPORTED);
  const auto& state = world.StateOf(world.Relationship(kAna, kBen));
  EXPECT_EQ(state.status(), RELATIONSHIP_STATUS_ACTIVE);
  EXPECT_EQ(state.cadence().ideal_days(), 14u);
}

TEST(StartRelationship, WhyIsItsAuthorsUntilTheOtherSideSaysYes) {
  World world;
  auto command = Start();
  command.why = "asked over lunch";
  EXPECT_EQ(world.By(kAna).Taken(command).facts.at(0).chosen.at(20), log::v1::AUDIENCE_AUTHOR);
  auto met = Met(kAna, kBen, "2024-01-05");
  met.gist = "first talk";
  EXPECT_EQ(world.Taken(met).facts.at(0).chosen.at(20), log::v1::AUDIENCE_AUTHOR);
  world.By(kBen).Taken(Make<Acknowledge>(world.Relationship(kAna, kBen), "2024-01-06"));
  met.occurred_on = On("2024-01-07");
  EXPECT_EQ(world.By(kAna).Taken(met).facts.at(0).chosen.at(20), log::v1::AUDIENCE_PAIR);
}

TEST(StartRelationship, EvolvesFromAnotherKindOfThePairInOneProposal) {
  World world;
  const Id line = Active(world, RELATIONSHIP_KIND_LINE_COACH);
  auto owe = Make<OweTouch>(line, "2024-02-01");
  owe.cause = OWED_CAUSE_MOVE;
  owe.cause_id = Person(1);
  owe.owed_on = On("2024-02-01");
  world.BySteward().Taken(owe);
  auto command = Start(kAna, kBen, RELATIONSHIP_KIND_MENTOR, "2024-03-01");
  command.evolved_from = line;
  EXPECT_THAT(NamesOf(world.By(kAna).Taken(command)),
              ElementsAre("RelationshipStarted", "TouchOwed", "RelationshipClosed"));
  const auto& mentor = world.StateOf(world.Relationship(kAna, kBen));
  EXPECT_EQ(mentor.status(), RELATIONSHIP_STATUS_ACTIVE);
  EXPECT_EQ(mentor.origin(), RELATIONSHIP_ORIGIN_EVOLVED);
  EXPECT_EQ(mentor.owed_size(), 1);
  EXPECT_EQ(world.StateOf(line).status(), RELATIONSHIP_STATUS_CLOSED);
  EXPECT_EQ(world.StateOf(line).owed_size(), 0);
  EXPECT_THAT(world.Refused(command), RefusedWith(kForbiddenByState, "RELATIONSHIP_NOT_OPEN"));
}

TEST(Cadence, IsProposedByOneAndAgreedByTheOther) {
  World world;
  const Id id = Active(world);
  auto propose = Make<ProposeCadence>(id, "2024-02-01");
  propose.cadence = Every(21, 40);
  EXPECT_THAT(world.By(kAna).Refused(Make<AgreeCadence>(id, "2024-02-01")),
              RefusedWith(kForbiddenByState, "NO_CADENCE_PROPOSED"));
  EXPECT_THAT(NamesOf(world.Taken(propose)), ElementsAre("CadenceProposed"));
  EXPECT_THAT(world.Taken(propose).facts, IsEmpty());
  EXPECT_THAT(world.Refused(Make<AgreeCadence>(id, "2024-02-01")), RefusedWith(kDenied, "NOT_PERMITTED"));
  EXPECT_THAT(NamesOf(world.By(kBen).Taken(Make<AgreeCadence>(id, "2024-02-02"))), ElementsAre("CadenceAgreed"));
  EXPECT_TRUE(world.StateOf(id).cadence_agreed());
  EXPECT_FALSE(world.StateOf(id).has_proposed_cadence());
}

TEST(Cadence, ThatIsAgreedIsNotSetByOneSide) {
  World world;
  const Id id = Active(world);
  auto set = Make<SetCadence>(id, "2024-02-01");
  set.cadence = Every(1, 730);
  EXPECT_THAT(NamesOf(world.By(kBen).Taken(set)), ElementsAre("CadenceSet"));
  auto propose = Make<ProposeCadence>(id, "2024-02-01");
  propose.cadence = Every(21, 40);
  world.By(kAna).Taken(propose);
  world.By(kBen).Taken(Make<AgreeCadence>(id, "2024-02-02"));
  EXPECT_THAT(world.Refused(set), RefusedWith(kForbiddenByState, "CADENCE_AGREED"));
  set.cadence = Every(21, 40);
  EXPECT_THAT(world.Taken(set).facts, IsEmpty());
  auto mode = Make<ChangeMode>(id, "2024-03-01");
  mode.mode = RELATIONSHIP_MODE_STAY_IN_TOUCH;
  mode.cadence = Every(90, 180);
  EXPECT_THAT(NamesOf(world.BySteward().Taken(mode)), ElementsAre("ModeChanged"));
}

TEST(Cadence, IsBounded) {
  World world;
  const Id id = Active(world);
  for (const auto& [ideal, max] : {std::pair{0u, 5u}, {6u, 5u}, {5u, 731u}}) {
    auto set = Make<SetCadence>(id, "2024-02-01");
    set.cadence = Every(ideal, max);
    EXPECT_THAT(world.Refused(set), RefusedWith(kBadRequest, "INVALID_CADENCE"));
  }
}

TEST(Pause, RestsUntilItsDayAndEndsByTheSteward) {
  World world;
  const Id id = Active(world);
  auto pause = Make<Pause>(id, "2024-02-01");
  pause.until = On("2024-02-01");
  EXPECT_THAT(world.By(kBen).Refused(pause), RefusedWith(kBadRequest, "INVALID_FIELD"));
  pause.until = On("2024-05-01");
  EXPECT_THAT(NamesOf(world.Taken(pause)), ElementsAre("RelationshipPaused"));
  EXPECT_THAT(world.Taken(pause).facts, IsEmpty());
  EXPECT_THAT(world.BySteward().Taken(Make<EndPause>(id, "2024-04-30")).facts, IsEmpty());
  EXPECT_THAT(NamesOf(world.Taken(Make<EndPause>(id, "2024-05-01"))), ElementsAre("RelationshipResumed"));
  EXPECT_THAT(world.By(kBen).Refused(Make<EndPause>(id, "2024-05-01")), RefusedWith(kDenied, "NOT_PERMITTED"));
}

TEST(Transitions, OfTheStateMachineAreThese) {
  // (state, command) -> the facts, or the reason why none.
  struct Row {
    view::v1::RelationshipStatus status;
    const char *acknowledge, *decline, *pause, *resume, *close, *reopen, *propose, *ask;
  };
  constexpr Row kTable[] = {
      {RELATIONSHIP_STATUS_STARTED, "RelationshipAcknowledged", "RelationshipDeclined", "RELATIONSHIP_NOT_ACTIVE", "",
       "RelationshipClosed", "RELATIONSHIP_NOT_CLOSED", "CadenceProposed", "TouchOwed"},
      {RELATIONSHIP_STATUS_ACTIVE, "", "NOT_AWAITING_ANSWER", "RelationshipPaused", "", "RelationshipClosed", "",
       "CadenceProposed", "TouchOwed"},
      {RELATIONSHIP_STATUS_PAUSED, "", "NOT_AWAITING_ANSWER", "", "RelationshipResumed", "RelationshipClosed", "",
       "CadenceProposed", "TouchOwed"},
      {RELATIONSHIP_STATUS_CLOSED, "NOT_AWAITING_ANSWER", "NOT_AWAITING_ANSWER", "RELATIONSHIP_NOT_ACTIVE",
       "RELATIONSHIP_NOT_ACTIVE", "", "RelationshipReopened", "RELATIONSHIP_NOT_OPEN", "RELATIONSHIP_NOT_OPEN"},
      {RELATIONSHIP_STATUS_DECLINED, "NOT_AWAITING_ANSWER", "", "RELATIONSHIP_NOT_ACTIVE", "RELATIONSHIP_NOT_ACTIVE",
       "RELATIONSHIP_NOT_ACTIVE", "RELATIONSHIP_NOT_CLOSED", "RELATIONSHIP_NOT_OPEN", "RELATIONSHIP_NOT_OPEN"},
  };
  for (const auto& row : kTable) {
    World world;
    const Id id = world.Relationship(kAna, kBen);
    world.By(kAna).Taken(Start());
    if (row.status == RELATIONSHIP_STATUS_DECLINED) {
      world.By(kBen).Taken(Make<Decline>(id, "2024-01-02"));
    } else if (row.status != RELATIONSHIP_STATUS_STARTED) {
      world.By(kBen).Taken(Make<Acknowledge>(id, "2024-01-02"));
      if (row.status == RELATIONSHIP_STATUS_PAUSED) world.Taken(Make<Pause>(id, "2024-01-03"));
      if (row.status == RELATIONSHIP_STATUS_CLOSED) world.Taken(Make<Close>(id, "2024-01-03"));
    }
    ASSERT_EQ(world.StateOf(id).status(), row.status);
    world.By(kBen);
    const auto outcome = [](const Decision& decision) -> std::string {
      if (!decision.ok()) return storage::ReasonOf(decision.status()).value_or("no reason");
      return decision->facts.empty() ? "" : NamesOf(*decision).front();
    };
    auto propose = Make<ProposeCadence>(id, "2024-02-01");
    propose.cadence = Every(30, 60);
    const std::string name = view::v1::RelationshipStatus_Name(row.status);
    EXPECT_EQ(outcome(world.Decide(Make<Acknowledge>(id, "2024-02-01"))), row.acknowledge) << name;
    EXPECT_EQ(outcome(world.Decide(Make<Decline>(id, "2024-02-01"))), row.decline) << name;
    EXPECT_EQ(outcome(world.Decide(Make<Pause>(id, "2024-02-01"))), row.pause) << name;
    EXPECT_EQ(outcome(world.Decide(Make<Resume>(id, "2024-02-01"))), row.resume) << name;
    EXPECT_EQ(outcome(world.Decide(Make<Close>(id, "2024-02-01"))), row.close) << name;
    EXPECT_EQ(outcome(world.Decide(Make<Reopen>(id, "2024-02-01"))), row.reopen) << name;
    EXPECT_EQ(outcome(world.Decide(propose)), row.propose) << name;
    EXPECT_EQ(outcome(world.Decide(Make<AskForTalk>(id, "2024-02-01"))), row.ask) << name;
    EXPECT_EQ(outcome(world.Decide(Met(kAna, kBen, "2024-02-01"))), "CheckInLogged") << name;
  }
}

TEST(Close, KeepsTheNoteForItsAuthorAndTheReasonSealed) {
  World world;
  const Id id = Active(world);
  auto close = Make<Close>(id, "2024-02-01");
  close.reason = CLOSE_REASON_CONFLICT;
  close.private_note = "we never agreed";
  world.By(kBen).Taken(close);
  const auto& record = world.records.back();
  ASSERT_EQ(record.header.parts_size(), 2);
  EXPECT_EQ(record.header.parts(0).audience(), log::v1::AUDIENCE_PAIR);
  EXPECT_EQ(record.header.parts(1).audience(), log::v1::AUDIENCE_AUTHOR);
  EXPECT_THAT(record.open, ::testing::Not(::testing::HasSubstr("never")));
  close.reason = CLOSE_REASON_EVOLVED;
  EXPECT_THAT(world.Refused(close), RefusedWith(kBadRequest, "INVALID_FIELD"));
}

TEST(TellMove, IsAFactEvenWhenItFailed) {
  World world;
  const Id id = Active(world);
  auto tell = Make<TellMove>(id, "2024-02-01");
  tell.to = kAna;
  tell.move = Person(7);
  tell.delivered = false;
  world.Moved(kBen, tell.move);
  EXPECT_THAT(NamesOf(world.BySteward().Taken(tell)), ElementsAre("MoveTold"));
  tell.to = kCem;
  EXPECT_THAT(world.Refused(tell), RefusedWith(kBadRequest, "NOT_IN_RELATIONSHIP"));
}

TEST(TellMove, IsRefusedOfWhatIsNoMoveOfTheOther) {
  World world;
  const Id id = Active(world);
  auto tell = Make<TellMove>(id, "2024-02-01");
  tell.to = kAna;
  tell.move = Person(7);
  const auto unknown = RefusedWith(absl::StatusCode::kNotFound, "UNKNOWN_MOVE");
  EXPECT_THAT(world.By(kAna).Refused(tell), unknown);
  world.Moved(kAna, tell.move);
  EXPECT_THAT(world.Refused(tell), unknown) << "it is one's own";
  world.Moved(kBen, tell.move);
  world.Taken(tell);
  EXPECT_EQ(world.reliance.at(people::PersonStream(kBen)), Reliance::kExists);
}

}  // namespace
}  // namespace mentorlog::relationships_test
