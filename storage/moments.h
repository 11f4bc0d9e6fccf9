// storage/moments.h: the log as of now, made once and shared by everybody who asks until something is written.
//
// A moment is a snapshot of the store, the head that it holds and the view versions that are live in it. Taking a
// snapshot costs RocksDB a mutex, so that it is taken at most once per write, and only if somebody reads. Thread-safe.
#ifndef MENTORLOG_STORAGE_MOMENTS_H_
#define MENTORLOG_STORAGE_MOMENTS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "storage/store.h"
#include "storage/types.h"
#include "storage/view.h"
#include "storage/view_fold.h"

namespace mentorlog::storage {

// What readers are given of one view.
struct LiveView {
  ViewInfo info;
  // Shared with the driver of the version. Null: no version of this definition is built.
  std::shared_ptr<const ViewFold> fold;
};
using Shelf = std::map<std::uint16_t, LiveView>;

struct Moment {
  std::unique_ptr<StoreSnapshot> store;
  Position head;
  // Shared by all moments between two changes of the views.
  std::shared_ptr<const Shelf> shelf;
};

class Moments {
 public:
  explicit Moments(const Store& store) : store_(store), shelf_(std::make_shared<const Shelf>()) {}

  // Everything that was written before the last Moved() is in it. Shared: readers outlive the next write.
  std::shared_ptr<const Moment> Now() const;
  // Something was written.
  void Moved() { generation_.fetch_add(1, std::memory_order_acq_rel); }
  // Later moments have this shelf, and a snapshot taken after this call.
  void Change(Shelf shelf);
  // Waits, for a while, until nobody reads this version by a former shelf, so that it can be dropped. False: somebody
  // still does.
  bool WaitForFormerReaders(std::uint16_t view, std::uint32_t version) const;

 private:
  const Store& store_;
  std::atomic<std::uint64_t> generation_{1};
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  mutable std::shared_ptr<const Moment> now_;
  mutable std::uint64_t now_generation_ = 0;
  mutable Position head_;
  std::shared_ptr<const Shelf> shelf_;
  mutable std::vector<std::weak_ptr<const Shelf>> former_;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_MOMENTS_H_
