// services/assignments/assignments_room.h: what this room gives to the server that wires it.
#ifndef MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENTS_ROOM_H_
#define MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENTS_ROOM_H_

#include "services/runtime/room.h"

namespace mentorlog::assignments {

runtime::Room AssignmentsRoom();

}  // namespace mentorlog::assignments

#endif  // MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENTS_ROOM_H_
