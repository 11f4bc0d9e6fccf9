// storage/version_rows.h: the rows of one version of a view, as its fold sees them: the store under what was not
// written yet.
//
// A fold of one entity is all or nothing (Begin, then Undo if it failed). What is written is collected by Flush. One
// version has one writer, so that what was read once is kept as a cache and is never stale; rows that are only
// written, as most are, do not fill it. Bounded. Not thread-safe: whoever drives the version owns it.
#ifndef MENTORLOG_STORAGE_VERSION_ROWS_H_
#define MENTORLOG_STORAGE_VERSION_ROWS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "storage/store.h"
#include "storage/view.h"

namespace mentorlog::storage {

// Rows as the store has them (nullopt: it has none), the ones asked for last. Two generations: the older one is let go
// when the younger is full, and what is asked for in it becomes young again.
class RowCache {
 public:
  using Row = std::optional<std::string>;

  // Valid until the next call; nullptr: not known.
  const Row* Find(std::string_view key);
  void Put(std::string key, Row row);
  void Clear();

 private:
  // Debian's absl does not take std::string_view for its own.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return absl::Hash<absl::string_view>()(absl::string_view(key.data(), key.size()));
    }
  };
  using Generation = absl::flat_hash_map<std::string, Row, Hash, std::equal_to<>>;

  Generation young_;
  Generation old_;
  std::size_t young_bytes_ = 0;
};

class VersionRows final : public Rows {
 public:
  VersionRows(const Store& store, std::string prefix) : store_(store), prefix_(std::move(prefix)) {}

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override;
  void Put(std::string_view key, std::string value) override { Set(key, std::move(value)); }
  void Delete(std::string_view key) override { Set(key, std::nullopt); }
  absl::Status Scan(std::string_view from, std::string_view to,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override;

  // A fold begins: what it writes can be undone until the next one begins.
  void Begin() { journal_.clear(); }
  void Undo();

  // Adds every unwritten row to `batch`.
  void Flush(Batch& batch) const;
  // The batch was written.
  void Committed();
  // It was not: back to what the store holds.
  void Forget();
  // Bytes not yet written.
  std::size_t unwritten_bytes() const { return unwritten_bytes_; }

 private:
  struct Unwritten {
    // nullopt: there is no such row.
    std::optional<std::string> value;
    // Somebody read it: kept in the cache once it is written.
    mutable bool read = false;
  };
  struct Change {
    std::string key;
    // nullopt: it was not among the unwritten ones.
    std::optional<Unwritten> before;
  };

  void Set(std::string_view key, std::optional<std::string> value);

  const Store& store_;
  const std::string prefix_;
  absl::btree_map<std::string, Unwritten, std::less<>> unwritten_;
  mutable RowCache cache_;
  std::vector<Change> journal_;
  std::size_t unwritten_bytes_ = 0;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_VERSION_ROWS_H_
