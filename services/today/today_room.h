// services/today/today_room.h: what this room gives to the server that wires it.
#ifndef MENTORLOG_SERVICES_TODAY_TODAY_ROOM_H_
#define MENTORLOG_SERVICES_TODAY_TODAY_ROOM_H_

#include "services/runtime/room.h"

namespace mentorlog::today {

// No stored events of its own: views and reads over those of others.
runtime::Room TodayRoom();

}  // namespace mentorlog::today

#endif  // MENTORLOG_SERVICES_TODAY_TODAY_ROOM_H_
