// What stands when a log is opened: which stored versions go on, which one must be built, which ones are dropped.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/codec.h"
#include "storage/refusal.h"
#include "storage/view_build.h"
#include "storage/view_keeper.h"

namespace mentorlog::storage {
namespace {

// How near to the head a version joins its driver.
constexpr std::uint64_t kJoinWithin = 10000;
// How many records an inline version is given again before the log is opened. More than were ever folded and not saved
// (storage/write_behind.cc), unless a crash met many thousand records a second; then a builder does it.
constexpr std::uint64_t kCatchUpMax = 200000;

using log::v1::ViewDirectory;

}  // namespace

absl::StatusOr<std::unique_ptr<ViewKeeper>> ViewKeeper::Open(Store& store, Turn& turn, Moments& moments, Position head,
                                                             const std::vector<const View*>& views) {
  std::unique_ptr<ViewKeeper> keeper(new ViewKeeper(store, turn, moments, head));
  for (const View* view : views) {
    const ViewInfo& info = view->info();
    if (info.id == 0 || info.definition == kDoomed || keeper->kept_.contains(info.id)) {
      return absl::InvalidArgumentError(
          absl::StrCat("view ", info.name, ": id ", info.id, ", definition ", info.definition,
                       ", want an id from 1 that no other view has and a definition from 1"));
    }
    if (absl::Status status = keeper->OpenView(*view); !status.ok()) return status;
  }
  if (absl::Status status = keeper->CatchUp(); !status.ok()) return status;
  moments.Change(keeper->MakeShelf());
  return keeper;
}

absl::Status ViewKeeper::OpenView(const View& view) {
  Kept& kept = kept_[view.info().id];
  kept.view = &view;
  const auto row = store_.Get(Family::kMeta, ViewDirectoryRow(view.info().id));
  if (!row.ok()) return row.status();
  ViewDirectory stored;
  if (*row && !stored.ParseFromString(**row)) {
    return Damage(absl::StrCat("meta: the directory of view ", view.info().name, " cannot be read"));
  }
  kept.directory = stored;
  if (absl::Status status = KeepVersions(kept, stored); !status.ok()) return status;
  if (kept.directory.live() != 0 && kept.folds.contains(kept.directory.live())) return absl::OkStatus();

  // None can be given to readers: one is built, or goes on being built.
  Fold fold = kept.folds.empty() ? nullptr : kept.folds.rbegin()->second;
  if (!fold) {
    absl::StatusOr<Fold> added = AddVersion(kept);
    if (!added.ok()) return added.status();
    fold = *added;
  }
  if (fold->position() == head()) return FinishBuild(kept, fold);
  kept.busy = true;
  to_build_.emplace_back(view.info().id, fold);
  return absl::OkStatus();
}

// Loads the versions of this definition that can go on, and erases those that nobody will read again.
absl::Status ViewKeeper::KeepVersions(Kept& kept, const ViewDirectory& stored) {
  const ViewInfo& info = kept.view->info();
  // The live one first: what becomes of the others depends on it.
  std::vector<log::v1::ViewVersion> versions(stored.versions().begin(), stored.versions().end());
  std::stable_partition(versions.begin(), versions.end(),
                        [&stored](const auto& version) { return version.number() == stored.live(); });
  for (const auto& version : versions) {
    const bool live = version.number() == stored.live();
    const bool other = version.number() == stored.other();
    if (version.definition() != info.definition) {
      // The rows of another definition stay until this one is built, then nobody can read them.
      if (version.definition() == kDoomed || (!live && !other)) {
        if (absl::Status status = Erase(kept, version.number()); !status.ok()) return status;
      }
      continue;
    }
    absl::StatusOr<std::unique_ptr<ViewFold>> loaded = ViewFold::Load(*kept.view, store_, version.number());
    if (absl::IsNotFound(loaded.status())) {
      if (absl::Status status = Erase(kept, version.number()); !status.ok()) return status;
      continue;
    }
    if (!loaded.ok()) return loaded.status();
    Fold fold = *std::move(loaded);
    if (fold->position() > head()) {
      // It has folded records that the log has lost since.
      if (absl::Status status = Erase(kept, version.number()); !status.ok()) return status;
      continue;
    }
    const bool near = head().value - fold->position().value <= kCatchUpMax;
    // Beside a live one that must be built, the other one is nobody's.
    const bool wanted = live || (other && kept.directory.live() != 0);
    const bool goes_on = wanted && version.built() && (near || info.mode == ViewMode::kFollower);
    if (goes_on) {
      kept.folds[version.number()] = fold;
      (info.mode == ViewMode::kFollower ? following_ : inline_).push_back(fold);
    } else if (live || stored.live() == 0 || !kept.folds.contains(stored.live())) {
      // An inline version that missed records (a build without this view ran), or one whose build was cut short.
      kept.folds[version.number()] = fold;
      if (live) kept.directory.set_live(0);
    } else if (absl::Status status = Erase(kept, version.number()); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

// After a crash: what inline versions had folded and nobody had saved.
absl::Status ViewKeeper::CatchUp() {
  std::vector<ViewFold*> folds;
  for (const Fold& fold : inline_) folds.push_back(fold.get());
  absl::StatusOr<bool> more = !folds.empty();
  while (more.ok() && *more) more = FoldBatch(store_, moments_, head(), folds);
  return more.status();
}

void ViewKeeper::RunBuilder() {
  while (!stopping() && !to_build_.empty()) {
    std::vector<ViewFold*> folds;
    for (const auto& [id, fold] : to_build_) folds.push_back(fold.get());
    const absl::StatusOr<bool> more = BuildBatch(store_, moments_, head(), folds, [this] { return stopping(); });
    if (!more.ok()) {
      Trouble(builder_trouble_, more.status());
      continue;
    }
    bool all_well = true;
    for (std::size_t i = 0; i < to_build_.size();) {
      const auto [id, fold] = to_build_[i];
      const std::uint64_t now = head().value;
      if (*more && fold->position().value + kJoinWithin < now) {
        ++i;
        continue;
      }
      Kept& kept = kept_.at(id);
      if (absl::Status status = FinishBuild(kept, fold); !status.ok()) {
        Trouble(builder_trouble_, std::move(status));
        all_well = false;
        break;
      }
      to_build_.erase(to_build_.begin() + static_cast<std::ptrdiff_t>(i));
      const std::lock_guard lock(mutex_);
      kept.busy = false;
      changed_.notify_all();
    }
    const std::lock_guard lock(mutex_);
    if (all_well) builder_trouble_ = absl::OkStatus();
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [id, fold] : to_build_) kept_.at(id).busy = false;
  changed_.notify_all();
}

// The version joins its driver and is given to readers; what it replaces is erased.
absl::Status ViewKeeper::FinishBuild(Kept& kept, const Fold& fold) {
  if (absl::Status status = Join(fold); !status.ok()) return status;
  // Its rows are on the disk before it is told to be whole.
  if (absl::Status status = store_.Sync(); !status.ok()) {
    Leave(fold);
    return status;
  }
  ViewDirectory directory = kept.directory;
  directory.set_live(fold->version());
  directory.clear_other();
  directory.clear_other_is_former();
  std::vector<std::uint32_t> replaced;
  for (auto& version : *directory.mutable_versions()) {
    if (version.number() == fold->version()) {
      version.set_built(true);
    } else {
      replaced.push_back(version.number());
    }
  }
  if (absl::Status status = Save(kept, directory); !status.ok()) {
    // The builder goes on with it: it must not have two drivers.
    Leave(fold);
    return status;
  }
  // The version is given to readers from now on. What cannot be erased is erased at the next start.
  for (const std::uint32_t number : replaced) Erase(kept, number).IgnoreError();
  return absl::OkStatus();
}

}  // namespace mentorlog::storage
