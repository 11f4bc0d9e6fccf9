// What is held once before the order, and what apply holds again.
#include "storage/proposal_rules.h"

#include <gtest/gtest.h>

#include "tests/storage/ledger_script.h"

namespace mentorlog::storage {
namespace {

TEST(CheckStreams, TakesWhatApplyCanStandOn) {
  EXPECT_EQ(Verdict(CheckStreams(Proposing(1).Any(1).Exists(2).Write(1, "a").Write(1, "b").Remove(2, 0, 1))), "OK");
}

TEST(CheckStreams, RefusesWhatApplyWouldStumbleOver) {
  const auto refused = [](const log::v1::Proposal& proposal) { return Verdict(CheckStreams(proposal)); };
  constexpr const char* kMalformed = "INVALID_ARGUMENT MALFORMED_PROPOSAL";
  EXPECT_EQ(refused(Proposing(1).Any(1)), kMalformed) << "no record";
  EXPECT_EQ(refused(Proposing(1).Any(2).Write(1, "a")), kMalformed) << "a written stream without a check";
  Proposing odd_check = Proposing(1).Any(1).Write(1, "a");
  odd_check.proto().add_checks()->set_stream("odd");
  EXPECT_EQ(refused(odd_check), kMalformed);
  Proposing odd_removal = Proposing(1).Any(1).Write(1, "a");
  odd_removal.proto().add_removals()->set_stream("odd");
  EXPECT_EQ(refused(odd_removal), kMalformed);
}

// The sizes and the rest need no second look: they cannot make apply fail.
TEST(CheckStreams, LooksAtStreamsOnly) {
  Proposing proposal = Proposing(1).Any(1).Write(1, "a");
  proposal.proto().clear_namespace_();
  EXPECT_EQ(Verdict(CheckStreams(proposal)), "OK");
  EXPECT_EQ(Verdict(CheckProposal(proposal)), "INVALID_ARGUMENT MALFORMED_PROPOSAL");
}

}  // namespace
}  // namespace mentorlog::storage
