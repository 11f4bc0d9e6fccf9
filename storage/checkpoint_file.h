// storage/checkpoint_file.h: how far a log had come, told by a file outside it.
//
// RocksDB notices neither a deleted WAL nor every flipped bit of its manifest: it then opens an older log without a
// word. So the ledger tells a file beside the data (better: on another volume) which position was synced and what
// the tree's root was there, and refuses to open a log that does not reach it. One file per log,
// `<dir>/<log id>.checkpoint`; storage/README.md specifies its bytes. Functions without state; callers write one
// log's file from one thread at a time.
#ifndef MENTORLOG_STORAGE_CHECKPOINT_FILE_H_
#define MENTORLOG_STORAGE_CHECKPOINT_FILE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/keys.h"
#include "storage/types.h"

namespace mentorlog::storage {

struct Checkpoint {
  Id log;
  // Grows with every restore, from 1.
  std::uint32_t epoch = 1;
  // The last synced position.
  Position position;
  // The RFC 6962 root over the records up to `position`.
  Digest root{};
  bool operator==(const Checkpoint&) const = default;
};

// A checkpoint, and the folder in which it was read.
struct ToldCheckpoint {
  std::string dir;
  Checkpoint checkpoint;
};

// `<dir>/<log id in hex>.checkpoint`.
std::string CheckpointPath(const std::string& dir, const Id& log);

// `dir` as a log remembers it: absolute, without a slash at its end. Links are not followed.
std::string AbsoluteCheckpointDir(const std::string& dir);

// nullopt if there is no such file. DATA_LOSS (LOG_DAMAGED): it is not whole, or of another log; names the file.
// UNAVAILABLE: it cannot be read.
absl::StatusOr<std::optional<Checkpoint>> ReadCheckpoint(const std::string& dir, const Id& log);

// Replaces the file, creating `dir` if need be: written beside it, synced, renamed, folder synced. OK: it is on the
// disk, whatever happens next. Otherwise the former file is as it was, and the error names the file.
// RESOURCE_EXHAUSTED (STORAGE_FULL): no space. UNAVAILABLE: anything else. Blocks for two syncs.
absl::Status WriteCheckpoint(const std::string& dir, const Checkpoint& checkpoint);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_CHECKPOINT_FILE_H_
