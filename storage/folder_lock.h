// storage/folder_lock.h: one process at a time has a folder.
//
// An flock on `<dir>/LOCK`, which names the holder's pid for people; the kernel lets go of it when the process
// ends, however it ends. Not thread-safe. The file stays.
#ifndef MENTORLOG_STORAGE_FOLDER_LOCK_H_
#define MENTORLOG_STORAGE_FOLDER_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace mentorlog::storage {

class FolderLock {
 public:
  // FAILED_PRECONDITION (DATA_FOLDER_IN_USE): held, by this process or another, whose pid is named.
  static absl::StatusOr<std::unique_ptr<FolderLock>> Take(const std::string& dir);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_FOLDER_LOCK_H_
