// The steward is stopped within moments, whatever it is in the middle of.
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "services/steward/steward_view.h"
#include "tests/services/runtime/forwarding_ledger.h"
#include "tests/services/steward/steward_world.h"

namespace mentorlog::steward_test {
namespace {

using Clock = std::chrono::steady_clock;

// The world's ledger on a bad day.
class SlowLedger final : public runtime_test::ForwardingLedger {
 public:
  explicit SlowLedger(storage::Ledger& ledger) : ledger_(ledger) {}

  std::unique_ptr<storage::LedgerSnapshot> Snapshot() const override {
    ++snapshots;
    absl::SleepFor(absl::Milliseconds(snapshot_ms.load()));
    return ledger_.Snapshot();
  }
  absl::Status WaitForView(std::uint16_t view, Position position, absl::Time deadline) override {
    if (view != steward::kStewardViewId || !index_stands_still) return ledger_.WaitForView(view, position, deadline);
    ++waits;
    absl::SleepFor(deadline - absl::Now());
    return absl::DeadlineExceededError("the index stands still");
  }

  mutable std::atomic<int> snapshots{0};
  std::atomic<int> waits{0};
  std::atomic<int> snapshot_ms{0};
  std::atomic<bool> index_stands_still{false};

 private:
  storage::Ledger& to() const override { return ledger_; }
  storage::Ledger& ledger_;
};

class StewardStop : public ::testing::Test {
 protected:
  // How long a stop takes once `begun` says that the steward is in the middle of its work.
  absl::Duration StopTakes(const std::function<bool()>& begun) {
    steward::Steward steward(desk, steward::Policies{});
    steward.Start();
    for (int i = 0; i < 1000 && !begun(); ++i) absl::SleepFor(absl::Milliseconds(10));
    EXPECT_TRUE(begun());
    const auto asked = Clock::now();
    steward.Stop();
    return absl::FromChrono(Clock::now() - asked);
  }

  // 210 relationships between 15 people; answers where the log stood before the first of them.
  Position StartManyRelationships() {
    std::vector<Id> people;
    for (int i = 0; i < 15; ++i) people.push_back(world.Person("P" + std::to_string(i)));
    const auto before = world.ledger().head();
    for (const auto& mentor : people) {
      for (const auto& mentee : people) {
        if (mentor != mentee) world.Start(mentor, mentee);
      }
    }
    return before;
  }

  World world;
  SlowLedger ledger{world.ledger()};
  const runtime::Desk desk{ledger, world.desk().codec, world.desk().states, world.clock};
};

// A move costs the steward four snapshots for each of the mover's relationships: the first alone has 28 of them.
TEST_F(StewardStop, DoesNotWaitForEveryRelationshipOfAMover) {
  StartManyRelationships();
  ledger.snapshot_ms = 50;
  EXPECT_LT(StopTakes([&] { return ledger.snapshots > 5; }), absl::Seconds(3));
}

// Each relationship that began costs the steward a snapshot: 210 of them, and the cursor stays where it had come to.
TEST_F(StewardStop, DoesNotWaitForTheRecordsThatWereReadAhead) {
  ASSERT_TRUE(world.ledger().SaveCursor("steward", StartManyRelationships()).ok());
  ledger.snapshot_ms = 50;
  EXPECT_LT(StopTakes([&] { return ledger.snapshots > 20; }), absl::Seconds(3));
  const auto cursor = world.ledger().LoadCursor("steward");
  ASSERT_TRUE(cursor.ok()) << cursor.status();
  EXPECT_LT(*cursor, world.ledger().head());

  ledger.snapshot_ms = 0;
  steward::Steward again(desk, steward::Policies{});
  const auto reached = again.Follow(*cursor);
  ASSERT_TRUE(reached.ok()) << reached.status();
  EXPECT_EQ(*reached, world.ledger().head());
}

TEST_F(StewardStop, DoesNotWaitForAnIndexThatStandsStill) {
  world.Start(world.Person("Ana"), world.Person("Ben"));
  ledger.index_stands_still = true;
  EXPECT_LT(StopTakes([&] { return ledger.waits > 0; }), absl::Seconds(5));
}

}  // namespace
}  // namespace mentorlog::steward_test
