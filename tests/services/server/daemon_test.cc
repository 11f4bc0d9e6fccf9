// The program itself: what it prints, how it ends.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/admin_service.grpc.pb.h"
#include "mentorlog/v1/feed_service.grpc.pb.h"
#include "mentorlog/v1/people_service.grpc.pb.h"
#include "storage/checkpoint_file.h"
#include "storage/data_folder.h"
#include "tests/services/server/health_check.h"
#include "tests/services/server/lamp_server.h"

namespace mentorlog::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// mentorlogd as a child process, with its stdout and stderr.
class Daemon {
 public:
  explicit Daemon(std::vector<std::string> arguments) {
    int out[2];
    int err[2];
    EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(err, O_CLOEXEC), 0);
    arguments.insert(arguments.begin(), MENTORLOG_DAEMON);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      dup2(err[1], STDERR_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
  }
  ~Daemon() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(out_);
    close(err_);
  }

  // The first line on stdout; empty if it ends before one.
  std::string FirstLine() const {
    std::string line;
    for (char c = 0; read(out_, &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  void Signal(int signal) const { kill(pid_, signal); }
  // The exit code; -1 if a signal ended it.
  int Wait() {
    int status = 0;
    waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string Errors() const {
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = read(err_, buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
    return text;
  }

 private:
  pid_t pid_ = 0;
  int out_ = -1;
  int err_ = -1;
};

class DaemonTest : public ::testing::Test {
 protected:
  DaemonTest() {
    std::string name = ::testing::TempDir() + "mentorlogd-XXXXXX";
    dir_ = mkdtemp(name.data());
  }
  ~DaemonTest() override { std::filesystem::remove_all(dir_); }
  std::vector<std::string> Serving(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"--data-dir", dir_ + "/data", "--listen", "127.0.0.1:0", "--dev-identity"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  // What it says if it does not start.
  static std::string Refused(std::vector<std::string> arguments) {
    Daemon daemon(std::move(arguments));
    if (const auto line = daemon.FirstLine(); !line.empty()) {
      ADD_FAILURE() << "it was not refused: " << line;
      return {};
    }
    EXPECT_GT(daemon.Wait(), 0);
    return daemon.Errors();
  }
  // A file with the flags of Serving and `more` lines.
  std::string WriteFlags(const std::string& more) const {
    const std::string path = dir_ + "/mentorlog.toml";
    std::ofstream(path) << "data-dir=\"" << dir_ << "/data\"\nlisten=\"127.0.0.1:0\"\ndev-identity=true\n" << more;
    return path;
  }
  // `one_` and `two_`, in the data folder.
  void MakeTwoLogs() const {
    for (const auto& log : {one_, two_}) {
      storage::DataFolderOptions options;
      options.ballast_bytes = 0;
      options.log = storage::Id::FromHex(log);
      const auto made = storage::DataFolder::Open(dir_ + "/data", options);
      ASSERT_TRUE(made.ok()) << made.status();
    }
  }

  // To the daemon whose ready line this is.
  static std::shared_ptr<grpc::Channel> ChannelTo(const std::string& ready_line) {
    const std::string before = "mentorlogd listening on ";
    EXPECT_THAT(ready_line, StartsWith(before));
    const std::string address = ready_line.substr(before.size(), ready_line.find(',') - before.size());
    return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  }
  // The log that it serves; nullopt if the line names none.
  static std::optional<storage::Id> LogOf(const std::string& ready_line) {
    const std::string before = ", log ";
    const auto at = ready_line.find(before);
    if (at == std::string::npos) return std::nullopt;
    return storage::Id::FromHex(ready_line.substr(at + before.size(), 32));
  }
  static std::string RequestId(int writer, int number) {
    std::string id(16, '\1');
    id[0] = static_cast<char>(writer + 1);
    for (std::size_t i = 0; i < 4; ++i) id[4 + i] = static_cast<char>(number >> (8 * i) & 0xFF);
    return id;
  }
  static grpc::Status Register(v1::PeopleService::Stub& people, const std::string& request_id,
                               v1::RegisterPersonResponse& response) {
    v1::RegisterPersonRequest request;
    request.set_request_id(request_id);
    request.set_display_name("Ana Lima");
    request.set_occurred_on("2024-01-01");
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    return people.RegisterPerson(&context, request, &response);
  }

  std::string dir_;
  const std::string one_ = "000000000000000000000000000000a1";
  const std::string two_ = "000000000000000000000000000000a2";
};

TEST_F(DaemonTest, SaysWhenItIsReadyAndEndsOnSigtermWithinFiveSeconds) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Daemon daemon(Serving());
    EXPECT_THAT(daemon.FirstLine(), StartsWith("mentorlogd listening on 127.0.0.1:"));
    const auto asked = std::chrono::steady_clock::now();
    daemon.Signal(signal);
    EXPECT_EQ(daemon.Wait(), 0);
    EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(5));
  }
}

// Everybody who calls a daemon at once, until it answers no more.
class Crowd {
 public:
  static constexpr int kWriters = 8;

  explicit Crowd(std::shared_ptr<grpc::Channel> channel,
                 std::function<grpc::Status(int writer, int number, std::uint64_t&)> write)
      : channel_(std::move(channel)), write_(std::move(write)) {
    for (int writer = 0; writer < kWriters; ++writer) threads_.emplace_back([this, writer] { Write(writer); });
    threads_.emplace_back([this] { Ask(); });
    threads_.emplace_back([this] { Follow(); });
  }

  std::size_t acknowledged_count() const { return acknowledged_count_; }
  // Waits until nobody is answered any more.
  void Join() {
    for (auto& thread : threads_) thread.join();
  }

  // (writer, number) -> position. This and what follows: after Join.
  std::map<std::pair<int, int>, std::uint64_t> acknowledged;
  // The call that each writer ended with.
  std::map<std::pair<int, int>, grpc::Status> refused;
  grpc::Status asker_end;
  std::vector<std::uint64_t> followed;
  grpc::Status follower_end;

 private:
  void Write(int writer) {
    for (int number = 0;; ++number) {
      std::uint64_t position = 0;
      const auto status = write_(writer, number, position);
      const std::lock_guard lock(mutex_);
      if (!status.ok()) {
        refused[{writer, number}] = status;
        return;
      }
      acknowledged[{writer, number}] = position;
      ++acknowledged_count_;
    }
  }
  // Each waits for the follower that counts.
  void Ask() {
    const auto admin = v1::AdminService::NewStub(channel_);
    while (asker_end.ok()) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
      v1::GetStatsResponse stats;
      asker_end = admin->GetStats(&context, {}, &stats);
    }
  }
  void Follow() {
    const auto feed = v1::FeedService::NewStub(channel_);
    grpc::ClientContext context;
    const auto call = feed->Subscribe(&context);
    v1::SubscribeRequest open;
    open.mutable_open()->set_after(0);
    open.mutable_open()->set_credit(100'000);
    call->Write(open);
    v1::SubscribeResponse frame;
    while (call->Read(&frame)) {
      for (const auto& event : frame.batch().events()) followed.push_back(event.position());
    }
    follower_end = call->Finish();
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::function<grpc::Status(int, int, std::uint64_t&)> write_;
  std::atomic<std::size_t> acknowledged_count_{0};
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

// How a call ends that no handler took. gRPC says CANCELLED of one that arrives between the begin of the shutdown and
// the client's hearing of it (grpc/grpc#41785), UNAVAILABLE of those after it.
bool CameTooLate(const grpc::Status& end) {
  return end.error_code() == grpc::StatusCode::UNAVAILABLE || end.error_code() == grpc::StatusCode::CANCELLED;
}

TEST_F(DaemonTest, AnswersEverybodyWhenItIsToldToEndAndKeepsWhatItAcknowledged) {
  const auto write = [](v1::PeopleService::Stub& people, int writer, int number, std::uint64_t& position) {
    v1::RegisterPersonResponse response;
    const auto status = Register(people, RequestId(writer, number), response);
    position = response.result().position();
    return status;
  };
  std::unique_ptr<Crowd> crowd;
  {
    Daemon daemon(Serving());
    const auto channel = ChannelTo(daemon.FirstLine());
    const auto people = v1::PeopleService::NewStub(channel);
    crowd = std::make_unique<Crowd>(channel, [&](int writer, int number, std::uint64_t& position) {
      return write(*people, writer, number, position);
    });
    while (crowd->acknowledged_count() < 300) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto asked = std::chrono::steady_clock::now();
    daemon.Signal(SIGTERM);
    EXPECT_EQ(daemon.Wait(), 0);
    EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(5));
    crowd->Join();
  }
  EXPECT_TRUE(CameTooLate(crowd->asker_end))
      << crowd->asker_end.error_code() << " " << crowd->asker_end.error_message();
  EXPECT_EQ(server_test::ReasonOf(crowd->follower_end), "SHUTTING_DOWN") << crowd->follower_end.error_message();
  EXPECT_EQ(server_test::ErrorInfoOf(crowd->follower_end).metadata().at("resume_from"),
            std::to_string(crowd->followed.size()));
  for (std::size_t i = 0; i < crowd->followed.size(); ++i) ASSERT_EQ(crowd->followed[i], i + 1);

  Daemon again(Serving());
  const auto people = v1::PeopleService::NewStub(ChannelTo(again.FirstLine()));
  for (const auto& [call, position] : crowd->acknowledged) {
    v1::RegisterPersonResponse response;
    ASSERT_TRUE(Register(*people, RequestId(call.first, call.second), response).ok());
    EXPECT_TRUE(response.result().replayed()) << "an acknowledged write is gone";
    EXPECT_EQ(response.result().position(), position);
  }
  // The code does not tell a call that came too late from one that was cut. The log does: it holds what was taken.
  EXPECT_EQ(crowd->refused.size(), static_cast<std::size_t>(Crowd::kWriters));
  for (const auto& [call, end] : crowd->refused) {
    EXPECT_TRUE(CameTooLate(end)) << end.error_code() << " " << end.error_message();
    v1::RegisterPersonResponse response;
    ASSERT_TRUE(Register(*people, RequestId(call.first, call.second), response).ok());
    EXPECT_FALSE(response.result().replayed())
        << "a write that happened was not answered: " << end.error_code() << " " << end.error_message();
  }
}

TEST_F(DaemonTest, LeavesServiceAndEndsWithAnErrorAfterAFailedSync) {
  const std::string fails_if = dir_ + "/the disk is dying";
  setenv("LD_PRELOAD", MENTORLOG_FAILING_SYNC, 1);
  setenv("MENTORLOG_SYNC_FAILS_IF", fails_if.c_str(), 1);
  // AddressSanitizer's own library would want to be the first.
  const char* const asan = getenv("ASAN_OPTIONS");
  setenv("ASAN_OPTIONS", ((asan == nullptr ? "" : std::string(asan) + ":") + "verify_asan_link_order=0").c_str(), 1);
  Daemon daemon(Serving());
  for (const char* name : {"LD_PRELOAD", "MENTORLOG_SYNC_FAILS_IF"}) unsetenv(name);
  const auto channel = ChannelTo(daemon.FirstLine());
  const auto people = v1::PeopleService::NewStub(channel);
  server_test::HealthWatch watch(channel);
  EXPECT_EQ(watch.Told(), server_test::Serving::kYes);
  v1::RegisterPersonResponse response;
  ASSERT_TRUE(Register(*people, RequestId(1, 1), response).ok());

  std::ofstream(fails_if) << "now";
  const auto lost = Register(*people, RequestId(1, 2), response);
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_EQ(lost.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(server_test::ReasonOf(lost), "OUTCOME_UNKNOWN");
  EXPECT_EQ(Register(*people, RequestId(1, 3), response).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(watch.Told(), server_test::Serving::kNo);
  EXPECT_EQ(watch.Told(), server_test::Serving::kNoAnswer);
  EXPECT_EQ(daemon.Wait(), 1);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(5));
  EXPECT_THAT(daemon.Errors(), HasSubstr("OUTCOME_UNKNOWN"));

  // The log goes on from what the disk has; the same request tells what became of the one that nobody knew about.
  Daemon again(Serving());
  const auto restarted = v1::PeopleService::NewStub(ChannelTo(again.FirstLine()));
  ASSERT_TRUE(Register(*restarted, RequestId(1, 1), response).ok());
  EXPECT_TRUE(response.result().replayed());
  EXPECT_TRUE(Register(*restarted, RequestId(1, 2), response).ok());
}

TEST_F(DaemonTest, OpensItsLogAgainAfterAKill) {
  {
    Daemon daemon(Serving());
    EXPECT_THAT(daemon.FirstLine(), HasSubstr("head 0"));
    daemon.Signal(SIGKILL);
    EXPECT_EQ(daemon.Wait(), -1);
  }
  Daemon daemon(Serving());
  EXPECT_THAT(daemon.FirstLine(), HasSubstr("head 0"));
}

TEST_F(DaemonTest, RefusesToStartWithoutIdentitiesWithASentenceWhy) {
  Daemon daemon({"--data-dir", dir_ + "/data"});
  EXPECT_EQ(daemon.FirstLine(), "");
  EXPECT_EQ(daemon.Wait(), 1);
  EXPECT_THAT(daemon.Errors(), HasSubstr("want --dev-identity"));
}

TEST_F(DaemonTest, RefusesADataFolderThatIsInUse) {
  Daemon first(Serving());
  ASSERT_THAT(first.FirstLine(), StartsWith("mentorlogd listening"));
  Daemon second(Serving());
  EXPECT_EQ(second.Wait(), 1);
  EXPECT_THAT(second.Errors(), HasSubstr("DATA_FOLDER_IN_USE"));
}

TEST_F(DaemonTest, VerifiesALogOffline) {
  {
    Daemon daemon(Serving());
    ASSERT_THAT(daemon.FirstLine(), StartsWith("mentorlogd listening"));
    daemon.Signal(SIGTERM);
    ASSERT_EQ(daemon.Wait(), 0);
  }
  Daemon verify({"verify", "--data-dir", dir_ + "/data"});
  EXPECT_THAT(verify.FirstLine(), HasSubstr("0 records and 0 parts are as written"));
  EXPECT_EQ(verify.Wait(), 0);
  Daemon nowhere({"verify", "--data-dir", dir_ + "/nowhere"});
  EXPECT_EQ(nowhere.Wait(), 1);
}

TEST_F(DaemonTest, RestoresNothingWhereNothingIsMissing) {
  {
    Daemon daemon(Serving());
    ASSERT_THAT(daemon.FirstLine(), StartsWith("mentorlogd listening"));
    daemon.Signal(SIGTERM);
    ASSERT_EQ(daemon.Wait(), 0);
  }
  Daemon whole({"restore", "--data-dir", dir_ + "/data"});
  EXPECT_EQ(whole.Wait(), 1);
  EXPECT_THAT(whole.Errors(), HasSubstr("NOTHING_TO_RESTORE"));
}

TEST_F(DaemonTest, RestoresALogThatLostItsEndAndServesIt) {
  const std::string data = dir_ + "/data";
  const std::string copy = dir_ + "/copy";
  for (const int number : {1, 2, 3}) {
    Daemon daemon(Serving());
    const auto people = v1::PeopleService::NewStub(ChannelTo(daemon.FirstLine()));
    v1::RegisterPersonResponse response;
    ASSERT_TRUE(Register(*people, RequestId(1, number), response).ok());
    daemon.Signal(SIGTERM);
    ASSERT_EQ(daemon.Wait(), 0);
    if (number > 1) continue;
    // The copy does without, and is made the faster.
    std::filesystem::remove(data + "/ballast");
    std::filesystem::copy(data, copy, std::filesystem::copy_options::recursive);
  }
  // The folder as it was before the last writes, with the checkpoint that came after them.
  std::filesystem::remove_all(data);
  std::filesystem::rename(copy, data);
  EXPECT_THAT(Refused(Serving()), AllOf(HasSubstr("mentorlogd restore"), HasSubstr("(LOG_ENDS_EARLY)")));

  Daemon restore({"restore", "--data-dir", data});
  EXPECT_THAT(restore.FirstLine(), HasSubstr(" begins epoch 2 at position 2; it had come to position 3, "));
  EXPECT_EQ(restore.Wait(), 0);

  Daemon daemon(Serving());
  const auto ready = daemon.FirstLine();
  EXPECT_THAT(ready, HasSubstr(", head 2"));
  const auto people = v1::PeopleService::NewStub(ChannelTo(ready));
  v1::RegisterPersonResponse response;
  ASSERT_TRUE(Register(*people, RequestId(1, 1), response).ok());
  EXPECT_TRUE(response.result().replayed());
  ASSERT_TRUE(Register(*people, RequestId(1, 2), response).ok());
  EXPECT_FALSE(response.result().replayed());
}

TEST_F(DaemonTest, WritesItsCheckpointWhereItIsTold) {
  Daemon daemon(Serving({"--checkpoint-dir", dir_ + "/elsewhere"}));
  const auto ready = daemon.FirstLine();
  const auto log = LogOf(ready);
  ASSERT_TRUE(log.has_value()) << ready;
  v1::RegisterPersonResponse response;
  ASSERT_TRUE(Register(*v1::PeopleService::NewStub(ChannelTo(ready)), RequestId(1, 1), response).ok());
  daemon.Signal(SIGTERM);
  ASSERT_EQ(daemon.Wait(), 0);
  const auto checkpoint = storage::ReadCheckpoint(dir_ + "/elsewhere", *log);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  ASSERT_TRUE(checkpoint->has_value());
  EXPECT_EQ((*checkpoint)->position.value, response.result().position());
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/data.checkpoints"));
}

TEST_F(DaemonTest, WithSeveralLogsWantsOneOfThemNamed) {
  MakeTwoLogs();
  EXPECT_THAT(Refused(Serving()),
              AllOf(HasSubstr(one_ + ", " + two_), HasSubstr("--log"), HasSubstr("LOG_NOT_CHOSEN")));
}

TEST_F(DaemonTest, ServesTheLogThatIsNamed) {
  MakeTwoLogs();
  {
    Daemon daemon(Serving({"--log", one_}));
    EXPECT_THAT(daemon.FirstLine(), HasSubstr(", log " + one_ + ", head 0"));
  }
  setenv("MENTORLOG_LOG", two_.c_str(), 1);
  Daemon daemon(Serving());
  unsetenv("MENTORLOG_LOG");
  EXPECT_THAT(daemon.FirstLine(), HasSubstr(", log " + two_ + ", head 0"));
}

TEST_F(DaemonTest, VerifiesAndRestoresTheLogThatIsNamed) {
  MakeTwoLogs();
  {
    Daemon daemon(Serving({"--log", two_}));
    ASSERT_THAT(daemon.FirstLine(), StartsWith("mentorlogd listening"));
    daemon.Signal(SIGTERM);
    ASSERT_EQ(daemon.Wait(), 0);
  }
  Daemon verify({"verify", "--data-dir", dir_ + "/data", "--log", two_});
  EXPECT_THAT(verify.FirstLine(), StartsWith("log " + two_ + ", epoch 1: 0 records"));
  EXPECT_EQ(verify.Wait(), 0);
  EXPECT_THAT(Refused({"restore", "--data-dir", dir_ + "/data", "--log", two_}), HasSubstr("NOTHING_TO_RESTORE"));
  for (const auto* verb : {"verify", "restore"}) {
    EXPECT_THAT(Refused({verb, "--data-dir", dir_ + "/data"}), AllOf(HasSubstr("--log"), HasSubstr("LOG_NOT_CHOSEN")));
  }
}

TEST_F(DaemonTest, RefusesALogThatIsNotThereAndMakesNone) {
  EXPECT_THAT(Refused(Serving({"--log", one_})), AllOf(HasSubstr(one_), HasSubstr("NO_SUCH_THING")));
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/data"));
  MakeTwoLogs();
  const std::string three = "000000000000000000000000000000a3";
  EXPECT_THAT(Refused(Serving({"--log", three})), AllOf(HasSubstr(three), HasSubstr("NO_SUCH_THING")));
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/data/logs/" + three));
}

TEST_F(DaemonTest, RefusesALogThatIsNot32HexDigits) {
  EXPECT_THAT(Refused(Serving({"--log", "zz"})), HasSubstr("--log: zz, want 32 hex digits"));
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/data"));
}

// Calls grpc.reflection.v1alpha.ServerReflection, of which Debian has no C++ stubs, and answers its first message.
std::pair<grpc::Status, std::string> ListServices(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  grpc::CompletionQueue queue;
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto call =
      stub.PrepareCall(&context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  next();
  // A ServerReflectionRequest: field 7, list_services, a text that is empty.
  const grpc::Slice list_services(std::string{'\x3A', '\0'});
  call->WriteLast(grpc::ByteBuffer(&list_services, 1), grpc::WriteOptions(), nullptr);
  next();
  std::pair<grpc::Status, std::string> answer;
  grpc::ByteBuffer response;
  call->Read(&response, nullptr);
  grpc::Slice slice;
  if (next() && response.DumpToSingleSlice(&slice).ok()) {
    answer.second.assign(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  call->Finish(&answer.first, nullptr);
  next();
  return answer;
}

TEST_F(DaemonTest, TellsNobodyItsServicesByReflection) {
  Daemon daemon(Serving());
  const auto [status, services] = ListServices(ChannelTo(daemon.FirstLine()));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << status.error_message();
  EXPECT_EQ(services, "");
}

TEST_F(DaemonTest, TellsItsServicesByReflectionIfItMay) {
  Daemon daemon(Serving({"--reflection"}));
  const auto [status, services] = ListServices(ChannelTo(daemon.FirstLine()));
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(services, HasSubstr("mentorlog.v1.PeopleService"));
}

TEST_F(DaemonTest, WantsADataFolder) {
  Daemon daemon({"--dev-identity"});
  EXPECT_EQ(daemon.Wait(), 1);
  EXPECT_THAT(daemon.Errors(), HasSubstr("--data-dir"));
}

TEST_F(DaemonTest, TakesItsFlagsFromTheEnvironment) {
  setenv("MENTORLOG_DATA_DIR", (dir_ + "/data").c_str(), 1);
  setenv("MENTORLOG_LISTEN", "127.0.0.1:0", 1);
  setenv("MENTORLOG_DEV_IDENTITY", "true", 1);
  Daemon daemon({});
  for (const char* name : {"MENTORLOG_DATA_DIR", "MENTORLOG_LISTEN", "MENTORLOG_DEV_IDENTITY"}) unsetenv(name);
  EXPECT_THAT(daemon.FirstLine(), StartsWith("mentorlogd listening"));
}

TEST_F(DaemonTest, TakesItsFlagsFromAFile) {
  const auto file = WriteFlags("");
  Daemon daemon({"--config", file});
  EXPECT_THAT(daemon.FirstLine(), StartsWith("mentorlogd listening on 127.0.0.1:"));
  EXPECT_TRUE(std::filesystem::exists(dir_ + "/data/logs"));
}

TEST_F(DaemonTest, TakesTheNameOfThatFileFromTheEnvironment) {
  setenv("MENTORLOG_CONFIG", WriteFlags("").c_str(), 1);
  Daemon daemon({});
  unsetenv("MENTORLOG_CONFIG");
  EXPECT_THAT(daemon.FirstLine(), StartsWith("mentorlogd listening on 127.0.0.1:"));
}

TEST_F(DaemonTest, BelievesAFlagBeforeTheFile) {
  Daemon daemon({"--config", WriteFlags(""), "--data-dir", dir_ + "/other"});
  EXPECT_THAT(daemon.FirstLine(), StartsWith("mentorlogd listening on 127.0.0.1:"));
  EXPECT_TRUE(std::filesystem::exists(dir_ + "/other/logs"));
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/data"));
}

TEST_F(DaemonTest, RefusesAFileWithAKeyThatIsNoFlag) {
  EXPECT_THAT(Refused({"--config", WriteFlags("checkpoint_dir=\"/mnt/other\"\n")}), HasSubstr("checkpoint_dir"));
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/data"));
}

TEST_F(DaemonTest, RefusesAFileOfFlagsThatIsNotThere) {
  const std::string nowhere = dir_ + "/nowhere.toml";
  EXPECT_THAT(Refused(Serving({"--config", nowhere})), HasSubstr(nowhere));
  setenv("MENTORLOG_CONFIG", nowhere.c_str(), 1);
  EXPECT_THAT(Refused(Serving()), HasSubstr(nowhere));
  unsetenv("MENTORLOG_CONFIG");
}

}  // namespace
}  // namespace mentorlog::server
