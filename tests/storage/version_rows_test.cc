// The rows of one version as its fold sees them: what is unwritten over what is stored, undone, written, forgotten.
#include "storage/version_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include "storage/codec.h"

namespace mentorlog::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class VersionRowsTest : public ::testing::Test {
 protected:
  std::string Get(std::string_view key) {
    const auto row = rows.Get(key);
    if (!row.ok()) return "unreadable";
    return row->value_or("none");
  }
  std::vector<std::string> Scan(std::string_view from, std::string_view to) {
    std::vector<std::string> all;
    const auto status = rows.Scan(from, to, [&](std::string_view key, std::string_view value) {
      all.push_back(std::string(key) + "=" + std::string(value));
      return true;
    });
    EXPECT_TRUE(status.ok()) << status;
    return all;
  }
  // Writes what is unwritten; answers the keys, without the version's prefix.
  std::vector<std::string> Write() {
    Batch batch;
    std::vector<std::string> keys;
    for (const auto& row : rows.Unwritten()) {
      batch.Lend(Family::kViews, row);
      keys.push_back((row.value ? "" : "-") + std::string(row.key.substr(prefix.size())));
    }
    EXPECT_TRUE(store->Write(std::move(batch), Durability::kBuffered).ok());
    rows.Committed();
    return keys;
  }
  // Behind the back of the fold.
  void Store(const std::string& key, const std::string& value) {
    Batch batch;
    batch.Put(Family::kViews, prefix + key, value);
    ASSERT_TRUE(store->Write(std::move(batch), Durability::kBuffered).ok());
  }

  const std::string prefix = ViewPrefix(7, 1);
  const std::unique_ptr<storage::Store> store = NewMemoryStore();
  VersionRows rows{*store, prefix, true};
};

TEST_F(VersionRowsTest, AreWrittenInTheOrderOfTheirKeysAndEachOnce) {
  rows.Begin("b");
  rows.Put("b2", "x");
  rows.Put("b", "x");
  rows.Begin("a");
  rows.Put("a9", "x");
  rows.Put("a9", "y");
  rows.Delete("a1");
  rows.Begin("b");
  rows.Put("b1", "x");
  EXPECT_THAT(Write(), ElementsAre("-a1", "a9", "b", "b1", "b2"));
  EXPECT_EQ(**store->Get(Family::kViews, prefix + "a9"), "y");
  EXPECT_THAT(Write(), IsEmpty());
}

TEST_F(VersionRowsTest, AFoldThatIsUndoneLeavesWhatWasBefore) {
  Store("a1", "stored");
  rows.Begin("a");
  rows.Put("a2", "earlier");
  const auto bytes = rows.unwritten_bytes();
  rows.Begin("a");
  rows.Put("a1", "x");
  rows.Put("a2", "x");
  rows.Delete("a2");
  rows.Put("a3", "x");
  rows.Undo();
  EXPECT_EQ(rows.unwritten_bytes(), bytes);
  EXPECT_EQ(Get("a1"), "stored");
  EXPECT_EQ(Get("a2"), "earlier");
  EXPECT_EQ(Get("a3"), "none");
  EXPECT_THAT(Write(), ElementsAre("a2"));
  rows.Begin("b");
  rows.Put("b", "x");
  rows.Undo();
  EXPECT_THAT(Write(), IsEmpty());
}

TEST_F(VersionRowsTest, AScanSeesUnwrittenRowsOverStoredOnesOfItsEntityAlone) {
  for (const char* key : {"a1", "a2", "a4", "b1"}) Store(key, "stored");
  rows.Begin("a");
  rows.Put("a0", "new");
  rows.Put("a2", "new");
  rows.Delete("a4");
  rows.Put("a5", "new");
  EXPECT_THAT(Scan("a", "b"), ElementsAre("a0=new", "a1=stored", "a2=new", "a5=new"));
  EXPECT_THAT(Scan("a1", "a5"), ElementsAre("a1=stored", "a2=new"));
  EXPECT_THAT(Scan("a3", ""), ElementsAre("a5=new"));
}

TEST_F(VersionRowsTest, AFoldThatLeavesItsEntityIsToldSo) {
  rows.Begin("a");
  EXPECT_EQ(rows.Get("b").status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(rows.strayed().code(), absl::StatusCode::kInternal);
  rows.Begin("a");
  EXPECT_TRUE(rows.strayed().ok());
  rows.Put("b", "x");
  EXPECT_EQ(rows.strayed().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Write(), IsEmpty());
}

TEST_F(VersionRowsTest, WhatCouldNotBeWrittenIsForgotten) {
  Store("a", "stored");
  rows.Begin("a");
  EXPECT_EQ(Get("a"), "stored");
  rows.Put("a", "lost");
  rows.Forget();
  EXPECT_EQ(rows.unwritten_bytes(), 0U);
  rows.Begin("a");
  EXPECT_EQ(Get("a"), "stored");
}

TEST_F(VersionRowsTest, WhatIsAddedIsFoundScannedAndWrittenInItsPlace) {
  rows.Begin("a");
  rows.Add("a-2", "x");
  rows.Add("a-1", "x");
  rows.Put("a9", "x");
  rows.Begin("b");
  rows.Put("b", "x");
  rows.Begin("a");
  rows.Add("a-3", "x");
  EXPECT_EQ(Get("a9"), "x");
  EXPECT_EQ(Get("a-1"), "x");
  EXPECT_EQ(Get("a-4"), "none");
  rows.Delete("a-2");
  rows.Add("a-5", "x");
  EXPECT_THAT(Scan("a", "b"), ElementsAre("a-1=x", "a-3=x", "a-5=x", "a9=x"));
  EXPECT_THAT(Write(), ElementsAre("a-1", "-a-2", "a-3", "a-5", "a9", "b"));
  rows.Begin("a");
  EXPECT_EQ(Get("a-3"), "x");
  rows.Add("a-6", "y");
  EXPECT_THAT(Write(), ElementsAre("a-6"));
}

TEST_F(VersionRowsTest, WhatAFoldAddedGoesWithItAndWhatWasAddedBeforeStays) {
  rows.Begin("a");
  rows.Add("a-1", "before");
  const auto bytes = rows.unwritten_bytes();
  rows.Begin("a");
  rows.Add("a-2", "x");
  rows.Undo();
  EXPECT_EQ(rows.unwritten_bytes(), bytes);
  rows.Begin("a");
  rows.Add("a-3", "x");
  EXPECT_EQ(Get("a-1"), "before");
  rows.Put("a-1", "x");
  rows.Add("a-long", "x");
  rows.Undo();
  EXPECT_GT(rows.unwritten_bytes(), bytes) << "what was asked for takes more";
  EXPECT_EQ(Get("a-1"), "before");
  EXPECT_EQ(Get("a-3"), "none");
  rows.Begin("b");
  rows.Add("b-1", "x");
  rows.Undo();
  EXPECT_THAT(Write(), ElementsAre("a-1"));
}

TEST_F(VersionRowsTest, OfANewVersionTheStoreIsNotAskedBeforeItHasRows) {
  VersionRows fresh(*store, prefix, false);
  Store("a", "left over");
  fresh.Begin("a");
  EXPECT_FALSE(fresh.Get("a")->has_value());
  fresh.Put("a1", "x");
  fresh.Committed();
  fresh.Begin("a");
  EXPECT_TRUE(fresh.Get("a")->has_value());
}

// A map that can go back to where a fold began.
class Model {
 public:
  std::string Get(const std::string& key) const {
    const auto known = rows_.find(key);
    return known == rows_.end() ? "none" : known->second;
  }
  void Set(const std::string& key, std::optional<std::string> value) {
    const auto known = rows_.find(key);
    before_.try_emplace(key, known == rows_.end() ? std::nullopt : std::optional(known->second));
    if (value) {
      rows_[key] = *std::move(value);
    } else {
      rows_.erase(key);
    }
  }
  void Begin() { before_.clear(); }
  void Undo() {
    for (auto& [key, value] : std::exchange(before_, {})) Set(key, std::move(value));
  }
  const std::map<std::string, std::string>& rows() const { return rows_; }

 private:
  std::map<std::string, std::string> rows_;
  std::map<std::string, std::optional<std::string>> before_;
};

// Against a map, with so many bytes that what is kept is let go several times.
TEST_F(VersionRowsTest, AnswerLikeAMapWhateverIsKeptAndLetGo) {
  std::mt19937 random(7);
  Model model;
  int added = 0;
  const auto number = [&random](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  for (int fold = 0; fold < 20000; ++fold) {
    const std::string entity = "entity-" + std::to_string(100 + number(200));
    model.Begin();
    rows.Begin(entity);
    for (int i = number(4); i >= 0; --i) {
      const std::string key = entity + std::to_string(number(8));
      ASSERT_EQ(Get(key), model.Get(key));
      if (number(5) == 0) {
        rows.Delete(key);
        model.Set(key, std::nullopt);
      } else {
        const std::string value(static_cast<std::size_t>(number(12000)), static_cast<char>('a' + fold % 26));
        rows.Put(key, value);
        model.Set(key, value);
      }
    }
    for (int i = number(4); i > 0; --i) {
      const std::string key = entity + "/" + std::to_string(added++);
      rows.Add(key, std::to_string(fold));
      model.Set(key, std::to_string(fold));
    }
    // Now and then one that was added, lately or long ago, or never.
    if (number(10) == 0 && added > 0) {
      const std::string key = entity + "/" + std::to_string(added - 1 - number(std::min(added, 2000)));
      ASSERT_EQ(Get(key), model.Get(key));
      if (number(2) == 0) {
        rows.Delete(key);
        model.Set(key, std::nullopt);
      }
    }
    if (number(100) == 0) {
      std::vector<std::string> all;
      const auto& known = model.rows();
      for (auto row = known.lower_bound(entity); row != known.end() && row->first.starts_with(entity); ++row) {
        all.push_back(row->first + "=" + row->second);
      }
      ASSERT_EQ(Scan(entity, PrefixEnd(entity)), all);
    }
    if (number(10) == 0) {
      rows.Undo();
      model.Undo();
    }
    if (number(50) == 0) Write();
  }
  Write();
  std::map<std::string, std::string> stored;
  const auto snapshot = store->Snapshot();
  const auto cursor = snapshot->NewCursor(Family::kViews, ReadHint::kScan);
  for (cursor->Seek(""); cursor->Valid(); cursor->Next())
    stored[std::string(cursor->key().substr(prefix.size()))] = cursor->value();
  EXPECT_EQ(stored, model.rows());
}

}  // namespace
}  // namespace mentorlog::storage
