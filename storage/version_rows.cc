#include "storage/version_rows.h"

#include <algorithm>
#include <span>

#include "storage/key_head.h"

namespace mentorlog::storage {
namespace {

// Of one generation of a version's cache. There are about ten versions.
constexpr std::size_t kGenerationBytesMax = 16 << 20;
// After so much at once nothing is kept: the few rows among it that were read cost less to read again than to look out.
constexpr std::size_t kSettledBytesMax = kGenerationBytesMax;
// What a row and its place take beside its bytes.
constexpr std::size_t kRowBytes = 96;

// Puts rows in the order of their keys. Most comparisons are of the first eight bytes that are not the same in all of
// them, side by side in memory; of keys that lie anywhere each would be a look there.
class KeyOrder {
 public:
  // REQUIRES: all keys begin with the same `skipped` bytes.
  void Sort(std::span<RowView> rows, std::size_t skipped) {
    const std::size_t shared = Shared(rows, skipped);
    places_.clear();
    for (const RowView& row : rows) places_.push_back({KeyHead(row.key.substr(shared)), row});
    std::sort(places_.begin(), places_.end(), [shared](const Place& a, const Place& b) {
      return a.head != b.head ? a.head < b.head : a.row.key.substr(shared) < b.row.key.substr(shared);
    });
    std::transform(places_.begin(), places_.end(), rows.begin(), [](const Place& place) { return place.row; });
  }

 private:
  struct Place {
    std::uint64_t head;
    RowView row;
  };

  // How many bytes all keys begin with alike.
  static std::size_t Shared(std::span<const RowView> rows, std::size_t skipped) {
    if (rows.empty()) return skipped;
    std::string_view shared = rows.front().key;
    for (const RowView& row : rows) {
      const std::string_view key = row.key.substr(0, shared.size());
      const auto differs = std::mismatch(key.begin() + static_cast<std::ptrdiff_t>(skipped), key.end(),
                                         shared.begin() + static_cast<std::ptrdiff_t>(skipped));
      shared = shared.substr(0, static_cast<std::size_t>(differs.first - key.begin()));
    }
    return shared.size();
  }

  std::vector<Place> places_;
};

}  // namespace

std::size_t VersionRows::BytesOf(const Row& row) {
  return kRowBytes + row.suffix.size() + (row.state.value ? row.state.value->size() : 0);
}

std::size_t VersionRows::BytesOf(const RowView& added) {
  return sizeof(RowView) + added.key.size() + added.value->size();
}

std::pair<VersionRows::Row*, bool> VersionRows::Emplace(Entity& entity, std::string_view suffix) {
  const Sought sought(suffix);
  bool is_new = false;
  const auto place = entity.rows.lazy_emplace(sought, [&](const auto& construct) {
    is_new = true;
    construct(Place{sought.hash, std::unique_ptr<Row>(new Row{std::string(suffix), {}})});
  });
  if (is_new) entity.row_lengths.Note(suffix);
  return {place->row.get(), is_new};
}

void VersionRows::Erase(Entity& entity, const Row& row) { entity.rows.erase(entity.rows.find(Sought(row.suffix))); }

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
  touched_before_ = current_->second.touched();
  added_before_ = current_->second.added.size();
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
  if (entity.added_lengths.MayHave(*suffix)) FindAdded();
  if (const auto found = entity.rows.find(Sought(*suffix)); found != entity.rows.end()) {
    found->row->state.read = true;
    return found->row->state.value;
  }
  absl::StatusOr<std::optional<std::string>> stored = std::nullopt;
  if (!stored_) return stored;
  stored = store_.Get(Family::kViews, prefix_ + std::string(key));
  if (stored.ok()) Keep(entity, *suffix, *stored);
  return stored;
}

// What the store holds.
void VersionRows::Keep(Entity& entity, std::string_view suffix, std::optional<std::string> value) const {
  Row& row = *Emplace(entity, suffix).first;
  row.state = {std::move(value), false, true};
  entity.bytes += BytesOf(row);
  young_bytes_ += BytesOf(row);
}

void VersionRows::Set(std::string_view key, std::optional<std::string> value) {
  const auto suffix = SuffixOf(key);
  if (!suffix) return;
  if (current_->second.added_lengths.MayHave(*suffix)) FindAdded();
  SetSuffix(*suffix, std::move(value));
}

void VersionRows::SetSuffix(std::string_view suffix, std::optional<std::string> value) const {
  auto& entity = current_->second;
  const auto [row, is_new] = Emplace(entity, suffix);
  State& state = row->state;
  const std::size_t before = is_new ? 0 : BytesOf(*row);
  journal_.push_back(
      {row, is_new ? std::nullopt : std::optional(State{std::move(state.value), state.unwritten, state.read})});
  state.value = std::move(value);
  const std::size_t bytes = BytesOf(*row);
  unwritten_bytes_ += bytes - (state.unwritten ? before : 0);
  if (!state.unwritten) {
    state.unwritten = true;
    if (!entity.touched()) touched_.push_back(current_);
    entity.unwritten.push_back(row);
  }
  entity.bytes += bytes - before;
  young_bytes_ += bytes - before;
}

void VersionRows::Add(std::string_view key, std::string value) {
  const auto suffix = SuffixOf(key);
  if (!suffix) return;
  auto& entity = current_->second;
  if (entity.row_lengths.MayHave(*suffix)) return SetSuffix(*suffix, std::move(value));
  if (!entity.touched()) touched_.push_back(current_);
  const std::size_t size = prefix_.size() + key.size();
  auto* const bytes = static_cast<char*>(lasting_.allocate(size + value.size(), 1));
  std::copy(value.begin(), value.end(),
            std::copy(key.begin(), key.end(), std::copy(prefix_.begin(), prefix_.end(), bytes)));
  entity.added.push_back({{bytes, size}, std::string_view(bytes + size, value.size())});
  entity.added_lengths.Note(*suffix);
  CountUnwritten(BytesOf(entity.added.back()));
}

void VersionRows::CountUnwritten(std::size_t bytes) const {
  current_->second.bytes += bytes;
  young_bytes_ += bytes;
  unwritten_bytes_ += bytes;
}

// What was added before the fold under way stays if that is undone: it is no change of this fold.
void VersionRows::FindAdded() const {
  auto& entity = current_->second;
  for (std::size_t i = 0; i < entity.added.size(); ++i) {
    const RowView& added = entity.added[i];
    const std::size_t unwritten = unwritten_bytes_;
    CountUnwritten(0 - BytesOf(added));
    SetSuffix(SuffixOf(added), std::string(*added.value));
    if (i >= added_before_) continue;
    journal_.pop_back();
    unwritten_bytes_before_ += unwritten_bytes_ - unwritten;
  }
  entity.added.clear();
  entity.added_lengths = {};
  added_before_ = 0;
}

void VersionRows::Undo() {
  auto& entity = current_->second;
  if (!touched_before_ && entity.touched()) touched_.pop_back();
  for (; entity.added.size() > added_before_; entity.added.pop_back()) {
    CountUnwritten(0 - BytesOf(entity.added.back()));
  }
  std::vector<Row*> gone;
  for (; !journal_.empty(); journal_.pop_back()) {
    Change& change = journal_.back();
    const std::size_t bytes = BytesOf(*change.row);
    std::size_t before = 0;
    if (change.before) {
      change.row->state = *std::move(change.before);
      before = BytesOf(*change.row);
    } else {
      change.row->state.unwritten = false;
      gone.push_back(change.row);
    }
    entity.bytes -= bytes - before;
    young_bytes_ -= bytes - before;
  }
  std::erase_if(entity.unwritten, [](const Row* row) { return !row->state.unwritten; });
  for (const Row* const row : gone) Erase(entity, *row);
  unwritten_bytes_ = unwritten_bytes_before_;
}

absl::Status VersionRows::Scan(std::string_view from, std::string_view to,
                               const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const auto first = SuffixOf(from);
  if (!first) return strayed_;
  const auto& [name, entity] = *current_;
  if (!entity.added.empty()) FindAdded();
  const std::size_t skipped = prefix_.size() + name.size();
  // Otherwise to the end of the entity.
  const bool bounded = to.starts_with(name);
  const std::string_view end = bounded ? to.substr(name.size()) : std::string_view();
  const std::string own_prefix = prefix_ + name;
  const auto snapshot = store_.Snapshot();
  const auto cursor =
      snapshot->NewCursor(Family::kViews, own_prefix.size() >= kEntityKeyBytes ? ReadHint::kEntity : ReadHint::kPoint);
  cursor->Seek(prefix_ + std::string(from));
  std::vector<const Row*> known;
  for (const Place& place : entity.rows) {
    const std::string_view suffix = place.row->suffix;
    if (suffix >= *first && (!bounded || suffix < end)) known.push_back(place.row.get());
  }
  std::sort(known.begin(), known.end(), RowsInOrder());
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
    if (own && (!stored || (*entry)->suffix <= *stored)) {
      if (stored && *stored == (*entry)->suffix) cursor->Next();
      const Row& row = **entry++;
      if (row.state.value && !show(row.suffix, *row.state.value)) return absl::OkStatus();
    } else {
      if (!show(*stored, cursor->value())) return absl::OkStatus();
      cursor->Next();
    }
  }
}

std::vector<RowView> VersionRows::Unwritten() {
  std::vector<RowView> rows;
  KeyOrder in_order;
  std::sort(touched_.begin(), touched_.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  for (const auto* const touched : touched_) {
    const auto& [name, entity] = *touched;
    const std::size_t begin = rows.size();
    const std::size_t skipped = prefix_.size() + name.size();
    for (const Row* const unwritten : entity.unwritten) {
      const auto& [suffix, row] = *unwritten;
      const std::size_t size = skipped + suffix.size();
      auto* const key = static_cast<char*>(lasting_.allocate(size, 1));
      std::copy(suffix.begin(), suffix.end(),
                std::copy(name.begin(), name.end(), std::copy(prefix_.begin(), prefix_.end(), key)));
      rows.push_back({{key, size}, row.value ? RowView::Value(*row.value) : std::nullopt});
    }
    rows.insert(rows.end(), entity.added.begin(), entity.added.end());
    in_order.Sort(std::span(rows).subspan(begin), skipped);
  }
  return rows;
}

void VersionRows::Committed() {
  stored_ = stored_ || !touched_.empty();
  current_ = nullptr;
  journal_.clear();
  if (unwritten_bytes_ > kSettledBytesMax) {
    young_.clear();
    young_bytes_ = 0;
  } else {
    for (auto* const touched : touched_) Settle(touched->first, touched->second);
    LetGo();
  }
  touched_.clear();
  lasting_.release();
  unwritten_bytes_ = 0;
}

// Its rows are written: what nobody read is let go.
void VersionRows::Settle(const std::string& name, Entity& entity) {
  bool let_go = false;
  for (Row* const row : entity.unwritten) {
    row->state.unwritten = false;
    if (row->state.read) continue;
    let_go = true;
    const std::size_t bytes = BytesOf(*row);
    entity.bytes -= bytes;
    young_bytes_ -= bytes;
    Erase(entity, *row);
  }
  entity.unwritten.clear();
  for (const RowView& added : entity.added) {
    entity.bytes -= BytesOf(added);
    young_bytes_ -= BytesOf(added);
  }
  entity.added.clear();
  entity.added_lengths = {};
  if (let_go) {
    entity.row_lengths = {};
    for (const Place& place : entity.rows) entity.row_lengths.Note(place.row->suffix);
  }
  if (!entity.rows.empty()) return;
  young_bytes_ -= entity.bytes;
  young_.erase(young_.find(name));
}

void VersionRows::LetGo() {
  if (young_bytes_ <= kGenerationBytesMax) return;
  old_ = std::exchange(young_, {});
  young_bytes_ = 0;
}

void VersionRows::Forget() {
  current_ = nullptr;
  journal_.clear();
  touched_.clear();
  lasting_.release();
  young_.clear();
  old_.clear();
  young_bytes_ = 0;
  unwritten_bytes_ = 0;
}

}  // namespace mentorlog::storage
