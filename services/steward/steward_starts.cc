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

absl::Status Steward::ReactToStart(const storage::Record& record) {
  if (auto status = SetModeAtStart(record); !status.ok()) return status;
  return record.revision().value > 0 ? CatchUp(record) : absl::OkStatus();
}

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

absl::Status Steward::SetModeAtStart(const storage::Record& record) {
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

absl::Status Steward::CatchUp(const storage::Record& record) {
  const auto snapshot = desk_.ledger.Snapshot();
  view::v1::RelationshipState before;
  const auto known = desk_.states.LoadAsOf(*snapshot, record.stream(), Position{record.position().value - 1}, before);
  if (!known.ok()) return known.status();
  // What the log told of the two since it was opened before. What was heard in time is there already.
  std::vector<storage::Record> told;
  for (const auto& side : {before.mentor_id(), before.mentee_id()}) {
    const auto person = Id::FromBytes(side);
    if (!person) continue;
    auto scanned =
        snapshot->ScanStream(people::PersonStream(*person), storage::Revision{0}, [&](storage::Record&& each) {
          if (each.position() > record.position()) return false;
          if (each.position().value > before.opened_at() && IsAboutAMove(each)) told.push_back(std::move(each));
          return true;
        });
    if (!scanned.ok()) return scanned;
  }
  std::sort(told.begin(), told.end(), [](const auto& a, const auto& b) { return a.position() < b.position(); });
  for (const auto& each : told) {
    if (auto status = HearIn(record.stream().id, each); !status.ok()) return status;
  }
  if (before.status() != view::v1::RELATIONSHIP_STATUS_CLOSED) return absl::OkStatus();
  return SuggestAgain(record, Position{before.closed_at()});
}

absl::Status Steward::SuggestAgain(const storage::Record& record, Position closed_at) {
  const auto relationship = record.stream().id;
  view::v1::RelationshipState before;
  const auto loaded =
      desk_.states.LoadAsOf(*desk_.ledger.Snapshot(), record.stream(), Position{closed_at.value - 1}, before);
  if (!loaded.ok()) return loaded.status();
  const auto move = Id::FromBytes(before.transition().move_id());
  const auto mover = Id::FromBytes(before.transition().mover_id());
  if (!move || !mover) return absl::OkStatus();
  return Once("suggest-again", {relationship.ToBytes(), move->ToBytes(), std::to_string(record.position().value)},
              record.position(),
              [=, this](const decider::Context& context, decider::States& states) -> decider::Decision {
                view::v1::PersonState person;
                const auto known = states.Load(people::PersonStream(*mover), decider::Reliance::kExact, person);
                if (!known.ok()) return known.status();
                auto seen = SeeMove(person, *mover, *move);
                if (!seen) return decider::Facts{};
                if (auto status = FindTelling(person, *seen); !status.ok()) return status;
                seen->overtaken = !IsLastToMatter(person, *mover, *move, context.today);
                const auto state = relationships::LoadRelationship(states, relationship);
                if (!state.ok()) return state.status();
                auto reaction = steward::React(policies_, *seen, relationship, *state, Today());
                if (!reaction.suggest) return decider::Facts{};
                reaction.suggest->again = true;
                return relationships::Run(context, states, *reaction.suggest);
              });
}

}  // namespace mentorlog::steward
