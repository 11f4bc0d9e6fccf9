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

std::vector<std::uint64_t> Readings::All() const {
  const std::lock_guard lock(mutex_);
  return {all_.begin(), all_.end()};
}

RowLayer::Place::Place(std::string_view key_bytes, Entry* its_entry) : head{}, key(key_bytes), entry(its_entry) {
  std::array<char, sizeof(head)> bytes{};
  std::copy_n(key.data(), std::min(key.size(), bytes.size()), bytes.begin());
  for (std::size_t i = 0; i < head.size(); ++i) {
    for (std::size_t byte = 0; byte < 8; ++byte) head[i] = head[i] << 8U | static_cast<unsigned char>(bytes[8 * i + byte]);
  }
}

const RowLayer::Stand* RowLayer::StandAt(const Stands& stands, std::uint64_t sequence) {
  for (auto stand = stands.rbegin(); stand != stands.rend(); ++stand) {
    if (stand->sequence <= sequence) return &*stand;
  }
  return nullptr;
}

void RowLayer::Set(Family family, std::string key, Value value, std::uint64_t sequence,
                   const std::vector<std::uint64_t>& readings) {
  Shelf& shelf = this->shelf(family);
  const std::size_t hash = Hash()(key);
  Part& part = shelf.parts[PartOf(hash)];
  std::size_t added = SizeOf(value);
  std::size_t dropped = 0;
  Entry* fresh = nullptr;
  {
    const std::lock_guard lock(part.mutex);
    if (const auto found = part.by_key.find(key, hash); found != part.by_key.end()) {
      Stands& stands = found->second->stands;
      dropped = DropUnread(stands, sequence, readings);
      stands.push_back({sequence, std::move(value)});
    } else {
      added += key.size();
      fresh = &part.entries.emplace_back();
      fresh->key = std::move(key);
      fresh->stands.push_back({sequence, std::move(value)});
      part.by_key.emplace(fresh->key, fresh);
    }
  }
  bytes_.fetch_add(added - dropped, std::memory_order_relaxed);
  if (fresh == nullptr) return;
  rows_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(shelf.mutex);
  shelf.unordered.push_back(fresh);
  unordered_.fetch_add(1, std::memory_order_relaxed);
}

void RowLayer::PutInOrder() {
  for (const Shelf& shelf : shelves_) {
    const std::lock_guard lock(shelf.mutex);
    InOrder(shelf);
  }
}

const absl::btree_set<RowLayer::Place>& RowLayer::InOrder(const Shelf& shelf) const {
  for (Entry* const entry : shelf.unordered) shelf.order.emplace(entry->key, entry);
  unordered_.fetch_sub(shelf.unordered.size(), std::memory_order_relaxed);
  shelf.unordered.clear();
  return shelf.order;
}

// A stand is needed as long as somebody reads between it and the next one, which `next` is for the last.
std::size_t RowLayer::DropUnread(Stands& stands, std::uint64_t next, const std::vector<std::uint64_t>& readings) {
  std::size_t dropped = 0;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < stands.size(); ++i) {
    const std::uint64_t until = i + 1 < stands.size() ? stands[i + 1].sequence : next;
    const auto reading = std::lower_bound(readings.begin(), readings.end(), stands[i].sequence);
    if (reading == readings.end() || *reading >= until) {
      dropped += SizeOf(stands[i].value);
      continue;
    }
    if (kept != i) stands[kept] = std::move(stands[i]);
    ++kept;
  }
  stands.resize(kept);
  return dropped;
}

std::optional<RowLayer::Value> RowLayer::Get(Family family, std::string_view key, std::uint64_t sequence) const {
  if (rows() == 0) return std::nullopt;
  const std::size_t hash = Hash()(key);
  const Part& part = shelf(family).parts[PartOf(hash)];
  const std::lock_guard lock(part.mutex);
  const auto row = part.by_key.find(key, hash);
  if (row == part.by_key.end()) return std::nullopt;
  const Stand* const stand = StandAt(row->second->stands, sequence);
  if (stand == nullptr) return std::nullopt;
  return stand->value;
}

// REQUIRES: the mutex of the order is held.
std::optional<RowLayer::Row> RowLayer::RowAt(const Shelf& shelf, const Place& place, std::uint64_t sequence) {
  const std::lock_guard lock(shelf.parts[PartOf(Hash()(place.key))].mutex);
  const Stand* const stand = StandAt(place.entry->stands, sequence);
  if (stand == nullptr) return std::nullopt;
  return Row{place.entry->key, stand->value};
}

std::vector<RowLayer::Row> RowLayer::After(Family family, std::string_view key, bool at, std::uint64_t sequence,
                                           std::size_t max) const {
  const Shelf& shelf = this->shelf(family);
  std::vector<Row> rows;
  const std::lock_guard lock(shelf.mutex);
  const auto& order = InOrder(shelf);
  auto place = at ? order.lower_bound(Place(key)) : order.upper_bound(Place(key));
  for (; place != order.end() && rows.size() < max; ++place) {
    if (auto row = RowAt(shelf, *place, sequence)) rows.push_back(*std::move(row));
  }
  return rows;
}

std::vector<RowLayer::Row> RowLayer::Before(Family family, std::string_view key, bool at, std::uint64_t sequence) const {
  const Shelf& shelf = this->shelf(family);
  const std::lock_guard lock(shelf.mutex);
  const auto& order = InOrder(shelf);
  auto place = at ? order.upper_bound(Place(key)) : order.lower_bound(Place(key));
  while (place != order.begin()) {
    --place;
    if (auto row = RowAt(shelf, *place, sequence)) return {*std::move(row)};
  }
  return {};
}

void RowLayer::Forget(Family family, std::string_view from, std::string_view to) {
  Shelf& shelf = this->shelf(family);
  const std::lock_guard lock(shelf.mutex);
  InOrder(shelf);
  const auto begin = shelf.order.lower_bound(Place(from));
  const auto end = to.empty() ? shelf.order.end() : shelf.order.lower_bound(Place(to));
  std::size_t bytes = 0;
  std::size_t rows = 0;
  for (auto place = begin; place != end; ++place, ++rows) {
    Entry& entry = *place->entry;
    bytes += entry.key.size();
    Part& part = shelf.parts[PartOf(Hash()(entry.key))];
    const std::lock_guard part_lock(part.mutex);
    for (const Stand& stand : entry.stands) bytes += SizeOf(stand.value);
    part.by_key.erase(entry.key);
    entry.stands.clear();
  }
  shelf.order.erase(begin, end);
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  rows_.fetch_sub(rows, std::memory_order_relaxed);
}

void RowLayer::ForEach(Family family, const std::function<void(const std::string&, const Value&)>& visit) const {
  const Shelf& shelf = this->shelf(family);
  {
    const std::lock_guard lock(shelf.mutex);
    InOrder(shelf);
  }
  // It stays in order now, and readers are not kept waiting.
  for (const Place& place : shelf.order) visit(place.entry->key, place.entry->stands.back().value);
}

}  // namespace mentorlog::storage
