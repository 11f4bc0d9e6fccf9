#include "clients/cli/follow.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <thread>
#include <utility>

namespace mentorlog::cli {
namespace {

using Steady = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// Whether the same subscription may well be served a little later.
bool MayBeOpenedAgain(const Failure& failure) {
  if (failure.exit == kInterrupted || failure.exit == kUsage) return false;
  // Without a reason it was not the daemon's decision: the connection broke, or the daemon went down under the call.
  const bool undecided = failure.reason.empty() && (failure.code == "UNKNOWN" || failure.code == "INTERNAL" ||
                                                    failure.code == "CANCELLED" || failure.code == "DEADLINE_EXCEEDED");
  return undecided || failure.exit == kUnreachable || failure.code == "UNAVAILABLE" ||
         failure.code == "RESOURCE_EXHAUSTED";
}

std::string Tenths(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", seconds);
  return text;
}

class Following {
 public:
  Following(Connection& connection, FollowOptions options, const Follower& follower)
      : connection_(connection), options_(std::move(options)), follower_(follower), random_(std::random_device{}()) {}

  std::optional<Failure> Run() {
    while (true) {
      auto failure = Once();
      if (Done()) return std::nullopt;
      if (Interrupted()) return failure ? *failure : CutShort();
      // A server that ends a subscription in good order is going down.
      if (!failure)
        failure = Failure{kUnreachable, "UNAVAILABLE", "", "mentorlogd ended the call", {}, {}, std::nullopt, ""};
      const bool never_reached = failure->exit == kUnreachable && log_id_.empty();
      if (never_reached || !MayBeOpenedAgain(*failure)) return failure;
      if (Steady::now() - heard_at_ >= Seconds(options_.patience_s)) {
        failure->message +=
            "; gave up after " + Tenths(options_.patience_s) + ", at position " + std::to_string(options_.after);
        return failure;
      }
      Wait(*failure);
    }
  }

 private:
  bool Done() const { return options_.events_max > 0 && given_ >= options_.events_max; }

  // One call; ends with the connection.
  std::optional<Failure> Once() {
    v1::SubscribeRequest open;
    auto& frame = *open.mutable_open();
    *frame.mutable_filter() = options_.filter;
    frame.set_after(options_.after);
    frame.set_log_id(log_id_);
    frame.set_epoch(epoch_);
    under_way_ = 0;
    frame.set_credit(More(options_.credit));
    under_way_ = frame.credit();
    v1::SubscribeResponse prototype;
    return connection_.Converse(open, prototype, options_.quiet_max_s, [&](const google::protobuf::Message& message) {
      return Heard(static_cast<const v1::SubscribeResponse&>(message));
    });
  }

  // At most `wanted`, and no more than will be given at all.
  std::uint32_t More(std::uint32_t wanted) const {
    if (options_.events_max == 0) return wanted;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, options_.events_max - given_ - under_way_));
  }

  Next Heard(const v1::SubscribeResponse& frame) {
    using Frame = v1::SubscribeResponse;
    // A call that is taken and broken again and again is no better than none.
    if (frame.frame_case() != Frame::kConfirmed) {
      heard_at_ = Steady::now();
      tries_ = 0;
    }
    switch (frame.frame_case()) {
      case Frame::kConfirmed:
        log_id_ = frame.confirmed().log_id();
        epoch_ = frame.confirmed().epoch();
        if (std::exchange(lost_, false))
          follower_.note("connected again, going on after position " + std::to_string(options_.after));
        break;
      case Frame::kBatch:
        return Take(frame.batch());
      case Frame::kProgress:
        options_.after = std::max(options_.after, frame.progress().position());
        break;
      case Frame::kCaughtUp:
        options_.after = std::max(options_.after, frame.caught_up().position());
        break;
      // What this server does not send yet, or what a newer one does.
      default:
        break;
    }
    return {};
  }

  Next Take(const v1::SubscribeResponse::EventBatch& batch) {
    const auto events = static_cast<std::uint64_t>(batch.events_size());
    under_way_ -= std::min(under_way_, events);
    for (const auto& event : batch.events()) {
      if (event.position() <= options_.after || Done()) continue;
      follower_.event(event);
      options_.after = event.position();
      ++given_;
    }
    if (Done() || Interrupted()) return {false, nullptr};
    // Half a window at a time: neither a frame per event, nor a server that waits for room.
    if (under_way_ > options_.credit / 2) return {};
    const auto more = More(options_.credit - static_cast<std::uint32_t>(under_way_));
    if (more == 0) return {};
    under_way_ += more;
    credit_.mutable_credit()->set_events(more);
    return {true, &credit_};
  }

  void Wait(const Failure& failure) {
    const double longest =
        std::min(options_.back_off_max_s, options_.back_off_first_s * static_cast<double>(1U << std::min(tries_, 20U)));
    ++tries_;
    double pause = longest * std::uniform_real_distribution<double>(0.5, 1)(random_);
    if (failure.retry_after_s)
      pause = std::clamp(*failure.retry_after_s, pause, std::max(pause, options_.back_off_max_s));
    if (!std::exchange(lost_, true)) {
      follower_.note(failure.message + "; trying again, after position " + std::to_string(options_.after));
    }
    const auto until = Steady::now() + Seconds(pause);
    while (!Interrupted() && Steady::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }

  Connection& connection_;
  // `after` moves on.
  FollowOptions options_;
  const Follower& follower_;
  std::minstd_rand random_;
  // Of the log that was opened first; empty before.
  std::string log_id_;
  std::uint32_t epoch_ = 0;
  std::uint64_t given_ = 0;
  // Credit that was given and not used, of this call.
  std::uint64_t under_way_ = 0;
  v1::SubscribeRequest credit_;
  // Tries since the last frame.
  unsigned tries_ = 0;
  bool lost_ = false;
  Steady::time_point heard_at_ = Steady::now();
};

}  // namespace

std::optional<Failure> FollowLog(Connection& connection, FollowOptions options, const Follower& follower) {
  return Following(connection, std::move(options), follower).Run();
}

}  // namespace mentorlog::cli
