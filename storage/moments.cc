#include "storage/moments.h"

#include <chrono>
#include <thread>
#include <utility>

#include "storage/codec.h"

namespace mentorlog::storage {
namespace {

constexpr int kReadersWaitMs = 2000;

}  // namespace

std::shared_ptr<const Moment> Moments::Now() const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t generation = generation_.load(std::memory_order_acquire);
  if (now_ && now_generation_ == generation) return now_;
  auto moment = std::make_shared<Moment>();
  moment->store = store_.Snapshot();
  moment->shelf = shelf_;
  // An unreadable head row cannot be told here; what was known before is still true.
  if (now_) moment->head = now_->head;
  if (const auto head = moment->store->Get(Family::kMeta, kMetaHead); head.ok() && *head) {
    moment->head = ParsePosition(**head).value_or(moment->head);
  }
  now_ = std::move(moment);  // The former one lives as long as its readers.
  now_generation_ = generation;
  return now_;
}

void Moments::Change(Shelf shelf) {
  const std::lock_guard lock(mutex_);
  former_.push_back(std::exchange(shelf_, std::make_shared<const Shelf>(std::move(shelf))));
  now_.reset();
}

void Moments::WaitForFormerReaders() const {
  for (int waited_ms = 0; waited_ms < kReadersWaitMs; ++waited_ms) {
    {
      const std::lock_guard lock(mutex_);
      std::erase_if(former_, [](const std::weak_ptr<const Shelf>& shelf) { return shelf.expired(); });
      if (former_.empty()) return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace mentorlog::storage
