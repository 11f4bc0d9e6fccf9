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
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/inlined_vector.h"
#include "storage/store.h"

namespace mentorlog::storage {

// Which sequence numbers are being read at. Thread-safe.
class Readings {
 public:
  void Begin(std::uint64_t sequence);
  void End(std::uint64_t sequence);
  // Whether somebody reads at a sequence in [from, to).
  bool Any(std::uint64_t from, std::uint64_t to) const;

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

  // The row has this value from `sequence` on, which is not lower than that of any earlier call.
  void Set(Family family, std::string key, Value value, std::uint64_t sequence, const Readings& readings);
  // The value as of `sequence`; nullopt: the layer does not know the row.
  std::optional<Value> Get(Family family, std::string_view key, std::uint64_t sequence) const;
  // The next rows behind `key` (with `at`: from it on) that are known as of `sequence`, in order, at most `max`.
  std::vector<Row> After(Family family, std::string_view key, bool at, std::uint64_t sequence, std::size_t max) const;
  // The last row before `key` (with `at`: up to it); none or one.
  std::vector<Row> Before(Family family, std::string_view key, bool at, std::uint64_t sequence) const;
  // Forgets the rows in [from, to) (`to` empty: to the end), for every reader.
  void Forget(Family family, std::string_view from, std::string_view to);

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
  using Table = absl::btree_map<std::string, std::unique_ptr<Stands>, std::less<>>;
  struct Shelf {
    mutable std::mutex mutex;
    // Guarded by mutex.
    Table table;
  };

  Shelf& shelf(Family family) { return shelves_[static_cast<std::size_t>(family)]; }
  const Shelf& shelf(Family family) const { return shelves_[static_cast<std::size_t>(family)]; }
  static const Stand* StandAt(const Stands& stands, std::uint64_t sequence);
  static std::size_t SizeOf(const Value& value) { return value ? value->size() : 0; }

  std::array<Shelf, kFamilies> shelves_;
  std::atomic<std::size_t> rows_{0};
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_ROW_LAYER_H_
