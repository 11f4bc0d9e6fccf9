#include "storage/ledger.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/apply.h"
#include "storage/beside.h"
#include "storage/checkpointer.h"
#include "storage/codec.h"
#include "storage/completion.h"
#include "storage/failpoint.h"
#include "storage/gate.h"
#include "storage/log_index.h"
#include "storage/moments.h"
#include "storage/proposal_rules.h"
#include "storage/refusal.h"
#include "storage/snapshot.h"
#include "storage/start.h"
#include "storage/turn.h"
#include "storage/view_keeper.h"
#include "storage/write_behind.h"

namespace mentorlog::storage {
namespace {

// The views of this many records are folded beside: it takes half a millisecond, and two wake-ups a tenth.
constexpr std::size_t kFoldedBesideMin = 64;

absl::Status OutcomeUnknown(const absl::Status& cause) {
  return Refuse(
      absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN",
      absl::StrCat("the write may or may not have happened; ask again with the same request id: ", cause.message()));
}

// Why a log is unwell whose proposals could not be judged. UNKNOWN if opening it again may help.
absl::Status CannotJudge(const absl::Status& cause) {
  if (!absl::IsUnavailable(cause)) return cause;
  return Refuse(
      absl::StatusCode::kUnknown, "OUTCOME_UNKNOWN",
      absl::StrCat("proposals could not be judged, and no later one may pass them until the log is opened again: ",
                   cause.message()));
}

class TheLedger final : public Ledger {
 public:
  TheLedger(Store& store, const Clock& clock, const LedgerOptions& options, FoundLog found)
      : store_(store, options.views_saved_every, [this] { moments_.Moved(); }),
        clock_(clock),
        options_(options),
        log_(found.log),
        keyed_(found.digest_key),
        order_(NewLocalOrder(options.proposals_in_flight_max, options.proposal_bytes_waiting_max)),
        gate_(store_, clock, options),
        moments_(store_),
        completion_(gate_),
        checkpointer_(options.checkpoint_dir, store_, found.log.log, found.log.epoch, options.checkpoint_interval),
        applier_(store_, found.frontier, found.last_recorded_us),
        head_(found.frontier.size()) {}
  ~TheLedger() override { Stop(); }

  absl::Status Start(const std::vector<const View*>& views) {
    auto keeper = ViewKeeper::Open(store_, turn_, moments_, head(), views);
    if (!keeper.ok()) return keeper.status();
    views_ = *std::move(keeper);
    views_->Start();
    completion_.Start();
    checkpointer_.Start();
    if (applier_.frontier().size() > 0) checkpointer_.Synced(applier_.frontier());
    apply_ = std::thread([this] { RunApply(); });
    return absl::OkStatus();
  }

  const Id& log_id() const override { return log_.log; }
  std::uint32_t epoch() const override { return log_.epoch; }
  const Keyed& keyed() const override { return keyed_; }
  Position head() const override { return Position{head_.load(std::memory_order_acquire)}; }

  void Propose(log::v1::Proposal proposal, Done done) override {
    if (proposal.proposed_at_us() == 0) proposal.set_proposed_at_us(clock_.Now().micros);
    if (absl::Status status = CheckProposal(proposal); !status.ok()) return done(std::move(status));
    if (absl::Status status = gate_.Enter(); !status.ok()) return done(std::move(status));
    // Kept beside the entry: a refused entry is gone.
    auto shared = std::make_shared<Done>(std::move(done));
    absl::Status status = order_->Submit(
        {std::move(proposal), [shared](absl::StatusOr<Committed> committed) { (*shared)(std::move(committed)); }});
    if (status.ok()) return;
    gate_.Leave();
    (*shared)(std::move(status));
  }

  std::unique_ptr<LedgerSnapshot> Snapshot() const override { return NewLedgerSnapshot(moments_.Now()); }
  std::unique_ptr<Subscription> OnHead(std::function<void(Position)> wake) override {
    return completion_.OnHead(std::move(wake));
  }

  absl::Status WaitForView(std::uint16_t view, Position position, absl::Time deadline) override {
    return views_->WaitFor(view, position, deadline);
  }
  absl::StatusOr<Position> LoadCursor(std::string_view name) const override {
    const auto row = store_.Get(Family::kMeta, CursorRow(name));
    if (!row.ok()) return row.status();
    if (!*row) return Position{};
    const auto position = ParsePosition(**row);
    if (!position) return Damage("the cursor of a follower is unreadable");
    return *position;
  }
  absl::Status SaveCursor(std::string_view name, Position position) override {
    Batch batch;
    batch.Put(Family::kMeta, CursorRow(name), PositionKey(position));
    return store_.Write(std::move(batch), Durability::kBuffered);
  }

  std::vector<ViewStatus> Views() const override { return views_->All(); }
  absl::StatusOr<std::vector<std::uint32_t>> RebuildViews(const std::vector<std::uint16_t>& views,
                                                          const Progress& progress) override {
    return views_->Rebuild(views, progress);
  }
  absl::StatusOr<ViewComparison> VerifyView(std::uint16_t view, const Progress& progress) override {
    return views_->Verify(view, progress);
  }
  absl::Status PromoteView(std::uint16_t view) override { return views_->Promote(view); }
  absl::Status RollbackView(std::uint16_t view) override { return views_->Rollback(view); }
  absl::Status DropOldVersions(std::uint16_t view) override { return views_->DropOld(view); }

  LedgerStats Stats() const override {
    LedgerStats stats;
    stats.log = log_.log;
    stats.epoch = log_.epoch;
    stats.head = head();
    stats.in_flight = gate_.in_flight();
    stats.groups = groups_.load(std::memory_order_relaxed);
    stats.bytes_on_disk = store_.SizeBytes();
    stats.free_bytes = store_.FreeBytes();
    return stats;
  }

  absl::Status Health() const override {
    absl::Status first;
    for (absl::Status status : {gate_.Health(), store_.Health(), checkpointer_.Health(), views_->Health()}) {
      if (absl::IsUnknown(status)) return status;
      first.Update(status);
    }
    return first;
  }

  void Stop() override {
    const std::lock_guard lock(stop_mutex_);
    gate_.Close(Refuse(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the log is stopping, want a running one"));
    order_->Stop();
    if (apply_.joinable()) apply_.join();
    completion_.Stop();
    if (views_) views_->Stop();
    checkpointer_.Stop();
    store_.Stop();
    // What the views have folded; if it is lost they fold it again.
    if (!std::exchange(stopped_, true)) store_.Sync().IgnoreError();
  }

 private:
  void RunApply() {
    while (true) {
      std::vector<Ordered> proposals = order_->Next(options_.group_records_max, options_.group_bytes_max);
      if (proposals.empty()) return;
      if (broken_) {
        AnswerUntouched(std::move(proposals));
        continue;
      }
      const std::lock_guard turn(turn_);
      ApplyGroup(std::move(proposals));
    }
  }

  void ApplyGroup(std::vector<Ordered> proposals) {
    Group group = applier_.Judge(std::move(proposals));
    if (!group.status.ok()) {
      Fail(group, group.status);
      return;
    }
    if (!group.records.empty()) {
      if (absl::Status status = FoldAndWrite(group); !status.ok()) {
        Fail(group, std::move(status));
        return;
      }
      // Before any position moves: who sees it finds the rows.
      moments_.Moved();
      views_->InlineWritten(true);
    }
    applier_.Commit();
    if (!group.records.empty()) Publish();
    completion_.Finish(std::move(group.judged), applier_.head());
  }

  // The views of many records are folded while the records are written. Should rows of theirs be unreadable then, the
  // records are there all the same, and nobody knows before the log is opened again.
  absl::Status FoldAndWrite(Group& group) {
    Batch rows = std::move(group.index);
    absl::Status folded;
    const auto fold = [&] {
      folded = views_->FoldInline(group.records);
      if (folded.ok()) views_->AddInlineRows(rows);
    };
    const bool beside = group.records.size() >= kFoldedBesideMin;
    if (beside) {
      fold_beside_.Begin(fold);
    } else {
      fold();
      group.status = folded;
      if (!folded.ok()) return folded;
    }
    absl::Status status = Write(group, [&]() -> absl::StatusOr<Batch> {
      fold_beside_.End();
      if (!folded.ok()) return folded;
      return std::move(rows);
    });
    fold_beside_.End();
    if (!status.ok() && folded.ok()) views_->InlineWritten(false);
    return status;
  }

  absl::Status Write(Group& group, const std::function<absl::StatusOr<Batch>()>& rows) {
    if (PlantedBug("ack_before_write")) {
      completion_.Finish(std::exchange(group.judged, {}), head());
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    Failpoint("before_write");
    absl::Status status = store_.WriteWithRows(std::move(group.batch), Durability::kSynced, rows);
    if (status.ok()) Failpoint("after_write_before_publish");
    return status;
  }

  void Publish() {
    groups_.fetch_add(1, std::memory_order_relaxed);
    head_.store(applier_.head().value, std::memory_order_release);
    views_->HeadMoved(applier_.head());
    checkpointer_.Synced(applier_.frontier());
  }

  // Nothing of the group was written, or nobody knows. What was read from the log before it stands.
  void Fail(Group& group, absl::Status status) {
    applier_.RollBack();
    if (!group.status.ok()) {
      // Nothing was written. But what cannot be judged now may be judged otherwise once others went before it.
      Break(CannotJudge(status));
    } else if (!absl::IsResourceExhausted(status)) {
      status = OutcomeUnknown(status);
      Break(status);
    }
    for (Judged& judged : group.judged) {
      if (!judged.stands) judged.answer = status;
    }
    completion_.Finish(std::move(group.judged), head());
  }

  // Nothing more is taken until the log is opened again.
  void Break(absl::Status why) {
    broken_ = true;
    gate_.Close(std::move(why));
    order_->Stop();
  }

  // After a failed sync or read: these were never tried.
  void AnswerUntouched(std::vector<Ordered> proposals) {
    std::vector<Judged> judged;
    for (Ordered& ordered : proposals) {
      judged.push_back(
          {std::move(ordered.done),
           Refuse(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the log takes no proposals, want a running one"),
           false});
    }
    completion_.Finish(std::move(judged), head());
  }

  WriteBehind store_;
  const Clock& clock_;
  const LedgerOptions options_;
  const LogRow log_;
  const Keyed keyed_;
  const std::unique_ptr<Order> order_;
  Gate gate_;
  Turn turn_;
  Moments moments_;
  Completion completion_;
  Checkpointer checkpointer_;
  std::unique_ptr<ViewKeeper> views_;
  // The apply thread's own.
  Applier applier_;
  Beside fold_beside_;
  bool broken_ = false;
  std::atomic<std::uint64_t> head_;
  std::atomic<std::uint64_t> groups_{0};
  std::thread apply_;
  std::mutex stop_mutex_;
  // Guarded by stop_mutex_.
  bool stopped_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Ledger>> OpenLedger(Store& store, KeyStore& keys, const Clock& clock,
                                                   std::vector<const View*> views, const LedgerOptions& options) {
  absl::StatusOr<FoundLog> found = FindOrMakeLog(store, keys, options.log);
  if (!found.ok()) return found.status();
  if (absl::Status status = HoldCheckpoint(store, *found, options.checkpoint_dir); !status.ok()) return status;
  // Nothing is written into a log before it is known to reach its checkpoint.
  if (absl::Status status = CatchUpIndex(store, Position{found->frontier.size()}); !status.ok()) return status;
  auto ledger = std::make_unique<TheLedger>(store, clock, options, *std::move(found));
  if (absl::Status status = ledger->Start(views); !status.ok()) return status;
  return ledger;
}

}  // namespace mentorlog::storage
