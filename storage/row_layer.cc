#include "storage/row_layer.h"

#include <algorithm>
#include <new>
#include <utility>

#include "storage/key_hash.h"

namespace mentorlog::storage {
namespace {

// The first piece of memory; each one is twice as large as the one before.
constexpr std::size_t kFirstPieceBytes = 64 << 10;

RowView::Value ValueOf(const RowVersion& version) {
  return version.is_delete ? std::nullopt : RowView::Value(version.value());
}

const RowVersion* VersionAt(const RowEntry& entry, std::uint64_t sequence) {
  const RowVersion* version = entry.newest.load(std::memory_order_acquire);
  while (version != nullptr && version->sequence > sequence) version = version->older;
  return version;
}

}  // namespace

RowLayer::RowLayer(const RowLayer* like) : memory_(kFirstPieceBytes) {
  if (like == nullptr) return;
  for (std::size_t i = 0; i < shelves_.size(); ++i) {
    for (std::size_t part = 0; part < kParts; ++part) {
      const Part& known = like->shelves_[i].parts[part];
      const std::lock_guard lock(known.mutex);
      shelves_[i].parts[part].entries.reserve(known.entries.size());
    }
  }
}

void* RowLayer::Take(std::size_t bytes) {
  static_assert(alignof(RowVersion) == alignof(RowEntry));
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  return memory_.allocate(bytes, alignof(RowVersion));
}

RowVersion* RowLayer::NewVersion(const std::optional<std::string_view>& value, std::uint64_t sequence) {
  const std::size_t size = value ? value->size() : 0;
  auto* const version =
      new (Take(sizeof(RowVersion) + size)) RowVersion{sequence, nullptr, static_cast<std::uint32_t>(size), !value};
  if (value) std::copy(value->begin(), value->end(), reinterpret_cast<char*>(version + 1));
  return version;
}

RowEntry* RowLayer::NewEntry(const Sought& sought, const RowVersion* version) {
  auto* const entry = new (Take(sizeof(RowEntry) + sought.key.size()))
      RowEntry{sought.hash, {version}, static_cast<std::uint32_t>(sought.key.size())};
  std::copy(sought.key.begin(), sought.key.end(), reinterpret_cast<char*>(entry + 1));
  return entry;
}

void RowLayer::Set(Family family, std::string_view key, std::optional<std::string_view> value, std::uint64_t sequence) {
  Shelf& shelf = this->shelf(family);
  const Sought sought{key, KeyHash()(key)};
  RowVersion* const version = NewVersion(value, sequence);
  RowEntry* fresh = nullptr;
  bool was_known = true;
  {
    Part& part = shelf.parts[PartOf(sought.hash)];
    const std::lock_guard lock(part.mutex);
    RowEntry* const entry = *part.entries.lazy_emplace(sought, [&](const auto& construct) {
      fresh = NewEntry(sought, version);
      construct(fresh);
    });
    if (fresh == nullptr) {
      version->older = entry->newest.load(std::memory_order_relaxed);
      was_known = version->older != nullptr;
      entry->newest.store(version, std::memory_order_release);
    }
  }
  if (fresh != nullptr) shelf.order.Add(fresh);
  if (fresh != nullptr || !was_known) rows_.fetch_add(1, std::memory_order_relaxed);
}

std::optional<RowLayer::Value> RowLayer::Get(Family family, std::string_view key, std::uint64_t sequence) const {
  if (rows() == 0) return std::nullopt;
  const Sought sought{key, KeyHash()(key)};
  const Part& part = shelf(family).parts[PartOf(sought.hash)];
  const RowEntry* entry = nullptr;
  {
    const std::lock_guard lock(part.mutex);
    const auto found = part.entries.find(sought);
    if (found == part.entries.end()) return std::nullopt;
    entry = *found;
  }
  const RowVersion* const version = VersionAt(*entry, sequence);
  if (version == nullptr) return std::nullopt;
  return ValueOf(*version);
}

std::optional<RowView> RowLayer::RowAt(const RowEntry& entry, std::uint64_t sequence) {
  const RowVersion* const version = VersionAt(entry, sequence);
  if (version == nullptr) return std::nullopt;
  return RowView{entry.key(), ValueOf(*version)};
}

std::vector<RowView> RowLayer::After(Family family, std::string_view key, bool at, std::uint64_t sequence,
                                     std::size_t max) const {
  std::vector<RowView> rows;
  shelf(family).order.Ascend(key, at, [&](const RowEntry& entry) {
    if (rows.size() >= max) return false;
    if (const auto row = RowAt(entry, sequence)) rows.push_back(*row);
    return rows.size() < max;
  });
  return rows;
}

std::vector<RowView> RowLayer::Before(Family family, std::string_view key, bool at, std::uint64_t sequence) const {
  std::vector<RowView> rows;
  shelf(family).order.Descend(key, at, [&](const RowEntry& entry) {
    if (const auto row = RowAt(entry, sequence)) rows.push_back(*row);
    return rows.empty();
  });
  return rows;
}

std::vector<RowView> RowLayer::All(Family family) {
  Shelf& shelf = this->shelf(family);
  shelf.order.Merge(/*whole=*/true);
  std::vector<RowView> rows;
  shelf.order.Ascend({}, true, [&](const RowEntry& entry) {
    if (const auto row = RowAt(entry, kLatest)) rows.push_back(*row);
    return true;
  });
  return rows;
}

void RowLayer::Forget(Family family, std::string_view from, std::string_view to) {
  std::size_t forgotten = 0;
  shelf(family).order.Ascend(from, true, [&](RowEntry& entry) {
    if (!to.empty() && entry.key() >= to) return false;
    if (entry.newest.exchange(nullptr, std::memory_order_acq_rel) != nullptr) ++forgotten;
    return true;
  });
  rows_.fetch_sub(forgotten, std::memory_order_relaxed);
}

void RowLayer::PutInOrder() {
  for (Shelf& shelf : shelves_) shelf.order.Merge(/*whole=*/false);
}

std::size_t RowLayer::unordered() const {
  std::size_t unordered = 0;
  for (const Shelf& shelf : shelves_) unordered += shelf.order.unmerged();
  return unordered;
}

}  // namespace mentorlog::storage
