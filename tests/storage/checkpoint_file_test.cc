#include "storage/checkpoint_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "storage/checked_file.h"
#include "storage/refusal.h"
#include "tests/storage/temporary_folder.h"

namespace mentorlog::storage {
namespace {

using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Optional;

class CheckpointFile : public ::testing::Test {
 protected:
  CheckpointFile() {
    checkpoint_.log = *Id::FromHex("00112233445566778899aabbccddeeff");
    checkpoint_.epoch = 2;
    checkpoint_.position = Position{18446744073709551615ULL};
    checkpoint_.root = Sha256("root");
    path_ = CheckpointPath(folder_.path(), checkpoint_.log);
  }
  absl::StatusOr<std::optional<Checkpoint>> Read() { return ReadCheckpoint(folder_.path(), checkpoint_.log); }
  void ExpectDamaged() {
    const absl::Status status = Read().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(ReasonOf(status), Optional(Eq("LOG_DAMAGED")));
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  }

  TemporaryFolder folder_;
  Checkpoint checkpoint_;
  std::string path_;
};

TEST_F(CheckpointFile, IsNotThereAtFirst) {
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(*Read(), std::nullopt);
  EXPECT_EQ(*ReadCheckpoint(folder_ / "no/such/folder", checkpoint_.log), std::nullopt);
}

TEST_F(CheckpointFile, GivesBackWhatWasWrittenLast) {
  ASSERT_TRUE(WriteCheckpoint(folder_.path(), checkpoint_).ok());
  EXPECT_EQ(Read().value(), checkpoint_);
  checkpoint_.epoch = 3;
  checkpoint_.position = Position{7};
  ASSERT_TRUE(WriteCheckpoint(folder_.path(), checkpoint_).ok());
  EXPECT_EQ(Read().value(), checkpoint_);
}

TEST_F(CheckpointFile, HasTheBytesThatAreSpecified) {
  checkpoint_.position = Position{42};
  ASSERT_TRUE(WriteCheckpoint(folder_.path(), checkpoint_).ok());
  EXPECT_THAT(ReadBytes(path_), HasSubstr("mentorlog checkpoint 1\n"
                                          "log 00112233445566778899aabbccddeeff\n"
                                          "epoch 2\n"
                                          "position 42\n"
                                          "root 4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2\n"
                                          "sha256 "));
}

TEST_F(CheckpointFile, MakesTheFolderAndLeavesNothingBesideIt) {
  const std::string dir = folder_ / "a/b";
  ASSERT_TRUE(WriteCheckpoint(dir, checkpoint_).ok());
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    EXPECT_EQ(entry.path().string(), CheckpointPath(dir, checkpoint_.log));
    ++files;
  }
  EXPECT_EQ(files, 1);
}

TEST_F(CheckpointFile, EveryFlippedBitIsRefused) {
  ASSERT_TRUE(WriteCheckpoint(folder_.path(), checkpoint_).ok());
  const std::string whole = ReadBytes(path_);
  for (std::size_t byte = 0; byte < whole.size(); ++byte) {
    WriteBytes(path_, whole);
    FlipBit(path_, byte);
    ExpectDamaged();
  }
}

TEST_F(CheckpointFile, EveryTornFileIsRefused) {
  ASSERT_TRUE(WriteCheckpoint(folder_.path(), checkpoint_).ok());
  const std::string whole = ReadBytes(path_);
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    WriteBytes(path_, whole.substr(0, bytes));
    ExpectDamaged();
  }
  WriteBytes(path_, whole + "\n");
  ExpectDamaged();
  WriteBytes(path_, std::string(5000, 'x'));
  ExpectDamaged();
}

TEST_F(CheckpointFile, ItsFolderHasOneNameHoweverItIsTyped) {
  for (const char* typed : {"/a/b", "/a/b/", "/a//b", "/a/./b/.", "/a/c/../b"}) {
    EXPECT_EQ(AbsoluteCheckpointDir(typed), "/a/b") << typed;
  }
  EXPECT_EQ(AbsoluteCheckpointDir("/"), "/");
  EXPECT_EQ(AbsoluteCheckpointDir("b/"), AbsoluteCheckpointDir((std::filesystem::current_path() / "b").string()));
}

TEST_F(CheckpointFile, OfAnotherLogIsRefused) {
  ASSERT_TRUE(WriteCheckpoint(folder_.path(), checkpoint_).ok());
  const Id other = *Id::FromHex("ff112233445566778899aabbccddeeff");
  std::filesystem::copy_file(path_, CheckpointPath(folder_.path(), other));
  const absl::Status status = ReadCheckpoint(folder_.path(), other).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr(checkpoint_.log.ToHex()));
}

TEST_F(CheckpointFile, IsNotWrittenWhereAFileIsInTheWay) {
  WriteBytes(folder_ / "file", "");
  const absl::Status status = WriteCheckpoint(folder_ / "file", checkpoint_);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("file"));
}

TEST_F(CheckpointFile, WhatACrashLeftBesideItIsReplaced) {
  WriteBytes(path_ + ".new", "half a checkp");
  EXPECT_EQ(Read().value(), std::nullopt);
  ASSERT_TRUE(WriteCheckpoint(folder_.path(), checkpoint_).ok());
  EXPECT_EQ(Read().value(), checkpoint_);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST(FileErrors, TellAFullDiskApart) {
  const absl::Status full = FileError("write", "/d/f", ENOSPC);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(ReasonOf(full), Optional(Eq("STORAGE_FULL")));
  EXPECT_THAT(std::string(full.message()), HasSubstr("/d/f"));
  const absl::Status passing = FileError("write", "/d/f", EIO);
  EXPECT_EQ(passing.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(ReasonOf(passing), Optional(Eq("STORE_UNREADABLE")));
}

}  // namespace
}  // namespace mentorlog::storage
