#include "storage/tree_store.h"

#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "storage/codec.h"

namespace mentorlog::storage {
namespace {

Digest CompleteHash(std::span<const Digest> leaves) {
  if (leaves.size() == 1) return leaves.front();
  const std::size_t half = leaves.size() / 2;
  return NodeHash(CompleteHash(leaves.first(half)), CompleteHash(leaves.subspan(half)));
}

}  // namespace

std::string TreeRow(int level, std::uint64_t index) {
  std::string row;
  AppendBe(row, static_cast<std::uint64_t>(level), 1);
  AppendBe(row, index, 8);
  return row;
}

void PutTree(const MerkleFrontier& frontier, const std::vector<MerkleNode>& completed, Batch& batch) {
  for (const MerkleNode& node : completed) {
    batch.Put(Family::kTree, TreeRow(node.level, node.index), DigestBytes(node.hash));
  }
  batch.Put(Family::kTree, std::string(kFrontierRow), frontier.Encode());
}

absl::StatusOr<MerkleFrontier> ReadFrontier(const StoreSnapshot& snapshot) {
  const auto value = snapshot.Get(Family::kTree, kFrontierRow);
  if (!value.ok()) return value.status();
  if (!*value) return MerkleFrontier();
  const std::optional<MerkleFrontier> frontier = MerkleFrontier::Decode(**value);
  if (!frontier) return Damage("tree: the frontier cannot be read");
  return *frontier;
}

absl::StatusOr<Digest> StoredNodes::Node(int level, std::uint64_t index) {
  if (level >= kStoredLevel) {
    const auto value = snapshot_.Get(Family::kTree, TreeRow(level, index));
    if (!value.ok()) return value.status();
    if (!*value || (*value)->size() != Digest().size()) {
      return Damage(absl::StrCat("tree: the node at level ", level, ", index ", index, " is missing"));
    }
    Digest hash;
    std::copy((*value)->begin(), (*value)->end(), hash.begin());
    return hash;
  }
  const std::uint64_t begin = index << level;
  const std::uint64_t end = (index + 1) << level;
  const std::uint64_t group = begin >> kStoredLevel;
  const std::uint64_t origin = group << kStoredLevel;
  if (const absl::Status status = LoadLeaves(group, end - origin); !status.ok()) return status;
  return CompleteHash(std::span<const Digest>(leaves_).subspan(begin - origin, end - begin));
}

absl::Status StoredNodes::LoadLeaves(std::uint64_t group, std::uint64_t upto) {
  if (group_ != group) leaves_.clear();
  group_ = group;
  if (leaves_.size() >= upto) return absl::OkStatus();
  const auto cursor = snapshot_.NewCursor(Family::kEvents, ReadHint::kScan);
  std::uint64_t position = (group << kStoredLevel) + leaves_.size() + 1;
  for (cursor->Seek(PositionKey({position})); cursor->Valid() && leaves_.size() < upto; cursor->Next(), ++position) {
    const std::optional<EventBytes> bytes = SplitEvent(cursor->value());
    if (cursor->key() != PositionKey({position}) || !bytes) break;
    leaves_.push_back(LeafHash(bytes->header));
  }
  if (!cursor->status().ok()) return cursor->status();
  if (leaves_.size() < upto) return Damage(absl::StrCat("events: no readable record at position ", position));
  return absl::OkStatus();
}

}  // namespace mentorlog::storage
