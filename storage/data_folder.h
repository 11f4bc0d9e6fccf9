// storage/data_folder.h: the folder that a daemon owns: which logs lie in it, and who holds it.
//
//   D/LOCK              held while a daemon runs (flock), names its pid
//   D/ballast           space given back when the disk is full, so that the log can be opened and read
//   D/keys/             the key database
//   D/logs/<log id>/    one RocksDB per log
//
// One process at a time. Not thread-safe.
#ifndef MENTORLOG_STORAGE_DATA_FOLDER_H_
#define MENTORLOG_STORAGE_DATA_FOLDER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/keys.h"
#include "storage/store.h"

namespace mentorlog::storage {

struct DataFolderOptions {
  std::uint64_t ballast_bytes = 64ULL << 20;
  RocksOptions rocks;
};

class DataFolder {
 public:
  // Takes the folder, creating it if need be. FAILED_PRECONDITION (DATA_FOLDER_IN_USE): another daemon has it,
  // names its pid. RESOURCE_EXHAUSTED (STORAGE_FULL): not even the ballast's space helps.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Open(const std::string& dir, const DataFolderOptions& options);
  virtual ~DataFolder() = default;

  virtual KeyStore& keys() = 0;
  virtual Store& store() = 0;
  // D/checkpoints unless configured: a folder beside the data.
  virtual const std::string& dir() const = 0;
  // Takes the ballast's space back once there is room. OK also if there is none yet.
  virtual absl::Status RestoreBallast() = 0;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_DATA_FOLDER_H_
