// A checkpoint that was copied to another folder grows old in one of the two: the log is held against both.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "storage/checkpoint_file.h"
#include "storage/data_folder.h"
#include "storage/restore.h"
#include "storage/verify.h"
#include "tests/storage/ledger_script.h"
#include "tests/storage/temporary_folder.h"

namespace mentorlog::storage {
namespace {

using ::testing::HasSubstr;

// A log in a data folder, and two folders for its checkpoint.
class CheckpointFolder : public ::testing::Test {
 protected:
  struct Serving {
    std::unique_ptr<DataFolder> data;
    // Goes before its store.
    std::unique_ptr<Ledger> ledger;
  };

  CheckpointFolder() { options_.ballast_bytes = 0; }

  absl::StatusOr<Serving> Serve(const std::string& checkpoints, absl::Duration interval = absl::Seconds(1)) {
    auto data = DataFolder::Open(data_, options_);
    if (!data.ok()) return data.status();
    id_ = (*data)->log_id();
    LedgerOptions options;
    options.log = id_;
    options.free_bytes_min = 0;
    options.checkpoint_dir = checkpoints;
    options.checkpoint_interval = interval;
    auto ledger = OpenLedger((*data)->store(), (*data)->keys(), SystemClock(), {}, options);
    if (!ledger.ok()) return ledger.status();
    return Serving{*std::move(data), *std::move(ledger)};
  }
  // In one proposal.
  absl::Status Write(Ledger& ledger, int records) {
    Proposing proposal(++requests_);
    proposal.Any(1);
    for (int i = 0; i < records; ++i) proposal.Write(1, "a");
    return Propose(ledger, proposal).status();
  }
  // Serves, writes if there is anything to write, and stops.
  absl::Status Run(const std::string& checkpoints, int records) {
    const auto serving = Serve(checkpoints);
    if (!serving.ok()) return serving.status();
    return records == 0 ? absl::OkStatus() : Write(*serving->ledger, records);
  }
  absl::Status Verified(const std::string& checkpoints) {
    return VerifyFolder(data_, options_, checkpoints, {}).status();
  }
  absl::StatusOr<Restored> Restore(const std::string& checkpoints) {
    const auto data = DataFolder::Open(data_, options_);
    if (!data.ok()) return data.status();
    return RestoreLog((*data)->store(), (*data)->keys(), SystemClock(), (*data)->log_id(), checkpoints);
  }

  std::string PathIn(const std::string& checkpoints) const { return CheckpointPath(checkpoints, id_); }
  Position ToldIn(const std::string& checkpoints) const { return (**ReadCheckpoint(checkpoints, id_)).position; }
  void CopyCheckpoint(const std::string& from, const std::string& to) const {
    std::filesystem::create_directories(to);
    std::filesystem::copy_file(PathIn(from), PathIn(to), std::filesystem::copy_options::overwrite_existing);
  }
  // The log as it is now is what LoseTheEnd leaves of it.
  void KeepTheLog() const { std::filesystem::copy(data_, kept_, std::filesystem::copy_options::recursive); }
  void LoseTheEnd() const {
    std::filesystem::remove_all(data_);
    std::filesystem::rename(kept_, data_);
  }
  // Told in the old folder up to 2, from then on in the new one, up to 9; and the log has only 5 left.
  void LoseWhatTheNewFolderTells() {
    ASSERT_EQ(Verdict(Run(old_, 2)), "OK");
    CopyCheckpoint(old_, new_);
    ASSERT_EQ(Verdict(Run(new_, 3)), "OK");
    KeepTheLog();
    ASSERT_EQ(Verdict(Run(new_, 4)), "OK");
    LoseTheEnd();
    ASSERT_EQ(ToldIn(old_), Position{2});
    ASSERT_EQ(ToldIn(new_), Position{9});
  }
  // It names the file that is not reached, and the folder that was given, to restore in.
  void ExpectEndsEarlyIn(const std::string& checkpoints, const absl::Status& refused, const std::string& given) const {
    EXPECT_EQ(Verdict(refused), "DATA_LOSS LOG_ENDS_EARLY");
    EXPECT_THAT(std::string(refused.message()), HasSubstr(PathIn(checkpoints)));
    EXPECT_THAT(std::string(refused.message()), HasSubstr("`mentorlogd restore --checkpoint-dir " + given + "`"));
  }

  const TemporaryFolder folder_;
  const std::string data_ = folder_ / "data";
  const std::string kept_ = folder_ / "kept";
  // As the log remembers them, and messages name them.
  const std::string old_ = AbsoluteCheckpointDir(folder_ / "data.checkpoints");
  const std::string new_ = AbsoluteCheckpointDir(folder_ / "volume");
  DataFolderOptions options_;
  Id id_;

 private:
  std::uint64_t requests_ = 0;
};

TEST_F(CheckpointFolder, ALogThatLostItsEndIsNotOpenedWithTheFileThatWasLeftBehind) {
  ASSERT_NO_FATAL_FAILURE(LoseWhatTheNewFolderTells());
  ExpectEndsEarlyIn(new_, Run(new_, 0), new_);
  ExpectEndsEarlyIn(new_, Run(old_, 0), old_);
  EXPECT_EQ(ToldIn(old_), Position{2}) << "and nothing was told there";
  ExpectEndsEarlyIn(new_, Run(new_, 0), new_);
}

TEST_F(CheckpointFolder, ALogThatLostItsEndIsNotWholeByTheFileThatWasLeftBehind) {
  ASSERT_NO_FATAL_FAILURE(LoseWhatTheNewFolderTells());
  ExpectEndsEarlyIn(new_, Verified(new_), new_);
  ExpectEndsEarlyIn(new_, Verified(old_), old_);
}

TEST_F(CheckpointFolder, ALogThatLostItsEndIsRestoredInTheFolderThatIsNamed) {
  ASSERT_NO_FATAL_FAILURE(LoseWhatTheNewFolderTells());
  const auto restored = Restore(new_);
  ASSERT_EQ(Verdict(restored), "OK");
  EXPECT_EQ(restored->former.position, Position{9});
  EXPECT_EQ(restored->now.epoch, 2U);
  EXPECT_EQ(restored->now.position, Position{6});
  EXPECT_EQ(Verdict(Restore(old_)), "FAILED_PRECONDITION NOTHING_TO_RESTORE");
  ASSERT_EQ(Verdict(Run(old_, 1)), "OK");
  EXPECT_EQ(ToldIn(old_), Position{7});
}

// As of a copy of the whole folder, brought up beside the log that was copied: that one's checkpoint goes on.
TEST_F(CheckpointFolder, ARestoreLeavesTheFileElsewhereAlone) {
  ASSERT_NO_FATAL_FAILURE(LoseWhatTheNewFolderTells());
  const auto restored = Restore(old_);
  ASSERT_EQ(Verdict(restored), "OK");
  EXPECT_EQ(restored->former.position, Position{9}) << "that is what is lost of it";
  EXPECT_EQ(restored->now.epoch, 2U);
  EXPECT_EQ(ToldIn(new_), Position{9});
  ASSERT_EQ(Verdict(Run(old_, 1)), "OK");
  EXPECT_EQ(ToldIn(old_), Position{7});
  EXPECT_EQ(ToldIn(new_), Position{9});
}

TEST_F(CheckpointFolder, AWholeLogIsOpenedWithEitherFileAndRemembersTheFolderOfTheLast) {
  ASSERT_EQ(Verdict(Run(old_, 2)), "OK");
  CopyCheckpoint(old_, new_);
  ASSERT_EQ(Verdict(Run(new_, 3)), "OK");
  EXPECT_EQ(Verdict(Verified(old_)), "OK");
  EXPECT_EQ(Verdict(Restore(old_)), "FAILED_PRECONDITION NOTHING_TO_RESTORE");
  ASSERT_EQ(Verdict(Run(old_, 1)), "OK");
  EXPECT_EQ(ToldIn(old_), Position{6});
  EXPECT_EQ(Verdict(Verified(new_)), "OK");
  // Remembered is the old one now, and its file is the one that counts.
  KeepTheLog();
  ASSERT_EQ(Verdict(Run(old_, 1)), "OK");
  LoseTheEnd();
  ExpectEndsEarlyIn(old_, Run(new_, 0), new_);
}

TEST_F(CheckpointFolder, AFileThatIsNotWholeIsRefusedWhereItIsRememberedTooAndOneThatIsGoneIsNotMissed) {
  ASSERT_EQ(Verdict(Run(old_, 2)), "OK");
  CopyCheckpoint(old_, new_);
  ASSERT_EQ(Verdict(Run(new_, 3)), "OK");
  FlipBit(PathIn(new_), 30);
  for (const absl::Status& refused : {Run(old_, 0), Verified(old_), Restore(old_).status()}) {
    EXPECT_EQ(Verdict(refused), "DATA_LOSS LOG_DAMAGED");
    EXPECT_THAT(std::string(refused.message()), HasSubstr(PathIn(new_)));
  }
  std::filesystem::remove(PathIn(new_));
  EXPECT_EQ(Verdict(Verified(old_)), "OK");
  EXPECT_EQ(Verdict(Run(old_, 1)), "OK");
}

// As on another machine.
TEST_F(CheckpointFolder, ARememberedFolderThatCannotBeLookedIntoSaysNothing) {
  ASSERT_EQ(Verdict(Run(old_, 2)), "OK");
  CopyCheckpoint(old_, new_);
  ASSERT_EQ(Verdict(Run(new_, 3)), "OK");
  std::filesystem::remove_all(new_);
  WriteBytes(new_, "a file where the folder was");
  ASSERT_EQ(ReadCheckpoint(new_, id_).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Verdict(Verified(old_)), "OK");
  EXPECT_EQ(Verdict(Run(old_, 1)), "OK");
}

// What is left of the log remembers the old folder, and the new one is given.
TEST_F(CheckpointFolder, WhereNeitherFileIsReachedTheFurtherOneSaysWhatIsLost) {
  ASSERT_EQ(Verdict(Run(old_, 2)), "OK");
  KeepTheLog();
  CopyCheckpoint(old_, new_);
  ASSERT_EQ(Verdict(Run(new_, 2)), "OK");
  ASSERT_EQ(Verdict(Run(old_, 2)), "OK");
  LoseTheEnd();
  ASSERT_EQ(ToldIn(new_), Position{4});
  ASSERT_EQ(ToldIn(old_), Position{6});
  ExpectEndsEarlyIn(new_, Run(new_, 0), new_);
  const auto restored = Restore(new_);
  ASSERT_EQ(Verdict(restored), "OK");
  EXPECT_EQ(restored->former.position, Position{6});
  EXPECT_EQ(restored->now.epoch, 2U);
  EXPECT_EQ(restored->now.position, Position{3});
  EXPECT_TRUE(std::filesystem::exists(PathIn(new_) + ".epoch-1"));
  // The folder in which it was restored is remembered: what the other one has is old.
  EXPECT_EQ(Verdict(Run(new_, 1)), "OK");
  EXPECT_EQ(ToldIn(new_), Position{4});
}

// What a daemon tells meanwhile is beyond what the store shows: the file that it remembers is read before, too.
TEST_F(CheckpointFolder, ALogThatGoesOnIsWholeAlsoByTheFileThatWasLeftBehind) {
  ASSERT_EQ(Verdict(Run(old_, 1)), "OK");
  CopyCheckpoint(old_, new_);
  const auto serving = Serve(new_, absl::Milliseconds(1));
  ASSERT_EQ(Verdict(serving), "OK");
  for (int i = 0; i < 5; ++i) ASSERT_EQ(Verdict(Write(*serving->ledger, 1000)), "OK");
  while (ToldIn(new_) < Position{5001}) std::this_thread::yield();
  bool moved = false;
  const auto found = VerifyFolder(data_, options_, old_, [&](std::uint64_t, std::uint64_t) {
    if (std::exchange(moved, true)) return;
    ASSERT_EQ(Verdict(Write(*serving->ledger, 1)), "OK");
    while (ToldIn(new_) < Position{5002}) std::this_thread::yield();
  });
  ASSERT_EQ(Verdict(found), "OK");
  EXPECT_TRUE(moved);
  EXPECT_EQ(found->head, Position{5001});
}

}  // namespace
}  // namespace mentorlog::storage
