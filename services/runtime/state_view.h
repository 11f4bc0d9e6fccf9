// services/runtime/state_view.h: the inline view of decider states, one row per stream.
//
// A room registers its wrapper, its state message and its Evolve; this view folds every record of that kind. When
// the stored definition differs from the binary's, states are folded from their own stream instead, so that
// writes never wait for a build.
#ifndef MENTORLOG_SERVICES_RUNTIME_STATE_VIEW_H_
#define MENTORLOG_SERVICES_RUNTIME_STATE_VIEW_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "google/protobuf/message.h"
#include "mentorlog/log/v1/record.pb.h"
#include "services/runtime/event_codec.h"
#include "services/runtime/scratch.h"
#include "storage/view.h"

namespace mentorlog::runtime {

// View id of the states; ids 2 to 9 are the runtime's, rooms start at 10.
inline constexpr std::uint16_t kStateViewId = 1;

// Lends an empty message of some type to `use`.
using Lend = absl::Status (*)(absl::FunctionRef<absl::Status(google::protobuf::Message&)> use);
template <typename Message>
absl::Status LendScratch(absl::FunctionRef<absl::Status(google::protobuf::Message&)> use) {
  const Scratch<Message> message;
  return use(*message);
}

// How the states of one stream kind are folded, with the types erased.
struct StateFold {
  std::uint8_t kind = 0;
  // Prototypes of the wrapper and of the state.
  const google::protobuf::Message* wrapper = nullptr;
  const google::protobuf::Message* state = nullptr;
  // state := Evolve(state, header, event). State and event are of the registered types; the event has no sealed part.
  std::function<void(google::protobuf::Message& state, const log::v1::Header& header,
                     const google::protobuf::Message& event)>
      evolve;
  Lend lend_state = nullptr;

  // Items: the many things of one stream (check-ins) that a state cannot list and a decision may ask for one by one.
  // A row each, beside the state's. Null and empty where a kind has none.
  const google::protobuf::Message* item = nullptr;
  // The item that the event changes; nullopt: none.
  std::function<std::optional<storage::Id>(const google::protobuf::Message& event)> item_of = nullptr;
  // Whether the event is an item's first: there is no row of it yet, and none is looked for.
  std::function<bool(const google::protobuf::Message& event)> creates_item = nullptr;
  // item := EvolveItem(item, header, event), from an empty message on.
  std::function<void(google::protobuf::Message& item, const log::v1::Header& header,
                     const google::protobuf::Message& event)>
      evolve_item = nullptr;
  Lend lend_item = nullptr;
};

// A fold from a room's `State Evolve(State, const Event&)`.
template <typename State, typename Event>
StateFold MakeStateFold(std::uint8_t kind, State (*evolve)(State, const Event&)) {
  return {kind, &Event::default_instance(), &State::default_instance(),
          [evolve](google::protobuf::Message& state, const log::v1::Header&, const google::protobuf::Message& event) {
            auto& typed = static_cast<State&>(state);
            typed = evolve(std::move(typed), static_cast<const Event&>(event));
          },
          &LendScratch<State>};
}

// A fold from a room's `State Evolve(State, const log::v1::Header&, const Event&)`: for states that keep the day of a
// fact (header.occurred_on), its revision or its actor.
template <typename State, typename Event>
StateFold MakeStateFold(std::uint8_t kind, State (*evolve)(State, const log::v1::Header&, const Event&)) {
  return {kind, &Event::default_instance(), &State::default_instance(),
          [evolve](google::protobuf::Message& state, const log::v1::Header& header,
                   const google::protobuf::Message& event) {
            auto& typed = static_cast<State&>(state);
            typed = evolve(std::move(typed), header, static_cast<const Event&>(event));
          },
          &LendScratch<State>};
}

// The same, from a room's `void Evolve(State&, const log::v1::Header&, const Event&)`: for states that are folded so
// often that moving them in and out counts.
template <typename State, typename Event>
StateFold MakeStateFold(std::uint8_t kind, void (*evolve)(State&, const log::v1::Header&, const Event&)) {
  return {kind, &Event::default_instance(), &State::default_instance(),
          [evolve](google::protobuf::Message& state, const log::v1::Header& header,
                   const google::protobuf::Message& event) {
            evolve(static_cast<State&>(state), header, static_cast<const Event&>(event));
          },
          &LendScratch<State>};
}

// Adds items to a fold, from a room's `std::optional<Id> ItemOf(const Event&)`, `bool CreatesItem(const Event&)` and
// `void EvolveItem(Item&, const log::v1::Header&, const Event&)`.
template <typename Item, typename Event>
StateFold WithItems(StateFold fold, std::optional<storage::Id> (*item_of)(const Event&),
                    bool (*creates_item)(const Event&),
                    void (*evolve_item)(Item&, const log::v1::Header&, const Event&)) {
  fold.item = &Item::default_instance();
  fold.item_of = [item_of](const google::protobuf::Message& event) {
    return item_of(static_cast<const Event&>(event));
  };
  fold.creates_item = [creates_item](const google::protobuf::Message& event) {
    return creates_item(static_cast<const Event&>(event));
  };
  fold.evolve_item = [evolve_item](google::protobuf::Message& item, const log::v1::Header& header,
                                   const google::protobuf::Message& event) {
    evolve_item(static_cast<Item&>(item), header, static_cast<const Event&>(event));
  };
  fold.lend_item = &LendScratch<Item>;
  return fold;
}

// Rows: view.v1.StateRow{revision, state bytes}, keyed by the stream's 17 bytes; an item's message, keyed by the
// stream's 17 bytes and the item's 16.
class StateView final : public storage::View {
 public:
  // `definition` grows whenever any room's Evolve or state message changes.
  StateView(const EventCodec& codec, std::vector<StateFold> folds, std::uint32_t definition);

  const storage::ViewInfo& info() const override { return info_; }
  void Entities(const storage::Record& record, std::vector<std::string>& entities) const override;
  absl::Status Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const override;

  // The state of `stream` in `snapshot`, from its row, or folded from the stream while the row's version is
  // building. `state` is untouched if the stream has no record.
  absl::StatusOr<std::optional<storage::Revision>> Load(const storage::LedgerSnapshot& snapshot,
                                                        const storage::StreamKey& stream,
                                                        google::protobuf::Message& state) const;
  // One item of `stream`, likewise; false and untouched if there is none.
  absl::StatusOr<bool> LoadItem(const storage::LedgerSnapshot& snapshot, const storage::StreamKey& stream,
                                const storage::Id& id, google::protobuf::Message& item) const;
  // The state of `stream` as it stood at `position`, folded from the stream.
  absl::StatusOr<std::optional<storage::Revision>> LoadAsOf(const storage::LedgerSnapshot& snapshot,
                                                            const storage::StreamKey& stream,
                                                            storage::Position position,
                                                            google::protobuf::Message& state) const;

 private:
  const EventCodec& codec_;
  const std::map<std::uint8_t, StateFold> folds_;
  const storage::ViewInfo info_;
};

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_STATE_VIEW_H_
