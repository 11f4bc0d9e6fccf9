// kill -9 at random points, and deaths at every failpoint, while 8 writers append; after each restart the log and every
// view are what was promised. The harness proves itself on two planted bugs.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "clients/cli/child_server.h"
#include "gmock/gmock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/admin_service.grpc.pb.h"
#include "mentorlog/v1/people_service.grpc.pb.h"
#include "mentorlog/v1/relationships_service.grpc.pb.h"
#include "storage/data_folder.h"
#include "storage/verify.h"
#include "tests/crash/history.h"

namespace mentorlog::crash {
namespace {

using cli::ChildServer;
using cli::TemporaryFolder;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kWriters = 8;
constexpr int kPeople = 12;
// A new log is begun this often, so that the check of the views stays short.
constexpr int kRoundsPerLog = 5;
// A failpoint that is not reached within this is none.
constexpr std::chrono::seconds kFailpointWithin(60);

std::shared_ptr<grpc::Channel> NewChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
}

// One log under fire.
class Victim {
 public:
  Victim(std::string program, std::uint32_t seed) : program_(std::move(program)), random_(seed) {}

  // What is wrong after this round; empty if nothing.
  std::vector<std::string> Round() {
    if (!folder_ || round_ % kRoundsPerLog == 0) Renew();
    ++round_;
    auto violations = StartDaemon();
    if (!violations.empty()) return violations;
    if (people_.empty()) Populate();
    WriteUntilKilled(std::chrono::milliseconds(std::uniform_int_distribution<int>(5, 400)(random_)));
    return Check();
  }

  // As Round, on a new log whose daemon dies by itself: at the `hit`-th time at that point.
  std::vector<std::string> RoundUntil(const std::string& failpoint, int hit) {
    Renew();
    auto violations = StartDaemon();
    if (!violations.empty()) return violations;
    Populate();
    if (const auto stopped = daemon_->Stop(); !stopped.ok()) return {std::string(stopped.message())};
    setenv("MENTORLOG_FAILPOINT", (failpoint + ":" + std::to_string(hit)).c_str(), 1);
    violations = StartDaemon();
    unsetenv("MENTORLOG_FAILPOINT");
    // Some points are reached before the daemon listens.
    if (violations.empty() && !WriteUntilDead())
      return {failpoint + " was not reached " + std::to_string(hit) + " times"};
    return Check();
  }

  // Check-ins that were acknowledged.
  std::size_t check_ins() const { return check_ins_; }

 private:
  // What is wrong once the daemon is dead.
  std::vector<std::string> Check() {
    daemon_.reset();
    auto violations = CheckLog();
    if (violations.empty()) violations = StartDaemon();
    if (violations.empty()) violations = CheckViews();
    daemon_.reset();
    violations.insert(violations.end(), odd_answers_.begin(), odd_answers_.end());
    return violations;
  }

  void Renew() {
    history_ = std::make_unique<History>();
    people_.clear();
    unanswered_.assign(kWriters, "");
    auto folder = TemporaryFolder::Create();
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_ = *std::move(folder);
  }

  std::vector<std::string> StartDaemon() {
    // Views are lost as they were never saved, once or over and over.
    constexpr std::array kSavedEveryMs = {"1", "20", "2000"};
    const auto* saved_every =
        kSavedEveryMs.at(std::uniform_int_distribution<std::size_t>(0, kSavedEveryMs.size() - 1)(random_));
    // What is saved goes through the write-ahead log, as tables, or now so and now so.
    constexpr std::array kTableRowsMin = {"1", "1", "50", "32768"};
    const char* const failpoint = std::getenv("MENTORLOG_FAILPOINT");
    const bool tables = failpoint != nullptr && std::string_view(failpoint).starts_with("before_table");
    const auto* table_rows =
        tables ? "1"
               : kTableRowsMin.at(std::uniform_int_distribution<std::size_t>(0, kTableRowsMin.size() - 1)(random_));
    auto daemon = ChildServer::Start(program_,
                                     {"--data-dir", DataDir(), "--listen", "127.0.0.1:0", "--dev-identity",
                                      "--views-saved-every-ms", saved_every, "--table-rows-min", table_rows},
                                     std::chrono::seconds(60));
    if (!daemon.ok()) return {std::string(daemon.status().message())};
    daemon_ = *std::move(daemon);
    return {};
  }
  std::string DataDir() const { return folder_->path() + "/data"; }

  std::string NewId(std::mt19937& random) {
    std::string id(16, '\0');
    for (auto& byte : id) byte = static_cast<char>(random());
    history_->Asked(id);
    return id;
  }

  void WriteUntilKilled(std::chrono::milliseconds when) {
    Writers writers(*this);
    std::this_thread::sleep_for(when);
    daemon_->Kill();
    writers.Stop();
  }

  // False: it lived on.
  bool WriteUntilDead() {
    Writers writers(*this);
    const auto until = std::chrono::steady_clock::now() + kFailpointWithin;
    while (unanswering_ < kWriters && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const bool dead = unanswering_ == kWriters;
    daemon_->Kill();
    writers.Stop();
    return dead;
  }

  // The writers, from their start until Stop.
  class Writers {
   public:
    explicit Writers(Victim& victim) {
      victim.unanswering_ = 0;
      for (std::size_t i = 0; i < kWriters; ++i) {
        const auto seed = static_cast<std::uint32_t>(victim.random_());
        threads_.emplace_back([this, i, &victim, seed] { victim.Write(i, seed, stop_); });
      }
    }
    void Stop() {
      stop_ = true;
      for (auto& thread : threads_) thread.join();
    }

   private:
    std::atomic<bool> stop_{false};
    std::vector<std::thread> threads_;
  };

  void Populate() {
    const auto stub = v1::PeopleService::NewStub(NewChannel(daemon_->address()));
    std::mt19937 random(static_cast<std::uint32_t>(random_()));
    while (static_cast<int>(people_.size()) < kPeople) {
      v1::RegisterPersonRequest request;
      request.set_request_id(NewId(random));
      request.set_display_name("Person " + std::to_string(people_.size()));
      v1::RegisterPersonResponse response;
      grpc::ClientContext context;
      SetDeadline(context);
      const auto status = stub->RegisterPerson(&context, request, &response);
      ASSERT_TRUE(status.ok()) << status.error_message();
      history_->Acknowledged(request.request_id(), response.result().position(), response.result().revision());
      people_.push_back(response.person_id());
    }
  }

  // Appends until the daemon is gone. A request without an answer is sent again, by the next round's writer too.
  void Write(std::size_t writer, std::uint32_t seed, const std::atomic<bool>& stop) {
    std::mt19937 random(seed);
    int unanswered = 0;
    const auto stub = v1::RelationshipsService::NewStub(NewChannel(daemon_->address()));
    while (!stop) {
      auto& id = unanswered_[writer];
      if (id.empty()) id = NewId(random);
      const auto request = CheckIn(id);
      v1::LogCheckInResponse response;
      grpc::ClientContext context;
      SetDeadline(context);
      const auto status = stub->LogCheckIn(&context, request, &response);
      if (!status.ok()) {
        NoteFailure(status);
        if (unanswered++ == 0) ++unanswering_;
        continue;
      }
      history_->Acknowledged(id, response.result().position(), response.result().revision());
      ++check_ins_;
      id.clear();
    }
  }

  // A daemon that dies leaves calls without an answer, and nothing else.
  void NoteFailure(const grpc::Status& status) {
    for (const auto code : {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::UNKNOWN, grpc::StatusCode::CANCELLED,
                            grpc::StatusCode::DEADLINE_EXCEEDED}) {
      if (status.error_code() == code) return;
    }
    const std::lock_guard lock(odd_mutex_);
    if (odd_answers_.size() < 20) {
      odd_answers_.push_back("answered with code " + std::to_string(status.error_code()) + ": " +
                             status.error_message());
    }
  }

  // The request is a function of its id, so that a retry is the same request. Half of them are talks with everybody
  // else at once: a group of several is so many records that its views are folded beside the write (ledger.cc).
  v1::LogCheckInRequest CheckIn(const std::string& id) const {
    const auto a = static_cast<unsigned char>(id[0]) % people_.size();
    const auto b = static_cast<unsigned char>(id[1]) % (people_.size() - 1);
    const auto many = static_cast<unsigned char>(id[2]) % 2 == 0 ? people_.size() - 1 : 1;
    v1::LogCheckInRequest request;
    request.set_request_id(id);
    request.set_gist("a talk");
    for (std::size_t i = 0; i < many; ++i) {
      auto& with = *request.add_with();
      with.set_mentor_id(people_[a]);
      with.set_mentee_id(people_[(a + 1 + (b + i) % (people_.size() - 1)) % people_.size()]);
    }
    return request;
  }

  std::vector<std::string> CheckLog() const {
    storage::DataFolderOptions options;
    options.rocks.create_if_missing = false;
    options.rocks.read_only = true;
    const auto folder = storage::DataFolder::Open(DataDir(), options);
    if (!folder.ok()) return {std::string(folder.status().message())};
    auto violations = history_->Violations((*folder)->store());
    const auto verified = storage::VerifyFolder(DataDir(), options, DataDir() + ".checkpoints", {});
    if (!verified.ok()) violations.push_back("verify: " + std::string(verified.status().message()));
    return violations;
  }

  std::vector<std::string> CheckViews() {
    const auto stub = v1::AdminService::NewStub(NewChannel(daemon_->address()));
    grpc::ClientContext context;
    SetDeadline(context);
    const auto reader = stub->VerifyView(&context, v1::VerifyViewRequest());
    std::vector<std::string> violations;
    int verified = 0;
    v1::VerifyViewResponse frame;
    while (reader->Read(&frame)) {
      if (!frame.has_verified()) continue;
      ++verified;
      if (frame.verified().differences() > 0) {
        violations.push_back("view " + frame.verified().name() + " has " +
                             std::to_string(frame.verified().differences()) + " differences from a fresh rebuild");
      }
    }
    if (const auto status = reader->Finish(); !status.ok()) violations.push_back(status.error_message());
    if (verified == 0) violations.push_back("no view was verified");
    return violations;
  }

  const std::string program_;
  std::mt19937 random_;
  int round_ = 0;
  std::atomic<std::size_t> check_ins_{0};
  // Writers whose daemon failed to answer at least once in this round.
  std::atomic<int> unanswering_{0};
  std::mutex odd_mutex_;
  // Guarded by odd_mutex_: answers that no death explains.
  std::vector<std::string> odd_answers_;
  std::unique_ptr<TemporaryFolder> folder_;
  std::unique_ptr<History> history_;
  std::unique_ptr<ChildServer> daemon_;
  std::vector<std::string> people_;
  // Per writer: the request whose answer was lost; touched by that writer's thread alone.
  std::vector<std::string> unanswered_;
};

std::uint32_t Seed() {
  const char* given = std::getenv("MENTORLOG_SEED");
  const auto seed =
      given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device()();
  std::cout << "seed " << seed << " (MENTORLOG_SEED repeats it)" << std::endl;
  return seed;
}

bool Full() {
  const char* full = std::getenv("MENTORLOG_FULL");
  return full != nullptr && *full != '\0';
}

TEST(Crash, NothingAcknowledgedIsLostAndEveryViewIsWhatARebuildGives) {
  const int rounds = Full() ? 200 : 30;
  Victim victim("mentorlogd", Seed());
  for (int round = 0; round < rounds; ++round) {
    ASSERT_THAT(victim.Round(), IsEmpty()) << "in round " << round;
  }
  EXPECT_GT(victim.check_ins(), static_cast<std::size_t>(rounds)) << "hardly anything was written";
  std::cout << "{\"rounds\":" << rounds << ",\"check_ins\":" << victim.check_ins() << ",\"lost\":0}" << std::endl;
}

struct Death {
  std::string failpoint;
  int hit = 1;
};
void PrintTo(const Death& death, std::ostream* out) { *out << death.failpoint << ":" << death.hit; }

class CrashAt : public ::testing::TestWithParam<Death> {};

// Every failpoint of storage/README.md.
std::vector<Death> Deaths() {
  std::vector<Death> deaths;
  for (const char* const failpoint :
       {"before_write", "after_log_before_rows", "after_write_before_publish", "before_completion",
        "follower_before_write", "before_save", "before_table", "after_save", "checkpoint_before_rename"}) {
    for (const int hit : {1, 2, 5}) deaths.push_back({failpoint, hit});
  }
  return deaths;
}
INSTANTIATE_TEST_SUITE_P(Every, CrashAt, ::testing::ValuesIn(Deaths()), [](const auto& death) {
  return death.param.failpoint + "_" + std::to_string(death.param.hit);
});

TEST_P(CrashAt, NothingAcknowledgedIsLostAndEveryViewIsWhatARebuildGives) {
  Victim victim("mentorlogd", Seed());
  EXPECT_THAT(victim.RoundUntil(GetParam().failpoint, GetParam().hit), IsEmpty());
}

// What the harness notices of a planted bug, until that is its own trace; of at most 40 rounds. A view update that was
// skipped may be seen by writers first, and be made good by the restart.
std::vector<std::string> ViolationsUntil(const char* trace, const char* bug) {
  setenv("MENTORLOG_PLANTED_BUG", bug, 1);
  Victim victim("mentorlogd-planted", Seed());
  std::vector<std::string> violations;
  const auto found = [&] {
    return std::any_of(violations.begin(), violations.end(),
                       [trace](const auto& one) { return one.find(trace) != one.npos; });
  };
  for (int round = 0; round < 40 && !found(); ++round) violations = victim.Round();
  unsetenv("MENTORLOG_PLANTED_BUG");
  return violations;
}

TEST(CrashHarness, NoticesAnAcknowledgementBeforeTheWrite) {
  EXPECT_THAT(ViolationsUntil("is lost", "ack_before_write"), Contains(HasSubstr("is lost")));
}

TEST(CrashHarness, NoticesASkippedViewUpdate) {
  EXPECT_THAT(ViolationsUntil("differences", "skip_view_update"), Contains(HasSubstr("differences")));
}

TEST(CrashHarness, FindsNothingWrongWithTheSameBuildWithoutABug) {
  Victim victim("mentorlogd-planted", Seed());
  for (int round = 0; round < 2; ++round) EXPECT_THAT(victim.Round(), IsEmpty());
}

}  // namespace
}  // namespace mentorlog::crash
