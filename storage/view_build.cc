#include "storage/view_build.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <numeric>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/codec.h"
#include "storage/failpoint.h"
#include "storage/moments.h"

namespace mentorlog::storage {
namespace {

// A row that many records change is written once per batch.
constexpr std::size_t kBatchRecordsMax = 1 << 19;
// Of unwritten rows as they lie in memory, all versions together.
constexpr std::size_t kBatchBytesMax = 192 << 20;
// Records that the versions are given at once.
constexpr std::size_t kStepRecords = 4096;
constexpr std::size_t kStepBytes = 16 << 20;
constexpr std::size_t kThreads = 2;

// Does task 0 to count - 1, on a few threads (on this one if there can be no other); each takes the next one that
// nobody has.
void SideBySide(std::size_t count, const std::function<void(std::size_t)>& task) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) task(i);
  };
  std::vector<std::thread> others;
  try {
    for (std::size_t i = 1; i < std::min(kThreads, count); ++i) others.emplace_back(work);
  } catch (const std::system_error&) {
    // As many threads as may; what there are do it.
  }
  work();
  for (std::thread& other : others) other.join();
}

// The records after a position, step by step.
class Reader {
 public:
  Reader(const Store& store, Position first, Position last)
      : snapshot_(store.Snapshot()),
        cursor_(snapshot_->NewCursor(Family::kEvents, ReadHint::kScan)),
        next_(first),
        last_(last) {
    cursor_->Seek(PositionKey(first));
  }

  // Up to kStepRecords of about kStepBytes; fewer at the end, and before what cannot be read.
  std::vector<Record> Step() {
    std::vector<Record> records;
    records.reserve(std::min<std::uint64_t>(kStepRecords, last_.value + 1 - std::min(next_.value, last_.value + 1)));
    std::size_t bytes = 0;
    for (; status_.ok() && next_ <= last_ && records.size() < kStepRecords && bytes < kStepBytes;
         cursor_->Next(), ++next_.value) {
      if (!cursor_->Valid() || cursor_->key() != PositionKey(next_)) {
        status_ = cursor_->status().ok() ? Damage(absl::StrCat("events: no record at position ", next_.value))
                                         : cursor_->status();
        break;
      }
      bytes += cursor_->value().size();
      absl::StatusOr<Record> record = ParseRecord(next_, cursor_->value());
      status_ = record.status();
      if (record.ok()) records.push_back(*std::move(record));
    }
    return records;
  }
  // Why there is no more.
  const absl::Status& status() const { return status_; }

 private:
  const std::unique_ptr<StoreSnapshot> snapshot_;
  const std::unique_ptr<Cursor> cursor_;
  Position next_;
  const Position last_;
  absl::Status status_;
};

absl::Status FoldStep(const std::vector<Record>& records, ViewFold& fold) {
  for (const Record& record : records) {
    if (fold.next() != record.position()) continue;
    if (absl::Status status = fold.Fold(record); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// Folds as much as fits; answers how many records that were.
absl::StatusOr<std::size_t> FoldSteps(Reader& reader, const std::vector<ViewFold*>& folds,
                                      const std::function<bool()>& stop) {
  using Clock = std::chrono::steady_clock;
  std::size_t done = 0;
  std::size_t bytes = 0;
  std::vector<Record> records = reader.Step();
  std::vector<Record> former;
  std::vector<absl::Status> folded(folds.size());
  // Task 0 reads on and frees what was folded, the others fold; what took longest is begun first.
  std::vector<Clock::duration> took(folds.size() + 1);
  std::vector<std::size_t> order(took.size());
  std::iota(order.begin(), order.end(), 0);
  while (!records.empty()) {
    std::vector<Record> following;
    done += records.size();
    const bool more = done < kBatchRecordsMax && !stop();
    SideBySide(order.size(), [&](std::size_t next) {
      const std::size_t i = order[next];
      const auto begun = Clock::now();
      if (i > 0) {
        folded[i - 1] = FoldStep(records, *folds[i - 1]);
      } else {
        former.clear();
        if (more) following = reader.Step();
      }
      took[i] = Clock::now() - begun;
    });
    std::sort(order.begin(), order.end(), [&took](std::size_t a, std::size_t b) { return took[a] > took[b]; });
    bytes = 0;
    for (std::size_t i = 0; i < folds.size(); ++i) {
      if (!folded[i].ok()) return folded[i];
      bytes += folds[i]->unwritten_bytes();
    }
    former = std::exchange(records, bytes < kBatchBytesMax ? std::move(following) : std::vector<Record>());
  }
  return done;
}

absl::Status LoadRows(Store& store, Moments& moments, ViewFold& fold) {
  absl::Status status;
  if (Batch quarantines = fold.NewQuarantines(); !quarantines.empty()) {
    // Before the position: what was set aside is not taken for whole after a crash, and is not folded again then.
    status = store.Write(std::move(quarantines), Durability::kBuffered);
    if (status.ok()) status = store.Sync();
  }
  if (status.ok()) status = store.Load(Family::kViews, fold.Unwritten());
  if (status.ok()) moments.Moved();
  status.ok() ? fold.Committed() : fold.Forget();
  return status;
}

}  // namespace

absl::StatusOr<bool> BuildBatch(Store& store, Moments& moments, Position head, const std::vector<ViewFold*>& folds,
                                const std::function<bool()>& stop) {
  Position next{head.value + 1};
  for (const ViewFold* fold : folds) next = std::min(next, fold->next());
  if (next > head) return false;
  Reader reader(store, next, head);
  const absl::StatusOr<std::size_t> folded = FoldSteps(reader, folds, stop);
  if (!folded.ok()) {
    for (ViewFold* fold : folds) fold->Forget();
    return folded.status();
  }
  // What could be read is kept; the same error comes back at once with the next batch.
  if (*folded == 0) return reader.status();
  Failpoint("follower_before_write");
  std::vector<absl::Status> loaded(folds.size());
  SideBySide(folds.size(), [&](std::size_t i) { loaded[i] = LoadRows(store, moments, *folds[i]); });
  for (const absl::Status& status : loaded) {
    if (!status.ok()) return status;
  }
  return true;
}

}  // namespace mentorlog::storage
