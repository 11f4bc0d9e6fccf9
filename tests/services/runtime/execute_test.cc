#include "services/runtime/execute.h"

#include <future>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lamp_service.pb.h"
#include "mentorlog/v1/errors.pb.h"
#include "storage/refusal.h"
#include "tests/services/runtime/executing.h"

namespace mentorlog::runtime_test {
namespace {

using storage::ReasonOf;
using storage::Revision;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Facts One(decider::Fact fact) {
  Facts facts;
  facts.facts.push_back(std::move(fact));
  return facts;
}

Decision Buy(States& states, std::uint8_t lamp, int watts) {
  LampState state;
  const auto loaded = states.Load(Lamp(lamp), Reliance::kExact, state);
  if (!loaded.ok()) return loaded.status();
  return One(FactOf(lamp, Bought(watts)));
}

Decision Switch(States& states, std::uint8_t lamp, Reliance reliance) {
  LampState state;
  const auto loaded = states.Load(Lamp(lamp), reliance, state);
  if (!loaded.ok()) return loaded.status();
  if (!*loaded) return storage::Refuse(absl::StatusCode::kNotFound, "NO_SUCH_THING", "lamp: none, want a bought one");
  return One(FactOf(lamp, Switched(!state.on())));
}

// What a conflict says was missed, as "type position day".
std::vector<std::string> MissedOf(const absl::Status& status) {
  EXPECT_EQ(ReasonOf(status), "REVISION_CONFLICT") << status;
  v1::MissedEvents missed;
  if (const auto bytes =
          status.GetPayload(absl::string_view(runtime::kMissedPayload.data(), runtime::kMissedPayload.size()))) {
    EXPECT_TRUE(missed.ParseFromString(std::string(*bytes)));
  }
  std::vector<std::string> shown;
  for (const auto& event : missed.events()) {
    shown.push_back(event.type() + " " + std::to_string(event.position()) + " " + event.occurred_on());
  }
  return shown;
}

class ExecuteTest : public Executing {
 protected:
  absl::StatusOr<Outcome> Run(Command command) { return Begin(desk_, std::move(command)).get(); }
  absl::StatusOr<Outcome> RunBuy(std::uint8_t request, std::uint8_t lamp, int watts) {
    return Run(CommandOf(request, [=](const Context&, States& states) { return Buy(states, lamp, watts); }));
  }
  absl::StatusOr<Outcome> RunSwitch(std::uint8_t request, std::uint8_t lamp) {
    return Run(
        CommandOf(request, [=](const Context&, States& states) { return Switch(states, lamp, Reliance::kExists); }));
  }

  // Another writer switches lamp 1, between the load and the proposal of a decision. Waits until that is in the log
  // but not for its answer, since the thread that answers may be the one that decides.
  void LetAnotherIn(std::uint8_t request) {
    const auto before = ledger_.head();
    runtime::Execute(
        desk_, CommandOf(request, [](const Context&, States& states) { return Switch(states, 1, Reliance::kExists); }),
        [](const absl::StatusOr<Outcome>& outcome) { EXPECT_TRUE(outcome.ok()); });
    while (ledger_.head() == before) std::this_thread::yield();
  }

  const runtime::Desk desk_{ledger_, codec_, view_, clock_};
};

TEST_F(ExecuteTest, WritesWhatWasDecidedWithACheckPerStreamItReliedOn) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  ASSERT_EQ(ledger_.last().checks_size(), 1);
  EXPECT_TRUE(ledger_.last().checks(0).expected().has_no_stream());
  EXPECT_EQ(ledger_.last().actor().service(), "dev");

  const auto switched = RunSwitch(2, 1);
  ASSERT_TRUE(switched.ok()) << switched.status();
  EXPECT_EQ(switched->records.front()->position(), storage::Position{2});
  EXPECT_TRUE(ledger_.last().checks(0).expected().has_exists());
}

TEST_F(ExecuteTest, TheStrongestRelianceOnAStreamWins) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  ASSERT_TRUE(Run(CommandOf(2, [](const Context&, States& states) {
                LampState state;
                (void)states.Load(Lamp(1), Reliance::kExists, state);
                (void)states.Load(Lamp(1), Reliance::kExact, state);
                return Switch(states, 1, Reliance::kExists);
              })).ok());
  ASSERT_EQ(ledger_.last().checks_size(), 1);
  EXPECT_EQ(ledger_.last().checks(0).expected().exact(), 0U);
}

TEST_F(ExecuteTest, ChecksAlsoStreamsThatItReadsAndDoesNotWrite) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  ASSERT_TRUE(Run(CommandOf(2, [](const Context&, States& states) {
                LampState state;
                (void)states.Load(Lamp(1), Reliance::kExists, state);
                return Buy(states, 2, 40);
              })).ok());
  ASSERT_EQ(ledger_.last().checks_size(), 2);
}

TEST_F(ExecuteTest, WritingAStreamThatWasNotLoadedIsADefect) {
  const auto answer = Run(CommandOf(1, [](const Context&, States&) { return Decision(One(FactOf(1, Bought(60)))); }));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ReasonOf(answer.status()), "DEFECT");
  EXPECT_EQ(ledger_.proposals(), 0);
}

TEST_F(ExecuteTest, TheSameRequestAgainIsAnsweredAsTheFirstTime) {
  const auto advised = [](const Context&, States& states) {
    auto facts = Buy(states, 1, 60);
    facts->Advise("DATED_BEFORE_START", "on", "bought before it was made");
    return facts;
  };
  const auto first = Run(CommandOf(1, advised));
  int decided = 0;
  const auto second = Run(CommandOf(1, [&](const Context&, States&) {
    ++decided;
    return Decision(Facts{});
  }));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_FALSE(first->replayed);
  EXPECT_TRUE(second->replayed);
  EXPECT_EQ(decided, 0);
  EXPECT_EQ(second->records.front()->position(), first->records.front()->position());
  ASSERT_EQ(second->advice.size(), 1U);
  EXPECT_EQ(second->advice[0].reason(), "DATED_BEFORE_START");
}

TEST_F(ExecuteTest, AReusedRequestIdIsRefused) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  auto other = CommandOf(1, [](const Context&, States& states) { return Buy(states, 2, 60); });
  other.request_hash = std::string(32, 'x');
  const auto answer = Run(other);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(answer.status()), "REQUEST_ID_REUSED");
}

TEST_F(ExecuteTest, RequestIdsOfDifferentNamespacesAreDifferentRequests) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  auto other = CommandOf(1, [](const Context&, States& states) { return Buy(states, 2, 60); });
  other.name_space = "csv:hris";
  other.request_hash = std::string(32, 'x');
  EXPECT_TRUE(Run(other).ok());
}

TEST_F(ExecuteTest, ARequestWithoutAnIdIsRefused) {
  auto command = CommandOf(1, [](const Context&, States& states) { return Buy(states, 1, 60); });
  command.request_id = storage::Id{};
  EXPECT_EQ(ReasonOf(Run(command).status()), "MISSING_REQUEST_ID");
}

TEST_F(ExecuteTest, ACommandThatChangesNothingWritesNothing) {
  const auto answer = Run(CommandOf(1, [](const Context&, States&) { return Decision(Facts{}); }));
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer->records.empty());
  EXPECT_EQ(ledger_.proposals(), 0);
}

TEST_F(ExecuteTest, ValidateOnlyDecidesAndWritesNothing) {
  auto command = CommandOf(1, [](const Context&, States& states) { return Switch(states, 1, Reliance::kExact); });
  command.validate_only = true;
  EXPECT_EQ(ReasonOf(Run(command).status()), "NO_SUCH_THING");
  ASSERT_TRUE(RunBuy(2, 1, 60).ok());
  EXPECT_TRUE(Run(command).ok());
  EXPECT_EQ(ledger_.proposals(), 1);
}

TEST_F(ExecuteTest, ALostRaceIsDecidedAgainOnTheNewState) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  int decided = 0;
  const auto answer = Run(CommandOf(2, [&](const Context&, States& states) {
    auto decision = Switch(states, 1, Reliance::kExact);
    if (++decided == 1) {
      LetAnotherIn(3);
    }
    return decision;
  }));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(decided, 2);
  EXPECT_EQ(answer->records.front()->revision(), Revision{2});
}

TEST_F(ExecuteTest, ARaceLostTooOftenIsAnsweredAsAConflict) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  std::uint8_t decided = 0;
  const auto answer = Run(CommandOf(2, [&](const Context&, States& states) {
    auto decision = Switch(states, 1, Reliance::kExact);
    LetAnotherIn(static_cast<std::uint8_t>(100 + ++decided));
    return decision;
  }));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(answer.status()), "REVISION_CONFLICT");
  EXPECT_TRUE(answer.status().GetPayload("mentorlog.retry_after_ms").has_value());
  EXPECT_EQ(decided, runtime::kDecideAttemptsMax);
}

TEST_F(ExecuteTest, ARaceThatIsDecidedAgainHoldsUpNobodyElse) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  ASSERT_TRUE(RunBuy(2, 2, 60).ok());
  std::promise<void> deciding_again;
  std::promise<void> go_on;
  runtime::FixedScanPool retries(1, 1);
  const runtime::Desk desk{ledger_, codec_, view_, clock_, &retries};
  int decided = 0;
  auto racing = Begin(desk, CommandOf(3, [&](const Context&, States& states) {
                        auto decision = Switch(states, 1, Reliance::kExact);
                        if (++decided == 1) {
                          LetAnotherIn(4);
                        } else {
                          deciding_again.set_value();
                          go_on.get_future().wait();
                        }
                        return decision;
                      }));
  deciding_again.get_future().wait();
  auto other =
      Begin(desk, CommandOf(5, [](const Context&, States& states) { return Switch(states, 2, Reliance::kExists); }));
  EXPECT_EQ(other.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  go_on.set_value();
  EXPECT_TRUE(racing.get().ok());
  EXPECT_TRUE(other.get().ok());
  EXPECT_EQ(decided, 2);
}

TEST_F(ExecuteTest, ARaceThatThereIsNoRoomToDecideAgainIsAConflictToBeTriedLater) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  std::promise<void> begun;
  std::promise<void> go_on;
  runtime::FixedScanPool retries(1, 1);
  ASSERT_TRUE(retries.Run([&] {
    begun.set_value();
    go_on.get_future().wait();
  }));
  begun.get_future().wait();
  ASSERT_TRUE(retries.Run([] {}));
  const runtime::Desk desk{ledger_, codec_, view_, clock_, &retries};
  int decided = 0;
  const auto answer = Begin(desk, CommandOf(2,
                                            [&](const Context&, States& states) {
                                              ++decided;
                                              auto decision = Switch(states, 1, Reliance::kExact);
                                              LetAnotherIn(3);
                                              return decision;
                                            }))
                          .get();
  go_on.set_value();
  EXPECT_EQ(ReasonOf(answer.status()), "REVISION_CONFLICT");
  EXPECT_TRUE(answer.status().GetPayload("mentorlog.retry_after_ms").has_value());
  EXPECT_EQ(decided, 1);
}

TEST_F(ExecuteTest, AStaleExpectedRevisionIsAnsweredAtOnce) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  int decided = 0;
  auto command = CommandOf(2, [&](const Context&, States& states) {
    ++decided;
    return Switch(states, 1, Reliance::kExists);
  });
  command.expected_stream = Lamp(1);
  command.expected_revision = Revision{4};
  const auto answer = Run(command);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(answer.status()), "REVISION_CONFLICT");
  EXPECT_EQ(decided, 1);
  EXPECT_EQ(ledger_.proposals(), 1);
  command.expected_revision = Revision{0};
  EXPECT_TRUE(Run(command).ok());
  EXPECT_EQ(ledger_.last().checks(0).expected().exact(), 0U);
}

TEST_F(ExecuteTest, AStaleExpectedRevisionBetraysNothingToWhoIsRefusedAtAnyRevision) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  for (const auto code : {absl::StatusCode::kPermissionDenied, absl::StatusCode::kUnauthenticated,
                          absl::StatusCode::kNotFound, absl::StatusCode::kInvalidArgument}) {
    auto command = CommandOf(2, [&](const Context&, States&) -> Decision {
      return storage::Refuse(code, "NOT_PERMITTED", "lamp: another's, want one's own");
    });
    command.expected_stream = Lamp(1);
    command.expected_revision = Revision{4};
    const auto status = Run(command).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(ReasonOf(status), "NOT_PERMITTED");
  }
}

TEST_F(ExecuteTest, AStaleExpectedRevisionIsToldBeforeWhatTheStateForbids) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  auto command = CommandOf(2, [](const Context&, States&) -> Decision {
    return storage::Refuse(absl::StatusCode::kFailedPrecondition, "OFFER_NOT_OPEN", "lamp: it burns, want a dark one");
  });
  command.expected_stream = Lamp(1);
  command.expected_revision = Revision{4};
  EXPECT_EQ(ReasonOf(Run(command).status()), "REVISION_CONFLICT");
}

// A lamp is bought (everybody may know) and switched (its pair may know: persons 1 and 2).
TEST_F(ExecuteTest, AConflictNamesWhatWasMissedTheNewestFirstAsFarAsItsCallerMayKnow) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  ASSERT_TRUE(RunSwitch(2, 1).ok());
  ASSERT_TRUE(RunBuy(3, 1, 40).ok());
  ASSERT_TRUE(RunSwitch(4, 1).ok());
  const auto missed = [&](std::uint8_t person, std::uint64_t expected) {
    auto command = CommandOf(5, [](const Context&, States& states) { return Switch(states, 1, Reliance::kExists); });
    command.actor = {};
    command.actor.person = IdOf(person);
    command.expected_stream = Lamp(1);
    command.expected_revision = Revision{expected};
    return MissedOf(Run(command).status());
  };
  EXPECT_THAT(missed(1, 0),
              ElementsAre("LampSwitched 4 2024-10-04", "LampBought 3 2024-10-04", "LampSwitched 2 2024-10-04"));
  EXPECT_THAT(missed(2, 2), ElementsAre("LampSwitched 4 2024-10-04"));
  EXPECT_THAT(missed(9, 0), ElementsAre("LampBought 3 2024-10-04"));
  EXPECT_THAT(missed(1, 9), IsEmpty());
}

TEST_F(ExecuteTest, AConflictNamesToItsAuthorWhatAnotherRecorded) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  const auto by_person_9 = [](const Context&, States& states) -> Decision {
    LampState state;
    if (const auto loaded = states.Load(Lamp(1), Reliance::kExact, state); !loaded.ok()) return loaded.status();
    auto switched = Switched(true);
    switched.set_by_id(IdOf(9).ToBytes());
    return One(FactOf(1, switched));
  };
  ASSERT_TRUE(Run(CommandOf(2, by_person_9)).ok());
  auto command = CommandOf(3, by_person_9);
  command.actor = {};
  command.actor.person = IdOf(9);
  command.expected_stream = Lamp(1);
  command.expected_revision = Revision{0};
  EXPECT_THAT(MissedOf(Run(command).status()), ElementsAre("LampSwitched 2 2024-10-04"));
}

TEST_F(ExecuteTest, AConflictNamesTheLastTenAtMost) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  for (std::uint8_t i = 2; i < 20; ++i) ASSERT_TRUE(RunBuy(i, 1, 40).ok());
  for (const auto& [expected, count] :
       {std::pair<std::uint64_t, std::size_t>{0, 10}, {7, 10}, {8, 10}, {9, 9}, {17, 1}}) {
    auto command = CommandOf(20, [](const Context&, States& states) { return Buy(states, 1, 60); });
    command.expected_stream = Lamp(1);
    command.expected_revision = Revision{expected};
    const auto missed = MissedOf(Run(command).status());
    ASSERT_EQ(missed.size(), count) << expected;
    EXPECT_EQ(missed.front(), "LampBought 19 2024-10-04");
  }
}

TEST_F(ExecuteTest, ARaceLostWithAnExpectedRevisionNamesWhatCameBetween) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  auto command = CommandOf(2, [&](const Context&, States& states) {
    auto decision = Switch(states, 1, Reliance::kExists);
    LetAnotherIn(3);
    return decision;
  });
  command.actor.may_do_everything = true;
  command.expected_stream = Lamp(1);
  command.expected_revision = Revision{0};
  EXPECT_THAT(MissedOf(Run(command).status()), ElementsAre("LampSwitched 2 2024-10-04"));
}

TEST_F(ExecuteTest, ARaceLostWithAnExpectedRevisionIsNeverDecidedAgain) {
  ASSERT_TRUE(RunBuy(1, 1, 60).ok());
  int decided = 0;
  auto command = CommandOf(2, [&](const Context&, States& states) {
    auto decision = Switch(states, 1, Reliance::kExists);
    if (++decided == 1) {
      LetAnotherIn(3);
    }
    return decision;
  });
  command.expected_stream = Lamp(1);
  command.expected_revision = Revision{0};
  const auto status = Run(command).status();
  EXPECT_EQ(ReasonOf(status), "REVISION_CONFLICT");
  EXPECT_FALSE(status.GetPayload("mentorlog.retry_after_ms").has_value()) << "it stays stale";
  EXPECT_EQ(decided, 1);
}

TEST_F(ExecuteTest, TodayIsTheLatestDayAnywhereOnEarth) {
  storage::Day today;
  (void)Run(CommandOf(1, [&](const Context& context, States&) {
    today = context.today;
    return Decision(Facts{});
  }));
  EXPECT_EQ(today.ToText(), "2023-11-15");
}

TEST(HashRequest, DependsOnEverythingButTheRequestItself) {
  const storage::Keyed keyed{storage::Digest{}};
  SwitchLampRequest request;
  request.set_lamp_id("a");
  const auto hash = runtime::HashRequest(keyed, request);
  EXPECT_EQ(hash.size(), 32U);
  request.set_request_id("id");
  request.set_validate_only(true);
  EXPECT_EQ(runtime::HashRequest(keyed, request), hash);
  request.set_on(true);
  EXPECT_NE(runtime::HashRequest(keyed, request), hash);
  EXPECT_NE(runtime::HashRequest(storage::Keyed{storage::Digest{1}}, request), runtime::HashRequest(keyed, request));
}

TEST(HashRequest, IsOfTheRequestWithoutWhatNamesIt) {
  const storage::Keyed keyed{storage::Digest{7}};
  SwitchLampRequest request;
  request.set_expected_revision(300);
  request.set_lamp_id(std::string(200, 'a'));
  request.set_on(true);
  // A field of a newer client, and one that has the number of ours and is none.
  request.GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(77, "newer");
  request.GetReflection()->MutableUnknownFields(&request)->AddVarint(1, 5);
  const auto expected = storage::DigestBytes(
      keyed.Mac("request-hash", {"mentorlog.runtime_test.SwitchLampRequest", request.SerializeAsString()}));
  request.set_request_id("0123456789abcdef");
  request.set_validate_only(true);
  EXPECT_EQ(runtime::HashRequest(keyed, request), expected);
}

TEST(RequestIds, AreTheSameForTheSameRequestAndDifferentForAnother) {
  const storage::Keyed keyed{storage::Digest{}};
  const runtime::RequestIds ids(keyed, "dev", IdOf(1));
  EXPECT_EQ(ids.Generated(0), runtime::RequestIds(keyed, "dev", IdOf(1)).Generated(0));
  EXPECT_NE(ids.Generated(0), ids.Generated(1));
  EXPECT_NE(ids.Generated(0), runtime::RequestIds(keyed, "dev", IdOf(2)).Generated(0));
  EXPECT_NE(ids.Generated(0), runtime::RequestIds(keyed, "csv:dev", IdOf(1)).Generated(0));
  EXPECT_EQ(ids.Derived("relationship", {"a", "b"}),
            runtime::RequestIds(keyed, "csv:dev", IdOf(9)).Derived("relationship", {"a", "b"}));
}

}  // namespace
}  // namespace mentorlog::runtime_test
