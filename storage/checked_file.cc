#include "storage/checked_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "storage/failpoint.h"
#include "storage/keys.h"
#include "storage/refusal.h"

namespace mentorlog::storage {
namespace {

constexpr std::string_view kChecksumName = "sha256 ";

// Owns a file descriptor.
class File {
 public:
  File(const std::string& path, int flags, mode_t mode) : fd_(open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  const int fd_;
};

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::string HexChecksum(std::string_view body) { return absl::BytesToHexString(DigestBytes(Sha256(body))); }

absl::StatusOr<std::optional<std::string>> ReadSmallFile(const std::string& path) {
  const File file(path, O_RDONLY, 0);
  if (!file.ok() && errno == ENOENT) return std::optional<std::string>();
  if (!file.ok()) return FileError("open", path, errno);
  std::string bytes(kCheckedFileBytesMax + 1, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = read(file.fd(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", path, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled > kCheckedFileBytesMax) return Damaged(path, absl::StrCat("longer than ", kCheckedFileBytesMax, " bytes"));
  bytes.resize(filled);
  return std::optional<std::string>(std::move(bytes));
}

absl::Status WriteAndSync(const std::string& path, std::string_view bytes, mode_t mode) {
  const File file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
  if (!file.ok()) return FileError("create", path, errno);
  // A file left over by a crash keeps its old mode otherwise.
  if (fchmod(file.fd(), mode) != 0) return FileError("chmod", path, errno);
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t put = write(file.fd(), bytes.data() + written, bytes.size() - written);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return FileError("write", path, errno);
    written += static_cast<std::size_t>(put);
  }
  if (fsync(file.fd()) != 0) return FileError("sync", path, errno);
  return absl::OkStatus();
}

// The next line without its end; nullopt if none is whole.
std::optional<std::string_view> TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

absl::Status Damaged(const std::string& path, std::string_view how) {
  return Refuse(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
                absl::StrCat(path, ": ", absl::string_view(how.data(), how.size()),
                             ", want it as it was written; bring it back from a copy"),
                {{"file", path}});
}

absl::Status FileError(std::string_view attempt, const std::string& path, int error) {
  const std::string message =
      absl::StrCat(absl::string_view(attempt.data(), attempt.size()), " ", path, ": ", std::strerror(error));
  if (error == ENOSPC || error == EDQUOT) {
    return Refuse(absl::StatusCode::kResourceExhausted, "STORAGE_FULL", message, {{"file", path}});
  }
  return Refuse(absl::StatusCode::kUnavailable, "STORE_UNREADABLE", message, {{"file", path}});
}

absl::StatusOr<std::optional<CheckedLines>> ReadCheckedFile(const std::string& path, std::string_view title) {
  const absl::StatusOr<std::optional<std::string>> bytes = ReadSmallFile(path);
  if (!bytes.ok()) return bytes.status();
  if (!*bytes) return std::optional<CheckedLines>();

  const std::string& text = **bytes;
  const std::size_t checksum_line = kChecksumName.size() + 2 * Digest().size() + 1;
  if (text.size() <= checksum_line) return Damaged(path, "too short");
  const std::string_view body = std::string_view(text).substr(0, text.size() - checksum_line);
  if (text.substr(body.size()) != absl::StrCat(std::string(kChecksumName), HexChecksum(body), "\n")) {
    return Damaged(path, "its last line is not the SHA-256 of the lines before");
  }
  std::string_view rest = body;
  if (TakeLine(rest) != title) return Damaged(path, absl::StrCat("does not begin with `", std::string(title), "`"));
  CheckedLines lines;
  while (!rest.empty()) {
    const std::optional<std::string_view> line = TakeLine(rest);
    const std::size_t space = line ? line->find(' ') : std::string_view::npos;
    if (space == std::string_view::npos) return Damaged(path, "has a line that is not a name and a value");
    lines.emplace_back(line->substr(0, space), line->substr(space + 1));
  }
  return std::optional<CheckedLines>(std::move(lines));
}

absl::StatusOr<std::optional<std::vector<std::string>>> ReadCheckedValues(const std::string& path,
                                                                          std::string_view title,
                                                                          const std::vector<std::string>& names) {
  absl::StatusOr<std::optional<CheckedLines>> lines = ReadCheckedFile(path, title);
  if (!lines.ok()) return lines.status();
  if (!*lines) return std::optional<std::vector<std::string>>();
  std::vector<std::string> found;
  std::vector<std::string> values;
  for (auto& [name, value] : **lines) {
    found.push_back(name);
    values.push_back(std::move(value));
  }
  if (found != names) return Damaged(path, "has other lines than it should");
  return std::optional<std::vector<std::string>>(std::move(values));
}

absl::Status ReplaceCheckedFile(const std::string& path, std::string_view title, const CheckedLines& lines,
                                mode_t mode) {
  std::string text = std::string(title) + "\n";
  for (const auto& [name, value] : lines) absl::StrAppend(&text, name, " ", value, "\n");
  absl::StrAppend(&text, std::string(kChecksumName), HexChecksum(text), "\n");

  const std::string beside = path + ".new";
  if (absl::Status status = WriteAndSync(beside, text, mode); !status.ok()) {
    unlink(beside.c_str());
    return status;
  }
  Failpoint("checkpoint_before_rename");
  if (rename(beside.c_str(), path.c_str()) != 0) return FileError("rename to", path, errno);
  return SyncFolder(FolderOf(path));
}

absl::Status MakeFolder(const std::string& dir, mode_t mode) {
  struct stat found {};
  if (stat(dir.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode)) return absl::OkStatus();
    return FileError("make folder", dir, ENOTDIR);
  }
  const std::string above = FolderOf(dir);
  if (above != dir) {
    if (absl::Status status = MakeFolder(above, 0755); !status.ok()) return status;
  }
  if (mkdir(dir.c_str(), mode) != 0 && errno != EEXIST) return FileError("make folder", dir, errno);
  return SyncFolder(above);
}

absl::Status SyncFolder(const std::string& dir) {
  const File folder(dir, O_RDONLY | O_DIRECTORY, 0);
  if (!folder.ok()) return FileError("open folder", dir, errno);
  if (fsync(folder.fd()) != 0) return FileError("sync folder", dir, errno);
  return absl::OkStatus();
}

}  // namespace mentorlog::storage
