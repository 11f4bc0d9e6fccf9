// tests/services/runtime/executing.h: commands of the room of lamps, executed on a log that remembers what was
// proposed.
#ifndef MENTORLOG_TESTS_SERVICES_RUNTIME_EXECUTING_H_
#define MENTORLOG_TESTS_SERVICES_RUNTIME_EXECUTING_H_

#include <functional>
#include <future>
#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "services/runtime/execute.h"
#include "tests/services/runtime/lamps.h"
#include "tests/services/runtime/recording_ledger.h"

namespace mentorlog::runtime_test {

using decider::Context;
using decider::Decision;
using decider::Facts;
using decider::Reliance;
using decider::States;
using runtime::Command;
using runtime::Outcome;

class Executing : public ::testing::Test {
 protected:
  static Command CommandOf(std::uint8_t request, std::function<Decision(const Context&, States&)> decide) {
    Command command;
    command.name_space = "dev";
    command.request_id = IdOf(request);
    command.request_hash = std::string(32, static_cast<char>(request));
    command.actor.service = "dev";
    command.decide = std::move(decide);
    return command;
  }
  // Its answer to come.
  static std::future<absl::StatusOr<Outcome>> Begin(const runtime::Desk& desk, Command command) {
    // Shared: the thread that answers may still be in set_value when the answer is here.
    const auto answer = std::make_shared<std::promise<absl::StatusOr<Outcome>>>();
    runtime::Execute(desk, std::move(command),
                     [answer](absl::StatusOr<Outcome> outcome) { answer->set_value(std::move(outcome)); });
    return answer->get_future();
  }

  const runtime::EventCodec codec_ = LampCodec();
  const runtime::StateView view_{codec_, LampFolds(), 1};
  RecordingLedger ledger_{{&view_}};
  const StoppedClock clock_;
};

}  // namespace mentorlog::runtime_test

#endif  // MENTORLOG_TESTS_SERVICES_RUNTIME_EXECUTING_H_
