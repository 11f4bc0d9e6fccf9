// storage/version_rows.h: the rows of one version of a view, as its fold sees them: the store under what was not
// written yet.
//
// A fold of one entity is all or nothing (Begin, then Undo if it failed). What is written is collected by Flush and
// kept as a cache after Committed: one version has one writer, so that a cached row is never stale. Bounded. Not
// thread-safe: whoever drives the version owns it.
#ifndef MENTORLOG_STORAGE_VERSION_ROWS_H_
#define MENTORLOG_STORAGE_VERSION_ROWS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store.h"
#include "storage/view.h"

namespace mentorlog::storage {

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
  void Flush(Batch& batch);
  // The batch was written.
  void Committed();
  // It was not: back to what the store holds.
  void Forget();
  // Bytes not yet written.
  std::size_t unwritten_bytes() const { return unwritten_bytes_; }

 private:
  enum class State : std::uint8_t { kUnknown, kAsStored, kUnwritten };
  struct Entry {
    State state = State::kUnknown;
    // nullopt: there is no such row.
    std::optional<std::string> value;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  struct Change {
    Entries::iterator at;
    Entry before;
  };

  void Set(std::string_view key, std::optional<std::string> value);

  const Store& store_;
  const std::string prefix_;
  // A cache: Get remembers what it read.
  mutable Entries entries_;
  mutable std::size_t cached_bytes_ = 0;
  std::vector<Entries::iterator> unwritten_;
  std::vector<Change> journal_;
  std::size_t unwritten_bytes_ = 0;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_VERSION_ROWS_H_
