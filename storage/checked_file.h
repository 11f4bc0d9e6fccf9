// storage/checked_file.h: small files that are whole or refused.
//
// What lies beside the log (checkpoints, digest keys) is a handful of named lines under a title, ended by the
// SHA-256 of all before it, so that a person can read it and no flipped bit goes unseen. A file is replaced in one
// step: written beside the old one, synced, renamed, folder synced. Functions without state; one writer per file.
#ifndef MENTORLOG_STORAGE_CHECKED_FILE_H_
#define MENTORLOG_STORAGE_CHECKED_FILE_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mentorlog::storage {

// No checked file is larger.
inline constexpr std::size_t kCheckedFileBytesMax = 4096;

// In order. Names are lower-case words, values printable without line ends.
using CheckedLines = std::vector<std::pair<std::string, std::string>>;

// nullopt if there is no file. DATA_LOSS (LOG_DAMAGED): it has another title or is not whole. UNAVAILABLE
// (STORE_UNREADABLE): I/O.
absl::StatusOr<std::optional<CheckedLines>> ReadCheckedFile(const std::string& path, std::string_view title);
// As ReadCheckedFile; and DATA_LOSS also unless the lines have exactly these names; then their values.
absl::StatusOr<std::optional<std::vector<std::string>>> ReadCheckedValues(const std::string& path,
                                                                          std::string_view title,
                                                                          const std::vector<std::string>& names);
// OK: on the disk. RESOURCE_EXHAUSTED (STORAGE_FULL) or UNAVAILABLE: the former file is as it was.
absl::Status ReplaceCheckedFile(const std::string& path, std::string_view title, const CheckedLines& lines,
                                mode_t mode);

// A refusal that says that the file is damaged, and how.
absl::Status Damaged(const std::string& path, std::string_view how);
// What errno says about an attempt on a path: no space is RESOURCE_EXHAUSTED (STORAGE_FULL), else
// UNAVAILABLE (STORE_UNREADABLE).
absl::Status FileError(std::string_view attempt, const std::string& path, int error);

// Makes the folder, and those above it, where they are missing. What it makes is on the disk afterwards.
absl::Status MakeFolder(const std::string& dir, mode_t mode);
// Makes durable what was made, renamed or removed in the folder.
absl::Status SyncFolder(const std::string& dir);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_CHECKED_FILE_H_
