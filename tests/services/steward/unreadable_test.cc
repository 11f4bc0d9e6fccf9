// What somebody's quarantine hides from the steward holds up nobody else, and is not forgotten.
#include "services/steward/steward.h"

#include "storage/codec.h"
#include "tests/services/steward/steward_world.h"

namespace mentorlog::steward_test {
namespace {

const Names kAllThatFollows{"MoveTold", "TransitionSuggested", "TouchOwed"};

class Unreadable : public ::testing::Test {
 protected:
  // Puts `row` in the place of a relationship's state, and answers what was there.
  std::string Exchange(const Id& relationship, const std::string& row) {
    const auto stream = relationships::RelationshipStream(relationship).ToBytes();
    const auto seen = [&] {
      const auto now = world.ledger().Snapshot()->Row(runtime::kStateViewId, stream);
      return now.ok() ? now->value_or("") : "";
    };
    const auto before = seen();
    // Readers see it with the next moment of the log, once nothing newer waits to be saved.
    for (int i = 0; i < 1000 && seen() != row; ++i) {
      storage::Batch batch;
      batch.Put(storage::Family::kViews, storage::ViewPrefix(runtime::kStateViewId, 1) + stream, row);
      EXPECT_TRUE(world.store().Write(batch, storage::Durability::kSynced).ok());
      world.Person("somebody new");
      absl::SleepFor(absl::Milliseconds(2));
    }
    EXPECT_EQ(seen(), row);
    return before;
  }
  // Starts a steward, and stops it when `done`, or after a while.
  absl::Status WorkUntil(const std::function<bool()>& done) {
    steward::Steward steward(world.desk(), steward::Policies{});
    steward.Start();
    for (int i = 0; i < 500 && !(done() && steward.Health().ok() == readable_); ++i)
      absl::SleepFor(absl::Milliseconds(10));
    const auto health = steward.Health();
    steward.Stop();
    return health;
  }

  static storage::LedgerOptions SavedAtOnce() {
    storage::LedgerOptions options;
    options.views_saved_every = absl::Milliseconds(1);
    return options;
  }

  World world{SavedAtOnce()};
  bool readable_ = true;
  const Id ana = world.Person("Ana");
  const Id ben = world.Person("Ben");
  const Id cem = world.Person("Cem");
};

TEST_F(Unreadable, ARelationshipHoldsUpNoOtherAndHearsOfTheMoveWhenItCanBeReadAgain) {
  const Id one = world.Start(ana, ben);
  const Id other = world.Start(ben, cem);
  const Id unconcerned = world.Start(ana, cem);
  for (const auto& broken : {one, other}) {
    const auto& whole = broken == one ? other : one;
    const auto row = Exchange(broken, "unreadable");
    readable_ = false;
    const auto moved = world.Transfer(ben, "2026-03-01", broken == one ? "Leeds" : "York");
    const auto later = world.Transfer(cem, "2026-03-01", broken == one ? "Bath" : "Hull");
    const auto health = WorkUntil([&] { return world.Done(unconcerned, later.position).size() >= 3; });
    EXPECT_EQ(health.code(), absl::StatusCode::kDataLoss) << health;
    EXPECT_THAT(world.Done(whole, moved.position), ::testing::IsSupersetOf(kAllThatFollows));
    EXPECT_THAT(world.Done(broken, moved.position), ::testing::IsEmpty());
    const auto cursor = world.ledger().LoadCursor("steward");
    ASSERT_TRUE(cursor.ok()) << cursor.status();
    EXPECT_LT(*cursor, moved.position);

    Exchange(broken, row);
    readable_ = true;
    const auto mended = WorkUntil([&] { return world.Done(broken, moved.position).size() >= 3; });
    EXPECT_TRUE(mended.ok()) << mended;
    EXPECT_THAT(world.Done(broken, moved.position), ::testing::IsSupersetOf(kAllThatFollows));
  }
}

}  // namespace
}  // namespace mentorlog::steward_test
