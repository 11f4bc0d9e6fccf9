// services/import/import_room.h: what the import gives to the server that wires it.
#ifndef MENTORLOG_SERVICES_IMPORT_IMPORT_ROOM_H_
#define MENTORLOG_SERVICES_IMPORT_IMPORT_ROOM_H_

#include "services/runtime/room.h"

namespace mentorlog::import {

// ImportService; no events, states or views of its own.
runtime::Room ImportRoom();

}  // namespace mentorlog::import

#endif  // MENTORLOG_SERVICES_IMPORT_IMPORT_ROOM_H_
