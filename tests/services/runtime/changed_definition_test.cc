// A build that folds otherwise than the one that wrote the log. Until its views are built, decisions go by states that
// are folded from their own streams, and what only a view knows is refused.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/runtime/dev_identity.h"
#include "storage/ledger.h"
#include "tests/services/runtime/held_view.h"
#include "tests/services/runtime/lamps.h"
#include "tests/services/runtime/served_lamps.h"

namespace mentorlog::runtime_test {
namespace {

using decider::Context;
using decider::Decision;
using decider::Facts;
using decider::Reliance;
using decider::States;
using runtime::kStateViewId;

// The follower that FindLamp waits for.
constexpr std::uint16_t kLastId = 7;

// As the former build had it: it knows of no light, so that by its rows every lamp is dark.
LampState EvolveFormerly(LampState state, const LampEvent& event) {
  if (event.has_lamp_bought()) state.set_watts(event.lamp_bought().watts());
  return state;
}

// A lamp's one item, of which the former build knew nothing: how often the lamp was switched.
std::optional<storage::Id> ItemOf(const LampEvent&) { return IdOf(9); }
bool CreatesItem(const LampEvent& event) { return event.has_lamp_bought(); }
void EvolveItem(LampState& item, const log::v1::Header&, const LampEvent& event) {
  item.set_switched(item.switched() + (event.has_lamp_switched() ? 1 : 0));
}

// Refused if lamp 1 is so already.
Decision SwitchLampOne(States& states, bool on) {
  LampState state;
  const auto loaded = states.Load(Lamp(1), Reliance::kExact, state);
  if (!loaded.ok()) return loaded.status();
  if (state.on() == on) return absl::FailedPreconditionError("it is so already");
  Facts facts;
  facts.facts.push_back(FactOf(1, Switched(on)));
  return facts;
}

// Refused if lamp 1 was switched twice, as its item says.
Decision SwitchLampOneTwiceAtMost(States& states) {
  LampState state;
  const auto loaded = states.Load(Lamp(1), Reliance::kExact, state);
  if (!loaded.ok()) return loaded.status();
  LampState item;
  const auto found = states.LoadItem(Lamp(1), IdOf(9), item);
  if (!found.ok()) return found.status();
  if (!*found) return absl::NotFoundError("no item");
  if (item.switched() >= 2) return absl::FailedPreconditionError("switched twice");
  Facts facts;
  facts.facts.push_back(FactOf(1, Switched(!state.on())));
  return facts;
}

class ChangedDefinitionTest : public ::testing::Test {
 protected:
  // Under the former build lamp 1 is bought and switched on. Then this build opens the log; its views are not built
  // before hold_ lets go.
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Open({&former_states_, &former_last_}));
    const runtime::Desk formerly{*ledger_, codec_, former_states_, clock_};
    ASSERT_TRUE(Append(formerly, ++requests_, FactOf(1, Bought(60))).ok());
    ASSERT_TRUE(Append(formerly, ++requests_, FactOf(1, Switched(true))).ok());
    LampState dark;
    const auto loaded = former_states_.Load(*ledger_->Snapshot(), Lamp(1), dark);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    ASSERT_FALSE(dark.on()) << "who reads the former rows is found out by it";
    hold_.From(storage::Position{1});
    ASSERT_NO_FATAL_FAILURE(Open({&held_states_, &held_last_}));
  }
  void TearDown() override {
    hold_.LetGo();
    ledger_.reset();
  }

  void Open(std::vector<const storage::View*> views) {
    ledger_.reset();
    auto ledger = storage::OpenLedger(*store_, *keys_, storage::SystemClock(), std::move(views), {});
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
  }

  absl::StatusOr<runtime::Outcome> Run(std::function<Decision(const Context&, States&)> decide) {
    return RunOn({*ledger_, codec_, states_, clock_}, ++requests_, std::move(decide));
  }
  absl::StatusOr<runtime::Outcome> Switch(bool on) {
    return Run([on](const Context&, States& states) { return SwitchLampOne(states, on); });
  }

  // Of a row of the view, on a new snapshot.
  std::string VerdictOfRow(std::uint16_t view, const std::string& key) {
    return Verdict(ledger_->Snapshot()->Row(view, key).status());
  }

  // Until the view is built and stands at the head. WaitForView does not wait for a view that is not built.
  absl::Status LetGoAndAwait(std::uint16_t view) {
    hold_.LetGo();
    const auto deadline = absl::Now() + absl::Seconds(10);
    absl::Status status;
    do {
      std::this_thread::yield();
      status = ledger_->WaitForView(view, ledger_->head(), deadline);
    } while (absl::IsUnavailable(status) && absl::Now() < deadline);
    return status;
  }

  const runtime::EventCodec codec_ = LampCodec();
  const runtime::StateView former_states_{codec_, {runtime::MakeStateFold(kLamp, &EvolveFormerly)}, 1};
  const runtime::StateView states_{
      codec_, {runtime::WithItems(LampFolds().front(), &ItemOf, &CreatesItem, &EvolveItem)}, 2};
  const LastRecord former_last_{{kLastId, "last", storage::ViewMode::kFollower, 1}};
  const LastRecord last_{{kLastId, "last", storage::ViewMode::kFollower, 2}};
  Hold hold_;
  const HeldView held_states_{states_, hold_};
  const HeldView held_last_{last_, hold_};
  const StoppedClock clock_;
  const std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore();
  const std::unique_ptr<storage::KeyStore> keys_ = storage::NewMemoryKeyStore();
  std::unique_ptr<storage::Ledger> ledger_;
  std::uint8_t requests_ = 100;
};

TEST_F(ChangedDefinitionTest, AWriteIsDecidedByTheStateThatItsOwnStreamComesTo) {
  EXPECT_EQ(Switch(true).status().code(), absl::StatusCode::kFailedPrecondition);
  const auto off = Switch(false);
  ASSERT_TRUE(off.ok()) << off.status();
  ASSERT_EQ(off->records.size(), 1U);
  EXPECT_EQ(off->records.front()->revision(), storage::Revision{2});
  EXPECT_EQ(off->records.front()->position(), storage::Position{3});
  EXPECT_EQ(VerdictOfRow(kStateViewId, Lamp(1).ToBytes()), "UNAVAILABLE VIEW_BUILDING");
}

TEST_F(ChangedDefinitionTest, AWriteSeesWhatWasWrittenSinceTheBuildBegan) {
  ASSERT_TRUE(Switch(false).ok());
  EXPECT_EQ(Switch(false).status().code(), absl::StatusCode::kFailedPrecondition);
  const auto on = Switch(true);
  ASSERT_TRUE(on.ok()) << on.status();
  EXPECT_EQ(on->records.front()->revision(), storage::Revision{3});
  EXPECT_EQ(VerdictOfRow(kStateViewId, Lamp(1).ToBytes()), "UNAVAILABLE VIEW_BUILDING");
}

TEST_F(ChangedDefinitionTest, AStreamThatHasNoRecordHasNoStateEither) {
  LampState state;
  const auto loaded = states_.Load(*ledger_->Snapshot(), Lamp(2), state);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_FALSE(loaded->has_value());
  const auto bought = Append({*ledger_, codec_, states_, clock_}, ++requests_, FactOf(2, Bought(40)));
  ASSERT_TRUE(bought.ok()) << bought.status();
  EXPECT_EQ(bought->records.front()->revision(), storage::Revision{0});
}

TEST_F(ChangedDefinitionTest, AnItemIsFoldedFromItsOwnStream) {
  LampState item;
  const auto found = states_.LoadItem(*ledger_->Snapshot(), Lamp(1), IdOf(9), item);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_TRUE(*found);
  EXPECT_EQ(item.switched(), 1U);
  LampState other;
  const auto none = states_.LoadItem(*ledger_->Snapshot(), Lamp(1), IdOf(8), other);
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_FALSE(*none);
}

TEST_F(ChangedDefinitionTest, AWriteIsDecidedByTheItemThatItsOwnStreamComesTo) {
  const auto again = [](const Context&, States& states) { return SwitchLampOneTwiceAtMost(states); };
  const auto second = Run(again);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->records.front()->revision(), storage::Revision{2});
  EXPECT_EQ(Run(again).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ChangedDefinitionTest, OnceBuiltTheRowsSayWhatTheStreamsSaid) {
  ASSERT_TRUE(Switch(false).ok());
  const auto built = LetGoAndAwait(kStateViewId);
  ASSERT_TRUE(built.ok()) << built;
  EXPECT_EQ(VerdictOfRow(kStateViewId, Lamp(1).ToBytes()), "OK");
  LampState state;
  const auto loaded = states_.Load(*ledger_->Snapshot(), Lamp(1), state);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(*loaded, storage::Revision{2});
  EXPECT_FALSE(state.on());
  EXPECT_EQ(state.switched(), 2U);
  EXPECT_EQ(state.watts(), 60);
  LampState item;
  const auto found = states_.LoadItem(*ledger_->Snapshot(), Lamp(1), IdOf(9), item);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_TRUE(*found);
  EXPECT_EQ(item.switched(), 2U);
  EXPECT_EQ(Switch(false).status().code(), absl::StatusCode::kFailedPrecondition);
  const auto on = Switch(true);
  ASSERT_TRUE(on.ok()) << on.status();
  EXPECT_EQ(on->records.front()->revision(), storage::Revision{3});
}

TEST_F(ChangedDefinitionTest, WhatOnlyAViewKnowsIsRefusedUntilItIsBuilt) {
  const auto visit = [](std::string_view, std::string_view) { return true; };
  EXPECT_EQ(VerdictOfRow(kLastId, "last"), "UNAVAILABLE VIEW_BUILDING");
  EXPECT_EQ(Verdict(ledger_->Snapshot()->ScanRows(kLastId, {}, {}, visit)), "UNAVAILABLE VIEW_BUILDING");
  EXPECT_EQ(Verdict(ledger_->WaitForView(kLastId, ledger_->head(), absl::Now() + absl::Seconds(10))),
            "UNAVAILABLE VIEW_BUILDING");
  const auto built = LetGoAndAwait(kLastId);
  ASSERT_TRUE(built.ok()) << built;
  const auto row = ledger_->Snapshot()->Row(kLastId, "last");
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ(row->value_or("none"), "2");
}

TEST_F(ChangedDefinitionTest, OverTheEdgeWritesGoOnAndReadsOfTheViewAreRefused) {
  const runtime::Desk desk{*ledger_, codec_, states_, clock_};
  const runtime::DevIdentity identity{kLamp};
  ServedLamps lamps(desk, identity);
  const auto switched = [&lamps](std::uint8_t request, bool on) {
    grpc::ClientContext context;
    SwitchLampResponse response;
    const auto status = lamps.stub().SwitchLamp(&context, Switching(request, 1, on), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  };
  const auto find = [&lamps](FindLampResponse& found) {
    grpc::ClientContext context;
    FindLampRequest request;
    request.set_lamp_id(IdOf(1).ToBytes());
    return lamps.stub().FindLamp(&context, request, &found);
  };

  EXPECT_EQ(switched(1, true).records(), 0U) << "it burns";
  const auto off = switched(2, false);
  EXPECT_EQ(off.records(), 1U);
  EXPECT_EQ(off.result().revision(), 2U);
  EXPECT_EQ(switched(3, true).result().revision(), 3U);

  FindLampResponse found;
  const auto refused = find(found);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(refused), "VIEW_BUILDING");

  const auto built = LetGoAndAwait(kLastId);
  ASSERT_TRUE(built.ok()) << built;
  const auto answered = find(found);
  EXPECT_TRUE(answered.ok()) << answered.error_message();
  EXPECT_TRUE(found.on());
}

}  // namespace
}  // namespace mentorlog::runtime_test
