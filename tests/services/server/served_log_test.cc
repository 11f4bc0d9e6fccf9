#include "services/server/served_log.h"

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/people_service.grpc.pb.h"
#include "services/server/rooms.h"
#include "storage/codec.h"
#include "tests/services/server/all_rooms_server.h"
#include "tests/services/server/lamp_server.h"

namespace mentorlog::server_test {
namespace {

TEST(ServedLog, AnswersAWriteWithItsPositionAndTheSameRequestWithTheFirstAnswer) {
  LampServer server;
  runtime_test::SwitchLampResponse first;
  runtime_test::SwitchLampResponse second;
  ASSERT_TRUE(server.Switch(1, 1, true, &first).ok());
  ASSERT_TRUE(server.Switch(1, 1, true, &second).ok());
  EXPECT_EQ(first.result().position(), 1U);
  EXPECT_FALSE(first.result().replayed());
  EXPECT_EQ(second.result().position(), 1U);
  EXPECT_TRUE(second.result().replayed());
  EXPECT_EQ(server.log().ledger().head(), storage::Position{1});
}

// Writers race for one lamp; each position is answered once, and none is lost.
TEST(ServedLog, AnswersRacingWritersEachWithAPositionOfTheirOwn) {
  LampServer server;
  constexpr int kWriters = 8;
  constexpr int kWritesEach = 25;
  std::mutex mutex;
  std::set<std::uint64_t> positions;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kWritesEach; ++i) {
        runtime_test::SwitchLampResponse response;
        const auto lamp = static_cast<std::uint8_t>(1 + writer);
        const auto status = server.Switch(writer * 1000 + i, lamp, i % 2 == 0, &response);
        ASSERT_TRUE(status.ok()) << status.error_message();
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(positions.insert(response.result().position()).second);
      }
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(positions.size(), std::size_t{kWriters * kWritesEach});
  EXPECT_EQ(*positions.begin(), 1U);
  EXPECT_EQ(*positions.rbegin(), std::uint64_t{kWriters * kWritesEach});
}

// All race for one lamp, and most lose; the log is stopped in the middle of it.
TEST(ServedLog, AnswersEverythingThatIsInFlightOnceWhenItIsStopped) {
  constexpr std::size_t kCallers = 4;
  constexpr std::size_t kCommandsEach = 200;
  LampServer server;
  std::vector<std::atomic<int>> answers(kCallers * kCommandsEach);
  std::atomic<int> committed = 0;
  std::vector<std::thread> callers;
  for (std::size_t caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      for (std::size_t i = caller * kCommandsEach; i < (caller + 1) * kCommandsEach; ++i) {
        runtime::Command command;
        command.name_space = "test";
        command.request_id = runtime_test::IdOf(static_cast<std::uint8_t>(i & 0xFF));
        command.request_id.bytes[8] = static_cast<std::uint8_t>(i >> 8);
        command.request_hash = std::string(32, 'h');
        command.actor.service = "test";
        command.decide = [](const decider::Context&, decider::States& states) -> decider::Decision {
          runtime_test::LampState state;
          const auto loaded = states.Load(runtime_test::Lamp(1), decider::Reliance::kExact, state);
          if (!loaded.ok()) return loaded.status();
          decider::Facts facts;
          facts.facts.push_back(runtime_test::FactOf(1, runtime_test::Switched(!state.on())));
          return facts;
        };
        runtime::Execute(server.log().desk(), std::move(command),
                         [&, i](const absl::StatusOr<runtime::Outcome>& outcome) {
                           if (outcome.ok()) ++committed;
                           ++answers[i];
                         });
      }
    });
  }
  while (committed == 0) std::this_thread::yield();
  server.log().Stop();
  for (auto& caller : callers) caller.join();
  for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i], 1) << i;
}

TEST(ServedLog, IsStoppedOnlyOnceWhatLostARaceIsAnswered) {
  LampServer server;
  ASSERT_TRUE(server.Switch(1, 1, true).ok());
  std::promise<void> deciding_again;
  std::atomic<bool> answered = false;
  int decided = 0;
  runtime::Command command;
  command.name_space = "test";
  command.request_id = runtime_test::IdOf(9);
  command.request_hash = std::string(32, 'h');
  command.actor.service = "test";
  command.decide = [&](const decider::Context&, decider::States& states) -> decider::Decision {
    runtime_test::LampState state;
    const auto loaded = states.Load(runtime_test::Lamp(1), decider::Reliance::kExact, state);
    if (!loaded.ok()) return loaded.status();
    if (++decided == 1) {
      EXPECT_TRUE(server.Switch(2, 1, false).ok());
    } else {
      deciding_again.set_value();
      absl::SleepFor(absl::Milliseconds(200));
    }
    decider::Facts facts;
    facts.facts.push_back(runtime_test::FactOf(1, runtime_test::Switched(!state.on())));
    return facts;
  };
  runtime::Execute(server.log().desk(), std::move(command), [&](const absl::StatusOr<runtime::Outcome>& outcome) {
    EXPECT_EQ(outcome.status().code(), absl::StatusCode::kUnavailable) << outcome.status();
    answered = true;
  });
  deciding_again.get_future().wait();
  server.log().Stop();
  EXPECT_TRUE(answered);
}

TEST(ServedLog, TakesNothingAfterItWasStopped) {
  LampServer server;
  server.log().Stop();
  const auto status = server.Switch(1, 1, true);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "SHUTTING_DOWN");
}

// One record turns unreadable: the steward cannot pass it, and says so for as long.
TEST(AllRooms, AStewardThatCannotReadARecordIsNotWell) {
  AllRoomsServer server;
  const auto register_person = [&server] {
    v1::RegisterPersonRequest request;
    request.set_request_id(server.NextRequest());
    request.set_display_name("Ana Lima");
    request.set_occurred_on("2024-01-01");
    grpc::ClientContext context;
    v1::RegisterPersonResponse response;
    EXPECT_TRUE(v1::PeopleService::NewStub(server.channel())->RegisterPerson(&context, request, &response).ok());
  };
  register_person();
  storage::Batch batch;
  batch.Put(storage::Family::kEvents, storage::PositionKey(storage::Position{1}), "unreadable");
  ASSERT_TRUE(server.store().Write(batch, storage::Durability::kSynced).ok());
  register_person();
  EXPECT_TRUE(server.log().WorkersHealth().ok());
  server.log().StartWorkers();
  for (int i = 0; i < 1000 && server.log().WorkersHealth().ok(); ++i) absl::SleepFor(absl::Milliseconds(10));
  EXPECT_EQ(server.log().WorkersHealth().code(), absl::StatusCode::kDataLoss) << server.log().WorkersHealth();
  server.log().StopWorkers();
}

TEST(AllRooms, FitTogether) {
  const auto rooms = server::AllRooms();
  const auto codec = runtime::EventCodec::Create(server::WrappersOf(rooms));
  ASSERT_TRUE(codec.ok()) << codec.status();
  std::set<std::uint16_t> ids;
  std::set<std::string> names;
  for (const auto& room : rooms) {
    if (!room.views) continue;
    for (const auto& view : room.views(*codec)) {
      EXPECT_TRUE(ids.insert(view->info().id).second) << view->info().name << ": its id is taken";
      EXPECT_TRUE(names.insert(view->info().name).second) << view->info().name << ": its name is taken";
    }
  }
}

}  // namespace
}  // namespace mentorlog::server_test
