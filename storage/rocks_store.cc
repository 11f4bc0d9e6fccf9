// The store on RocksDB.
//
// Debian's RocksDB asserts that nothing of a database is alive when it is deleted: snapshots and cursors first,
// then the family handles, then Close, then the database. A store that is broken (see RocksFaults) refuses every
// write; reads go on.
#include <sys/statvfs.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rocksdb/convenience.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/sst_file_writer.h"
#include "rocksdb/write_batch.h"
#include "storage/checked_file.h"
#include "storage/failpoint.h"
#include "storage/refusal.h"
#include "storage/rocks_faults.h"
#include "storage/rocks_options.h"
#include "storage/rocks_store_internal.h"

namespace mentorlog::storage {
namespace {

// RocksDB is resumed after a full disk only when this much is free: it flushes its memtables then.
constexpr std::uint64_t kResumeBytesMin = 64 << 20;
// At a clean stop more than this in memory is flushed, so that the next start need not replay it.
constexpr std::uint64_t kUnflushedBytesMax = 4 << 20;
// What the names of tables begin with while they are being made.
constexpr std::string_view kTablePrefix = "unfinished-table-";

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// An open database and its handles.
class Database {
 public:
  using Handles = std::vector<rocksdb::ColumnFamilyHandle*>;

  Database(std::string dir, std::shared_ptr<RocksFaults> faults, std::unique_ptr<rocksdb::DB> db, Handles handles)
      : dir_(std::move(dir)), faults_(std::move(faults)), db_(std::move(db)), handles_(std::move(handles)) {}
  ~Database() {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
    db_->Close().PermitUncheckedError();
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB& db() const { return *db_; }
  // The handles are in the order of Family; the default family, which RocksDB insists on, comes last and is empty.
  rocksdb::ColumnFamilyHandle* handle(Family family) const { return handles_[static_cast<std::size_t>(family)]; }
  const Handles& handles() const { return handles_; }
  const std::string& dir() const { return dir_; }
  RocksFaults& faults() const { return *faults_; }

  absl::StatusOr<std::optional<std::string>> Get(const rocksdb::ReadOptions& options, Family family,
                                                 std::string_view key) const {
    rocksdb::PinnableSlice value;
    const rocksdb::Status status = db_->Get(options, handle(family), ToSlice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return ReadError(status, dir_);
    return std::optional<std::string>(std::in_place, value.data(), value.size());
  }

 private:
  const std::string dir_;
  // Shared with the database's options, which keep it until the database is gone.
  const std::shared_ptr<RocksFaults> faults_;
  const std::unique_ptr<rocksdb::DB> db_;
  const Handles handles_;
};

// A snapshot of RocksDB. Shared by a StoreSnapshot and the cursors made from it, which may outlive it: RocksDB's
// iterators look at their snapshot whenever they open another table.
class Pin {
 public:
  explicit Pin(const Database& database) : database_(database), snapshot_(database.db().GetSnapshot()) {}
  ~Pin() { database_.db().ReleaseSnapshot(snapshot_); }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;

  const Database& database() const { return database_; }
  rocksdb::ReadOptions ReadOptions() const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    return options;
  }

 private:
  const Database& database_;
  const rocksdb::Snapshot* const snapshot_;
};

class RocksCursor final : public Cursor {
 public:
  RocksCursor(std::shared_ptr<const Pin> pin, const rocksdb::ReadOptions& options, Family family)
      : pin_(std::move(pin)), iterator_(pin_->database().db().NewIterator(options, pin_->database().handle(family))) {}

  void Seek(std::string_view key) override { iterator_->Seek(ToSlice(key)); }
  void SeekForPrev(std::string_view key) override { iterator_->SeekForPrev(ToSlice(key)); }
  void Next() override { iterator_->Next(); }
  void Prev() override { iterator_->Prev(); }
  bool Valid() const override { return iterator_->Valid(); }
  std::string_view key() const override { return ToView(iterator_->key()); }
  std::string_view value() const override { return ToView(iterator_->value()); }
  absl::Status status() const override { return ReadError(iterator_->status(), pin_->database().dir()); }

 private:
  // Outlives the iterator: declared before it.
  const std::shared_ptr<const Pin> pin_;
  const std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksSnapshot final : public StoreSnapshot {
 public:
  explicit RocksSnapshot(const Database& database) : pin_(std::make_shared<const Pin>(database)) {}

  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const override {
    return pin_->database().Get(pin_->ReadOptions(), family, key);
  }
  std::unique_ptr<Cursor> NewCursor(Family family, ReadHint hint) const override {
    const bool one_prefix = SeenPrefixBytes(family, hint).has_value();
    rocksdb::ReadOptions options = pin_->ReadOptions();
    options.fill_cache = hint != ReadHint::kScan;
    options.prefix_same_as_start = one_prefix;
    options.total_order_seek = !one_prefix;
    return std::make_unique<RocksCursor>(pin_, options, family);
  }

 private:
  const std::shared_ptr<const Pin> pin_;
};

rocksdb::Status WriteTable(const std::string& path, std::span<const RowView> rows, const rocksdb::Options& options,
                           rocksdb::ColumnFamilyHandle* handle) {
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(options), options, handle);
  rocksdb::Status status = writer.Open(path);
  for (const RowView& row : rows) {
    if (!status.ok()) return status;
    status = row.value ? writer.Put(ToSlice(row.key), ToSlice(*row.value)) : writer.Delete(ToSlice(row.key));
  }
  return status.ok() ? writer.Finish() : status;
}

// A batch as RocksDB takes it, every key with its checksum.
class Writes {
 public:
  // What is to come.
  Writes(std::size_t bytes, std::size_t ops) : batch_(bytes + 16 * ops, 0, kProtectionBytesPerKey, 0) {}

  void Add(rocksdb::ColumnFamilyHandle* handle, std::string_view key, const RowView::Value& value) {
    Note(value ? batch_.Put(handle, ToSlice(key), ToSlice(*value)) : batch_.Delete(handle, ToSlice(key)));
  }
  void DropRange(rocksdb::ColumnFamilyHandle* handle, const rocksdb::Slice& from, const rocksdb::Slice& to) {
    Note(batch_.DeleteRange(handle, from, to));
  }
  rocksdb::WriteBatch& batch() { return batch_; }
  // What went wrong first.
  const rocksdb::Status& status() const { return status_; }

 private:
  void Note(const rocksdb::Status& status) {
    if (status_.ok()) status_ = status;
  }

  rocksdb::WriteBatch batch_;
  rocksdb::Status status_;
};

class RocksStore final : public Store {
 public:
  RocksStore(std::unique_ptr<Database> database, const RocksOptions& options)
      : database_(std::move(database)), read_only_(options.read_only), table_rows_min_(options.table_rows_min) {}
  ~RocksStore() override {
    if (!read_only_ && !faults().broken() && !faults().full()) Settle();
  }

  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const override {
    return database_->Get(rocksdb::ReadOptions(), family, key);
  }
  std::unique_ptr<StoreSnapshot> Snapshot() const override { return std::make_unique<RocksSnapshot>(*database_); }

  absl::Status Write(Batch batch, Durability durability) override {
    if (absl::Status status = Gate(); !status.ok()) return status;
    Writes writes(batch.bytes(), batch.size());
    for (const Batch::Op& op : batch.ops()) {
      writes.Add(database_->handle(op.family), op.key, op.is_delete ? std::nullopt : RowView::Value(op.value));
    }
    for (const auto& [family, row] : batch.lent()) writes.Add(database_->handle(family), row.key, row.value);
    return Commit(writes, durability);
  }

  absl::Status Load(Family family, std::span<const RowView> rows) override;

  absl::Status Sync() override {
    if (absl::Status status = Gate(); !status.ok()) return status;
    return faults().WriteError(database_->db().SyncWAL());
  }

  absl::Status DropRange(Family family, std::string_view from, std::string_view to) override;

  absl::Status Health() const override { return faults().Health(); }
  std::optional<std::uint64_t> FreeBytes() const override {
    struct statvfs device {};
    if (statvfs(database_->dir().c_str(), &device) != 0) return std::nullopt;
    return static_cast<std::uint64_t>(device.f_bavail) * device.f_frsize;
  }
  std::uint64_t SizeBytes() const override {
    return Property(rocksdb::DB::Properties::kLiveSstFilesSize) + Property(rocksdb::DB::Properties::kSizeAllMemTables);
  }

 private:
  RocksFaults& faults() const { return database_->faults(); }

  std::uint64_t Property(const std::string& name) const {
    std::uint64_t value = 0;
    return database_->db().GetAggregatedIntProperty(name, &value) ? value : 0;
  }

  // OK if writes may be tried. Ends RocksDB's state "full" when there is space again.
  absl::Status Gate() {
    if (read_only_)
      return absl::FailedPreconditionError("write: the store was opened read-only, want it opened for writing");
    if (faults().broken()) return faults().WriteError(rocksdb::Status::Aborted("an earlier write failed"));
    if (!faults().full()) return absl::OkStatus();
    const std::lock_guard lock(resume_mutex_);
    if (!faults().full()) return absl::OkStatus();
    if (FreeBytes().value_or(0) < kResumeBytesMin) return faults().WriteError(rocksdb::Status::NoSpace());
    const rocksdb::Status resumed = database_->db().Resume();
    if (resumed.ok()) faults().Resumed();
    return faults().WriteError(resumed);
  }

  absl::Status Commit(Writes& writes, Durability durability) {
    if (!writes.status().ok()) return absl::InternalError(absl::StrCat("batch: ", writes.status().ToString()));
    rocksdb::WriteOptions options;
    options.sync = durability == Durability::kSynced;
    return faults().WriteError(database_->db().Write(options, &writes.batch()));
  }

  // At a clean stop: all is on the disk and little is left to replay.
  void Settle() {
    database_->db().SyncWAL().PermitUncheckedError();
    if (Property(rocksdb::DB::Properties::kCurSizeAllMemTables) <= kUnflushedBytesMax) return;
    database_->db().Flush(rocksdb::FlushOptions(), database_->handles()).PermitUncheckedError();
  }

  const std::unique_ptr<Database> database_;
  const bool read_only_;
  const std::size_t table_rows_min_;
  // Made so far.
  std::atomic<std::uint64_t> tables_{0};
  std::mutex untaken_mutex_;
  // Guarded by untaken_mutex_: tables that could not be taken over.
  std::vector<std::string> untaken_;
  // One resumes, the others wait.
  std::mutex resume_mutex_;
};

// Whether a file can have a second name beside its first, as a few file systems do not allow.
bool CanBeLinked(const std::string& path) {
  std::error_code error;
  const std::string second = path + ".link";
  std::filesystem::create_hard_link(path, second, error);
  if (error) return false;
  std::filesystem::remove(second, error);
  return !error;
}

// Many rows become a table that RocksDB takes over as it is: a row costs a tenth of what it costs a memtable, a WAL and
// a flush. It is on the disk then, with all that was written before it or without: nothing that it holds is ahead of a
// synced record.
absl::Status RocksStore::Load(Family family, std::span<const RowView> rows) {
  if (rows.size() < table_rows_min_) return Store::Load(family, rows);
  if (absl::Status status = Gate(); !status.ok()) return status;
  rocksdb::DB& db = database_->db();
  rocksdb::ColumnFamilyHandle* const handle = database_->handle(family);
  const std::string path = absl::StrCat(database_->dir(), "/", std::string(kTablePrefix), tables_.fetch_add(1), ".sst");
  if (const rocksdb::Status made = WriteTable(path, rows, db.GetOptions(handle), handle); !made.ok()) {
    db.GetEnv()->DeleteFile(path).PermitUncheckedError();
    // Not in order, against the contract. A store that breaks for it would do so again after every start.
    if (made.IsInvalidArgument()) return Store::Load(family, rows);
    return faults().WriteError(made);
  }
  Failpoint("before_table");
  rocksdb::IngestExternalFileOptions options;
  options.move_files = CanBeLinked(path);
  options.write_global_seqno = false;
  // If this fails, the file stays: the manifest may name it all the same.
  const rocksdb::Status taken = db.IngestExternalFile(handle, {path}, options);
  const std::lock_guard lock(untaken_mutex_);
  if (!taken.ok()) {
    untaken_.push_back(path);
    return faults().WriteError(taken);
  }
  // The manifest was written since, and says what it names.
  for (const std::string& former : std::exchange(untaken_, {})) db.GetEnv()->DeleteFile(former).PermitUncheckedError();
  if (!options.move_files) db.GetEnv()->DeleteFile(path).PermitUncheckedError();
  return absl::OkStatus();
}

absl::Status RocksStore::DropRange(Family family, std::string_view from, std::string_view to) {
  if (absl::Status status = Gate(); !status.ok()) return status;
  rocksdb::DB& db = database_->db();
  rocksdb::ColumnFamilyHandle* const handle = database_->handle(family);
  std::string end(to);
  if (end.empty()) {
    const auto cursor = Snapshot()->NewCursor(family, ReadHint::kScan);
    // No key of ours is as long as this.
    cursor->SeekForPrev(std::string(4096, '\xff'));
    if (!cursor->Valid()) return cursor->status();
    end = std::string(cursor->key()) + '\0';
  }
  if (from >= end) return absl::OkStatus();

  // Whole files first: what older versions lie below them is hidden by the range tombstone that follows.
  const rocksdb::Slice begin_slice = ToSlice(from);
  const rocksdb::Slice end_slice(end);
  if (absl::Status status = faults().WriteError(
          rocksdb::DeleteFilesInRange(&db, handle, &begin_slice, &end_slice, /*include_end=*/false));
      !status.ok()) {
    return status;
  }
  Writes writes(end.size() + from.size(), 1);
  writes.DropRange(handle, begin_slice, end_slice);
  if (absl::Status status = Commit(writes, Durability::kSynced); !status.ok()) return status;
  // A range tombstone that stays makes every later seek slow.
  rocksdb::CompactRangeOptions compaction;
  compaction.exclusive_manual_compaction = false;
  return faults().WriteError(db.CompactRange(compaction, handle, &begin_slice, &end_slice));
}

// Tables that were being made when the process ended; nobody knows of them. One that stays would be written into by its
// next namesake, and may be a second name of a table that RocksDB has.
absl::Status RemoveUnfinishedTables(const std::string& dir) {
  std::error_code error;
  std::vector<std::filesystem::path> left;
  for (std::filesystem::directory_iterator entry(dir, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().filename().string().starts_with(kTablePrefix)) left.push_back(entry->path());
  }
  for (const auto& path : left) {
    if (!error) std::filesystem::remove(path, error);
  }
  if (!error) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(dir, ": an ", std::string(kTablePrefix),
                                                    "N.sst that a crash left cannot be removed (", error.message(),
                                                    "), want a folder that can be written"));
}

// A folder with tables or a WAL but without CURRENT had a log once: RocksDB would make a new one over it.
absl::Status RefuseBeheaded(const std::string& dir) {
  std::error_code error;
  if (std::filesystem::exists(dir + "/CURRENT", error)) return absl::OkStatus();
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".sst" || extension == ".log") {
      return Damaged(dir + "/CURRENT", "missing, though " + entry.path().filename().string() + " is there");
    }
  }
  return absl::OkStatus();
}

absl::Status PrepareFolder(const std::string& dir, const RocksOptions& options) {
  if (options.create_if_missing && !options.read_only) {
    if (absl::Status status = MakeFolder(dir, 0700); !status.ok()) return status;
  }
  if (absl::Status status = RefuseBeheaded(dir); !status.ok()) return status;
  std::error_code error;
  if ((options.read_only || !options.create_if_missing) && !std::filesystem::exists(dir + "/CURRENT", error)) {
    return Refuse(absl::StatusCode::kNotFound, "NO_SUCH_THING", absl::StrCat(dir, ": no log here, want one"),
                  {{"dir", dir}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStoreOn(rocksdb::Env* env, const std::string& dir,
                                                        const RocksOptions& options) {
  if (absl::Status status = PrepareFolder(dir, options); !status.ok()) return status;
  const auto faults = std::make_shared<RocksFaults>();
  const rocksdb::DBOptions db_options = DatabaseOptions(options, env, faults);
  const auto cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (int i = 0; i < kFamilies; ++i) {
    const auto family = static_cast<Family>(i);
    families.emplace_back(FamilyName(family), FamilyOptions(family, cache));
  }
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, FamilyOptions(Family::kMeta, cache));

  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status opened = options.read_only
                                     ? rocksdb::DB::OpenForReadOnly(db_options, dir, families, &handles, &db)
                                     : rocksdb::DB::Open(db_options, dir, families, &handles, &db);
  if (!opened.ok()) return OpenError(opened, dir);
  auto database = std::make_unique<Database>(dir, faults, std::unique_ptr<rocksdb::DB>(db), std::move(handles));
  // Not before it is open: a table whose taking over was cut short may be needed by hand.
  if (!options.read_only) {
    if (absl::Status status = RemoveUnfinishedTables(dir); !status.ok()) return status;
  }
  return std::unique_ptr<Store>(std::make_unique<RocksStore>(std::move(database), options));
}

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const std::string& dir, const RocksOptions& options) {
  return OpenRocksStoreOn(rocksdb::Env::Default(), dir, options);
}

}  // namespace mentorlog::storage
