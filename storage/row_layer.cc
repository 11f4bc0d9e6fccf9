#include "storage/row_layer.h"

#include <algorithm>
#include <utility>

namespace mentorlog::storage {

void Readings::Begin(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  all_.insert(sequence);
}

void Readings::End(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  all_.erase(all_.find(sequence));
}

bool Readings::Any(std::uint64_t from, std::uint64_t to) const {
  const std::lock_guard lock(mutex_);
  const auto found = all_.lower_bound(from);
  return found != all_.end() && *found < to;
}

const RowLayer::Stand* RowLayer::StandAt(const Stands& stands, std::uint64_t sequence) {
  for (auto stand = stands.rbegin(); stand != stands.rend(); ++stand) {
    if (stand->sequence <= sequence) return &*stand;
  }
  return nullptr;
}

void RowLayer::Set(Family family, std::string key, Value value, std::uint64_t sequence, const Readings& readings) {
  Shelf& shelf = this->shelf(family);
  std::size_t added = SizeOf(value);
  std::size_t dropped = 0;
  const std::lock_guard lock(shelf.mutex);
  const auto [row, is_new] = shelf.table.try_emplace(std::move(key));
  if (is_new) {
    row->second = std::make_unique<Stands>();
    added += row->first.size();
    rows_.fetch_add(1, std::memory_order_relaxed);
  }
  Stands& stands = *row->second;
  // A stand is needed as long as somebody reads between it and the next one.
  std::size_t kept = 0;
  for (std::size_t i = 0; i < stands.size(); ++i) {
    const std::uint64_t until = i + 1 < stands.size() ? stands[i + 1].sequence : sequence;
    if (!readings.Any(stands[i].sequence, until)) {
      dropped += SizeOf(stands[i].value);
      continue;
    }
    if (kept != i) stands[kept] = std::move(stands[i]);
    ++kept;
  }
  stands.resize(kept);
  stands.push_back({sequence, std::move(value)});
  bytes_.fetch_add(added - dropped, std::memory_order_relaxed);
}

std::optional<RowLayer::Value> RowLayer::Get(Family family, std::string_view key, std::uint64_t sequence) const {
  if (rows() == 0) return std::nullopt;
  const Shelf& shelf = this->shelf(family);
  const std::lock_guard lock(shelf.mutex);
  const auto row = shelf.table.find(key);
  if (row == shelf.table.end()) return std::nullopt;
  const Stand* const stand = StandAt(*row->second, sequence);
  if (stand == nullptr) return std::nullopt;
  return stand->value;
}

std::vector<RowLayer::Row> RowLayer::After(Family family, std::string_view key, bool at, std::uint64_t sequence,
                                           std::size_t max) const {
  const Shelf& shelf = this->shelf(family);
  std::vector<Row> rows;
  const std::lock_guard lock(shelf.mutex);
  auto row = at ? shelf.table.lower_bound(key) : shelf.table.upper_bound(key);
  for (; row != shelf.table.end() && rows.size() < max; ++row) {
    if (const Stand* const stand = StandAt(*row->second, sequence)) rows.push_back({row->first, stand->value});
  }
  return rows;
}

std::vector<RowLayer::Row> RowLayer::Before(Family family, std::string_view key, bool at, std::uint64_t sequence) const {
  const Shelf& shelf = this->shelf(family);
  const std::lock_guard lock(shelf.mutex);
  auto row = at ? shelf.table.upper_bound(key) : shelf.table.lower_bound(key);
  while (row != shelf.table.begin()) {
    --row;
    if (const Stand* const stand = StandAt(*row->second, sequence)) return {{row->first, stand->value}};
  }
  return {};
}

void RowLayer::Forget(Family family, std::string_view from, std::string_view to) {
  Shelf& shelf = this->shelf(family);
  const std::lock_guard lock(shelf.mutex);
  const auto begin = shelf.table.lower_bound(from);
  const auto end = to.empty() ? shelf.table.end() : shelf.table.lower_bound(to);
  std::size_t bytes = 0;
  std::size_t rows = 0;
  for (auto row = begin; row != end; ++row, ++rows) {
    bytes += row->first.size();
    for (const Stand& stand : *row->second) bytes += SizeOf(stand.value);
  }
  shelf.table.erase(begin, end);
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  rows_.fetch_sub(rows, std::memory_order_relaxed);
}

void RowLayer::ForEach(Family family, const std::function<void(const std::string&, const Value&)>& visit) const {
  for (const auto& [key, stands] : shelf(family).table) visit(key, stands->back().value);
}

}  // namespace mentorlog::storage
