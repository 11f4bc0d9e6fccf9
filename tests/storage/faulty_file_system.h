// tests/storage/faulty_file_system.h: a disk that fails when it is told to.
//
// Passes everything on to the real file system, but for writable files: appends and syncs answer the planted error
// until Heal. Thread-safe.
#ifndef MENTORLOG_TESTS_STORAGE_FAULTY_FILE_SYSTEM_H_
#define MENTORLOG_TESTS_STORAGE_FAULTY_FILE_SYSTEM_H_

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "rocksdb/file_system.h"

namespace mentorlog::storage {

// The errors that are planted now. Shared by a file system and its files.
class Faults {
 public:
  enum class Where : std::uint8_t { kNowhere, kWalSync, kWalAppend, kTableAppend, kEveryAppend };

  void Plant(Where where, rocksdb::IOStatus error) {
    const std::lock_guard lock(mutex_);
    where_ = where;
    error_ = std::move(error);
  }
  rocksdb::IOStatus OnAppend(bool is_wal, bool is_table) const {
    const std::lock_guard lock(mutex_);
    const bool hit = where_ == Where::kEveryAppend || (is_wal && where_ == Where::kWalAppend) ||
                     (is_table && where_ == Where::kTableAppend);
    return hit ? error_ : rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus OnSync(bool is_wal) const {
    const std::lock_guard lock(mutex_);
    return is_wal && where_ == Where::kWalSync ? error_ : rocksdb::IOStatus::OK();
  }

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Where where_ = Where::kNowhere;
  rocksdb::IOStatus error_;
};

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::shared_ptr<const Faults> faults,
             const std::string& name)
      : FSWritableFileOwnerWrapper(std::move(file)),
        faults_(std::move(faults)),
        is_wal_(name.ends_with(".log")),
        is_table_(name.ends_with(".sst")) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus planted = faults_->OnAppend(is_wal_, is_table_);
    return planted.ok() ? FSWritableFileOwnerWrapper::Append(data, options, debug) : planted;
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& verification, rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus planted = faults_->OnAppend(is_wal_, is_table_);
    return planted.ok() ? FSWritableFileOwnerWrapper::Append(data, options, verification, debug) : planted;
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus planted = faults_->OnSync(is_wal_);
    return planted.ok() ? FSWritableFileOwnerWrapper::Sync(options, debug) : planted;
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus planted = faults_->OnSync(is_wal_);
    return planted.ok() ? FSWritableFileOwnerWrapper::Fsync(options, debug) : planted;
  }

 private:
  const std::shared_ptr<const Faults> faults_;
  const bool is_wal_;
  const bool is_table_;
};

class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultyFileSystem"; }

  void FailWalSyncs(rocksdb::IOStatus error) { faults_->Plant(Faults::Where::kWalSync, std::move(error)); }
  void FailWalAppends(rocksdb::IOStatus error) { faults_->Plant(Faults::Where::kWalAppend, std::move(error)); }
  void FailTableAppends(rocksdb::IOStatus error) { faults_->Plant(Faults::Where::kTableAppend, std::move(error)); }
  void FailAllAppends(rocksdb::IOStatus error) { faults_->Plant(Faults::Where::kEveryAppend, std::move(error)); }
  void Heal() { faults_->Plant(Faults::Where::kNowhere, rocksdb::IOStatus::OK()); }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = FileSystemWrapper::NewWritableFile(name, options, result, debug);
    if (status.ok()) {
      *result = std::make_unique<FaultyFile>(std::move(*result), faults_, name);
    }
    return status;
  }

 private:
  const std::shared_ptr<Faults> faults_ = std::make_shared<Faults>();
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_TESTS_STORAGE_FAULTY_FILE_SYSTEM_H_
