#include "services/assignments/assignments_room.h"

#include <memory>
#include <vector>

#include "services/assignments/assignment.h"
#include "services/assignments/assignments_service.h"
#include "services/assignments/assignments_view.h"
#include "services/people/directory.h"

namespace mentorlog::assignments {

runtime::Room AssignmentsRoom() {
  runtime::Room room;
  room.wrappers = {event::v1::AssignmentEvent::descriptor()};
  room.folds = {runtime::MakeStateFold(kAssignmentKind, &Evolve)};
  room.views = [](const runtime::EventCodec& codec) {
    std::vector<std::unique_ptr<storage::View>> views;
    views.push_back(std::make_unique<AssignmentsView>(codec));
    return views;
  };
  room.services = [](const runtime::Edge& edge) {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(std::make_unique<AssignmentsService>(edge, std::make_unique<people::Directory>(edge.desk)));
    return services;
  };
  return room;
}

}  // namespace mentorlog::assignments
