// One contract for every store: what RocksDB promises the log, the in-memory twin promises the tests, and rows of views
// that lie in memory promise their readers, whether they are saved soon or not at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/time/time.h"
#include "storage/store.h"
#include "storage/write_behind.h"
#include "tests/storage/rows_of.h"
#include "tests/storage/temporary_folder.h"

namespace mentorlog::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StoreContract : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "memory") {
      store_ = NewMemoryStore();
      return;
    }
    auto opened = OpenRocksStore(folder_ / "log", RocksOptions());
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
    if (GetParam() == "rocks") return;
    under_ = std::move(store_);
    store_ =
        std::make_unique<WriteBehind>(*under_, GetParam() == "behind_saved" ? absl::Milliseconds(1) : absl::Hours(1));
  }

  Store& store() { return *store_; }
  void Write(const Batch& batch) { ASSERT_TRUE(store_->Write(batch, Durability::kSynced).ok()); }
  void Put(Family family, std::string key, std::string value) {
    Batch batch;
    batch.Put(family, std::move(key), std::move(value));
    Write(batch);
  }
  void Delete(Family family, std::string key) {
    Batch batch;
    batch.Delete(family, std::move(key));
    Write(batch);
  }
  std::string Get(Family family, std::string_view key) { return Text(store_->Get(family, key)); }
  static std::string Get(const StoreSnapshot& snapshot, Family family, std::string_view key) {
    return Text(snapshot.Get(family, key));
  }
  static std::string Text(const absl::StatusOr<std::optional<std::string>>& got) {
    if (!got.ok()) return "error: " + got.status().ToString();
    return got->value_or("none");
  }
  // Every `key=value` from `from` on.
  static std::vector<std::string> Forward(const StoreSnapshot& snapshot, Family family, std::string_view from) {
    std::vector<std::string> seen;
    const auto cursor = snapshot.NewCursor(family, ReadHint::kScan);
    for (cursor->Seek(from); cursor->Valid(); cursor->Next()) {
      seen.push_back(std::string(cursor->key()) + "=" + std::string(cursor->value()));
    }
    EXPECT_TRUE(cursor->status().ok()) << cursor->status();
    return seen;
  }
  static std::vector<std::string> Backward(const StoreSnapshot& snapshot, Family family, std::string_view from) {
    std::vector<std::string> seen;
    const auto cursor = snapshot.NewCursor(family, ReadHint::kPoint);
    for (cursor->SeekForPrev(from); cursor->Valid(); cursor->Prev()) seen.emplace_back(cursor->key());
    EXPECT_TRUE(cursor->status().ok()) << cursor->status();
    return seen;
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Store> under_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreContract, GivesBackWhatWasPutAndNothingElse) {
  EXPECT_EQ(Get(Family::kMeta, "a"), "none");
  Put(Family::kMeta, "a", "1");
  EXPECT_EQ(Get(Family::kMeta, "a"), "1");
  EXPECT_EQ(Get(Family::kTree, "a"), "none");
  Put(Family::kMeta, "a", "2");
  EXPECT_EQ(Get(Family::kMeta, "a"), "2");
  Delete(Family::kMeta, "a");
  EXPECT_EQ(Get(Family::kMeta, "a"), "none");
  Delete(Family::kMeta, "never put");
}

TEST_P(StoreContract, WritesWhatItWasLentBesideWhatItWasGiven) {
  Put(Family::kViews, "gone", "written");
  {
    std::string key = "lent";
    std::string value = "bytes";
    Batch batch;
    batch.Put(Family::kMeta, "given", "1");
    batch.Lend(Family::kViews, {key, value});
    batch.Lend(Family::kViews, {"gone", std::nullopt});
    batch.Lend(Family::kEvents, {key, value});
    EXPECT_FALSE(batch.empty());
    ASSERT_TRUE(store().Write(std::move(batch), Durability::kSynced).ok());
    key = "else";
    value = "other";
  }
  EXPECT_EQ(Get(Family::kMeta, "given"), "1");
  EXPECT_EQ(Get(Family::kViews, "lent"), "bytes");
  EXPECT_EQ(Get(Family::kEvents, "lent"), "bytes");
  EXPECT_EQ(Get(Family::kViews, "gone"), "none");
}

TEST_P(StoreContract, LoadsFewRowsOrManyOverWhatIsThere) {
  Put(Family::kViews, "a0", "written");
  Put(Family::kViews, "a1", "written");
  Put(Family::kViews, "b", "written");
  const auto before = store().Snapshot();
  for (const int count : {2, 40000}) {
    Batch rows;
    for (int i = 0; i < count; ++i) rows.Put(Family::kViews, "a1" + std::to_string(100000 + i), std::to_string(count));
    rows.Delete(Family::kViews, "b");
    rows.Put(Family::kViews, "c", std::to_string(count));
    ASSERT_TRUE(store().Load(Family::kViews, RowsOf(rows)).ok());
    EXPECT_EQ(Get(Family::kViews, "b"), "none");
    EXPECT_EQ(Get(Family::kViews, "c"), std::to_string(count));
    EXPECT_EQ(Get(Family::kViews, "a1"), "written");
    EXPECT_EQ(Forward(*store().Snapshot(), Family::kViews, "").size(), static_cast<std::size_t>(count) + 3);
  }
  EXPECT_THAT(Forward(*before, Family::kViews, ""), ElementsAre("a0=written", "a1=written", "b=written"));
  Put(Family::kViews, "c", "written after it");
  EXPECT_EQ(Get(Family::kViews, "c"), "written after it");
  ASSERT_TRUE(store().Load(Family::kViews, {}).ok());
}

TEST_P(StoreContract, TakesKeysAndValuesOfAnyBytes) {
  const std::string key("\0\xff\0k", 4);
  Put(Family::kRequests, key, std::string("\0v\xff", 3));
  EXPECT_EQ(Get(Family::kRequests, key), std::string("\0v\xff", 3));
  Put(Family::kMeta, "empty", "");
  EXPECT_EQ(Get(Family::kMeta, "empty"), "");
}

TEST_P(StoreContract, AppliesTheOperationsOfABatchInOrder) {
  Batch batch;
  batch.Put(Family::kViews, "a", "1");
  batch.Delete(Family::kViews, "a");
  batch.Put(Family::kViews, "b", "1");
  batch.Put(Family::kViews, "b", "2");
  batch.Delete(Family::kViews, "c");
  batch.Put(Family::kViews, "c", "3");
  EXPECT_EQ(batch.bytes(), 10u);
  Write(batch);
  EXPECT_THAT(Forward(*store().Snapshot(), Family::kViews, ""), ElementsAre("b=2", "c=3"));
}

TEST_P(StoreContract, KeepsASnapshotAsItWas) {
  Put(Family::kViews, "a", "1");
  Put(Family::kViews, "b", "1");
  const auto before = store().Snapshot();
  Put(Family::kViews, "a", "2");
  Delete(Family::kViews, "b");
  Put(Family::kViews, "c", "2");
  const auto between = store().Snapshot();
  Delete(Family::kViews, "a");
  Put(Family::kViews, "b", "3");

  EXPECT_EQ(Get(*before, Family::kViews, "a"), "1");
  EXPECT_THAT(Forward(*before, Family::kViews, ""), ElementsAre("a=1", "b=1"));
  EXPECT_EQ(Get(*between, Family::kViews, "b"), "none");
  EXPECT_THAT(Forward(*between, Family::kViews, ""), ElementsAre("a=2", "c=2"));
  EXPECT_THAT(Forward(*store().Snapshot(), Family::kViews, ""), ElementsAre("b=3", "c=2"));
}

TEST_P(StoreContract, KeepsACursorOfASnapshotThatIsGone) {
  Put(Family::kViews, "a", "1");
  Put(Family::kViews, "b", "1");
  auto snapshot = store().Snapshot();
  const auto cursor = snapshot->NewCursor(Family::kViews, ReadHint::kPoint);
  snapshot.reset();
  cursor->Seek("a");
  Delete(Family::kViews, "a");
  Delete(Family::kViews, "b");
  Put(Family::kViews, "a", "2");
  ASSERT_TRUE(cursor->Valid());
  EXPECT_EQ(cursor->value(), "1");
  cursor->Next();
  ASSERT_TRUE(cursor->Valid());
  EXPECT_EQ(cursor->key(), "b");
  cursor->Next();
  EXPECT_FALSE(cursor->Valid());
}

TEST_P(StoreContract, MovesACursorInBothDirections) {
  for (const char* key : {"a", "c", "e"}) Put(Family::kEvents, key, "v");
  const auto snapshot = store().Snapshot();
  EXPECT_THAT(Forward(*snapshot, Family::kEvents, "b"), ElementsAre("c=v", "e=v"));
  EXPECT_THAT(Forward(*snapshot, Family::kEvents, "f"), IsEmpty());
  EXPECT_THAT(Backward(*snapshot, Family::kEvents, "d"), ElementsAre("c", "a"));
  EXPECT_THAT(Backward(*snapshot, Family::kEvents, "c"), ElementsAre("c", "a"));
  EXPECT_THAT(Backward(*snapshot, Family::kEvents, "z"), ElementsAre("e", "c", "a"));
  EXPECT_THAT(Backward(*snapshot, Family::kEvents, "A"), IsEmpty());

  const auto cursor = snapshot->NewCursor(Family::kEvents, ReadHint::kPoint);
  EXPECT_FALSE(cursor->Valid());
  cursor->Seek("a");
  cursor->Next();
  cursor->Prev();
  ASSERT_TRUE(cursor->Valid());
  EXPECT_EQ(cursor->key(), "a");
}

TEST_P(StoreContract, FindsTheNewestKeyOfAStream) {
  const std::string one(17, '\1');
  const std::string two(17, '\2');
  for (const std::string& stream : {one, two}) {
    for (char revision = 0; revision < 3; ++revision) {
      Put(Family::kStreams, stream + std::string(7, '\0') + revision, std::string(1, revision));
    }
  }
  const auto cursor = store().Snapshot()->NewCursor(Family::kStreams, ReadHint::kPoint);
  cursor->SeekForPrev(one + std::string(8, '\xff'));
  ASSERT_TRUE(cursor->Valid());
  EXPECT_EQ(cursor->key(), one + std::string(7, '\0') + '\2');
  // A stream without records: the cursor stands on another stream, or nowhere.
  cursor->SeekForPrev(std::string(17, '\3') + std::string(8, '\xff'));
  EXPECT_FALSE(cursor->Valid());
  cursor->Seek(std::string(17, '\0') + std::string(8, '\0'));
  EXPECT_FALSE(cursor->Valid());
}

TEST_P(StoreContract, BindsAPointCursorToItsStreamAndAScanToNone) {
  const std::string one(17, '\1');
  const std::string two(17, '\2');
  for (const std::string& stream : {one, two}) Put(Family::kStreams, stream + std::string(8, '\0'), "v");
  const auto snapshot = store().Snapshot();

  const auto point = snapshot->NewCursor(Family::kStreams, ReadHint::kPoint);
  point->Seek(one);
  ASSERT_TRUE(point->Valid());
  point->Next();
  EXPECT_FALSE(point->Valid());
  point->SeekForPrev(two + std::string(8, '\xff'));
  ASSERT_TRUE(point->Valid());
  point->Prev();
  EXPECT_FALSE(point->Valid());

  EXPECT_EQ(Forward(*snapshot, Family::kStreams, "").size(), 2u);
}

TEST_P(StoreContract, DropsARangeAndNothingBesideIt) {
  for (const char* key : {"a", "b1", "b2", "c"}) Put(Family::kViews, key, "v");
  Put(Family::kMeta, "b1", "v");
  ASSERT_TRUE(store().DropRange(Family::kViews, "b", "c").ok());
  EXPECT_THAT(Forward(*store().Snapshot(), Family::kViews, ""), ElementsAre("a=v", "c=v"));
  EXPECT_EQ(Get(Family::kMeta, "b1"), "v");
  Put(Family::kViews, "b1", "again");
  EXPECT_EQ(Get(Family::kViews, "b1"), "again");
}

TEST_P(StoreContract, DropsToTheEndWhenTheEndIsEmpty) {
  for (const char* key : {"a", "b", "\xff\xff"}) Put(Family::kViews, key, "v");
  ASSERT_TRUE(store().DropRange(Family::kViews, "b", "").ok());
  EXPECT_THAT(Forward(*store().Snapshot(), Family::kViews, ""), ElementsAre("a=v"));
  ASSERT_TRUE(store().DropRange(Family::kViews, "z", "").ok());
  EXPECT_THAT(Forward(*store().Snapshot(), Family::kViews, ""), ElementsAre("a=v"));
}

TEST_P(StoreContract, KeepsValuesOfAMegabyte) {
  const std::string big(1 << 20, 'x');
  Put(Family::kParts, "big", big);
  EXPECT_EQ(Get(Family::kParts, "big"), big);
}

TEST_P(StoreContract, SyncsWhatWasBuffered) {
  Batch batch;
  batch.Put(Family::kViews, "a", "1");
  ASSERT_TRUE(store().Write(batch, Durability::kBuffered).ok());
  EXPECT_EQ(Get(Family::kViews, "a"), "1");
  EXPECT_TRUE(store().Sync().ok());
}

TEST_P(StoreContract, TakesAnEmptyBatch) { EXPECT_TRUE(store().Write(Batch(), Durability::kSynced).ok()); }

// Two families move together: no reader may ever see one ahead of the other.
TEST_P(StoreContract, ShowsABatchWholeOrNotAtAll) {
  constexpr int kWrites = 300;
  std::atomic<bool> done = false;
  std::thread writer([this, &done] {
    for (int i = 1; i <= kWrites; ++i) {
      Batch batch;
      batch.Put(Family::kEvents, "n", std::to_string(i));
      batch.Put(Family::kViews, "n", std::to_string(i));
      ASSERT_TRUE(store().Write(batch, Durability::kBuffered).ok());
    }
    done = true;
  });
  while (!done) {
    const auto snapshot = store().Snapshot();
    ASSERT_EQ(Get(*snapshot, Family::kEvents, "n"), Get(*snapshot, Family::kViews, "n"));
  }
  writer.join();
  EXPECT_EQ(Get(Family::kViews, "n"), std::to_string(kWrites));
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, ::testing::Values("memory", "rocks", "behind", "behind_saved"),
                         [](const auto& suite) { return suite.param; });

}  // namespace
}  // namespace mentorlog::storage
