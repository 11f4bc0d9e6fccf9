// clients/cli/child_server.h: a server program beside this client, started for the length of a measurement.
//
// Not thread-safe.
#ifndef MENTORLOG_CLIENTS_CLI_CHILD_SERVER_H_
#define MENTORLOG_CLIENTS_CLI_CHILD_SERVER_H_

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mentorlog::cli {

// The folder of this program, where its companions lie.
std::string ProgramFolder();

// A folder that is removed with the object.
class TemporaryFolder {
 public:
  // INTERNAL if none could be made below TMPDIR or /tmp.
  static absl::StatusOr<std::unique_ptr<TemporaryFolder>> Create();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  const std::string path_;
};

class ChildServer {
 public:
  // Which MENTORLOG_* variables it is given: this program's, or none of them. The rest of the environment is the same.
  enum class Settings : std::uint8_t { kOfThisProgram, kNone };

  // Starts `program` from ProgramFolder() and waits, at most `patience`, until it prints "listening on ADDRESS".
  // NOT_FOUND: no such program. UNAVAILABLE: it ended or stayed silent; its output is in the message.
  static absl::StatusOr<std::unique_ptr<ChildServer>> Start(const std::string& program,
                                                            const std::vector<std::string>& arguments,
                                                            std::chrono::seconds patience,
                                                            Settings settings = Settings::kOfThisProgram);
  // Kills what still runs.
  ~ChildServer();
  ChildServer(const ChildServer&) = delete;
  ChildServer& operator=(const ChildServer&) = delete;

  const std::string& address() const { return address_; }
  // 0 once it was stopped or killed.
  pid_t pid() const { return pid_; }
  // From the start of the process to its line.
  std::chrono::microseconds time_to_listen() const { return time_to_listen_; }
  // SIGTERM, then waits at most 30 s; UNAVAILABLE if it did not end with 0.
  absl::Status Stop();
  // SIGKILL.
  void Kill();

 private:
  ChildServer(pid_t pid, int output) : pid_(pid), output_(output) {}
  absl::Status WaitForAddress(const std::string& program, std::chrono::seconds patience);
  // Reads on what the child says, so that it never waits for us; ends with the child.
  void Drain();

  pid_t pid_;
  int output_;
  std::string address_;
  std::chrono::microseconds time_to_listen_{0};
  std::thread drain_;
};

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_CHILD_SERVER_H_
