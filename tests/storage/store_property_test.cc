// Random operations on the twin and on RocksDB at once: whatever one answers, the other must.
//
// Keys are few and short, so that overwrites, deletes and dropped ranges meet. A failure prints its seed;
// MENTORLOG_SEED repeats it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <array>

#include <cstdlib>
#include <optional>
#include <random>

#include "absl/time/time.h"
#include "storage/store.h"
#include "storage/write_behind.h"
#include "tests/storage/temporary_folder.h"

namespace mentorlog::storage {
namespace {

constexpr int kRuns = 2;
constexpr int kStepsPerRun = 1000;
constexpr std::size_t kSnapshotsMax = 4;

// What both stores answered at one moment; nobody may change it.
struct Moment {
  std::unique_ptr<StoreSnapshot> twin;
  std::unique_ptr<StoreSnapshot> rocks;
};

class Pair {
 public:
  // RocksDB itself, or, if `saved_every` is given, under a store that keeps rows of views in memory for that time.
  Pair(const std::string& dir, std::uint64_t seed, std::optional<absl::Duration> saved_every)
      : dir_(dir), saved_every_(saved_every), random_(seed) {
    Reopen();
  }

  void Step() {
    switch (Below(20)) {
      case 0:
        return TakeOrDropMoment();
      case 1:
        return Below(4) == 0 ? DropRange() : Write();
      case 2:
        return Below(12) == 0 ? Reopen() : Write();
      case 3:
      case 4:
        return CompareScan();
      case 5:
      case 6:
        return CompareWalk();
      case 7:
      case 8:
        return CompareGet();
      default:
        return Write();
    }
  }

 private:
  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

  Family AnyFamily() {
    constexpr Family kSome[] = {Family::kStreams, Family::kViews, Family::kRequests};
    return kSome[Below(3)];
  }
  // In `streams` keys begin with one of three streams, elsewhere they are up to three bytes long.
  std::string AnyKey(Family family) {
    std::string key;
    if (family == Family::kStreams) {
      key = std::string(17, static_cast<char>('a' + Below(3))) + std::string(7, '\0');
      key.push_back(static_cast<char>(Below(6)));
      return key;
    }
    // Of an entity, or as short as one that a cursor cannot be held to.
    if (family == Family::kViews && Below(3) > 0) key = std::string(kEntityKeyBytes - 1, 'e');
    for (std::uint32_t left = 1 + Below(3); left > 0; --left) key.push_back("\x00\x61\x62\xff"[Below(4)]);
    return key;
  }

  void Write() {
    Batch batch;
    for (std::uint32_t left = 1 + Below(5); left > 0; --left) {
      const Family family = AnyFamily();
      if (Below(3) == 0) {
        batch.Delete(family, AnyKey(family));
      } else {
        batch.Put(family, AnyKey(family), std::string(Below(40), static_cast<char>('a' + Below(26))));
      }
    }
    const Durability durability = Below(50) == 0 ? Durability::kSynced : Durability::kBuffered;
    ASSERT_TRUE(twin_->Write(batch, durability).ok());
    ASSERT_TRUE(rocks_->Write(batch, durability).ok());
  }

  // A snapshot may lose sight of a dropped range, so none is kept over it.
  void DropRange() {
    moments_.clear();
    const Family family = AnyFamily();
    std::string from = AnyKey(family);
    std::string to = Below(4) == 0 ? "" : AnyKey(family);
    if (!to.empty() && to < from) std::swap(from, to);
    ASSERT_TRUE(twin_->DropRange(family, from, to).ok());
    ASSERT_TRUE(rocks_->DropRange(family, from, to).ok());
  }

  void Reopen() {
    moments_.clear();
    now_ = {};
    if (rocks_) {
      ASSERT_TRUE(rocks_->Sync().ok());
    }
    rocks_.reset();
    under_.reset();
    auto opened = OpenRocksStore(dir_, RocksOptions());
    ASSERT_TRUE(opened.ok()) << opened.status();
    if (!saved_every_) {
      rocks_ = *std::move(opened);
      return;
    }
    under_ = *std::move(opened);
    rocks_ = std::make_unique<WriteBehind>(*under_, *saved_every_);
  }

  void TakeOrDropMoment() {
    if (moments_.size() < kSnapshotsMax && Below(2) == 0) {
      moments_.push_back({twin_->Snapshot(), rocks_->Snapshot()});
    } else if (!moments_.empty()) {
      moments_.erase(moments_.begin() + Below(static_cast<std::uint32_t>(moments_.size())));
    }
  }

  // Now, or one of the moments that are kept.
  Moment& AnyMoment() {
    if (!moments_.empty() && Below(2) == 0) return moments_[Below(static_cast<std::uint32_t>(moments_.size()))];
    now_ = {twin_->Snapshot(), rocks_->Snapshot()};
    return now_;
  }

  void CompareGet() {
    const Moment& moment = AnyMoment();
    const Family family = AnyFamily();
    const std::string key = AnyKey(family);
    ASSERT_EQ(moment.twin->Get(family, key).value(), moment.rocks->Get(family, key).value());
    ASSERT_EQ(twin_->Get(family, key).value(), rocks_->Get(family, key).value());
    now_ = {};
  }

  void CompareScan() {
    const Moment& moment = AnyMoment();
    for (const Family family : {Family::kStreams, Family::kViews, Family::kRequests}) {
      const auto twin = moment.twin->NewCursor(family, ReadHint::kScan);
      const auto rocks = moment.rocks->NewCursor(family, ReadHint::kScan);
      for (twin->Seek(""), rocks->Seek(""); Same(*twin, *rocks); twin->Next(), rocks->Next()) {
      }
    }
    now_ = {};
  }

  // A cursor that seeks and turns at random.
  void CompareWalk() {
    const Moment& moment = AnyMoment();
    const Family family = AnyFamily();
    const ReadHint hint = std::array{ReadHint::kPoint, ReadHint::kScan, ReadHint::kEntity}.at(Below(3));
    const auto twin = moment.twin->NewCursor(family, hint);
    const auto rocks = moment.rocks->NewCursor(family, hint);
    bool valid = false;
    for (int move = 0; move < 12; ++move) {
      const std::string key = AnyKey(family);
      const std::uint32_t what = valid ? Below(4) : Below(2);
      if (what == 0) twin->Seek(key), rocks->Seek(key);
      if (what == 1) twin->SeekForPrev(key), rocks->SeekForPrev(key);
      if (what == 2) twin->Next(), rocks->Next();
      if (what == 3) twin->Prev(), rocks->Prev();
      valid = Same(*twin, *rocks);
      if (::testing::Test::HasFatalFailure() || ::testing::Test::HasNonfatalFailure()) return;
    }
    now_ = {};
  }

  // True if both stand on a key, and the same; false if both are at the end.
  static bool Same(const Cursor& twin, const Cursor& rocks) {
    EXPECT_TRUE(rocks.status().ok()) << rocks.status();
    EXPECT_EQ(twin.Valid(), rocks.Valid());
    if (!twin.Valid() || !rocks.Valid()) return false;
    EXPECT_EQ(twin.key(), rocks.key());
    EXPECT_EQ(twin.value(), rocks.value());
    return true;
  }

  const std::string dir_;
  const std::optional<absl::Duration> saved_every_;
  std::mt19937_64 random_;
  const std::unique_ptr<Store> twin_ = NewMemoryStore();
  // Null unless rows are kept in memory over it.
  std::unique_ptr<Store> under_;
  std::unique_ptr<Store> rocks_;
  // After the stores: they must not outlive them.
  std::vector<Moment> moments_;
  Moment now_;
};

class TwinAndStore : public ::testing::TestWithParam<std::optional<absl::Duration>> {};
INSTANTIATE_TEST_SUITE_P(Stores, TwinAndStore,
                         ::testing::Values(std::nullopt, absl::Milliseconds(1), absl::Milliseconds(20),
                                           absl::Hours(1)));

TEST_P(TwinAndStore, AnswerTheSameToRandomOperations) {
  const char* const wanted = std::getenv("MENTORLOG_SEED");
  const std::uint64_t first = wanted ? std::strtoull(wanted, nullptr, 10) : std::random_device()();
  for (std::uint64_t seed = first; seed < first + (wanted ? 1 : kRuns); ++seed) {
    SCOPED_TRACE("MENTORLOG_SEED=" + std::to_string(seed));
    const TemporaryFolder folder;
    Pair stores(folder / "log", seed, GetParam());
    for (int step = 0; step < kStepsPerRun && !HasFailure(); ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      stores.Step();
    }
    ASSERT_FALSE(HasFailure()) << "MENTORLOG_SEED=" << seed;
  }
}

}  // namespace
}  // namespace mentorlog::storage
