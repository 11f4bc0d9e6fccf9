#include "services/people/person.h"
#include "services/relationships/relationships_commands.h"

// What commands refer to and what must be there: a move that is told, a check-in that is named from elsewhere.
namespace mentorlog::relationships {

using decider::Context;
using decider::Decision;
using decider::Id;
using decider::Refuse;
using decider::Reliance;
using decider::States;

Decision Run(const Context& context, States& states, const TellMove& command) {
  const auto state = LoadOwnRelationship(context, states, command.relationship);
  if (!state.ok()) return state.status();
  auto decision = Decide(context, *state, command);
  if (!decision.ok()) return decision;
  const auto mover =
      Id::FromBytes(command.to.ToBytes() == state->mentor_id() ? state->mentee_id() : state->mentor_id());
  view::v1::PersonState person;
  // A move that was recorded stays one, also when it is taken back.
  const auto known = states.Load(people::PersonStream(*mover), Reliance::kExists, person);
  if (!known.ok()) return known.status();
  if (people::FindMove(person, command.move) == nullptr) {
    return Refuse(absl::StatusCode::kNotFound, "UNKNOWN_MOVE",
                  "move_id: " + command.move.ToHex() + ", want a move of the other one of the two",
                  {{"field", "move_id"}, {"move", command.move.ToHex()}});
  }
  return decision;
}

absl::Status RequireCheckIn(const Context& context, States& states, const Id& one, const Id& other, const Id& checkin,
                            std::string_view field) {
  for (const auto& [mentor, mentee] : {std::pair(one, other), std::pair(other, one)}) {
    for (const auto kind : kKinds) {
      const auto stream = RelationshipStream(*context.ids, mentor, mentee, kind);
      view::v1::RelationshipState state;
      const auto revision = states.Load(stream, Reliance::kExists, state);
      if (!revision.ok()) return revision.status();
      if (!*revision) continue;
      view::v1::CheckInItem item;
      const auto found = states.LoadItem(stream, checkin, item);
      if (!found.ok()) return found.status();
      if (*found) return absl::OkStatus();
    }
  }
  auto status = Refuse(absl::StatusCode::kNotFound, "UNKNOWN_CHECK_IN",
                       std::string(field) + ": " + checkin.ToHex() + ", want a check-in of the two",
                       {{"field", std::string(field)}, {"checkin_id", checkin.ToHex()}});
  decider::AddFieldViolation(status, field, "want a check-in of the two");
  return status;
}

}  // namespace mentorlog::relationships
