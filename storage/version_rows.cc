#include "storage/version_rows.h"

#include <algorithm>

namespace mentorlog::storage {
namespace {

// Of one generation of a version's cache. There are about ten versions.
constexpr std::size_t kGenerationBytesMax = 16 << 20;
// What a row and its place take beside its bytes.
constexpr std::size_t kRowBytes = 96;

}  // namespace

std::size_t VersionRows::BytesOf(std::string_view suffix, const Row& row) {
  return kRowBytes + suffix.size() + (row.value ? row.value->size() : 0);
}

void VersionRows::Begin(std::string_view entity) {
  journal_.clear();
  strayed_ = absl::OkStatus();
  if (current_ == nullptr || current_->first != entity) {
    auto found = young_.find(entity);
    if (found == young_.end()) {
      if (const auto aged = old_.find(entity); aged != old_.end()) {
        young_bytes_ += aged->second.bytes;
        found = young_.insert(old_.extract(aged)).position;
      } else {
        found = young_.try_emplace(std::string(entity)).first;
        found->second.bytes = kRowBytes + entity.size();
        young_bytes_ += found->second.bytes;
      }
    }
    current_ = &*found;
  }
  unwritten_before_ = current_->second.unwritten.size();
  unwritten_bytes_before_ = unwritten_bytes_;
}

std::optional<std::string_view> VersionRows::SuffixOf(std::string_view key) const {
  if (key.starts_with(current_->first)) return key.substr(current_->first.size());
  strayed_ = absl::InternalError("a fold asks for rows that are not its entity's");
  return std::nullopt;
}

absl::StatusOr<std::optional<std::string>> VersionRows::Get(std::string_view key) const {
  const auto suffix = SuffixOf(key);
  if (!suffix) return strayed_;
  auto& entity = current_->second;
  if (const auto found = entity.rows.find(*suffix); found != entity.rows.end()) {
    found->second.read = true;
    return found->second.value;
  }
  if (!stored_) return std::optional<std::string>();
  auto stored = store_.Get(Family::kViews, prefix_ + std::string(key));
  if (stored.ok()) Keep(entity, *suffix, *stored);
  return stored;
}

// What the store holds.
void VersionRows::Keep(Entity& entity, std::string_view suffix, std::optional<std::string> value) const {
  const auto row = entity.rows.try_emplace(std::string(suffix), Row{std::move(value), false, true}).first;
  const std::size_t bytes = BytesOf(suffix, row->second);
  entity.bytes += bytes;
  young_bytes_ += bytes;
}

void VersionRows::Set(std::string_view key, std::optional<std::string> value) {
  const auto suffix = SuffixOf(key);
  if (!suffix) return;
  auto& entity = current_->second;
  const auto [at, is_new] = entity.rows.try_emplace(std::string(*suffix));
  Row& row = at->second;
  const std::size_t before = is_new ? 0 : BytesOf(*suffix, row);
  journal_.push_back({&*at, is_new ? std::nullopt : std::optional(Row{std::move(row.value), row.unwritten, row.read})});
  row.value = std::move(value);
  unwritten_bytes_ += BytesOf(*suffix, row) - (row.unwritten ? before : 0);
  if (!row.unwritten) {
    row.unwritten = true;
    if (entity.unwritten.empty()) touched_.push_back(current_);
    entity.unwritten.push_back(&*at);
  }
  const std::size_t bytes = BytesOf(*suffix, row);
  entity.bytes += bytes - before;
  young_bytes_ += bytes - before;
}

void VersionRows::Undo() {
  auto& entity = current_->second;
  for (; !journal_.empty(); journal_.pop_back()) {
    Change& change = journal_.back();
    auto& [suffix, row] = *change.row;
    const std::size_t bytes = BytesOf(suffix, row);
    std::size_t before = 0;
    if (change.before) {
      row = *std::move(change.before);
      before = BytesOf(suffix, row);
    } else {
      entity.rows.erase(entity.rows.find(suffix));
    }
    entity.bytes -= bytes - before;
    young_bytes_ -= bytes - before;
  }
  if (unwritten_before_ == 0 && !entity.unwritten.empty()) touched_.pop_back();
  entity.unwritten.resize(unwritten_before_);
  unwritten_bytes_ = unwritten_bytes_before_;
}

absl::Status VersionRows::Scan(std::string_view from, std::string_view to,
                               const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const auto first = SuffixOf(from);
  if (!first) return strayed_;
  const auto& [name, entity] = *current_;
  const std::size_t skipped = prefix_.size() + name.size();
  // Otherwise to the end of the entity.
  const bool bounded = to.starts_with(name);
  const std::string_view end = bounded ? to.substr(name.size()) : std::string_view();
  const std::string own_prefix = prefix_ + name;
  const auto snapshot = store_.Snapshot();
  const auto cursor = snapshot->NewCursor(Family::kViews, ReadHint::kPoint);
  cursor->Seek(prefix_ + std::string(from));
  std::vector<const RowMap::value_type*> known;
  for (const auto& row : entity.rows) {
    if (row.first >= *first && (!bounded || row.first < end)) known.push_back(&row);
  }
  std::sort(known.begin(), known.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  auto entry = known.begin();
  std::string key = name;
  const auto show = [&](std::string_view suffix, std::string_view value) {
    key.resize(name.size());
    key.append(suffix);
    return visit(key, value);
  };
  while (true) {
    // What cannot be read might come next.
    if (absl::Status status = cursor->status(); !status.ok()) return status;
    const bool own = entry != known.end();
    std::optional<std::string_view> stored;
    if (cursor->Valid() && cursor->key().starts_with(own_prefix)) {
      stored = cursor->key().substr(skipped);
      if (bounded && *stored >= end) stored.reset();
    }
    if (!own && !stored) return absl::OkStatus();
    // What is known hides what is stored.
    if (own && (!stored || (*entry)->first <= *stored)) {
      if (stored && *stored == (*entry)->first) cursor->Next();
      const auto& [suffix, row] = **entry++;
      if (row.value && !show(suffix, *row.value)) return absl::OkStatus();
    } else {
      if (!show(*stored, cursor->value())) return absl::OkStatus();
      cursor->Next();
    }
  }
}

std::vector<RowView> VersionRows::Unwritten() {
  std::vector<RowView> rows;
  std::sort(touched_.begin(), touched_.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  for (auto* const touched : touched_) {
    auto& [name, entity] = *touched;
    std::sort(entity.unwritten.begin(), entity.unwritten.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
    for (const auto* const unwritten : entity.unwritten) {
      const auto& [suffix, row] = *unwritten;
      const std::size_t size = prefix_.size() + name.size() + suffix.size();
      auto* const key = static_cast<char*>(keys_.allocate(size, 1));
      std::copy(suffix.begin(), suffix.end(), std::copy(name.begin(), name.end(), std::copy(prefix_.begin(), prefix_.end(), key)));
      rows.push_back({{key, size}, row.value ? RowView::Value(*row.value) : std::nullopt});
    }
  }
  return rows;
}

void VersionRows::Committed() {
  stored_ = stored_ || !touched_.empty();
  current_ = nullptr;
  journal_.clear();
  for (auto* const touched : touched_) Settle(touched->first, touched->second);
  touched_.clear();
  keys_.release();
  unwritten_bytes_ = 0;
  LetGo();
}

// Its rows are written: what nobody read is let go.
void VersionRows::Settle(const std::string& name, Entity& entity) {
  for (auto* const unwritten : entity.unwritten) {
    auto& [suffix, row] = *unwritten;
    row.unwritten = false;
    if (row.read) continue;
    const std::size_t bytes = BytesOf(suffix, row);
    entity.bytes -= bytes;
    young_bytes_ -= bytes;
    entity.rows.erase(entity.rows.find(suffix));
  }
  entity.unwritten.clear();
  if (!entity.rows.empty()) return;
  young_bytes_ -= entity.bytes;
  young_.erase(young_.find(name));
}

void VersionRows::LetGo() {
  if (young_bytes_ <= kGenerationBytesMax) return;
  old_ = std::exchange(young_, {});
  // A batch may have read far more than is worth keeping.
  if (young_bytes_ > 2 * kGenerationBytesMax) old_.clear();
  young_bytes_ = 0;
}

void VersionRows::Forget() {
  current_ = nullptr;
  journal_.clear();
  touched_.clear();
  keys_.release();
  young_.clear();
  old_.clear();
  young_bytes_ = 0;
  unwritten_bytes_ = 0;
}

}  // namespace mentorlog::storage
