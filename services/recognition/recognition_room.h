// services/recognition/recognition_room.h: what this room gives to the server that wires it.
#ifndef MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_ROOM_H_
#define MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_ROOM_H_

#include "services/runtime/room.h"

namespace mentorlog::recognition {

runtime::Room RecognitionRoom();

}  // namespace mentorlog::recognition

#endif  // MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_ROOM_H_
