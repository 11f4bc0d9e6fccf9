#include "storage/rocks_faults.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/refusal.h"

namespace mentorlog::storage {
namespace {

absl::Status DamagedDatabase(const rocksdb::Status& status, const std::string& dir) {
  return Refuse(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
                absl::StrCat(dir, ": ", status.ToString(), "; bring the folder back from a copy"), {{"dir", dir}});
}

absl::Status Unreadable(const rocksdb::Status& status, const std::string& dir) {
  return Refuse(absl::StatusCode::kUnavailable, "STORE_UNREADABLE",
                absl::StrCat(dir, ": ", status.ToString(), "; it may pass, try again"), {{"dir", dir}});
}

absl::Status Full(std::string_view where) {
  return Refuse(absl::StatusCode::kResourceExhausted, "STORAGE_FULL",
                absl::StrCat(absl::string_view(where.data(), where.size()),
                             ": no space left on the device, nothing was written; free space, then try again"));
}

bool IsLock(const rocksdb::Status& status) {
  return status.IsIOError() && absl::StrContains(status.ToString(), "/LOCK: ");
}

bool IsSync(rocksdb::FileOperationType operation) {
  return operation == rocksdb::FileOperationType::kSync || operation == rocksdb::FileOperationType::kFsync ||
         operation == rocksdb::FileOperationType::kRangeSync;
}

}  // namespace

absl::Status ReadError(const rocksdb::Status& status, const std::string& dir) {
  if (status.ok()) return absl::OkStatus();
  if (status.IsCorruption()) return DamagedDatabase(status, dir);
  return Unreadable(status, dir);
}

absl::Status OpenError(const rocksdb::Status& status, const std::string& dir) {
  if (status.ok()) return absl::OkStatus();
  if (IsLock(status)) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "DATA_FOLDER_IN_USE",
                  absl::StrCat(dir, ": another process has it; stop it, or choose another folder"), {{"dir", dir}});
  }
  if (status.IsNoSpace()) return Full(dir);
  if (status.IsCorruption()) return DamagedDatabase(status, dir);
  return Unreadable(status, dir);
}

absl::Status RocksFaults::WriteError(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  if (!broken() && status.IsNoSpace()) {
    full_.store(true, std::memory_order_release);
    return Full("write");
  }
  broken_.store(true, std::memory_order_release);
  return Refuse(
      absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN",
      absl::StrCat("write: ", status.ToString(), "; whether it is on the disk shows when the log is reopened"));
}

absl::Status RocksFaults::Health() const {
  if (!broken()) return absl::OkStatus();
  return Refuse(absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN",
                "a sync, a flush or a write failed; what is on the disk shows when the log is reopened");
}

void RocksFaults::OnIOError(const rocksdb::IOErrorInfo& info) {
  // What was written before a failed sync may or may not be there after a reopening, also when the sync failed for
  // lack of space; the page cache must not be asked a second time.
  if (IsSync(info.operation)) broken_.store(true, std::memory_order_release);
}

void RocksFaults::OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status* error) {
  if (error->IsNoSpace()) {
    full_.store(true, std::memory_order_release);
  } else {
    broken_.store(true, std::memory_order_release);
  }
}

void RocksFaults::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*error*/,
                                       bool* auto_recovery) {
  *auto_recovery = false;
}

}  // namespace mentorlog::storage
