#include "services/server/rooms.h"

#include "services/admin/admin_room.h"
#include "services/assignments/assignments_room.h"
#include "services/feed/feed_room.h"
#include "services/import/import_room.h"
#include "services/people/people_room.h"
#include "services/recognition/recognition_room.h"
#include "services/relationships/relationships_room.h"
#include "services/steward/steward_room.h"
#include "services/today/today_room.h"

namespace mentorlog::server {

std::vector<runtime::Room> AllRooms() {
  std::vector<runtime::Room> rooms;
  rooms.push_back(people::PeopleRoom());
  rooms.push_back(relationships::RelationshipsRoom());
  rooms.push_back(recognition::RecognitionRoom());
  rooms.push_back(assignments::AssignmentsRoom());
  rooms.push_back(today::TodayRoom());
  rooms.push_back(steward::StewardRoom());
  rooms.push_back(import::ImportRoom());
  rooms.push_back(feed::FeedRoom());
  rooms.push_back(admin::AdminRoom());
  return rooms;
}

std::vector<const google::protobuf::Descriptor*> WrappersOf(const std::vector<runtime::Room>& rooms) {
  std::vector<const google::protobuf::Descriptor*> wrappers;
  for (const auto& room : rooms) wrappers.insert(wrappers.end(), room.wrappers.begin(), room.wrappers.end());
  return wrappers;
}

}  // namespace mentorlog::server
