#include "services/steward/steward_room.h"

#include <memory>
#include <vector>

#include "services/steward/steward.h"
#include "services/steward/steward_view.h"

namespace mentorlog::steward {

runtime::Room StewardRoom() {
  runtime::Room room;
  room.views = [](const runtime::EventCodec&) {
    std::vector<std::unique_ptr<storage::View>> views;
    views.push_back(std::make_unique<StewardView>());
    return views;
  };
  room.worker = [](const runtime::Desk& desk) -> std::unique_ptr<runtime::Worker> {
    auto steward = std::make_unique<Steward>(desk, Policies{});
    steward->Start();
    return steward;
  };
  return room;
}

}  // namespace mentorlog::steward
