// storage/row_layer.h: rows in memory, over a store that does not have them yet.
//
// Every row keeps what each write made of it, by the write's sequence number, so that a reader sees the rows as of a
// write. Keys and values lie side by side in large pieces of memory; nothing is moved or given back before the layer
// goes. A layer has one writer at a time and any number of readers; no function blocks for longer than it takes to look
// up a few rows. Thread-safe.
#ifndef MENTORLOG_STORAGE_ROW_LAYER_H_
#define MENTORLOG_STORAGE_ROW_LAYER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "storage/row_order.h"
#include "storage/store.h"

namespace mentorlog::storage {

class RowLayer {
 public:
  static constexpr std::uint64_t kLatest = ~0ULL;

  // `like`: a layer of about as many rows; room is made for them. May be nullptr.
  explicit RowLayer(const RowLayer* like = nullptr);

  // Whether a layer takes rows of this family.
  static bool Takes(Family family) {
    return family == Family::kStreams || family == Family::kRequests || family == Family::kViews ||
           family == Family::kMeta;
  }

  // The row has this value (nullopt: it is deleted) from `sequence` on, which is not lower than that of any earlier
  // call.
  void Set(Family family, std::string_view key, std::optional<std::string_view> value, std::uint64_t sequence);

  // What follows lies in the layer and lives as long.
  using Value = RowView::Value;
  // The value as of `sequence`; nullopt: the layer does not know the row.
  std::optional<Value> Get(Family family, std::string_view key, std::uint64_t sequence) const;
  // The next rows behind `key` (with `at`: from it on) that are known as of `sequence`, in order, at most `max`.
  std::vector<RowView> After(Family family, std::string_view key, bool at, std::uint64_t sequence,
                             std::size_t max) const;
  // The last row before `key` (with `at`: up to it); none or one.
  std::vector<RowView> Before(Family family, std::string_view key, bool at, std::uint64_t sequence) const;
  // Every row with its latest value, in order of the keys. REQUIRES: nobody calls Set meanwhile.
  std::vector<RowView> All(Family family);
  // Forgets the rows in [from, to) (`to` empty: to the end), for every reader.
  void Forget(Family family, std::string_view from, std::string_view to);

  // New rows are put in order when the order is asked for, or here: so the writer need not. How many are not.
  void PutInOrder();
  std::size_t unordered() const;
  std::size_t rows() const { return rows_.load(std::memory_order_relaxed); }
  // Of all keys and values, also former and forgotten ones, with what lies before each.
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  // A key with its hash.
  struct Sought {
    std::string_view key;
    std::uint64_t hash;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const RowEntry* entry) const { return entry->hash; }
    std::size_t operator()(const Sought& sought) const { return sought.hash; }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const RowEntry* a, const RowEntry* b) const { return a == b; }
    bool operator()(const RowEntry* entry, const Sought& sought) const { return entry->key() == sought.key; }
  };
  // Single rows are looked for by their hash, by several threads at a time.
  struct Part {
    mutable std::mutex mutex;
    // Guarded by mutex.
    absl::flat_hash_set<RowEntry*, Hash, Equal> entries;
  };
  static constexpr std::size_t kParts = 16;
  struct Shelf {
    std::array<Part, kParts> parts;
    RowOrder order;
  };

  Shelf& shelf(Family family) { return shelves_[static_cast<std::size_t>(family)]; }
  const Shelf& shelf(Family family) const { return shelves_[static_cast<std::size_t>(family)]; }
  static std::size_t PartOf(std::uint64_t hash) { return (hash >> 40) % kParts; }
  RowEntry* NewEntry(const Sought& sought, const RowVersion* version);
  RowVersion* NewVersion(const std::optional<std::string_view>& value, std::uint64_t sequence);
  static std::optional<RowView> RowAt(const RowEntry& entry, std::uint64_t sequence);

  // Memory for so much more. The writer's own.
  void* Take(std::size_t bytes);

  // The writer's own.
  std::pmr::monotonic_buffer_resource memory_;
  std::array<Shelf, kFamilies> shelves_;
  std::atomic<std::size_t> rows_{0};
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_ROW_LAYER_H_
