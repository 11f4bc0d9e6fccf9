// The index of the log is made again from the records, whatever of it a crash took.
#include "storage/log_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/codec.h"
#include "storage/verify.h"
#include "tests/storage/ledger_script.h"

namespace mentorlog::storage {
namespace {

class LogIndex : public ::testing::Test {
 protected:
  LogIndex() : log(NewMemoryStore()) {
    log.options.views_saved_every = absl::Hours(1);
    EXPECT_EQ(Verdict(log.Open()), "OK");
  }
  void Write(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i <= to; ++i) EXPECT_EQ(Verdict(log(Proposing(i).Any(i % 5).Write(i % 5, "w"))), "OK");
  }
  // Closes the log so that nothing more of its index is saved.
  void Lose() {
    log.store().before_write.Set([](const Batch& batch) {
      for (const auto& op : batch.ops()) {
        if (op.family == Family::kStreams) return absl::ResourceExhaustedError("as told");
      }
      return absl::OkStatus();
    });
    log.Close();
    log.store().before_write.Clear();
  }
  std::uint64_t Indexed() { return IndexedUpTo(*log.store().Snapshot())->Least().value; }

  OpenLog log;
};

TEST_F(LogIndex, WhatWasLostIsThereAgainWhenTheLogIsOpened) {
  Write(1, 20);
  log.Close();
  EXPECT_EQ(Indexed(), 20U);
  ASSERT_EQ(Verdict(log.Open()), "OK");
  Write(21, 50);
  Lose();
  ASSERT_EQ(Indexed(), 20U);

  ASSERT_EQ(Verdict(log.Open()), "OK");
  EXPECT_EQ(Indexed(), 50U);
  for (std::uint64_t i = 1; i <= 50; ++i) {
    const auto again = log(Proposing(i).Any(i % 5).Write(i % 5, "w"));
    ASSERT_EQ(Verdict(again), "OK");
    EXPECT_TRUE(again->replayed) << i;
  }
  EXPECT_EQ(*log.ledger().Snapshot()->StreamHead(StreamOf(0)), Revision{9});
  // Revisions go on where they were.
  const auto next = log(Proposing(51).Exact(0, 9).Write(0, "w"));
  ASSERT_EQ(Verdict(next), "OK");
  EXPECT_EQ(next->records.front()->revision(), Revision{10});
}

TEST_F(LogIndex, OfALogWhoseIndexIsBehindVerifyHoldsWhatIsThere) {
  Write(1, 20);
  Lose();
  ASSERT_EQ(Indexed(), 0U);
  const auto verified = VerifyLog(log.store(), log.keys(), "", {}, {});
  ASSERT_EQ(Verdict(verified), "OK");
  EXPECT_EQ(verified->head, Position{20});
}

TEST_F(LogIndex, ThatDoesNotSayHowFarItGoesIsMadeAnew) {
  Write(1, 3);
  log.Close();
  Batch batch;
  batch.Delete(Family::kStreams, std::string(kIndexedRow));
  batch.Delete(Family::kStreams, StreamRow(StreamOf(2), {0}));
  ASSERT_TRUE(log.store().Write(std::move(batch), Durability::kSynced).ok());
  EXPECT_EQ(Verdict(VerifyLog(log.store(), log.keys(), "", {}, {})), "DATA_LOSS LOG_DAMAGED");
  ASSERT_EQ(Verdict(log.Open()), "OK");
  EXPECT_EQ(*log.ledger().Snapshot()->StreamHead(StreamOf(2)), Revision{0});
  log.Close();
  EXPECT_EQ(Verdict(VerifyLog(log.store(), log.keys(), "", {}, {})), "OK");
}

TEST_F(LogIndex, ThatCannotBeReadIsDamage) {
  log.Close();
  Batch batch;
  batch.Put(Family::kRequests, std::string(kIndexedRow), "?");
  ASSERT_TRUE(log.store().Write(std::move(batch), Durability::kSynced).ok());
  EXPECT_EQ(Verdict(log.Open()), "DATA_LOSS LOG_DAMAGED");
}

// One family may have been saved without the other; a crash while the other is made again takes nothing of it.
TEST_F(LogIndex, AFamilyThatGoesFurtherThanTheOtherSaysSoWhileThatIsMadeAgain) {
  Write(1, 5000);
  log.Close();
  Batch batch;
  batch.Put(Family::kRequests, std::string(kIndexedRow), PositionKey({0}));
  ASSERT_TRUE(log.store().Write(std::move(batch), Durability::kSynced).ok());
  int batches = 0;
  log.store().before_write.Set(
      [&batches](const Batch&) { return ++batches == 1 ? absl::OkStatus() : absl::ResourceExhaustedError("as told"); });
  EXPECT_EQ(CatchUpIndex(log.store(), Position{5000}).code(), absl::StatusCode::kResourceExhausted);
  log.store().before_write.Clear();
  const auto indexed = IndexedUpTo(*log.store().Snapshot());
  EXPECT_EQ(indexed->streams, Position{5000});
  EXPECT_EQ(indexed->requests, Position{4096});
}

// The families are flushed apart: a log that lost its end may keep the index rows of it.
class LostEnd : public LogIndex {
 protected:
  // Ten records, and index rows of an eleventh.
  void WriteAndLoseOne() {
    Write(1, 10);
    log.Close();
    Batch batch;
    batch.Put(Family::kStreams, StreamRow(StreamOf(1), {2}), PositionKey({11}));
    batch.Put(Family::kRequests, RequestRow("dev", IdOf(11).ToBytes()), EncodeRequest({Position{11}, 1}));
    PutIndexed({{11}, {11}}, batch);
    ASSERT_TRUE(log.store().Write(std::move(batch), Durability::kSynced).ok());
  }
};

TEST_F(LostEnd, ThatIsDroppedHalfIsDroppedWholeTheNextTime) {
  for (const Family family : {Family::kStreams, Family::kRequests}) {
    ASSERT_NO_FATAL_FAILURE(WriteAndLoseOne());
    log.store().before_drop.Set([family](Family dropped) {
      return dropped == family ? absl::ResourceExhaustedError("as told") : absl::OkStatus();
    });
    EXPECT_EQ(CatchUpIndex(log.store(), Position{10}).code(), absl::StatusCode::kResourceExhausted);
    log.store().before_drop.Clear();
    ASSERT_TRUE(CatchUpIndex(log.store(), Position{10}).ok());
    EXPECT_EQ(*log.store().Get(Family::kStreams, StreamRow(StreamOf(1), {2})), std::nullopt);
    EXPECT_EQ(*log.store().Get(Family::kRequests, RequestRow("dev", IdOf(11).ToBytes())), std::nullopt);
    ASSERT_EQ(Verdict(log.Open()), "OK");
  }
}

TEST_F(LostEnd, IsDropped) {
  ASSERT_NO_FATAL_FAILURE(WriteAndLoseOne());
  ASSERT_EQ(Verdict(log.Open()), "OK");
  EXPECT_EQ(*log.ledger().Snapshot()->StreamHead(StreamOf(1)), Revision{1});
  const auto again = log(Proposing(11).Exact(1, 1).Write(1, "w"));
  ASSERT_EQ(Verdict(again), "OK");
  EXPECT_FALSE(again->replayed);
  log.Close();
  EXPECT_EQ(Verdict(VerifyLog(log.store(), log.keys(), "", {}, {})), "OK");
}

}  // namespace
}  // namespace mentorlog::storage
