// storage/order.h: who decides which proposal comes first.
//
// One machine: LocalOrder, a bounded queue. A cluster: a replicated, fsynced log (another class, the same
// contract). The apply thread is the only consumer.
#ifndef MENTORLOG_STORAGE_ORDER_H_
#define MENTORLOG_STORAGE_ORDER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mentorlog/log/v1/proposal.pb.h"
#include "storage/view.h"

namespace mentorlog::storage {

// What became of a proposal: its records, in order.
struct Committed {
  std::vector<std::shared_ptr<const Record>> records;
  // True if an earlier proposal with the same request id and hash had done it; then `records` are that one's.
  bool replayed = false;
};

// Called exactly once, on the completion thread (or, for a refusal before the order, on the caller's).
using Done = std::function<void(absl::StatusOr<Committed>)>;

// A proposal on its way, with the caller who waits for it (none when another node proposed it).
struct Ordered {
  log::v1::Proposal proposal;
  Done done;
};

class Order {
 public:
  virtual ~Order() = default;
  // RESOURCE_EXHAUSTED (reason TOO_MANY_IN_FLIGHT): full, `entry.done` was not and will not be called.
  // UNAVAILABLE (reason SHUTTING_DOWN): stopped. Thread-safe.
  virtual absl::Status Submit(Ordered entry) = 0;
  // Waits for at least one entry and takes at most `records_max` records and `bytes_max` bytes of proposals
  // (always at least one proposal). Empty: stopped and drained. Apply thread only.
  virtual std::vector<Ordered> Next(std::size_t records_max, std::size_t bytes_max) = 0;
  // No more Submit; what was submitted is still handed out.
  virtual void Stop() = 0;
};

// A queue of at most `proposals_max` proposals of `bytes_max` bytes together; one of any size is taken when it is
// empty.
std::unique_ptr<Order> NewLocalOrder(std::size_t proposals_max, std::size_t bytes_max);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_ORDER_H_
