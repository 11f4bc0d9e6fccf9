#include "storage/checkpointer.h"

#include <utility>

namespace mentorlog::storage {

Checkpointer::Checkpointer(std::string dir, const Id& log, std::uint32_t epoch, absl::Duration interval)
    : dir_(std::move(dir)), log_(log), epoch_(epoch), interval_(interval) {}

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

void Checkpointer::WriteLatest(std::unique_lock<std::mutex>& lock) {
  const MerkleFrontier latest = latest_;
  written_ = true;
  lock.unlock();
  absl::Status status = WriteCheckpoint(dir_, {log_, epoch_, Position{latest.size()}, latest.Root()});
  lock.lock();
  if (!status.ok()) written_ = false;
  status_ = std::move(status);
}

}  // namespace mentorlog::storage
