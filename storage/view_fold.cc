#include "storage/view_fold.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/codec.h"
#include "storage/failpoint.h"
#include "storage/moments.h"

namespace mentorlog::storage {
namespace {

constexpr std::size_t kBatchRecordsMax = 4096;
// As the rows lie in memory.
constexpr std::size_t kBatchBytesMax = 8 << 20;

// The reason as it is kept: what a fold says, bounded.
std::string ReasonText(const absl::Status& status) { return status.ToString().substr(0, 400); }

// The version's position; nullopt: it has no rows. NOT_FOUND: it has rows only.
absl::StatusOr<std::optional<Position>> StoredPosition(const Store& store, const ViewInfo& info,
                                                       std::uint32_t version) {
  const auto snapshot = store.Snapshot();
  const auto stored = snapshot->Get(Family::kViews, ViewPositionRow(info.id, version));
  if (!stored.ok()) return stored.status();
  if (*stored) {
    const std::optional<Position> position = ParsePosition(**stored);
    if (!position) return Damage(absl::StrCat("views: the position of view ", info.name, " cannot be read"));
    return position;
  }
  const auto cursor = snapshot->NewCursor(Family::kViews, ReadHint::kPoint);
  cursor->Seek(FirstViewRow(info.id, version));
  if (cursor->Valid() && cursor->key().starts_with(ViewPrefix(info.id, version))) {
    return absl::NotFoundError(absl::StrCat("view ", info.name, ": version ", version, " has rows and no position"));
  }
  if (!cursor->status().ok()) return cursor->status();
  return std::optional<Position>();
}

}  // namespace

void Quarantines::Add(Quarantine quarantine) {
  const std::lock_guard lock(mutex_);
  std::string entity = quarantine.entity;
  all_.emplace(std::move(entity), std::move(quarantine));
  count_.store(all_.size(), std::memory_order_release);
}

std::optional<Quarantine> Quarantines::FindFor(std::string_view key) const {
  if (empty()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  // No entity is a prefix of another: only the last one at or below the key can begin it.
  const auto after = all_.upper_bound(key);
  if (after == all_.begin()) return std::nullopt;
  const auto& [entity, quarantine] = *std::prev(after);
  if (!key.starts_with(entity)) return std::nullopt;
  return quarantine;
}

bool Quarantines::Contains(const std::string& entity) const {
  if (empty()) return false;
  const std::lock_guard lock(mutex_);
  return all_.contains(entity);
}

std::vector<Quarantine> Quarantines::All() const {
  const std::lock_guard lock(mutex_);
  std::vector<Quarantine> all;
  for (const auto& [entity, quarantine] : all_) all.push_back(quarantine);
  return all;
}

ViewFold::ViewFold(const View& view, const Store& store, std::uint32_t version, std::optional<Position> position)
    : view_(view),
      version_(version),
      rows_(store, ViewPrefix(view.info().id, version), position.has_value()),
      folded_(position.value_or(Position{})),
      position_key_(ViewPositionRow(view.info().id, version)),
      written_(folded_.value) {}

absl::StatusOr<std::unique_ptr<ViewFold>> ViewFold::Load(const View& view, const Store& store, std::uint32_t version) {
  const auto position = StoredPosition(store, view.info(), version);
  if (!position.ok()) return position.status();
  std::unique_ptr<ViewFold> fold(new ViewFold(view, store, version, *position));
  const std::uint16_t id = view.info().id;
  const std::string prefix = QuarantinePrefix(id, version);
  const auto snapshot = store.Snapshot();
  const auto cursor = snapshot->NewCursor(Family::kMeta, ReadHint::kPoint);
  for (cursor->Seek(prefix); cursor->Valid() && cursor->key().starts_with(prefix); cursor->Next()) {
    if (cursor->value().size() < 8) return Damage(absl::StrCat("meta: a quarantine of view ", id, " cannot be read"));
    fold->quarantines_.Add({std::string(cursor->key().substr(prefix.size())),
                            Position{ReadBe(cursor->value().substr(0, 8))}, std::string(cursor->value().substr(8))});
  }
  if (!cursor->status().ok()) return cursor->status();
  return fold;
}

absl::Status ViewFold::Fold(const Record& record) {
  folded_ = record.position();
  entities_.clear();
  view_.Entities(record, entities_);
  for (const std::string& entity : entities_) {
    if (counting_) seen_.insert(std::hash<std::string>()(entity));
    if (IsQuarantined(entity)) continue;
    if (absl::Status status = FoldEntity(record, entity); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ViewFold::FoldEntity(const Record& record, const std::string& entity) {
  rows_.Begin(entity);
  absl::Status status = view_.Fold(record, entity, rows_);
  if (status.ok()) status = rows_.strayed();
  // A disk that does not answer says nothing of the record.
  if (status.ok() || absl::IsUnavailable(status)) return status;
  rows_.Undo();
  new_quarantines_.push_back({entity, record.position(), ReasonText(status)});
  return absl::OkStatus();
}

bool ViewFold::IsQuarantined(const std::string& entity) const {
  return quarantines_.Contains(entity) ||
         std::any_of(new_quarantines_.begin(), new_quarantines_.end(),
                     [&entity](const Quarantine& quarantine) { return quarantine.entity == entity; });
}

std::vector<RowView> ViewFold::Unwritten() {
  std::vector<RowView> rows = rows_.Unwritten();
  position_value_ = PositionKey(folded_);
  rows.insert(rows.begin(), {position_key_, position_value_});
  return rows;
}

Batch ViewFold::NewQuarantines() const {
  Batch batch;
  for (const Quarantine& quarantine : new_quarantines_) {
    batch.Put(Family::kMeta, QuarantinePrefix(view_.info().id, version_) + quarantine.entity,
              PositionKey(quarantine.event) + quarantine.reason);
  }
  return batch;
}

void ViewFold::AddTo(Batch& batch) {
  for (const RowView& row : Unwritten()) batch.Lend(Family::kViews, row);
  for (Batch::Op& op : NewQuarantines().TakeOps()) batch.Add(std::move(op));
}

void ViewFold::Committed() {
  rows_.Committed();
  for (Quarantine& quarantine : new_quarantines_) quarantines_.Add(std::move(quarantine));
  new_quarantines_.clear();
  written_.store(folded_.value, std::memory_order_release);
}

void ViewFold::Forget() {
  rows_.Forget();
  new_quarantines_.clear();
  folded_ = position();
}

absl::StatusOr<bool> FoldBatch(Store& store, Moments& moments, Position head, const std::vector<ViewFold*>& folds) {
  Position next{head.value + 1};
  for (const ViewFold* fold : folds) next = std::min(next, fold->next());
  if (next > head) return false;

  const auto snapshot = store.Snapshot();
  const auto cursor = snapshot->NewCursor(Family::kEvents, ReadHint::kScan);
  absl::Status status;
  std::size_t bytes = 0;
  std::size_t records = 0;
  for (cursor->Seek(PositionKey(next)); next <= head && records < kBatchRecordsMax && bytes < kBatchBytesMax;
       cursor->Next()) {
    if (!cursor->Valid() || cursor->key() != PositionKey(next)) {
      status =
          cursor->status().ok() ? Damage(absl::StrCat("events: no record at position ", next.value)) : cursor->status();
      break;
    }
    const absl::StatusOr<Record> record = ParseRecord(next, cursor->value());
    if (!record.ok()) {
      status = record.status();
      break;
    }
    bytes = 0;
    for (ViewFold* fold : folds) {
      if (fold->next() == next) status.Update(fold->Fold(*record));
      bytes += fold->unwritten_bytes();
    }
    if (!status.ok()) {
      for (ViewFold* fold : folds) fold->Forget();
      return status;
    }
    ++next.value;
    ++records;
  }
  // What could be read is kept; the same error comes back at once with the next batch.
  if (records == 0) return status;
  Batch batch;
  for (ViewFold* fold : folds) fold->AddTo(batch);
  Failpoint("follower_before_write");
  const absl::Status written = store.Write(std::move(batch), Durability::kBuffered);
  if (written.ok()) moments.Moved();
  for (ViewFold* fold : folds) written.ok() ? fold->Committed() : fold->Forget();
  if (!written.ok()) return written;
  return true;
}

}  // namespace mentorlog::storage
