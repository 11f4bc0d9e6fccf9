#include "storage/checkpointer.h"

#include <utility>

#include "storage/codec.h"
#include "storage/start.h"

namespace mentorlog::storage {

Checkpointer::Checkpointer(std::string dir, Store& store, const Id& log, std::uint32_t epoch, absl::Duration interval)
    : dir_(std::move(dir)), store_(store), log_(log), epoch_(epoch), interval_(interval) {}

void Checkpointer::Start() {
  if (!dir_.empty()) thread_ = std::thread([this] { Run(); });
}

void Checkpointer::Synced(const MerkleFrontier& frontier) {
  if (dir_.empty()) return;
  const std::lock_guard lock(mutex_);
  latest_ = frontier;
  if (std::exchange(written_, false)) changed_.notify_all();
}

void Checkpointer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

absl::Status Checkpointer::Health() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Checkpointer::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait(lock, [this] { return stopping_ || !written_; });
    if (!written_) WriteLatest(lock);
    changed_.wait_for(lock, absl::ToChronoMicroseconds(interval_), [this] { return stopping_; });
  }
  if (!written_) WriteLatest(lock);
}

// After the file, never before it: a row without a file is a file that was lost.
absl::Status Checkpointer::Remember(const Checkpoint& checkpoint) {
  if (remembered_) return absl::OkStatus();
  const auto told = RememberedCheckpoint(store_, log_);
  if (!told.ok()) return told.status();
  const auto told_in = store_.Get(Family::kMeta, kMetaCheckpointDir);
  if (!told_in.ok()) return told_in.status();
  const std::string dir = AbsoluteCheckpointDir(dir_);
  Batch batch;
  if (!*told || (*told)->epoch != epoch_) {
    batch.Put(Family::kMeta, std::string(kMetaCheckpointed), EncodeCheckpointed(checkpoint));
  }
  if (*told_in != dir) batch.Put(Family::kMeta, std::string(kMetaCheckpointDir), dir);
  if (!batch.empty()) {
    if (absl::Status status = store_.Write(std::move(batch), Durability::kBuffered); !status.ok()) return status;
  }
  remembered_ = true;
  return absl::OkStatus();
}

void Checkpointer::WriteLatest(std::unique_lock<std::mutex>& lock) {
  const MerkleFrontier latest = latest_;
  written_ = true;
  lock.unlock();
  const Checkpoint checkpoint{log_, epoch_, Position{latest.size()}, latest.Root()};
  absl::Status status = WriteCheckpoint(dir_, checkpoint);
  if (status.ok()) status = Remember(checkpoint);
  lock.lock();
  if (!status.ok()) written_ = false;
  status_ = std::move(status);
}

}  // namespace mentorlog::storage
