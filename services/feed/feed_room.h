// services/feed/feed_room.h: what the feed gives to the server that wires it.
#ifndef MENTORLOG_SERVICES_FEED_FEED_ROOM_H_
#define MENTORLOG_SERVICES_FEED_FEED_ROOM_H_

#include "services/runtime/room.h"

namespace mentorlog::feed {

// FeedService; no events, states or views of its own.
runtime::Room FeedRoom();

}  // namespace mentorlog::feed

#endif  // MENTORLOG_SERVICES_FEED_FEED_ROOM_H_
