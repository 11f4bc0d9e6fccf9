// Moves, announced, recorded, corrected and taken back: scripts in the words of the domain.
#include "services/people/person.h"

#include "services/people/people_commands.h"
#include "tests/services/people/people_words.h"
#include "tests/services/people/people_world.h"

namespace mentorlog::people_test {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(RecordMove, TakesItsPlaceHoweverLateItArrives) {
  World world;
  const Id ana = world.Register("Ana");
  world.Moved(ana, "2024-01-01", MOVE_TYPE_TRANSFER, "leeds");
  world.Moved(ana, "2020-01-01", MOVE_TYPE_HIRE, "core");
  const Id middle = world.Moved(ana, "2022-01-01", MOVE_TYPE_LATERAL, "tests");
  EXPECT_EQ(world.UnitOn(ana, "2019-12-31"), "none");
  EXPECT_EQ(world.UnitOn(ana, "2021-12-31"), "core");
  EXPECT_EQ(world.UnitOn(ana, "2022-01-01"), "tests");
  EXPECT_EQ(world.UnitOn(ana, "2026-01-01"), "leeds");
  const auto state = world.StateOf(ana);
  EXPECT_EQ(people::MoveBefore(state, *people::FindMove(state, middle))->to().unit(), "core");
}

TEST(RecordMove, TheLaterRecordedOfTwoOnOneDayWins) {
  World world;
  const Id ana = world.Register("Ana");
  world.Moved(ana, "2022-01-01", MOVE_TYPE_LATERAL, "first told");
  world.Moved(ana, "2022-01-01", MOVE_TYPE_LATERAL, "last told");
  EXPECT_EQ(world.UnitOn(ana, "2022-01-01"), "last told");
}

TEST(RecordMove, KeepsWhatItDoesNotTellAsItWasBefore) {
  World world;
  const Id ana = world.Register("Ana");
  auto hired = Move(ana, "2020-01-01", MOVE_TYPE_HIRE, "core");
  hired.to.title = "Engineer";
  hired.to.site = "Leeds";
  world.Taken(hired);
  auto promoted = Move(ana, "2022-01-01", MOVE_TYPE_PROMOTION, "core");
  promoted.to.unit = std::nullopt;
  promoted.to.title = "Lead";
  promoted.to.site = "";
  world.Taken(promoted);
  const auto state = world.StateOf(ana);
  const auto& to = people::MoveOn(state, On("2022-01-01"))->to();
  EXPECT_EQ(to.title(), "Lead");
  EXPECT_EQ(to.unit(), "core");
  EXPECT_EQ(to.site(), "");
}

// Sealed whatever their type: neither a state nor a view may rest on them.
TEST(RecordMove, KeepsTheScopeOfTheRoleOutOfTheOpenPart) {
  World world;
  const Id ana = world.Register("Ana");
  auto announce = Announce(ana, "2026-12-01", "core");
  auto move = Move(ana, "2022-01-01", MOVE_TYPE_PROMOTION, "core");
  for (people::RoleTold* told : {&announce.to, &move.to}) {
    told->line = event::v1::LINE_LINE;
    told->people_managed = 7;
  }
  auto correct = Correct(ana, World::MoveIdOf<event::v1::PersonMoved>(world.Taken(move)));
  correct.to.people_managed = 8;
  const auto moved = world.records.back();
  const auto announced = world.Taken(announce);
  const auto corrected = world.Taken(correct);
  ASSERT_THAT(moved.header.parts(), SizeIs(1));
  EXPECT_EQ(moved.header.parts(0).number(), 21U);
  for (const auto* facts : {&announced, &corrected}) {
    const auto record = *world.codec.ToRecord(facts->facts.at(0));
    ASSERT_THAT(record.parts(), SizeIs(1));
    event::v1::RoleScope scope;
    ASSERT_TRUE(scope.ParseFromString(record.parts(0).content()));
    EXPECT_EQ(scope.has_line(), facts == &announced);
    EXPECT_EQ(scope.people_managed(), facts == &announced ? 7U : 8U);
    auto open = event::v1::PersonMoved();
    ASSERT_TRUE(open.ParseFromString(record.open_part()));
    EXPECT_FALSE(open.has_scope());
  }
}

TEST(RecordMove, IsRefusedInTheFuture) {
  World world;
  const Id ana = world.Register("Ana");
  const auto decision = world.Decide(Move(ana, "2026-11-23", MOVE_TYPE_TRANSFER, "leeds"));
  EXPECT_THAT(decision.status(), RefusedWith(StatusCode::kInvalidArgument, "DATE_IN_FUTURE"));
}

TEST(RecordMove, IsRefusedForSomebodyUnknown) {
  World world;
  const auto decision = world.Decide(Move(Id{}, "2026-11-22", MOVE_TYPE_TRANSFER, "leeds"));
  EXPECT_THAT(decision.status(), RefusedWith(StatusCode::kNotFound, "UNKNOWN_PERSON"));
}

TEST(RecordMove, IsRefusedATypeThatNobodyKnows) {
  World world;
  const Id ana = world.Register("Ana");
  const auto refused = RefusedWith(StatusCode::kInvalidArgument, "UNKNOWN_ENUM_VALUE");
  EXPECT_THAT(world.Decide(Move(ana, "2022-01-01", event::v1::MOVE_TYPE_UNSPECIFIED, "core")).status(), refused);
  EXPECT_THAT(world.Decide(Move(ana, "2022-01-01", static_cast<event::v1::MoveType>(77), "core")).status(), refused);
}

TEST(RecordMove, IsRefusedAConfidenceBeyondFive) {
  World world;
  auto move = Move(world.Register("Ana"), "2022-01-01", MOVE_TYPE_HIRE, "core");
  move.confidence = 6;
  EXPECT_THAT(world.Decide(move).status(), RefusedWith(StatusCode::kInvalidArgument, "INVALID_FIELD"));
}

TEST(RecordMove, IsRefusedBeyondAThousand) {
  World world;
  const Id ana = world.Register("Ana", "2000-01-01");
  for (int i = 0; i < people::kMovesMax; ++i) world.Moved(ana, "2022-01-01", MOVE_TYPE_LATERAL, std::to_string(i));
  EXPECT_THAT(world.Decide(Move(ana, "2022-01-02", MOVE_TYPE_LATERAL, "core")).status(),
              RefusedWith(StatusCode::kFailedPrecondition, "PERSON_FULL"));
  EXPECT_THAT(world.Decide(Announce(ana, "2026-12-01", "core")).status(),
              RefusedWith(StatusCode::kFailedPrecondition, "PERSON_FULL"));
}

TEST(RecordMove, BeforeTheDayOfJoiningIsTakenWithAdvice) {
  World world;
  const Id ana = world.Register("Ana", "2020-01-01");
  EXPECT_THAT(AdviceOf(world.Taken(Move(ana, "2019-12-31", MOVE_TYPE_HIRE, "core"))),
              ElementsAre("DATED_BEFORE_JOINING"));
  EXPECT_THAT(AdviceOf(world.Taken(Move(ana, "2020-01-01", MOVE_TYPE_LATERAL, "core"))), IsEmpty());
}

TEST(RecordMove, AfterAnExitIsTakenWithAdviceUnlessItIsAReturn) {
  World world;
  const Id ana = world.Register("Ana");
  world.Moved(ana, "2022-01-01", MOVE_TYPE_EXIT, "");
  EXPECT_THAT(AdviceOf(*world.Decide(Move(ana, "2021-12-31", MOVE_TYPE_LATERAL, "core"))), IsEmpty());
  EXPECT_THAT(AdviceOf(*world.Decide(Move(ana, "2022-01-01", MOVE_TYPE_LATERAL, "core"))),
              ElementsAre("MOVE_AFTER_EXIT"));
  EXPECT_THAT(AdviceOf(*world.Decide(Move(ana, "2023-01-01", MOVE_TYPE_REHIRE, "core"))), IsEmpty());
}

TEST(RecordMove, OfTheSameDayTypeAndRoleIsTakenWithAdvice) {
  World world;
  const Id ana = world.Register("Ana");
  world.Moved(ana, "2022-01-01", MOVE_TYPE_LATERAL, "core");
  EXPECT_THAT(AdviceOf(world.Taken(Move(ana, "2022-01-01", MOVE_TYPE_LATERAL, "core"))),
              ElementsAre("MOVE_RECORDED_TWICE"));
}

TEST(RecordMove, ThatTellsAScopeIsNotTakenForTheSame) {
  World world;
  const Id ana = world.Register("Ana");
  world.Moved(ana, "2022-01-01", MOVE_TYPE_LATERAL, "core");
  auto with_line = Move(ana, "2022-01-01", MOVE_TYPE_LATERAL, "core");
  with_line.to.line = event::v1::LINE_LINE;
  EXPECT_THAT(AdviceOf(*world.Decide(with_line)), IsEmpty()) << "what is sealed cannot be compared";
  auto with_people = Move(ana, "2022-01-01", MOVE_TYPE_LATERAL, "core");
  with_people.to.people_managed = 7;
  EXPECT_THAT(AdviceOf(*world.Decide(with_people)), IsEmpty());
}

TEST(RecordMove, ALoopOfManagersIsTakenWithAdvice) {
  World world;
  const Id ana = world.Register("Ana");
  const Id eva = world.Register("Eva");
  const Id ivo = world.Register("Ivo");
  auto under = [&](const Id& person, const Id& manager) {
    auto move = Move(person, "2022-01-01", MOVE_TYPE_LATERAL, "core");
    move.to.manager = manager;
    return move;
  };
  EXPECT_THAT(AdviceOf(world.Taken(under(ana, eva))), IsEmpty());
  EXPECT_THAT(AdviceOf(world.Taken(under(eva, ivo))), IsEmpty());
  EXPECT_THAT(AdviceOf(*world.Decide(under(ivo, ivo))), ElementsAre("MANAGER_LOOP"));
  EXPECT_THAT(AdviceOf(world.Taken(under(ivo, ana))), ElementsAre("MANAGER_LOOP"));
}

TEST(RecordMove, LooksForALoopNoFurtherThan32ManagersUp) {
  World world;
  std::vector<Id> line;
  for (int i = 0; i < 40; ++i) line.push_back(world.Register("P" + std::to_string(i)));
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    auto move = Move(line[i], "2022-01-01", MOVE_TYPE_LATERAL, "core");
    move.to.manager = line[i + 1];
    world.Taken(move);
  }
  auto move = Move(line.back(), "2022-01-01", MOVE_TYPE_LATERAL, "core");
  move.to.manager = line.front();
  EXPECT_THAT(AdviceOf(*world.Decide(move)), IsEmpty());
  EXPECT_THAT(world.loaded, SizeIs(people::kManagersMax + 1));
  move.to.manager = line[line.size() - people::kManagersMax];
  EXPECT_THAT(AdviceOf(*world.Decide(move)), ElementsAre("MANAGER_LOOP"));
}

TEST(RecordMove, UnderAManagerWhomNobodyRegisteredIsTakenOnlyFromAnImport) {
  World world;
  auto move = Move(world.Register("Ana"), "2022-01-01", MOVE_TYPE_LATERAL, "core");
  move.to.manager = *Id::FromHex("000000000000000000000000000000ab");
  EXPECT_THAT(world.Decide(move).status(), RefusedWith(StatusCode::kNotFound, "UNKNOWN_PERSON"));
  world.context.source = log::v1::SOURCE_CSV;
  EXPECT_THAT(AdviceOf(world.Taken(move)), ElementsAre("MANAGER_UNKNOWN_YET"));
}

TEST(AnnounceMove, ChangesNoRoleUntilItIsRecorded) {
  World world;
  const Id ana = world.Register("Ana");
  world.Moved(ana, "2022-01-01", MOVE_TYPE_HIRE, "core");
  world.Taken(Announce(ana, "2026-12-01", "leeds"));
  EXPECT_EQ(world.UnitOn(ana, "2027-01-01"), "core");
  EXPECT_THAT(world.StateOf(ana).announcements(), SizeIs(1));
}

TEST(AnnounceMove, IsRefusedOnOrBeforeTheDayOfTheAnnouncement) {
  World world;
  const Id ana = world.Register("Ana");
  const auto refused = RefusedWith(StatusCode::kInvalidArgument, "EFFECTIVE_BEFORE_ANNOUNCED");
  EXPECT_THAT(world.Decide(Announce(ana, "2026-11-01", "leeds")).status(), refused);
  EXPECT_TRUE(world.Decide(Announce(ana, "2026-11-23", "leeds")).ok());
}

TEST(AnnounceMove, LoggedAfterTheDayHasPassedIsTakenWithAdvice) {
  World world;
  const Id ana = world.Register("Ana");
  EXPECT_THAT(AdviceOf(world.Taken(Announce(ana, "2026-11-10", "leeds"))), ElementsAre("ANNOUNCED_DAY_PASSED"));
}

TEST(AnnounceMove, ComesTrueByTheMoveOfTheSameDayAndType) {
  World world;
  const Id ana = world.Register("Ana");
  const Id announced = World::MoveIdOf<event::v1::MoveAnnounced>(world.Taken(Announce(ana, "2026-11-10", "leeds")));
  const Id other = world.Moved(ana, "2026-11-10", MOVE_TYPE_LATERAL, "core");
  EXPECT_TRUE(people::FindMove(world.StateOf(ana), announced)->came_true_as().empty()) << other.ToHex();
  const Id moved = world.Moved(ana, "2026-11-10", MOVE_TYPE_TRANSFER, "leeds");
  const auto state = world.StateOf(ana);
  EXPECT_EQ(people::FindMove(state, announced)->came_true_as(), moved.ToBytes());
}

TEST(AnnounceMove, ThatCameTrueIsNeitherNamedNorCorrectedNorRetractedAgain) {
  World world;
  const Id ana = world.Register("Ana");
  const Id announced = World::MoveIdOf<event::v1::MoveAnnounced>(world.Taken(Announce(ana, "2026-11-10", "leeds")));
  const Id moved = world.Moved(ana, "2026-11-10", MOVE_TYPE_TRANSFER, "leeds");
  auto again = Move(ana, "2026-11-12", MOVE_TYPE_TRANSFER, "leeds");
  again.announcement = announced;
  const auto refused = RefusedWith(StatusCode::kFailedPrecondition, "ANNOUNCEMENT_NOT_OPEN");
  EXPECT_THAT(world.Decide(again).status(), refused);
  EXPECT_THAT(world.Decide(Correct(ana, announced)).status(), refused);
  EXPECT_THAT(world.Decide(Retract(ana, announced, kMistaken)).status(), refused);
  // Once the move is taken back, the announcement is open again.
  world.Taken(Retract(ana, moved, kMistaken));
  EXPECT_TRUE(world.Decide(again).ok());
}

TEST(AnnounceMove, NamedByAMoveMustBeKnown) {
  World world;
  auto move = Move(world.Register("Ana"), "2026-11-12", MOVE_TYPE_TRANSFER, "leeds");
  move.announcement = Id{};
  EXPECT_THAT(world.Decide(move).status(), RefusedWith(StatusCode::kNotFound, "UNKNOWN_MOVE"));
}

TEST(CorrectMove, PutsTheMoveInItsPlaceAndKeepsWhatIsNotTold) {
  World world;
  const Id ana = world.Register("Ana");
  auto hired = Move(ana, "2020-01-01", MOVE_TYPE_HIRE, "core");
  hired.to.title = "Engineer";
  world.Taken(hired);
  const Id moved = world.Moved(ana, "2022-01-01", MOVE_TYPE_TRANSFER, "leeds");
  world.Moved(ana, "2024-01-01", MOVE_TYPE_TRANSFER, "york");
  auto correct = Correct(ana, moved);
  correct.effective_on = On("2025-01-01");
  world.Taken(correct);
  EXPECT_EQ(world.UnitOn(ana, "2022-01-01"), "core");
  EXPECT_EQ(world.UnitOn(ana, "2024-01-01"), "york");
  EXPECT_EQ(world.UnitOn(ana, "2025-01-01"), "leeds");
  const auto state = world.StateOf(ana);
  EXPECT_EQ(people::FindMove(state, moved)->to().title(), "Engineer");
  EXPECT_EQ(people::FindMove(state, moved)->type(), MOVE_TYPE_TRANSFER);
}

TEST(CorrectMove, KeepsABoundedNumberOfReasons) {
  World world;
  const Id ana = world.Register("Ana");
  const Id moved = world.Moved(ana, "2022-01-01", MOVE_TYPE_TRANSFER, "leeds");
  auto correct = Correct(ana, moved);
  correct.reason = "it was another one";
  for (int i = 0; i < people::kSealedMax; ++i) {
    correct.to.unit = "unit " + std::to_string(i);
    world.Taken(correct);
  }
  correct.to.unit = "york";
  EXPECT_THAT(world.Decide(correct).status(), RefusedWith(StatusCode::kFailedPrecondition, "PERSON_FULL"));
  correct.reason.clear();
  EXPECT_TRUE(world.Decide(correct).ok()) << "a correction is a fact: only the reason finds no place";
  correct.to.people_managed = 7;
  EXPECT_THAT(world.Decide(correct).status(), RefusedWith(StatusCode::kFailedPrecondition, "PERSON_FULL"));
}

TEST(CorrectMove, ToWhatIsRecordedChangesNothing) {
  World world;
  const Id ana = world.Register("Ana");
  const Id moved = world.Moved(ana, "2022-01-01", MOVE_TYPE_TRANSFER, "leeds");
  auto correct = Correct(ana, moved);
  correct.to.unit = "leeds";
  EXPECT_THAT(world.Taken(correct).facts, IsEmpty());
  correct.to.line = event::v1::LINE_STAFF;
  EXPECT_THAT(world.Taken(correct).facts, SizeIs(1)) << "what is sealed cannot be compared";
}

TEST(CorrectMove, IsRefusedWhatTheMoveItselfWouldBe) {
  World world;
  const Id ana = world.Register("Ana");
  const Id moved = world.Moved(ana, "2022-01-01", MOVE_TYPE_TRANSFER, "leeds");
  const Id announced = World::MoveIdOf<event::v1::MoveAnnounced>(world.Taken(Announce(ana, "2026-12-01", "york")));
  auto correct = Correct(ana, moved);
  correct.effective_on = On("2026-11-23");
  EXPECT_THAT(world.Decide(correct).status(), RefusedWith(StatusCode::kInvalidArgument, "DATE_IN_FUTURE"));
  correct = Correct(ana, announced);
  correct.effective_on = On("2026-11-01");
  EXPECT_THAT(world.Decide(correct).status(), RefusedWith(StatusCode::kInvalidArgument, "EFFECTIVE_BEFORE_ANNOUNCED"));
  correct.effective_on = On("2027-01-01");
  EXPECT_TRUE(world.Decide(correct).ok());
  EXPECT_THAT(world.Decide(Correct(ana, Id{})).status(), RefusedWith(StatusCode::kNotFound, "UNKNOWN_MOVE"));
}

TEST(RetractMove, MakesWhatWasBeforeCountAgain) {
  World world;
  const Id ana = world.Register("Ana");
  world.Moved(ana, "2020-01-01", MOVE_TYPE_HIRE, "core");
  const Id moved = world.Moved(ana, "2022-01-01", MOVE_TYPE_TRANSFER, "leeds");
  EXPECT_THAT(world.Taken(Retract(ana, moved, kMistaken)).removals, IsEmpty());
  EXPECT_EQ(world.UnitOn(ana, "2022-01-01"), "core");
}

TEST(RetractMove, IsRefusedTwiceAndForWhatIsNotThere) {
  World world;
  const Id ana = world.Register("Ana");
  const Id moved = world.Moved(ana, "2022-01-01", MOVE_TYPE_TRANSFER, "leeds");
  world.Taken(Retract(ana, moved, kMistaken));
  const auto refused = RefusedWith(StatusCode::kFailedPrecondition, "MOVE_RETRACTED_ALREADY");
  EXPECT_THAT(world.Decide(Retract(ana, moved, kMistaken)).status(), refused);
  EXPECT_THAT(world.Decide(Correct(ana, moved)).status(), refused);
  EXPECT_THAT(world.Decide(Retract(ana, Id{}, kMistaken)).status(), RefusedWith(StatusCode::kNotFound, "UNKNOWN_MOVE"));
}

TEST(RetractMove, IsRefusedWithoutAReason) {
  World world;
  const Id ana = world.Register("Ana");
  const Id moved = world.Moved(ana, "2022-01-01", MOVE_TYPE_TRANSFER, "leeds");
  EXPECT_THAT(world.Decide(Retract(ana, moved, event::v1::MOVE_RETRACTION_REASON_UNSPECIFIED)).status(),
              RefusedWith(StatusCode::kInvalidArgument, "UNKNOWN_ENUM_VALUE"));
}

TEST(RetractMove, ForTheWrongPersonAfterAllDestroysWhatStillStands) {
  World world;
  const Id ana = world.Register("Ana");
  const Id moved = world.Moved(ana, "2022-01-01", MOVE_TYPE_TRANSFER, "leeds");
  auto correct = Correct(ana, moved);
  correct.to.unit = "bradford";
  correct.reason = "a slip";
  world.Taken(correct);
  auto mistaken = Retract(ana, moved, kMistaken);
  mistaken.note = "she stayed";
  world.Taken(mistaken);
  const auto facts = world.Taken(Retract(ana, moved, kWrongPerson));
  ASSERT_THAT(facts.facts, SizeIs(1));
  EXPECT_TRUE(dynamic_cast<const event::v1::MoveRetracted&>(*facts.facts[0].event).already_retracted());
  EXPECT_THAT(facts.removals, SizeIs(2)) << "the reason and the first retraction's note";
  EXPECT_THAT(world.Decide(Retract(ana, moved, kWrongPerson)).status(),
              RefusedWith(StatusCode::kFailedPrecondition, "MOVE_RETRACTED_ALREADY"));
}

TEST(RetractMove, ForTheWrongPersonDestroysEverythingSealedAboutTheMove) {
  World world;
  const Id ana = world.Register("Ana");
  auto move = Move(ana, "2022-01-01", MOVE_TYPE_TRANSFER, "leeds");
  move.confidence = 4;
  move.to.people_managed = 7;
  const Id moved = World::MoveIdOf<event::v1::PersonMoved>(world.Taken(move));
  auto correct = Correct(ana, moved);
  correct.to.unit = "york";
  correct.reason = "the list was old";
  world.Taken(correct);
  const auto removals = world.Taken(Retract(ana, moved, kWrongPerson)).removals;
  ASSERT_THAT(removals, SizeIs(3));
  EXPECT_EQ(removals[0].stream(), people::PersonStream(ana).ToBytes());
  EXPECT_EQ(removals[0].revision(), 1);
  EXPECT_EQ(removals[0].part(), 20);
  EXPECT_EQ(removals[1].revision(), 1);
  EXPECT_EQ(removals[1].part(), 21);
  EXPECT_EQ(removals[2].revision(), 2);
  EXPECT_THAT(people::FindMove(world.StateOf(ana), moved)->sealed(), IsEmpty());
}

}  // namespace
}  // namespace mentorlog::people_test
