#include "storage/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "storage/checked_file.h"
#include "storage/refusal.h"

namespace mentorlog::storage {
namespace {

std::string HolderOf(int fd) {
  char pid[32];
  const ssize_t got = pread(fd, pid, sizeof(pid), 0);
  if (got <= 0) return "of unknown pid";
  return absl::StrCat("of pid ", absl::StripAsciiWhitespace(absl::string_view(pid, static_cast<std::size_t>(got))));
}

}  // namespace

absl::StatusOr<std::unique_ptr<FolderLock>> FolderLock::Take(const std::string& dir) {
  const std::string path = dir + "/LOCK";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return FileError("open", path, errno);
  std::unique_ptr<FolderLock> lock(new FolderLock(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return FileError("lock", path, errno);
    return Refuse(
        absl::StatusCode::kFailedPrecondition, "DATA_FOLDER_IN_USE",
        absl::StrCat(dir, ": a process ", HolderOf(fd), " has this folder; stop it, or choose another folder"),
        {{"dir", dir}});
  }
  // Only for people to read: on a full disk the lock holds without it.
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) == 0 && pwrite(fd, pid.data(), pid.size(), 0) < 0) errno = 0;
  return lock;
}

FolderLock::~FolderLock() { close(fd_); }

}  // namespace mentorlog::storage
