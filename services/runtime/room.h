// services/runtime/room.h: what a room gives to the server that wires it.
//
// Every room has `services/<room>/<room>_room.h` with one function, `runtime::Room PeopleRoom();`. The server asks
// all rooms for their wrappers, makes the codec from them, then the views, opens the ledger, and then makes the
// services and the workers. Plain values; used at start only.
#ifndef MENTORLOG_SERVICES_RUNTIME_ROOM_H_
#define MENTORLOG_SERVICES_RUNTIME_ROOM_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "grpcpp/impl/service_type.h"
#include "services/runtime/call.h"
#include "services/runtime/event_codec.h"
#include "services/runtime/state_view.h"
#include "storage/view.h"

namespace mentorlog::runtime {

// What works by itself while the server runs, such as the steward: starts when made, and its destructor ends it and
// waits until it has ended. It writes through Execute like everybody.
class Worker {
 public:
  virtual ~Worker() = default;
  // OK, or why it does not get on: part of the daemon's health. Thread-safe.
  virtual absl::Status Health() const = 0;
};

// A service with calls that do not end by themselves, such as a subscription, is this too.
class EndlessCalls {
 public:
  virtual ~EndlessCalls() = default;
  // The daemon is about to end: answers each such call UNAVAILABLE SHUTTING_DOWN as soon as nothing is being written on
  // it, and those that still come at once. Thread-safe; idempotent.
  virtual void EndCalls() = 0;
};

struct Room {
  // The wrappers of the stream kinds that this room owns, as in `PersonEvent::descriptor()`.
  std::vector<const google::protobuf::Descriptor*> wrappers;
  // One per wrapper whose streams have a decider state.
  std::vector<StateFold> folds;
  // Grows whenever one of these folds or state messages changes: states of another definition are not read.
  std::uint32_t folds_definition = 1;
  // Its views; the codec outlives them. Empty function: none.
  std::function<std::vector<std::unique_ptr<storage::View>>(const EventCodec& codec)> views;
  // Its gRPC services; what the edge refers to outlives them. Empty function: none.
  std::function<std::vector<std::unique_ptr<grpc::Service>>(const Edge& edge)> services;
  // Its worker; what the desk refers to outlives it. Empty function: none.
  std::function<std::unique_ptr<Worker>(const Desk& desk)> worker;
};

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_ROOM_H_
