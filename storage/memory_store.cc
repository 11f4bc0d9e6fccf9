// The in-memory twin of the RocksDB store.
//
// Every key holds its versions, oldest first; a snapshot pins a sequence number and sees the newest version at or
// below it. A version that no pinned sequence can see any more is dropped by a later Write, so that a snapshot
// costs nothing to take and little to keep. A key whose version is visible to a pinned cursor is never erased,
// therefore a cursor may keep its place in the map while others write.
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <utility>

#include "storage/store.h"

namespace mentorlog::storage {
namespace {

using Sequence = std::uint64_t;

struct Version {
  Sequence sequence = 0;
  // Null: deleted. Shared with the cursors that stand on it, so that their views live until they move.
  std::shared_ptr<const std::string> value;
};
using Versions = std::vector<Version>;
using Table = std::map<std::string, Versions, std::less<>>;

// The newest version at or below `at`; null if none, or if it is a delete.
std::shared_ptr<const std::string> VisibleAt(const Versions& versions, Sequence at) {
  const auto after =
      std::upper_bound(versions.begin(), versions.end(), at,
                       [](Sequence wanted, const Version& version) { return wanted < version.sequence; });
  if (after == versions.begin()) return nullptr;
  return std::prev(after)->value;
}

// What the store, its snapshots and its cursors share.
class Tables {
 public:
  // Keeps what is visible now visible until Unpin.
  Sequence Pin() {
    const std::unique_lock lock(mutex_);
    pinned_.insert(last_);
    return last_;
  }
  void Unpin(Sequence sequence) {
    const std::unique_lock lock(mutex_);
    pinned_.erase(pinned_.find(sequence));
  }

  std::optional<std::string> Get(Family family, std::string_view key, std::optional<Sequence> at) const {
    const std::shared_lock lock(mutex_);
    const Table& table = tables_[static_cast<std::size_t>(family)];
    const auto found = table.find(key);
    if (found == table.end()) return std::nullopt;
    const auto value = VisibleAt(found->second, at.value_or(last_));
    if (!value) return std::nullopt;
    return *value;
  }

  void Write(const Batch& batch) {
    const std::unique_lock lock(mutex_);
    Sweep();
    ++last_;
    for (const Batch::Op& op : batch.ops()) {
      Set(op.family, op.key, op.is_delete ? nullptr : std::make_shared<const std::string>(op.value));
    }
    for (const auto& [family, row] : batch.lent()) {
      Set(family, std::string(row.key), row.value ? std::make_shared<const std::string>(*row.value) : nullptr);
    }
  }

  void DropRange(Family family, std::string_view from, std::string_view to) {
    const std::unique_lock lock(mutex_);
    Sweep();
    ++last_;
    const Table& table = tables_[static_cast<std::size_t>(family)];
    std::vector<std::string> keys;
    for (auto at = table.lower_bound(from); at != table.end() && (to.empty() || at->first < to); ++at) {
      keys.push_back(at->first);
    }
    for (const std::string& key : keys) Set(family, key, nullptr);
  }

  std::uint64_t SizeBytes() const {
    const std::shared_lock lock(mutex_);
    std::uint64_t bytes = 0;
    for (const Table& table : tables_) {
      for (const auto& [key, versions] : table) {
        if (const auto value = VisibleAt(versions, last_)) bytes += key.size() + value->size();
      }
    }
    return bytes;
  }

  // Guards the tables while a cursor moves.
  std::shared_mutex& mutex() const { return mutex_; }
  const Table& table(Family family) const { return tables_[static_cast<std::size_t>(family)]; }

 private:
  struct Superseded {
    Sequence by = 0;
    Family family = Family::kMeta;
    std::string key;
  };

  // REQUIRES: mutex_ is held. Adds a version, or replaces what this batch wrote before.
  void Set(Family family, const std::string& key, std::shared_ptr<const std::string> value) {
    Table& table = tables_[static_cast<std::size_t>(family)];
    const auto found = table.find(key);
    if (found == table.end()) {
      if (value) table.emplace(key, Versions{{last_, std::move(value)}});
      return;
    }
    Versions& versions = found->second;
    if (versions.back().sequence == last_) {
      versions.back().value = std::move(value);
    } else {
      versions.push_back({last_, std::move(value)});
    }
    superseded_.push_back({last_, family, key});
  }

  // REQUIRES: mutex_ is held. Drops the versions that nobody can see.
  void Sweep() {
    const Sequence oldest = pinned_.empty() ? last_ : *pinned_.begin();
    while (!superseded_.empty() && superseded_.front().by <= oldest) {
      Table& table = tables_[static_cast<std::size_t>(superseded_.front().family)];
      if (const auto found = table.find(superseded_.front().key); found != table.end()) {
        Versions& versions = found->second;
        const auto keep = std::find_if(versions.rbegin(), versions.rend(),
                                       [oldest](const Version& version) { return version.sequence <= oldest; });
        if (keep != versions.rend()) versions.erase(versions.begin(), std::prev(keep.base()));
        if (versions.size() == 1 && !versions.front().value) table.erase(found);
      }
      superseded_.pop_front();
    }
  }

  mutable std::shared_mutex mutex_;
  // Guarded by mutex_.
  std::array<Table, kFamilies> tables_;
  std::multiset<Sequence> pinned_;
  // Keys that hold more than their newest version, in the order of the writes that made them so.
  std::deque<Superseded> superseded_;
  Sequence last_ = 0;
};

// A pinned sequence. Shared by a snapshot and the cursors made from it, which may outlive it.
class PinnedTables {
 public:
  explicit PinnedTables(std::shared_ptr<Tables> tables) : tables_(std::move(tables)), sequence_(tables_->Pin()) {}
  ~PinnedTables() { tables_->Unpin(sequence_); }
  PinnedTables(const PinnedTables&) = delete;
  PinnedTables& operator=(const PinnedTables&) = delete;

  const Tables& tables() const { return *tables_; }
  Sequence sequence() const { return sequence_; }

 private:
  const std::shared_ptr<Tables> tables_;
  const Sequence sequence_;
};

class MemoryCursor final : public Cursor {
 public:
  MemoryCursor(std::shared_ptr<const PinnedTables> pin, Family family, ReadHint hint)
      : pin_(std::move(pin)), table_(pin_->tables().table(family)), seen_bytes_(SeenPrefixBytes(family, hint)) {}

  void Seek(std::string_view key) override {
    const std::shared_lock lock(pin_->tables().mutex());
    if (seen_bytes_) seen_ = key.substr(0, *seen_bytes_);
    at_ = table_.lower_bound(key);
    Forward();
  }
  void SeekForPrev(std::string_view key) override {
    const std::shared_lock lock(pin_->tables().mutex());
    if (seen_bytes_) seen_ = key.substr(0, *seen_bytes_);
    at_ = table_.upper_bound(key);
    Backward();
  }
  void Next() override {
    const std::shared_lock lock(pin_->tables().mutex());
    ++at_;
    Forward();
  }
  void Prev() override {
    const std::shared_lock lock(pin_->tables().mutex());
    Backward();
  }
  bool Valid() const override { return value_ != nullptr; }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return *value_; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  // Both REQUIRE the mutex. To the first visible key at or after at_.
  void Forward() {
    for (; at_ != table_.end(); ++at_) {
      value_ = VisibleAt(at_->second, pin_->sequence());
      if (value_) break;
    }
    if (at_ == table_.end() || IsBeyond()) value_ = nullptr;
  }
  // To the last visible key before at_.
  void Backward() {
    value_ = nullptr;
    while (value_ == nullptr && at_ != table_.begin()) {
      --at_;
      value_ = VisibleAt(at_->second, pin_->sequence());
    }
    if (value_ != nullptr && IsBeyond()) value_ = nullptr;
  }
  bool IsBeyond() const { return seen_bytes_ && std::string_view(at_->first).substr(0, *seen_bytes_) != seen_; }

  const std::shared_ptr<const PinnedTables> pin_;
  const Table& table_;
  const std::optional<std::size_t> seen_bytes_;
  // What every key begins with that is seen.
  std::string seen_;
  Table::const_iterator at_;
  // Null: not valid.
  std::shared_ptr<const std::string> value_;
};

class MemorySnapshot final : public StoreSnapshot {
 public:
  explicit MemorySnapshot(std::shared_ptr<Tables> tables)
      : pin_(std::make_shared<const PinnedTables>(std::move(tables))) {}

  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const override {
    return pin_->tables().Get(family, key, pin_->sequence());
  }
  std::unique_ptr<Cursor> NewCursor(Family family, ReadHint hint) const override {
    return std::make_unique<MemoryCursor>(pin_, family, hint);
  }

 private:
  const std::shared_ptr<const PinnedTables> pin_;
};

class MemoryStore final : public Store {
 public:
  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const override {
    return tables_->Get(family, key, std::nullopt);
  }
  std::unique_ptr<StoreSnapshot> Snapshot() const override { return std::make_unique<MemorySnapshot>(tables_); }
  absl::Status Write(Batch batch, Durability /*durability*/) override {
    if (!batch.empty()) tables_->Write(batch);
    return absl::OkStatus();
  }
  absl::Status Sync() override { return absl::OkStatus(); }
  absl::Status Health() const override { return absl::OkStatus(); }
  absl::Status DropRange(Family family, std::string_view from, std::string_view to) override {
    tables_->DropRange(family, from, to);
    return absl::OkStatus();
  }
  std::optional<std::uint64_t> FreeBytes() const override { return std::nullopt; }
  std::uint64_t SizeBytes() const override { return tables_->SizeBytes(); }

 private:
  // Shared with snapshots and cursors only so that an unpin needs no back reference to the store.
  const std::shared_ptr<Tables> tables_ = std::make_shared<Tables>();
};

}  // namespace

std::unique_ptr<Store> NewMemoryStore() { return std::make_unique<MemoryStore>(); }

}  // namespace mentorlog::storage
