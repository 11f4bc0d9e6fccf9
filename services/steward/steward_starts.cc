// What the steward makes of a relationship that starts or opens again.
#include <algorithm>
#include <vector>

#include "services/people/person.h"
#include "services/relationships/relationships_commands.h"
#include "services/steward/steward.h"

namespace mentorlog::steward {
namespace {

using storage::Id;
using storage::Position;

}  // namespace

absl::Status Steward::ForgetWhatCameLater(const Id& id, Position before, view::v1::PersonState& person,
                                          std::map<std::string, Position>& told_at) const {
  const auto snapshot = desk_.ledger.Snapshot();
  absl::Status status;
  auto& moves = *person.mutable_moves();
  const auto kept = std::remove_if(moves.begin(), moves.end(), [&](const view::v1::PersonState::Move& move) {
    auto& position = told_at[move.move_id()];
    status.Update(
        snapshot->ScanStream(people::PersonStream(id), storage::Revision{move.order()}, [&](storage::Record&& record) {
          position = record.position();
          return false;
        }));
    return position >= before;
  });
  moves.erase(kept, moves.end());
  return status;
}

absl::Status Steward::ReactToStart(const storage::Record& record) {
  const auto relationship = record.stream().id;
  const auto opened_at = record.position();
  return Once("mode-at-start", {relationship.ToBytes(), std::to_string(record.header.position())}, record.position(),
              [=, this](const decider::Context& context, decider::States& states) -> decider::Decision {
                const auto state = relationships::LoadRelationship(states, relationship);
                if (!state.ok()) return state.status();
                // It was opened once more since then.
                if (Position{state->opened_at()} != opened_at) return decider::Facts{};
                view::v1::PersonState people[2];
                std::map<std::string, Position> told_at;
                const std::string ids[2] = {state->mentor_id(), state->mentee_id()};
                for (int i = 0; i < 2; ++i) {
                  const auto id = Id::FromBytes(ids[i]);
                  if (!id) return decider::Facts{};
                  const auto loaded = states.Load(people::PersonStream(*id), decider::Reliance::kExact, people[i]);
                  if (!loaded.ok()) return loaded.status();
                  if (auto status = ForgetWhatCameLater(*id, opened_at, people[i], told_at); !status.ok())
                    return status;
                }
                const auto command = ModeAtStart(policies_, relationship, *state, people[0], people[1], Today());
                // What was known before the close was answered then: the mode before the close comes back.
                if (!command || told_at[command->move->ToBytes()].value < state->closed_at()) return decider::Facts{};
                return relationships::Run(context, states, *command);
              });
}

}  // namespace mentorlog::steward
