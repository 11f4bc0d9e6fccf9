#include "services/recognition/recognition_room.h"

#include <memory>
#include <vector>

#include "services/people/directory.h"
#include "services/recognition/recognition.h"
#include "services/recognition/recognition_service.h"
#include "services/recognition/recognition_view.h"

namespace mentorlog::recognition {

runtime::Room RecognitionRoom() {
  using event::v1::AdvocacyEvent;
  using event::v1::RecognitionEvent;
  runtime::Room room;
  room.wrappers = {RecognitionEvent::descriptor(), AdvocacyEvent::descriptor()};
  room.folds = {runtime::MakeStateFold<RecognitionState, RecognitionEvent>(kRecognitionKind, &Evolve),
                runtime::MakeStateFold<AdvocacyState, AdvocacyEvent>(kAdvocacyKind, &Evolve)};
  room.views = [](const runtime::EventCodec& codec) {
    std::vector<std::unique_ptr<storage::View>> views;
    views.push_back(std::make_unique<RecognitionView>(codec));
    views.push_back(std::make_unique<AdvocacyView>(codec));
    return views;
  };
  room.services = [](const runtime::Edge& edge) {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(std::make_unique<RecognitionService>(edge, std::make_unique<people::Directory>(edge.desk)));
    return services;
  };
  return room;
}

}  // namespace mentorlog::recognition
