// clients/cli/bench.h: what every loadtest stands on: a daemon, the limits beside it, and people to measure with.
//
// Not thread-safe.
#ifndef MENTORLOG_CLIENTS_CLI_BENCH_H_
#define MENTORLOG_CLIENTS_CLI_BENCH_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/cli/child_server.h"
#include "clients/cli/closed_loop.h"
#include "clients/cli/connection.h"
#include "clients/cli/status.h"
#include "grpcpp/channel.h"

namespace mentorlog::cli {

// How often a phase alternates with its limit, so that a drift of the machine cancels.
inline constexpr int kBenchRounds = 5;

// Relationships: of `mentor(i)` with `mentee(i)`, i < count.
struct Pairs {
  using PersonAt = std::function<const std::string&(std::uint64_t)>;
  std::uint64_t count = 0;
  PersonAt mentor;
  PersonAt mentee;
};

// Makes check-ins between the pairs, round robin, each a new request. `pairs` outlives it.
NextRequest CheckIns(const Pairs& pairs);

class Bench {
 public:
  // Starts `mentorlog-limits`, and a daemon of its own in a temporary folder unless `against` names a running one.
  static Maybe<std::unique_ptr<Bench>> Start(const std::string& against);

  const std::shared_ptr<grpc::Channel>& daemon() const { return daemon_channel_; }
  const std::shared_ptr<grpc::Channel>& limits() const { return limits_channel_; }
  // The data folder of the daemon of its own; empty if it was given one.
  const std::string& data_dir() const { return data_dir_; }
  // Calls of the daemon and of the limits one at a time.
  Connection& connection() { return *connection_; }
  std::optional<Failure> CallLimits(const google::protobuf::Message& request, google::protobuf::Message& response);

  // Registers `count` people (64 calls in flight) and answers their ids.
  Maybe<std::vector<std::string>> RegisterPeople(std::uint64_t count);
  // Starts the relationships.
  std::optional<Failure> StartRelationships(const Pairs& pairs);
  // Logs `count` check-ins between them, round robin.
  std::optional<Failure> LogCheckIns(std::uint64_t count, const Pairs& pairs);

  // The daemon of its own: how long a start took, from the process to its line.
  Maybe<std::chrono::microseconds> Restart(bool kill);
  std::optional<Failure> StopDaemon();

  // An empty call's phase.
  LoopResult Echo(int in_flight, std::chrono::milliseconds duration) const;
  // Adds the same of a call that is answered once the rows of a check-in, or also all that its index and the views keep
  // of it, are on the disk: in a database of its own, which does nothing any more when this returns.
  std::optional<Failure> MeasureDurableEcho(int in_flight, std::chrono::milliseconds duration, bool all_rows,
                                            LoopResult& result);

 private:
  Bench() = default;
  std::optional<Failure> StartDaemon();
  void Connect(const std::string& address);

  std::unique_ptr<TemporaryFolder> folder_;
  std::string data_dir_;
  std::unique_ptr<ChildServer> limits_;
  std::unique_ptr<ChildServer> daemon_;
  std::shared_ptr<grpc::Channel> limits_channel_;
  std::shared_ptr<grpc::Channel> daemon_channel_;
  std::unique_ptr<Connection> connection_;
};

// A channel of its own: no other shares its connection.
std::shared_ptr<grpc::Channel> NewBenchChannel(const std::string& address);
// The failure that a loop's first error amounts to; nullopt if all were answered.
std::optional<Failure> FailureOf(const LoopResult& result, const std::string& what);

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_BENCH_H_
