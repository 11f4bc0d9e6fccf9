// Calls that nobody waits for any longer are not begun, and a follower that stands still holds no thread for long.
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/runtime/dev_identity.h"
#include "tests/services/runtime/held_view.h"
#include "tests/services/runtime/lamps.h"
#include "tests/services/runtime/recording_ledger.h"
#include "tests/services/runtime/served_lamps.h"

namespace mentorlog::runtime_test {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Stands = std::function<bool(const grpc::CallbackServerContext&)>;

// Believes who calls, but not before their call stands as it was told to wait for.
class LateIdentity final : public runtime::Identity {
 public:
  absl::StatusOr<runtime::Caller> Identify(const runtime::Desk& desk,
                                           const grpc::CallbackServerContext& context) const override {
    const auto stands = Told();
    asked_ = true;
    const auto patience = absl::Now() + absl::Seconds(10);
    while (stands && !stands(context) && absl::Now() < patience) std::this_thread::yield();
    return dev_.Identify(desk, context);
  }

  void WaitUntil(Stands stands) {
    const std::lock_guard lock(mutex_);
    stands_ = std::move(stands);
  }
  // Whether any call has come as far as this.
  bool asked() const { return asked_; }

 private:
  Stands Told() const {
    const std::lock_guard lock(mutex_);
    return stands_;
  }

  const runtime::DevIdentity dev_{kLamp};
  mutable std::atomic<bool> asked_{false};
  mutable std::mutex mutex_;
  // Guarded by mutex_. Empty: at once.
  Stands stands_;
};

class CallDeadlineTest : public ::testing::Test {
 protected:
  // Lamp 1 is bought: one record, one proposal.
  void SetUp() override {
    const auto bought = Append(desk_, 100, FactOf(1, Bought(60)));
    ASSERT_TRUE(bought.ok()) << bought.status();
  }
  void TearDown() override {
    hold_.LetGo();
    lamps_.Stop();
  }

  grpc::Status FindLamp(milliseconds within, FindLampResponse& found) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + within);
    FindLampRequest request;
    request.set_lamp_id(IdOf(1).ToBytes());
    return lamps_.stub().FindLamp(&context, request, &found);
  }

  // What those were told who waited for the follower.
  std::vector<std::string> Waits() const {
    std::vector<std::string> verdicts;
    for (const auto& status : ledger_.waits()) verdicts.push_back(Verdict(status));
    return verdicts;
  }

  const runtime::EventCodec codec_ = LampCodec();
  const runtime::StateView view_{codec_, LampFolds(), 1};
  // The follower that FindLamp waits for.
  const LastRecord last_{{7, "last", storage::ViewMode::kFollower, 1}};
  Hold hold_;
  const HeldView follower_{last_, hold_};
  RecordingLedger ledger_{{&view_, &follower_}};
  const StoppedClock clock_;
  const runtime::Desk desk_{ledger_, codec_, view_, clock_};
  LateIdentity identity_;
  ServedLamps lamps_{desk_, identity_};
};

TEST_F(CallDeadlineTest, AWriteWhoseDeadlineHasPassedIsNotDecided) {
  identity_.WaitUntil([](const grpc::CallbackServerContext& context) {
    return std::chrono::system_clock::now() >= context.deadline();
  });
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + milliseconds(500));
  SwitchLampResponse response;
  const auto status = lamps_.stub().SwitchLamp(&context, Switching(1, 1, true), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  // The handler has ended.
  lamps_.Stop();
  EXPECT_TRUE(identity_.asked());
  EXPECT_EQ(ledger_.proposals(), 1) << "the lamp is bought, and not switched";
}

TEST_F(CallDeadlineTest, AWriteWhoseCallerHasLeftIsNotDecided) {
  identity_.WaitUntil([](const grpc::CallbackServerContext& context) { return context.IsCancelled(); });
  grpc::ClientContext context;
  grpc::Status status;
  std::thread caller([&] {
    SwitchLampResponse response;
    status = lamps_.stub().SwitchLamp(&context, Switching(1, 1, true), &response);
  });
  while (!identity_.asked()) std::this_thread::yield();
  context.TryCancel();
  caller.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  // The handler has ended.
  lamps_.Stop();
  EXPECT_EQ(ledger_.proposals(), 1) << "the lamp is bought, and not switched";
}

TEST_F(CallDeadlineTest, AReadThatQueuedBeyondItsDeadlineIsNotBegun) {
  // Shared: the pool's thread may still be in set_value when this test goes on.
  const auto taken = std::make_shared<std::promise<void>>();
  std::promise<void> may_go;
  ASSERT_TRUE(lamps_.pool().Run([taken, go = may_go.get_future().share()] {
    taken->set_value();
    go.wait();
  }));
  taken->get_future().wait();
  FindLampResponse found;
  EXPECT_EQ(FindLamp(milliseconds(500), found).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  may_go.set_value();
  // The read's turn has come.
  lamps_.Stop();
  EXPECT_TRUE(identity_.asked());
  EXPECT_THAT(Waits(), IsEmpty());
}

TEST_F(CallDeadlineTest, AReadWhoseFollowerStandsStillEndsWithItsDeadlineAndLeavesTheThread) {
  hold_.From(storage::Position{2});
  const auto switched = Append(desk_, 101, FactOf(1, Switched(true)));
  ASSERT_TRUE(switched.ok()) << switched.status();
  FindLampResponse found;
  // Some of the time is left for the answer, so that it says what was waited for.
  const auto refused = FindLamp(std::chrono::seconds(3), found);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ReasonOf(refused), "TOO_SLOW");

  // The pool's one thread is free while the follower stands still. A read waits 10 s if no deadline ends that.
  const auto free = std::make_shared<std::promise<void>>();
  ASSERT_TRUE(lamps_.pool().Run([free] { free->set_value(); }));
  ASSERT_EQ(free->get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_THAT(Waits(), ElementsAre("DEADLINE_EXCEEDED TOO_SLOW"));

  hold_.LetGo();
  const auto answered = FindLamp(std::chrono::seconds(20), found);
  EXPECT_TRUE(answered.ok()) << answered.error_message();
  EXPECT_TRUE(found.on());
}

}  // namespace
}  // namespace mentorlog::runtime_test
