#include "storage/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "absl/strings/escaping.h"
#include "storage/refusal.h"
#include "tests/storage/temporary_folder.h"

namespace mentorlog::storage {
namespace {

using ::testing::Eq;
using ::testing::Ne;
using ::testing::Optional;

std::string Hex(const Digest& digest) { return absl::BytesToHexString(DigestBytes(digest)); }

Digest SequenceKey() {
  Digest key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  return key;
}

// FIPS 180-4, as published by NIST with the standard.
TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(Hex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Hex(Sha256(std::string(1000000, 'a'))), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, IsTheSameOnEveryThread) {
  Digest elsewhere{};
  std::thread([&elsewhere] { elsewhere = Sha256("abc"); }).join();
  EXPECT_EQ(elsewhere, Sha256("abc"));
}

// The expected values were computed with Python's hmac module over u64be(length) || bytes of label and pieces.
TEST(Keyed, IsHmacSha256OverLengthPrefixedPieces) {
  const Keyed keyed(SequenceKey());
  EXPECT_EQ(Hex(keyed.Mac("request-id", {"a", "bc"})),
            "3e5cf037a782341ed1cc1edcaf8fddc47e2d6e2412d07470ab17b58b2d364a97");
  EXPECT_EQ(Hex(keyed.Mac("", {})), "9f0cd9b94097fe4929918d2b8942b34439574261a35dc50163f06c67d4e48899");
  EXPECT_EQ(keyed.DeriveId("request-id", {"a", "bc"}).ToHex(), Hex(keyed.Mac("request-id", {"a", "bc"})).substr(0, 32));
}

TEST(Keyed, NoTwoListsOfPiecesCollide) {
  const Keyed keyed(SequenceKey());
  EXPECT_THAT(keyed.Mac("l", {"ab", "c"}), Ne(keyed.Mac("l", {"a", "bc"})));
  EXPECT_THAT(keyed.Mac("l", {"ab", ""}), Ne(keyed.Mac("l", {"ab"})));
  EXPECT_THAT(keyed.Mac("la", {"b"}), Ne(keyed.Mac("l", {"ab"})));
}

TEST(Keyed, AnotherKeyGivesAnotherDigest) {
  Digest other = SequenceKey();
  other[31] ^= 1;
  EXPECT_THAT(Keyed(SequenceKey()).Mac("l", {"a"}), Ne(Keyed(other).Mac("l", {"a"})));
}

TEST(Keyed, KeysThatTakeTurnsDoNotMix) {
  Digest other = SequenceKey();
  other[0] ^= 1;
  const auto mine = Keyed(SequenceKey()).Mac("request-id", {"a", "bc"});
  const auto others = Keyed(other).Mac("request-id", {"a", "bc"});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Keyed(SequenceKey()).Mac("request-id", {"a", "bc"}), mine);
    EXPECT_EQ(Keyed(SequenceKey()).Mac("request-id", {"a", "bc"}), mine);
    EXPECT_EQ(Keyed(other).Mac("request-id", {"a", "bc"}), others);
  }
  EXPECT_THAT(mine, Ne(others));
}

TEST(RandomBytes, GivesAsManyAsAskedAndNeverTheSame) {
  EXPECT_EQ(RandomBytes(0).size(), 0u);
  EXPECT_EQ(RandomBytes(1000).size(), 1000u);
  EXPECT_THAT(RandomBytes(16), Ne(RandomBytes(16)));
}

TEST(MemoryKeyStore, KeepsOneDigestKeyPerLog) {
  const auto keys = NewMemoryKeyStore();
  const Id log = *Id::FromHex("000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(keys->DigestKey(log).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(ReasonOf(keys->DigestKey(log).status()), Optional(Eq("NO_SUCH_THING")));
  const auto made = keys->CreateDigestKey(log);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(keys->DigestKey(log).value(), *made);
  EXPECT_EQ(keys->CreateDigestKey(log).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(keys->CreateDigestKey(*Id::FromHex("ff0102030405060708090a0b0c0d0e0f")).value(), Ne(*made));
}

class FileKeys : public ::testing::Test {
 protected:
  FileKeys() : dir_(folder_ / "keys") {}

  static mode_t ModeOf(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 0777;
  }
  std::string File() const { return dir_ + "/" + log_.ToHex() + ".digest-key"; }
  static void ExpectRefused(const absl::Status& status, absl::StatusCode code, const std::string& reason) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(ReasonOf(status), Optional(Eq(reason)));
  }

  TemporaryFolder folder_;
  const std::string dir_;
  const Id log_ = *Id::FromHex("000102030405060708090a0b0c0d0e0f");
};

TEST_F(FileKeys, KeepADigestKeyForTheirOwnerOnly) {
  Digest made;
  {
    const auto keys = OpenFileKeyStore(dir_);
    ASSERT_TRUE(keys.ok()) << keys.status();
    ExpectRefused((*keys)->DigestKey(log_).status(), absl::StatusCode::kNotFound, "NO_SUCH_THING");
    made = (*keys)->CreateDigestKey(log_).value();
    EXPECT_EQ((*keys)->CreateDigestKey(log_).status().code(), absl::StatusCode::kAlreadyExists);
  }
  EXPECT_EQ(ModeOf(dir_), 0700u);
  EXPECT_EQ(ModeOf(File()), 0600u);
  EXPECT_EQ((*OpenFileKeyStore(dir_))->DigestKey(log_).value(), made);
}

TEST_F(FileKeys, ReachableByOthersAreRefused) {
  { ASSERT_TRUE((*OpenFileKeyStore(dir_))->CreateDigestKey(log_).ok()); }
  chmod(File().c_str(), 0640);
  ExpectRefused(OpenFileKeyStore(dir_).status(), absl::StatusCode::kFailedPrecondition, "KEYS_EXPOSED");
  chmod(File().c_str(), 0600);
  chmod(dir_.c_str(), 0755);
  ExpectRefused(OpenFileKeyStore(dir_).status(), absl::StatusCode::kFailedPrecondition, "KEYS_EXPOSED");
  EXPECT_THAT(std::string(OpenFileKeyStore(dir_).status().message()), ::testing::HasSubstr("mode 0755, want 0700"));
  chmod(dir_.c_str(), 0700);
  EXPECT_TRUE(OpenFileKeyStore(dir_).ok());
}

TEST_F(FileKeys, OfAnotherProcessAreRefused) {
  const auto held = OpenFileKeyStore(dir_);
  ASSERT_TRUE(held.ok()) << held.status();
  ExpectRefused(OpenFileKeyStore(dir_).status(), absl::StatusCode::kFailedPrecondition, "DATA_FOLDER_IN_USE");
  EXPECT_TRUE(OpenFileKeyStore(dir_, KeyAccess::kReadOnly).ok());
}

TEST_F(FileKeys, AreNeverReplacedWhenDamaged) {
  { ASSERT_TRUE((*OpenFileKeyStore(dir_))->CreateDigestKey(log_).ok()); }
  FlipBit(File(), 80);
  const std::string damaged = ReadBytes(File());
  const auto keys = OpenFileKeyStore(dir_);
  ASSERT_TRUE(keys.ok()) << keys.status();
  ExpectRefused((*keys)->DigestKey(log_).status(), absl::StatusCode::kDataLoss, "LOG_DAMAGED");
  ExpectRefused((*keys)->CreateDigestKey(log_).status(), absl::StatusCode::kDataLoss, "LOG_DAMAGED");
  EXPECT_EQ(ReadBytes(File()), damaged);
}

TEST_F(FileKeys, OfAnotherLogAreRefused) {
  { ASSERT_TRUE((*OpenFileKeyStore(dir_))->CreateDigestKey(log_).ok()); }
  const Id other = *Id::FromHex("ff0102030405060708090a0b0c0d0e0f");
  std::filesystem::rename(File(), dir_ + "/" + other.ToHex() + ".digest-key");
  ExpectRefused((*OpenFileKeyStore(dir_))->DigestKey(other).status(), absl::StatusCode::kDataLoss, "LOG_DAMAGED");
}

}  // namespace
}  // namespace mentorlog::storage
