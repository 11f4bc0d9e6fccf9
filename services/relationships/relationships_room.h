// services/relationships/relationships_room.h: what this room gives to the server.
#ifndef MENTORLOG_SERVICES_RELATIONSHIPS_RELATIONSHIPS_ROOM_H_
#define MENTORLOG_SERVICES_RELATIONSHIPS_RELATIONSHIPS_ROOM_H_

#include "services/runtime/room.h"

namespace mentorlog::relationships {

runtime::Room RelationshipsRoom();

}  // namespace mentorlog::relationships

#endif  // MENTORLOG_SERVICES_RELATIONSHIPS_RELATIONSHIPS_ROOM_H_
