// storage/merkle.h: the RFC 6962 tree over the log: its root, and proofs of inclusion and consistency.
//
// Leaf index = position - 1, leaf = the record's header bytes. The frontier (the roots of the complete subtrees that
// make up the tree) is all that an append needs; of the nodes below it only complete subtrees from kStoredLevel
// upwards are stored, so that an append costs two digests and a 1/256th of a row. Lower nodes are computed from at
// most 256 leaves. Plain values and pure functions; not thread-safe.
#ifndef MENTORLOG_STORAGE_MERKLE_H_
#define MENTORLOG_STORAGE_MERKLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/keys.h"

namespace mentorlog::storage {

// Complete subtrees of 2^8 leaves and more are stored.
inline constexpr int kStoredLevel = 8;

// SHA-256(0x00 | leaf), SHA-256(0x01 | left | right), and the root of no leaves.
Digest LeafHash(std::string_view leaf);
Digest NodeHash(const Digest& left, const Digest& right);
Digest EmptyRoot();

// A complete subtree: the leaves [index << level, (index + 1) << level).
struct MerkleNode {
  int level = 0;
  std::uint64_t index = 0;
  Digest hash{};
};

class MerkleFrontier {
 public:
  std::uint64_t size() const { return size_; }
  // The roots of the complete subtrees, largest first: one per set bit of size().
  const std::vector<Digest>& peaks() const { return peaks_; }
  // Adds a leaf; subtrees that it completes at kStoredLevel or above are appended to `completed`.
  void Append(const Digest& leaf_hash, std::vector<MerkleNode>& completed);
  Digest Root() const;

  // size (8 bytes) | peaks.
  std::string Encode() const;
  static std::optional<MerkleFrontier> Decode(std::string_view bytes);

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> peaks_;
};

// Where the hashes of complete subtrees come from.
class MerkleNodes {
 public:
  virtual ~MerkleNodes() = default;
  virtual absl::StatusOr<Digest> Node(int level, std::uint64_t index) = 0;
};

// The root over the first `size` leaves.
absl::StatusOr<Digest> MerkleRoot(MerkleNodes& nodes, std::uint64_t size);
// RFC 6962 section 2.1.1. REQUIRES: leaf < size.
absl::StatusOr<std::vector<Digest>> InclusionProof(MerkleNodes& nodes, std::uint64_t leaf, std::uint64_t size);
// RFC 6962 section 2.1.2. REQUIRES: 0 < first <= second.
absl::StatusOr<std::vector<Digest>> ConsistencyProof(MerkleNodes& nodes, std::uint64_t first, std::uint64_t second);

// What a holder of roots alone checks (RFC 9162 sections 2.1.3.2 and 2.1.4.2).
bool ProvesInclusion(const std::vector<Digest>& proof, const Digest& leaf_hash, std::uint64_t leaf, std::uint64_t size,
                     const Digest& root);
bool ProvesConsistency(const std::vector<Digest>& proof, std::uint64_t first, std::uint64_t second,
                       const Digest& first_root, const Digest& second_root);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_MERKLE_H_
