#include "storage/completion.h"

#include <algorithm>
#include <utility>

#include "storage/failpoint.h"

namespace mentorlog::storage {
namespace {

// A dozen microseconds each; a thread is woken in fifty.
constexpr std::size_t kAtOnceMax = 4;

// A refusal may be decided again by whoever is told, on the thread that tells it.
bool IsToldAtOnce(const std::vector<Judged>& group) {
  return group.size() <= kAtOnceMax &&
         std::all_of(group.begin(), group.end(), [](const Judged& judged) { return judged.answer.ok(); });
}

}  // namespace

class Completion::Subscriber final : public Ledger::Subscription {
 public:
  Subscriber(std::shared_ptr<Subscribers> subscribers, std::function<void(Position)> wake)
      : subscribers_(std::move(subscribers)) {
    const std::lock_guard lock(subscribers_->mutex);
    at_ = subscribers_->wakes.insert(subscribers_->wakes.end(), std::move(wake));
  }
  ~Subscriber() override {
    const std::lock_guard lock(subscribers_->mutex);
    subscribers_->wakes.erase(at_);
  }
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

 private:
  // Shared with the completion, whichever ends first.
  const std::shared_ptr<Subscribers> subscribers_;
  std::list<std::function<void(Position)>>::iterator at_;
};

void Completion::Finish(std::vector<Judged> judged, Position head) {
  std::unique_lock lock(mutex_);
  head_ = head;
  if (!IsToldAtOnce(judged) || telling_ || !waiting_.empty()) {
    waiting_.push_back(std::move(judged));
    lock.unlock();
    changed_.notify_one();
    return;
  }
  telling_ = true;
  lock.unlock();
  Failpoint("before_completion");
  Tell(std::move(judged));
  lock.lock();
  telling_ = false;
  const bool moved = head_ != told_;
  lock.unlock();
  if (moved) changed_.notify_one();
}

void Completion::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::unique_ptr<Ledger::Subscription> Completion::OnHead(std::function<void(Position)> wake) {
  return std::make_unique<Subscriber>(subscribers_, std::move(wake));
}

void Completion::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !telling_ && (stopping_ || !waiting_.empty() || head_ != told_); });
    if (waiting_.empty() && head_ == told_) return;
    std::vector<std::vector<Judged>> groups = std::exchange(waiting_, {});
    const Position head = head_;
    const bool moved = head != told_;
    telling_ = true;
    lock.unlock();
    Failpoint("before_completion");
    for (std::vector<Judged>& group : groups) Tell(std::move(group));
    if (moved) WakeSubscribers(head);
    lock.lock();
    told_ = head;
    telling_ = false;
  }
}

void Completion::Tell(std::vector<Judged> group) {
  for (Judged& judged : group) {
    gate_.Leave();
    if (judged.done) judged.done(std::move(judged.answer));
  }
}

void Completion::WakeSubscribers(Position head) {
  const std::lock_guard subscribers(subscribers_->mutex);
  for (const auto& wake : subscribers_->wakes) wake(head);
}

}  // namespace mentorlog::storage
