// The local order: first come, first out; bounded; drained when it stops.
#include "storage/order.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/storage/ledger_script.h"

namespace mentorlog::storage {
namespace {

Ordered Entry(std::uint64_t request, int records = 1) {
  Proposing proposal(request);
  for (int i = 0; i < records; ++i) proposal.Any(1).Write(1, "a");
  return {proposal, [](auto) {}};
}

TEST(LocalOrder, HandsOutInTheOrderOfSubmission) {
  const auto order = NewLocalOrder(10, 1 << 20);
  for (std::uint64_t i = 1; i <= 3; ++i) ASSERT_EQ(Verdict(order->Submit(Entry(i))), "OK");
  const auto group = order->Next(100, 1 << 20);
  ASSERT_EQ(group.size(), 3U);
  for (std::uint64_t i = 0; i < 3; ++i) EXPECT_EQ(group[i].proposal.request_id(), IdOf(i + 1).ToBytes());
}

TEST(LocalOrder, AGroupIsBoundedByRecordsButHoldsAtLeastOneProposal) {
  const auto order = NewLocalOrder(10, 1 << 20);
  ASSERT_EQ(Verdict(order->Submit(Entry(1, 5))), "OK");
  ASSERT_EQ(Verdict(order->Submit(Entry(2, 2))), "OK");
  ASSERT_EQ(Verdict(order->Submit(Entry(3, 2))), "OK");
  EXPECT_EQ(order->Next(3, 1 << 20).size(), 1U);
  EXPECT_EQ(order->Next(3, 1 << 20).size(), 1U);
  EXPECT_EQ(order->Next(3, 1).size(), 1U);
}

TEST(LocalOrder, RefusesWhenFullAndTakesAgainWhenThereIsRoom) {
  const auto order = NewLocalOrder(1, 1 << 20);
  ASSERT_EQ(Verdict(order->Submit(Entry(1))), "OK");
  EXPECT_EQ(Verdict(order->Submit(Entry(2))), "RESOURCE_EXHAUSTED TOO_MANY_IN_FLIGHT");
  EXPECT_EQ(order->Next(1, 1).size(), 1U);
  EXPECT_EQ(Verdict(order->Submit(Entry(3))), "OK");
}

TEST(LocalOrder, IsFullByBytesTooAndTakesOneOfAnySizeWhenItIsEmpty) {
  const auto order = NewLocalOrder(10, 1000);
  const auto large = [](std::uint64_t request, std::size_t bytes) {
    return Ordered{Proposing(request).Any(1).Write(1, std::string(bytes, 'x')), [](auto) {}};
  };
  ASSERT_EQ(Verdict(order->Submit(large(1, 5000))), "OK");
  EXPECT_EQ(Verdict(order->Submit(large(2, 1))), "RESOURCE_EXHAUSTED TOO_MANY_IN_FLIGHT");
  EXPECT_EQ(order->Next(10, 1 << 20).size(), 1U);
  EXPECT_EQ(Verdict(order->Submit(large(3, 300))), "OK");
  EXPECT_EQ(Verdict(order->Submit(large(4, 300))), "OK");
  EXPECT_EQ(Verdict(order->Submit(large(5, 600))), "RESOURCE_EXHAUSTED TOO_MANY_IN_FLIGHT");
  EXPECT_EQ(order->Next(10, 1 << 20).size(), 2U);
  EXPECT_EQ(Verdict(order->Submit(large(6, 600))), "OK");
}

TEST(LocalOrder, WhenItStopsItIsDrainedAndThenEmpty) {
  const auto order = NewLocalOrder(10, 1 << 20);
  ASSERT_EQ(Verdict(order->Submit(Entry(1))), "OK");
  order->Stop();
  EXPECT_EQ(Verdict(order->Submit(Entry(2))), "UNAVAILABLE SHUTTING_DOWN");
  EXPECT_EQ(order->Next(10, 1 << 20).size(), 1U);
  EXPECT_TRUE(order->Next(10, 1 << 20).empty());
}

TEST(LocalOrder, AWaitingConsumerIsWokenByAStop) {
  const auto order = NewLocalOrder(10, 1 << 20);
  std::thread consumer([&] { EXPECT_TRUE(order->Next(10, 1 << 20).empty()); });
  order->Stop();
  consumer.join();
}

}  // namespace
}  // namespace mentorlog::storage
