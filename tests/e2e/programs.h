// tests/e2e/programs.h: a daemon of its own for a test, and the client as a user calls it.
#ifndef MENTORLOG_TESTS_E2E_PROGRAMS_H_
#define MENTORLOG_TESTS_E2E_PROGRAMS_H_

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "clients/cli/child_server.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace mentorlog::e2e {

using Json = nlohmann::ordered_json;

// What a program printed on its standard output, and how it ended.
struct Ended {
  std::string out;
  int exit = -1;
};

class Programs {
 public:
  Programs() {
    auto folder = cli::TemporaryFolder::Create();
    if (!folder.ok()) return;
    folder_ = *std::move(folder);
    Start("127.0.0.1:0");
  }

  // The daemon again, over the same data and on the same port. REQUIRES: it was stopped or killed.
  void StartAgain() {
    const auto address = daemon_->address();
    daemon_.reset();
    Start(address);
  }

  bool started() const { return daemon_ != nullptr; }
  const std::string& folder() const { return folder_->path(); }
  cli::ChildServer& daemon() { return *daemon_; }
  const std::string& address() const { return daemon_->address(); }
  pid_t daemon_pid() const { return daemon_->pid(); }

  // `mentorlog --server ... ARGUMENTS`, as a shell reads them.
  Ended Run(const std::string& arguments) const { return RunAt(daemon_->address(), arguments); }
  static Ended RunAt(const std::string& server, const std::string& arguments) {
    return Shell(cli::ProgramFolder() + "/mentorlog --server " + server + " " + arguments);
  }
  static Ended Shell(const std::string& line) {
    const auto command = "{ " + line + "\n} 2>&1";
    Ended ended;
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return ended;
    std::array<char, 65536> buffer;
    for (std::size_t count = fread(buffer.data(), 1, buffer.size(), pipe); count > 0;
         count = fread(buffer.data(), 1, buffer.size(), pipe)) {
      ended.out.append(buffer.data(), count);
    }
    const int status = pclose(pipe);
    ended.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ended;
  }
  // The same with --json, parsed.
  Json Answer(const std::string& arguments) const {
    const auto ended = Run("--json " + arguments);
    auto json = Json::parse(ended.out, nullptr, false);
    EXPECT_FALSE(json.is_discarded()) << arguments << "\n" << ended.out;
    return json;
  }

 private:
  void Start(const std::string& address) {
    auto daemon = cli::ChildServer::Start(
        "mentorlogd", {"--data-dir", folder_->path() + "/data", "--listen", address, "--dev-identity"},
        std::chrono::seconds(60));
    EXPECT_TRUE(daemon.ok()) << daemon.status();
    if (daemon.ok()) daemon_ = *std::move(daemon);
  }

  std::unique_ptr<cli::TemporaryFolder> folder_;
  std::unique_ptr<cli::ChildServer> daemon_;
};

}  // namespace mentorlog::e2e

#endif  // MENTORLOG_TESTS_E2E_PROGRAMS_H_
