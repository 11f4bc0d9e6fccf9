// storage/row_layer.h: rows in memory, over a store that does not have them yet.
//
// Every row keeps the values that a reader may still ask for, by the sequence number of the write that brought them. A
// layer has one writer at a time and any number of readers; no function blocks for longer than it takes to look up a few
// rows. Thread-safe.
#ifndef MENTORLOG_STORAGE_ROW_LAYER_H_
#define MENTORLOG_STORAGE_ROW_LAYER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "storage/store.h"

namespace mentorlog::storage {

// Which sequence numbers are being read at. Thread-safe.
class Readings {
 public:
  void Begin(std::uint64_t sequence);
  void End(std::uint64_t sequence);
  // All of them, ascending.
  std::vector<std::uint64_t> All() const;

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::multiset<std::uint64_t> all_;
};

class RowLayer {
 public:
  // Null: the row is deleted, whatever lies below.
  using Value = std::shared_ptr<const std::string>;
  struct Row {
    std::string key;
    Value value;
  };
  static constexpr std::uint64_t kLatest = ~0ULL;

  // Whether a layer takes rows of this family.
  static bool Takes(Family family) {
    return family == Family::kStreams || family == Family::kRequests || family == Family::kViews || family == Family::kMeta;
  }

  // The row has this value from `sequence` on, which is not lower than that of any earlier call. `readings`: those that
  // there are now, ascending; who reads later reads at the last of them or after it.
  void Set(Family family, std::string key, Value value, std::uint64_t sequence, const std::vector<std::uint64_t>& readings);
  // The value as of `sequence`; nullopt: the layer does not know the row.
  std::optional<Value> Get(Family family, std::string_view key, std::uint64_t sequence) const;
  // The next rows behind `key` (with `at`: from it on) that are known as of `sequence`, in order, at most `max`.
  std::vector<Row> After(Family family, std::string_view key, bool at, std::uint64_t sequence, std::size_t max) const;
  // The last row before `key` (with `at`: up to it); none or one.
  std::vector<Row> Before(Family family, std::string_view key, bool at, std::uint64_t sequence) const;
  // Forgets the rows in [from, to) (`to` empty: to the end), for every reader.
  void Forget(Family family, std::string_view from, std::string_view to);

  // New keys are put in order when the order is asked for, or here: so the writer need not. How many are not.
  void PutInOrder();
  std::size_t unordered() const { return unordered_.load(std::memory_order_relaxed); }
  // Every row with its latest value, in order of the keys. REQUIRES: nobody calls Set meanwhile.
  void ForEach(Family family, const std::function<void(const std::string&, const Value&)>& visit) const;
  std::size_t rows() const { return rows_.load(std::memory_order_relaxed); }
  // Of all keys and values, also former ones.
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct Stand {
    std::uint64_t sequence = 0;
    Value value;
  };
  // Newest last. Hardly ever more than two.
  using Stands = absl::InlinedVector<Stand, 2>;
  struct Entry {
    std::string key;
    Stands stands;
  };
  // An entry's place in the order. Most keys differ in the 16 bytes behind the prefix of a view's version, and are compared
  // without a look at their strings.
  struct Place {
    explicit Place(std::string_view key_bytes, Entry* its_entry = nullptr);

    std::array<std::uint64_t, 3> head;
    std::string_view key;
    Entry* entry;
    friend bool operator<(const Place& a, const Place& b) { return a.head != b.head ? a.head < b.head : a.key < b.key; }
  };
  struct Hash {
    std::size_t operator()(std::string_view key) const {
      return absl::Hash<absl::string_view>()(absl::string_view(key.data(), key.size()));
    }
  };
  // Single rows are looked for by their hash, by several threads at a time.
  struct Part {
    mutable std::mutex mutex;
    // Guarded by mutex. An entry stays where it is as long as the layer lives.
    std::deque<Entry> entries;
    absl::flat_hash_map<std::string_view, Entry*, Hash> by_key;
  };
  static constexpr std::size_t kParts = 16;
  // The mutex of the order is taken before that of a part.
  struct Shelf {
    std::array<Part, kParts> parts;
    mutable std::mutex mutex;
    // Guarded by mutex.
    mutable std::vector<Entry*> unordered;
    mutable absl::btree_set<Place> order;
  };

  Shelf& shelf(Family family) { return shelves_[static_cast<std::size_t>(family)]; }
  const Shelf& shelf(Family family) const { return shelves_[static_cast<std::size_t>(family)]; }
  static std::size_t PartOf(std::size_t hash) { return (hash >> 40) % kParts; }
  // REQUIRES: its mutex is held.
  const absl::btree_set<Place>& InOrder(const Shelf& shelf) const;
  static const Stand* StandAt(const Stands& stands, std::uint64_t sequence);
  static std::size_t DropUnread(Stands& stands, std::uint64_t next, const std::vector<std::uint64_t>& readings);
  static std::optional<Row> RowAt(const Shelf& shelf, const Place& place, std::uint64_t sequence);
  static std::size_t SizeOf(const Value& value) { return value ? value->size() : 0; }

  std::array<Shelf, kFamilies> shelves_;
  std::atomic<std::size_t> rows_{0};
  mutable std::atomic<std::size_t> unordered_{0};
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_ROW_LAYER_H_
