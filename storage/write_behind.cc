#include "storage/write_behind.h"

#include <utility>
#include <vector>

#include "storage/codec.h"
#include "storage/failpoint.h"
#include "storage/layered_cursor.h"

namespace mentorlog::storage {
namespace {

// Rows are saved at the latest when this much has gathered. It bounds the memory, and how long one batch holds up the
// log's own.
constexpr std::size_t kLayerRowsMax = 262144;
constexpr std::size_t kLayerBytesMax = 96 << 20;
// A writer waits when the young layer is this many times full.
constexpr std::size_t kOverfull = 2;
// So many new rows are put in order by the thread that saves.
constexpr std::size_t kUnorderedMax = 512;

bool IsFull(const RowLayer& layer, std::size_t times) {
  return layer.rows() >= times * kLayerRowsMax || layer.bytes() >= times * kLayerBytesMax;
}

std::optional<std::string> Copied(const RowLayer::Value& value) {
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

}  // namespace

struct WriteBehind::Moment {
  // What the layers say of a row; nullopt: nothing. It lies in a layer, and lives as long as the moment.
  std::optional<RowLayer::Value> InLayers(Family family, std::string_view key, std::uint64_t as_of) const {
    if (!RowLayer::Takes(family)) return std::nullopt;
    if (auto value = layers.young->Get(family, key, as_of)) return value;
    for (const auto* const older : {layers.old.get(), layers.saved.get()}) {
      if (older == nullptr) continue;
      if (auto value = older->Get(family, key, as_of)) return value;
    }
    return std::nullopt;
  }

  const std::uint64_t sequence;
  const Layers layers;
  const std::shared_ptr<const StoreSnapshot> under;
};

class WriteBehind::BehindSnapshot final : public StoreSnapshot {
 public:
  explicit BehindSnapshot(std::shared_ptr<const Moment> moment) : moment_(std::move(moment)) {}

  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const override {
    const auto value = moment_->InLayers(family, key, moment_->sequence);
    if (!value) return moment_->under->Get(family, key);
    return Copied(*value);
  }
  std::unique_ptr<Cursor> NewCursor(Family family, ReadHint hint) const override {
    if (!RowLayer::Takes(family)) return moment_->under->NewCursor(family, hint);
    return NewLayeredCursor(moment_->under->NewCursor(family, hint), {moment_->layers.young, moment_->layers.old},
                            moment_, moment_->sequence, family, hint);
  }

 private:
  const std::shared_ptr<const Moment> moment_;
};

WriteBehind::WriteBehind(Store& under, absl::Duration save_every, std::function<void()> saved)
    : under_(under), save_every_(save_every), saved_hook_(std::move(saved)) {
  const std::scoped_lock lock(order_mutex_, write_mutex_);
  Publish(0, {std::make_shared<RowLayer>(), nullptr, nullptr}, under_.Snapshot());
  saver_ = std::thread([this] { Run(); });
}

WriteBehind::~WriteBehind() { Stop(); }

void WriteBehind::Stop() {
  {
    const std::lock_guard lock(saver_mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  saved_.notify_all();
  if (saver_.joinable()) saver_.join();
}

std::shared_ptr<const WriteBehind::Moment> WriteBehind::Now() const {
  const std::lock_guard lock(now_mutex_);
  return now_;
}

void WriteBehind::Publish(std::uint64_t sequence, Layers layers, std::shared_ptr<const StoreSnapshot> under) {
  std::shared_ptr<const Moment> moment = std::make_shared<const Moment>(sequence, std::move(layers), std::move(under));
  const std::lock_guard lock(now_mutex_);
  now_.swap(moment);
}

absl::StatusOr<std::optional<std::string>> WriteBehind::Get(Family family, std::string_view key) const {
  if (!RowLayer::Takes(family)) return under_.Get(family, key);
  // The layers first: what has left them since is below.
  const auto now = Now();
  const auto value = now->InLayers(family, key, RowLayer::kLatest);
  if (!value) return under_.Get(family, key);
  return Copied(*value);
}

std::unique_ptr<StoreSnapshot> WriteBehind::Snapshot() const { return std::make_unique<BehindSnapshot>(Now()); }

absl::Status WriteBehind::Write(Batch batch, Durability durability) {
  Batch at_once;
  Batch rows;
  for (Batch::Op& op : batch.TakeOps()) (IsDerived(op.family, op.key) ? rows : at_once).Add(std::move(op));
  for (const auto& [family, row] : batch.lent()) (IsDerived(family, row.key) ? rows : at_once).Lend(family, row);
  if (!at_once.empty()) return WriteWithRows(std::move(at_once), durability, [&] { return std::move(rows); });
  if (absl::Status status = WaitForRoom(); !status.ok()) return status;
  if (absl::Status status = under_.Health(); !status.ok()) return status;
  WriteRows(rows, false);
  return absl::OkStatus();
}

absl::Status WriteBehind::WriteWithRows(Batch batch, Durability durability,
                                        const std::function<absl::StatusOr<Batch>()>& rows) {
  if (absl::Status status = WaitForRoom(); !status.ok()) return status;
  const std::lock_guard order(order_mutex_);
  if (absl::Status status = under_.Write(std::move(batch), durability); !status.ok()) return status;
  Failpoint("after_log_before_rows");
  const absl::StatusOr<Batch> made = rows();
  if (!made.ok()) return made.status();
  WriteRows(*made, true);
  return absl::OkStatus();
}

void WriteBehind::WriteRows(const Batch& batch, bool moved_below) {
  const std::lock_guard lock(write_mutex_);
  const auto now = Now();
  RowLayer& young = *now->layers.young;
  const std::uint64_t sequence = now->sequence + 1;
  for (const Batch::Op& op : batch.ops()) {
    young.Set(op.family, op.key, op.is_delete ? std::nullopt : RowLayer::Value(op.value), sequence);
  }
  for (const auto& [family, row] : batch.lent()) young.Set(family, row.key, row.value, sequence);
  Publish(sequence, now->layers, moved_below ? under_.Snapshot() : now->under);
  const bool full = IsFull(young, 1);
  if (full || young.unordered() >= kUnorderedMax) {
    const std::lock_guard saver(saver_mutex_);
    full_ = full_ || full;
    unordered_ = true;
    wake_.notify_all();
  }
}

absl::Status WriteBehind::WaitForRoom() {
  if (!IsFull(*Now()->layers.young, kOverfull)) return absl::OkStatus();
  std::unique_lock lock(saver_mutex_);
  saved_.wait(lock, [this] { return stopping_ || !trouble_.ok() || !IsFull(*Now()->layers.young, kOverfull); });
  return trouble_;
}

absl::Status WriteBehind::Load(Family family, std::span<const RowView> rows) {
  if (rows.empty()) return absl::OkStatus();
  if (RowLayer::Takes(family)) {
    // What lies in a layer would hide it.
    const auto now = Now();
    const auto is_in = [&](const RowLayer& layer) {
      const auto found = layer.After(family, rows.front().key, true, RowLayer::kLatest, 1);
      return !found.empty() && found.front().key <= rows.back().key;
    };
    if (is_in(*now->layers.young) || (now->layers.old && is_in(*now->layers.old))) {
      if (absl::Status status = SaveAll(); !status.ok()) return status;
    }
  }
  if (absl::Status status = under_.Load(family, rows); !status.ok()) return status;
  const std::scoped_lock lock(order_mutex_, write_mutex_);
  const auto now = Now();
  Publish(now->sequence, {now->layers.young, now->layers.old, nullptr}, under_.Snapshot());
  return absl::OkStatus();
}

absl::Status WriteBehind::SaveAll() {
  // What an earlier save left behind, then what came since.
  for (int layer = 0; layer < 2; ++layer) {
    if (absl::Status status = Save(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status WriteBehind::Sync() {
  if (absl::Status status = SaveAll(); !status.ok()) return status;
  const std::lock_guard order(order_mutex_);
  return under_.Sync();
}

// Nobody writes into the range, so that only a save must not be under way while it is forgotten. The store below may
// take long, and appends go on meanwhile.
absl::Status WriteBehind::DropRange(Family family, std::string_view from, std::string_view to) {
  if (RowLayer::Takes(family)) {
    const std::lock_guard save(save_mutex_);
    const auto now = Now();
    now->layers.young->Forget(family, from, to);
    if (now->layers.old) now->layers.old->Forget(family, from, to);
  }
  if (absl::Status status = under_.DropRange(family, from, to); !status.ok()) return status;
  const std::scoped_lock lock(order_mutex_, write_mutex_);
  const auto now = Now();
  Publish(now->sequence, {now->layers.young, now->layers.old, nullptr}, under_.Snapshot());
  return absl::OkStatus();
}

absl::Status WriteBehind::Health() const {
  if (absl::Status status = under_.Health(); !status.ok()) return status;
  const std::lock_guard lock(saver_mutex_);
  return trouble_;
}

void WriteBehind::Run() {
  const auto every = absl::ToChronoMicroseconds(save_every_);
  std::unique_lock lock(saver_mutex_);
  auto next = std::chrono::steady_clock::now() + every;
  while (!stopping_) {
    wake_.wait_until(lock, next, [this] { return stopping_ || full_ || unordered_; });
    if (stopping_) return;
    const bool save = full_ || std::chrono::steady_clock::now() >= next;
    unordered_ = false;
    full_ = full_ && !save;
    lock.unlock();
    if (!save) Now()->layers.young->PutInOrder();
    if (save) Save().IgnoreError();
    // After a save that failed and one that did not, the young layer may be as full as it gets, and nobody is let in to
    // say so.
    const bool full = IsFull(*Now()->layers.young, 1);
    lock.lock();
    if (!save) continue;
    full_ = full_ || full;
    next = std::chrono::steady_clock::now() + every;
    // What failed is not tried again at once.
    if (!trouble_.ok()) wake_.wait_for(lock, every, [this] { return stopping_; });
  }
}

absl::Status WriteBehind::Save() {
  const std::lock_guard save(save_mutex_);
  absl::Status status;
  if (const auto layer = ToSave()) {
    {
      // There is a new young layer: who waited for room goes on.
      const std::lock_guard lock(saver_mutex_);
      saved_.notify_all();
    }
    status = WriteOut(*layer);
    if (status.ok()) {
      {
        const std::scoped_lock lock(order_mutex_, write_mutex_);
        const auto now = Now();
        Publish(now->sequence, {now->layers.young, nullptr, layer}, under_.Snapshot());
      }
      saved_hook_();
    }
  }
  const std::lock_guard lock(saver_mutex_);
  trouble_ = status;
  saved_.notify_all();
  return status;
}

std::shared_ptr<RowLayer> WriteBehind::ToSave() {
  const std::lock_guard lock(write_mutex_);
  const auto now = Now();
  if (now->layers.old) return now->layers.old;
  if (now->layers.young->rows() == 0) {
    // Nobody writes: memory is worth more than a quick look.
    if (now->layers.saved) Publish(now->sequence, {now->layers.young, nullptr, nullptr}, now->under);
    return nullptr;
  }
  Publish(now->sequence, {std::make_shared<RowLayer>(now->layers.young.get()), now->layers.young, now->layers.saved},
          now->under);
  return now->layers.young;
}

// Rows go together with the row that says up to where they go: all of a family at once, and new quarantines with the
// rows of their versions. So each family goes on from where it stands after a crash; one may be ahead of another.
absl::Status WriteBehind::WriteOut(RowLayer& layer) {
  for (const Family family : {Family::kStreams, Family::kRequests, Family::kViews}) {
    std::vector<RowView> beside;
    if (family == Family::kViews) beside = layer.All(Family::kMeta);
    if (absl::Status status = SaveRows(family, layer.All(family), beside); !status.ok()) return status;
  }
  Failpoint("after_save");
  return absl::OkStatus();
}

absl::Status WriteBehind::SaveRows(Family family, std::span<const RowView> rows, std::span<const RowView> beside) {
  if (rows.empty() && beside.empty()) return absl::OkStatus();
  Failpoint("before_save");
  if (beside.empty()) return under_.Load(family, rows);
  Batch batch;
  for (const RowView& row : rows) batch.Lend(family, row);
  for (const RowView& row : beside) batch.Lend(Family::kMeta, row);
  return under_.Write(std::move(batch), Durability::kBuffered);
}

}  // namespace mentorlog::storage
