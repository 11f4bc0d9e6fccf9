// A log and its checkpoint: what is refused where the log ends before it, and what a restore makes of that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "storage/restore.h"
#include "storage/verify.h"
#include "tests/storage/ledger_over.h"

namespace mentorlog::storage {
namespace {


class Checkpointed : public ::testing::Test, protected LedgerOver {
 protected:
  Checkpointed() : LedgerOver("RocksDB") {
    std::filesystem::remove_all(dir_);
    log.options.checkpoint_dir = dir_;
  }
  // Closed first: what still runs writes checkpoints into the folder.
  ~Checkpointed() override {
    log.Close();
    std::filesystem::remove_all(dir_);
  }

  const std::string dir_ =
      (std::filesystem::temp_directory_path() / ("mentorlog-ledger-" + std::to_string(getpid()))).string();
};

TEST_F(Checkpointed, ALogThatReachesItsCheckpointOpens) {
  ASSERT_EQ(Verdict(log.Open()), "OK");
  for (std::uint64_t i = 1; i <= 700; ++i) ASSERT_EQ(Verdict(log(Proposing(i).Any(1).Write(1, "a"))), "OK");
  log.Close();
  EXPECT_FALSE(std::filesystem::is_empty(log.options.checkpoint_dir));
  ASSERT_EQ(Verdict(log.Open()), "OK");
  ASSERT_EQ(Verdict(log(Proposing(701).Any(1).Write(1, "a"))), "OK");
}

TEST_F(Checkpointed, ALogThatEndsBeforeItsCheckpointIsRefused) {
  ASSERT_EQ(Verdict(log.Open()), "OK");
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
  const Id id = log.ledger().log_id();
  log.Close();
  OpenLog emptied(NewMemoryStore());
  emptied.options = log.options;
  emptied.options.log = id;
  const absl::Status refused = emptied.Open();
  EXPECT_EQ(Verdict(refused), "DATA_LOSS LOG_ENDS_EARLY");
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("mentorlogd restore"));
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr(log.options.checkpoint_dir));
}

TEST_F(Checkpointed, ARestoredLogOpensUnderTheNextEpochAndSaysSo) {
  ASSERT_EQ(Verdict(log.Open()), "OK");
  for (std::uint64_t i = 1; i <= 9; ++i) ASSERT_EQ(Verdict(log(Proposing(i).Any(1).Write(1, "a"))), "OK");
  const Id id = log.ledger().log_id();
  log.Close();

  OpenLog emptied(NewMemoryStore());
  emptied.options = log.options;
  emptied.options.log = id;
  ASSERT_EQ(Verdict(emptied.Open()), "DATA_LOSS LOG_ENDS_EARLY");
  const auto restored = RestoreLog(emptied.store(), emptied.keys(), emptied.clock(), id, log.options.checkpoint_dir);
  ASSERT_EQ(Verdict(restored), "OK");
  EXPECT_EQ(restored->former.position, Position{9});
  EXPECT_EQ(restored->now.epoch, 2U);
  EXPECT_EQ(restored->now.position, Position{1});
  EXPECT_TRUE(std::filesystem::exists(CheckpointPath(log.options.checkpoint_dir, id) + ".epoch-1"));
  EXPECT_EQ(**emptied.store().Get(Family::kMeta, kMetaCheckpointDir),
            AbsoluteCheckpointDir(log.options.checkpoint_dir));
  ASSERT_EQ(Verdict(emptied.Open()), "OK");
  EXPECT_EQ(emptied.ledger().epoch(), 2U);
  const auto record = emptied.ledger().Snapshot()->Read({1});
  ASSERT_EQ(Verdict(record), "OK");
  EXPECT_EQ(record->header.type(), 7001U);
  EXPECT_EQ(record->stream(), (StreamKey{7, id}));
}

TEST_F(Checkpointed, ALogThatReachesItsCheckpointOrHasNoneIsNotRestored) {
  ASSERT_EQ(Verdict(log.Open()), "OK");
  const std::string dir = log.options.checkpoint_dir;
  const Id id = log.ledger().log_id();
  EXPECT_EQ(Verdict(RestoreLog(log.store(), log.keys(), log.clock(), id, dir + "/none")),
            "FAILED_PRECONDITION NOTHING_TO_RESTORE");
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
  log.Close();
  EXPECT_EQ(Verdict(RestoreLog(log.store(), log.keys(), log.clock(), id, dir)),
            "FAILED_PRECONDITION NOTHING_TO_RESTORE");
  ASSERT_EQ(Verdict(log.Open()), "OK");
  EXPECT_EQ(log.ledger().epoch(), 1U);
  EXPECT_EQ(log.ledger().head(), Position{1});
}

TEST_F(Checkpointed, ALogWhoseCheckpointIsGoneIsRefusedUntilItIsBackOrTheLogIsRestored) {
  ASSERT_EQ(Verdict(log.Open()), "OK");
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
  const Id id = log.ledger().log_id();
  log.Close();
  const std::string path = CheckpointPath(log.options.checkpoint_dir, id);
  std::filesystem::rename(path, path + ".away");
  const absl::Status refused = log.Open();
  EXPECT_EQ(Verdict(refused), "FAILED_PRECONDITION CHECKPOINT_MISSING");
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr(path));
  EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("mentorlogd restore"));
  EXPECT_EQ(Verdict(VerifyLog(log.store(), log.keys(), log.options.checkpoint_dir, {}, {})),
            "FAILED_PRECONDITION CHECKPOINT_MISSING");

  std::filesystem::rename(path + ".away", path);
  ASSERT_EQ(Verdict(log.Open()), "OK");
  log.Close();
  std::filesystem::remove(path);
  const auto restored = RestoreLog(log.store(), log.keys(), log.clock(), id, log.options.checkpoint_dir);
  ASSERT_EQ(Verdict(restored), "OK");
  EXPECT_EQ(restored->former.position, Position{1});
  ASSERT_EQ(Verdict(log.Open()), "OK");
  EXPECT_EQ(log.ledger().epoch(), 2U);
  EXPECT_EQ(log.ledger().head(), Position{2});
}

// As by who forgets --checkpoint-dir.
TEST_F(Checkpointed, AFolderThatIsNotTheRememberedOneIsRefusedWhereTheFileIsNotThere) {
  ASSERT_EQ(Verdict(log.Open()), "OK");
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
  const Id id = log.ledger().log_id();
  log.Close();
  const std::string other = dir_ + "/other";
  log.options.checkpoint_dir = other;
  for (const absl::Status& refused : {RestoreLog(log.store(), log.keys(), log.clock(), id, other).status(),
                                      VerifyLog(log.store(), log.keys(), other, {}, {}).status(), log.Open()}) {
    EXPECT_EQ(Verdict(refused), "FAILED_PRECONDITION CHECKPOINT_MISSING");
    EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr(CheckpointPath(other, id)));
    EXPECT_THAT(std::string(refused.message()),
                ::testing::HasSubstr("want --checkpoint-dir " + AbsoluteCheckpointDir(dir_) + ","));
  }
  EXPECT_FALSE(std::filesystem::exists(other));
  EXPECT_EQ(ParseLogRow(**log.store().Get(Family::kMeta, kMetaLog))->epoch, 1U);
  log.options.checkpoint_dir = dir_;
  ASSERT_EQ(Verdict(log.Open()), "OK");
  EXPECT_EQ(log.ledger().head(), Position{1});
}

TEST_F(Checkpointed, AFolderThatMovedWithItsFileIsTakenAndRemembered) {
  ASSERT_EQ(Verdict(log.Open()), "OK");
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
  const Id id = log.ledger().log_id();
  log.Close();
  const std::string moved = dir_ + "/moved";
  std::filesystem::create_directory(moved);
  std::filesystem::rename(CheckpointPath(dir_, id), CheckpointPath(moved, id));
  log.options.checkpoint_dir = moved;
  ASSERT_EQ(Verdict(log.Open()), "OK");
  log.Close();
  const auto refused = RestoreLog(log.store(), log.keys(), log.clock(), id, dir_);
  EXPECT_EQ(Verdict(refused), "FAILED_PRECONDITION CHECKPOINT_MISSING");
  EXPECT_THAT(std::string(refused.status().message()),
              ::testing::HasSubstr("want --checkpoint-dir " + AbsoluteCheckpointDir(moved) + ","));
}

// The checkpoint lies so far back that a start does not read what it covers.
TEST_F(Checkpointed, ADamagedLogIsNotTakenForOneThatEndsEarly) {
  ASSERT_EQ(Verdict(log.Open()), "OK");
  const auto write = [this](std::uint64_t request, int records) {
    Proposing proposal(request);
    proposal.Any(1);
    for (int i = 0; i < records; ++i) proposal.Write(1, "a");
    ASSERT_EQ(Verdict(log(proposal)), "OK");
  };
  write(1, 300);
  const Id id = log.ledger().log_id();
  log.Close();
  const std::string path = CheckpointPath(log.options.checkpoint_dir, id);
  std::filesystem::copy_file(path, path + ".old");
  ASSERT_EQ(Verdict(log.Open()), "OK");
  write(2, 1000);
  write(3, 1000);
  log.Close();
  std::filesystem::rename(path + ".old", path);
  Batch batch;
  batch.Delete(Family::kEvents, PositionKey({280}));
  ASSERT_EQ(Verdict(log.store().Write(batch, Durability::kSynced)), "OK");
  EXPECT_EQ(Verdict(RestoreLog(log.store(), log.keys(), log.clock(), id, log.options.checkpoint_dir)),
            "DATA_LOSS LOG_DAMAGED");
  EXPECT_EQ(ParseLogRow(**log.store().Get(Family::kMeta, kMetaLog))->epoch, 1U);
}

// A store that lost everything, its own row included, is restored as the log of its folder.
TEST_F(Checkpointed, AnEmptyStoreIsRestoredAsTheLogThatItWas) {
  ASSERT_EQ(Verdict(log.Open()), "OK");
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
  const Id id = log.ledger().log_id();
  log.Close();
  OpenLog emptied(NewMemoryStore());
  emptied.options = log.options;
  emptied.options.log = id;
  ASSERT_EQ(Verdict(RestoreLog(emptied.store(), emptied.keys(), emptied.clock(), id, log.options.checkpoint_dir)),
            "OK");
  ASSERT_EQ(Verdict(emptied.Open()), "OK");
  EXPECT_EQ(emptied.ledger().log_id(), id);
  EXPECT_EQ(emptied.ledger().epoch(), 2U);
}

}  // namespace
}  // namespace mentorlog::storage
