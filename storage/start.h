// storage/start.h: what is looked at before a log is opened: that it is one, that its end is whole, and that it reaches
// its checkpoint. The cost does not grow with the log.
#ifndef MENTORLOG_STORAGE_START_H_
#define MENTORLOG_STORAGE_START_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "storage/checkpoint_file.h"
#include "storage/codec.h"
#include "storage/keys.h"
#include "storage/merkle.h"
#include "storage/store.h"

namespace mentorlog::storage {

// A log as it was found.
struct FoundLog {
  LogRow log;
  Digest digest_key{};
  MerkleFrontier frontier;
  // Of the last record.
  std::int64_t last_recorded_us = 0;
};

// Finds the log in `store`, or makes one in an empty store (its digest key first, then its row). Errors as OpenLedger.
absl::StatusOr<FoundLog> FindOrMakeLog(Store& store, KeyStore& keys, const std::optional<Id>& wanted);

// The checkpoint in `dir` (empty: none is wanted), and then the one elsewhere, if there is one: DATA_LOSS
// (LOG_ENDS_EARLY) unless epoch, position and root are reached, names the file, and `dir` to restore in;
// FAILED_PRECONDITION (CHECKPOINT_MISSING) if it was in `dir` and is gone.
absl::Status HoldCheckpoint(const Store& store, const FoundLog& found, const std::string& dir);
// As HoldCheckpoint, for one checkpoint that was read before: LOG_ENDS_EARLY.
absl::Status HoldCheckpoint(const Store& store, const FoundLog& found, const ToldCheckpoint& told,
                            const std::string& restore_in);
// The checkpoint in the folder that the log remembers, if it is another than `dir`: a file that was copied to `dir`
// grows old in one of the two. nullopt: the log remembers no other, or there is no file that can be read. DATA_LOSS
// (LOG_DAMAGED): the file is not whole.
absl::StatusOr<std::optional<ToldCheckpoint>> CheckpointElsewhere(const Store& store, const Id& log,
                                                                  const std::string& dir);
// OK: the log last told its checkpoint in `dir`, or remembers no folder. CHECKPOINT_MISSING: in another one; names
// both.
absl::Status HoldCheckpointDir(const Store& store, const Id& log, const std::string& dir);
// As HoldCheckpoint, where no checkpoint was found: CHECKPOINT_MISSING.
absl::Status HoldNoCheckpoint(const Store& store, const FoundLog& found, const std::string& dir);
// The checkpoint that the log itself remembers to have told; nullopt: none.
absl::StatusOr<std::optional<Checkpoint>> RememberedCheckpoint(const Store& store, const Id& log);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_START_H_
