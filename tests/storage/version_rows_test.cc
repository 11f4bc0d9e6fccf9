// The rows of one version as its fold sees them: what is unwritten over what is stored, undone, written, forgotten.
#include "storage/version_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

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

// Against a map, with so many bytes that what is kept is let go several times.
TEST_F(VersionRowsTest, AnswerLikeAMapWhateverIsKeptAndLetGo) {
  std::mt19937 random(7);
  std::map<std::string, std::string> model;
  const auto number = [&random](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  for (int fold = 0; fold < 20000; ++fold) {
    const std::string entity = "entity-" + std::to_string(100 + number(200));
    const auto before = model;
    rows.Begin(entity);
    for (int i = number(4); i >= 0; --i) {
      const std::string key = entity + std::to_string(number(8));
      const auto known = model.find(key);
      ASSERT_EQ(Get(key), known == model.end() ? "none" : known->second);
      if (number(5) == 0) {
        rows.Delete(key);
        model.erase(key);
      } else {
        model[key] = std::string(static_cast<std::size_t>(number(12000)), static_cast<char>('a' + fold % 26));
        rows.Put(key, model[key]);
      }
    }
    if (number(10) == 0) {
      rows.Undo();
      model = before;
    }
    if (number(50) == 0) Write();
  }
  Write();
  std::map<std::string, std::string> stored;
  const auto snapshot = store->Snapshot();
  const auto cursor = snapshot->NewCursor(Family::kViews, ReadHint::kScan);
  for (cursor->Seek(""); cursor->Valid(); cursor->Next())
    stored[std::string(cursor->key().substr(prefix.size()))] = cursor->value();
  EXPECT_EQ(stored, model);
}

}  // namespace
}  // namespace mentorlog::storage
