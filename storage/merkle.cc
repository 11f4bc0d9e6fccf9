#include "storage/merkle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>

#include "storage/codec.h"

namespace mentorlog::storage {
namespace {

// The largest power of two below `size`. REQUIRES: size > 1.
std::uint64_t SplitOf(std::uint64_t size) { return std::bit_floor(size - 1); }

// MTH over the leaves [begin, begin + size). REQUIRES: size > 0, and begin is a multiple of bit_ceil(size).
absl::StatusOr<Digest> RangeHash(MerkleNodes& nodes, std::uint64_t begin, std::uint64_t size) {
  if (std::has_single_bit(size)) {
    const int level = std::countr_zero(size);
    return nodes.Node(level, begin >> level);
  }
  const std::uint64_t split = SplitOf(size);
  const absl::StatusOr<Digest> left = RangeHash(nodes, begin, split);
  if (!left.ok()) return left;
  const absl::StatusOr<Digest> right = RangeHash(nodes, begin + split, size - split);
  if (!right.ok()) return right;
  return NodeHash(*left, *right);
}

absl::Status AppendHash(MerkleNodes& nodes, std::uint64_t begin, std::uint64_t size, std::vector<Digest>& proof) {
  const absl::StatusOr<Digest> hash = RangeHash(nodes, begin, size);
  if (!hash.ok()) return hash.status();
  proof.push_back(*hash);
  return absl::OkStatus();
}

}  // namespace

Digest LeafHash(std::string_view leaf) {
  thread_local std::string bytes;
  bytes.assign(1, '\0');
  bytes.append(leaf);
  return Sha256(bytes);
}

Digest NodeHash(const Digest& left, const Digest& right) {
  std::array<char, 65> bytes;
  bytes[0] = 1;
  std::memcpy(bytes.data() + 1, left.data(), left.size());
  std::memcpy(bytes.data() + 33, right.data(), right.size());
  return Sha256({bytes.data(), bytes.size()});
}

Digest EmptyRoot() { return Sha256({}); }

void MerkleFrontier::Append(const Digest& leaf_hash, std::vector<MerkleNode>& completed) {
  Digest hash = leaf_hash;
  int level = 0;
  for (std::uint64_t size = size_; (size & 1) != 0; size >>= 1) {
    hash = NodeHash(peaks_.back(), hash);
    peaks_.pop_back();
    ++level;
    if (level >= kStoredLevel) completed.push_back({level, size_ >> level, hash});
  }
  peaks_.push_back(hash);
  ++size_;
}

Digest MerkleFrontier::Root() const {
  if (peaks_.empty()) return EmptyRoot();
  Digest root = peaks_.back();
  for (auto peak = std::next(peaks_.rbegin()); peak != peaks_.rend(); ++peak) root = NodeHash(*peak, root);
  return root;
}

std::string MerkleFrontier::Encode() const {
  std::string bytes;
  bytes.reserve(8 + peaks_.size() * Digest().size());
  AppendBe(bytes, size_, 8);
  for (const Digest& peak : peaks_) bytes.append(peak.begin(), peak.end());
  return bytes;
}

std::optional<MerkleFrontier> MerkleFrontier::Decode(std::string_view bytes) {
  if (bytes.size() < 8) return std::nullopt;
  MerkleFrontier frontier;
  frontier.size_ = ReadBe(bytes.substr(0, 8));
  bytes.remove_prefix(8);
  const auto peaks = static_cast<std::size_t>(std::popcount(frontier.size_));
  if (bytes.size() != peaks * Digest().size()) return std::nullopt;
  frontier.peaks_.resize(peaks);
  for (Digest& peak : frontier.peaks_) {
    std::copy_n(bytes.begin(), peak.size(), peak.begin());
    bytes.remove_prefix(peak.size());
  }
  return frontier;
}

absl::StatusOr<Digest> MerkleRoot(MerkleNodes& nodes, std::uint64_t size) {
  if (size == 0) return EmptyRoot();
  return RangeHash(nodes, 0, size);
}

absl::StatusOr<std::vector<Digest>> InclusionProof(MerkleNodes& nodes, std::uint64_t leaf, std::uint64_t size) {
  assert(leaf < size);
  // From the root down; the proof lists siblings from the leaf up.
  std::vector<Digest> proof;
  std::uint64_t begin = 0;
  while (size > 1) {
    const std::uint64_t split = SplitOf(size);
    const bool left = leaf - begin < split;
    const absl::Status status =
        left ? AppendHash(nodes, begin + split, size - split, proof) : AppendHash(nodes, begin, split, proof);
    if (!status.ok()) return status;
    begin += left ? 0 : split;
    size = left ? split : size - split;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

absl::StatusOr<std::vector<Digest>> ConsistencyProof(MerkleNodes& nodes, std::uint64_t first, std::uint64_t second) {
  assert(first > 0 && first <= second);
  std::vector<Digest> proof;
  std::uint64_t begin = 0;
  // True while the first tree reaches to the subtree's beginning: then its root is known to the verifier.
  bool known = true;
  while (first != second) {
    const std::uint64_t split = SplitOf(second);
    const bool left = first <= split;
    const absl::Status status =
        left ? AppendHash(nodes, begin + split, second - split, proof) : AppendHash(nodes, begin, split, proof);
    if (!status.ok()) return status;
    if (left) {
      second = split;
    } else {
      begin += split;
      first -= split;
      second -= split;
      known = false;
    }
  }
  if (!known) {
    if (const absl::Status status = AppendHash(nodes, begin, first, proof); !status.ok()) return status;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

bool ProvesInclusion(const std::vector<Digest>& proof, const Digest& leaf_hash, std::uint64_t leaf, std::uint64_t size,
                     const Digest& root) {
  if (leaf >= size) return false;
  std::uint64_t node = leaf;
  std::uint64_t last = size - 1;
  Digest hash = leaf_hash;
  for (const Digest& sibling : proof) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      hash = NodeHash(sibling, hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = NodeHash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

bool ProvesConsistency(const std::vector<Digest>& proof, std::uint64_t first, std::uint64_t second,
                       const Digest& first_root, const Digest& second_root) {
  if (first == 0 || first > second) return false;
  if (first == second) return proof.empty() && first_root == second_root;
  std::vector<Digest> path = proof;
  if (std::has_single_bit(first)) path.insert(path.begin(), first_root);
  if (path.empty()) return false;
  std::uint64_t node = first - 1;
  std::uint64_t last = second - 1;
  while ((node & 1) != 0) {
    node >>= 1;
    last >>= 1;
  }
  Digest old_hash = path.front();
  Digest new_hash = path.front();
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      old_hash = NodeHash(path[i], old_hash);
      new_hash = NodeHash(path[i], new_hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      new_hash = NodeHash(new_hash, path[i]);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && old_hash == first_root && new_hash == second_root;
}

}  // namespace mentorlog::storage
