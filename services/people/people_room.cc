#include "services/people/people_room.h"

#include "services/people/headcount_view.h"
#include "services/people/people_service.h"
#include "services/people/person.h"
#include "services/people/person_view.h"

namespace mentorlog::people {

runtime::Room PeopleRoom() {
  runtime::Room room;
  room.wrappers = {event::v1::PersonEvent::descriptor(), event::v1::ExternalEvent::descriptor()};
  room.folds = {runtime::MakeStateFold(kPersonKind, &Evolve), runtime::MakeStateFold(kExternalKind, &EvolveExternal)};
  room.folds_definition = 3;
  room.views = [](const runtime::EventCodec& codec) {
    std::vector<std::unique_ptr<storage::View>> views;
    views.push_back(std::make_unique<PersonView>(codec));
    views.push_back(std::make_unique<HeadcountView>(codec));
    return views;
  };
  room.services = [](const runtime::Edge& edge) {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(std::make_unique<PeopleService>(edge));
    return services;
  };
  return room;
}

}  // namespace mentorlog::people
