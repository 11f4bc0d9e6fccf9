// The operator's hand: rebuild, verify, promote, roll back, drop.
#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/codec.h"
#include "storage/refusal.h"
#include "storage/view_build.h"
#include "storage/view_keeper.h"

namespace mentorlog::storage {
namespace {

using log::v1::ViewDirectory;

constexpr std::size_t kDifferingKeysMax = 100;
constexpr std::uint64_t kJoinWithin = 10000;
constexpr std::chrono::seconds kStillMax(60);

absl::Status Stopping() {
  return Refuse(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the log is stopping, want a running one");
}

absl::Status NotReady(const ViewInfo& info, std::string_view wish) {
  return Refuse(absl::StatusCode::kFailedPrecondition, "VIEW_BUILDING",
                absl::StrCat("view ", info.name, ": ", std::string(wish)), {{"view", info.name}});
}

// A walk over the rows of one version.
class RowWalk {
 public:
  RowWalk(const StoreSnapshot& snapshot, std::uint16_t view, std::uint32_t version)
      : prefix_(ViewPrefix(view, version)), cursor_(snapshot.NewCursor(Family::kViews, ReadHint::kScan)) {
    cursor_->Seek(FirstViewRow(view, version));
  }
  bool Valid() const { return cursor_->Valid() && cursor_->key().starts_with(prefix_); }
  std::string_view key() const { return cursor_->key().substr(prefix_.size()); }
  std::string_view value() const { return cursor_->value(); }
  void Next() { cursor_->Next(); }
  absl::Status status() const { return cursor_->status(); }

 private:
  const std::string prefix_;
  const std::unique_ptr<Cursor> cursor_;
};

void Differs(ViewComparison& comparison, std::string_view key) {
  ++comparison.differences;
  if (comparison.differing_keys.size() < kDifferingKeysMax) comparison.differing_keys.emplace_back(key);
}

absl::StatusOr<Position> PositionIn(const StoreSnapshot& snapshot, std::uint16_t view, std::uint32_t version) {
  const auto row = snapshot.Get(Family::kViews, ViewPositionRow(view, version));
  if (!row.ok()) return row.status();
  return *row ? ParsePosition(**row).value_or(Position{}) : Position{};
}

}  // namespace

class ViewKeeper::Hold {
 public:
  static absl::StatusOr<std::unique_ptr<Hold>> Take(ViewKeeper& keeper, std::uint16_t view) {
    const std::lock_guard lock(keeper.mutex_);
    if (keeper.stopping()) return Stopping();
    const auto found = keeper.kept_.find(view);
    if (found == keeper.kept_.end()) {
      return Refuse(absl::StatusCode::kNotFound, "NO_SUCH_THING",
                    absl::StrCat("view: ", view, ", want one of this build"));
    }
    if (found->second.busy)
      return NotReady(found->second.view->info(), "a version is being built, want it to end first");
    found->second.busy = true;
    return std::unique_ptr<Hold>(new Hold(keeper, found->second));
  }
  ~Hold() {
    const std::lock_guard lock(keeper_.mutex_);
    kept_.busy = false;
    keeper_.changed_.notify_all();
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

  Kept& kept() { return kept_; }

 private:
  Hold(ViewKeeper& keeper, Kept& kept) : keeper_(keeper), kept_(kept) {}
  ViewKeeper& keeper_;
  Kept& kept_;
};

Shelf ViewKeeper::MakeShelf() const {
  Shelf shelf;
  for (const auto& [id, kept] : kept_) {
    const auto live = kept.folds.find(kept.directory.live());
    shelf[id] = {kept.view->info(), live == kept.folds.end() ? nullptr : live->second};
  }
  return shelf;
}

absl::Status ViewKeeper::Save(Kept& kept, const ViewDirectory& directory) {
  const std::lock_guard lock(mutex_);
  const ViewDirectory former = std::exchange(kept.directory, directory);
  Batch batch;
  batch.Put(Family::kMeta, ViewDirectoryRow(kept.view->info().id), directory.SerializeAsString());
  if (absl::Status status = store_.Write(std::move(batch), Durability::kSynced); !status.ok()) {
    kept.directory = former;
    return status;
  }
  // Under the lock: of two changes the later one must be the one that readers are left with.
  moments_.Change(MakeShelf());
  changed_.notify_all();
  return absl::OkStatus();
}

// REQUIRES: nobody drives the version and no later reader is given it. It is doomed first, so that no start takes what
// is left of its rows for a build that goes on; then its rows go, then its name: what is cut short is erased at the
// next start. A stop does not wait for it.
absl::Status ViewKeeper::Erase(Kept& kept, std::uint32_t version) {
  const std::uint16_t id = kept.view->info().id;
  const std::string prefix = ViewPrefix(id, version);
  {
    const std::lock_guard lock(mutex_);
    kept.folds.erase(version);
  }
  if (stopping()) return Stopping();
  if (absl::Status status = Doom(kept, version); !status.ok()) return status;
  // A long read keeps its rows: the version is erased when the log is opened next.
  if (!moments_.WaitForFormerReaders(id, version)) return absl::OkStatus();
  if (absl::Status status = store_.DropRange(Family::kViews, prefix, PrefixEnd(prefix)); !status.ok()) return status;
  Batch batch;
  const std::string quarantines = QuarantinePrefix(id, version);
  const auto snapshot = store_.Snapshot();
  const auto cursor = snapshot->NewCursor(Family::kMeta, ReadHint::kPoint);
  for (cursor->Seek(quarantines); cursor->Valid() && cursor->key().starts_with(quarantines); cursor->Next()) {
    batch.Delete(Family::kMeta, std::string(cursor->key()));
  }
  if (!cursor->status().ok()) return cursor->status();
  if (absl::Status status = store_.Write(std::move(batch), Durability::kSynced); !status.ok()) return status;
  // These rows are gone from the disk before the version's name is, which leads to them.
  if (absl::Status status = store_.Sync(); !status.ok()) return status;

  ViewDirectory directory = kept.directory;
  auto& versions = *directory.mutable_versions();
  versions.erase(
      std::remove_if(versions.begin(), versions.end(), [version](const auto& one) { return one.number() == version; }),
      versions.end());
  return Save(kept, directory);
}

absl::Status ViewKeeper::Doom(Kept& kept, std::uint32_t version) {
  ViewDirectory directory = kept.directory;
  for (auto& one : *directory.mutable_versions()) {
    if (one.number() == version) one.set_definition(kDoomed);
  }
  if (directory.live() == version) directory.clear_live();
  if (directory.other() == version) {
    directory.clear_other();
    directory.clear_other_is_former();
  }
  return Save(kept, directory);
}

// The other version is given up, in this order: what is not saved has happened to nobody.
absl::Status ViewKeeper::DropOther(Kept& kept) {
  const auto other = kept.folds.find(kept.directory.other());
  if (other == kept.folds.end()) return absl::OkStatus();
  const Fold dropped = other->second;
  ViewDirectory directory = kept.directory;
  directory.clear_other();
  directory.clear_other_is_former();
  if (absl::Status status = Save(kept, directory); !status.ok()) return status;
  Leave(dropped);
  return Erase(kept, dropped->version());
}

absl::StatusOr<ViewKeeper::Fold> ViewKeeper::AddVersion(Kept& kept) {
  ViewDirectory directory = kept.directory;
  const std::uint32_t number = directory.last_number() + 1;
  directory.set_last_number(number);
  auto& version = *directory.add_versions();
  version.set_number(number);
  version.set_definition(kept.view->info().definition);
  if (absl::Status status = Save(kept, directory); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<ViewFold>> loaded = ViewFold::Load(*kept.view, store_, number);
  if (!loaded.ok()) return loaded.status();
  Fold fold = *std::move(loaded);
  const std::lock_guard lock(mutex_);
  kept.folds[number] = fold;
  return fold;
}

// Folds what lies before the head; then the versions join their drivers, which fold what came since.
absl::Status ViewKeeper::BuildToHead(const std::vector<Fold>& folds, const Progress& progress) {
  std::vector<ViewFold*> all;
  for (const Fold& fold : folds) all.push_back(fold.get());
  do {
    if (stopping()) return Stopping();
    const absl::StatusOr<bool> more = BuildBatch(store_, moments_, head(), all, [this] { return stopping(); });
    if (!more.ok()) return more.status();
    if (progress) progress(all.front()->position().value, head().value);
  } while (all.front()->position().value + kJoinWithin < head().value);
  for (const Fold& fold : folds) {
    if (absl::Status status = Join(fold); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// Versions built from position 0 beside the live ones. What cannot be finished is erased.
absl::StatusOr<std::vector<ViewKeeper::Fold>> ViewKeeper::BuildSecond(const std::vector<Kept*>& all,
                                                                      const Progress& progress, bool count) {
  std::vector<Fold> folds;
  absl::Status status;
  for (Kept* const kept : all) {
    absl::StatusOr<Fold> fold = AddVersion(*kept);
    if (!fold.ok()) {
      status = fold.status();
      break;
    }
    if (count) (*fold)->CountEntities();
    folds.push_back(*std::move(fold));
  }
  if (status.ok()) status = BuildToHead(folds, progress);
  if (status.ok()) status = store_.Sync();
  if (status.ok()) return folds;
  for (std::size_t i = 0; i < folds.size(); ++i) {
    Leave(folds[i]);
    Erase(*all[i], folds[i]->version()).IgnoreError();
  }
  return status;
}

absl::Status ViewKeeper::TellBuilt(Kept& kept, const Fold& fold) {
  ViewDirectory directory = kept.directory;
  directory.set_other(fold->version());
  for (auto& version : *directory.mutable_versions())
    version.set_built(version.built() || version.number() == fold->version());
  return Save(kept, directory);
}

absl::StatusOr<std::vector<std::uint32_t>> ViewKeeper::Rebuild(const std::vector<std::uint16_t>& views,
                                                               const Progress& progress) {
  std::vector<std::unique_ptr<Hold>> holds;
  std::vector<Kept*> all;
  for (const std::uint16_t view : views) {
    auto hold = Hold::Take(*this, view);
    if (!hold.ok()) return hold.status();
    all.push_back(&(*hold)->kept());
    holds.push_back(*std::move(hold));
  }
  std::vector<std::uint32_t> numbers;
  if (all.empty()) return numbers;
  for (Kept* const kept : all) {
    if (absl::Status status = DropOther(*kept); !status.ok()) return status;
  }
  const absl::StatusOr<std::vector<Fold>> folds = BuildSecond(all, progress, false);
  if (!folds.ok()) return folds.status();
  absl::Status status;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Fold& fold = (*folds)[i];
    if (status.ok()) status = TellBuilt(*all[i], fold);
    if (!status.ok()) {
      Leave(fold);
      Erase(*all[i], fold->version()).IgnoreError();
    }
    numbers.push_back(fold->version());
  }
  if (!status.ok()) return status;
  return numbers;
}

absl::StatusOr<ViewComparison> ViewKeeper::Verify(std::uint16_t view, const Progress& progress) {
  const auto hold = Hold::Take(*this, view);
  if (!hold.ok()) return hold.status();
  Kept& kept = (*hold)->kept();
  const auto live = kept.folds.find(kept.directory.live());
  if (live == kept.folds.end()) return NotReady(kept.view->info(), "no version is live, want one built first");
  const auto other = kept.folds.find(kept.directory.other());
  if (other != kept.folds.end()) {
    absl::StatusOr<ViewComparison> comparison = Compare(kept, live->second, other->second);
    if (!comparison.ok()) return comparison;
    const absl::StatusOr<std::uint64_t> entities = CountEntities(*kept.view, comparison->position, progress);
    if (!entities.ok()) return entities.status();
    comparison->entities = *entities;
    return comparison;
  }
  const absl::StatusOr<std::vector<Fold>> built = BuildSecond({&kept}, progress, true);
  if (!built.ok()) return built.status();
  const Fold& second = built->front();
  absl::StatusOr<ViewComparison> comparison = Compare(kept, live->second, second);
  Leave(second);
  if (comparison.ok()) comparison->entities = second->entities();
  if (absl::Status status = Erase(kept, second->version()); !status.ok()) return status;
  return comparison;
}

// For two versions that are to stand together. Not OK: the log stops, their driver is in trouble, or neither has moved
// for so long that nobody drives them.
absl::Status ViewKeeper::GoOnWaiting(const Kept& kept, const Fold& one, const Fold& two, Patience& patience) const {
  if (stopping()) return Stopping();
  if (kept.view->info().mode == ViewMode::kFollower) {
    const std::lock_guard lock(mutex_);
    if (!follower_trouble_.ok()) return follower_trouble_;
  }
  const auto now = std::chrono::steady_clock::now();
  const std::uint64_t moved = one->position().value + two->position().value;
  if (std::exchange(patience.moved, moved) != moved) patience.until = now + kStillMax;
  if (now < patience.until) return absl::OkStatus();
  return Refuse(absl::StatusCode::kDeadlineExceeded, "TOO_SLOW",
                absl::StrCat("view ", kept.view->info().name, ": versions at ", one->position().value, " and ",
                             two->position().value, " do not move, want them to stand together"));
}

absl::StatusOr<ViewComparison> ViewKeeper::Compare(const Kept& kept, const Fold& live, const Fold& second) {
  const std::uint16_t id = kept.view->info().id;
  // Both have drivers that fold them in the same batches once they stand together.
  std::unique_ptr<StoreSnapshot> snapshot;
  ViewComparison comparison;
  Patience patience;
  while (true) {
    if (absl::Status status = GoOnWaiting(kept, live, second, patience); !status.ok()) return status;
    snapshot = store_.Snapshot();
    const absl::StatusOr<Position> one = PositionIn(*snapshot, id, live->version());
    const absl::StatusOr<Position> two = PositionIn(*snapshot, id, second->version());
    if (!one.ok()) return one.status();
    if (!two.ok()) return two.status();
    comparison.position = *one;
    if (*one == *two) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  RowWalk a(*snapshot, id, live->version());
  RowWalk b(*snapshot, id, second->version());
  for (; a.Valid() || b.Valid(); ++comparison.rows) {
    if (stopping()) return Stopping();
    const int order = !a.Valid() ? 1 : !b.Valid() ? -1 : a.key().compare(b.key());
    if (order != 0 || a.value() != b.value()) Differs(comparison, order <= 0 ? a.key() : b.key());
    if (order <= 0) a.Next();
    if (order >= 0) b.Next();
  }
  if (!a.status().ok()) return a.status();
  if (!b.status().ok()) return b.status();
  return comparison;
}

absl::StatusOr<std::uint64_t> ViewKeeper::CountEntities(const View& view, Position upto, const Progress& progress) {
  absl::flat_hash_set<std::string> seen;
  std::vector<std::string> entities;
  const auto snapshot = store_.Snapshot();
  const auto cursor = snapshot->NewCursor(Family::kEvents, ReadHint::kScan);
  Position at{1};
  for (cursor->Seek(PositionKey(at)); at <= upto && cursor->Valid(); cursor->Next(), ++at.value) {
    if (stopping()) return Stopping();
    const absl::StatusOr<Record> record = ParseRecord(at, cursor->value());
    if (!record.ok()) return record.status();
    entities.clear();
    view.Entities(*record, entities);
    seen.insert(entities.begin(), entities.end());
    if (progress && at.value % 4096 == 0) progress(at.value, upto.value);
  }
  if (!cursor->status().ok()) return cursor->status();
  return seen.size();
}

absl::Status ViewKeeper::Promote(std::uint16_t view) {
  const auto hold = Hold::Take(*this, view);
  if (!hold.ok()) return hold.status();
  Kept& kept = (*hold)->kept();
  ViewDirectory directory = kept.directory;
  if (directory.other() == 0 || directory.other_is_former()) {
    return NotReady(kept.view->info(), "there is no second version, want one built by `mentorlog views rebuild`");
  }
  const std::uint32_t second = directory.other();
  // Readers of a follower never go back: the second one stands where the live one does, or beyond.
  const Fold live = kept.folds.at(directory.live());
  const Fold next = kept.folds.at(second);
  Patience patience;
  while (next->position() < live->position()) {
    if (absl::Status status = GoOnWaiting(kept, live, next, patience); !status.ok()) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  directory.set_other(directory.live());
  directory.set_live(second);
  directory.set_other_is_former(true);
  return Save(kept, directory);
}

absl::Status ViewKeeper::Rollback(std::uint16_t view) {
  const auto hold = Hold::Take(*this, view);
  if (!hold.ok()) return hold.status();
  Kept& kept = (*hold)->kept();
  ViewDirectory directory = kept.directory;
  if (directory.other() == 0 || !directory.other_is_former()) {
    return NotReady(kept.view->info(), "there is no former version, want one that was promoted over");
  }
  const std::uint32_t former = directory.other();
  directory.set_other(directory.live());
  directory.set_live(former);
  directory.set_other_is_former(false);
  return Save(kept, directory);
}

absl::Status ViewKeeper::DropOld(std::uint16_t view) {
  const auto hold = Hold::Take(*this, view);
  if (!hold.ok()) return hold.status();
  return DropOther((*hold)->kept());
}

std::vector<ViewStatus> ViewKeeper::All() const {
  const std::lock_guard lock(mutex_);
  std::vector<ViewStatus> all;
  for (const auto& [id, kept] : kept_) {
    ViewStatus& status = all.emplace_back();
    status.info = kept.view->info();
    for (const auto& version : kept.directory.versions()) {
      ViewVersionStatus& one = status.versions.emplace_back();
      one.version = version.number();
      one.definition = version.definition();
      one.live = version.number() == kept.directory.live() && version.definition() == kept.view->info().definition;
      if (const auto fold = kept.folds.find(version.number()); fold != kept.folds.end())
        one.position = fold->second->position();
    }
    if (const auto live = kept.folds.find(kept.directory.live()); live != kept.folds.end()) {
      status.quarantined = live->second->quarantines().All();
    }
  }
  return all;
}

}  // namespace mentorlog::storage
