#include "services/assignments/assignments_commands.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "mentorlog/view/v1/people_state.pb.h"
#include "services/people/person.h"
#include "tests/services/assignments/assignment_script.h"

namespace mentorlog::assignments {
namespace {

using ::testing::ElementsAre;

// States in memory, people registered.
class FakeStates final : public decider::States {
 public:
  FakeStates() {
    for (const auto& person : {kMentor, kMentee, kSponsor}) {
      view::v1::PersonState state;
      state.set_registered(true);
      Put(people::PersonStream(person), state);
    }
  }
  void Put(const decider::StreamKey& stream, const google::protobuf::Message& state) {
    states_[stream] = state.SerializeAsString();
  }
  absl::StatusOr<std::optional<decider::Revision>> Load(const decider::StreamKey& stream, decider::Reliance reliance,
                                                        google::protobuf::Message& state) override {
    loaded_[stream] = reliance;
    const auto found = states_.find(stream);
    if (found == states_.end()) return std::optional<decider::Revision>();
    EXPECT_TRUE(state.ParseFromString(found->second));
    return std::optional(decider::Revision{0});
  }
  std::optional<decider::Reliance> RelianceOn(const decider::StreamKey& stream) const {
    const auto found = loaded_.find(stream);
    return found == loaded_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::map<decider::StreamKey, std::string> states_;
  std::map<decider::StreamKey, decider::Reliance> loaded_;
};

std::vector<std::string> Told(const Decision& decision) {
  std::vector<std::string> told;
  if (!decision.ok()) return {std::string(decision.status().message())};
  for (const auto& fact : decision->facts) {
    told.push_back(fact.occurred_on.ToText() + " " + fact.event->GetDescriptor()->name());
  }
  return told;
}

Context ByImport() {
  auto context = BySteward();
  context.actor.service = "csv:csv";
  context.source = log::v1::SOURCE_CSV;
  return context;
}

RecordRound Round() {
  RecordRound row;
  row.assignment = kAssignment;
  row.mentor = kMentor;
  row.mentee = kMentee;
  *row.description.mutable_title() = "Leeds lead";
  row.description.add_stretch(event::v1::STRETCH_NEW_FUNCTION);
  row.offered_on = On("2026-05-03");
  row.respond_by = On("2026-05-10");
  return row;
}

TEST(DraftAssignment, IsNamedByTheRequestAndReliesOnItsPeople) {
  FakeStates states;
  const auto decision = RunCommand(By(kMentor), states, DraftAssignment{{}, On("2026-05-01"), Drafted()});
  ASSERT_THAT(decision, IsOnly("AssignmentDrafted"));
  EXPECT_EQ(decision->facts[0].stream, StreamOf(Named('0')));
  EXPECT_EQ(states.RelianceOn(StreamOf(Named('0'))), decider::Reliance::kExact);
  EXPECT_EQ(states.RelianceOn(people::PersonStream(kMentor)), decider::Reliance::kExists);
  EXPECT_EQ(states.RelianceOn(people::PersonStream(kMentee)), decider::Reliance::kExists);
}

TEST(DraftAssignment, IsRefusedWithAnybodyUnknown) {
  FakeStates states;
  const auto draft = [&](auto set) {
    auto wanted = Drafted();
    set(wanted);
    return RunCommand(By(kMentor), states, DraftAssignment{kAssignment, On("2026-05-01"), wanted});
  };
  const auto unknown = IsRefused(absl::StatusCode::kNotFound, "UNKNOWN_PERSON");
  const auto stranger = kStranger.ToBytes();
  EXPECT_THAT(draft([&](auto& wanted) { wanted.set_mentor_id(stranger); }), unknown);
  EXPECT_THAT(draft([&](auto& wanted) { wanted.set_mentee_id(stranger); }), unknown);
  EXPECT_THAT(draft([&](auto& wanted) { wanted.set_sponsor_id(stranger); }), unknown);
  EXPECT_THAT(draft([&](auto& wanted) { wanted.mutable_description()->set_host_manager_id(stranger); }), unknown);
  EXPECT_THAT(draft([&](auto& wanted) { wanted.mutable_description()->set_safety_net_person_id(stranger); }), unknown);
}

TEST(AcceptOffer, IsDecidedOnTheStateOfItsAssignment) {
  FakeStates states;
  EXPECT_THAT(RunCommand(By(kMentee), states, AcceptOffer{OnDay("2026-05-05"), {}}),
              IsRefused(absl::StatusCode::kNotFound, "NO_SUCH_ASSIGNMENT"));
  const auto open = History().Then("2026-05-01", Drafted()).Then("2026-05-03", Offered("2026-05-10"));
  states.Put(StreamOf(kAssignment), open.state());
  EXPECT_THAT(RunCommand(By(kMentee), states, AcceptOffer{OnDay("2026-05-05"), {}}), IsOnly("OfferAccepted"));
  EXPECT_EQ(states.RelianceOn(StreamOf(kAssignment)), decider::Reliance::kExact);
}

TEST(RecordRound, StartsACompletedAssignmentOnTheDayOfItsDecision) {
  FakeStates states;
  auto row = Round();
  row.decision = RoundDecision::kAccepted;
  row.decided_on = On("2026-05-08");
  row.completed_on = On("2026-11-01");
  EXPECT_THAT(Told(RunCommand(ByImport(), states, row)),
              ElementsAre("2026-05-03 AssignmentDrafted", "2026-05-03 AssignmentOffered", "2026-05-08 OfferAccepted",
                          "2026-05-08 AssignmentStarted", "2026-11-01 AssignmentCompleted"));
}

TEST(RecordRound, GoesOnWithTheNextRoundAlsoAfterAClosedDoor) {
  FakeStates states;
  auto row = Round();
  row.decision = RoundDecision::kDeclined;
  row.decided_on = On("2026-05-08");
  row.door = event::v1::DOOR_CLOSED;
  const auto first = RunCommand(ByImport(), states, row);
  states.Put(StreamOf(kAssignment), After({}, first));
  auto next = Round();
  next.round = 2;
  next.offered_on = On("2026-09-01");
  next.respond_by.reset();
  EXPECT_THAT(Told(RunCommand(ByImport(), states, next)),
              ElementsAre("2026-09-01 OfferReconsidered", "2026-09-01 AssignmentOffered"));
}

TEST(RecordRound, OffersWhatIsDraftedAlready) {
  FakeStates states;
  states.Put(StreamOf(kAssignment), History().Then("2026-05-01", Drafted()).state());
  EXPECT_THAT(Told(RunCommand(ByImport(), states, Round())), ElementsAre("2026-05-03 AssignmentOffered"));
}

TEST(RecordRound, ExpiresTheDayAfterRespondByUnlessItSays) {
  FakeStates states;
  auto row = Round();
  row.decision = RoundDecision::kExpired;
  EXPECT_THAT(Told(RunCommand(ByImport(), states, row)),
              ElementsAre("2026-05-03 AssignmentDrafted", "2026-05-03 AssignmentOffered", "2026-05-11 OfferExpired"));
}

TEST(RecordRound, TakesAWithdrawal) {
  FakeStates states;
  auto row = Round();
  row.decision = RoundDecision::kWithdrawn;
  row.decided_on = On("2026-05-04");
  EXPECT_THAT(Told(RunCommand(ByImport(), states, row)),
              ElementsAre("2026-05-03 AssignmentDrafted", "2026-05-03 AssignmentOffered", "2026-05-04 OfferWithdrawn"));
}

TEST(RecordRound, IsRefusedAsAWholeWhenOneStepIs) {
  FakeStates states;
  auto row = Round();
  row.decision = RoundDecision::kAccepted;
  row.decided_on = On("2026-05-11");
  EXPECT_THAT(RunCommand(ByImport(), states, row),
              IsRefused(absl::StatusCode::kFailedPrecondition, "ACCEPTED_TOO_LATE"));
}

TEST(RecordRound, IsRefusedWhenItDoesNotFit) {
  FakeStates states;
  auto row = Round();
  row.round = 2;
  EXPECT_THAT(RunCommand(ByImport(), states, row), IsRefused(absl::StatusCode::kFailedPrecondition, "WRONG_ROUND"));
  row = Round();
  row.decision = RoundDecision::kAccepted;
  EXPECT_THAT(RunCommand(ByImport(), states, row), IsRefused(absl::StatusCode::kInvalidArgument, "INVALID_FIELD"));
  row = Round();
  row.completed_on = On("2026-11-01");
  EXPECT_THAT(RunCommand(ByImport(), states, row), IsRefused(absl::StatusCode::kInvalidArgument, "INVALID_FIELD"));
  row = Round();
  row.mentor = kSponsor;
  states.Put(StreamOf(kAssignment), History().Then("2026-05-01", Drafted()).state());
  EXPECT_THAT(RunCommand(ByImport(), states, row), IsRefused(absl::StatusCode::kAlreadyExists, "ASSIGNMENT_EXISTS"));
}

}  // namespace
}  // namespace mentorlog::assignments
