// services/people/people_room.h: what this room gives to the server that wires it.
#ifndef MENTORLOG_SERVICES_PEOPLE_PEOPLE_ROOM_H_
#define MENTORLOG_SERVICES_PEOPLE_PEOPLE_ROOM_H_

#include "services/runtime/room.h"

namespace mentorlog::people {

runtime::Room PeopleRoom();

}  // namespace mentorlog::people

#endif  // MENTORLOG_SERVICES_PEOPLE_PEOPLE_ROOM_H_
