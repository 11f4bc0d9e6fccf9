#include "storage/data_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "storage/checked_file.h"
#include "storage/folder_lock.h"
#include "storage/refusal.h"

namespace mentorlog::storage {
namespace {

// What RocksDB needs besides the tables that it writes when it replays the WAL.
constexpr std::uint64_t kOpenBytesMin = 8 << 20;

std::uint64_t FreeBytesAt(const std::string& dir) {
  struct statvfs device {};
  if (statvfs(dir.c_str(), &device) != 0) return 0;
  return static_cast<std::uint64_t>(device.f_bavail) * device.f_frsize;
}

std::uint64_t WalBytes(const std::string& log_dir) {
  std::error_code error;
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(log_dir, error)) {
    if (entry.path().extension() == ".log") bytes += entry.file_size(error);
  }
  return bytes;
}

// Logs whose digest key lies in the key database.
std::vector<Id> LogsWithKeys(const std::string& keys_dir) {
  std::error_code error;
  std::vector<Id> logs;
  for (const auto& entry : std::filesystem::directory_iterator(keys_dir, error)) {
    const std::optional<Id> id = Id::FromHex(entry.path().stem().string());
    if (id && entry.path().extension() == ".digest-key") logs.push_back(*id);
  }
  std::sort(logs.begin(), logs.end());
  return logs;
}

std::vector<Id> LogsIn(const std::string& logs_dir) {
  std::error_code error;
  std::vector<Id> logs;
  for (const auto& entry : std::filesystem::directory_iterator(logs_dir, error)) {
    const std::string name = entry.path().filename().string();
    const std::optional<Id> id = Id::FromHex(name);
    if (id && id->ToHex() == name && entry.is_directory(error)) logs.push_back(*id);
  }
  std::sort(logs.begin(), logs.end());
  return logs;
}

bool Contains(const std::vector<Id>& logs, const Id& log) {
  return std::find(logs.begin(), logs.end(), log) != logs.end();
}

// A log with a key was there once: to begin another in its place, or it anew, would hide that its folder is gone.
absl::Status RefuseLost(const std::string& dir, const std::vector<Id>& logs, const std::optional<Id>& wanted) {
  for (const Id& log : LogsWithKeys(dir + "/keys")) {
    if (Contains(logs, log) || (wanted && *wanted != log)) continue;
    return Refuse(absl::StatusCode::kFailedPrecondition, "LOG_MISSING",
                  absl::StrCat(dir, ": the keys know log ", log.ToHex(), " and logs/", log.ToHex(),
                               " is gone; bring it back, or take its key away to begin anew"),
                  {{"log", log.ToHex()}});
  }
  return absl::OkStatus();
}

// Which log to open; see DataFolderOptions::log.
absl::StatusOr<Id> Choose(const std::string& dir, const DataFolderOptions& options) {
  const std::string logs_dir = dir + "/logs";
  const std::vector<Id> logs = LogsIn(logs_dir);
  const bool may_make = options.rocks.create_if_missing && !options.rocks.read_only;
  if (options.log) {
    if (Contains(logs, *options.log)) return *options.log;
    if (absl::Status status = RefuseLost(dir, logs, options.log); !status.ok()) return status;
    if (may_make) return *options.log;
    return Refuse(absl::StatusCode::kNotFound, "NO_SUCH_THING",
                  absl::StrCat(logs_dir, ": no log ", options.log->ToHex(), ", want it there"),
                  {{"log", options.log->ToHex()}});
  }
  if (logs.size() == 1) return logs.front();
  if (!logs.empty()) {
    const std::string names =
        absl::StrJoin(logs, ", ", [](std::string* out, const Id& id) { absl::StrAppend(out, id.ToHex()); });
    return Refuse(absl::StatusCode::kFailedPrecondition, "LOG_NOT_CHOSEN",
                  absl::StrCat(logs_dir, ": holds ", logs.size(), " logs, want one of them named: ", names),
                  {{"logs", names}});
  }
  if (may_make) {
    if (absl::Status status = RefuseLost(dir, logs, std::nullopt); !status.ok()) return status;
    return *Id::FromBytes(RandomBytes(Id().bytes.size()));
  }
  return Refuse(absl::StatusCode::kNotFound, "NO_SUCH_THING", absl::StrCat(logs_dir, ": no log here, want one"),
                {{"dir", logs_dir}});
}

// Space that is really allocated, and given back when the log could not be opened without it.
class Ballast {
 public:
  Ballast(std::string path, std::uint64_t bytes) : path_(std::move(path)), bytes_(bytes) {}

  // True if there was any.
  bool Release() const {
    if (unlink(path_.c_str()) != 0) return false;
    // The space is free without it; only a crash right now would bring the file back.
    SyncFolder(std::filesystem::path(path_).parent_path().string()).IgnoreError();
    return true;
  }

  absl::Status Restore(std::uint64_t free_bytes) const {
    if (bytes_ == 0 || Holds() || free_bytes / 2 < bytes_) return absl::OkStatus();
    const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return FileError("create", path_, errno);
    const int error = posix_fallocate(fd, 0, static_cast<off_t>(bytes_));
    close(fd);
    if (error == 0) return absl::OkStatus();
    unlink(path_.c_str());
    return FileError("allocate", path_, error);
  }

 private:
  bool Holds() const {
    struct stat found {};
    return stat(path_.c_str(), &found) == 0 && static_cast<std::uint64_t>(found.st_blocks) * 512 >= bytes_;
  }

  const std::string path_;
  const std::uint64_t bytes_;
};

class OwnedFolder final : public DataFolder {
 public:
  OwnedFolder(std::string dir, const DataFolderOptions& options)
      : dir_(std::move(dir)), ballast_(dir_ + "/ballast", options.ballast_bytes), options_(options) {}

  absl::Status Start();

  KeyStore& keys() override { return *keys_; }
  Store& store() override { return *store_; }
  const Id& log_id() const override { return log_; }
  const std::string& dir() const override { return dir_; }
  absl::Status RestoreBallast() override {
    if (options_.rocks.read_only) return absl::OkStatus();
    return ballast_.Restore(FreeBytesAt(dir_));
  }

 private:
  absl::Status OpenLog();

  const std::string dir_;
  const Ballast ballast_;
  const DataFolderOptions options_;
  // Constant after Start. In this order, so that the lock goes last.
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<KeyStore> keys_;
  Id log_;
  std::unique_ptr<Store> store_;
};

absl::Status OwnedFolder::Start() {
  if (!options_.rocks.read_only) {
    if (absl::Status status = MakeFolder(dir_, 0700); !status.ok()) return status;
    auto lock = FolderLock::Take(dir_);
    if (!lock.ok()) return lock.status();
    lock_ = *std::move(lock);
  }
  absl::Status status = OpenLog();
  if (absl::IsResourceExhausted(status) && !options_.rocks.read_only && ballast_.Release()) status = OpenLog();
  if (!status.ok()) return status;
  // No room for it is no reason not to open: the ledger refuses proposals below its watermark.
  RestoreBallast().IgnoreError();
  return absl::OkStatus();
}

absl::Status OwnedFolder::OpenLog() {
  const bool read_only = options_.rocks.read_only;
  const std::string logs_dir = dir_ + "/logs";
  const absl::StatusOr<Id> log = Choose(dir_, options_);
  if (!log.ok()) return log.status();
  log_ = *log;
  const std::string log_dir = logs_dir + "/" + log_.ToHex();

  // RocksDB may abort when the disk fills up while it opens: it is not let near that.
  const std::uint64_t wanted = kOpenBytesMin + WalBytes(log_dir);
  const std::uint64_t free_bytes = read_only ? wanted : FreeBytesAt(dir_);
  if (free_bytes < wanted) {
    return Refuse(absl::StatusCode::kResourceExhausted, "STORAGE_FULL",
                  absl::StrCat(dir_, ": ", free_bytes, " bytes free, want at least ", wanted, " to open the log"),
                  {{"dir", dir_}});
  }
  // A second attempt must not meet the lock of the first.
  keys_.reset();
  auto keys = OpenFileKeyStore(dir_ + "/keys", read_only ? KeyAccess::kReadOnly : KeyAccess::kReadWrite);
  if (!keys.ok()) return keys.status();
  keys_ = *std::move(keys);
  auto store = OpenRocksStore(log_dir, options_.rocks);
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Id> DataFolder::ChooseLog(const std::string& dir, const DataFolderOptions& options) {
  return Choose(dir, options);
}

absl::StatusOr<std::unique_ptr<DataFolder>> DataFolder::Open(const std::string& dir, const DataFolderOptions& options) {
  auto folder = std::make_unique<OwnedFolder>(dir, options);
  if (absl::Status status = folder->Start(); !status.ok()) return status;
  return std::unique_ptr<DataFolder>(std::move(folder));
}

}  // namespace mentorlog::storage
