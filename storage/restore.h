// storage/restore.h: accepts that a log ends before its checkpoint.
//
// For `mentorlogd restore`, offline, after an operator agreed to the loss. The log begins a new epoch, so that tokens
// and subscribers of the former one are refused instead of silently misled.
#ifndef MENTORLOG_STORAGE_RESTORE_H_
#define MENTORLOG_STORAGE_RESTORE_H_

#include <string>

#include "absl/status/statusor.h"
#include "storage/checkpoint_file.h"
#include "storage/keys.h"
#include "storage/ledger.h"
#include "storage/store.h"

namespace mentorlog::storage {

// Appends LogRestored to the stream `log/<log id>` under the next epoch, and replaces the checkpoint; the former one is
// kept beside it as `<file>.epoch-N`, where N is its epoch. Answers the new checkpoint. FAILED_PRECONDITION
// (INVALID_FIELD): there is no checkpoint, or the log reaches it and there is nothing to restore. DATA_LOSS
// (LOG_DAMAGED): what is there is not whole.
absl::StatusOr<Checkpoint> RestoreLog(Store& store, KeyStore& keys, const Clock& clock, const std::string& checkpoint_dir);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_RESTORE_H_
