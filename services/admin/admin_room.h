// services/admin/admin_room.h: what the server wires of this room.
#ifndef MENTORLOG_SERVICES_ADMIN_ADMIN_ROOM_H_
#define MENTORLOG_SERVICES_ADMIN_ADMIN_ROOM_H_

#include "services/runtime/room.h"

namespace mentorlog::admin {

runtime::Room AdminRoom();

}  // namespace mentorlog::admin

#endif  // MENTORLOG_SERVICES_ADMIN_ADMIN_ROOM_H_
