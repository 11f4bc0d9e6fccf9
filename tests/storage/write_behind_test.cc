// Rows of views in memory over a store: what is saved when, in which batches, and what a store in trouble does to it.
#include "storage/write_behind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "storage/codec.h"
#include "tests/storage/ledger_script.h"
#include "tests/storage/rows_of.h"

namespace mentorlog::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WriteBehindTest : public ::testing::Test {
 protected:
  // Folds `rows` rows of a version up to a position.
  static Batch Folded(std::uint32_t version, std::uint64_t position, int rows, const std::string& value = "row") {
    Batch batch;
    for (int i = 0; i < rows; ++i) batch.Put(Family::kViews, ViewPrefix(1, version) + std::to_string(i), value);
    batch.Put(Family::kViews, ViewPositionRow(1, version), PositionKey({position}));
    return batch;
  }
  static std::uint64_t PositionIn(const Store& store, std::uint32_t version) {
    const auto row = store.Get(Family::kViews, ViewPositionRow(1, version));
    return *row ? ParsePosition(**row)->value : 0;
  }
  static int RowsIn(const Store& store, std::uint32_t version) {
    const auto snapshot = store.Snapshot();
    const auto cursor = snapshot->NewCursor(Family::kViews, ReadHint::kScan);
    const auto prefix = ViewPrefix(1, version);
    int rows = 0;
    for (cursor->Seek(FirstViewRow(1, version)); cursor->Valid() && cursor->key().starts_with(prefix); cursor->Next())
      ++rows;
    return rows;
  }
  // From now on notes what is written below.
  void Note() {
    troubled.before_write.Set([this](const Batch& batch) {
      const std::lock_guard lock(mutex);
      written.push_back(static_cast<int>(batch.ops().size()));
      return absl::OkStatus();
    });
  }

  const std::unique_ptr<Store> under = NewMemoryStore();
  TroubledStore troubled{*under};
  std::mutex mutex;
  // Guarded by mutex: how many operations each batch had.
  std::vector<int> written;
};

TEST_F(WriteBehindTest, OnlyTheLogIsWrittenAtOnce) {
  Note();
  WriteBehind store(troubled, absl::Hours(1));
  Batch batch = Folded(1, 7, 3);
  batch.Put(Family::kEvents, "event", "e");
  batch.Put(Family::kMeta, std::string(kMetaHead), PositionKey({7}));
  ASSERT_TRUE(store.Write(std::move(batch), Durability::kSynced).ok());
  EXPECT_THAT(written, ElementsAre(2));
  EXPECT_EQ(RowsIn(*under, 1), 0);
  EXPECT_EQ(RowsIn(store, 1), 3);
  EXPECT_EQ(PositionIn(store, 1), 7U);
}

TEST_F(WriteBehindTest, ARowThatChangesOftenIsSavedOnceAndAFamilyInOneBatch) {
  WriteBehind store(troubled, absl::Hours(1));
  for (std::uint64_t position = 1; position <= 50; ++position) {
    ASSERT_TRUE(store.Write(Folded(1, position, 2), Durability::kBuffered).ok());
    ASSERT_TRUE(store.Write(Folded(2, position, 3), Durability::kBuffered).ok());
  }
  Note();
  ASSERT_TRUE(store.Sync().ok());
  EXPECT_THAT(written, ElementsAre(7)) << "rows and position of both versions";
  EXPECT_EQ(PositionIn(*under, 1), 50U);
  EXPECT_EQ(RowsIn(*under, 2), 3);
  written.clear();
  ASSERT_TRUE(store.Sync().ok());
  EXPECT_THAT(written, IsEmpty());
}

TEST_F(WriteBehindTest, WhatWasNotSavedIsAsItWasSavedLast) {
  {
    WriteBehind store(troubled, absl::Hours(1));
    ASSERT_TRUE(store.Write(Folded(1, 10, 2, "old"), Durability::kBuffered).ok());
    ASSERT_TRUE(store.Sync().ok());
    ASSERT_TRUE(store.Write(Folded(1, 20, 4, "new"), Durability::kSynced).ok());
  }
  EXPECT_EQ(PositionIn(*under, 1), 10U);
  EXPECT_EQ(RowsIn(*under, 1), 2);
  EXPECT_EQ(**under->Get(Family::kViews, ViewPrefix(1, 1) + "0"), "old");
}

TEST_F(WriteBehindTest, SavesByItselfWhenTimeIsUpOrMuchHasGathered) {
  {
    WriteBehind store(troubled, absl::Milliseconds(5));
    ASSERT_TRUE(store.Write(Folded(1, 1, 1), Durability::kBuffered).ok());
    for (int i = 0; i < 2000 && PositionIn(*under, 1) == 0; ++i) absl::SleepFor(absl::Milliseconds(1));
    EXPECT_EQ(PositionIn(*under, 1), 1U);
  }
  WriteBehind store(troubled, absl::Hours(1));
  ASSERT_TRUE(store.Write(Folded(2, 1, 300000), Durability::kBuffered).ok());
  for (int i = 0; i < 5000 && PositionIn(*under, 2) == 0; ++i) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_EQ(RowsIn(*under, 2), 300000);
}

// What was written before lies in a layer, and would hide what is loaded.
TEST_F(WriteBehindTest, WhatIsLoadedIsSeenOverWhatWasWrittenBefore) {
  WriteBehind store(troubled, absl::Hours(1));
  ASSERT_TRUE(store.Write(Folded(1, 1, 3, "written"), Durability::kBuffered).ok());
  ASSERT_TRUE(store.Write(Folded(2, 1, 1, "beside"), Durability::kBuffered).ok());
  const auto before = store.Snapshot();
  Batch rows;
  rows.Put(Family::kViews, ViewPositionRow(1, 1), PositionKey({2}));
  rows.Put(Family::kViews, ViewPrefix(1, 1) + "1", "loaded");
  rows.Delete(Family::kViews, ViewPrefix(1, 1) + "2");
  ASSERT_TRUE(store.Load(Family::kViews, RowsOf(rows)).ok());
  EXPECT_EQ(PositionIn(store, 1), 2U);
  EXPECT_EQ(RowsIn(store, 1), 2);
  EXPECT_EQ(**store.Snapshot()->Get(Family::kViews, ViewPrefix(1, 1) + "0"), "written");
  EXPECT_EQ(**store.Snapshot()->Get(Family::kViews, ViewPrefix(1, 1) + "1"), "loaded");
  EXPECT_EQ(**before->Get(Family::kViews, ViewPrefix(1, 1) + "1"), "written");
  EXPECT_EQ(**store.Get(Family::kViews, ViewPrefix(1, 2) + "0"), "beside");
}

TEST_F(WriteBehindTest, TellsWhenRowsHaveLeftTheMemory) {
  int saved = 0;
  WriteBehind store(troubled, absl::Hours(1), [&saved] { ++saved; });
  ASSERT_TRUE(store.Sync().ok());
  EXPECT_EQ(saved, 0);
  ASSERT_TRUE(store.Write(Folded(1, 1, 2), Durability::kBuffered).ok());
  ASSERT_TRUE(store.Sync().ok());
  EXPECT_EQ(saved, 1);
}

TEST_F(WriteBehindTest, ReadersOfBeforeASaveSeeWhatTheySaw) {
  WriteBehind store(troubled, absl::Hours(1));
  ASSERT_TRUE(store.Write(Folded(1, 1, 1, "one"), Durability::kBuffered).ok());
  const auto before = store.Snapshot();
  ASSERT_TRUE(store.Write(Folded(1, 2, 1, "two"), Durability::kBuffered).ok());
  const auto between = store.Snapshot();
  ASSERT_TRUE(store.Sync().ok());
  ASSERT_TRUE(store.Write(Folded(1, 3, 1, "three"), Durability::kBuffered).ok());
  ASSERT_TRUE(store.Sync().ok());
  const auto key = ViewPrefix(1, 1) + "0";
  EXPECT_EQ(**before->Get(Family::kViews, key), "one");
  EXPECT_EQ(**between->Get(Family::kViews, key), "two");
  EXPECT_EQ(**store.Snapshot()->Get(Family::kViews, key), "three");
}

TEST_F(WriteBehindTest, WhatCannotBeSavedIsKeptToldAndSavedLater) {
  WriteBehind store(troubled, absl::Hours(1));
  ASSERT_TRUE(store.Write(Folded(1, 1, 2), Durability::kBuffered).ok());
  troubled.before_write.Set([](const Batch&) { return absl::ResourceExhaustedError("as told"); });
  EXPECT_EQ(store.Sync().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(store.Health().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(RowsIn(store, 1), 2);
  // More is taken, but not without end.
  absl::Status status;
  for (std::uint64_t position = 2; position < 400 && status.ok(); ++position) {
    status = store.Write(Folded(1 + static_cast<std::uint32_t>(position), position, 2000), Durability::kBuffered);
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  troubled.before_write.Clear();
  ASSERT_TRUE(store.Sync().ok());
  EXPECT_TRUE(store.Health().ok());
  EXPECT_EQ(RowsIn(*under, 1), 2);
  EXPECT_EQ(RowsIn(*under, 100), 2000);
}

TEST_F(WriteBehindTest, AWriterThatIsFasterThanTheStoreBelowWaitsForIt) {
  troubled.before_write.Set([](const Batch&) {
    absl::SleepFor(absl::Milliseconds(20));
    return absl::OkStatus();
  });
  WriteBehind store(troubled, absl::Hours(1));
  for (std::uint64_t position = 1; position <= 300; ++position) {
    ASSERT_TRUE(store.Write(Folded(static_cast<std::uint32_t>(position), position, 2500), Durability::kBuffered).ok());
  }
  ASSERT_TRUE(store.Sync().ok());
  for (std::uint32_t version = 1; version <= 300; ++version) ASSERT_EQ(RowsIn(*under, version), 2500);
}

// The log's part of a batch and its rows are seen together, whatever is saved meanwhile.
TEST_F(WriteBehindTest, ASnapshotHoldsTheLogAndItsRowsAsOfTheSameWrite) {
  WriteBehind store(troubled, absl::Milliseconds(1));
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) {
      const auto snapshot = store.Snapshot();
      const auto head = snapshot->Get(Family::kMeta, kMetaHead);
      const auto folded = snapshot->Get(Family::kViews, ViewPositionRow(1, 1));
      ASSERT_EQ(*head, *folded);
    }
  });
  // A follower writes its own version beside it.
  std::thread follower([&] {
    for (std::uint64_t position = 1; !stop; ++position)
      ASSERT_TRUE(store.Write(Folded(2, position, 1), Durability::kBuffered).ok());
  });
  for (std::uint64_t position = 1; position <= 3000; ++position) {
    Batch batch = Folded(1, position, 3);
    batch.Put(Family::kMeta, std::string(kMetaHead), PositionKey({position}));
    ASSERT_TRUE(store.Write(std::move(batch), Durability::kSynced).ok());
  }
  stop = true;
  reader.join();
  follower.join();
}

}  // namespace
}  // namespace mentorlog::storage
