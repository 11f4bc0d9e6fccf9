// storage/rocks_options.h: how we run RocksDB 7.8, and why; storage/README.md tells it as prose.
//
// Internal to storage/: the only headers of ours that name RocksDB are this one and rocks_store_internal.h.
#ifndef MENTORLOG_STORAGE_ROCKS_OPTIONS_H_
#define MENTORLOG_STORAGE_ROCKS_OPTIONS_H_

#include <memory>

#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "storage/store.h"

namespace mentorlog::storage {

// A batch carries a checksum of this many bytes per key from the moment it is built until it is in the memtable.
inline constexpr std::size_t kProtectionBytesPerKey = 8;

// The name of a family on the disk.
const char* FamilyName(Family family);
rocksdb::DBOptions DatabaseOptions(const RocksOptions& options, rocksdb::Env* env,
                                   std::shared_ptr<rocksdb::EventListener> listener);
rocksdb::ColumnFamilyOptions FamilyOptions(Family family, const std::shared_ptr<rocksdb::Cache>& cache);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_ROCKS_OPTIONS_H_
