// The RFC 6962 tree, held against the published vectors of certificate-transparency (reference roots and proofs over
// eight leaves) and against itself at every size.
#include "storage/merkle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

namespace mentorlog::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Hex(const Digest& digest) { return absl::BytesToHexString(DigestBytes(digest)); }
std::vector<std::string> Hex(const std::vector<Digest>& proof) {
  std::vector<std::string> hex;
  for (const Digest& digest : proof) hex.push_back(Hex(digest));
  return hex;
}

const std::vector<std::string>& PublishedLeaves() {
  static const auto* const leaves =
      new std::vector<std::string>{absl::HexStringToBytes(""),
                                   absl::HexStringToBytes("00"),
                                   absl::HexStringToBytes("10"),
                                   absl::HexStringToBytes("2021"),
                                   absl::HexStringToBytes("3031"),
                                   absl::HexStringToBytes("40414243"),
                                   absl::HexStringToBytes("5051525354555657"),
                                   absl::HexStringToBytes("606162636465666768696a6b6c6d6e6f")};
  return *leaves;
}

const std::vector<std::string>& PublishedRoots() {
  static const auto* const roots =
      new std::vector<std::string>{"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                   "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                   "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                   "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                   "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                   "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                   "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                   "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  return *roots;
}

// Every leaf in memory.
class Leaves final : public MerkleNodes {
 public:
  explicit Leaves(std::vector<Digest> leaves) : leaves_(std::move(leaves)) {}
  absl::StatusOr<Digest> Node(int level, std::uint64_t index) override {
    if (level == 0) return leaves_[index];
    return NodeHash(*Node(level - 1, 2 * index), *Node(level - 1, 2 * index + 1));
  }

 private:
  const std::vector<Digest> leaves_;
};

Leaves Published() {
  std::vector<Digest> leaves;
  for (const std::string& leaf : PublishedLeaves()) leaves.push_back(LeafHash(leaf));
  return Leaves(leaves);
}

TEST(Merkle, TheEmptyTreeHasThePublishedRoot) {
  EXPECT_EQ(Hex(MerkleFrontier().Root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Merkle, EveryPublishedRootIsReachedByAppending) {
  MerkleFrontier frontier;
  std::vector<MerkleNode> completed;
  for (std::size_t i = 0; i < PublishedLeaves().size(); ++i) {
    frontier.Append(LeafHash(PublishedLeaves()[i]), completed);
    EXPECT_EQ(Hex(frontier.Root()), PublishedRoots()[i]) << "after leaf " << i;
  }
  EXPECT_THAT(completed, IsEmpty()) << "eight leaves complete nothing that is stored";
}

TEST(Merkle, PublishedInclusionProofs) {
  Leaves nodes = Published();
  EXPECT_THAT(Hex(*InclusionProof(nodes, 0, 1)), IsEmpty());
  EXPECT_THAT(Hex(*InclusionProof(nodes, 0, 8)),
              ElementsAre("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                          "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"));
  EXPECT_THAT(Hex(*InclusionProof(nodes, 5, 8)),
              ElementsAre("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                          "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"));
}

TEST(Merkle, PublishedConsistencyProofs) {
  Leaves nodes = Published();
  EXPECT_THAT(Hex(*ConsistencyProof(nodes, 1, 1)), IsEmpty());
  EXPECT_THAT(Hex(*ConsistencyProof(nodes, 1, 8)),
              ElementsAre("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                          "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"));
  EXPECT_THAT(Hex(*ConsistencyProof(nodes, 6, 8)),
              ElementsAre("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                          "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"));
}

TEST(Merkle, EveryProofOfEverySizeHoldsAndNoneHoldsForAnother) {
  std::vector<Digest> leaves;
  std::vector<Digest> roots{EmptyRoot()};
  MerkleFrontier frontier;
  std::vector<MerkleNode> completed;
  for (int i = 0; i < 40; ++i) {
    leaves.push_back(LeafHash(std::to_string(i)));
    frontier.Append(leaves.back(), completed);
    roots.push_back(frontier.Root());
  }
  Leaves nodes(leaves);
  for (std::uint64_t size = 1; size <= 40; ++size) {
    EXPECT_EQ(*MerkleRoot(nodes, size), roots[size]);
    for (std::uint64_t leaf = 0; leaf < size; ++leaf) {
      const std::vector<Digest> proof = *InclusionProof(nodes, leaf, size);
      EXPECT_TRUE(ProvesInclusion(proof, leaves[leaf], leaf, size, roots[size])) << leaf << " in " << size;
      EXPECT_FALSE(ProvesInclusion(proof, LeafHash("other"), leaf, size, roots[size])) << leaf << " in " << size;
    }
    for (std::uint64_t first = 1; first <= size; ++first) {
      const std::vector<Digest> proof = *ConsistencyProof(nodes, first, size);
      EXPECT_TRUE(ProvesConsistency(proof, first, size, roots[first], roots[size])) << first << " to " << size;
      EXPECT_FALSE(ProvesConsistency(proof, first, size, LeafHash("other"), roots[size])) << first << " to " << size;
    }
  }
}

TEST(Merkle, StoresTheCompleteSubtreesFromLevelEightUpwards) {
  MerkleFrontier frontier;
  std::vector<MerkleNode> completed;
  for (int i = 0; i < 600; ++i) frontier.Append(LeafHash(std::to_string(i)), completed);
  ASSERT_EQ(completed.size(), 3U);
  EXPECT_EQ(std::pair(completed[0].level, completed[0].index), std::pair(8, std::uint64_t{0}));
  EXPECT_EQ(std::pair(completed[1].level, completed[1].index), std::pair(8, std::uint64_t{1}));
  EXPECT_EQ(std::pair(completed[2].level, completed[2].index), std::pair(9, std::uint64_t{0}));
  EXPECT_EQ(completed[2].hash, NodeHash(completed[0].hash, completed[1].hash));
}

TEST(Merkle, TheFrontierComesBackFromItsBytesAndNothingElseDoes) {
  MerkleFrontier frontier;
  std::vector<MerkleNode> completed;
  for (int i = 0; i < 13; ++i) frontier.Append(LeafHash(std::to_string(i)), completed);
  const std::optional<MerkleFrontier> back = MerkleFrontier::Decode(frontier.Encode());
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->size(), 13U);
  EXPECT_EQ(back->Root(), frontier.Root());
  EXPECT_FALSE(MerkleFrontier::Decode(frontier.Encode() + "x").has_value());
  EXPECT_FALSE(MerkleFrontier::Decode("short").has_value());
}

}  // namespace
}  // namespace mentorlog::storage
