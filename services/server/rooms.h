// services/server/rooms.h: every room of this build, in one list.
#ifndef MENTORLOG_SERVICES_SERVER_ROOMS_H_
#define MENTORLOG_SERVICES_SERVER_ROOMS_H_

#include <vector>

#include "services/runtime/room.h"

namespace mentorlog::server {

std::vector<runtime::Room> AllRooms();

// The wrappers of all rooms: every stored event of this build.
std::vector<const google::protobuf::Descriptor*> WrappersOf(const std::vector<runtime::Room>& rooms);

}  // namespace mentorlog::server

#endif  // MENTORLOG_SERVICES_SERVER_ROOMS_H_
