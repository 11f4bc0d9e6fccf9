// A store below that cannot be read is never hidden by the rows that lie in memory over it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/codec.h"
#include "storage/layered_cursor.h"
#include "storage/version_rows.h"

namespace mentorlog::storage {
namespace {

absl::Status AsTold() { return absl::UnavailableError("as told"); }

// Shows the rows of another, but from `broken_from` on says that it cannot be read.
class BrokenCursor final : public Cursor {
 public:
  BrokenCursor(std::unique_ptr<Cursor> inner, std::string broken_from)
      : inner_(std::move(inner)), broken_from_(std::move(broken_from)) {}
  void Seek(std::string_view key) override { inner_->Seek(key); }
  void SeekForPrev(std::string_view key) override { inner_->SeekForPrev(key); }
  void Next() override { inner_->Next(); }
  void Prev() override { inner_->Prev(); }
  bool Valid() const override { return inner_->Valid() && !IsBroken(); }
  std::string_view key() const override { return inner_->key(); }
  std::string_view value() const override { return inner_->value(); }
  absl::Status status() const override { return IsBroken() ? AsTold() : absl::OkStatus(); }

 private:
  bool IsBroken() const { return inner_->Valid() && inner_->key() >= broken_from_; }

  const std::unique_ptr<Cursor> inner_;
  const std::string broken_from_;
};

class BrokenStore final : public Store {
 public:
  BrokenStore(std::unique_ptr<Store> inner, std::string broken_from)
      : inner_(std::move(inner)), broken_from_(std::move(broken_from)) {}
  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const override {
    return inner_->Get(family, key);
  }
  std::unique_ptr<StoreSnapshot> Snapshot() const override {
    return std::make_unique<BrokenSnapshot>(inner_->Snapshot(), broken_from_);
  }
  absl::Status Write(Batch batch, Durability durability) override {
    return inner_->Write(std::move(batch), durability);
  }
  absl::Status Sync() override { return inner_->Sync(); }
  absl::Status DropRange(Family family, std::string_view from, std::string_view to) override {
    return inner_->DropRange(family, from, to);
  }
  absl::Status Health() const override { return inner_->Health(); }
  std::optional<std::uint64_t> FreeBytes() const override { return std::nullopt; }
  std::uint64_t SizeBytes() const override { return 0; }

 private:
  class BrokenSnapshot final : public StoreSnapshot {
   public:
    BrokenSnapshot(std::unique_ptr<StoreSnapshot> inner, std::string broken_from)
        : inner_(std::move(inner)), broken_from_(std::move(broken_from)) {}
    absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const override {
      return inner_->Get(family, key);
    }
    std::unique_ptr<Cursor> NewCursor(Family family, ReadHint hint) const override {
      return std::make_unique<BrokenCursor>(inner_->NewCursor(family, hint), broken_from_);
    }

   private:
    const std::unique_ptr<StoreSnapshot> inner_;
    const std::string broken_from_;
  };

  const std::unique_ptr<Store> inner_;
  const std::string broken_from_;
};

// Rows 2, 4 and 6, of which the last cannot be read.
class BrokenCursorTest : public ::testing::Test {
 protected:
  BrokenCursorTest() {
    Batch batch;
    for (const char* row : {"2", "4", "6"}) batch.Put(Family::kViews, prefix + "e" + row, "below");
    EXPECT_TRUE(store.Write(std::move(batch), Durability::kBuffered).ok());
  }

  const std::string prefix = ViewPrefix(7, 1);
  BrokenStore store{NewMemoryStore(), prefix + "e6"};
};

TEST_F(BrokenCursorTest, ALayeredCursorEndsBeforeWhatCannotBeRead) {
  auto layer = std::make_shared<RowLayer>();
  for (const char* row : {"3", "5", "7"}) layer->Set(Family::kViews, prefix + "e" + row, "above", 1);
  const auto cursor = NewLayeredCursor(store.Snapshot()->NewCursor(Family::kViews, ReadHint::kPoint), {layer, nullptr},
                                       nullptr, RowLayer::kLatest, Family::kViews, ReadHint::kPoint);
  std::string seen;
  for (cursor->Seek(prefix); cursor->Valid(); cursor->Next()) seen += cursor->key().back();
  EXPECT_EQ(seen, "234");
  EXPECT_EQ(cursor->status(), AsTold());
  cursor->SeekForPrev(prefix + "e7");
  EXPECT_FALSE(cursor->Valid());
  EXPECT_EQ(cursor->status(), AsTold());
}

TEST_F(BrokenCursorTest, AFoldIsToldOfWhatCannotBeRead) {
  VersionRows rows(store, prefix, true);
  rows.Begin("e");
  for (const char* row : {"3", "5", "7"}) rows.Put(std::string("e") + row, "above");
  std::string seen;
  const auto scan = [&](std::string_view from, std::size_t most) {
    seen.clear();
    return rows.Scan(from, "", [&](std::string_view key, std::string_view) {
      seen += key.back();
      return seen.size() < most;
    });
  };
  EXPECT_EQ(scan("e", 9), AsTold());
  EXPECT_EQ(seen, "234");
  EXPECT_TRUE(scan("e", 2).ok());
  EXPECT_EQ(scan("e5", 1), AsTold()) << "what is known is behind what cannot be read";
}

}  // namespace
}  // namespace mentorlog::storage
