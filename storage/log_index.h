// storage/log_index.h: the index of the log: which record a stream's revision is, and where a request's records begin.
//
// It follows from the records alone. So its rows need not be on the disk with them: they lie in memory and are saved
// later (storage/write_behind.h), those of a family together with the position up to which they then go; what is
// missing after a crash is made again from the records.
#ifndef MENTORLOG_STORAGE_LOG_INDEX_H_
#define MENTORLOG_STORAGE_LOG_INDEX_H_

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/store.h"
#include "storage/types.h"
#include "storage/view.h"

namespace mentorlog::storage {

// Adds the index rows of a record to `batch`.
void PutIndexRows(const Record& record, Batch& batch);
// How far the rows of each family go. They are saved apart.
struct Indexed {
  Position streams;
  Position requests;

  Position Least() const { return std::min(streams, requests); }
  Position Most() const { return std::max(streams, requests); }
};
// Adds the rows that say how far the index goes.
void PutIndexed(const Indexed& indexed, Batch& batch);
// Up to where the index in a snapshot goes; 0 where nothing says so. DATA_LOSS (LOG_DAMAGED): what says so cannot be
// read.
absl::StatusOr<Indexed> IndexedUpTo(const StoreSnapshot& snapshot);
// Makes the rows of the records after that, up to `head`, in synced batches. An index that goes further than the log,
// which has lost its end then, is dropped first. Errors as reading and writing the store.
absl::Status CatchUpIndex(Store& store, Position head);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_LOG_INDEX_H_
