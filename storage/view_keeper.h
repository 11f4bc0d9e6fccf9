// storage/view_keeper.h: which versions of which views there are, who folds each, and which one readers are given.
//
// A built version has one driver: inline ones the apply thread (with the events), followers the follower
// thread. A version that is far behind is first folded by a builder: the thread that starts with the log, or the
// operator's call; it then joins its driver. The directory of each view (log.v1.ViewDirectory) is written before it is
// believed. Thread-safe but for the functions marked as the apply thread's.
#ifndef MENTORLOG_STORAGE_VIEW_KEEPER_H_
#define MENTORLOG_STORAGE_VIEW_KEEPER_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "mentorlog/log/v1/meta.pb.h"
#include "storage/ledger.h"
#include "storage/moments.h"
#include "storage/store.h"
#include "storage/turn.h"
#include "storage/view.h"
#include "storage/view_fold.h"

namespace mentorlog::storage {

class ViewKeeper {
 public:
  // Reads the directories and decides what must be built. `head` is the log's. INVALID_ARGUMENT: two views share an id.
  static absl::StatusOr<std::unique_ptr<ViewKeeper>> Open(Store& store, Turn& turn, Moments& moments, Position head,
                                                          const std::vector<const View*>& views);
  ~ViewKeeper();

  // Starts the follower thread, and the builder if there is anything to build.
  void Start();
  // Ends them; running operator calls answer SHUTTING_DOWN. Idempotent.
  void Stop();

  // Whoever holds the turn, or works for whom does and waits: folds what was accepted, adds the rows to a batch, and
  // learns whether that was written. UNAVAILABLE: rows could not be read, also not a little later; nothing was folded.
  absl::Status FoldInline(const std::vector<std::shared_ptr<const Record>>& records);
  void AddInlineRows(Batch& batch);
  void InlineWritten(bool written);

  // The head was published.
  void HeadMoved(Position head);

  // As the functions of Ledger.
  absl::Status WaitFor(std::uint16_t view, Position position, absl::Time deadline);
  std::vector<ViewStatus> All() const;
  absl::StatusOr<std::vector<std::uint32_t>> Rebuild(const std::vector<std::uint16_t>& views, const Progress& progress);
  absl::StatusOr<ViewComparison> Verify(std::uint16_t view, const Progress& progress);
  absl::Status Promote(std::uint16_t view);
  absl::Status Rollback(std::uint16_t view);
  absl::Status DropOld(std::uint16_t view);
  absl::Status Health() const;

 private:
  using Fold = std::shared_ptr<ViewFold>;
  struct Kept {
    const View* view = nullptr;
    log::v1::ViewDirectory directory;
    // The versions of this binary's definition, by number. Shared between readers and the driver.
    std::map<std::uint32_t, Fold> folds;
    // An operator's call or the builder works on it.
    bool busy = false;
  };
  // Keeps a view to one operator's call at a time.
  class Hold;
  // The definition of a version that is being erased; no view has it.
  static constexpr std::uint32_t kDoomed = 0;

  ViewKeeper(Store& store, Turn& turn, Moments& moments, Position head)
      : store_(store), turn_(turn), moments_(moments), head_(head.value) {}

  // Start (view_keeper_open.cc).
  absl::Status OpenView(const View& view);
  absl::Status KeepVersions(Kept& kept, const log::v1::ViewDirectory& stored);
  absl::Status CatchUp();
  void RunBuilder();
  absl::Status FinishBuild(Kept& kept, const Fold& fold);

  // Driving (view_keeper.cc).
  void RunFollower();
  bool WaitForWork();
  bool Behind();
  // Notes what goes wrong with a driver, and waits before it tries again. `trouble` is that driver's own.
  void Trouble(absl::Status& trouble, absl::Status status);
  absl::Status Join(const Fold& fold);
  void Leave(const Fold& fold);
  bool stopping() const { return stopping_.load(); }
  Position head() const { return Position{head_.load()}; }

  // Directories (view_keeper_admin.cc).
  absl::Status Save(Kept& kept, const log::v1::ViewDirectory& directory);
  absl::Status Erase(Kept& kept, std::uint32_t version);
  absl::Status Doom(Kept& kept, std::uint32_t version);
  absl::Status DropOther(Kept& kept);
  absl::StatusOr<Fold> AddVersion(Kept& kept);
  absl::Status BuildToHead(const std::vector<Fold>& folds, const Progress& progress);
  absl::StatusOr<std::vector<Fold>> BuildSecond(const std::vector<Kept*>& all, const Progress& progress, bool count);
  absl::Status TellBuilt(Kept& kept, const Fold& fold);
  // How long two versions were waited for without a move of either.
  struct Patience {
    std::uint64_t moved = ~0ULL;
    std::chrono::steady_clock::time_point until;
  };
  absl::Status GoOnWaiting(const Kept& kept, const Fold& one, const Fold& two, Patience& patience) const;
  absl::StatusOr<ViewComparison> Compare(const Kept& kept, const Fold& live, const Fold& second);
  absl::StatusOr<std::uint64_t> CountEntities(const View& view, Position upto, const Progress& progress);
  Shelf MakeShelf() const;

  Store& store_;
  Turn& turn_;
  Moments& moments_;
  std::atomic<std::uint64_t> head_;
  std::atomic<bool> stopping_{false};
  std::thread follower_;
  std::thread builder_;

  // Guarded by the turn. Shared with the directory and with readers.
  std::vector<Fold> inline_;

  // Held by the follower thread while it folds.
  std::mutex following_mutex_;
  // Guarded by following_mutex_.
  std::vector<Fold> following_;

  mutable std::mutex mutex_;
  // Somebody waits for a version, or a version moved; and: the follower has work.
  mutable std::condition_variable changed_;
  std::condition_variable work_;
  std::atomic<bool> idle_{false};
  // Guarded by mutex_: the directories (their views are fixed after Open), what goes wrong with each driver until it
  // succeeds, and who waits.
  std::map<std::uint16_t, Kept> kept_;
  absl::Status follower_trouble_;
  absl::Status builder_trouble_;
  int waiters_ = 0;
  // Constant after Open until the builder takes it.
  std::vector<std::pair<std::uint16_t, Fold>> to_build_;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_VIEW_KEEPER_H_
