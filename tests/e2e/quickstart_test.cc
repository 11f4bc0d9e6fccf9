// `deploy/quickstart --stop` ends the server that this folder started, and no other program. The daemon is played by a
// program that waits: the script knows it by its path alone.
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

  std::unique_ptr<cli::TemporaryFolder> folder_;
};

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
  // Nothing is installed or built, and what plays the new daemon does not listen: that it was tried is told.
  const auto out =
      Shell("build/release/bin/mentorlogd",
            "for step in install-packages build; do printf '#!/bin/sh\\n' > deploy/$step; chmod +x deploy/$step; done\n"
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
