// storage/verify.h: reads a whole log offline and says where it is not what was written.
//
// For `mentorlogd verify`, on a store that nobody writes to.
#ifndef MENTORLOG_STORAGE_VERIFY_H_
#define MENTORLOG_STORAGE_VERIFY_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
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

// Holds every record against its position, revision, header, open part, parts, index rows and the tree; the checkpoint
// in `checkpoint_dir` (unless empty) against the tree. DATA_LOSS (LOG_DAMAGED) names the first bad position (value
// `position`) and why; LOG_ENDS_EARLY as OpenLedger.
absl::StatusOr<Verification> VerifyLog(const Store& store, const KeyStore& keys, const std::string& checkpoint_dir,
                                       const Progress& progress);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_VERIFY_H_
