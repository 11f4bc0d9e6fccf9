// clients/cli/follow.h: the log as it grows, over FeedService.Subscribe.
//
// Outlives a lost connection: it opens again after the last position that it was told of, in the same log and epoch,
// and waits longer each time, with jitter, so that many followers do not come back in one moment. An event is given
// once. Single-threaded.
#ifndef MENTORLOG_CLIENTS_CLI_FOLLOW_H_
#define MENTORLOG_CLIENTS_CLI_FOLLOW_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "clients/cli/connection.h"
#include "clients/cli/status.h"
#include "mentorlog/v1/feed_service.pb.h"

namespace mentorlog::cli {

struct FollowOptions {
  v1::EventFilter filter;
  // Begins after this position.
  std::uint64_t after = 0;
  // Ends after so many events; 0: with Ctrl-C.
  std::uint64_t events_max = 0;
  // How many events may be on their way, 1 to 100000.
  std::uint32_t credit = 4096;
  double back_off_first_s = 0.25;
  double back_off_max_s = 15;
  // Gives up when nothing was heard for so long.
  double patience_s = 600;
  // A server that is well says something every 2 s.
  double quiet_max_s = 20;
};

struct Follower {
  std::function<void(const v1::FeedEvent&)> event;
  // A sentence on the connection, for the person.
  std::function<void(const std::string&)> note;
};

// nullopt: `events_max` were given. Otherwise why it ended: interrupted, refused, unreachable at the first try or for
// longer than the patience.
std::optional<Failure> FollowLog(Connection& connection, FollowOptions options, const Follower& follower);

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_FOLLOW_H_
