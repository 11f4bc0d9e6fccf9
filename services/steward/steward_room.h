// services/steward/steward_room.h: what the steward gives to the server that wires it.
#ifndef MENTORLOG_SERVICES_STEWARD_STEWARD_ROOM_H_
#define MENTORLOG_SERVICES_STEWARD_STEWARD_ROOM_H_

#include "services/runtime/room.h"

namespace mentorlog::steward {

// Its index of relationships, and itself as a worker.
runtime::Room StewardRoom();

}  // namespace mentorlog::steward

#endif  // MENTORLOG_SERVICES_STEWARD_STEWARD_ROOM_H_
