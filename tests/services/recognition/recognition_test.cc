#include "services/recognition/recognition.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mentorlog::recognition {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Id Named(char letter) { return *Id::FromBytes(std::string(16, letter)); }
Day On(std::string_view text) { return *Day::FromText(text); }
const Id kGiver = Named('g');
const Id kReceiver = Named('r');
const Id kStranger = Named('x');
const Id kAdvocacy = Named('v');

class FixedIds final : public decider::Ids {
 public:
  Id Generated(std::uint32_t index) const override { return Named(static_cast<char>('0' + index)); }
  Id Derived(std::string_view label, std::initializer_list<std::string_view>) const override {
    return Named(label.front());
  }
};

Context By(const Id& person) {
  static const FixedIds ids;
  Context context;
  context.actor.person = person;
  context.today = On("2026-12-31");
  context.ids = &ids;
  return context;
}

MATCHER_P2(IsRefused, code, reason, "") {
  *result_listener << arg.status();
  return arg.status().code() == code && storage::ReasonOf(arg.status()) == reason;
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::vector<std::string> Told(const Decision& decision) {
  std::vector<std::string> told;
  if (!decision.ok()) return {std::string(decision.status().message())};
  for (const auto& fact : decision->facts) {
    told.push_back(fact.occurred_on.ToText() + " " + fact.event->GetDescriptor()->name());
  }
  return told;
}

GiveRecognition Praise() {
  GiveRecognition command;
  command.occurred_on = On("2026-05-01");
  command.wanted.set_from_id(kGiver.ToBytes());
  command.wanted.set_to_id(kReceiver.ToBytes());
  command.wanted.mutable_praise()->set_what("the calm in the incident");
  command.wanted.mutable_relay()->set_relayed_from("the customer");
  return command;
}

TEST(GiveRecognition, IsTheReceiversAlone) {
  const auto decision = Decide(By(kGiver), RecognitionState(), Praise());
  ASSERT_THAT(Told(decision), ElementsAre("2026-05-01 RecognitionGiven"));
  const auto& fact = decision->facts[0];
  EXPECT_EQ(fact.stream, RecognitionStream(Named('0')));
  EXPECT_THAT(fact.subjects, ElementsAre(kReceiver));
  EXPECT_EQ(fact.chosen.at(20), log::v1::AUDIENCE_PAIR);
  EXPECT_THAT(decision->advice, IsEmpty());
}

TEST(GiveRecognition, KeepsWhoseWordsTheyWereUnlessTheyAreShared) {
  auto command = Praise();
  const auto kept = Decide(By(kGiver), RecognitionState(), command);
  EXPECT_EQ(kept->facts[0].chosen.at(21), log::v1::AUDIENCE_AUTHOR);
  EXPECT_THAT(kept->facts[0].part_subjects.at(21), ElementsAre(kGiver, kReceiver));
  command.relay_shared = true;
  const auto shared = Decide(By(kGiver), RecognitionState(), command);
  EXPECT_EQ(shared->facts[0].chosen.at(21), log::v1::AUDIENCE_PAIR);
  EXPECT_THAT(shared->facts[0].part_subjects, IsEmpty());
}

TEST(GiveRecognition, WiderThanTheReceiverConsentedToIsNarrowedWithAdvice) {
  for (const auto audience : {log::v1::AUDIENCE_TEAM, log::v1::AUDIENCE_ORG}) {
    auto command = Praise();
    command.audience = audience;
    const auto decision = Decide(By(kGiver), RecognitionState(), command);
    ASSERT_TRUE(decision.ok());
    EXPECT_EQ(decision->facts[0].chosen.at(20), StandingConsent(kReceiver));
    ASSERT_EQ(decision->advice.size(), 1U);
    EXPECT_EQ(decision->advice[0].reason(), "AUDIENCE_NARROWED");
    EXPECT_EQ(decision->advice[0].field(), "audience");
  }
}

TEST(GiveRecognition, ToOneselfIsRefused) {
  auto command = Praise();
  command.wanted.set_to_id(kGiver.ToBytes());
  EXPECT_THAT(Decide(By(kGiver), RecognitionState(), command), IsRefused(kInvalid, "SELF_RECOGNITION"));
}

TEST(GiveRecognition, IsForTheGiverToGive) {
  EXPECT_THAT(Decide(By(kStranger), RecognitionState(), Praise()),
              IsRefused(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED"));
}

TEST(GiveRecognition, IsRefusedWhenMalformed) {
  auto command = Praise();
  command.occurred_on = On("2027-01-01");
  EXPECT_THAT(Decide(By(kGiver), RecognitionState(), command), IsRefused(kInvalid, "DATE_IN_FUTURE"));
  command = Praise();
  command.audience = log::v1::AUDIENCE_PANEL;
  EXPECT_THAT(Decide(By(kGiver), RecognitionState(), command), IsRefused(kInvalid, "UNKNOWN_ENUM_VALUE"));
  command = Praise();
  command.wanted.clear_to_id();
  EXPECT_THAT(Decide(By(kGiver), RecognitionState(), command), IsRefused(kInvalid, "INVALID_FIELD"));
  command = Praise();
  command.wanted.mutable_praise()->set_what(std::string(8001, 'a'));
  EXPECT_THAT(Decide(By(kGiver), RecognitionState(), command), IsRefused(kInvalid, "TEXT_TOO_LONG"));
  RecognitionState given;
  given.set_from_id(kGiver.ToBytes());
  EXPECT_THAT(Decide(By(kGiver), given, Praise()), IsRefused(kInvalid, "INVALID_FIELD"));
}

RecordAdvocacy SpeakUp() {
  RecordAdvocacy command;
  command.advocacy = kAdvocacy;
  command.occurred_on = On("2026-05-01");
  command.wanted.set_advocate_id(kGiver.ToBytes());
  command.wanted.set_for_id(kReceiver.ToBytes());
  command.wanted.set_act(event::v1::ADVOCACY_ACT_NAMED_FOR_ROLE);
  command.wanted.mutable_shared()->set_opportunity("plant manager, Leeds");
  command.wanted.mutable_room()->set_audience("the board");
  return command;
}

AdvocacyState Made(bool told = false) {
  AdvocacyState state;
  state.set_advocate_id(kGiver.ToBytes());
  state.set_for_id(kReceiver.ToBytes());
  state.set_act(event::v1::ADVOCACY_ACT_NAMED_FOR_ROLE);
  state.set_told(told);
  return state;
}

TEST(RecordAdvocacy, KeepsTheRoomToItsAuthor) {
  const auto decision = Decide(By(kGiver), AdvocacyState(), SpeakUp());
  ASSERT_THAT(Told(decision), ElementsAre("2026-05-01 AdvocacyMade"));
  EXPECT_EQ(decision->facts[0].stream, AdvocacyStream(kAdvocacy));
  EXPECT_THAT(decision->facts[0].subjects, ElementsAre(kReceiver));
  EXPECT_EQ(decision->facts[0].chosen.at(21), log::v1::AUDIENCE_AUTHOR);
  EXPECT_THAT(decision->facts[0].part_subjects.at(21), ElementsAre(kGiver, kReceiver));
}

TEST(RecordAdvocacy, SharesTheRoomOfAnIntroductionOrAnInvitationUnlessItIsWithheld) {
  auto command = SpeakUp();
  for (const auto act : {event::v1::ADVOCACY_ACT_INTRODUCED, event::v1::ADVOCACY_ACT_INVITED_TO_ROOM}) {
    command.wanted.set_act(act);
    for (const bool withheld : {false, true}) {
      command.room_withheld = withheld;
      const auto decision = Decide(By(kGiver), AdvocacyState(), command);
      ASSERT_TRUE(decision.ok());
      EXPECT_EQ(decision->facts[0].chosen.at(21), withheld ? log::v1::AUDIENCE_AUTHOR : log::v1::AUDIENCE_PAIR);
    }
  }
}

TEST(RecordAdvocacy, MayTellAndKnowTheOutcomeAtOnce) {
  auto command = SpeakUp();
  command.tell_mentee = true;
  command.outcome = event::v1::ADVOCACY_OUTCOME_APPOINTED;
  command.outcome_on = On("2026-08-01");
  const auto decision = Decide(By(kGiver), AdvocacyState(), command);
  EXPECT_THAT(Told(decision),
              ElementsAre("2026-05-01 AdvocacyMade", "2026-05-01 AdvocacyTold", "2026-08-01 AdvocacyOutcomeSeen"));
  AdvocacyState state;
  for (const auto& fact : decision->facts) {
    event::v1::AdvocacyEvent wrapper;
    const auto& name = fact.event->GetDescriptor()->name();
    if (name == "AdvocacyMade") wrapper.mutable_advocacy_made()->CopyFrom(*fact.event);
    if (name == "AdvocacyTold") wrapper.mutable_advocacy_told()->CopyFrom(*fact.event);
    if (name == "AdvocacyOutcomeSeen") wrapper.mutable_advocacy_outcome_seen()->CopyFrom(*fact.event);
    state = Evolve(state, wrapper);
  }
  EXPECT_TRUE(state.told());
  EXPECT_EQ(state.outcome(), event::v1::ADVOCACY_OUTCOME_APPOINTED);
  EXPECT_EQ(state.for_id(), kReceiver.ToBytes());
}

TEST(RecordAdvocacy, ForOneselfIsRefused) {
  auto command = SpeakUp();
  command.wanted.set_for_id(kGiver.ToBytes());
  EXPECT_THAT(Decide(By(kGiver), AdvocacyState(), command), IsRefused(kInvalid, "SELF_ADVOCACY"));
}

TEST(RecordAdvocacy, IsForTheAdvocateToRecord) {
  EXPECT_THAT(Decide(By(kReceiver), AdvocacyState(), SpeakUp()),
              IsRefused(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED"));
}

TEST(RecordAdvocacy, IsRefusedWhenMalformed) {
  auto command = SpeakUp();
  command.wanted.clear_act();
  EXPECT_THAT(Decide(By(kGiver), AdvocacyState(), command), IsRefused(kInvalid, "INVALID_FIELD"));
  command = SpeakUp();
  command.outcome_on = On("2026-08-01");
  EXPECT_THAT(Decide(By(kGiver), AdvocacyState(), command), IsRefused(kInvalid, "INVALID_FIELD"));
  command.outcome = event::v1::ADVOCACY_OUTCOME_HEARD;
  command.outcome_on = On("2027-01-01");
  EXPECT_THAT(Decide(By(kGiver), AdvocacyState(), command), IsRefused(kInvalid, "DATE_IN_FUTURE"));
  EXPECT_THAT(Decide(By(kGiver), Made(), SpeakUp()), IsRefused(kInvalid, "INVALID_FIELD"));
}

TEST(TellAdvocacy, IsDoneOnce) {
  EXPECT_THAT(Told(Decide(By(kGiver), Made(), TellAdvocacy{kAdvocacy, On("2026-06-01")})),
              ElementsAre("2026-06-01 AdvocacyTold"));
  EXPECT_THAT(Told(Decide(By(kGiver), Made(true), TellAdvocacy{kAdvocacy, On("2026-06-01")})), IsEmpty());
}

TEST(TellAdvocacy, DoesNotSayToOthersThatThereIsSomethingToTell) {
  for (const auto& person : {kReceiver, kStranger}) {
    EXPECT_THAT(Decide(By(person), Made(), TellAdvocacy{kAdvocacy, On("2026-06-01")}),
                IsRefused(absl::StatusCode::kNotFound, "NO_SUCH_ADVOCACY"));
  }
  EXPECT_THAT(Decide(By(kGiver), AdvocacyState(), TellAdvocacy{kAdvocacy, On("2026-06-01")}),
              IsRefused(absl::StatusCode::kNotFound, "NO_SUCH_ADVOCACY"));
  EXPECT_THAT(Decide(By(kReceiver), Made(true), TellAdvocacy{kAdvocacy, On("2026-06-01")}),
              IsRefused(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED"));
}

TEST(RecordAdvocacyOutcome, IsTheMenteesTooOnceTold) {
  const RecordAdvocacyOutcome met{kAdvocacy, On("2026-06-01"), event::v1::ADVOCACY_OUTCOME_MET};
  EXPECT_THAT(Told(Decide(By(kGiver), Made(), met)), ElementsAre("2026-06-01 AdvocacyOutcomeSeen"));
  EXPECT_THAT(Told(Decide(By(kReceiver), Made(true), met)), ElementsAre("2026-06-01 AdvocacyOutcomeSeen"));
  EXPECT_THAT(Decide(By(kReceiver), Made(), met), IsRefused(absl::StatusCode::kNotFound, "NO_SUCH_ADVOCACY"));
  EXPECT_THAT(Decide(By(kStranger), Made(true), met), IsRefused(absl::StatusCode::kNotFound, "NO_SUCH_ADVOCACY"));
}

TEST(RecordAdvocacyOutcome, IsRefusedWhenItSaysNothingOrIsInTheFuture) {
  EXPECT_THAT(Decide(By(kGiver), Made(), RecordAdvocacyOutcome{kAdvocacy, On("2026-06-01")}),
              IsRefused(kInvalid, "UNKNOWN_ENUM_VALUE"));
  EXPECT_THAT(
      Decide(By(kGiver), Made(), RecordAdvocacyOutcome{kAdvocacy, On("2027-06-01"), event::v1::ADVOCACY_OUTCOME_MET}),
      IsRefused(kInvalid, "DATE_IN_FUTURE"));
}

TEST(AdvocacyOutcomeSeen, TheLastOneCounts) {
  auto state = Made();
  for (const auto outcome : {event::v1::ADVOCACY_OUTCOME_OFFERED, event::v1::ADVOCACY_OUTCOME_NOT_CHOSEN}) {
    event::v1::AdvocacyEvent event;
    event.mutable_advocacy_outcome_seen()->set_outcome(outcome);
    state = Evolve(state, event);
  }
  EXPECT_EQ(state.outcome(), event::v1::ADVOCACY_OUTCOME_NOT_CHOSEN);
}

}  // namespace
}  // namespace mentorlog::recognition
