// Views beside a serving log: inline and followers, built, compared, swapped, quarantined. Over a store in trouble:
// ledger_views_trouble_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/storage/ledger_views_world.h"

namespace mentorlog::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST_F(LedgerViews, AnInlineViewIsReadAsSoonAsItsWriteIsAnswered) {
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  EXPECT_EQ(Row(10, 1), "none");
  Write(1);
  EXPECT_EQ(Row(10, 1), "1");
  const auto before = log.ledger().Snapshot();
  Write(1);
  EXPECT_EQ(**before->Row(10, StreamOf(1).ToBytes()), "1");
  EXPECT_EQ(Row(10, 1), "2");
  EXPECT_EQ(*log.ledger().Snapshot()->ViewPosition(10), Position{2});
  EXPECT_EQ(Row(99, 1), "UNAVAILABLE VIEW_BUILDING") << "nobody gave such a view";
}

TEST_F(LedgerViews, RowsAreScannedInTheOrderOfTheirKeys) {
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  for (const std::uint64_t stream : {3, 1, 2, 1}) Write(stream);
  std::vector<std::string> rows;
  EXPECT_EQ(Verdict(log.ledger().Snapshot()->ScanRows(10, StreamOf(1).ToBytes(), StreamOf(3).ToBytes(),
                                                      [&](std::string_view, std::string_view value) {
                                                        rows.emplace_back(value);
                                                        return true;
                                                      })),
            "OK");
  EXPECT_THAT(rows, ElementsAre("2", "1"));
}

TEST_F(LedgerViews, AFollowerIsWaitedFor) {
  ASSERT_EQ(Verdict(log.Open({&follower})), "OK");
  WriteMany(100);
  Wait(11);
  EXPECT_EQ(Row(11, 3), "10");
  EXPECT_EQ(Verdict(log.ledger().WaitForView(11, {101}, absl::Now() + absl::Milliseconds(20))),
            "DEADLINE_EXCEEDED TOO_SLOW");
}

// Has many rows per record, so that it takes a while to note that they were written.
class WideView final : public View {
 public:
  WideView(std::uint16_t id, ViewMode mode) : info_{id, "wide" + std::to_string(id), mode, 1} {}
  const ViewInfo& info() const override { return info_; }
  void Entities(const Record&, std::vector<std::string>& entities) const override { entities.emplace_back("wide"); }
  absl::Status Fold(const Record&, const std::string& entity, Rows& rows) const override {
    for (int i = 0; i < 5000; ++i) rows.Put(entity + std::to_string(i), "row");
    return absl::OkStatus();
  }

 private:
  const ViewInfo info_;
};

TEST_F(LedgerViews, WhoSeesThePositionOfAViewFindsItsRows) {
  const WideView wide_inline{12, ViewMode::kInline};
  const WideView wide_follower{13, ViewMode::kFollower};
  ASSERT_EQ(Verdict(log.Open({&inline_view, &wide_inline, &follower, &wide_follower})), "OK");
  for (std::uint64_t i = 1; i <= 40; ++i) {
    for (const std::uint16_t view : {std::uint16_t{10}, std::uint16_t{11}}) {
      EXPECT_EQ(Row(view, 1), i == 1 ? "none" : std::to_string(i - 1)) << "a moment that others may be given too";
    }
    // Shared with the completion thread, which may still be in set_value when the answer is here.
    const auto told = std::make_shared<std::promise<void>>();
    log.ledger().Propose(Proposing(i).Any(1).Write(1, "a"), [told](auto) { told->set_value(); });
    for (const std::uint16_t view : {std::uint16_t{10}, std::uint16_t{11}}) {
      while (!log.ledger().WaitForView(view, {i}, absl::Now()).ok()) {
      }
      EXPECT_EQ(Row(view, 1), std::to_string(i)) << "view " << view;
    }
    told->get_future().wait();
  }
}

TEST_F(LedgerViews, ViewsGoOnAfterReopening) {
  ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
  WriteMany(50);
  ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
  EXPECT_EQ(Row(10, 1), "5");
  Write(1);
  EXPECT_EQ(Row(10, 1), "6");
  Wait(11);
  EXPECT_EQ(Row(11, 1), "6");
}

TEST_F(LedgerViews, AViewThatIsNewToALogIsBuiltWhileItServes) {
  ASSERT_EQ(Verdict(log.Open()), "OK");
  WriteMany(500);
  ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
  Write(1);
  EXPECT_EQ(RowOnceBuilt(10, 1), "51");
  EXPECT_NE(RowOnceBuilt(11, 1), "UNAVAILABLE VIEW_BUILDING");
  Wait(11);
  EXPECT_EQ(Row(11, 1), "51");
  Write(1);
  EXPECT_EQ(Row(10, 1), "52");
}

TEST_F(LedgerViews, AnInlineViewThatABuildDidNotKnowIsCaughtUp) {
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  WriteMany(20);
  ASSERT_EQ(Verdict(log.Open()), "OK");
  WriteMany(20);
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  EXPECT_EQ(RowOnceBuilt(10, 1), "4");
}

TEST_F(LedgerViews, AChangedDefinitionIsBuiltAnewAndTheFormerRowsAreDropped) {
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  WriteMany(30);
  const CountView changed(10, ViewMode::kInline, 2, 100);
  ASSERT_EQ(Verdict(log.Open({&changed})), "OK");
  EXPECT_EQ(RowOnceBuilt(10, 1), "300");
  Write(1);
  EXPECT_EQ(Row(10, 1), "400");
  for (int i = 0; i < 1000 && StatusOf(10).versions.size() > 1; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ASSERT_THAT(StatusOf(10).versions, SizeIs(1));
  EXPECT_EQ(StatusOf(10).versions[0].definition, 2U);
  EXPECT_TRUE(StatusOf(10).versions[0].live);
  EXPECT_FALSE(log.store().Get(Family::kViews, ViewPrefix(10, 1) + StreamOf(1).ToBytes())->has_value());
  log.Close();
}

TEST_F(LedgerViews, VerifyComparesWithAFreshBuildAndLeavesNothingBehind) {
  ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
  WriteMany(300);
  for (const std::uint16_t view : {std::uint16_t{10}, std::uint16_t{11}}) {
    Wait(view);
    const auto comparison = log.ledger().VerifyView(view, {});
    ASSERT_EQ(Verdict(comparison), "OK");
    EXPECT_EQ(comparison->position, Position{300});
    EXPECT_EQ(comparison->entities, 10U);
    EXPECT_EQ(comparison->rows, 10U);
    EXPECT_EQ(comparison->differences, 0U);
    EXPECT_THAT(StatusOf(view).versions, SizeIs(1));
  }
}

TEST_F(LedgerViews, VerifyNamesTheRowsThatDiffer) {
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  WriteMany(30);
  log.Close();
  Batch batch;
  batch.Put(Family::kViews, ViewPrefix(10, 1) + StreamOf(4).ToBytes(), "77");
  batch.Delete(Family::kViews, ViewPrefix(10, 1) + StreamOf(5).ToBytes());
  batch.Put(Family::kViews, ViewPrefix(10, 1) + StreamOf(55).ToBytes(), "1");
  ASSERT_EQ(Verdict(log.store().Write(batch, Durability::kSynced)), "OK");
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  const auto comparison = log.ledger().VerifyView(10, {});
  ASSERT_EQ(Verdict(comparison), "OK");
  EXPECT_EQ(comparison->differences, 3U);
  EXPECT_THAT(comparison->differing_keys,
              ElementsAre(StreamOf(4).ToBytes(), StreamOf(5).ToBytes(), StreamOf(55).ToBytes()));
}

TEST_F(LedgerViews, ARebuiltVersionIsPromotedAndRolledBackAndDropped) {
  for (const View* view : {static_cast<const View*>(&inline_view), static_cast<const View*>(&follower)}) {
    SCOPED_TRACE(view->info().name);
    const std::uint16_t id = view->info().id;
    ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
    EXPECT_EQ(Verdict(log.ledger().PromoteView(id)), "FAILED_PRECONDITION VIEW_BUILDING");
    EXPECT_EQ(Verdict(log.ledger().RollbackView(id)), "FAILED_PRECONDITION VIEW_BUILDING");
    WriteMany(50);
    const auto rebuilt = log.ledger().RebuildViews({id}, {});
    ASSERT_EQ(Verdict(rebuilt), "OK");
    EXPECT_THAT(*rebuilt, ElementsAre(2U));
    WriteMany(10);
    EXPECT_EQ(log.ledger().VerifyView(id, {})->differences, 0U);
    EXPECT_THAT(StatusOf(id).versions, SizeIs(2));
    ASSERT_EQ(Verdict(log.ledger().PromoteView(id)), "OK");
    const std::string want = std::to_string(log.ledger().head().value / 10);
    Wait(id);
    EXPECT_EQ(Row(id, 1), want);
    EXPECT_TRUE(StatusOf(id).versions[1].live);
    ASSERT_EQ(Verdict(log.ledger().RollbackView(id)), "OK");
    EXPECT_TRUE(StatusOf(id).versions[0].live);
    ASSERT_EQ(Verdict(log.ledger().PromoteView(id)), "OK");
    ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK") << "both versions go on after a restart";
    EXPECT_THAT(StatusOf(id).versions, SizeIs(2));
    Wait(id);
    EXPECT_EQ(Row(id, 1), want);
    ASSERT_EQ(Verdict(log.ledger().DropOldVersions(id)), "OK");
    ASSERT_THAT(StatusOf(id).versions, SizeIs(1));
    EXPECT_EQ(StatusOf(id).versions[0].version, 2U);
    EXPECT_EQ(Verdict(log.ledger().RollbackView(id)), "FAILED_PRECONDITION VIEW_BUILDING");
    EXPECT_EQ(Row(id, 1), want);
  }
}

// The families are flushed apart: a log that lost its end may keep what was folded from it.
TEST_F(LedgerViews, AVersionThatHasFoldedWhatTheLogHasLostIsBuiltAnew) {
  ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
  WriteMany(10);
  log.Close();
  Batch batch;
  for (const std::uint16_t view : {std::uint16_t{10}, std::uint16_t{11}}) {
    batch.Put(Family::kViews, ViewPrefix(view, 1) + StreamOf(77).ToBytes(), "1");
    batch.Put(Family::kViews, ViewPositionRow(view, 1), PositionKey({11}));
  }
  ASSERT_TRUE(log.store().Write(std::move(batch), Durability::kSynced).ok());
  ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
  WriteMany(10);
  for (const std::uint16_t view : {std::uint16_t{10}, std::uint16_t{11}}) {
    for (int i = 0; i < 2000 && Verdict(log.ledger().WaitForView(view, {20}, absl::Now() + absl::Seconds(1))) != "OK";
         ++i) {
      absl::SleepFor(absl::Milliseconds(2));
    }
    ASSERT_THAT(StatusOf(view).versions, SizeIs(1));
    EXPECT_EQ(StatusOf(view).versions[0].version, 2U);
    EXPECT_EQ(log.ledger().VerifyView(view, {})->differences, 0U);
    EXPECT_EQ(Row(view, 77), "none");
  }
}

TEST_F(LedgerViews, SeveralViewsAreRebuiltInOnePassOrNone) {
  ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
  WriteMany(20000);
  Wait(11);
  std::uint64_t told = 0;
  const auto rebuilt = log.ledger().RebuildViews({10, 11}, [&told](std::uint64_t done, std::uint64_t total) {
    EXPECT_LE(done, total);
    told = done;
  });
  ASSERT_EQ(Verdict(rebuilt), "OK");
  EXPECT_THAT(*rebuilt, ElementsAre(2U, 2U));
  EXPECT_GE(told, 10000U);
  for (const std::uint16_t view : {std::uint16_t{10}, std::uint16_t{11}}) {
    EXPECT_EQ(log.ledger().VerifyView(view, {})->differences, 0U);
    EXPECT_EQ(Verdict(log.ledger().DropOldVersions(view)), "OK");
  }
  EXPECT_EQ(Verdict(log.ledger().RebuildViews({10, 99}, {})), "NOT_FOUND NO_SUCH_THING");
  EXPECT_EQ(Verdict(log.ledger().RebuildViews({11, 11}, {})), "FAILED_PRECONDITION VIEW_BUILDING");
  EXPECT_EQ(Verdict(log.ledger().RebuildViews({}, {})), "OK");
  for (const std::uint16_t view : {std::uint16_t{10}, std::uint16_t{11}})
    EXPECT_THAT(StatusOf(view).versions, SizeIs(1));
}

TEST_F(LedgerViews, AnEntityThatCannotBeFoldedIsSetAsideAndTheOthersGoOn) {
  ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
  Write(1);
  Write(2);
  Write(1, "poison");
  Write(1);
  Write(2);
  Wait(11);
  for (const std::uint16_t view : {std::uint16_t{10}, std::uint16_t{11}}) {
    EXPECT_EQ(Row(view, 1), "DATA_LOSS VIEW_QUARANTINED");
    EXPECT_EQ(Row(view, 2), "2");
    const ViewStatus status = StatusOf(view);
    ASSERT_THAT(status.quarantined, SizeIs(1));
    EXPECT_EQ(status.quarantined[0].entity, StreamOf(1).ToBytes());
    EXPECT_EQ(status.quarantined[0].event, Position{3});
    EXPECT_THAT(status.quarantined[0].reason, ::testing::HasSubstr("poison"));
  }
  EXPECT_EQ(Verdict(log.ledger().Health()), "DATA_LOSS VIEW_QUARANTINED");
  const auto visit_all = [](std::string_view, std::string_view) { return true; };
  EXPECT_EQ(Verdict(log.ledger().Snapshot()->ScanRows(10, StreamOf(1).ToBytes(), {}, visit_all)),
            "DATA_LOSS VIEW_QUARANTINED");
  EXPECT_EQ(Verdict(log.ledger().Snapshot()->ScanRows(10, {}, {}, visit_all)), "OK");

  log.Close();
  EXPECT_EQ(**log.store().Get(Family::kViews, ViewPrefix(10, 1) + StreamOf(1).ToBytes()), "1")
      << "frozen before the poison";
  ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
  EXPECT_EQ(Row(10, 1), "DATA_LOSS VIEW_QUARANTINED") << "also after a restart";
  EXPECT_EQ(log.ledger().VerifyView(10, {})->differences, 0U);
  const CountView mended(10, ViewMode::kInline, 2, 0);
  EXPECT_EQ(Verdict(log.Open({&mended})), "OK");
  log.Close();
}

TEST_F(LedgerViews, VersionsAreBuiltAndComparedWhileWritersWrite) {
  ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
  WriteMany(100);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (std::uint64_t i = 0; !stop; ++i)
      EXPECT_EQ(Verdict(log(Proposing(1'000'000 + i).Any(i % 5).Write(i % 5, "w"))), "OK");
  });
  for (int round = 0; round < 5; ++round) {
    for (const std::uint16_t view : {std::uint16_t{10}, std::uint16_t{11}}) {
      EXPECT_EQ(Verdict(log.ledger().RebuildViews({view}, {})), "OK");
      const auto comparison = log.ledger().VerifyView(view, {});
      ASSERT_EQ(Verdict(comparison), "OK");
      EXPECT_EQ(comparison->differences, 0U);
      EXPECT_EQ(Verdict(log.ledger().PromoteView(view)), "OK");
    }
  }
  stop = true;
  writer.join();
  std::uint64_t total = 0;
  for (std::uint64_t stream = 0; stream < 10; ++stream) total += std::stoull(Row(10, stream));
  EXPECT_EQ(total, log.ledger().head().value);
}

TEST_F(LedgerViews, AFullDiskUndoesTheRowsToo) {
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  Write(1);
  log.store().trouble = absl::StatusCode::kResourceExhausted;
  EXPECT_FALSE(log(Proposing(900).Any(1).Write(1, "poison")).ok());
  log.store().trouble = absl::StatusCode::kOk;
  Write(1);
  EXPECT_EQ(Row(10, 1), "2");
}

TEST_F(LedgerViews, ALongReadKeepsTheRowsOfADroppedVersionUntilTheNextStart) {
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  WriteMany(20);
  auto reader = log.ledger().Snapshot();
  ASSERT_EQ(Verdict(log.ledger().RebuildViews({10}, {})), "OK");
  ASSERT_EQ(Verdict(log.ledger().PromoteView(10)), "OK");
  ASSERT_EQ(Verdict(log.ledger().DropOldVersions(10)), "OK");
  EXPECT_EQ(**reader->Row(10, StreamOf(1).ToBytes()), "2");
  EXPECT_TRUE(log.store().Get(Family::kViews, ViewPrefix(10, 1) + StreamOf(1).ToBytes())->has_value());
  Write(1);
  EXPECT_EQ(Row(10, 1), "3");
  EXPECT_EQ(**log.store().Get(Family::kViews, ViewPrefix(10, 1) + StreamOf(1).ToBytes()), "2") << "nobody folds it";
  reader.reset();
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  EXPECT_THAT(StatusOf(10).versions, SizeIs(1));
  EXPECT_FALSE(log.store().Get(Family::kViews, ViewPrefix(10, 1) + StreamOf(1).ToBytes())->has_value());
  EXPECT_EQ(Row(10, 1), "3");
}

TEST_F(LedgerViews, TwoViewsThatAreSwappedAtOnceAreBothRead) {
  ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
  WriteMany(20);
  Wait(11);
  const auto swap = [this](std::uint16_t view) {
    for (int i = 0; i < 30; ++i) {
      ASSERT_EQ(Verdict(log.ledger().RebuildViews({view}, {})), "OK");
      ASSERT_EQ(Verdict(log.ledger().PromoteView(view)), "OK");
      ASSERT_EQ(Verdict(log.ledger().DropOldVersions(view)), "OK");
      ASSERT_EQ(Row(view, 1), "2") << "swap " << i;
    }
  };
  std::thread other([&swap] { swap(10); });
  swap(11);
  other.join();
}

}  // namespace
}  // namespace mentorlog::storage
