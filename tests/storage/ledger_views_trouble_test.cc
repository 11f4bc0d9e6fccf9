// Views over a store in trouble: what cannot be read, written, saved or dropped, and a stop in the middle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <thread>

#include "tests/storage/ledger_views_world.h"

namespace mentorlog::storage {
namespace {

using ::testing::SizeIs;

// Fills the disk while the last of the given records is folded for the first time.
class FillingView final : public View {
 public:
  FillingView(const CountView& counts, std::uint64_t last, std::function<void()> fill)
      : counts_(counts), last_(last), fill_(std::move(fill)) {}
  const ViewInfo& info() const override { return counts_.info(); }
  void Entities(const Record& record, std::vector<std::string>& entities) const override {
    counts_.Entities(record, entities);
  }
  absl::Status Fold(const Record& record, const std::string& entity, Rows& rows) const override {
    if (record.position().value == last_ && !filled_.exchange(true)) fill_();
    return counts_.Fold(record, entity, rows);
  }

 private:
  const CountView& counts_;
  const std::uint64_t last_;
  const std::function<void()> fill_;
  mutable std::atomic<bool> filled_{false};
};

TEST_F(LedgerViews, ABuildThatCouldNotBeSavedGoesOnWhenThereIsSpaceAndHasOneDriver) {
  ASSERT_EQ(Verdict(log.Open()), "OK");
  WriteMany(50);
  const FillingView view(inline_view, 50, [this] { log.store().trouble = absl::StatusCode::kResourceExhausted; });
  ASSERT_EQ(Verdict(log.Open({&view})), "OK");
  for (int i = 0; i < 1000 && log.ledger().Health().ok(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  log.store().trouble = absl::StatusCode::kOk;
  int written = 0;
  while (Row(10, 1) == "UNAVAILABLE VIEW_BUILDING" && written < 100'000) {
    Write(1);
    ++written;
  }
  Write(1);
  EXPECT_EQ(Row(10, 1), std::to_string(5 + written + 1));
  // The builder lets go of the view a moment after readers have it.
  auto comparison = log.ledger().VerifyView(10, {});
  for (int i = 0; i < 2000 && absl::IsFailedPrecondition(comparison.status()); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    comparison = log.ledger().VerifyView(10, {});
  }
  ASSERT_EQ(Verdict(comparison), "OK");
  EXPECT_EQ(comparison->differences, 0U);
  log.Close();
}

// Lets `passed` writes of a view's directory pass, then refuses as many as come.
void RefuseDirectoryAfter(TroubledStore& store, std::uint16_t view, int passed) {
  const auto left = std::make_shared<std::atomic<int>>(passed);  // shared with the hook, which outlives this call
  store.before_write.Set([row = ViewDirectoryRow(view), left](const Batch& batch) {
    for (const auto& op : batch.ops()) {
      if (op.family == Family::kMeta && op.key == row && (*left)-- <= 0) return absl::ResourceExhaustedError("as told");
    }
    return absl::OkStatus();
  });
}

// Whether the view can be rebuilt, compared and promoted, as it cannot with a version that nobody drives.
void ExpectEveryVersionHasADriver(Ledger& ledger, std::uint16_t view) {
  EXPECT_EQ(Verdict(ledger.RebuildViews({view}, {})), "OK");
  const auto comparison = ledger.VerifyView(view, {});
  ASSERT_EQ(Verdict(comparison), "OK");
  EXPECT_EQ(comparison->differences, 0U);
  EXPECT_EQ(Verdict(ledger.PromoteView(view)), "OK");
}

TEST_F(LedgerViews, AVersionWhoseDropCouldNotBeSavedIsStillFolded) {
  for (const std::uint16_t view : {std::uint16_t{10}, std::uint16_t{11}}) {
    ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
    Write(1);
    ASSERT_EQ(Verdict(log.ledger().RebuildViews({view}, {})), "OK");
    RefuseDirectoryAfter(log.store(), view, 0);
    EXPECT_FALSE(log.ledger().DropOldVersions(view).ok());
    EXPECT_FALSE(log.ledger().RebuildViews({view}, {}).ok());
    log.store().before_write.Clear();
    Write(1);
    Wait(11);
    EXPECT_THAT(StatusOf(view).versions, SizeIs(2));
    const auto comparison = log.ledger().VerifyView(view, {});
    ASSERT_EQ(Verdict(comparison), "OK");
    EXPECT_EQ(comparison->position, log.ledger().head());
    EXPECT_EQ(comparison->differences, 0U);
    ASSERT_EQ(Verdict(log.ledger().PromoteView(view)), "OK");
    ASSERT_EQ(Verdict(log.ledger().DropOldVersions(view)), "OK");
  }
}

TEST_F(LedgerViews, ARebuiltVersionThatCouldNotBeSavedIsGoneAndHasNoDriver) {
  for (const std::uint16_t view : {std::uint16_t{10}, std::uint16_t{11}}) {
    ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
    WriteMany(10);
    Wait(11);
    // The first save adds the version, the second one would make it the other one.
    const auto refused = std::make_shared<std::atomic<int>>(0);  // shared with the hook
    log.store().before_write.Set([row = ViewDirectoryRow(view), refused](const Batch& batch) {
      for (const auto& op : batch.ops()) {
        if (op.key == row && ++*refused == 2) return absl::ResourceExhaustedError("as told");
      }
      return absl::OkStatus();
    });
    EXPECT_EQ(log.ledger().RebuildViews({view}, {}).status().code(), absl::StatusCode::kResourceExhausted);
    log.store().before_write.Clear();
    EXPECT_THAT(StatusOf(view).versions, SizeIs(1)) << "it was erased";
    const std::string gone = ViewPrefix(view, 2) + StreamOf(1).ToBytes();
    Write(1);
    Wait(11);
    EXPECT_FALSE(log.store().Get(Family::kViews, gone)->has_value()) << "nobody folds it";
    ExpectEveryVersionHasADriver(log.ledger(), view);
  }
}

TEST_F(LedgerViews, AnErasedVersionIsNeverTakenForABuildThatGoesOn) {
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  WriteMany(30);
  const CountView changed(10, ViewMode::kInline, 2, 100);
  // The rows of the first definition go, then the disk is full.
  log.store().trouble_after_drop = absl::StatusCode::kResourceExhausted;
  ASSERT_EQ(Verdict(log.Open({&changed})), "OK");
  EXPECT_EQ(RowOnceBuilt(10, 1), "300");
  for (int i = 0; i < 2000 && log.store().drops == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  log.Close();
  log.store().trouble_after_drop = absl::StatusCode::kOk;
  log.store().trouble = absl::StatusCode::kOk;
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK") << "the former build again";
  EXPECT_EQ(RowOnceBuilt(10, 1), "3");
  Write(1);
  EXPECT_EQ(Row(10, 1), "4");
}

TEST_F(LedgerViews, ADriverThatSucceedsDoesNotClearTheTroubleOfAnother) {
  ASSERT_EQ(Verdict(log.Open({&follower})), "OK");
  WriteMany(20);
  Wait(11);
  RefuseDirectoryAfter(log.store(), 10, 1);
  ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
  for (int i = 0; i < 2000 && log.ledger().Health().ok(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (int i = 0; i < 10; ++i) {
    Write(1);
    Wait(11);
    EXPECT_EQ(log.ledger().Health().code(), absl::StatusCode::kResourceExhausted) << "the build is still in trouble";
  }
  log.store().before_write.Clear();
  EXPECT_EQ(RowOnceBuilt(10, 2), "2");
  for (int i = 0; i < 2000 && !log.ledger().Health().ok(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(Verdict(log.ledger().Health()), "OK");
}

TEST_F(LedgerViews, AVersionThatAFollowerInTroubleDoesNotMoveIsNotWaitedFor) {
  ASSERT_EQ(Verdict(log.Open({&follower})), "OK");
  WriteMany(10);
  Wait(11);
  // The live version has gone on when the new one joins, and then the follower can write no more.
  ASSERT_EQ(Verdict(log.ledger().RebuildViews({11},
                                              [this](std::uint64_t, std::uint64_t) {
                                                Write(1);
                                                Wait(11);
                                                log.store().unwell = absl::StatusCode::kUnavailable;
                                              })),
            "OK");
  EXPECT_EQ(log.ledger().PromoteView(11).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(log.ledger().VerifyView(11, {}).status().code(), absl::StatusCode::kUnavailable);
  log.store().unwell = absl::StatusCode::kOk;
  for (int i = 0; i < 2000 && !log.ledger().Health().ok(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(Verdict(log.ledger().PromoteView(11)), "OK");
}

TEST_F(LedgerViews, AVersionWhoseRowsCannotBeSavedIsNotToldToBeBuilt) {
  ASSERT_EQ(Verdict(log.Open({&follower})), "OK");
  // So many that they are not left to the follower.
  WriteMany(10100);
  Wait(11);
  log.store().before_write.Set([row = ViewPositionRow(11, 2)](const Batch& batch) {
    const bool hit =
        std::any_of(batch.ops().begin(), batch.ops().end(), [&row](const auto& op) { return op.key == row; });
    return hit ? absl::ResourceExhaustedError("as told") : absl::OkStatus();
  });
  EXPECT_EQ(log.ledger().RebuildViews({11}, {}).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(StatusOf(11).versions, SizeIs(1));
  log.store().before_write.Clear();
  EXPECT_EQ(Verdict(log.ledger().RebuildViews({11}, {})), "OK");
  EXPECT_EQ(Verdict(log.ledger().Health()), "OK");
}

TEST_F(LedgerViews, AStopDoesNotWaitUntilTheRowsThatVerifyBuiltAreGone) {
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  WriteMany(10);
  std::promise<void> building;
  const FillingView view(inline_view, 10, [&] {
    building.set_value();
    while (ReasonOf(log.ledger().WaitForView(10, {1000}, absl::Now())) != "SHUTTING_DOWN") std::this_thread::yield();
  });
  ASSERT_EQ(Verdict(log.Open({&view})), "OK");
  std::thread call([this] { EXPECT_EQ(Verdict(log.ledger().VerifyView(10, {})), "UNAVAILABLE SHUTTING_DOWN"); });
  building.get_future().wait();
  log.ledger().Stop();
  call.join();
  EXPECT_EQ(log.store().drops, 0);
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  EXPECT_EQ(log.store().drops, 1) << "the next start erases it";
  EXPECT_THAT(StatusOf(10).versions, SizeIs(1));
}

// A disk that does not answer, for as long as `bad` says so, when a row of the view is asked for.
void FailRows(TroubledStore& store, std::uint16_t view, std::function<bool()> bad) {
  store.before_get.Set([view, bad = std::move(bad)](Family family, std::string_view key) {
    const bool hit = family == Family::kViews && key.substr(0, 2) == ViewPrefix(view, 1).substr(0, 2) && bad();
    return hit ? Refuse(absl::StatusCode::kUnavailable, "STORE_UNREADABLE", "as told") : absl::OkStatus();
  });
}

TEST_F(LedgerViews, ARowThatCouldNotBeReadForAWhileSetsNothingAside) {
  for (const std::uint16_t view : {std::uint16_t{10}, std::uint16_t{11}}) {
    ASSERT_EQ(Verdict(log.Open({&inline_view, &follower})), "OK");
    // Of a version without any row none is asked for.
    Write(99);
    Wait(11);
    std::atomic<int> left{2};
    FailRows(log.store(), view, [&left] { return left-- > 0; });
    Write(view);
    Wait(11);
    EXPECT_LT(left, 1) << "the disk was asked";
    EXPECT_EQ(Row(view, view), "1");
    EXPECT_THAT(StatusOf(view).quarantined, SizeIs(0));
    for (int i = 0; i < 2000 && !log.ledger().Health().ok(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(Verdict(log.ledger().Health()), "OK");
    log.store().before_get.Clear();
  }
}

TEST_F(LedgerViews, AnInlineRowThatStaysUnreadableStopsTheLogAndNothingIsWritten) {
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  Write(99);
  FailRows(log.store(), 10, [] { return true; });
  EXPECT_EQ(Verdict(log(Proposing(900).Any(1).Write(1, "a"))), "UNAVAILABLE STORE_UNREADABLE");
  log.store().before_get.Clear();
  EXPECT_EQ(Verdict(log(Proposing(901).Any(1).Write(1, "b"))), "UNAVAILABLE SHUTTING_DOWN")
      << "none passes the one before";
  EXPECT_EQ(log.ledger().Health().code(), absl::StatusCode::kUnknown);
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  EXPECT_EQ(log.ledger().head(), Position{1});
  EXPECT_EQ(Verdict(log(Proposing(900).Any(1).Write(1, "a"))), "OK");
  EXPECT_EQ(Row(10, 1), "1");
}

// So many that the views are folded while they are written.
Proposing Many(std::uint64_t request) {
  Proposing many(request);
  many.Any(1);
  for (int i = 0; i < 200; ++i) many.Write(1, "a");
  return many;
}

TEST_F(LedgerViews, OfManyRecordsAnUnreadableRowIsFoundTooLateAndNobodyKnowsBeforeTheNextStart) {
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  Write(99);
  FailRows(log.store(), 10, [] { return true; });
  EXPECT_EQ(Verdict(log(Many(900))), "UNKNOWN OUTCOME_UNKNOWN");
  EXPECT_EQ(log.ledger().head(), Position{1}) << "what is not folded is not shown";
  log.store().before_get.Clear();
  EXPECT_EQ(Verdict(log(Proposing(901).Any(1).Write(1, "b"))), "UNAVAILABLE SHUTTING_DOWN");
  EXPECT_EQ(log.ledger().Health().code(), absl::StatusCode::kUnknown);
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  EXPECT_EQ(log.ledger().head(), Position{201});
  EXPECT_EQ(Row(10, 1), "200");
  const auto again = log(Many(900));
  ASSERT_EQ(Verdict(again), "OK");
  EXPECT_TRUE(again->replayed);
}

TEST_F(LedgerViews, ManyRecordsThatFoundNoSpaceLeaveNoTraceInTheViews) {
  ASSERT_EQ(Verdict(log.Open({&inline_view})), "OK");
  Write(1);
  log.store().trouble = absl::StatusCode::kResourceExhausted;
  EXPECT_EQ(log(Many(900)).status().code(), absl::StatusCode::kResourceExhausted);
  log.store().trouble = absl::StatusCode::kOk;
  EXPECT_EQ(Row(10, 1), "1");
  ASSERT_EQ(Verdict(log(Many(900))), "OK");
  EXPECT_EQ(Row(10, 1), "201");
}

TEST_F(LedgerViews, TwoViewsOfOneIdAreRefused) {
  const CountView twin(10, ViewMode::kFollower);
  EXPECT_EQ(log.Open({&inline_view, &twin}).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace mentorlog::storage
