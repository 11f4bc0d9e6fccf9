// What the ledger promises, over every store: who is refused and why, and what is in the log afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <map>
#include <optional>
#include <utility>

#include "tests/storage/ledger_over.h"

namespace mentorlog::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LedgerContract : public ::testing::TestWithParam<std::string>, protected LedgerOver {
 protected:
  LedgerContract() : LedgerOver(GetParam()) {}
};
INSTANTIATE_TEST_SUITE_P(Over, LedgerContract, ::testing::Values("Memory", "RocksDB"),
                         [](const auto& kind) { return kind.param; });

TEST_P(LedgerContract, AnEmptyLogHasHeadZero) {
  EXPECT_EQ(log.ledger().head(), Position{0});
  EXPECT_EQ(log.ledger().Snapshot()->head(), Position{0});
  EXPECT_EQ(Verdict(log.ledger().Snapshot()->Read({1})), "NOT_FOUND NO_SUCH_THING");
  EXPECT_EQ(Verdict(log.ledger().Health()), "OK");
}

TEST_P(LedgerContract, PositionsAreDenseFromOneAndRevisionsFromZero) {
  const auto first = log(Proposing(1).NoStream(1).NoStream(2).Write(1, "a").Write(2, "b").Write(1, "c"));
  ASSERT_EQ(Verdict(first), "OK");
  const auto& records = first->records;
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0]->position(), Position{1});
  EXPECT_EQ(records[2]->position(), Position{3});
  EXPECT_EQ(records[2]->revision(), Revision{1});
  EXPECT_EQ(records[2]->header.index_in_request(), 2U);
  EXPECT_EQ(records[0]->header.records_in_request(), 3U);
  EXPECT_EQ(records[1]->header.records_in_request(), 0U);
  ASSERT_EQ(Verdict(log(Proposing(2).Exact(1, 1).Write(1, "d"))), "OK");
  EXPECT_EQ(log.ledger().head(), Position{4});
  EXPECT_THAT(Opens(), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ((*log.ledger().Snapshot()->StreamHead(StreamOf(1)))->value, 2U);
  EXPECT_FALSE(log.ledger().Snapshot()->StreamHead(StreamOf(9))->has_value());
  EXPECT_TRUE(*log.ledger().Snapshot()->StreamExists(StreamOf(1)));
  EXPECT_FALSE(*log.ledger().Snapshot()->StreamExists(StreamOf(9)));
}

TEST_P(LedgerContract, AStreamIsReadByItself) {
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Any(2).Write(1, "a").Write(2, "b").Write(1, "c"))), "OK");
  std::vector<std::string> opens;
  const auto visit = [&](Record&& record) {
    opens.push_back(record.open);
    return true;
  };
  EXPECT_EQ(Verdict(log.ledger().Snapshot()->ScanStream(StreamOf(1), {0}, visit)), "OK");
  EXPECT_THAT(opens, ElementsAre("a", "c"));
  opens.clear();
  EXPECT_EQ(Verdict(log.ledger().Snapshot()->ScanStream(StreamOf(1), {1}, visit)), "OK");
  EXPECT_THAT(opens, ElementsAre("c"));
  opens.clear();
  EXPECT_EQ(Verdict(log.ledger().Snapshot()->ScanBackwards({3}, visit)), "OK");
  EXPECT_THAT(opens, ElementsAre("b", "a"));
}

TEST_P(LedgerContract, ASnapshotStaysAsItWas) {
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
  const auto before = log.ledger().Snapshot();
  ASSERT_EQ(Verdict(log(Proposing(2).Any(1).Write(1, "b"))), "OK");
  EXPECT_EQ(before->head(), Position{1});
  EXPECT_EQ(Verdict(before->Read({2})), "NOT_FOUND NO_SUCH_THING");
  EXPECT_EQ((*before->StreamHead(StreamOf(1)))->value, 0U);
  ASSERT_EQ(Verdict(log(Proposing(3).Any(2).Write(2, "c"))), "OK");
  EXPECT_FALSE(*before->StreamExists(StreamOf(2)));
  EXPECT_EQ(log.ledger().Snapshot()->head(), Position{3});
}

TEST_P(LedgerContract, EveryFailedCheckIsReportedAndNothingIsWritten) {
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
  const auto refused = log(Proposing(2).Exact(1, 4).Exists(2).NoStream(1).Any(3).Write(3, "b").Write(1, "c"));
  EXPECT_EQ(Verdict(refused), "ABORTED REVISION_CONFLICT");
  std::vector<log::v1::FailedCheck> failed;
  for (int i = 0;; ++i) {
    const auto payload = refused.status().GetPayload(std::string(kFailedChecksPayload) + "/" + std::to_string(i));
    if (!payload) break;
    ASSERT_TRUE(failed.emplace_back().ParseFromString(std::string(*payload)));
  }
  ASSERT_EQ(failed.size(), 3U);
  EXPECT_EQ(failed[0].actual(), 0U);
  EXPECT_EQ(failed[0].check().expected().exact(), 4U);
  EXPECT_FALSE(failed[1].has_actual());
  EXPECT_TRUE(failed[2].check().expected().has_no_stream());
  EXPECT_THAT(Opens(), ElementsAre("a"));
  EXPECT_FALSE(log.ledger().Snapshot()->FindRequest("dev", IdOf(2))->has_value());
}

TEST_P(LedgerContract, AStreamThatIsNotWrittenIsCheckedToo) {
  ASSERT_EQ(Verdict(log(Proposing(1).NoStream(1).Write(1, "guard"))), "OK");
  EXPECT_EQ(Verdict(log(Proposing(2).Exact(1, 0).NoStream(2).Write(2, "b"))), "OK");
  ASSERT_EQ(Verdict(log(Proposing(3).Exact(1, 0).Write(1, "guard moved"))), "OK");
  EXPECT_EQ(Verdict(log(Proposing(4).Exact(1, 0).NoStream(3).Write(3, "c"))), "ABORTED REVISION_CONFLICT");
}

struct Bad {
  std::string name;
  std::function<void(log::v1::Proposal&)> spoil;
  std::string verdict;
};
class Malformed : public ::testing::TestWithParam<Bad>, protected LedgerOver {
 protected:
  Malformed() : LedgerOver("Memory") {}
};

TEST_P(Malformed, IsRefusedBeforeTheOrderAndNothingIsWritten) {
  log::v1::Proposal proposal = Proposing(1).Any(1).Write(1, "a").Part(1, "text");
  GetParam().spoil(proposal);
  EXPECT_EQ(Verdict(log(proposal)), GetParam().verdict);
  EXPECT_EQ(log.ledger().head(), Position{0});
}

constexpr const char* kMalformed = "INVALID_ARGUMENT MALFORMED_PROPOSAL";
INSTANTIATE_TEST_SUITE_P(
    Every, Malformed,
    ::testing::Values(
        Bad{"NoNamespace", [](auto& p) { p.clear_namespace_(); }, kMalformed},
        Bad{"LongNamespace", [](auto& p) { p.set_namespace_(std::string(201, 'n')); }, kMalformed},
        Bad{"ShortRequestId", [](auto& p) { p.set_request_id("short"); }, kMalformed},
        Bad{"NoRequestHash", [](auto& p) { p.clear_request_hash(); }, kMalformed},
        Bad{"OddCorrelation", [](auto& p) { p.set_correlation("odd"); }, kMalformed},
        Bad{"NoRecords", [](auto& p) { p.clear_records(); }, kMalformed},
        Bad{"UncheckedStream", [](auto& p) { p.clear_checks(); }, kMalformed},
        Bad{"EmptyCheck", [](auto& p) { p.mutable_checks(0)->clear_expected(); }, kMalformed},
        Bad{"BadStream", [](auto& p) { p.mutable_records(0)->set_stream("x"); }, kMalformed},
        Bad{"NoType", [](auto& p) { p.mutable_records(0)->clear_type(); }, kMalformed},
        Bad{"BadSubject", [](auto& p) { p.mutable_records(0)->add_subjects("x"); }, kMalformed},
        Bad{"PartWithoutClass",
            [](auto& p) { p.mutable_records(0)->mutable_parts(0)->set_audience(log::v1::AUDIENCE_CHOSEN); },
            kMalformed},
        Bad{"PartTwice",
            [](auto& p) { *p.mutable_records(0)->add_parts() = log::v1::ProposedPart(p.records(0).parts(0)); },
            kMalformed},
        Bad{"RemovalOfNothing",
            [](auto& p) {
              auto& removal = *p.add_removals();
              removal.set_stream(StreamOf(1).ToBytes());
              removal.set_part(1);
            },
            kMalformed},
        Bad{"LargeRecord", [](auto& p) { p.mutable_records(0)->set_open_part(std::string(kRecordBytesMax, 'x')); },
            "INVALID_ARGUMENT RECORD_TOO_LARGE"},
        Bad{"ManyRecords",
            [](auto& p) {
              const log::v1::ProposedRecord one = p.records(0);
              for (int i = 0; i < 1000; ++i) *p.add_records() = one;
            },
            "INVALID_ARGUMENT PROPOSAL_TOO_LARGE"},
        Bad{"LargeProposal",
            [](auto& p) {
              const log::v1::ProposedRecord one = p.records(0);
              for (int i = 0; i < 20; ++i) {
                *p.add_records() = one;
                p.mutable_records(i)->set_open_part(std::string(60000, 'x'));
              }
            },
            "INVALID_ARGUMENT PROPOSAL_TOO_LARGE"}),
    [](const auto& bad) { return bad.param.name; });

TEST_P(LedgerContract, TheSameRequestIsAnsweredFromTheLog) {
  const log::v1::Proposal proposal = Proposing(1).NoStream(1).Write(1, "a").Write(1, "b").Advise("DATED_BEFORE_START");
  const auto first = log(proposal);
  ASSERT_EQ(Verdict(first), "OK");
  EXPECT_FALSE(first->replayed);
  ASSERT_EQ(Verdict(log.Open()), "OK");
  const auto again = log(proposal);
  ASSERT_EQ(Verdict(again), "OK");
  EXPECT_TRUE(again->replayed);
  ASSERT_EQ(again->records.size(), 2U);
  EXPECT_EQ(again->records[1]->header_bytes, first->records[1]->header_bytes);
  EXPECT_EQ(again->records[0]->header.advice(0).reason(), "DATED_BEFORE_START");
  EXPECT_THAT(Opens(), ElementsAre("a", "b"));
  const auto entry = *log.ledger().Snapshot()->FindRequest("dev", IdOf(1));
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->first, Position{1});
  EXPECT_EQ(entry->records, 2U);
}

TEST_P(LedgerContract, ARequestIdThatIsReusedForAnotherRequestIsRefused) {
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
  const auto reused = log(Proposing(1, "another").Any(1).Write(1, "b"));
  EXPECT_EQ(Verdict(reused), "ALREADY_EXISTS REQUEST_ID_REUSED");
  EXPECT_EQ(std::string(*reused.status().GetPayload("mentorlog.value/position")), "1");
  EXPECT_THAT(Opens(), ElementsAre("a"));
}

TEST_P(LedgerContract, TheSameRequestIdInAnotherNamespaceIsAnotherRequest) {
  Proposing other(1);
  other.Any(1).Write(1, "b").proto().set_namespace_("csv:hris");
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
  ASSERT_EQ(Verdict(log(other)), "OK");
  EXPECT_THAT(Opens(), ElementsAre("a", "b"));
}

TEST_P(LedgerContract, RecordedAtNeverGoesBack) {
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a").At(5000))), "OK");
  ASSERT_EQ(Verdict(log(Proposing(2).Any(1).Write(1, "b").At(3000))), "OK");
  ASSERT_EQ(Verdict(log.Open()), "OK");
  const auto third = log(Proposing(3).Any(1).Write(1, "c").At(4000));
  ASSERT_EQ(Verdict(third), "OK");
  EXPECT_EQ(third->records[0]->header.recorded_at_us(), 5000);
  ASSERT_EQ(Verdict(log(Proposing(4).Any(1).Write(1, "d").At(9000))), "OK");
  const auto snapshot = log.ledger().Snapshot();
  EXPECT_EQ(*snapshot->FirstAt({5000}), Position{1});
  EXPECT_EQ(*snapshot->FirstAt({5001}), Position{4});
  EXPECT_EQ(*snapshot->FirstAt({9001}), Position{5});
}

TEST_P(LedgerContract, ARemovedPartIsGoneAndItsHeaderStillVerifies) {
  const auto written = log(Proposing(1).Any(1).Write(1, "a").Part(1, "shared").Part(2, "private"));
  ASSERT_EQ(Verdict(written), "OK");
  const Record record = *written->records[0];
  ASSERT_EQ(log.ledger().Snapshot()->ReadPart(record, 2)->bytes, "private");
  EXPECT_EQ(record.header.parts(1).sha256(), DigestBytes(Sha256("private")));
  EXPECT_EQ(Verdict(log.ledger().Snapshot()->ReadPart(record, 3)), "NOT_FOUND NO_SUCH_THING");

  const auto removed = log(Proposing(2).Any(1).Write(1, "retracted").Remove(1, 0, 2));
  ASSERT_EQ(Verdict(removed), "OK");
  EXPECT_EQ(removed->records[0]->header.removals(0).part(), 2U);
  const auto parts = *log.ledger().Snapshot()->ReadParts(record);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].bytes, "shared");
  EXPECT_EQ(parts[1].bytes, std::nullopt);
  EXPECT_EQ(log.ledger().Snapshot()->Read({1})->header_bytes, record.header_bytes);
  EXPECT_EQ(Verdict(log(Proposing(3).Any(1).Write(1, "again").Remove(1, 0, 2))), "OK") << "named before";
  EXPECT_EQ(Verdict(log(Proposing(4).Any(1).Write(1, "none").Remove(1, 0, 9))), kMalformed);
  EXPECT_EQ(Verdict(log.Open()), "OK");
}

TEST_P(LedgerContract, WhatWasWrittenIsThereAfterReopening) {
  const Id id = log.ledger().log_id();
  for (std::uint64_t i = 1; i <= 1200; ++i) {
    ASSERT_EQ(Verdict(log(Proposing(i).Any(i % 7).Write(i % 7, std::to_string(i)))), "OK");
  }
  ASSERT_EQ(Verdict(log.Open()), "OK");
  EXPECT_EQ(log.ledger().log_id(), id);
  EXPECT_EQ(log.ledger().head(), Position{1200});
  EXPECT_EQ(log(Proposing(5000).Any(1).Write(1, "next"))->records[0]->position(), Position{1201});
  EXPECT_EQ(Opens().size(), 1201U);
}

TEST_P(LedgerContract, AFullDiskRefusesTheGroupAndTheLogGoesOnAsIfNothingHadBeen) {
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a").At(10))), "OK");
  log.store().trouble = absl::StatusCode::kResourceExhausted;
  EXPECT_EQ(log(Proposing(2).Any(1).Write(1, "b").At(99)).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK") << "a replay stands";
  log.store().trouble = absl::StatusCode::kOk;
  const auto third = log(Proposing(3).Exact(1, 0).Write(1, "c").At(11));
  ASSERT_EQ(Verdict(third), "OK");
  EXPECT_EQ(third->records[0]->position(), Position{2});
  EXPECT_EQ(third->records[0]->header.recorded_at_us(), 11);
  EXPECT_EQ(Verdict(log(Proposing(2).Any(1).Write(1, "b"))), "OK");
  EXPECT_EQ(Verdict(log.Open()), "OK") << "the tree is that of the records";
  EXPECT_THAT(Opens(), ElementsAre("a", "c", "b"));
}

TEST_P(LedgerContract, AFailedSyncIsAnUnknownOutcomeAndStopsTheLog) {
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
  log.store().trouble = absl::StatusCode::kUnknown;
  EXPECT_EQ(Verdict(log(Proposing(2).Any(1).Write(1, "b"))), "UNKNOWN OUTCOME_UNKNOWN");
  log.store().trouble = absl::StatusCode::kOk;
  EXPECT_EQ(Verdict(log(Proposing(3).Any(1).Write(1, "c"))), "UNAVAILABLE SHUTTING_DOWN");
  EXPECT_EQ(Verdict(log.ledger().Health()), "UNKNOWN OUTCOME_UNKNOWN");
  EXPECT_EQ(Verdict(log.ledger().Snapshot()->Read({1})), "OK") << "reads go on";
}

TEST_P(LedgerContract, ARequestThatCouldNotBeLookedUpForAWhileIsJudgedAllTheSame) {
  std::atomic<int> left{2};
  log.store().before_get.Set([&left](Family family, std::string_view) {
    const bool hit = family == Family::kRequests && left-- > 0;
    return hit ? Refuse(absl::StatusCode::kUnavailable, "STORE_UNREADABLE", "as told") : absl::OkStatus();
  });
  EXPECT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
  EXPECT_LT(left, 1);
  EXPECT_THAT(Opens(), ElementsAre("a"));
}

TEST_P(LedgerContract, NoProposalPassesOneThatCannotBeJudged) {
  for (const absl::StatusCode code : {absl::StatusCode::kUnavailable, absl::StatusCode::kDataLoss}) {
    log.store().before_get.Set([code](Family family, std::string_view) {
      return family == Family::kRequests ? Refuse(code, "STORE_UNREADABLE", "as told") : absl::OkStatus();
    });
    EXPECT_EQ(log(Proposing(1).Any(1).Write(1, "a")).status().code(), code);
    log.store().before_get.Clear();
    EXPECT_EQ(Verdict(log(Proposing(2).Any(1).Write(1, "b"))), "UNAVAILABLE SHUTTING_DOWN");
    const bool passes = code == absl::StatusCode::kUnavailable;
    EXPECT_EQ(log.ledger().Health().code(), passes ? absl::StatusCode::kUnknown : code);
    ASSERT_EQ(Verdict(log.Open()), "OK");
    EXPECT_THAT(Opens(), IsEmpty());
  }
}

TEST_P(LedgerContract, AStoreThatMustBeReopenedIsToldBeforeAllElse) {
  log.store().free_bytes = 1000;
  log.clock().steady_us += 200'000;
  log.clock().wall_us += 200'000;
  EXPECT_EQ(Verdict(log.ledger().Health()), "RESOURCE_EXHAUSTED STORAGE_FULL");
  log.store().unwell = absl::StatusCode::kUnknown;
  EXPECT_EQ(log.ledger().Health().code(), absl::StatusCode::kUnknown);
}

TEST_P(LedgerContract, BelowTheWatermarkNothingIsProposed) {
  log.store().free_bytes = 1000;
  log.clock().steady_us += 200'000;
  log.clock().wall_us += 200'000;
  EXPECT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "RESOURCE_EXHAUSTED STORAGE_FULL");
  EXPECT_EQ(Verdict(log.ledger().Health()), "RESOURCE_EXHAUSTED STORAGE_FULL");
  log.store().free_bytes = 1ULL << 40;
  log.clock().steady_us += 200'000;
  log.clock().wall_us += 200'000;
  EXPECT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
}

TEST_P(LedgerContract, AClockThatJumpedStopsProposalsUntilItComesBack) {
  log.clock().wall_us += 6LL * 60 * 1'000'000;
  EXPECT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "UNAVAILABLE CLOCK_JUMPED");
  EXPECT_EQ(Verdict(log.ledger().Health()), "UNAVAILABLE CLOCK_JUMPED");
  log.clock().steady_us += 6LL * 60 * 1'000'000;
  EXPECT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
}

TEST_P(LedgerContract, AStoppedLogRefusesAndAnswersReads) {
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
  log.ledger().Stop();
  log.ledger().Stop();
  EXPECT_EQ(Verdict(log(Proposing(2).Any(1).Write(1, "b"))), "UNAVAILABLE SHUTTING_DOWN");
  EXPECT_EQ(Verdict(log.ledger().Snapshot()->Read({1})), "OK");
}

TEST_P(LedgerContract, MoreThanTheAllowedProposalsAreRefused) {
  log.options.proposals_in_flight_max = 1;
  ASSERT_EQ(Verdict(log.Open()), "OK");
  std::promise<void> blocked;
  std::promise<void> go_on;
  // The completion thread is kept busy by the first answer, so that the second one stays in flight.
  log.ledger().Propose(Proposing(1).Any(1).Write(1, "a"), [&](absl::StatusOr<Committed>) {
    blocked.set_value();
    go_on.get_future().wait();
  });
  blocked.get_future().wait();
  std::promise<std::string> second;
  log.ledger().Propose(Proposing(2).Any(1).Write(1, "b"), [&](auto answer) { second.set_value(Verdict(answer)); });
  EXPECT_EQ(Verdict(log(Proposing(3).Any(1).Write(1, "c"))), "RESOURCE_EXHAUSTED TOO_MANY_IN_FLIGHT");
  go_on.set_value();
  EXPECT_EQ(second.get_future().get(), "OK");
}

TEST_P(LedgerContract, SubscribersAreWokenWhenTheHeadMovesAndNeverAfterTheirEnd) {
  std::promise<Position> woken;
  std::atomic<int> wakes{0};
  auto subscription = log.ledger().OnHead([&](Position head) {
    if (wakes++ == 0) woken.set_value(head);
  });
  ASSERT_EQ(Verdict(log(Proposing(1).Any(1).Write(1, "a"))), "OK");
  EXPECT_EQ(woken.get_future().get(), Position{1});
  subscription.reset();
  const int before = wakes;
  ASSERT_EQ(Verdict(log(Proposing(2).Any(1).Write(1, "b"))), "OK");
  log.ledger().Stop();
  EXPECT_EQ(wakes, before);
}

TEST_P(LedgerContract, ACursorIsWhereItWasSavedAlsoAfterOpeningAgain) {
  EXPECT_EQ(*log.ledger().LoadCursor("steward"), Position{0});
  ASSERT_EQ(Verdict(log.ledger().SaveCursor("steward", Position{7})), "OK");
  log.Close();
  ASSERT_EQ(Verdict(log.Open()), "OK");
  EXPECT_EQ(*log.ledger().LoadCursor("steward"), Position{7});
  EXPECT_EQ(*log.ledger().LoadCursor("another"), Position{0});
}

// The notes of every stream, a row each: a record that says `-name` takes the note of that name away, any other is one.
class NotesView final : public View {
 public:
  const ViewInfo& info() const override { return info_; }
  void Entities(const Record& record, std::vector<std::string>& entities) const override {
    entities.push_back(record.header.stream());
  }
  absl::Status Fold(const Record& record, const std::string& entity, Rows& rows) const override {
    if (record.open.starts_with('-')) {
      rows.Delete(entity + record.open.substr(1));
    } else {
      rows.Put(entity + record.open, std::to_string(record.position().value));
    }
    return absl::OkStatus();
  }

 private:
  const ViewInfo info_{20, "notes", ViewMode::kInline, 1};
};

TEST_P(LedgerContract, AWalkVisitsTheRowsOfAScanButForThoseThatItJumpsOver) {
  const NotesView notes{};
  // What is not saved at the stop stays in memory.
  log.options.views_saved_every = absl::Hours(1);
  ASSERT_EQ(Verdict(log.Open({&notes})), "OK");
  // A cursor over the rows of one entity would not see those of the next.
  const auto number = [](std::uint64_t stream) { return stream << 8; };
  const auto key = [&](std::uint64_t stream, const std::string& name) {
    return StreamOf(number(stream)).ToBytes() + name;
  };
  std::uint64_t requests = 0;
  const auto write = [&](std::uint64_t stream, std::string_view open) {
    ASSERT_EQ(Verdict(log(Proposing(++requests).Any(number(stream)).Write(number(stream), open))), "OK");
  };
  for (const std::uint64_t stream : {1, 2, 4}) {
    for (const char* name : {"a", "c", "e"}) write(stream, name);
  }
  ASSERT_EQ(Verdict(log.Open({&notes})), "OK");
  for (const char* open : {"b", "-c"}) write(1, open);
  write(2, "a");
  for (const char* open : {"a", "c"}) write(3, open);
  for (const char* open : {"-a", "d", "-e"}) write(4, open);
  const std::uint32_t version = log.ledger().Views().at(0).versions.at(0).version;
  const auto is_saved = [&](const std::string& own) {
    return log.store().Get(Family::kViews, ViewKey(20, version, own))->has_value();
  };
  ASSERT_TRUE(is_saved(key(1, "c"))) << "what hides it is in memory";
  ASSERT_TRUE(is_saved(key(2, "e")));
  ASSERT_FALSE(is_saved(key(3, "a"))) << "it is in memory alone";

  using Visited = std::vector<std::pair<std::string, std::string>>;
  const auto snapshot = log.ledger().Snapshot();
  Visited scanned;
  std::vector<std::string> keys;
  ASSERT_EQ(Verdict(snapshot->ScanRows(20, {}, {},
                                       [&](std::string_view row, std::string_view value) {
                                         scanned.emplace_back(row, value);
                                         keys.emplace_back(row);
                                         return true;
                                       })),
            "OK");
  ASSERT_THAT(keys, ElementsAre(key(1, "a"), key(1, "b"), key(1, "e"), key(2, "a"), key(2, "c"), key(2, "e"),
                                key(3, "a"), key(3, "c"), key(4, "c"), key(4, "d")));
  EXPECT_EQ(scanned[3].second, "12") << "written anew at that position";

  // Goes on after a row where `turns` says, and with the next one where it says nothing.
  using Turns = std::map<std::string, std::optional<std::string>>;
  const auto walk = [&](const std::string& from, const Turns& turns) {
    Visited visited;
    const auto visit = [&](std::string_view row, std::string_view value) -> std::optional<std::string> {
      visited.emplace_back(row, value);
      const auto turn = turns.find(std::string(row));
      if (turn == turns.end()) return std::string();
      return turn->second;
    };
    EXPECT_EQ(Verdict(snapshot->WalkRows(20, from, visit)), "OK");
    return visited;
  };
  const auto of_scan = [&](std::initializer_list<std::size_t> rows) {
    Visited visited;
    for (const std::size_t row : rows) visited.push_back(scanned.at(row));
    return visited;
  };
  EXPECT_EQ(walk("", {}), scanned);
  EXPECT_EQ(walk(key(2, "b"), {}), of_scan({4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(walk("", {{key(1, "b"), key(2, "c")}}), of_scan({0, 1, 4, 5, 6, 7, 8, 9})) << "to a saved row";
  EXPECT_EQ(walk("", {{key(1, "b"), key(3, "a")}}), of_scan({0, 1, 6, 7, 8, 9})) << "to a row in memory";
  EXPECT_EQ(walk("", {{key(1, "a"), key(2, "b")}}), of_scan({0, 4, 5, 6, 7, 8, 9})) << "to where there never was one";
  EXPECT_EQ(walk("", {{key(2, "a"), key(4, "a")}}), of_scan({0, 1, 2, 3, 8, 9})) << "to a row that was deleted";
  EXPECT_EQ(walk("", {{key(1, "a"), key(4, "e")}}), of_scan({0})) << "to the last one, which was deleted";
  EXPECT_EQ(walk("", {{key(2, "c"), std::nullopt}}), of_scan({0, 1, 2, 3, 4})) << "and stops";
  EXPECT_EQ(walk("", {{key(1, "a"), key(1, "c")},
                      {key(1, "e"), key(2, "b")},
                      {key(2, "c"), key(3, "a")},
                      {key(3, "a"), std::nullopt}}),
            of_scan({0, 2, 4, 6}));
}

}  // namespace
}  // namespace mentorlog::storage
