// What only the store on the disk can show: reopening, damage, faults of the device.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "rocksdb/env.h"
#include "storage/refusal.h"
#include "storage/rocks_faults.h"
#include "storage/rocks_store_internal.h"
#include "tests/storage/faulty_file_system.h"
#include "tests/storage/rows_of.h"
#include "tests/storage/temporary_folder.h"

namespace mentorlog::storage {
namespace {

using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Optional;

class OnDisk : public ::testing::Test {
 protected:
  OnDisk() : dir_(folder_ / "log") {}

  void Open() {
    auto opened = OpenRocksStoreOn(env_.get(), dir_, options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  void Close() { store_.reset(); }
  absl::Status OpenStatus() { return OpenRocksStoreOn(env_.get(), dir_, options_).status(); }

  absl::Status Put(int number, Durability durability = Durability::kSynced) {
    Batch batch;
    batch.Put(Family::kEvents, Key(number), std::string(200, 'v'));
    batch.Put(Family::kMeta, "head", std::to_string(number));
    return store_->Write(batch, durability);
  }
  void PutAll(int count) {
    for (int number = 1; number <= count; ++number) ASSERT_TRUE(Put(number).ok());
  }
  absl::Status Load(int count, const std::string& value) {
    Batch batch;
    for (int number = 0; number < count; ++number) batch.Put(Family::kViews, Key(number), value);
    return store_->Load(Family::kViews, RowsOf(batch));
  }
  // So many as make a table.
  absl::Status LoadOutOfOrder() {
    Batch batch;
    batch.Put(Family::kViews, Key(2), "second");
    batch.Put(Family::kViews, Key(1), "first");
    for (int number = 3; number < 20; ++number) batch.Put(Family::kViews, Key(number), "later");
    return store_->Load(Family::kViews, RowsOf(batch));
  }
  bool Has(int number) { return store_->Get(Family::kEvents, Key(number)).value().has_value(); }
  std::string Head() { return store_->Get(Family::kMeta, "head").value().value_or("none"); }
  static std::string Key(int number) { return "event-" + std::to_string(100000 + number); }

  // The write-ahead log: the only one, as these tests write little.
  std::string Wal() {
    std::string found;
    for (const auto& entry : std::filesystem::directory_iterator(dir_)) {
      if (entry.path().extension() == ".log" && entry.file_size() > 0) found = entry.path().string();
    }
    return found;
  }
  static void ExpectRefused(const absl::Status& status, absl::StatusCode code, const std::string& reason) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(ReasonOf(status), Optional(Eq(reason)));
  }

  TemporaryFolder folder_;
  const std::string dir_;
  RocksOptions options_;
  const std::shared_ptr<FaultyFileSystem> disk_ = std::make_shared<FaultyFileSystem>();
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
  std::unique_ptr<Store> store_;
};

TEST_F(OnDisk, GivesBackAfterReopeningWhatWasWritten) {
  Open();
  PutAll(100);
  ASSERT_TRUE(Put(101, Durability::kBuffered).ok());
  Close();
  Open();
  EXPECT_EQ(Head(), "101");
  for (int number = 1; number <= 101; ++number) EXPECT_TRUE(Has(number)) << number;
}

TEST_F(OnDisk, FlushesMuchAtACleanStopAndReadsItBackInOrder) {
  Open();
  for (int number = 1; number <= 30000; ++number) ASSERT_TRUE(Put(number, Durability::kBuffered).ok());
  Close();
  Open();
  EXPECT_GT(store_->SizeBytes(), 0u);
  int seen = 0;
  const auto cursor = store_->Snapshot()->NewCursor(Family::kEvents, ReadHint::kScan);
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) EXPECT_EQ(cursor->key(), Key(++seen));
  EXPECT_TRUE(cursor->status().ok());
  EXPECT_EQ(seen, 30000);
}

TEST_F(OnDisk, BelongsToOneProcess) {
  Open();
  ExpectRefused(OpenStatus(), absl::StatusCode::kFailedPrecondition, "DATA_FOLDER_IN_USE");
}

TEST_F(OnDisk, IsReadBesideItsWriter) {
  Open();
  PutAll(3);
  options_.read_only = true;
  const auto beside = OpenRocksStoreOn(env_.get(), dir_, options_);
  ASSERT_TRUE(beside.ok()) << beside.status();
  EXPECT_EQ((*beside)->Get(Family::kMeta, "head").value(), "3");
  EXPECT_EQ((*beside)->Write(Batch(), Durability::kSynced).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ((*beside)->DropRange(Family::kViews, "", "").code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(OnDisk, IsNotMadeWhereItMustExist) {
  options_.create_if_missing = false;
  ExpectRefused(OpenStatus(), absl::StatusCode::kNotFound, "NO_SUCH_THING");
  options_.create_if_missing = true;
  options_.read_only = true;
  ExpectRefused(OpenStatus(), absl::StatusCode::kNotFound, "NO_SUCH_THING");
  EXPECT_FALSE(std::filesystem::exists(dir_));
}

TEST_F(OnDisk, LosesOnlyATornLastRecord) {
  Open();
  PutAll(100);
  Close();
  const std::string wal = Wal();
  std::filesystem::resize_file(wal, std::filesystem::file_size(wal) - 50);
  Open();
  EXPECT_EQ(Head(), "99");
  EXPECT_TRUE(Has(99));
  EXPECT_FALSE(Has(100));
}

TEST_F(OnDisk, RefusesAFlippedBitInTheMiddleOfTheWal) {
  Open();
  PutAll(100);
  Close();
  FlipBit(Wal(), std::filesystem::file_size(Wal()) / 2);
  ExpectRefused(OpenStatus(), absl::StatusCode::kDataLoss, "LOG_DAMAGED");
  EXPECT_THAT(std::string(OpenStatus().message()), HasSubstr("from a copy"));
}

TEST_F(OnDisk, RefusesAFolderWhoseHeadWasRemoved) {
  Open();
  PutAll(1);
  Close();
  std::filesystem::remove(dir_ + "/CURRENT");
  ExpectRefused(OpenStatus(), absl::StatusCode::kDataLoss, "LOG_DAMAGED");
  EXPECT_THAT(std::string(OpenStatus().message()), HasSubstr("CURRENT"));
}

TEST_F(OnDisk, TellsAFlippedBitInATableWhenItIsRead) {
  Open();
  for (int number = 1; number <= 30000; ++number) ASSERT_TRUE(Put(number, Durability::kBuffered).ok());
  Close();
  for (const auto& entry : std::filesystem::directory_iterator(dir_)) {
    if (entry.path().extension() == ".sst" && entry.file_size() > 20000) FlipBit(entry.path().string(), 10000);
  }
  Open();
  const auto cursor = store_->Snapshot()->NewCursor(Family::kEvents, ReadHint::kScan);
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
  }
  ExpectRefused(cursor->status(), absl::StatusCode::kDataLoss, "LOG_DAMAGED");
}

TEST_F(OnDisk, AfterAFailedSyncKnowsNothingAndWritesNoMore) {
  Open();
  PutAll(3);
  disk_->FailWalSyncs(rocksdb::IOStatus::IOError("injected"));
  ExpectRefused(Put(4), absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN");
  disk_->Heal();
  ExpectRefused(Put(5), absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN");
  ExpectRefused(store_->Sync(), absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN");
  ExpectRefused(store_->DropRange(Family::kViews, "", ""), absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN");
  EXPECT_TRUE(Has(3));
  Close();
  Open();
  EXPECT_TRUE(Has(3));
  EXPECT_FALSE(Has(5));
  EXPECT_TRUE(Put(6).ok());
}

// RocksDB would go on by itself after such an error, with the page cache in an unknown state.
TEST_F(OnDisk, AfterAFailedSyncThatCallsItselfRetryableWritesNoMoreEither) {
  Open();
  PutAll(3);
  rocksdb::IOStatus retryable = rocksdb::IOStatus::IOError("injected");
  retryable.SetRetryable(true);
  disk_->FailWalSyncs(retryable);
  ExpectRefused(Put(4), absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN");
  disk_->Heal();
  ExpectRefused(Put(5), absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN");
}

TEST_F(OnDisk, ASyncThatFailsForLackOfSpaceIsUnknownToo) {
  Open();
  PutAll(3);
  disk_->FailWalSyncs(rocksdb::IOStatus::NoSpace("injected"));
  ExpectRefused(Put(4), absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN");
  disk_->Heal();
  ExpectRefused(Put(5), absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN");
}

TEST_F(OnDisk, OnAFullDeviceWritesNothingAndGoesOnWhenThereIsSpace) {
  Open();
  PutAll(3);
  disk_->FailWalAppends(rocksdb::IOStatus::NoSpace("injected"));
  ExpectRefused(Put(4), absl::StatusCode::kResourceExhausted, "STORAGE_FULL");
  EXPECT_FALSE(Has(4));
  EXPECT_EQ(Head(), "3");
  disk_->Heal();
  EXPECT_TRUE(Put(5).ok());
  EXPECT_EQ(Head(), "5");
  Close();
  Open();
  EXPECT_FALSE(Has(4));
  EXPECT_TRUE(Has(5));
}

TEST_F(OnDisk, StaysRefusingWhileTheDeviceIsFull) {
  Open();
  PutAll(3);
  disk_->FailAllAppends(rocksdb::IOStatus::NoSpace("injected"));
  for (int attempt = 0; attempt < 3; ++attempt) {
    ExpectRefused(Put(4), absl::StatusCode::kResourceExhausted, "STORAGE_FULL");
  }
  EXPECT_TRUE(Has(3));
  disk_->Heal();
  EXPECT_TRUE(Put(4).ok());
}

TEST_F(OnDisk, AFailedAppendOfAnotherKindIsUnknown) {
  Open();
  PutAll(3);
  disk_->FailWalAppends(rocksdb::IOStatus::IOError("injected"));
  ExpectRefused(Put(4), absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN");
  disk_->Heal();
  ExpectRefused(Put(5), absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN");
}

TEST_F(OnDisk, AfterAFailedFlushItSaysThatOnlyAReopeningHelps) {
  Open();
  PutAll(3);
  EXPECT_TRUE(store_->Health().ok());
  disk_->FailTableAppends(rocksdb::IOStatus::IOError("injected"));
  ExpectRefused(store_->DropRange(Family::kViews, "a", "b"), absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN");
  ExpectRefused(store_->Health(), absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN");
  disk_->Heal();
  ExpectRefused(store_->Health(), absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN");
}

TEST_F(OnDisk, WhatWasLoadedIsThereAfterReopeningAndLeavesNoFileBehind) {
  options_.table_rows_min = 10;
  Open();
  PutAll(3);
  ASSERT_TRUE(Load(20, "one").ok());
  ASSERT_TRUE(Load(30, "two").ok());
  ASSERT_TRUE(Load(5, "few").ok());
  const std::string unfinished = dir_ + "/unfinished-table-7.sst";
  std::ofstream(unfinished) << "cut short";
  Close();
  Open();
  EXPECT_EQ(store_->Get(Family::kViews, Key(4)).value(), "few");
  EXPECT_EQ(store_->Get(Family::kViews, Key(29)).value(), "two");
  EXPECT_TRUE(Has(3));
  EXPECT_FALSE(std::filesystem::exists(unfinished));
}

TEST_F(OnDisk, OnAFullDeviceLoadsNothingAndGoesOnWhenThereIsSpace) {
  options_.table_rows_min = 10;
  Open();
  PutAll(3);
  disk_->FailTableAppends(rocksdb::IOStatus::NoSpace("injected"));
  ExpectRefused(Load(20, "row"), absl::StatusCode::kResourceExhausted, "STORAGE_FULL");
  EXPECT_EQ(store_->Get(Family::kViews, Key(0)).value(), std::nullopt);
  disk_->Heal();
  EXPECT_TRUE(Load(20, "row").ok());
  EXPECT_EQ(store_->Get(Family::kViews, Key(0)).value(), "row");
  EXPECT_TRUE(Put(4).ok());
}

TEST(RocksErrors, OfReadingSayThatTheyMayPassUnlessAChecksumDoesNotHold) {
  const absl::Status passing = ReadError(rocksdb::Status::IOError("injected"), "/d");
  EXPECT_EQ(passing.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(ReasonOf(passing), Optional(Eq("STORE_UNREADABLE")));
  EXPECT_THAT(ReasonOf(OpenError(rocksdb::Status::IOError("injected"), "/d")), Optional(Eq("STORE_UNREADABLE")));
  EXPECT_THAT(ReasonOf(ReadError(rocksdb::Status::Corruption("injected"), "/d")), Optional(Eq("LOG_DAMAGED")));
}

TEST_F(OnDisk, WhatIsLoadedOutOfOrderIsThereAllTheSame) {
  options_.table_rows_min = 10;
  Open();
  ASSERT_TRUE(LoadOutOfOrder().ok());
  EXPECT_EQ(store_->Get(Family::kViews, Key(1)).value(), "first");
  EXPECT_EQ(store_->Get(Family::kViews, Key(2)).value(), "second");
  EXPECT_EQ(store_->Get(Family::kViews, Key(19)).value(), "later");
  EXPECT_TRUE(store_->Health().ok());
}

TEST_F(OnDisk, KnowsTheFreeSpaceOfItsDevice) {
  Open();
  EXPECT_THAT(store_->FreeBytes(), Optional(::testing::Gt(0u)));
}

}  // namespace
}  // namespace mentorlog::storage
