#include "storage/version_rows.h"

#include <utility>

namespace mentorlog::storage {
namespace {

// Of one generation of a version's cache. There are about ten versions.
constexpr std::size_t kGenerationRowsMax = 32768;
constexpr std::size_t kGenerationBytesMax = 8 << 20;

}  // namespace

const RowCache::Row* RowCache::Find(std::string_view key) {
  if (const auto found = young_.find(key); found != young_.end()) return &found->second;
  const auto found = old_.find(key);
  if (found == old_.end()) return nullptr;
  auto node = old_.extract(found);
  std::string name = std::move(node.key());
  Put(name, std::move(node.mapped()));
  return &young_.find(name)->second;
}

void RowCache::Put(std::string key, Row row) {
  const std::size_t bytes = key.size() + (row ? row->size() : 0);
  if (young_.size() >= kGenerationRowsMax || young_bytes_ + bytes > kGenerationBytesMax) {
    old_ = std::exchange(young_, {});
    young_bytes_ = 0;
  }
  young_bytes_ += bytes;
  young_.insert_or_assign(std::move(key), std::move(row));
}

void RowCache::Clear() {
  young_.clear();
  old_.clear();
  young_bytes_ = 0;
}

absl::StatusOr<std::optional<std::string>> VersionRows::Get(std::string_view key) const {
  if (const auto found = unwritten_.find(key); found != unwritten_.end()) {
    found->second.read = true;
    return found->second.value;
  }
  if (const RowCache::Row* const row = cache_.Find(key)) return *row;
  auto stored = store_.Get(Family::kViews, prefix_ + std::string(key));
  if (stored.ok()) cache_.Put(std::string(key), *stored);
  return stored;
}

void VersionRows::Set(std::string_view key, std::optional<std::string> value) {
  unwritten_bytes_ += key.size() + (value ? value->size() : 0);
  const auto at = unwritten_.lower_bound(key);
  if (at != unwritten_.end() && at->first == key) {
    journal_.push_back({at->first, Unwritten{std::exchange(at->second.value, std::move(value)), at->second.read}});
    return;
  }
  journal_.push_back({std::string(key), std::nullopt});
  unwritten_.emplace_hint(at, std::string(key), Unwritten{std::move(value), cache_.Find(key) != nullptr});
}

absl::Status VersionRows::Scan(std::string_view from, std::string_view to,
                               const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const auto snapshot = store_.Snapshot();
  const auto cursor = snapshot->NewCursor(Family::kViews, ReadHint::kPoint);
  cursor->Seek(prefix_ + std::string(from));
  auto entry = unwritten_.lower_bound(from);
  while (true) {
    const bool own = entry != unwritten_.end() && (to.empty() || entry->first < to);
    std::optional<std::string_view> stored;
    if (cursor->Valid() && cursor->key().starts_with(prefix_)) {
      stored = cursor->key().substr(prefix_.size());
      if (!to.empty() && *stored >= to) stored.reset();
    }
    if (!own && !stored) return cursor->status();
    // What is unwritten hides what is stored.
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
    Change& change = journal_.back();
    if (change.before) {
      unwritten_[change.key] = *std::move(change.before);
    } else {
      unwritten_.erase(change.key);
    }
    journal_.pop_back();
  }
}

void VersionRows::Flush(Batch& batch) const {
  for (const auto& [key, row] : unwritten_) {
    if (row.value) {
      batch.Put(Family::kViews, prefix_ + key, *row.value);
    } else {
      batch.Delete(Family::kViews, prefix_ + key);
    }
  }
}

void VersionRows::Committed() {
  for (auto& [key, row] : unwritten_) {
    if (row.read) cache_.Put(key, std::move(row.value));
  }
  unwritten_.clear();
  journal_.clear();
  unwritten_bytes_ = 0;
}

void VersionRows::Forget() {
  journal_.clear();
  unwritten_.clear();
  cache_.Clear();
  unwritten_bytes_ = 0;
}

}  // namespace mentorlog::storage
