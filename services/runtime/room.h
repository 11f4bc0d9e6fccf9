// services/runtime/room.h: what a room gives to the server that wires it.
//
// Every room has `services/<room>/<room>_room.h` with one function, `runtime::Room PeopleRoom();`. The server asks
// all rooms for their wrappers, makes the codec from them, then the views, opens the ledger, and then makes the
// services. Plain values; used at start only.
#ifndef MENTORLOG_SERVICES_RUNTIME_ROOM_H_
#define MENTORLOG_SERVICES_RUNTIME_ROOM_H_

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

struct Room {
  // The wrappers of the stream kinds that this room owns, as in `PersonEvent::descriptor()`.
  std::vector<const google::protobuf::Descriptor*> wrappers;
  // One per wrapper whose streams have a decider state.
  std::vector<StateFold> folds;
  // Its views; the codec outlives them. Empty function: none.
  std::function<std::vector<std::unique_ptr<storage::View>>(const EventCodec& codec)> views;
  // Its gRPC services; what the edge refers to outlives them. Empty function: none.
  std::function<std::vector<std::unique_ptr<grpc::Service>>(const Edge& edge)> services;
};

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_ROOM_H_
