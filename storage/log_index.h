// storage/log_index.h: the index of the log: which record a stream's revision is, and where a request's records begin.
//
// It follows from the records alone. So its rows need not be on the disk with them: they lie in memory and are saved later
// (storage/write_behind.h), together with the position up to which the index then goes; what is missing after a crash is
// made again from the records.
#ifndef MENTORLOG_STORAGE_LOG_INDEX_H_
#define MENTORLOG_STORAGE_LOG_INDEX_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/store.h"
#include "storage/types.h"
#include "storage/view.h"

namespace mentorlog::storage {

// Adds the index rows of a record to `batch`.
void PutIndexRows(const Record& record, Batch& batch);
// Adds the row that says that the index goes up to `position`.
void PutIndexed(Position position, Batch& batch);
// Up to where the index in a snapshot goes; nullopt: nothing says so. DATA_LOSS (LOG_DAMAGED): what says so cannot be read.
absl::StatusOr<std::optional<Position>> IndexedUpTo(const StoreSnapshot& snapshot);
// Makes the rows of the records after that, up to `head`, in synced batches; all of them if nothing says how far the index
// goes. One that goes further than the log, which has lost its end then, is dropped first. Errors as reading and writing the
// store.
absl::Status CatchUpIndex(Store& store, Position head);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_LOG_INDEX_H_
