// storage/data_folder.h: the folder that a daemon owns: which logs lie in it, and who holds it.
//
//   D/LOCK              held while a daemon runs (flock), names its pid
//   D/ballast           space given back when the disk is full, so that the log can be opened and read
//   D/keys/             the key database
//   D/logs/<log id>/    one RocksDB per log
//   D.checkpoints/      beside D: how far each log had come, unless another folder is configured; the ledger's
//
// One process at a time. Not thread-safe.
#ifndef MENTORLOG_STORAGE_DATA_FOLDER_H_
#define MENTORLOG_STORAGE_DATA_FOLDER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/keys.h"
#include "storage/store.h"
#include "storage/types.h"

namespace mentorlog::storage {

struct DataFolderOptions {
  // Space set aside for the day when the disk is full; 0 for none.
  std::uint64_t ballast_bytes = 64ULL << 20;
  // Which log to open; made if there is none of this id and `rocks.create_if_missing`. nullopt: the only one there
  // is, or a new one with a random id.
  std::optional<Id> log;
  // Its read_only opens the folder beside a running daemon: no lock, no ballast, nothing is written.
  RocksOptions rocks;
};

class DataFolder {
 public:
  // Takes the folder, creating it if need be. FAILED_PRECONDITION (DATA_FOLDER_IN_USE): another daemon has it,
  // names its pid. RESOURCE_EXHAUSTED (STORAGE_FULL): not even the ballast's space helps. FAILED_PRECONDITION
  // (LOG_NOT_CHOSEN): there are several logs and `options.log` names none; lists them. NOT_FOUND (NO_SUCH_THING):
  // there is no such log and none may be made. Errors of OpenRocksStore and OpenFileKeyStore as they are.
  // FAILED_PRECONDITION (LOG_MISSING): one would be made although the keys know a log whose folder is gone.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Open(const std::string& dir, const DataFolderOptions& options);
  // The log that Open would open or make. Errors as Open.
  static absl::StatusOr<Id> ChooseLog(const std::string& dir, const DataFolderOptions& options);
  virtual ~DataFolder() = default;

  virtual KeyStore& keys() = 0;
  virtual Store& store() = 0;
  // The log that `store()` holds.
  virtual const Id& log_id() const = 0;
  virtual const std::string& dir() const = 0;
  // Takes the ballast's space back once there is room (twice the ballast must be free). OK also if there is none yet.
  virtual absl::Status RestoreBallast() = 0;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_DATA_FOLDER_H_
