// storage/view_fold.h: one version of one view, being folded.
//
// Takes records in order, folds them entity by entity, and sets aside (quarantines) the entities that fail. Has one
// driver at a time (the apply thread, the follower thread or a builder); what readers ask, position and quarantine,
// is thread-safe.
#ifndef MENTORLOG_STORAGE_VIEW_FOLD_H_
#define MENTORLOG_STORAGE_VIEW_FOLD_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "storage/ledger.h"
#include "storage/store.h"
#include "storage/version_rows.h"
#include "storage/view.h"

namespace mentorlog::storage {

class Moments;

// The entities of a version that were set aside. Thread-safe.
class Quarantines {
 public:
  std::size_t count() const { return count_.load(std::memory_order_acquire); }
  bool empty() const { return count() == 0; }
  void Add(Quarantine quarantine);
  // Whether `key` begins with a quarantined entity; its quarantine.
  std::optional<Quarantine> FindFor(std::string_view key) const;
  bool Contains(const std::string& entity) const;
  std::vector<Quarantine> All() const;

 private:
  std::atomic<std::size_t> count_{0};
  mutable std::mutex mutex_;
  // Guarded by mutex_. By entity.
  std::map<std::string, Quarantine, std::less<>> all_;
};

class ViewFold {
 public:
  // Continues the version where the store has it. DATA_LOSS: its position or quarantine cannot be read. NOT_FOUND: it
  // has rows and no position, as nothing leaves it that this build does.
  static absl::StatusOr<std::unique_ptr<ViewFold>> Load(const View& view, const Store& store, std::uint32_t version);

  const View& view() const { return view_; }
  std::uint32_t version() const { return version_; }

  // The next record. REQUIRES: record.position() == next(). UNAVAILABLE: its rows could not be read; then nothing is
  // set aside, and Forget comes next.
  absl::Status Fold(const Record& record);
  // The position that Fold wants next. Driver only.
  Position next() const { return Position{folded_.value + 1}; }
  // What is to be written together: the position and the rows, in the order of their keys, which lie here until
  // Committed or Forget; and new quarantines.
  std::vector<RowView> Unwritten();
  Batch NewQuarantines() const;
  // Adds both to a batch that is written, or gone, before Committed or Forget.
  void AddTo(Batch& batch);
  void Committed();
  void Forget();
  std::size_t unwritten_bytes() const { return rows_.unwritten_bytes(); }

  // Up to where rows are written. Any thread.
  Position position() const { return Position{written_.load(std::memory_order_acquire)}; }
  const Quarantines& quarantines() const { return quarantines_; }

  // Counts the entities that were folded from now on.
  void CountEntities() { counting_ = true; }
  std::uint64_t entities() const { return seen_.size(); }

 private:
  ViewFold(const View& view, const Store& store, std::uint32_t version, std::optional<Position> position);
  absl::Status FoldEntity(const Record& record, const std::string& entity);
  bool IsQuarantined(const std::string& entity) const;

  const View& view_;
  const std::uint32_t version_;
  VersionRows rows_;
  Position folded_;
  // As they are written.
  const std::string position_key_;
  std::string position_value_;
  std::atomic<std::uint64_t> written_{0};
  Quarantines quarantines_;
  // Not yet written.
  std::vector<Quarantine> new_quarantines_;
  std::vector<std::string> entities_;
  bool counting_ = false;
  // Digests of the entities counted.
  absl::flat_hash_set<std::size_t> seen_;
};

// Folds the records after the lowest of `folds`, up to `head`, in one buffered batch, bounded by records and bytes.
// `moments` are told before any position moves: who sees the position finds the rows. Answers whether there were any.
// Errors as Store::Write, and UNAVAILABLE if rows could not be read; then nothing was folded.
absl::StatusOr<bool> FoldBatch(Store& store, Moments& moments, Position head, const std::vector<ViewFold*>& folds);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_VIEW_FOLD_H_
