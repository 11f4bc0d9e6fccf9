// Writers that race with expected revisions: what they were told must fit one order, the one that the log has.
//
// A stream is a register whose value is its revision. Every operation notes what the head was before it began and when
// it was told. The checker then holds each against the log: an acknowledged write lies at the revision after the one it
// expected; nobody is told a position at or below a head that was published or read before the operation began; a
// refusal names a revision that the stream did have at some moment of the operation; a read shows the log as of its own
// head, which holds all that was published before it began.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "tests/storage/ledger_script.h"
#include "tests/storage/temporary_folder.h"

namespace mentorlog::storage {
namespace {

constexpr int kThreads = 16;
constexpr std::uint64_t kStreams = 4;

struct Operation {
  std::uint64_t stream = 0;
  std::uint64_t expected = 0;
  std::uint64_t head_before = 0;
  // What the read before the write showed: the head, and the stream's last revision.
  std::uint64_t head_read = 0;
  std::uint64_t revision_read = 0;
  std::uint64_t head_after = 0;
  // Of an acknowledged write.
  std::uint64_t position = 0;
  // Of a refused one.
  std::uint64_t actual = 0;
  bool acknowledged = false;
};

Operation RaceOnce(OpenLog& log, std::uint64_t request, std::uint64_t stream, std::uint64_t guess_back) {
  Operation operation;
  operation.stream = stream;
  operation.head_before = log.ledger().head().value;
  const auto snapshot = log.ledger().Snapshot();
  operation.head_read = snapshot->head().value;
  operation.revision_read = (*snapshot->StreamHead(StreamOf(stream)))->value;
  operation.expected = operation.revision_read - std::min(operation.revision_read, guess_back);
  const auto answer = log(Proposing(request).Exact(stream, operation.expected).Write(stream, std::to_string(request)));
  operation.head_after = log.ledger().head().value;
  operation.acknowledged = answer.ok();
  if (answer.ok()) {
    operation.position = answer->records[0]->position().value;
    EXPECT_EQ(answer->records[0]->revision().value, operation.expected + 1);
    return operation;
  }
  EXPECT_EQ(Verdict(answer), "ABORTED REVISION_CONFLICT");
  log::v1::FailedCheck failed;
  EXPECT_TRUE(failed.ParseFromString(
      std::string(answer.status().GetPayload(std::string(kFailedChecksPayload) + "/0").value())));
  operation.actual = failed.actual();
  return operation;
}

// A read is where the log says that it was.
void ExpectRead(const Operation& operation, const std::vector<std::uint64_t>& positions) {
  ASSERT_GE(operation.head_read, operation.head_before) << "a read shows all that was published before it began";
  ASSERT_LT(operation.revision_read, positions.size());
  ASSERT_LE(positions[operation.revision_read], operation.head_read) << "a read shows nothing beyond its own head";
  const std::uint64_t next = operation.revision_read + 1;
  ASSERT_FALSE(next < positions.size() && positions[next] <= operation.head_read)
      << "a read shows everything up to its own head";
}

class Linearizability : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Over, Linearizability, ::testing::Values("Memory", "RocksDB"),
                         [](const auto& kind) { return kind.param; });

TEST_P(Linearizability, RacingWritersWithExpectedRevisionsFitTheOrderOfTheLog) {
  const TemporaryFolder folder;
  OpenLog log(GetParam() == "Memory" ? NewMemoryStore() : *OpenRocksStore(folder.path(), {}));
  ASSERT_EQ(Verdict(log.Open()), "OK");
  for (std::uint64_t stream = 0; stream < kStreams; ++stream) {
    ASSERT_EQ(Verdict(log(Proposing(stream).NoStream(stream).Write(stream, "first"))), "OK");
  }
  const std::uint64_t operations = FullRun() ? 1'000'000 : 8'000;
  std::vector<std::vector<Operation>> told(kThreads);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&log, &told, thread, operations] {
      std::mt19937_64 random(static_cast<std::uint64_t>(thread));
      auto& mine = told[static_cast<std::size_t>(thread)];
      for (std::uint64_t i = 0; i < operations / kThreads; ++i) {
        const std::uint64_t request = 1000 + i * kThreads + static_cast<std::uint64_t>(thread);
        mine.push_back(RaceOnce(log, request, random() % kStreams, random() % 8 == 0 ? 1 : 0));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  // Stream -> position of each of its revisions, as the log has them.
  std::vector<std::vector<std::uint64_t>> positions(kStreams);
  ASSERT_EQ(Verdict(log.ledger().Snapshot()->Scan({},
                                                  [&](Record&& record) {
                                                    auto& of_stream = positions[record.stream().id.bytes[15]];
                                                    EXPECT_EQ(record.revision().value, of_stream.size());
                                                    of_stream.push_back(record.position().value);
                                                    return true;
                                                  })),
            "OK");
  std::uint64_t acknowledged = kStreams;
  for (const Operation& operation : [&] {
         std::vector<Operation> all;
         for (const auto& mine : told) all.insert(all.end(), mine.begin(), mine.end());
         return all;
       }()) {
    const auto& of_stream = positions[operation.stream];
    ExpectRead(operation, of_stream);
    if (HasFatalFailure()) return;
    if (operation.acknowledged) {
      ++acknowledged;
      ASSERT_LT(operation.expected + 1, of_stream.size());
      ASSERT_EQ(of_stream[operation.expected + 1], operation.position)
          << "an acknowledged write is where it was said to be";
      ASSERT_GT(operation.position, operation.head_read) << "a write takes effect after what was read before it began";
      ASSERT_LE(operation.position, operation.head_after) << "and before it was told";
    } else {
      ASSERT_NE(operation.actual, operation.expected);
      ASSERT_LT(operation.actual, of_stream.size());
      ASSERT_LE(of_stream[operation.actual], operation.head_after) << "a refusal names what was published";
      const bool superseded_before =
          operation.actual + 1 < of_stream.size() && of_stream[operation.actual + 1] <= operation.head_before;
      ASSERT_FALSE(superseded_before) << "a refusal names a revision that was not past when the operation began";
    }
  }
  for (const auto& mine : told) {
    std::uint64_t seen = 0;
    for (const Operation& operation : mine) {
      ASSERT_GE(operation.head_read, seen) << "nobody reads an older log than before";
      seen = std::max(operation.head_read, operation.position);
    }
  }
  EXPECT_EQ(acknowledged, log.ledger().head().value) << "nothing is in the log that nobody was told";
}

}  // namespace
}  // namespace mentorlog::storage
