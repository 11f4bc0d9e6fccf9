// storage/restore.h: accepts that a log ends before its checkpoint.
//
// For `mentorlogd restore`, offline, after an operator agreed to the loss. The log begins a new epoch, so that tokens
// and subscribers of the former one are refused instead of silently misled.
#ifndef MENTORLOG_STORAGE_RESTORE_H_
#define MENTORLOG_STORAGE_RESTORE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "storage/checkpoint_file.h"
#include "storage/keys.h"
#include "storage/ledger.h"
#include "storage/store.h"

namespace mentorlog::storage {

struct Restored {
  // Before and after. What lay between the record before LogRestored and the former position is lost.
  Checkpoint former;
  Checkpoint now;
};

// Appends LogRestored to the stream `log/<log id>` under the next epoch, and replaces the checkpoint; the former one is
// kept beside it as `<file>.epoch-N`, where N is its epoch. `log` is the log's id, as DataFolder::log_id() answers it:
// a store that lost everything does not know it (nullopt: the one that the store knows). Where the checkpoint's file is
// gone, the one that the log remembers is the former one; where there is one elsewhere, too (storage/start.h), and the
// log reaches neither, the further one. FAILED_PRECONDITION (NOTHING_TO_RESTORE): there is no checkpoint, or the log
// reaches it; (CHECKPOINT_MISSING): the log told it in another folder, and there is none in this one. DATA_LOSS
// (LOG_ENDS_EARLY): only the checkpoint elsewhere is not reached, names the folder in which to restore;
// (LOG_DAMAGED): what is there is not whole.
absl::StatusOr<Restored> RestoreLog(Store& store, KeyStore& keys, const Clock& clock, const std::optional<Id>& log,
                                    const std::string& checkpoint_dir);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_RESTORE_H_
