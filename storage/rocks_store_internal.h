// storage/rocks_store_internal.h: the RocksDB store on a file system of the caller's, so that tests can break it.
#ifndef MENTORLOG_STORAGE_ROCKS_STORE_INTERNAL_H_
#define MENTORLOG_STORAGE_ROCKS_STORE_INTERNAL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace rocksdb {
class Env;
}

namespace mentorlog::storage {

// As OpenRocksStore, with all files reached through `env`, which must outlive the store.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksStoreOn(rocksdb::Env* env, const std::string& dir,
                                                        const RocksOptions& options);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_ROCKS_STORE_INTERNAL_H_
