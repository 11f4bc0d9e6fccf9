// storage/store.h: the seam between us and the disk.
//
// An ordered map of bytes per column family, with atomic batches and snapshots: the little of RocksDB that the
// log needs. Two implementations pass one contract suite (tests/storage/store_contract_test.cc): RocksStore
// and its in-memory twin. Reads may come from any thread; Write from any thread, batches are atomic in the
// order of the calls. Nothing here throws.
#ifndef MENTORLOG_STORAGE_STORE_H_
#define MENTORLOG_STORAGE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mentorlog::storage {

// The column families of design section 4; storage/README.md specifies every key and value.
enum class Family : std::uint8_t { kEvents, kParts, kStreams, kRequests, kViews, kGroups, kTree, kMeta };
inline constexpr int kFamilies = 8;
// What the keys of kStreams begin with.
inline constexpr std::size_t kStreamKeyBytes = 17;
// What those of kViews begin with: view (2 bytes) and version (4), and 16 of the entity, nearly always the whole of it.
inline constexpr std::size_t kEntityKeyBytes = 22;

// A row where it lies in memory.
struct RowView {
  // nullopt: the row is deleted.
  using Value = std::optional<std::string_view>;

  std::string_view key;
  Value value;
};

// Writes that happen together or not at all, in this order.
class Batch {
 public:
  struct Op {
    Family family;
    bool is_delete;
    std::string key;
    std::string value;
  };
  void Put(Family family, std::string key, std::string value) {
    ops_.push_back({family, false, std::move(key), std::move(value)});
  }
  void Delete(Family family, std::string key) { ops_.push_back({family, true, std::move(key), {}}); }
  void Add(Op op) { ops_.push_back(std::move(op)); }
  // A row that stays where it lies until the batch was written or is gone. No other operation is about its key.
  struct Lent {
    Family family;
    RowView row;
  };
  void Lend(Family family, const RowView& row) { lent_.push_back({family, row}); }
  const std::vector<Op>& ops() const { return ops_; }
  const std::vector<Lent>& lent() const { return lent_; }
  // The batch has none afterwards.
  std::vector<Op> TakeOps() { return std::exchange(ops_, {}); }
  bool empty() const { return ops_.empty() && lent_.empty(); }
  // How many operations there are.
  std::size_t size() const { return ops_.size() + lent_.size(); }
  // Bytes of all keys and values. Looks at each.
  std::size_t bytes() const {
    std::size_t bytes = 0;
    for (const Op& op : ops_) bytes += op.key.size() + op.value.size();
    for (const Lent& lent : lent_) bytes += lent.row.key.size() + (lent.row.value ? lent.row.value->size() : 0);
    return bytes;
  }
  void Clear() {
    ops_.clear();
    lent_.clear();
  }

 private:
  std::vector<Op> ops_;
  std::vector<Lent> lent_;
};

// A cursor over one family in byte order of the keys. Not thread-safe; must not outlive its store.
class Cursor {
 public:
  virtual ~Cursor() = default;
  // At the first key >= `key`.
  virtual void Seek(std::string_view key) = 0;
  // At the last key <= `key`.
  virtual void SeekForPrev(std::string_view key) = 0;
  virtual void Next() = 0;
  virtual void Prev() = 0;
  // False at the end, and after an error: check status() when it turns false.
  virtual bool Valid() const = 0;
  // REQUIRES: Valid(). The views live until the cursor moves.
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  // OK, or DATA_LOSS (checksum), or UNAVAILABLE (reason STORE_UNREADABLE): I/O, which may pass.
  virtual absl::Status status() const = 0;
};

// What a cursor may see and how. `kScan` does not fill the block cache, so that a replay of the whole log does
// not evict what live readers need. `kPoint` on kStreams, and `kEntity` on kViews, see only the rows whose first
// kStreamKeyBytes, or kEntityKeyBytes, are those of the key last sought (the whole key where it is shorter); in
// exchange whatever has no such row is told from a bloom filter: a stream without records, and most tables of the rows
// of views.
enum class ReadHint : std::uint8_t { kPoint, kScan, kEntity };

// How much of the key last sought begins every key that a cursor sees; nullopt: it sees all.
constexpr std::optional<std::size_t> SeenPrefixBytes(Family family, ReadHint hint) {
  if (family == Family::kStreams && hint == ReadHint::kPoint) return kStreamKeyBytes;
  if (family == Family::kViews && hint == ReadHint::kEntity) return kEntityKeyBytes;
  return std::nullopt;
}

// The store as of one moment. Thread-safe; must not outlive its store. Cheap: hold it for a request, not an hour.
class StoreSnapshot {
 public:
  virtual ~StoreSnapshot() = default;
  // nullopt if there is no such key. DATA_LOSS or UNAVAILABLE as Cursor::status.
  virtual absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const = 0;
  virtual std::unique_ptr<Cursor> NewCursor(Family family, ReadHint hint) const = 0;
};

// Whether a batch is on the disk when Write returns. kBuffered survives a crash of the process, not of the
// machine, and never survives without everything written before it.
enum class Durability : std::uint8_t { kSynced, kBuffered };

class Store {
 public:
  virtual ~Store() = default;
  virtual absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const = 0;
  virtual std::unique_ptr<StoreSnapshot> Snapshot() const = 0;
  // OK: visible, and with kSynced on the disk. UNKNOWN: the outcome is not known (a failed sync): the caller
  // must stop and the store must be reopened; every later Write answers UNKNOWN too. RESOURCE_EXHAUSTED
  // (reason STORAGE_FULL): the device is full, nothing visible.
  virtual absl::Status Write(Batch batch, Durability durability) = 0;
  // As Write with kBuffered, for rows of one family that may be very many; may have a cheaper way to take them.
  // REQUIRES: they are in the order of their keys, each key once.
  virtual absl::Status Load(Family family, std::span<const RowView> rows);
  // Writes that were kBuffered are on the disk afterwards. Errors as Write.
  virtual absl::Status Sync() = 0;
  // Drops every key in [from, to) of `family` (`to` empty: to the end), cheaply; for views that are dropped whole.
  // A snapshot taken before may or may not see them any more. Nobody else may write into the range meanwhile.
  virtual absl::Status DropRange(Family family, std::string_view from, std::string_view to) = 0;
  // OK; or UNKNOWN (reason OUTCOME_UNKNOWN): every Write would answer that, also if what failed did so in the
  // background and nobody has written since.
  virtual absl::Status Health() const = 0;
  // Free bytes on the device that holds the store; nullopt where that has no meaning.
  virtual std::optional<std::uint64_t> FreeBytes() const = 0;
  // Bytes on disk, estimated.
  virtual std::uint64_t SizeBytes() const = 0;
};

inline absl::Status Store::Load(Family family, std::span<const RowView> rows) {
  if (rows.empty()) return absl::OkStatus();
  Batch batch;
  for (const RowView& row : rows) batch.Lend(family, row);
  return Write(std::move(batch), Durability::kBuffered);
}

// The in-memory twin: same contract, nothing durable.
std::unique_ptr<Store> NewMemoryStore();

struct RocksOptions {
  // Cache of blocks, shared by all families.
  std::uint64_t block_cache_bytes = 128ULL << 20;
  // Created if missing? Offline tools say no.
  bool create_if_missing = true;
  // Store::Load makes a table of this many rows and more. Every table costs syncs, and is merged with others later.
  std::size_t table_rows_min = 32768;
  // Opened without taking the lock or writing anything.
  bool read_only = false;
};

// Opens the RocksDB in `dir`. FAILED_PRECONDITION (reason DATA_FOLDER_IN_USE): another process has it.
// DATA_LOSS (reason LOG_DAMAGED): it is damaged; says which file.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const std::string& dir, const RocksOptions& options);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_STORE_H_
