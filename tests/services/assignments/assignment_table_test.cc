// The whole (state, command) table of an assignment: every pair is in it.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/services/assignments/assignment_script.h"

namespace mentorlog::assignments {
namespace {

using namespace view::v1;  // the names of the states are the table.

// How each state is reached. The concern is known in every state that comes after Draft.
History Reached(AssignmentStatus status, event::v1::Door door = event::v1::DOOR_OPEN) {
  History history;
  if (status == ASSIGNMENT_STATUS_UNSPECIFIED) return history;
  history.Then("2026-05-01", Drafted());
  if (status == ASSIGNMENT_STATUS_DRAFT) return history;
  history.Then("2026-05-02", event::v1::AssignmentSounded()).Then("2026-05-02", Concern());
  if (status == ASSIGNMENT_STATUS_SOUNDING) return history;
  history.Then("2026-05-03", Offered("2026-05-10"));
  if (status == ASSIGNMENT_STATUS_OFFERED) return history;
  if (status == ASSIGNMENT_STATUS_WITHDRAWN) return history.Then("2026-05-04", event::v1::OfferWithdrawn());
  if (status == ASSIGNMENT_STATUS_EXPIRED) return history.Then("2026-05-11", event::v1::OfferExpired());
  if (status == ASSIGNMENT_STATUS_DECLINED) return history.Then("2026-05-05", Declined(door));
  if (status == ASSIGNMENT_STATUS_RECONSIDERING) {
    return history.Then("2026-05-05", Declined(door)).Then("2026-05-06", event::v1::OfferReconsidered());
  }
  history.Then("2026-05-05", event::v1::OfferAccepted());
  if (status == ASSIGNMENT_STATUS_ACCEPTED) return history;
  history.Then("2026-05-06", event::v1::AssignmentStarted());
  if (status == ASSIGNMENT_STATUS_COMPLETED) return history.Then("2026-05-07", event::v1::AssignmentCompleted());
  if (status == ASSIGNMENT_STATUS_ABANDONED) return history.Then("2026-05-07", event::v1::AssignmentAbandoned());
  return history;
}

struct Row {
  std::string command;
  // Whether the machine has the step, by state; a status to go to, or the reason of the refusal.
  std::function<Decision(const AssignmentState&, Day)> run;
  // Where it leads, from where it is taken.
  std::map<AssignmentStatus, AssignmentStatus> taken;
  // The reason elsewhere, unless `exceptions` says another.
  std::string reason = "WRONG_ASSIGNMENT_STATE";
  std::map<AssignmentStatus, std::string> exceptions = {};
};

template <typename Wanted>
std::function<Decision(const AssignmentState&, Day)> Running(const Id& by, Wanted wanted) {
  return [=](const AssignmentState& state, Day on) { return Decide(By(by), state, At{kAssignment, on}, wanted); };
}

std::vector<Row> Table() {
  const auto draft = ASSIGNMENT_STATUS_DRAFT, sounding = ASSIGNMENT_STATUS_SOUNDING,
             offered = ASSIGNMENT_STATUS_OFFERED, accepted = ASSIGNMENT_STATUS_ACCEPTED,
             running = ASSIGNMENT_STATUS_IN_PROGRESS, completed = ASSIGNMENT_STATUS_COMPLETED,
             abandoned = ASSIGNMENT_STATUS_ABANDONED, declined = ASSIGNMENT_STATUS_DECLINED,
             expired = ASSIGNMENT_STATUS_EXPIRED, withdrawn = ASSIGNMENT_STATUS_WITHDRAWN,
             reconsidering = ASSIGNMENT_STATUS_RECONSIDERING;
  const std::map<AssignmentStatus, AssignmentStatus> exchange = {
      {sounding, sounding}, {offered, offered}, {declined, declined}, {reconsidering, reconsidering}};
  event::v1::AcceptanceRescinded rescinded;
  rescinded.set_door(event::v1::DOOR_OPEN);
  event::v1::SetbackLogged setback;
  setback.mutable_shared()->set_kind(event::v1::SETBACK_KIND_FAILURE);
  event::v1::ProgressNoted progress;
  progress.mutable_shared()->set_confidence(3);
  event::v1::TermsChanged terms;
  terms.mutable_terms()->set_terms("a flat in Leeds");
  auto concern = Concern();
  concern.set_concern_id(Named('d').ToBytes());
  const auto expire = [](const AssignmentState& state, Day) {
    return Decide(BySteward(), state, OnDay("2026-05-11"), event::v1::OfferExpired());
  };
  // Of the day it happened: an acceptance counts by it.
  const auto accept = [](const AssignmentState& state, Day) {
    return Decide(By(kMentee), state, OnDay("2026-05-08"), event::v1::OfferAccepted());
  };
  return {
      {"sound", Running(kMentor, event::v1::AssignmentSounded()), {{draft, sounding}}},
      {"offer",
       Running(kMentor, Offer{}),
       {{draft, offered}, {sounding, offered}, {reconsidering, offered}},
       "WRONG_ASSIGNMENT_STATE",
       {{offered, "OFFER_ALREADY_OPEN"}}},
      {"raise", Running(kMentee, concern), exchange},
      // A draft has no concern yet; it is refused for its state all the same.
      {"answer", Running(kMentee, Answered(event::v1::CONCERN_ANSWER_EASED)), exchange},
      {"pitch", Running(kMentor, Pitch()), exchange},
      {"terms", Running(kMentor, terms), {{offered, offered}, {accepted, accepted}, {running, running}}},
      {"accept", accept, {{offered, accepted}, {expired, accepted}}, "OFFER_NOT_OPEN"},
      {"decline", Running(kMentee, Declined(event::v1::DOOR_OPEN)), {{offered, declined}}, "OFFER_NOT_OPEN"},
      {"expire", expire, {{offered, expired}}, "OFFER_NOT_OPEN"},
      {"withdraw",
       Running(kMentor, event::v1::OfferWithdrawn()),
       {{draft, withdrawn}, {sounding, withdrawn}, {offered, withdrawn}, {accepted, withdrawn}}},
      {"rescind", Running(kMentee, rescinded), {{accepted, declined}}},
      {"reconsider",
       Running(kMentor, event::v1::OfferReconsidered()),
       {{declined, reconsidering}, {expired, reconsidering}}},
      {"start", Running(kMentee, event::v1::AssignmentStarted()), {{accepted, running}}},
      {"progress", Running(kMentee, progress), {{running, running}}},
      {"setback", Running(kMentee, setback), {{running, running}}},
      {"complete", Running(kMentor, event::v1::AssignmentCompleted()), {{running, completed}}},
      {"abandon", Running(kMentor, event::v1::AssignmentAbandoned()), {{running, abandoned}}},
  };
}

TEST(AssignmentTable, EveryPairOfStateAndCommandDoesWhatItSays) {
  int pairs = 0;
  for (const auto& row : Table()) {
    for (int number = AssignmentStatus_MIN; number <= AssignmentStatus_MAX; ++number) {
      const auto status = static_cast<AssignmentStatus>(number);
      SCOPED_TRACE(row.command + " in " + AssignmentStatus_Name(status));
      const auto state = Reached(status).state();
      ASSERT_EQ(state.status(), status);
      const auto decision = row.run(state, On("2026-05-12"));
      ++pairs;
      if (status == ASSIGNMENT_STATUS_UNSPECIFIED) {
        EXPECT_THAT(decision, IsRefused(absl::StatusCode::kNotFound, "NO_SUCH_ASSIGNMENT"));
      } else if (const auto to = row.taken.find(status); to != row.taken.end()) {
        EXPECT_EQ(After(state, decision).status(), to->second);
      } else {
        const auto other = row.exceptions.find(status);
        const auto& reason = other == row.exceptions.end() ? row.reason : other->second;
        EXPECT_THAT(decision, IsRefused(absl::StatusCode::kFailedPrecondition, reason));
      }
    }
  }
  // 17 commands beside the draft, 11 states and "no such assignment".
  EXPECT_EQ(pairs, 17 * 12);
}

TEST(AssignmentTable, ADraftIsTakenOnceOnly) {
  for (int number = AssignmentStatus_MIN; number <= AssignmentStatus_MAX; ++number) {
    const auto status = static_cast<AssignmentStatus>(number);
    SCOPED_TRACE(AssignmentStatus_Name(status));
    const auto decision = Decide(By(kMentor), Reached(status).state(), OnDay("2026-05-12"), Drafted());
    if (status == ASSIGNMENT_STATUS_UNSPECIFIED) {
      EXPECT_THAT(decision, IsOnly("AssignmentDrafted"));
    } else {
      EXPECT_THAT(decision, IsRefused(absl::StatusCode::kAlreadyExists, "ASSIGNMENT_EXISTS"));
    }
  }
}

// Who may take each step, where the machine has it.
TEST(AssignmentTable, EveryStepIsRefusedToWhomItDoesNotBelongTo) {
  const std::map<std::string, std::string> whose = {
      {"sound", "ms"},     {"offer", "ms"},       {"raise", "e"},   {"answer", "e"},     {"pitch", "ms"},
      {"terms", "ms"},     {"decline", "e"},      {"accept", "e"},  {"expire", ""},      {"withdraw", "ms"},
      {"rescind", "e"},    {"reconsider", "mse"}, {"start", "mse"}, {"progress", "mse"}, {"setback", "mse"},
      {"complete", "mse"}, {"abandon", "mse"}};
  const auto run = [](const std::string& step, const Id& by, const AssignmentState& state) -> Decision {
    const auto at = OnDay("2026-05-08");
    const auto context = By(by);
    event::v1::AcceptanceRescinded rescinded;
    rescinded.set_door(event::v1::DOOR_OPEN);
    event::v1::SetbackLogged setback;
    setback.mutable_shared()->set_kind(event::v1::SETBACK_KIND_EXTERNAL);
    if (step == "sound") return Decide(context, state, at, event::v1::AssignmentSounded());
    if (step == "offer") return Decide(context, state, at, Offer{});
    if (step == "raise") return Decide(context, state, at, Concern());
    if (step == "answer") return Decide(context, state, at, Answered(event::v1::CONCERN_ANSWER_UPHELD));
    if (step == "pitch") return Decide(context, state, at, Pitch());
    if (step == "terms") return Decide(context, state, at, event::v1::TermsChanged());
    if (step == "decline") return Decide(context, state, at, Declined(event::v1::DOOR_OPEN));
    if (step == "accept") return Decide(context, state, at, event::v1::OfferAccepted());
    if (step == "expire") return Decide(context, state, OnDay("2026-05-11"), event::v1::OfferExpired());
    if (step == "withdraw") return Decide(context, state, at, event::v1::OfferWithdrawn());
    if (step == "rescind") return Decide(context, state, at, rescinded);
    if (step == "reconsider") return Decide(context, state, at, event::v1::OfferReconsidered());
    if (step == "start") return Decide(context, state, at, event::v1::AssignmentStarted());
    if (step == "progress") return Decide(context, state, at, event::v1::ProgressNoted());
    if (step == "setback") return Decide(context, state, at, setback);
    if (step == "complete") return Decide(context, state, at, event::v1::AssignmentCompleted());
    return Decide(context, state, at, event::v1::AssignmentAbandoned());
  };
  for (const auto& row : Table()) {
    const auto state = Reached(row.taken.begin()->first).state();
    for (const auto& person : {kMentor, kSponsor, kMentee, kStranger}) {
      SCOPED_TRACE(row.command + " by " + person.ToBytes().substr(0, 1));
      const auto decision = run(row.command, person, state);
      if (whose.at(row.command).find(person.ToBytes().front()) != std::string::npos) {
        EXPECT_TRUE(decision.ok()) << decision.status();
      } else if (person == kStranger) {
        EXPECT_THAT(decision, IsRefused(absl::StatusCode::kNotFound, "NO_SUCH_ASSIGNMENT"));
        EXPECT_EQ(decision.status(), run(row.command, person, {}).status()) << "as of one that nobody drafted";
      } else {
        EXPECT_THAT(decision, IsRefused(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED"));
      }
    }
  }
}

}  // namespace
}  // namespace mentorlog::assignments
