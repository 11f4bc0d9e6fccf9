// tests/services/runtime/lamps.h: a room of lamps, small enough to test what every room runs on.
#ifndef MENTORLOG_TESTS_SERVICES_RUNTIME_LAMPS_H_
#define MENTORLOG_TESTS_SERVICES_RUNTIME_LAMPS_H_

#include <string>
#include <utility>
#include <vector>

#include "lamp.pb.h"
#include "services/decider/decider.h"
#include "services/runtime/event_codec.h"
#include "services/runtime/state_view.h"
#include "storage/ledger.h"

namespace mentorlog::runtime_test {

inline constexpr std::uint8_t kLamp = 250;

// 2023-11-14T22:13:20Z, for ever.
class StoppedClock final : public storage::Clock {
 public:
  storage::Instant Now() const override { return {1'700'000'000'000'000}; }
  std::int64_t SteadyMicros() const override { return 0; }
};

inline storage::Id IdOf(std::uint8_t last) {
  storage::Id id;
  id.bytes[0] = 0xA0;
  id.bytes[15] = last;
  return id;
}
inline storage::StreamKey Lamp(std::uint8_t last) { return {kLamp, IdOf(last)}; }

inline LampState Evolve(LampState state, const LampEvent& event) {
  if (event.has_lamp_bought()) state.set_watts(event.lamp_bought().watts());
  if (event.has_lamp_switched()) {
    state.set_on(event.lamp_switched().on());
    state.set_switched(state.switched() + 1);
  }
  return state;
}

inline LampBought Bought(int watts, const std::string& label = "", const std::string& note = "") {
  LampBought event;
  event.set_watts(watts);
  if (!label.empty()) event.mutable_label()->set_text(label);
  if (!note.empty()) event.mutable_note()->set_text(note);
  return event;
}

inline LampSwitched Switched(bool on) {
  LampSwitched event;
  event.set_on(on);
  return event;
}

template <typename Event>
decider::Fact FactOf(std::uint8_t lamp, Event event) {
  return decider::MakeFact(Lamp(lamp), std::move(event), storage::Day{20000}, {IdOf(1), IdOf(2)});
}

inline runtime::EventCodec LampCodec() { return *runtime::EventCodec::Create({LampEvent::descriptor()}); }

inline std::vector<runtime::StateFold> LampFolds() { return {runtime::MakeStateFold(kLamp, &Evolve)}; }

}  // namespace mentorlog::runtime_test

#endif  // MENTORLOG_TESTS_SERVICES_RUNTIME_LAMPS_H_
