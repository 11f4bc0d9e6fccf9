// storage/row_order.h: the rows of a layer in memory, and their order.
//
// Rows are added as they come and put in order later: a few at a time become a sorted run, and runs of like lengths are
// merged into one, so that there are few. A run that there is never changes. One thread adds, one at a time merges, any
// number read. Thread-safe.
#ifndef MENTORLOG_STORAGE_ROW_ORDER_H_
#define MENTORLOG_STORAGE_ROW_ORDER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"

namespace mentorlog::storage {

// What a row is from a write on. Its value lies behind it in memory.
struct RowVersion {
  std::uint64_t sequence;
  // nullptr: this is the first one.
  const RowVersion* older;
  std::uint32_t size;
  bool is_delete;

  std::string_view value() const { return {reinterpret_cast<const char*>(this + 1), size}; }
};

// A row. Its key lies behind it in memory.
struct RowEntry {
  std::uint64_t hash;
  // nullptr: it was forgotten.
  std::atomic<const RowVersion*> newest;
  std::uint32_t key_size;

  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_size}; }
};

class RowOrder {
 public:
  // A row's place. Most keys differ in the 16 bytes behind the prefix of a view's version, and are compared without a
  // look at the row.
  struct Place {
    std::array<std::uint64_t, 3> head;
    RowEntry* entry;
  };
  using Run = std::vector<Place>;
  // The longer first.
  using Runs = std::vector<std::shared_ptr<const Run>>;
  using Visitor = absl::FunctionRef<bool(RowEntry&)>;

  // Adds a row that is not there.
  void Add(RowEntry* entry);
  // How many were added since runs were last merged.
  std::size_t unmerged() const { return unmerged_.load(std::memory_order_relaxed); }
  // Makes few runs of many; one if `whole`, for which nobody may add meanwhile.
  void Merge(bool whole);

  // Visits the rows behind `key` (with `at`: from it on) in order, until `visit` answers false.
  void Ascend(std::string_view key, bool at, Visitor visit) const;
  // Visits the rows before `key` (with `at`: up to it) downwards, until `visit` answers false.
  void Descend(std::string_view key, bool at, Visitor visit) const;

 private:
  // Everything that was added.
  Runs All() const;

  std::atomic<std::size_t> unmerged_{0};
  // Held while runs are merged; taken before mutex_.
  std::mutex merging_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  mutable std::vector<RowEntry*> added_;
  mutable Runs runs_;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_ROW_ORDER_H_
