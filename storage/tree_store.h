// storage/tree_store.h: the Merkle tree as it lies in the store.
//
// Family `tree`: "frontier" -> MerkleFrontier::Encode; level (1 byte) | index (8 bytes) -> hash, of complete subtrees
// from kStoredLevel upwards. Reads one snapshot; not thread-safe.
#ifndef MENTORLOG_STORAGE_TREE_STORE_H_
#define MENTORLOG_STORAGE_TREE_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/merkle.h"
#include "storage/store.h"

namespace mentorlog::storage {

inline constexpr std::string_view kFrontierRow = "frontier";
std::string TreeRow(int level, std::uint64_t index);

// Adds the nodes and the frontier to a batch.
void PutTree(const MerkleFrontier& frontier, const std::vector<MerkleNode>& completed, Batch& batch);

// The frontier that the store holds, an empty one in an empty store. DATA_LOSS (LOG_DAMAGED).
absl::StatusOr<MerkleFrontier> ReadFrontier(const StoreSnapshot& snapshot);

// Nodes of a stored log: the high ones from `tree`, the low ones from the headers of at most 256 records, the last
// such group of which is kept.
class StoredNodes final : public MerkleNodes {
 public:
  explicit StoredNodes(const StoreSnapshot& snapshot) : snapshot_(snapshot) {}
  absl::StatusOr<Digest> Node(int level, std::uint64_t index) override;

 private:
  absl::Status LoadLeaves(std::uint64_t group, std::uint64_t upto);

  const StoreSnapshot& snapshot_;
  std::uint64_t group_ = ~0ULL;
  std::vector<Digest> leaves_;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_TREE_STORE_H_
