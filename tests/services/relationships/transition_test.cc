// What the steward suggests, and what follows from an answer.
#include "tests/services/relationships/relationships_world.h"

namespace mentorlog::relationships_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
constexpr auto kForbiddenByState = absl::StatusCode::kFailedPrecondition;

SuggestTransition Moved(const Id& id, std::uint8_t move, std::string_view on = "2024-05-01") {
  auto suggest = Make<SuggestTransition>(id, on);
  suggest.move = Person(move);
  suggest.mover = kBen;
  suggest.suggestion = SUGGESTION_STAY_IN_TOUCH;
  suggest.mode = RELATIONSHIP_MODE_STAY_IN_TOUCH;
  suggest.cadence = Every(90, 180);
  suggest.answer_by = On(on).Plus(14);
  return suggest;
}

Id TransitionOf(const World& world, const Id& id) {
  return *Id::FromBytes(world.StateOf(id).transition().transition_id());
}

AnswerTransition Answer(const World& world, const Id& id, TransitionAnswer answer) {
  auto command = Make<AnswerTransition>(id, "2024-05-03");
  command.transition = TransitionOf(world, id);
  command.answer = answer;
  return command;
}

TEST(SuggestTransition, IsMadeOncePerMoveAndSupersededByANewerOne) {
  World world;
  const Id id = Active(world);
  EXPECT_THAT(NamesOf(world.BySteward().Taken(Moved(id, 1))), ElementsAre("TransitionSuggested"));
  EXPECT_THAT(world.Taken(Moved(id, 1)).facts, IsEmpty());
  const auto facts = world.Taken(Moved(id, 2));
  EXPECT_THAT(NamesOf(facts), ElementsAre("TransitionAnswered", "TransitionSuggested"));
  EXPECT_EQ(EventIn<TransitionAnswered>(facts, 0).answer(), TRANSITION_ANSWER_SUPERSEDED);
  auto void_now = Make<SupersedeTransition>(id, "2024-05-02");
  void_now.transition = TransitionOf(world, id);
  EXPECT_THAT(NamesOf(world.Taken(void_now)), ElementsAre("TransitionAnswered"));
  EXPECT_THAT(world.Taken(void_now).facts, IsEmpty());
}

TEST(SuggestTransition, IsMadeAgainUnlessTheSameIsOpen) {
  World world;
  const Id id = Active(world);
  world.BySteward().Taken(Moved(id, 1));
  auto again = Moved(id, 1);
  again.again = true;
  EXPECT_THAT(world.Taken(again).facts, IsEmpty());
  again.suggestion = SUGGESTION_STAY_IN_TOUCH_AFTER_EXIT;
  EXPECT_THAT(NamesOf(world.Taken(again)), ElementsAre("TransitionAnswered", "TransitionSuggested"));
  world.By(kAna).Taken(Answer(world, id, TRANSITION_ANSWER_KEPT));
  EXPECT_THAT(NamesOf(world.BySteward().Taken(again)), ElementsAre("TransitionSuggested"));
}

TEST(SuggestTransition, OfAClosedOneFollowsNothing) {
  World world;
  const Id id = Active(world);
  world.By(kBen).Taken(Make<Close>(id, "2024-02-01"));
  EXPECT_THAT(world.BySteward().Taken(Moved(id, 1)).facts, IsEmpty());
  EXPECT_THAT(world.By(kBen).Refused(Moved(id, 1)), RefusedWith(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED"));
}

TEST(AnswerTransition, TakenMovesModeAndCadence) {
  World world;
  const Id id = Active(world);
  world.BySteward().Taken(Moved(id, 1));
  const auto answer = Answer(world, id, TRANSITION_ANSWER_TAKEN);
  const auto facts = world.By(kAna).Taken(answer);
  EXPECT_THAT(NamesOf(facts), ElementsAre("TransitionAnswered", "ModeChanged", "CadenceSet"));
  EXPECT_EQ(EventIn<ModeChanged>(facts, 1).trigger(), MODE_TRIGGER_CHOICE);
  EXPECT_THAT(world.Refused(answer), RefusedWith(kForbiddenByState, "TRANSITION_NOT_OPEN"));
}

TEST(AnswerTransition, KeptLeavesEverythingAsItIs) {
  World world;
  const Id id = Active(world);
  world.BySteward().Taken(Moved(id, 1));
  EXPECT_THAT(NamesOf(world.By(kAna).Taken(Answer(world, id, TRANSITION_ANSWER_KEPT))),
              ElementsAre("TransitionAnswered"));
  EXPECT_EQ(world.StateOf(id).mode(), RELATIONSHIP_MODE_REGULAR);
}

TEST(AnswerTransition, IsTakenOrKept) {
  World world;
  const Id id = Active(world);
  world.BySteward().Taken(Moved(id, 1));
  EXPECT_THAT(world.By(kAna).Refused(Answer(world, id, TRANSITION_ANSWER_BY_SILENCE)),
              RefusedWith(absl::StatusCode::kInvalidArgument, "UNKNOWN_ENUM_VALUE"));
}

TEST(AnswerTransition, ProposesANewCadenceWhereBothAgreedOnAnother) {
  World world;
  const Id id = Active(world);
  auto propose = Make<ProposeCadence>(id, "2024-02-01");
  propose.cadence = Every(21, 40);
  world.By(kAna).Taken(propose);
  world.By(kBen).Taken(Make<AgreeCadence>(id, "2024-02-02"));
  world.BySteward().Taken(Moved(id, 1));
  EXPECT_THAT(NamesOf(world.By(kAna).Taken(Answer(world, id, TRANSITION_ANSWER_TAKEN))),
              ElementsAre("TransitionAnswered", "ModeChanged", "CadenceProposed"));
  EXPECT_EQ(world.StateOf(id).cadence().ideal_days(), 21u);
}

TEST(AnswerTransition, TakenByALineCoachEvolvesToMentorInOneProposal) {
  World world;
  const Id line = Active(world, RELATIONSHIP_KIND_LINE_COACH);
  auto suggest = Moved(line, 1);
  suggest.kind = RELATIONSHIP_KIND_MENTOR;
  world.BySteward().Taken(suggest);
  EXPECT_THAT(
      NamesOf(world.By(kBen).Taken(Answer(world, line, TRANSITION_ANSWER_TAKEN))),
      ElementsAre("TransitionAnswered", "RelationshipStarted", "ModeChanged", "CadenceSet", "RelationshipClosed"));
  const Id mentor = world.Relationship(kAna, kBen);
  EXPECT_EQ(world.StateOf(mentor).mode(), RELATIONSHIP_MODE_STAY_IN_TOUCH);
  EXPECT_EQ(world.StateOf(mentor).evolved_from_id(), line.ToBytes());
  EXPECT_EQ(world.StateOf(line).evolved_into_id(), mentor.ToBytes());
}

TEST(Silence, TakesTheModeOnceItsDayHasPassedAndLeavesTheKind) {
  World world;
  const Id line = Active(world, RELATIONSHIP_KIND_LINE_COACH);
  auto suggest = Moved(line, 1);
  suggest.kind = RELATIONSHIP_KIND_MENTOR;
  world.BySteward().Taken(suggest);
  auto silence = Make<TakeTransitionBySilence>(line, "2024-05-15");
  silence.transition = TransitionOf(world, line);
  EXPECT_THAT(world.Taken(silence).facts, IsEmpty());
  silence.occurred_on = On("2024-05-16");
  const auto facts = world.Taken(silence);
  EXPECT_THAT(NamesOf(facts), ElementsAre("TransitionAnswered", "ModeChanged", "CadenceSet"));
  EXPECT_EQ(EventIn<ModeChanged>(facts, 1).trigger(), MODE_TRIGGER_SILENCE);
  EXPECT_THAT(world.Taken(silence).facts, IsEmpty());
}

TEST(Leave, PausesAndReturnResumesInRegularMode) {
  World world;
  const Id id = Active(world);
  auto leave = Moved(id, 1);
  leave.suggestion = SUGGESTION_PAUSE;
  leave.mode = RELATIONSHIP_MODE_UNSPECIFIED;
  leave.cadence.reset();
  world.BySteward().Taken(leave);
  EXPECT_THAT(NamesOf(world.By(kAna).Taken(Answer(world, id, TRANSITION_ANSWER_TAKEN))),
              ElementsAre("TransitionAnswered", "RelationshipPaused"));
  auto mode = Make<ChangeMode>(id, "2024-05-10");
  mode.mode = RELATIONSHIP_MODE_STAY_IN_TOUCH;
  world.BySteward().Taken(mode);
  auto back = Moved(id, 2, "2024-06-01");
  back.suggestion = SUGGESTION_RETURN;
  back.mode = RELATIONSHIP_MODE_REGULAR;
  back.cadence.reset();
  world.Taken(back);
  const auto facts = world.By(kBen).Taken(Answer(world, id, TRANSITION_ANSWER_TAKEN));
  EXPECT_THAT(NamesOf(facts), ElementsAre("TransitionAnswered", "RelationshipResumed", "ModeChanged"));
  EXPECT_EQ(EventIn<ModeChanged>(facts, 2).trigger(), MODE_TRIGGER_RETURN);
}

TEST(Lapse, IsToldOncePerTouchAndThresholdAndVoidAfterANewerTouch) {
  World world;
  const Id id = Active(world);
  world.By(kAna).Taken(Met(kAna, kBen, "2024-02-01"));
  auto lapse = Make<LapseTouch>(id, "2024-03-10");
  lapse.last_touch_on = On("2024-02-01");
  lapse.threshold = LAPSE_THRESHOLD_IDEAL;
  lapse.due_on = On("2024-03-02");
  EXPECT_THAT(NamesOf(world.BySteward().Taken(lapse)), ElementsAre("TouchLapsed"));
  EXPECT_THAT(world.Taken(lapse).facts, IsEmpty());
  lapse.threshold = LAPSE_THRESHOLD_MAX;
  EXPECT_THAT(NamesOf(world.Taken(lapse)), ElementsAre("TouchLapsed"));
  world.By(kAna).Taken(Met(kAna, kBen, "2024-03-12"));
  lapse.threshold = LAPSE_THRESHOLD_IDEAL;
  EXPECT_THAT(world.BySteward().Taken(lapse).facts, IsEmpty());
}

}  // namespace
}  // namespace mentorlog::relationships_test
