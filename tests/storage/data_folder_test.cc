#include "storage/data_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/refusal.h"
#include "tests/storage/temporary_folder.h"

namespace mentorlog::storage {
namespace {

using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Optional;

class Folder : public ::testing::Test {
 protected:
  Folder() : dir_(folder_ / "data") { options_.ballast_bytes = 1 << 20; }

  absl::StatusOr<std::unique_ptr<DataFolder>> Open() { return DataFolder::Open(dir_, options_); }
  void ExpectRefused(absl::StatusCode code, const std::string& reason, const std::string& words) {
    const absl::Status status = Open().status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(ReasonOf(status), Optional(Eq(reason)));
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }
  static void Put(DataFolder& folder, const std::string& value) {
    Batch batch;
    batch.Put(Family::kMeta, "k", value);
    ASSERT_TRUE(folder.store().Write(batch, Durability::kSynced).ok());
  }

  TemporaryFolder folder_;
  std::string dir_;
  DataFolderOptions options_;
};

TEST_F(Folder, IsMadeWithOneLogThatIsFoundAgain) {
  Id log;
  {
    const auto made = Open();
    ASSERT_TRUE(made.ok()) << made.status();
    log = (*made)->log_id();
    EXPECT_FALSE(log.IsZero());
    EXPECT_EQ((*made)->dir(), dir_);
    ASSERT_TRUE((*made)->keys().CreateDigestKey(log).ok());
    Put(**made, "v");
  }
  const auto again = Open();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->log_id(), log);
  EXPECT_EQ((*again)->store().Get(Family::kMeta, "k").value(), "v");
  EXPECT_TRUE((*again)->keys().DigestKey(log).ok());
}

TEST_F(Folder, BelongsToOneAndNamesItsPid) {
  const auto held = Open();
  ASSERT_TRUE(held.ok()) << held.status();
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "DATA_FOLDER_IN_USE", "pid " + std::to_string(getpid()));
}

TEST_F(Folder, IsFreeWhenItsHolderIsGone) {
  { ASSERT_TRUE(Open().ok()); }
  EXPECT_EQ(ReadBytes(dir_ + "/LOCK"), std::to_string(getpid()) + "\n");
  EXPECT_TRUE(Open().ok());
}

TEST_F(Folder, WithSeveralLogsWantsAChoice) {
  const Id one = *Id::FromHex("000000000000000000000000000000a1");
  const Id two = *Id::FromHex("000000000000000000000000000000a2");
  for (const Id& log : {one, two}) {
    options_.log = log;
    const auto opened = Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    Put(**opened, log.ToHex());
  }
  options_.log.reset();
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "LOG_NOT_CHOSEN", one.ToHex() + ", " + two.ToHex());
  options_.log = two;
  EXPECT_EQ((*Open())->store().Get(Family::kMeta, "k").value(), two.ToHex());
}

TEST_F(Folder, WithoutTheLogAskedForIsRefusedWhereNoneMayBeMade) {
  options_.rocks.create_if_missing = false;
  ExpectRefused(absl::StatusCode::kNotFound, "NO_SUCH_THING", "no log");
  options_.log = *Id::FromHex("000000000000000000000000000000a1");
  ExpectRefused(absl::StatusCode::kNotFound, "NO_SUCH_THING", "a1");
}

TEST_F(Folder, WhoseLogIsGoneIsNotGivenAnother) {
  Id log;
  {
    const auto made = Open();
    ASSERT_TRUE(made.ok()) << made.status();
    log = (*made)->log_id();
    ASSERT_TRUE((*made)->keys().CreateDigestKey(log).ok());
  }
  std::filesystem::rename(dir_ + "/logs", dir_ + "/lost");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "LOG_MISSING", log.ToHex());
  options_.log = log;
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "LOG_MISSING", log.ToHex());
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/logs"));
  options_.log = *Id::FromHex("000000000000000000000000000000a1");
  EXPECT_TRUE(Open().ok()) << "another one that is named may be made";
  options_.log.reset();
  std::filesystem::remove_all(dir_ + "/logs");
  std::filesystem::rename(dir_ + "/lost", dir_ + "/logs");
  EXPECT_EQ((*Open())->log_id(), log);
}

TEST_F(Folder, IsReadBesideItsHolderAndNothingIsWritten) {
  const auto held = Open();
  ASSERT_TRUE(held.ok()) << held.status();
  ASSERT_TRUE((*held)->keys().CreateDigestKey((*held)->log_id()).ok());
  Put(**held, "v");
  options_.rocks.read_only = true;
  const auto beside = Open();
  ASSERT_TRUE(beside.ok()) << beside.status();
  EXPECT_EQ((*beside)->store().Get(Family::kMeta, "k").value(), "v");
  EXPECT_TRUE((*beside)->keys().DigestKey((*held)->log_id()).ok());
  EXPECT_EQ((*beside)->keys().CreateDigestKey(Id()).status().code(), absl::StatusCode::kFailedPrecondition);
  Batch batch;
  batch.Put(Family::kMeta, "k", "w");
  EXPECT_EQ((*beside)->store().Write(batch, Durability::kSynced).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(Folder, SetsSpaceAsideForReal) {
  const auto opened = Open();
  ASSERT_TRUE(opened.ok()) << opened.status();
  struct stat ballast {};
  ASSERT_EQ(stat((dir_ + "/ballast").c_str(), &ballast), 0);
  EXPECT_GE(ballast.st_blocks * 512, 1 << 20);
  std::filesystem::remove(dir_ + "/ballast");
  ASSERT_TRUE((*opened)->RestoreBallast().ok());
  EXPECT_EQ(std::filesystem::file_size(dir_ + "/ballast"), 1u << 20);
  EXPECT_TRUE((*opened)->RestoreBallast().ok());
}

TEST_F(Folder, SetsNothingAsideWhereThereIsNoRoom) {
  options_.ballast_bytes = 1ULL << 60;
  const auto opened = Open();
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE((*opened)->RestoreBallast().ok());
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/ballast"));
}

// A device of 48 MiB at a path. Needs the right to mount.
class SmallDevice {
 public:
  explicit SmallDevice(std::string path)
      : path_(std::move(path)), mounted_(mount("mentorlog-test", path_.c_str(), "tmpfs", 0, "size=48m") == 0) {}
  ~SmallDevice() {
    if (mounted_ && umount2(path_.c_str(), MNT_DETACH) != 0) ADD_FAILURE() << "still mounted: " << path_;
  }
  SmallDevice(const SmallDevice&) = delete;
  SmallDevice& operator=(const SmallDevice&) = delete;
  bool mounted() const { return mounted_; }

 private:
  const std::string path_;
  const bool mounted_;
};

TEST_F(Folder, OnAFullDiskGivesItsBallastBackAndOpens) {
  std::filesystem::create_directory(dir_);
  const SmallDevice device(dir_);
  if (!device.mounted()) GTEST_SKIP() << "may not mount here";
  options_.ballast_bytes = 20 << 20;
  {
    const auto opened = Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    Put(**opened, "v");
    EXPECT_TRUE(std::filesystem::exists(dir_ + "/ballast"));
  }
  std::ofstream(dir_ + "/somebody-else", std::ios::binary) << std::string(64 << 20, 'x');
  {
    const auto opened = Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ((*opened)->store().Get(Family::kMeta, "k").value(), "v");
    EXPECT_FALSE(std::filesystem::exists(dir_ + "/ballast"));
    EXPECT_TRUE((*opened)->RestoreBallast().ok());
    EXPECT_FALSE(std::filesystem::exists(dir_ + "/ballast"));
  }
  std::ofstream(dir_ + "/somebody-else", std::ios::binary | std::ios::app) << std::string(64 << 20, 'x');
  ExpectRefused(absl::StatusCode::kResourceExhausted, "STORAGE_FULL", "bytes free");
  std::filesystem::remove(dir_ + "/somebody-else");
  {
    const auto opened = Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_TRUE(std::filesystem::exists(dir_ + "/ballast"));
  }
}

}  // namespace
}  // namespace mentorlog::storage
