// What the steward makes of a move, of its correction and of its retraction, relationship by relationship.
#include <utility>

#include "mentorlog/event/v1/people.pb.h"
#include "services/people/person.h"
#include "services/relationships/relationships_commands.h"
#include "services/steward/steward.h"
#include "services/steward/steward_view.h"

namespace mentorlog::steward {
namespace {

using storage::Id;
using storage::Position;

// What follows from a move is appended part by part, so that a state which forbids one of them leaves the others. The
// names are part of the request ids.
constexpr std::string_view kTell = "tell-move";
constexpr std::string_view kSuggest = "suggest";
constexpr std::string_view kOwe = "owe-first-touch";
constexpr std::string_view kSetMode = "set-mode";

template <typename Command>
decider::Decision RunIf(const decider::Context& context, decider::States& states,
                        const std::optional<Command>& command) {
  if (!command) return decider::Facts{};
  return relationships::Run(context, states, *command);
}

// The parts of what follows from a correction.
struct CorrectionPart {
  std::string_view name;
  // The same part of what followed from the move itself. Nothing follows where that knew of the correction; where it
  // was never said, what `adds` to it is said in its name.
  std::string_view first_said;
  bool adds;
  decider::Decision (*run)(const decider::Context& context, decider::States& states, const Correction& correction);
};
constexpr CorrectionPart kCorrectionParts[] = {
    {"tell-corrected", kTell, true,
     [](const auto& context, auto& states, const auto& correction) { return RunIf(context, states, correction.tell); }},
    {"supersede-corrected", kSuggest, false,
     [](const auto& context, auto& states, const auto& correction) {
       return RunIf(context, states, correction.supersede);
     }},
    {"suggest-corrected", kSuggest, true,
     [](const auto& context, auto& states, const auto& correction) {
       return RunIf(context, states, correction.suggest);
     }},
    {"set-mode-corrected", kSetMode, true,
     [](const auto& context, auto& states, const auto& correction) {
       return RunIf(context, states, correction.set_mode);
     }},
    {"waive-corrected", kOwe, false,
     [](const auto& context, auto& states, const auto& correction) {
       return RunIf(context, states, correction.waive);
     }},
    {"owe-corrected", kOwe, true,
     [](const auto& context, auto& states, const auto& correction) { return RunIf(context, states, correction.owe); }},
};

}  // namespace

absl::Status Steward::ForRelationshipsOf(const Id& person, Position cause,
                                         const std::function<absl::Status(const Id&)>& act) {
  // The index has seen what was there when the move was recorded; what is opened later finds the move by itself.
  if (auto status = AwaitIndex(cause); !status.ok()) return status;
  const auto found = RelationshipsOf(*desk_.ledger.Snapshot(), person);
  if (!found.ok()) return found.status();
  absl::Status unreadable;
  for (const auto& relationship : *found) {
    if (IsStopping()) return absl::CancelledError("the steward is stopping");
    auto status = act(relationship);
    if (!status.ok() && !absl::IsDataLoss(status)) return status;
    unreadable.Update(status);
  }
  return unreadable;
}

absl::Status Steward::HearIn(const Id& relationship, const storage::Record& record) {
  event::v1::PersonEvent event;
  if (auto status = desk_.codec.ParseOpen(record, event); !status.ok()) return status;
  if (event.has_person_moved()) {
    const auto move = Id::FromBytes(event.person_moved().move_id());
    return move ? HearOfMove(relationship, record, *move) : absl::OkStatus();
  }
  const auto move =
      Id::FromBytes(event.has_move_corrected() ? event.move_corrected().move_id() : event.move_retracted().move_id());
  return move ? HearOfCorrection(relationship, record, *move) : absl::OkStatus();
}

absl::StatusOr<bool> Steward::WasOpen(const Id& relationship, Position at) const {
  view::v1::RelationshipState then;
  const auto known =
      desk_.states.LoadAsOf(*desk_.ledger.Snapshot(), relationships::RelationshipStream(relationship), at, then);
  if (!known.ok()) return known.status();
  return *known && relationships::IsOpen(then);
}

absl::StatusOr<bool> Steward::HasHeard(const Id& relationship, const view::v1::RelationshipState& state,
                                       Position move_at, Position correction_at) const {
  if (Position{state.opened_at()} <= correction_at) return true;
  for (const auto at : {move_at, correction_at}) {
    auto open = WasOpen(relationship, at);
    if (!open.ok() || *open) return open;
  }
  return false;
}

absl::Status Steward::HearOfMove(const Id& relationship, const storage::Record& record, const Id& move) {
  const auto mover = record.stream().id;
  const bool imported = record.header.source() == log::v1::SOURCE_CSV;
  const auto at = record.position();
  const auto recorded_on = storage::Instant{record.header.recorded_at_us()}.UtcDay();
  const auto decide = [=, this](std::string_view part) -> DecideFn {
    return [=, this](const decider::Context& context, decider::States& states) -> decider::Decision {
      view::v1::PersonState person;
      const auto known = states.Load(people::PersonStream(mover), decider::Reliance::kExact, person);
      if (!known.ok()) return known.status();
      auto seen = SeeMove(person, mover, move);
      if (!seen) return decider::Facts{};
      seen->imported = imported;
      seen->recorded_on = recorded_on;
      const auto state = relationships::LoadRelationship(states, relationship);
      if (!state.ok()) return state.status();
      if (Position{state->opened_at()} > at) {
        // It may have been closed and opened again since: what counts is how it stood when the move was told.
        const auto open = WasOpen(relationship, at);
        if (!open.ok()) return open.status();
        seen->told_while_open = *open;
        seen->overtaken = !IsLastToMatter(person, mover, move, context.today);
      }
      auto reaction = steward::React(policies_, *seen, relationship, *state, Today());
      // Of several past moves only the latest sets the mode.
      if (!IsLastToAskForAMode(person, mover, move, context.today)) reaction.set_mode.reset();
      if (part == kTell) return RunIf(context, states, reaction.tell);
      if (part == kSuggest) return RunIf(context, states, reaction.suggest);
      if (part == kOwe) return RunIf(context, states, reaction.owe);
      return RunIf(context, states, reaction.set_mode);
    };
  };
  for (const auto part : {kTell, kSuggest, kOwe, kSetMode}) {
    if (imported && part != kSetMode) continue;
    auto status = Once(part, {relationship.ToBytes(), move.ToBytes()}, at, decide(part));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Steward::FindTelling(const view::v1::PersonState& person, MoveSeen& move) const {
  const auto* told = people::FindMove(person, move.move);
  if (told == nullptr) return absl::OkStatus();
  return desk_.ledger.Snapshot()->ScanStream(
      people::PersonStream(move.mover), storage::Revision{told->order()}, [&](storage::Record&& record) {
        move.told_at = record.position();
        move.imported = record.header.source() == log::v1::SOURCE_CSV;
        move.recorded_on = storage::Instant{record.header.recorded_at_us()}.UtcDay();
        return false;
      });
}

absl::StatusOr<std::optional<Corrected>> Steward::SeeCorrection(const storage::Record& record, const Id& move) const {
  // As the person stood before and after this record, so that it means the same whenever the steward comes to it.
  view::v1::PersonState before;
  view::v1::PersonState now;
  const auto snapshot = desk_.ledger.Snapshot();
  const auto at = record.position();
  for (const auto& [until, person] : {std::pair(Position{at.value - 1}, &before), std::pair(at, &now)}) {
    const auto loaded = desk_.states.LoadAsOf(*snapshot, record.stream(), until, *person);
    if (!loaded.ok()) return loaded.status();
  }
  const auto mover = record.stream().id;
  const auto stood = SeeMove(before, mover, move);
  if (!stood) return std::nullopt;
  Corrected corrected{*stood, SeeMove(now, mover, move)};
  auto status = FindTelling(now, corrected.before);
  if (corrected.now) {
    if (ChangeOf(*stood) == ChangeOf(*corrected.now) && stood->effective_on == corrected.now->effective_on)
      return std::nullopt;
    status.Update(FindTelling(now, *corrected.now));
    corrected.now->overtaken = !IsLastToMatter(now, mover, move, Today());
  }
  if (!status.ok()) return status;
  return corrected;
}

absl::Status Steward::HearOfCorrection(const Id& relationship, const storage::Record& record, const Id& move) {
  const auto seen = SeeCorrection(record, move);
  if (!seen.ok() || !*seen) return seen.status();
  const auto mover = record.stream().id;
  const auto at = record.position();
  const auto decide = [=, this, corrected = **seen](const CorrectionPart& part) -> DecideFn {
    return [=, this](const decider::Context& context, decider::States& states) -> decider::Decision {
      view::v1::PersonState person;
      const auto known = states.Load(people::PersonStream(mover), decider::Reliance::kExact, person);
      if (!known.ok()) return known.status();
      // What was retracted later is dealt with by the retraction.
      if (corrected.now && !SeeMove(person, mover, move)) return decider::Facts{};
      const auto state = relationships::LoadRelationship(states, relationship);
      if (!state.ok()) return state.status();
      if (corrected.now) {
        const auto heard = HasHeard(relationship, *state, corrected.now->told_at, at);
        if (!heard.ok()) return heard.status();
        if (!*heard) return decider::Facts{};
      }
      auto correction = Correct(policies_, corrected, relationship, *state, Today());
      if (!IsLastToAskForAMode(person, mover, move, context.today)) correction.set_mode.reset();
      return part.run(context, states, correction);
    };
  };
  const auto id = relationship.ToBytes();
  const auto move_id = move.ToBytes();
  const auto position = std::to_string(at.value);
  for (const auto& part : kCorrectionParts) {
    const auto said = SaidAt(part.first_said, {id, move_id});
    if (!said.ok()) return said.status();
    if (*said && **said > at) continue;
    auto status = part.adds && !*said ? Once(part.first_said, {id, move_id}, at, decide(part))
                                      : Once(part.name, {id, move_id, position}, at, decide(part));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace mentorlog::steward
