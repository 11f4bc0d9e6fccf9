// storage/write_behind.h: a store that keeps what follows from the records in memory until much has gathered.
//
// Only the records themselves must be on the disk before they are answered. The index of the log and what views have
// folded (IsDerived) go into a layer in memory and are saved later, all of a family at once with the rows that say up
// to where it goes: so it is found as of that position. A row that a thousand records change is written once, and rows
// are written in the order of their keys. Everything else is written at once, as the store below does. Readers see no
// difference: a snapshot holds the layers and the store below as of the same write.
//
//   Write -> the store below (the log) -> young layer -> visible
//            saving: young layer becomes the old one -> the store below -> the saved one, for looking up -> forgotten
//
// Thread-safe. The store below outlives it, and nobody else writes into it.
#ifndef MENTORLOG_STORAGE_WRITE_BEHIND_H_
#define MENTORLOG_STORAGE_WRITE_BEHIND_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/row_layer.h"
#include "storage/store.h"

namespace mentorlog::storage {

class WriteBehind final : public Store {
 public:
  // Starts the thread that saves: when many rows have gathered, and after this time. `saved` is called on whatever
  // thread saves when rows have left the memory: a snapshot taken before keeps them there.
  WriteBehind(
      Store& under, absl::Duration save_every, std::function<void()> saved = [] {});
  // Ends it. What was not saved is forgotten; Sync saves it.
  ~WriteBehind() override;

  // Ends the thread that saves: from now on only Sync does. Idempotent.
  void Stop();

  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const override;
  std::unique_ptr<StoreSnapshot> Snapshot() const override;
  // As Store::Write; derived rows are visible, but kSynced does not say that they are saved. RESOURCE_EXHAUSTED also if
  // rows have gathered that cannot be saved. May wait for a save that goes on.
  absl::Status Write(Batch batch, Durability durability) override;
  // As Write of one batch, of which `rows` answers the derived rows once the others are below: they may be made
  // meanwhile. If it fails, the others are there, and nobody has seen them when this answers its error.
  absl::Status WriteWithRows(Batch batch, Durability durability, const std::function<absl::StatusOr<Batch>()>& rows);
  // Straight into the store below. REQUIRES: nobody else writes into the range meanwhile.
  absl::Status Load(Family family, std::span<const RowView> rows) override;
  // Saves all rows that were written before, then syncs.
  absl::Status Sync() override;
  absl::Status DropRange(Family family, std::string_view from, std::string_view to) override;
  // As the store below; or why rows could not be saved last.
  absl::Status Health() const override;
  std::optional<std::uint64_t> FreeBytes() const override { return under_.FreeBytes(); }
  std::uint64_t SizeBytes() const override { return under_.SizeBytes(); }

 private:
  // What readers are given: the layers and the store below, as of one write. Shared by them.
  struct Moment;
  class BehindSnapshot;

  std::shared_ptr<const Moment> Now() const;
  // The newer first. Null: there is none.
  struct Layers {
    std::shared_ptr<RowLayer> young;
    // Being saved.
    std::shared_ptr<RowLayer> old;
    // The one saved last: its rows are below, too, and are found here sooner.
    std::shared_ptr<RowLayer> saved;
  };
  // REQUIRES: write_mutex_ is held, and order_mutex_ if `under` is new.
  void Publish(std::uint64_t sequence, Layers layers, std::shared_ptr<const StoreSnapshot> under);
  absl::Status WaitForRoom();
  // REQUIRES: what else was written with them is below, and order_mutex_ is held if anything was.
  void WriteRows(const Batch& batch, bool moved_below);
  void Run();
  absl::Status Save();
  // The old layer; if there is none, the young one becomes it. Null: nothing is to be saved. REQUIRES: save_mutex_.
  std::shared_ptr<RowLayer> ToSave();
  absl::Status WriteOut(RowLayer& layer);
  absl::Status SaveRows(Family family, std::span<const RowView> rows, std::span<const RowView> beside);
  // Whatever lies in memory now.
  absl::Status SaveAll();

  Store& under_;
  const absl::Duration save_every_;
  const std::function<void()> saved_hook_;

  // Taken in this order. One save at a time; one write into the store below, until it is visible; one change of
  // what is visible.
  std::mutex save_mutex_;
  std::mutex order_mutex_;
  std::mutex write_mutex_;

  mutable std::mutex now_mutex_;
  // Guarded by now_mutex_; changed with write_mutex_ held too.
  std::shared_ptr<const Moment> now_;

  mutable std::mutex saver_mutex_;
  std::condition_variable wake_;
  std::condition_variable saved_;
  // Guarded by saver_mutex_.
  bool stopping_ = false;
  bool full_ = false;
  bool unordered_ = false;
  absl::Status trouble_;
  std::thread saver_;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_WRITE_BEHIND_H_
