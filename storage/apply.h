// storage/apply.h: accepts or refuses the proposals of a group, and turns what is accepted into rows.
//
// Deterministic: the answer depends on the log and the proposal alone. A group is built over an overlay of the store:
// later proposals of a group see what earlier ones did. Nothing is written here; the caller writes both batches and
// then says Commit or RollBack. Single-threaded: the apply thread's own.
#ifndef MENTORLOG_STORAGE_APPLY_H_
#define MENTORLOG_STORAGE_APPLY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/merkle.h"
#include "storage/order.h"
#include "storage/store.h"
#include "storage/stream_heads.h"
#include "storage/types.h"
#include "storage/view.h"

namespace mentorlog::storage {

// A proposal that was judged, with who waits for it.
struct Judged {
  Done done;
  absl::StatusOr<Committed> answer;
  // True if the answer stands even if the group cannot be written: it was read from the log.
  bool stands = false;
};

struct Group {
  std::vector<Judged> judged;
  // What was accepted, in order; dense positions.
  std::vector<std::shared_ptr<const Record>> records;
  // The log's own rows, which are written and synced; and those of its index.
  Batch batch;
  Batch index;
  // Not OK: the store could not be read; everything is answered with this and nothing may be written.
  absl::Status status;
};

class Applier {
 public:
  // Continues after what `frontier` covers. `last_recorded_us`: of the last record; 0 in an empty log.
  Applier(const Store& store, MerkleFrontier frontier, std::int64_t last_recorded_us);

  // Judges the proposals in order.
  Group Judge(std::vector<Ordered> proposals);
  // They were written.
  void Commit();
  // They were not: the next group starts from the state before it.
  void RollBack();

  Position head() const { return Position{state_.frontier.size()}; }
  const MerkleFrontier& frontier() const { return state_.frontier; }

 private:
  struct State {
    MerkleFrontier frontier;
    std::int64_t last_recorded_us = 0;
  };

  // Judges one proposal. An error that is not a refusal also goes to `group.status`.
  absl::StatusOr<Committed> JudgeOne(log::v1::Proposal& proposal, Group& group, bool& stands);
  absl::StatusOr<bool> FindEarlier(const log::v1::Proposal& proposal, const std::string& request_row,
                                   const Group& group, Committed& earlier, bool& stands);
  absl::Status HoldChecks(const log::v1::Proposal& proposal, Group& group);
  absl::Status HoldRemovals(const log::v1::Proposal& proposal, Group& group);
  absl::StatusOr<bool> HasPart(const log::v1::PartRef& part, const Group& group);
  Committed Accept(log::v1::Proposal& proposal, const std::string& request_row, Group& group);
  log::v1::Header MakeHeader(log::v1::Proposal& proposal, int index, Position position, Revision revision);
  absl::StatusOr<StreamHeads::Head> HeadOf(const StreamKey& stream);
  const StoreSnapshot& Snapshot();

  const Store& store_;
  State state_;
  // What RollBack goes back to.
  State before_;
  StreamHeads heads_;
  // Of this group: request row -> index of its first record in Group::records, and how many.
  struct InGroup {
    std::size_t first = 0;
    std::size_t records = 0;
  };
  absl::flat_hash_map<std::string, InGroup> requests_;
  // Nodes that this group completed.
  std::vector<MerkleNode> completed_;
  // As of the group's beginning; made when first needed.
  std::unique_ptr<StoreSnapshot> snapshot_;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_APPLY_H_
