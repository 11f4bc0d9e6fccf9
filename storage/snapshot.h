// storage/snapshot.h: LedgerSnapshot over a moment of the log.
#ifndef MENTORLOG_STORAGE_SNAPSHOT_H_
#define MENTORLOG_STORAGE_SNAPSHOT_H_

#include <memory>

#include "storage/ledger.h"
#include "storage/moments.h"

namespace mentorlog::storage {

std::unique_ptr<LedgerSnapshot> NewLedgerSnapshot(std::shared_ptr<const Moment> moment);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_SNAPSHOT_H_
