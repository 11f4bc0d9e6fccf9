#include "services/feed/feed_room.h"

#include <memory>
#include <vector>

#include "services/feed/feed_service.h"

namespace mentorlog::feed {

runtime::Room FeedRoom() {
  runtime::Room room;
  room.services = [](const runtime::Edge& edge) {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(std::make_unique<FeedService>(edge));
    return services;
  };
  return room;
}

}  // namespace mentorlog::feed
