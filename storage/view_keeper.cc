#include "storage/view_keeper.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/codec.h"
#include "storage/failpoint.h"
#include "storage/read_again.h"
#include "storage/refusal.h"

namespace mentorlog::storage {
namespace {

// Unless somebody waits, a follower lets records gather this long: a batch of many costs the writer less.
constexpr std::chrono::milliseconds kGather(20);
constexpr std::chrono::milliseconds kRetry(500);
// Every which fold the planted bug skips.
constexpr std::uint64_t kSkippedFold = 97;

}  // namespace

ViewKeeper::~ViewKeeper() { Stop(); }

void ViewKeeper::Start() {
  follower_ = std::thread([this] { RunFollower(); });
  if (!to_build_.empty()) builder_ = std::thread([this] { RunBuilder(); });
}

void ViewKeeper::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  work_.notify_all();
  if (follower_.joinable()) follower_.join();
  if (builder_.joinable()) builder_.join();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return waiters_ == 0 && std::none_of(kept_.begin(), kept_.end(), [](const auto& kept) { return kept.second.busy; });
  });
}

absl::Status ViewKeeper::FoldInline(const std::vector<std::shared_ptr<const Record>>& records) {
  return ReadAgain([&] {
    absl::Status status;
    for (const auto& record : records) {
      if (PlantedBug("skip_view_update") && record->position().value % kSkippedFold == 0) continue;
      for (const Fold& fold : inline_) status.Update(fold->Fold(*record));
      if (status.ok()) continue;
      for (const Fold& fold : inline_) fold->Forget();
      return status;
    }
    return status;
  });
}

void ViewKeeper::AddInlineRows(Batch& batch) {
  for (const Fold& fold : inline_) fold->AddTo(batch);
}

void ViewKeeper::InlineWritten(bool written) {
  for (const Fold& fold : inline_) written ? fold->Committed() : fold->Forget();
}

void ViewKeeper::HeadMoved(Position head) {
  head_ = head.value;
  if (!idle_) return;
  const std::lock_guard lock(mutex_);
  work_.notify_all();
}

void ViewKeeper::RunFollower() {
  while (WaitForWork()) {
    absl::StatusOr<bool> more = false;
    {
      const std::lock_guard lock(following_mutex_);
      std::vector<ViewFold*> folds;
      for (const Fold& fold : following_) folds.push_back(fold.get());
      if (!folds.empty()) more = FoldBatch(store_, moments_, head(), folds);
    }
    if (!more.ok()) {
      Trouble(follower_trouble_, more.status());
      continue;
    }
    const std::lock_guard lock(mutex_);
    follower_trouble_ = absl::OkStatus();
    changed_.notify_all();
  }
}

// False: stop. True: some follower is behind the head, and either somebody waits or enough has gathered.
bool ViewKeeper::WaitForWork() {
  std::unique_lock lock(mutex_);
  while (!stopping()) {
    idle_ = true;
    if (Behind()) {
      idle_ = false;
      work_.wait_for(lock, kGather, [this] { return stopping() || waiters_ > 0; });
      return !stopping();
    }
    // HeadMoved needs mutex_ to wake this, so that no head is missed.
    work_.wait_for(lock, kRetry);
    idle_ = false;
  }
  return false;
}

// REQUIRES: mutex_ is held; whoever holds following_mutex_ never asks for mutex_.
bool ViewKeeper::Behind() {
  const std::lock_guard lock(following_mutex_);
  return std::any_of(following_.begin(), following_.end(), [this](const Fold& fold) { return fold->next() <= head(); });
}

void ViewKeeper::Trouble(absl::Status& trouble, absl::Status status) {
  std::unique_lock lock(mutex_);
  trouble = std::move(status);
  changed_.wait_for(lock, kRetry, [this] { return stopping(); });
}

absl::Status ViewKeeper::Join(const Fold& fold) {
  if (fold->view().info().mode == ViewMode::kFollower) {
    {
      const std::lock_guard lock(following_mutex_);
      if (std::find(following_.begin(), following_.end(), fold) == following_.end()) following_.push_back(fold);
    }
    // The follower may be waiting for a head that does not move.
    const std::lock_guard lock(mutex_);
    work_.notify_all();
    return absl::OkStatus();
  }
  const std::lock_guard lock(turn_);
  if (std::find(inline_.begin(), inline_.end(), fold) != inline_.end()) return absl::OkStatus();
  // Nobody appends now: what is written is the head, published or not.
  const auto row = store_.Get(Family::kMeta, kMetaHead);
  if (!row.ok()) return row.status();
  const Position written = *row ? ParsePosition(**row).value_or(Position{}) : Position{};
  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) more = FoldBatch(store_, moments_, written, {fold.get()});
  if (!more.ok()) return more.status();
  inline_.push_back(fold);
  return absl::OkStatus();
}

void ViewKeeper::Leave(const Fold& fold) {
  if (fold->view().info().mode == ViewMode::kFollower) {
    const std::lock_guard lock(following_mutex_);
    std::erase(following_, fold);
  } else {
    const std::lock_guard lock(turn_);
    std::erase(inline_, fold);
  }
}

absl::Status ViewKeeper::WaitFor(std::uint16_t view, Position position, absl::Time deadline) {
  const auto until = absl::ToChronoTime(deadline);
  std::unique_lock lock(mutex_);
  const auto found = kept_.find(view);
  if (found == kept_.end()) {
    return Refuse(absl::StatusCode::kNotFound, "NO_SUCH_THING",
                  absl::StrCat("view: ", view, ", want one of this build"));
  }
  const Kept& kept = found->second;
  ++waiters_;
  work_.notify_all();
  absl::Status status;
  while (true) {
    const auto live = kept.folds.find(kept.directory.live());
    if (live == kept.folds.end()) {
      status =
          Refuse(absl::StatusCode::kUnavailable, "VIEW_BUILDING",
                 absl::StrCat("view ", kept.view->info().name, " is not built, want it built; see `mentorlog views`"));
      break;
    }
    if (live->second->position() >= position) break;
    if (stopping()) {
      status = Refuse(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the log is stopping, want a running one");
      break;
    }
    if (absl::Now() >= deadline) {
      status = Refuse(absl::StatusCode::kDeadlineExceeded, "TOO_SLOW",
                      absl::StrCat("view ", kept.view->info().name, " stands at ", live->second->position().value,
                                   ", want ", position.value));
      break;
    }
    // Not for ever, so that no deadline overflows.
    changed_.wait_until(lock, std::min(until, std::chrono::system_clock::now() + std::chrono::seconds(1)));
  }
  --waiters_;
  if (stopping()) changed_.notify_all();
  return status;
}

absl::Status ViewKeeper::Health() const {
  const std::lock_guard lock(mutex_);
  if (!follower_trouble_.ok()) return follower_trouble_;
  if (!builder_trouble_.ok()) return builder_trouble_;
  for (const auto& [id, kept] : kept_) {
    for (const auto& [number, fold] : kept.folds) {
      if (fold->quarantines().empty()) continue;
      const Quarantine first = fold->quarantines().All().front();
      return Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED",
                    absl::StrCat("view ", kept.view->info().name, " could not fold the event at position ",
                                 first.event.value, ", want a build that can"));
    }
  }
  return absl::OkStatus();
}

}  // namespace mentorlog::storage
