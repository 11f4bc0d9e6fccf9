// An import while the log stands still: when its deadline comes every row is answered, and the same rows sent again do
// what was not done, and nothing twice.
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "tests/services/import/import_server.h"
#include "tests/services/runtime/held_view.h"

namespace mentorlog::import_test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr std::chrono::seconds kShort(1);
constexpr std::chrono::seconds kLong(20);

// Every room, and one more, whose inline view stops the log where `hold` says.
class StoppingServer {
 public:
  explicit StoppingServer(const storage::LedgerOptions& options = {}) : server_(options, Stopping()) {}
  ~StoppingServer() { hold.LetGo(); }

  // `TAKEN`, `REPLAYED`, or the reason, per row.
  std::vector<std::string> Answers(const v1::ImportRowsRequest& request, std::chrono::seconds within) {
    v1::ImportRowsResponse response;
    const auto status = server_.Send(request, response, "", within);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::vector<std::string> answers;
    for (const auto& row : response.rows()) {
      const bool taken = row.status() == v1::ImportedRow::STATUS_TAKEN;
      const bool rejected = row.status() == v1::ImportedRow::STATUS_REJECTED;
      answers.push_back(rejected ? row.reason() : taken ? "TAKEN" : "REPLAYED");
    }
    return answers;
  }
  storage::Position head() { return server_.ledger().head(); }

  runtime_test::Hold hold;

 private:
  std::vector<runtime::Room> Stopping() {
    runtime::Room room;
    room.views = [this](const runtime::EventCodec&) {
      std::vector<std::unique_ptr<storage::View>> views;
      views.push_back(std::make_unique<runtime_test::HeldView>(last_, hold));
      return views;
    };
    return {std::move(room)};
  }

  const runtime_test::LastRecord last_{{60000, "last", storage::ViewMode::kInline, 1}};
  ImportServer server_;
};

TEST(ImportIntoALogThatStandsStill, AnswersEveryRowInTimeAndIsDoneByTheNextRun) {
  StoppingServer server;
  ASSERT_THAT(server.Answers(ImportServer::Request(v1::IMPORT_FILE_PEOPLE, {"a,Ana,,2019-01-01"}), kLong),
              ElementsAre("TAKEN"));
  // Moves of one person, each of which waits for the one before; each is one record.
  const auto moves = ImportServer::Request(
      v1::IMPORT_FILE_ROLE_MOVES,
      {"a,2019-01-01,hire,Clerk,core,,,", "a,2020-01-01,lateral,Second,core,,,", "a,2021-01-01,lateral,Third,core,,,",
       "a,2022-01-01,lateral,Fourth,core,,,", "a,2023-01-01,lateral,Fifth,core,,,"});
  const std::uint64_t before = server.head().value;
  server.hold.From(storage::Position{before + 3});
  EXPECT_THAT(server.Answers(moves, kShort), ElementsAre("TAKEN", "TAKEN", "OUTCOME_UNKNOWN", "TOO_SLOW", "TOO_SLOW"));
  EXPECT_EQ(server.head().value, before + 2);

  server.hold.LetGo();
  EXPECT_THAT(server.Answers(moves, kLong), ElementsAre("REPLAYED", "REPLAYED", "REPLAYED", "TAKEN", "TAKEN"));
  EXPECT_EQ(server.head().value, before + 5);
  EXPECT_THAT(server.Answers(moves, kLong), Each("REPLAYED"));
  EXPECT_EQ(server.head().value, before + 5);
}

TEST(ImportIntoALogThatStandsStill, SaysOfRowsThatFoundNoPlaceThatTheyAreNotDone) {
  storage::LedgerOptions options;
  options.proposals_in_flight_max = 1;
  StoppingServer server(options);
  ASSERT_THAT(server.Answers(ImportServer::Request(v1::IMPORT_FILE_PEOPLE, {"a,Ana,,2019-01-01"}), kLong),
              ElementsAre("TAKEN"));
  const std::uint64_t of_one_person = server.head().value;
  const auto people =
      ImportServer::Request(v1::IMPORT_FILE_PEOPLE, {"b,Ben,,2019-01-01", "c,Cat,,2019-01-01", "d,Dan,,2019-01-01"});
  server.hold.From(storage::Position{of_one_person + 1});
  EXPECT_THAT(server.Answers(people, kShort), ElementsAre("OUTCOME_UNKNOWN", "TOO_SLOW", "TOO_SLOW"));
  EXPECT_EQ(server.head().value, of_one_person);

  server.hold.LetGo();
  EXPECT_THAT(server.Answers(people, kLong), ElementsAre("REPLAYED", "TAKEN", "TAKEN"));
  EXPECT_EQ(server.head().value, 4 * of_one_person);
  EXPECT_THAT(server.Answers(people, kLong), Each("REPLAYED"));
  EXPECT_EQ(server.head().value, 4 * of_one_person);
}

}  // namespace
}  // namespace mentorlog::import_test
