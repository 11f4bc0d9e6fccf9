#include "services/relationships/relationships_room.h"

#include "services/relationships/relationship.h"
#include "services/relationships/relationships_service.h"
#include "services/relationships/touches_view.h"

namespace mentorlog::relationships {

runtime::Room RelationshipsRoom() {
  runtime::Room room;
  room.wrappers = {event::v1::RelationshipEvent::descriptor()};
  room.folds = {runtime::WithItems(runtime::MakeStateFold(kRelationshipKind, &EvolveInPlace), &CheckInOf,
                                   &CreatesCheckIn, &EvolveCheckIn)};
  room.folds_definition = 4;
  room.views = [](const runtime::EventCodec& codec) {
    std::vector<std::unique_ptr<storage::View>> views;
    views.push_back(std::make_unique<TouchesView>(codec));
    views.push_back(std::make_unique<RelationshipsOfView>(codec));
    return views;
  };
  room.services = [](const runtime::Edge& edge) {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(std::make_unique<RelationshipsService>(edge));
    return services;
  };
  return room;
}

}  // namespace mentorlog::relationships
