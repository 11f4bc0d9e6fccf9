// clients/cli/status.h: how a call or a command of the client ended.
//
// Plain values. The client never parses a message: it branches on the reason of google.rpc.ErrorInfo.
#ifndef MENTORLOG_CLIENTS_CLI_STATUS_H_
#define MENTORLOG_CLIENTS_CLI_STATUS_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mentorlog::cli {

// What the process answers.
enum ExitCode : int { kOk = 0, kRefused = 1, kUsage = 2, kUnreachable = 3, kOutcomeUnknown = 4, kInterrupted = 130 };

// Why something was not done. `exit` is what the process should end with.
struct Failure {
  ExitCode exit = kRefused;
  // As in `NOT_FOUND`; empty for what the client itself found.
  std::string code;
  // As in `UNKNOWN_PERSON`; empty if the answer carries none.
  std::string reason;
  std::string message;
  // Field and what is wanted.
  std::vector<std::pair<std::string, std::string>> fields;
  std::map<std::string, std::string> values;
  std::optional<double> retry_after_s;
  // Hex; of a mutation whose outcome is not known.
  std::string request_id;
};

// What Ctrl-C leaves undone.
inline Failure CutShort() { return {kInterrupted, "", "", "interrupted", {}, {}, std::nullopt, ""}; }

// A value, or why there is none.
template <typename T>
class Maybe {
 public:
  Maybe(T value) : value_(std::move(value)) {}
  Maybe(Failure failure) : failure_(std::move(failure)) {}
  explicit operator bool() const { return value_.has_value(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }
  const Failure& failure() const { return failure_; }

 private:
  std::optional<T> value_;
  Failure failure_;
};

// A failure of how the command was typed.
inline Failure Usage(std::string message) { return {kUsage, "", "", std::move(message), {}, {}, std::nullopt, ""}; }

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_STATUS_H_
