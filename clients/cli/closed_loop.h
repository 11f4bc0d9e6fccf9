// clients/cli/closed_loop.h: a closed loop of unary calls: N in flight, each answered one followed by the next.
//
// Speaks to any method with serialised bytes, over a completion queue (a callback client would take the handler
// threads' processor time). One thread.
#ifndef MENTORLOG_CLIENTS_CLI_CLOSED_LOOP_H_
#define MENTORLOG_CLIENTS_CLI_CLOSED_LOOP_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "grpcpp/channel.h"

namespace mentorlog::cli {

// What a phase of calls came to. Phases of one kind add up.
struct LoopResult {
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::uint64_t elapsed_us = 0;
  // One per answered call.
  std::vector<std::uint32_t> latency_us;
  // The first failure, for the report.
  std::string first_error;

  void Add(const LoopResult& other);
  double per_second() const;
  // The q-quantile of the latencies, 0 <= q <= 1; 0 if there is none.
  std::uint32_t Quantile(double q) const;
};

// Makes the next request of a call.
using NextRequest = std::function<const google::protobuf::Message&()>;

// Runs calls of `method` ("/package.Service/Method") for `duration` with `in_flight` at once, then waits for those that
// are out. `metadata` is sent with each.
LoopResult RunClosedLoop(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                         const NextRequest& next, int in_flight, std::chrono::milliseconds duration);

// As RunClosedLoop, until `count` calls were sent; `answer` is given every answer's bytes.
LoopResult RunCount(const std::shared_ptr<grpc::Channel>& channel, const std::string& method, const NextRequest& next,
                    int in_flight, std::uint64_t count, const std::function<void(const std::string&)>& answer);

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_CLOSED_LOOP_H_
