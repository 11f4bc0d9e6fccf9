// The program itself: what it prints, how it ends.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mentorlog::server {
namespace {

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
  std::vector<std::string> Serving() const {
    return {"--data-dir", dir_ + "/data", "--listen", "127.0.0.1:0", "--dev-identity"};
  }

  std::string dir_;
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

}  // namespace
}  // namespace mentorlog::server
