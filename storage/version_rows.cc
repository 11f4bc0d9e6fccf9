#include "storage/version_rows.h"

#include <utility>

namespace mentorlog::storage {
namespace {

constexpr std::size_t kCachedRowsMax = 32768;
constexpr std::size_t kCachedBytesMax = 8 << 20;

}  // namespace

absl::StatusOr<std::optional<std::string>> VersionRows::Get(std::string_view key) const {
  const auto found = entries_.find(key);
  if (found != entries_.end() && found->second.state != State::kUnknown) return found->second.value;
  auto stored = store_.Get(Family::kViews, prefix_ + std::string(key));
  if (!stored.ok()) return stored;
  cached_bytes_ += key.size() + (*stored ? (*stored)->size() : 0);
  entries_.insert_or_assign(std::string(key), Entry{State::kAsStored, *stored});
  return stored;
}

void VersionRows::Set(std::string_view key, std::optional<std::string> value) {
  auto at = entries_.find(key);
  if (at == entries_.end()) at = entries_.emplace(std::string(key), Entry()).first;
  const std::size_t bytes = key.size() + (value ? value->size() : 0);
  unwritten_bytes_ += bytes;
  cached_bytes_ += bytes;
  Entry after{State::kUnwritten, std::move(value)};
  if (at->second.state != State::kUnwritten) unwritten_.push_back(at);
  journal_.push_back({at, std::exchange(at->second, std::move(after))});
}

absl::Status VersionRows::Scan(std::string_view from, std::string_view to,
                               const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const auto snapshot = store_.Snapshot();
  const auto cursor = snapshot->NewCursor(Family::kViews, ReadHint::kPoint);
  cursor->Seek(prefix_ + std::string(from));
  auto entry = entries_.lower_bound(from);
  while (true) {
    while (entry != entries_.end() && entry->second.state == State::kUnknown) ++entry;
    const bool own = entry != entries_.end() && (to.empty() || entry->first < to);
    std::optional<std::string_view> stored;
    if (cursor->Valid() && cursor->key().starts_with(prefix_)) {
      stored = cursor->key().substr(prefix_.size());
      if (!to.empty() && *stored >= to) stored.reset();
    }
    if (!own && !stored) return cursor->status();
    // What is kept here hides what is stored.
    if (own && (!stored || entry->first <= *stored)) {
      if (stored && *stored == entry->first) cursor->Next();
      const auto at = entry++;
      if (at->second.value && !visit(at->first, *at->second.value)) return absl::OkStatus();
    } else {
      if (!visit(*stored, cursor->value())) return absl::OkStatus();
      cursor->Next();
    }
  }
}

void VersionRows::Undo() {
  while (!journal_.empty()) {
    journal_.back().at->second = std::move(journal_.back().before);
    journal_.pop_back();
  }
}

void VersionRows::Flush(Batch& batch) {
  for (const auto& at : unwritten_) {
    if (at->second.state != State::kUnwritten) continue;
    if (at->second.value) {
      batch.Put(Family::kViews, prefix_ + at->first, *at->second.value);
    } else {
      batch.Delete(Family::kViews, prefix_ + at->first);
    }
  }
}

void VersionRows::Committed() {
  for (const auto& at : unwritten_) {
    if (at->second.state == State::kUnwritten) at->second.state = State::kAsStored;
  }
  unwritten_.clear();
  journal_.clear();
  unwritten_bytes_ = 0;
  if (entries_.size() > kCachedRowsMax || cached_bytes_ > kCachedBytesMax) Forget();
}

void VersionRows::Forget() {
  journal_.clear();
  unwritten_.clear();
  entries_.clear();
  cached_bytes_ = 0;
  unwritten_bytes_ = 0;
}

}  // namespace mentorlog::storage
