#include "storage/row_order.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "storage/key_head.h"

namespace mentorlog::storage {
namespace {

using Place = RowOrder::Place;
using Run = RowOrder::Run;
using Runs = RowOrder::Runs;

// A run is merged with the one before it unless that is this many times longer: a row is moved a few times, and a
// hundred thousand rows lie in half a dozen runs.
constexpr std::size_t kRatio = 3;
// Runs up to this length are merged by whoever makes one, which takes a few dozen microseconds.
constexpr std::size_t kShortRun = 1024;

std::array<std::uint64_t, 3> HeadOf(std::string_view key) {
  const auto from = [key](std::size_t byte) { return KeyHead(key.substr(std::min(byte, key.size()))); };
  return {from(0), from(8), from(16)};
}

// A key that is sought.
struct Sought {
  explicit Sought(std::string_view its_key) : head(HeadOf(its_key)), key(its_key) {}
  std::array<std::uint64_t, 3> head;
  std::string_view key;
};

bool Before(const Place& a, const Place& b) {
  return a.head != b.head ? a.head < b.head : a.entry->key() < b.entry->key();
}
bool IsBelow(const Place& place, const Sought& sought) {
  return place.head != sought.head ? place.head < sought.head : place.entry->key() < sought.key;
}
bool IsAbove(const Sought& sought, const Place& place) {
  return place.head != sought.head ? sought.head < place.head : sought.key < place.entry->key();
}

std::shared_ptr<const Run> Merged(const Run& a, const Run& b) {
  auto merged = std::make_shared<Run>();
  merged->reserve(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(*merged), Before);
  return merged;
}

// Where a walk stands in a run: the places that it has not visited.
struct Rest {
  const Place* first;
  const Place* last;
};
using Rests = absl::InlinedVector<Rest, 8>;

}  // namespace

void RowOrder::Add(RowEntry* entry) {
  unmerged_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  added_.push_back(entry);
}

Runs RowOrder::All() const {
  const std::lock_guard lock(mutex_);
  if (added_.empty()) return runs_;
  Run run;
  run.reserve(added_.size());
  for (RowEntry* const entry : added_) run.push_back({HeadOf(entry->key()), entry});
  added_.clear();
  std::sort(run.begin(), run.end(), Before);
  std::shared_ptr<const Run> last = std::make_shared<const Run>(std::move(run));
  for (; !runs_.empty() && runs_.back()->size() <= std::min(kShortRun, kRatio * last->size()); runs_.pop_back()) {
    last = Merged(*runs_.back(), *last);
  }
  runs_.push_back(std::move(last));
  return runs_;
}

void RowOrder::Merge(bool whole) {
  const std::lock_guard merging(merging_);
  const std::size_t unmerged = unmerged_.load(std::memory_order_relaxed);
  Runs runs = All();
  // Shorter ones are merged by whoever makes the next.
  while (!whole && !runs.empty() && runs.back()->size() <= kShortRun) runs.pop_back();
  if (runs.empty()) return;
  std::size_t first = runs.size() - 1;
  std::shared_ptr<const Run> last = runs.back();
  for (; first > 0 && (whole || runs[first - 1]->size() <= kRatio * last->size()); --first) {
    last = Merged(*runs[first - 1], *last);
  }
  unmerged_.fetch_sub(unmerged, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  // They are the first ones still: others only add and merge short ones behind them.
  runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(first),
              runs_.begin() + static_cast<std::ptrdiff_t>(runs.size()));
  runs_.insert(runs_.begin() + static_cast<std::ptrdiff_t>(first), std::move(last));
}

void RowOrder::Ascend(std::string_view key, bool at, Visitor visit) const {
  const Sought sought(key);
  const Runs runs = All();
  Rests rests;
  for (const auto& run : runs) {
    const auto from = at ? std::lower_bound(run->begin(), run->end(), sought, IsBelow)
                         : std::upper_bound(run->begin(), run->end(), sought, IsAbove);
    if (from != run->end()) rests.push_back({&*from, run->data() + run->size()});
  }
  while (!rests.empty()) {
    auto next = rests.begin();
    for (auto rest = next + 1; rest != rests.end(); ++rest) {
      if (Before(*rest->first, *next->first)) next = rest;
    }
    if (!visit(*next->first->entry)) return;
    if (++next->first == next->last) rests.erase(next);
  }
}

void RowOrder::Descend(std::string_view key, bool at, Visitor visit) const {
  const Sought sought(key);
  const Runs runs = All();
  Rests rests;
  for (const auto& run : runs) {
    const auto to = at ? std::upper_bound(run->begin(), run->end(), sought, IsAbove)
                       : std::lower_bound(run->begin(), run->end(), sought, IsBelow);
    if (to != run->begin()) rests.push_back({run->data(), &*std::prev(to) + 1});
  }
  while (!rests.empty()) {
    auto next = rests.begin();
    for (auto rest = next + 1; rest != rests.end(); ++rest) {
      if (Before(*(next->last - 1), *(rest->last - 1))) next = rest;
    }
    if (!visit(*(next->last - 1)->entry)) return;
    if (--next->last == next->first) rests.erase(next);
  }
}

}  // namespace mentorlog::storage
