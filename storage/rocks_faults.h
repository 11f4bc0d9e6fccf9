// storage/rocks_faults.h: what RocksDB's errors mean to us, and what was broken since the store was opened.
//
// RocksDB tells of an error twice: to the caller whose call failed and to a listener, for what failed in the
// background. Both end here. Internal to storage/; thread-safe.
#ifndef MENTORLOG_STORAGE_ROCKS_FAULTS_H_
#define MENTORLOG_STORAGE_ROCKS_FAULTS_H_

#include <atomic>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rocksdb/listener.h"
#include "rocksdb/status.h"

namespace mentorlog::storage {

// DATA_LOSS (LOG_DAMAGED) or UNAVAILABLE (STORE_UNREADABLE).
absl::Status ReadError(const rocksdb::Status& status, const std::string& dir);
// Why the database in `dir` did not open.
absl::Status OpenError(const rocksdb::Status& status, const std::string& dir);

class RocksFaults final : public rocksdb::EventListener {
 public:
  // What the status of a write means: OK; RESOURCE_EXHAUSTED (STORAGE_FULL), then nothing was written; or UNKNOWN
  // (OUTCOME_UNKNOWN), then broken() holds from now on.
  absl::Status WriteError(const rocksdb::Status& status);
  // True: the outcome of a write is unknown, or something failed in the background; only a reopened store goes on.
  bool broken() const { return broken_.load(std::memory_order_acquire); }
  // As Store::Health.
  absl::Status Health() const;
  // True: RocksDB ran out of space and takes no writes until it is resumed.
  bool full() const { return full_.load(std::memory_order_acquire); }
  void Resumed() { full_.store(false, std::memory_order_release); }

  // Called by RocksDB, from any of its threads.
  bool ShouldBeNotifiedOnFileIO() override { return true; }
  void OnIOError(const rocksdb::IOErrorInfo& info) override;
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status error, bool* auto_recovery) override;

 private:
  std::atomic<bool> broken_ = false;
  std::atomic<bool> full_ = false;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_ROCKS_FAULTS_H_
