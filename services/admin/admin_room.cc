#include "services/admin/admin_room.h"

#include <memory>

#include "mentorlog/event/v1/log.pb.h"
#include "services/admin/admin_service.h"
#include "services/admin/stats_view.h"

namespace mentorlog::admin {

runtime::Room AdminRoom() {
  runtime::Room room;
  // What the log says of itself, as after a restore; nothing is decided on it.
  room.wrappers = {event::v1::LogEvent::descriptor()};
  room.views = [](const runtime::EventCodec&) {
    std::vector<std::unique_ptr<storage::View>> views;
    views.push_back(std::make_unique<StatsView>());
    return views;
  };
  room.services = [](const runtime::Edge& edge) {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(std::make_unique<AdminService>(edge));
    return services;
  };
  return room;
}

}  // namespace mentorlog::admin
