// `deploy/quickstart` shows the main job, from any folder and again. `--stop` ends the server that this folder started,
// and no other program: there the daemon is played by a program that waits, as the script knows it by its path alone.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "tests/e2e/programs.h"

namespace mentorlog::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class Quickstart : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = cli::TemporaryFolder::Create();
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_ = *std::move(folder);
    const fs::path root = folder_->path();
    for (const auto* part : {"deploy", "build/release/bin", ".run"}) fs::create_directories(root / part);
    fs::copy_file(fs::path(MENTORLOG_SOURCE_DIR) / "deploy/quickstart", root / "deploy/quickstart");
  }

  // What a shell in the folder prints. `program` waits in the background as $pid; then come the lines of the script.
  std::string Shell(const std::string& program, const std::string& lines) const {
    const auto path = folder_->path() + "/script";
    std::ofstream(path)
        << "cd " << folder_->path() << "\n"
        << "cp /bin/sleep build/release/bin/mentorlogd\n"
        << program
        << " 60 >/dev/null 2>&1 &\npid=$!\necho $pid > .run/pid\n"
        // A job's end by kill -9 would be told by the shell, or not, as its own end comes first.
        << "disown $pid\n"
        // Until the child has become the program.
        << "while [ \"$(readlink /proc/$pid/exe)\" = \"$(readlink /proc/$$/exe)\" ]; do sleep 0.01; done\n"
        << lines << "\nif kill -0 $pid 2>/dev/null; then echo runs; kill -9 $pid; fi\n";
    std::string out;
    FILE* pipe = popen(("bash " + path + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return out;
    for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) out.push_back(static_cast<char>(c));
    pclose(pipe);
    return out;
  }

  // Nothing is installed or built: those steps do nothing.
  void SkipSteps() const {
    for (const auto* step : {"install-packages", "build"}) {
      const auto path = fs::path(folder_->path()) / "deploy" / step;
      std::ofstream(path) << "#!/bin/sh\n";
      fs::permissions(path, fs::perms::owner_all);
    }
  }

  std::unique_ptr<cli::TemporaryFolder> folder_;
};

// A port of 127.0.0.1 that was free a moment ago; 0 if there is none.
int FreePort() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

TEST_F(Quickstart, ShowsTheMainJobFromAnyFolderAndAgain) {
  SkipSteps();
  const fs::path root = folder_->path();
  fs::copy(fs::path(MENTORLOG_SOURCE_DIR) / "deploy/sample", root / "deploy/sample");
  fs::remove(root / "build/release/bin");
  fs::create_directory_symlink(cli::ProgramFolder(), root / "build/release/bin");
  const auto once = [&] {
    Ended ended;
    // Another program may take the port before the daemon does.
    for (int i = 0; i < 5 && ended.exit != 0; ++i) {
      ended = Programs::Shell("cd / && MENTORLOG_LISTEN=127.0.0.1:" + std::to_string(FreePort()) + " " + root.string() +
                              "/deploy/quickstart --once");
      if (ended.out.find("mentorlogd did not start") == std::string::npos) break;
    }
    return ended;
  };
  for (const auto* imported : {"check_ins.csv      874", "check_ins.csv      0      874"}) {
    const auto shown = once();
    EXPECT_EQ(shown.exit, 0) << shown.out;
    EXPECT_THAT(shown.out, HasSubstr(imported)) << "the second run adds nothing";
    const auto today = shown.out.find("$ mentorlog today margit");
    const auto timeline = shown.out.find("$ mentorlog timeline margit nadia");
    ASSERT_LT(today, timeline) << shown.out;
    EXPECT_THAT(shown.out.substr(today, timeline - today), HasSubstr("* Rafael Lindqvist: The last touch with "));
    EXPECT_THAT(shown.out.substr(timeline), HasSubstr("Nadia Petrov"));
    EXPECT_THAT(shown.out, HasSubstr("with a check-in after the first move"));
    EXPECT_THAT(shown.out, HasSubstr("The server is stopped (--once)."));
    EXPECT_FALSE(fs::exists(root / ".run/pid"));
  }
}

TEST_F(Quickstart, StopsTheRunningDaemon) {
  EXPECT_EQ(Shell("build/release/bin/mentorlogd", "deploy/quickstart --stop"), "mentorlogd is stopped.\n");
}

TEST_F(Quickstart, StopsADaemonThatWasBuiltAnewSince) {
  EXPECT_EQ(Shell("build/release/bin/mentorlogd",
                  "rm build/release/bin/mentorlogd; cp /bin/sleep build/release/bin/mentorlogd\n"
                  "deploy/quickstart --stop"),
            "mentorlogd is stopped.\n");
}

TEST_F(Quickstart, StartsTheNewOneInTheOldOnesPlace) {
  // What plays the new daemon does not listen: that it was tried is told.
  SkipSteps();
  const auto out = Shell("build/release/bin/mentorlogd",
                         "rm build/release/bin/mentorlogd; cp /bin/sleep build/release/bin/mentorlogd\n"
                         "deploy/quickstart --once");
  EXPECT_THAT(out, HasSubstr("mentorlogd was built anew"));
  EXPECT_THAT(out, HasSubstr("mentorlogd did not start"));
  EXPECT_THAT(out, Not(HasSubstr("runs\n")));
}

TEST_F(Quickstart, LeavesAnotherProgramAlone) {
  EXPECT_EQ(Shell("/bin/sleep", "deploy/quickstart --stop"), "mentorlogd is stopped.\nruns\n");
}

}  // namespace
}  // namespace mentorlog::e2e
