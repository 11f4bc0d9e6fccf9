// tests/services/runtime/lamp_room.h: the lamps as a room: a service whose handlers use the whole edge.
#ifndef MENTORLOG_TESTS_SERVICES_RUNTIME_LAMP_ROOM_H_
#define MENTORLOG_TESTS_SERVICES_RUNTIME_LAMP_ROOM_H_

#include <memory>
#include <utility>
#include <vector>

#include "lamp_service.grpc.pb.h"
#include "services/runtime/room.h"
#include "tests/services/runtime/lamps.h"

namespace mentorlog::runtime_test {

// A follower of nothing, to be waited for.
class Follower final : public storage::View {
 public:
  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record&, std::vector<std::string>&) const override {}
  absl::Status Fold(const storage::Record&, const std::string&, storage::Rows&) const override { return {}; }

 private:
  const storage::ViewInfo info_{7, "nothing", storage::ViewMode::kFollower, 1};
};

class LampHandlers final : public LampService::CallbackService {
 public:
  explicit LampHandlers(const runtime::Edge& edge) : edge_(edge) {}

  grpc::ServerUnaryReactor* SwitchLamp(grpc::CallbackServerContext* context, const SwitchLampRequest* request,
                                       SwitchLampResponse* response) override {
    runtime::Violations violations;
    const storage::StreamKey lamp{kLamp, violations.RequireId("lamp_id", request->lamp_id())};
    auto decide = [lamp, on = request->on()](const decider::Context&, decider::States& states) -> decider::Decision {
      LampState state;
      const auto loaded = states.Load(lamp, decider::Reliance::kExists, state);
      if (!loaded.ok()) return loaded.status();
      decider::Facts facts;
      facts.Advise("DATED_BEFORE_START", "on", "it burned already");
      if (state.on() == on) return facts;
      facts.facts.push_back(decider::MakeFact(lamp, Switched(on), storage::Day{20000}, {}));
      return facts;
    };
    return runtime::Mutate<SwitchLampRequest, SwitchLampResponse>(
        edge_, context, request, response, lamp, std::move(violations), decide,
        [](const runtime::Outcome& outcome, SwitchLampResponse& answer) {
          answer.set_records(static_cast<std::uint32_t>(outcome.records.size()));
        });
  }

  grpc::ServerUnaryReactor* GetLamp(grpc::CallbackServerContext* context, const GetLampRequest* request,
                                    GetLampResponse* response) override {
    return runtime::Answer(edge_, context, [&](const runtime::Read& read) {
      response->set_principal(read.caller.principal);
      LampState state;
      const auto loaded =
          edge_.desk.states.Load(read.snapshot, {kLamp, *storage::Id::FromBytes(request->lamp_id())}, state);
      response->set_on(state.on());
      return loaded.status();
    });
  }

  grpc::ServerUnaryReactor* FindLamp(grpc::CallbackServerContext* context, const FindLampRequest* request,
                                     FindLampResponse* response) override {
    return runtime::AnswerOnPool(edge_, context, {7}, [this, request, response](const runtime::Read& read) {
      LampState state;
      const auto loaded =
          edge_.desk.states.Load(read.snapshot, {kLamp, *storage::Id::FromBytes(request->lamp_id())}, state);
      response->set_on(state.on());
      return loaded.status();
    });
  }

 private:
  const runtime::Edge edge_;
};

inline runtime::Room LampRoom() {
  runtime::Room room;
  room.wrappers = {LampEvent::descriptor()};
  room.folds = LampFolds();
  room.views = [](const runtime::EventCodec&) {
    std::vector<std::unique_ptr<storage::View>> views;
    views.push_back(std::make_unique<Follower>());
    return views;
  };
  room.services = [](const runtime::Edge& edge) {
    std::vector<std::unique_ptr<grpc::Service>> services;
    services.push_back(std::make_unique<LampHandlers>(edge));
    return services;
  };
  return room;
}

}  // namespace mentorlog::runtime_test

#endif  // MENTORLOG_TESTS_SERVICES_RUNTIME_LAMP_ROOM_H_
