// The key database: a folder of mode 0700 with one checked file of mode 0600 per log, `<log id>.digest-key`.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "storage/checked_file.h"
#include "storage/folder_lock.h"
#include "storage/keys.h"
#include "storage/refusal.h"

namespace mentorlog::storage {
namespace {

constexpr std::string_view kTitle = "mentorlog digest key 1";
constexpr std::string_view kExtension = ".digest-key";

// As chmod takes it: four octal digits.
std::string Octal(mode_t mode) {
  std::string digits;
  for (int shift = 9; shift >= 0; shift -= 3) digits.push_back(static_cast<char>('0' + ((mode >> shift) & 7)));
  return digits;
}

// OK if nobody but the owner may read or write it.
absl::Status RefuseExposed(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return FileError("look at", path, errno);
  if ((found.st_mode & 077) == 0) return absl::OkStatus();
  const bool folder = S_ISDIR(found.st_mode);
  return Refuse(absl::StatusCode::kFailedPrecondition, "KEYS_EXPOSED",
                absl::StrCat(path, ": mode ", Octal(found.st_mode), ", want ", folder ? "0700" : "0600",
                             "; others than the owner can reach the keys"),
                {{"path", path}});
}

class FileKeyStore final : public KeyStore {
 public:
  // `lock` is null in a store that only reads.
  FileKeyStore(std::string dir, std::unique_ptr<FolderLock> lock) : dir_(std::move(dir)), lock_(std::move(lock)) {}

  absl::StatusOr<Digest> DigestKey(const Id& log) const override {
    const std::lock_guard lock(mutex_);
    return Read(log);
  }
  absl::StatusOr<Digest> CreateDigestKey(const Id& log) override;

 private:
  std::string PathOf(const Id& log) const { return absl::StrCat(dir_, "/", log.ToHex(), std::string(kExtension)); }
  absl::StatusOr<Digest> Read(const Id& log) const;

  const std::string dir_;
  const std::unique_ptr<FolderLock> lock_;
  // One reads or writes at a time.
  mutable std::mutex mutex_;
};

absl::StatusOr<Digest> FileKeyStore::Read(const Id& log) const {
  const std::string path = PathOf(log);
  const auto values = ReadCheckedValues(path, kTitle, {"log", "key"});
  if (!values.ok()) return values.status();
  if (!*values) {
    return Refuse(absl::StatusCode::kNotFound, "NO_SUCH_THING", absl::StrCat(path, ": no digest key, want one"),
                  {{"log", log.ToHex()}});
  }
  if (absl::Status status = RefuseExposed(path); !status.ok()) return status;
  const std::string& log_hex = (**values)[0];
  const std::string& key_hex = (**values)[1];
  const std::string key = absl::HexStringToBytes(key_hex);
  Digest digest;
  if (log_hex != log.ToHex()) return Damaged(path, "belongs to log " + log_hex);
  if (key.size() != digest.size() || absl::BytesToHexString(key) != key_hex) return Damaged(path, "holds no key");
  std::memcpy(digest.data(), key.data(), digest.size());
  return digest;
}

absl::StatusOr<Digest> FileKeyStore::CreateDigestKey(const Id& log) {
  const std::lock_guard lock(mutex_);
  if (!lock_) return absl::FailedPreconditionError("digest key: the keys were opened read-only, want them for writing");
  const absl::StatusOr<Digest> existing = Read(log);
  if (existing.ok()) {
    return absl::AlreadyExistsError("digest key: log " + log.ToHex() + " has one, want it created once");
  }
  // A damaged key is never replaced: everything derived from it would be lost.
  if (!absl::IsNotFound(existing.status())) return existing.status();
  const std::string key = RandomBytes(Digest().size());
  if (absl::Status status =
          ReplaceCheckedFile(PathOf(log), kTitle, {{"log", log.ToHex()}, {"key", absl::BytesToHexString(key)}}, 0600);
      !status.ok()) {
    return status;
  }
  return Read(log);
}

}  // namespace

absl::StatusOr<std::unique_ptr<KeyStore>> OpenFileKeyStore(const std::string& dir, KeyAccess access) {
  if (access == KeyAccess::kReadWrite) {
    if (absl::Status status = MakeFolder(dir, 0700); !status.ok()) return status;
  }
  if (absl::Status status = RefuseExposed(dir); !status.ok()) return status;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    if (absl::Status status = RefuseExposed(entry.path().string()); !status.ok()) return status;
  }
  if (error) return FileError("list", dir, error.value());
  std::unique_ptr<FolderLock> lock;
  if (access == KeyAccess::kReadWrite) {
    auto taken = FolderLock::Take(dir);
    if (!taken.ok()) return taken.status();
    lock = *std::move(taken);
  }
  return std::unique_ptr<KeyStore>(std::make_unique<FileKeyStore>(dir, std::move(lock)));
}

}  // namespace mentorlog::storage
