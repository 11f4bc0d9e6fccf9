// storage/verify.h: reads a whole log offline and says where it is not what was written.
//
// For `mentorlogd verify`; a folder also beside its daemon.
#ifndef MENTORLOG_STORAGE_VERIFY_H_
#define MENTORLOG_STORAGE_VERIFY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/checkpoint_file.h"
#include "storage/data_folder.h"
#include "storage/keys.h"
#include "storage/ledger.h"
#include "storage/store.h"

namespace mentorlog::storage {

struct Verification {
  Id log;
  std::uint32_t epoch = 1;
  Position head;
  Digest root{};
  std::uint64_t parts = 0;
  // Parts that are gone, each named by a removal.
  std::uint64_t removed_parts = 0;
};

// Holds every record against its position, revision, header, open part, parts, index rows and the tree; `told` against
// the tree: the checkpoints that were read before the store was opened, from `checkpoint_dir` (empty: none is wanted)
// and, where there was one, from elsewhere. DATA_LOSS (LOG_DAMAGED) names the first bad position (value `position`) and
// why; LOG_ENDS_EARLY and CHECKPOINT_MISSING as OpenLedger.
absl::StatusOr<Verification> VerifyLog(const Store& store, const KeyStore& keys, const std::string& checkpoint_dir,
                                       const std::vector<ToldCheckpoint>& told, const Progress& progress);

// The log in the folder `dir`, opened to be read. Errors as VerifyLog and DataFolder::Open.
absl::StatusOr<Verification> VerifyFolder(const std::string& dir, DataFolderOptions options,
                                          const std::string& checkpoint_dir, const Progress& progress);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_VERIFY_H_
