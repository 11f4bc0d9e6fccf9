#include "services/feed/feed_pump.h"

#include <chrono>
#include <string>

#include "services/decider/decider.h"

namespace mentorlog::feed {

absl::Status ShuttingDown(std::optional<storage::Position> position) {
  if (!position) {
    return decider::Refuse(absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
                           "the daemon is stopping, want a running one");
  }
  const std::string at = std::to_string(position->value);
  return decider::Refuse(absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
                         "the daemon is stopping; resume from position " + at + " on a running one",
                         {{"resume_from", at}});
}

FeedPump::FeedPump(storage::Ledger& ledger, int threads, std::size_t steppers_max) : steppers_max_(steppers_max) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
  timer_ = std::thread([this] { Tick(); });
  on_head_ = ledger.OnHead([this](storage::Position) { WakeAll(); });
}

FeedPump::~FeedPump() {
  on_head_.reset();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wanted_.notify_all();
  ticks_.notify_all();
  for (auto& thread : threads_) thread.join();
  timer_.join();
}

absl::Status FeedPump::Add(const std::shared_ptr<Stepper>& stepper) {
  const std::lock_guard lock(mutex_);
  if (draining()) return ShuttingDown(std::nullopt);
  if (steppers_.size() >= steppers_max_) {
    return decider::Refuse(absl::StatusCode::kResourceExhausted, "TOO_MANY_IN_FLIGHT",
                           "too many calls read the feed; try again later");
  }
  steppers_.insert(stepper);
  return absl::OkStatus();
}

void FeedPump::BeginDrain() {
  const std::lock_guard lock(mutex_);
  draining_.store(true, std::memory_order_release);
  for (const auto& stepper : steppers_) EnqueueLocked(stepper);
}

void FeedPump::Remove(const std::shared_ptr<Stepper>& stepper) {
  const std::lock_guard lock(mutex_);
  steppers_.erase(stepper);
}

void FeedPump::Wake(const std::shared_ptr<Stepper>& stepper) {
  const std::lock_guard lock(mutex_);
  EnqueueLocked(stepper);
}

void FeedPump::WakeAll() {
  const std::lock_guard lock(mutex_);
  for (const auto& stepper : steppers_) EnqueueLocked(stepper);
}

void FeedPump::EnqueueLocked(const std::shared_ptr<Stepper>& stepper) {
  if (stepper->stepping_) {
    stepper->again_ = true;
    return;
  }
  if (stepper->queued_) return;
  stepper->queued_ = true;
  queue_.push_back(stepper);
  wanted_.notify_one();
}

void FeedPump::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const auto stepper = std::move(queue_.front());
    queue_.pop_front();
    stepper->queued_ = false;
    stepper->stepping_ = true;
    stepper->again_ = false;
    lock.unlock();
    const bool again = stepper->Step();
    lock.lock();
    stepper->stepping_ = false;
    if (again || stepper->again_) EnqueueLocked(stepper);
  }
}

void FeedPump::Tick() {
  std::unique_lock lock(mutex_);
  while (!ticks_.wait_for(lock, std::chrono::milliseconds(250), [this] { return stopping_; })) {
    for (const auto& stepper : steppers_) EnqueueLocked(stepper);
  }
}

}  // namespace mentorlog::feed
