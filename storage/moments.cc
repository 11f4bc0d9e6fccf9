#include "storage/moments.h"

#include <algorithm>
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
  if (const auto head = moment->store->Get(Family::kMeta, kMetaHead); head.ok() && *head) {
    head_ = ParsePosition(**head).value_or(head_);
  }
  moment->head = head_;
  now_ = std::move(moment);  // The former one lives as long as its readers.
  now_generation_ = generation;
  return now_;
}

void Moments::Change(Shelf shelf) {
  const std::lock_guard lock(mutex_);
  former_.push_back(std::exchange(shelf_, std::make_shared<const Shelf>(std::move(shelf))));
  now_.reset();
}

bool Moments::WaitForFormerReaders(std::uint16_t view, std::uint32_t version) const {
  const auto names = [view, version](const std::weak_ptr<const Shelf>& former) {
    const auto shelf = former.lock();
    if (!shelf) return false;
    const auto found = shelf->find(view);
    return found != shelf->end() && found->second.fold && found->second.fold->version() == version;
  };
  for (int waited_ms = 0; waited_ms < kReadersWaitMs; ++waited_ms) {
    {
      const std::lock_guard lock(mutex_);
      std::erase_if(former_, [](const std::weak_ptr<const Shelf>& shelf) { return shelf.expired(); });
      if (std::none_of(former_.begin(), former_.end(), names)) return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

}  // namespace mentorlog::storage
