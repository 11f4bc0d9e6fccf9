// tests/e2e/running.h: the client while it runs: what it has said so far, signals to it, its end.
//
// Its output goes to files, as to a pipe: nothing is seen before it is flushed. Not thread-safe.
#ifndef MENTORLOG_TESTS_E2E_RUNNING_H_
#define MENTORLOG_TESTS_E2E_RUNNING_H_

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "clients/cli/child_server.h"

namespace mentorlog::e2e {

// Whether `holds` became true in time.
inline bool Within(std::chrono::seconds patience, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

class Running {
 public:
  // Starts `mentorlog --server SERVER ARGUMENTS`; `folder` takes its output and outlives this.
  Running(const std::string& folder, const std::string& server, const std::vector<std::string>& arguments)
      : out_(folder + "/running.out"), err_(folder + "/running.err") {
    std::vector<std::string> words{cli::ProgramFolder() + "/mentorlog", "--server", server};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const int out = open(out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const int err = open(err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out, STDOUT_FILENO);
      dup2(err, STDERR_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(out);
    close(err);
  }
  ~Running() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  std::string out() const { return Text(out_); }
  std::string err() const { return Text(err_); }
  void Signal(int signal) const { kill(pid_, signal); }
  // What it has started and what still runs of it.
  std::vector<pid_t> Children() const {
    std::vector<pid_t> children;
    const auto pid = std::to_string(pid_);
    std::istringstream text(Text("/proc/" + pid + "/task/" + pid + "/children"));
    for (pid_t child = 0; text >> child;) children.push_back(child);
    return children;
  }
  // How it ended; -1 if it did not end within 30 s or not by itself.
  int Wait() {
    int how = 0;
    if (!Within(std::chrono::seconds(30), [&] { return waitpid(pid_, &how, WNOHANG) == pid_; })) return -1;
    pid_ = 0;
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
  }

 private:
  static std::string Text(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  const std::string out_;
  const std::string err_;
  pid_t pid_ = 0;
};

}  // namespace mentorlog::e2e

#endif  // MENTORLOG_TESTS_E2E_RUNNING_H_
