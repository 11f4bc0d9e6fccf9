// Rows in memory: whatever is set, forgotten and put in order, a reader sees the rows as of a write, as a map would
// have them.
#include "storage/row_layer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <thread>

namespace mentorlog::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Family kFamily = Family::kViews;

std::vector<std::string> Texts(const std::vector<RowView>& rows) {
  std::vector<std::string> texts;
  for (const RowView& row : rows) {
    texts.push_back(std::string(row.key) + (row.value ? "=" + std::string(*row.value) : " is deleted"));
  }
  return texts;
}

std::string TextOf(const std::optional<RowLayer::Value>& value) {
  if (!value) return "unknown";
  return *value ? std::string(**value) : "deleted";
}

TEST(RowLayer, KeepsWhatEachWriteMadeOfARow) {
  RowLayer layer;
  layer.Set(kFamily, "a", "one", 1);
  layer.Set(kFamily, "a", "", 3);
  layer.Set(kFamily, "a", std::nullopt, 5);
  EXPECT_EQ(TextOf(layer.Get(kFamily, "a", 0)), "unknown");
  EXPECT_EQ(TextOf(layer.Get(kFamily, "a", 2)), "one");
  EXPECT_EQ(TextOf(layer.Get(kFamily, "a", 4)), "");
  EXPECT_EQ(TextOf(layer.Get(kFamily, "a", RowLayer::kLatest)), "deleted");
  EXPECT_EQ(TextOf(layer.Get(Family::kMeta, "a", RowLayer::kLatest)), "unknown");
  EXPECT_EQ(layer.rows(), 1U);
  EXPECT_EQ(layer.bytes(), 4 + sizeof(RowEntry) + 3 * sizeof(RowVersion));
}

TEST(RowLayer, ShowsRowsInOrderAsOfAWrite) {
  RowLayer layer;
  layer.Set(kFamily, "b", "1", 1);
  layer.Set(kFamily, "d", "1", 2);
  layer.Set(kFamily, "", "1", 3);
  layer.Set(kFamily, "b", std::nullopt, 4);
  EXPECT_THAT(Texts(layer.After(kFamily, "", true, 2, 9)), ElementsAre("b=1", "d=1"));
  EXPECT_THAT(Texts(layer.After(kFamily, "", true, 4, 2)), ElementsAre("=1", "b is deleted"));
  EXPECT_THAT(Texts(layer.After(kFamily, "b", false, 4, 9)), ElementsAre("d=1"));
  EXPECT_THAT(Texts(layer.Before(kFamily, "d", false, 4)), ElementsAre("b is deleted"));
  EXPECT_THAT(Texts(layer.Before(kFamily, "d", true, 1)), ElementsAre("b=1"));
  EXPECT_THAT(Texts(layer.Before(kFamily, "b", false, 2)), IsEmpty());
  EXPECT_THAT(Texts(layer.All(kFamily)), ElementsAre("=1", "b is deleted", "d=1"));
}

TEST(RowLayer, ForgetsARangeForEveryReaderAndTakesItAgain) {
  RowLayer layer;
  for (const char* key : {"a", "b1", "b2", "c"}) layer.Set(kFamily, key, "old", 1);
  layer.Forget(kFamily, "b", "c");
  EXPECT_EQ(layer.rows(), 2U);
  EXPECT_EQ(TextOf(layer.Get(kFamily, "b1", 1)), "unknown");
  EXPECT_THAT(Texts(layer.After(kFamily, "", true, 1, 9)), ElementsAre("a=old", "c=old"));
  layer.Set(kFamily, "b2", "new", 2);
  EXPECT_EQ(layer.rows(), 3U);
  EXPECT_THAT(Texts(layer.All(kFamily)), ElementsAre("a=old", "b2=new", "c=old"));
  layer.Forget(kFamily, "b", "");
  EXPECT_THAT(Texts(layer.All(kFamily)), ElementsAre("a=old"));
}

// Keys of which most differ in their first 24 bytes and some only behind them, in one layer after another.
class RowLayerProperty : public ::testing::TestWithParam<unsigned> {
 protected:
  // By key: what it was as of each write.
  using Model = std::map<std::string, std::map<std::uint64_t, std::optional<std::string>>>;

  std::string Key() {
    const auto number = std::to_string(random() % 600);
    return random() % 3 == 0 ? std::string(24, 'x') + number : number;
  }
  std::optional<std::string> ModelAt(const std::string& key, std::uint64_t sequence, bool& known) const {
    const auto row = model.find(key);
    known = false;
    if (row == model.end()) return std::nullopt;
    const auto after = row->second.upper_bound(sequence);
    if (after == row->second.begin()) return std::nullopt;
    known = true;
    return std::prev(after)->second;
  }
  std::vector<std::string> ModelFrom(const std::string& from, std::uint64_t sequence) const {
    std::vector<std::string> texts;
    for (auto row = model.lower_bound(from); row != model.end(); ++row) {
      bool known = false;
      const auto value = ModelAt(row->first, sequence, known);
      if (known) texts.push_back(row->first + (value ? "=" + *value : " is deleted"));
    }
    return texts;
  }
  void Compare(const RowLayer& layer, std::uint64_t sequence) {
    const auto from = Key();
    const auto wanted = ModelFrom(from, sequence);
    ASSERT_EQ(Texts(layer.After(kFamily, from, true, sequence, 100000)), wanted);
    bool known = false;
    const auto value = ModelAt(from, sequence, known);
    ASSERT_EQ(TextOf(layer.Get(kFamily, from, sequence)), !known ? "unknown" : value ? *value : "deleted");
    const auto before = layer.Before(kFamily, from, false, sequence);
    const auto all = ModelFrom("", sequence);
    const auto count = all.size() - wanted.size();
    ASSERT_EQ(Texts(before), count == 0 ? std::vector<std::string>() : std::vector<std::string>{all[count - 1]});
  }

  std::mt19937 random{GetParam()};
  Model model;
};

TEST_P(RowLayerProperty, AnswersLikeAMap) {
  std::unique_ptr<RowLayer> former;
  for (int layers = 0; layers < 2; ++layers) {
    auto layer = std::make_unique<RowLayer>(former.get());
    model.clear();
    for (std::uint64_t sequence = 1; sequence <= 4000; ++sequence) {
      const auto key = Key();
      const auto value = random() % 5 == 0 ? std::nullopt : std::optional(std::to_string(sequence));
      layer->Set(kFamily, key, value, sequence);
      model[key][sequence] = value;
      if (random() % 50 == 0) layer->PutInOrder();
      if (random() % 50 == 0) {
        ASSERT_NO_FATAL_FAILURE(Compare(*layer, random() % (sequence + 1)));
      }
      if (random() % 500 == 0) {
        const auto from = Key();
        const auto to = from + "5";
        layer->Forget(kFamily, from, to);
        model.erase(model.lower_bound(from), model.lower_bound(to));
      }
    }
    ASSERT_EQ(Texts(layer->All(kFamily)), ModelFrom("", RowLayer::kLatest));
    ASSERT_EQ(layer->rows(), model.size());
    former = std::move(layer);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RowLayerProperty, ::testing::Range(1U, 9U));

// One thread writes pairs of rows, another puts them in order, readers see both rows of a pair or none, and all in
// order.
TEST(RowLayer, IsReadWhileItIsWrittenAndPutInOrder) {
  constexpr std::uint64_t kWrites = 20000;
  RowLayer layer;
  std::atomic<std::uint64_t> written{0};
  std::thread writer([&] {
    for (std::uint64_t sequence = 1; sequence <= kWrites; ++sequence) {
      const auto number = std::to_string(sequence * 7919 % kWrites);
      layer.Set(kFamily, "a" + number, number, sequence);
      layer.Set(kFamily, "b" + number, number, sequence);
      written.store(sequence, std::memory_order_release);
    }
  });
  std::thread orderer([&] {
    while (written < kWrites) {
      if (layer.unordered() >= 512) layer.PutInOrder();
    }
  });
  while (written < kWrites) {
    const auto sequence = written.load(std::memory_order_acquire);
    const auto number = std::to_string(sequence * 7919 % kWrites);
    const auto rows = layer.After(kFamily, "a" + number, true, sequence, 50);
    if (sequence == 0) continue;
    ASSERT_EQ(rows.front().key, "a" + number);
    ASSERT_TRUE(std::is_sorted(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; }));
    ASSERT_EQ(TextOf(layer.Get(kFamily, "b" + number, sequence)), number);
    ASSERT_EQ(layer.Before(kFamily, "b" + number, true, sequence).front().key, "b" + number);
  }
  writer.join();
  orderer.join();
  EXPECT_EQ(layer.All(kFamily).size(), 2 * kWrites);
}

}  // namespace
}  // namespace mentorlog::storage
