// tests/services/runtime/served_lamps.h: the service of lamps over a desk that a test made, with a pool of one thread.
#ifndef MENTORLOG_TESTS_SERVICES_RUNTIME_SERVED_LAMPS_H_
#define MENTORLOG_TESTS_SERVICES_RUNTIME_SERVED_LAMPS_H_

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "lamp_service.grpc.pb.h"
#include "services/runtime/execute.h"
#include "services/runtime/scan_pool.h"
#include "storage/refusal.h"
#include "tests/services/runtime/lamp_room.h"
#include "tests/services/runtime/lamps.h"
#include "tests/services/runtime/reason_of.h"

namespace mentorlog::runtime_test {

// `CODE REASON`, or "OK".
inline std::string Verdict(const absl::Status& status) {
  if (status.ok()) return "OK";
  return absl::StatusCodeToString(status.code()) + " " + storage::ReasonOf(status).value_or("no reason");
}

// Writes without an edge, on behalf of a service called `test`, and waits for the answer.
inline absl::StatusOr<runtime::Outcome> RunOn(
    const runtime::Desk& desk, std::uint8_t request,
    std::function<decider::Decision(const decider::Context&, decider::States&)> decide) {
  runtime::Command command;
  command.name_space = "test";
  command.request_id = IdOf(request);
  command.request_hash = std::string(32, static_cast<char>(request));
  command.actor.service = "test";
  command.decide = std::move(decide);
  // Shared: the thread that answers may still be in set_value when the answer is here.
  const auto answer = std::make_shared<std::promise<absl::StatusOr<runtime::Outcome>>>();
  runtime::Execute(desk, std::move(command),
                   [answer](absl::StatusOr<runtime::Outcome> outcome) { answer->set_value(std::move(outcome)); });
  return answer->get_future().get();
}

// The same, of one fact.
inline absl::StatusOr<runtime::Outcome> Append(const runtime::Desk& desk, std::uint8_t request, decider::Fact fact) {
  return RunOn(desk, request,
               [fact = std::move(fact)](const decider::Context&, decider::States& states) -> decider::Decision {
                 LampState state;
                 const auto loaded = states.Load(fact.stream, decider::Reliance::kExact, state);
                 if (!loaded.ok()) return loaded.status();
                 decider::Facts facts;
                 facts.facts.push_back(fact);
                 return facts;
               });
}

inline SwitchLampRequest Switching(std::uint8_t request, std::uint8_t lamp, bool on) {
  SwitchLampRequest message;
  message.set_request_id(IdOf(request).ToBytes());
  message.set_lamp_id(IdOf(lamp).ToBytes());
  message.set_on(on);
  return message;
}

class ServedLamps {
 public:
  // What is given outlives it.
  ServedLamps(const runtime::Desk& desk, const runtime::Identity& identity)
      : handlers_(runtime::Edge{desk, identity, pool_}) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&handlers_);
    server_ = builder.BuildAndStart();
    stub_ = LampService::NewStub(server_->InProcessChannel({}));
  }
  ~ServedLamps() { Stop(); }
  ServedLamps(const ServedLamps&) = delete;
  ServedLamps& operator=(const ServedLamps&) = delete;

  // Returns once every call has been answered. Idempotent.
  void Stop() { server_->Shutdown(); }
  LampService::Stub& stub() { return *stub_; }
  // One thread, and one place to wait for it.
  runtime::FixedScanPool& pool() { return pool_; }

 private:
  runtime::FixedScanPool pool_{1, 1};
  LampHandlers handlers_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<LampService::Stub> stub_;
};

}  // namespace mentorlog::runtime_test

#endif  // MENTORLOG_TESTS_SERVICES_RUNTIME_SERVED_LAMPS_H_
