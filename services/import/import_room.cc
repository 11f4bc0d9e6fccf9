#include "services/import/import_room.h"

#include "services/import/import_service.h"

namespace mentorlog::import {

runtime::Room ImportRoom() {
  runtime::Room room;
  room.services = [](const runtime::Edge& edge) {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(std::make_unique<ImportService>(edge));
    return services;
  };
  return room;
}

}  // namespace mentorlog::import
