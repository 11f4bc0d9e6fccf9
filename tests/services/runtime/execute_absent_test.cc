// Decisions that take an absence for granted: whatever is marked absent wrongly, the answer is as if all had been read.
#include "gmock/gmock.h"
#include "storage/refusal.h"
#include "tests/services/runtime/executing.h"

namespace mentorlog::runtime_test {
namespace {

class ExecuteAbsentTest : public Executing {
 protected:
  // Buys lamp `lamp` if there is none yet, else switches it on.
  Decision BuyOrSwitch(States& states, std::uint8_t lamp, Reliance reliance = Reliance::kExists) {
    LampState state;
    const auto revision = states.Load(Lamp(lamp), reliance, state);
    if (!revision.ok()) return revision.status();
    found_.push_back(revision->has_value());
    Facts facts;
    facts.facts.push_back(*revision ? FactOf(lamp, Switched(true)) : FactOf(lamp, Bought(60)));
    return facts;
  }

  // Each with a request id of its own.
  Command CommandOf(std::function<Decision(const Context&, States&)> decide) {
    return Executing::CommandOf(++requests_, std::move(decide));
  }
  Command Wanting(std::uint8_t lamp) {
    return CommandOf([this, lamp](const Context&, States& states) { return BuyOrSwitch(states, lamp); });
  }

  absl::StatusOr<Outcome> Run(Command command) {
    found_.clear();
    return Begin(desk_, std::move(command)).get();
  }

  runtime::AbsentStreams absent_;
  const runtime::Desk desk_{ledger_, codec_, view_, clock_, nullptr, &absent_};
  std::uint8_t requests_ = 0;
  // What the decisions of the last command found of the lamp.
  std::vector<bool> found_;
};

TEST_F(ExecuteAbsentTest, WhatIsTrustedToBeAbsentIsHeldByACheck) {
  absent_.Note(Lamp(1));
  ASSERT_TRUE(Run(Wanting(1)).ok());
  ASSERT_EQ(ledger_.last().checks_size(), 1);
  EXPECT_TRUE(ledger_.last().checks(0).expected().has_no_stream());
}

TEST_F(ExecuteAbsentTest, WhatWasReadAndIsAbsentIsRemembered) {
  ASSERT_TRUE(Run(CommandOf([this](const Context&, States& states) {
                LampState state;
                (void)states.Load(Lamp(2), Reliance::kExists, state);
                return BuyOrSwitch(states, 1);
              })).ok());
  EXPECT_TRUE(absent_.Contains(Lamp(2)));
}

TEST_F(ExecuteAbsentTest, WhatWasWrittenIsNotAbsent) {
  ASSERT_TRUE(Run(Wanting(1)).ok());
  EXPECT_FALSE(absent_.Contains(Lamp(1)));
}

TEST_F(ExecuteAbsentTest, AnAbsenceThatDoesNotHoldIsDecidedAgain) {
  ASSERT_TRUE(Run(Wanting(1)).ok());
  absent_.Note(Lamp(1));
  const auto answer = Run(Wanting(1));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->records.front()->revision(), storage::Revision{1});
  EXPECT_THAT(found_, ::testing::ElementsAre(false, true));
  EXPECT_FALSE(absent_.Contains(Lamp(1)));
}

TEST_F(ExecuteAbsentTest, ARefusalGoesByWhatIsRead) {
  ASSERT_TRUE(Run(Wanting(1)).ok());
  absent_.Note(Lamp(1));
  const auto answer = Run(CommandOf([this](const Context&, States& states) -> Decision {
    auto decision = BuyOrSwitch(states, 1);
    if (!found_.back()) return storage::Refuse(absl::StatusCode::kNotFound, "NO_SUCH_THING", "lamp: none, want one");
    return decision;
  }));
  EXPECT_TRUE(answer.ok()) << answer.status();
}

TEST_F(ExecuteAbsentTest, ThatNothingChangesGoesByWhatIsRead) {
  ASSERT_TRUE(Run(Wanting(1)).ok());
  absent_.Note(Lamp(1));
  const auto answer = Run(CommandOf([this](const Context&, States& states) -> Decision {
    auto decision = BuyOrSwitch(states, 1);
    return found_.back() ? decision : Decision(Facts{});
  }));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->records.size(), 1U);
}

TEST_F(ExecuteAbsentTest, WhatTheLogRefusesAsMalformedGoesByWhatIsRead) {
  ASSERT_TRUE(Run(Wanting(1)).ok());
  absent_.Note(Lamp(1));
  const auto answer = Run(CommandOf([this](const Context&, States& states) -> Decision {
    auto decision = BuyOrSwitch(states, 1);
    // More records than a proposal may have.
    while (!found_.back() && decision->facts.size() <= storage::kProposalRecordsMax) {
      decision->facts.push_back(decision->facts.front());
    }
    return decision;
  }));
  EXPECT_TRUE(answer.ok()) << answer.status();
}

TEST_F(ExecuteAbsentTest, ADryRunGoesByWhatIsRead) {
  ASSERT_TRUE(Run(Wanting(1)).ok());
  absent_.Note(Lamp(1));
  auto command = Wanting(1);
  command.validate_only = true;
  ASSERT_TRUE(Run(command).ok());
  EXPECT_THAT(found_, ::testing::ElementsAre(true));
}

TEST_F(ExecuteAbsentTest, WhatIsNeverDecidedAgainGoesByWhatIsRead) {
  ASSERT_TRUE(Run(Wanting(1)).ok());
  ASSERT_TRUE(Run(Wanting(2)).ok());
  absent_.Note(Lamp(2));
  auto command = CommandOf([this](const Context&, States& states) -> Decision {
    auto decision = BuyOrSwitch(states, 1);
    if (auto second = BuyOrSwitch(states, 2); second.ok()) decision->facts.push_back(second->facts.front());
    return decision;
  });
  command.expected_stream = Lamp(1);
  command.expected_revision = storage::Revision{0};
  EXPECT_TRUE(Run(command).ok());
  EXPECT_THAT(found_, ::testing::ElementsAre(true, true));
}

TEST_F(ExecuteAbsentTest, OneDecisionFindsAStreamAlike) {
  ASSERT_TRUE(Run(Wanting(1)).ok());
  const auto answer = Run(CommandOf([this](const Context&, States& states) {
    auto decision = BuyOrSwitch(states, 1);
    absent_.Note(Lamp(1));
    return BuyOrSwitch(states, 1, Reliance::kExact);
  }));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(found_, ::testing::ElementsAre(true, true));
}

}  // namespace
}  // namespace mentorlog::runtime_test
