// The offline verify finds every kind of damage, and names the first bad position.
#include "storage/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "tests/storage/ledger_script.h"
#include "tests/storage/temporary_folder.h"

namespace mentorlog::storage {
namespace {

using ::testing::HasSubstr;

class Verify : public ::testing::Test {
 protected:
  Verify() : log(NewMemoryStore()) {
    EXPECT_EQ(Verdict(log.Open()), "OK");
    for (std::uint64_t i = 1; i <= 300; ++i) {
      EXPECT_EQ(Verdict(log(Proposing(i).Any(i % 4).Write(i % 4, "open").Part(1, "sealed").Part(2, "also"))), "OK");
    }
    EXPECT_EQ(Verdict(log(Proposing(301).Any(1).Write(1, "removes").Remove(1, 0, 2))), "OK");
    log.Close();
  }
  absl::StatusOr<Verification> Run() { return VerifyLog(log.store(), log.keys(), {}, {}, {}); }
  // The record at a position, changed and put back.
  void Change(std::uint64_t position, const std::function<void(Record&)>& change) {
    Record record = *ParseRecord({position}, **log.store().Get(Family::kEvents, PositionKey({position})));
    change(record);
    Put(Family::kEvents, PositionKey({position}), EncodeEvent(record.header.SerializeAsString(), record.open));
  }
  void Put(Family family, std::string key, std::string value) {
    Batch batch;
    batch.Put(family, std::move(key), std::move(value));
    ASSERT_EQ(Verdict(log.store().Write(batch, Durability::kSynced)), "OK");
  }
  void Delete(Family family, std::string key) {
    Batch batch;
    batch.Delete(family, std::move(key));
    ASSERT_EQ(Verdict(log.store().Write(batch, Durability::kSynced)), "OK");
  }
  void ExpectDamage(std::string_view why) {
    const auto found = Run();
    EXPECT_EQ(Verdict(found), "DATA_LOSS LOG_DAMAGED");
    EXPECT_THAT(std::string(found.status().message()), HasSubstr(std::string(why)));
  }

  OpenLog log;
};

TEST_F(Verify, AWholeLogIsWhole) {
  const auto found = Run();
  ASSERT_EQ(Verdict(found), "OK");
  EXPECT_EQ(found->head, Position{301});
  EXPECT_EQ(found->parts, 600U);
  EXPECT_EQ(found->removed_parts, 1U);
}

TEST_F(Verify, AMissingRecord) {
  Delete(Family::kEvents, PositionKey({17}));
  ExpectDamage("position 17");
}

TEST_F(Verify, AChangedOpenPart) {
  Change(20, [](Record& record) { record.open = "other"; });
  ExpectDamage("position 20: the open part is changed");
}

TEST_F(Verify, AChangedHeaderAmongStoredNodes) {
  Change(30, [](Record& record) { record.header.set_occurred_on(5); });
  ExpectDamage("position 256: the headers of the last 256 records");
}

TEST_F(Verify, AChangedHeaderInTheTail) {
  Change(290, [](Record& record) { record.header.set_occurred_on(5); });
  ExpectDamage("the tree's root is not that of the records");
  EXPECT_EQ(Verdict(log.Open()), "DATA_LOSS LOG_DAMAGED") << "and the start refuses it too";
}

TEST_F(Verify, AWrongRevision) {
  Change(9, [](Record& record) { record.header.set_revision(7); });
  ExpectDamage("position 9: revision 7");
}

TEST_F(Verify, AMissingPartThatNoRemovalNames) {
  Delete(Family::kParts, PartRow(StreamOf(1), {1}, 2));
  ExpectDamage("position 5: a sealed part is missing");
}

TEST_F(Verify, AChangedPart) {
  Put(Family::kParts, PartRow(StreamOf(1), {1}, 2), "forged");
  ExpectDamage("position 5: sealed part 2 is changed");
}

TEST_F(Verify, AMissingStreamRow) {
  Delete(Family::kStreams, StreamRow(StreamOf(1), {1}));
  ExpectDamage("position 5: no stream row");
}

TEST_F(Verify, AStreamRowTooMany) {
  Put(Family::kStreams, StreamRow(StreamOf(99), {0}), PositionKey({5}));
  ExpectDamage("streams: 302 rows for 301 records");
}

TEST_F(Verify, AMissingRequestRow) {
  Delete(Family::kRequests, RequestRow("dev", IdOf(3).ToBytes()));
  ExpectDamage("position 3: no request row");
}

// What a daemon tells of its log while the log is verified beside it.
TEST(VerifyBesideItsDaemon, ALogThatGoesOnDoesNotEndEarly) {
  const TemporaryFolder folder;
  const std::string dir = folder / "data";
  DataFolderOptions options;
  options.ballast_bytes = 0;
  const auto held = DataFolder::Open(dir, options);
  ASSERT_EQ(Verdict(held), "OK");
  LedgerOptions ledger_options;
  ledger_options.log = (*held)->log_id();
  ledger_options.free_bytes_min = 0;
  ledger_options.checkpoint_dir = folder / "checkpoints";
  ledger_options.checkpoint_interval = absl::Milliseconds(1);
  const auto ledger = OpenLedger((*held)->store(), (*held)->keys(), SystemClock(), {}, ledger_options);
  ASSERT_EQ(Verdict(ledger), "OK");
  const auto told = [&] { return (**ReadCheckpoint(ledger_options.checkpoint_dir, (*held)->log_id())).position; };
  for (std::uint64_t request = 1; request <= 5; ++request) {
    Proposing proposal(request);
    proposal.Any(1);
    for (int i = 0; i < 1000; ++i) proposal.Write(1, "a");
    ASSERT_EQ(Verdict(Propose(**ledger, proposal)), "OK");
  }
  bool moved = false;
  const auto found = VerifyFolder(dir, options, ledger_options.checkpoint_dir, [&](std::uint64_t, std::uint64_t) {
    if (std::exchange(moved, true)) return;
    ASSERT_EQ(Verdict(Propose(**ledger, Proposing(6).Any(1).Write(1, "a"))), "OK");
    while (told() < Position{5001}) std::this_thread::yield();
  });
  ASSERT_EQ(Verdict(found), "OK");
  EXPECT_TRUE(moved);
  EXPECT_EQ(found->head, Position{5000});
}

}  // namespace
}  // namespace mentorlog::storage
