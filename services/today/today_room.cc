#include "services/today/today_room.h"

#include "services/today/continuity_view.h"
#include "services/today/pair_view.h"
#include "services/today/timeline_view.h"
#include "services/today/today_service.h"

namespace mentorlog::today {

runtime::Room TodayRoom() {
  runtime::Room room;
  room.views = [](const runtime::EventCodec& codec) {
    std::vector<std::unique_ptr<storage::View>> views;
    views.push_back(std::make_unique<PairView>(codec));
    views.push_back(std::make_unique<TimelineView>(codec));
    views.push_back(std::make_unique<ContinuityView>(codec));
    return views;
  };
  room.services = [](const runtime::Edge& edge) {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(std::make_unique<TodayService>(edge));
    return services;
  };
  return room;
}

}  // namespace mentorlog::today
