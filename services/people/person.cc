#include "services/people/person.h"

#include <utility>

namespace mentorlog::people {
namespace {

using decider::Day;
using decider::Id;
using event::v1::PersonEvent;
using view::v1::PersonState;
using Move = PersonState::Move;
using Moves = google::protobuf::RepeatedPtrField<Move>;

std::pair<std::int32_t, std::uint64_t> PlaceOf(const Move& move) { return {move.effective_on(), move.order()}; }

// Puts the last element in its place by (effective_on, order).
void SettleLast(Moves& moves) {
  for (int i = moves.size() - 1; i > 0 && PlaceOf(moves[i]) < PlaceOf(moves[i - 1]); --i) moves.SwapElements(i, i - 1);
}

int IndexOf(const Moves& moves, std::string_view move_id) {
  for (int i = 0; i < moves.size(); ++i) {
    if (moves[i].move_id() == move_id) return i;
  }
  return -1;
}

// The list that holds the move, and where; nullptr if none does.
std::pair<Moves*, int> Locate(PersonState& state, std::string_view move_id) {
  for (Moves* moves : {state.mutable_moves(), state.mutable_announcements()}) {
    if (const int index = IndexOf(*moves, move_id); index >= 0) return {moves, index};
  }
  return {nullptr, -1};
}

// Whatever the record seals is about the move.
void AddSealed(Move& move, const log::v1::Header& header) {
  for (const auto& part : header.parts()) {
    auto* sealed = move.add_sealed();
    sealed->set_revision(header.revision());
    sealed->set_part(part.number());
  }
}

// `told` is MoveAnnounced or PersonMoved.
template <typename Told>
void AddMove(Moves& moves, const log::v1::Header& header, const Told& told) {
  Move& move = *moves.Add();
  move.set_move_id(told.move_id());
  move.set_effective_on(told.effective_on());
  move.set_type(told.type());
  *move.mutable_to() = told.to();
  move.set_order(header.revision());
  move.set_told_on(header.occurred_on());
  AddSealed(move, header);
}

void Apply(PersonState& state, const log::v1::Header& header, const event::v1::PersonMoved& moved) {
  AddMove(*state.mutable_moves(), header, moved);
  SettleLast(*state.mutable_moves());
  if (moved.announcement_id().empty()) return;
  const int index = IndexOf(state.announcements(), moved.announcement_id());
  if (index >= 0) state.mutable_announcements(index)->set_came_true_as(moved.move_id());
}

void Apply(PersonState& state, const log::v1::Header& header, const event::v1::MoveCorrected& corrected) {
  const auto [moves, index] = Locate(state, corrected.move_id());
  if (moves == nullptr) return;
  Move move = std::move((*moves)[index]);
  moves->DeleteSubrange(index, 1);
  move.set_type(corrected.type());
  move.set_effective_on(corrected.effective_on());
  *move.mutable_to() = corrected.to();
  AddSealed(move, header);
  *moves->Add() = std::move(move);
  SettleLast(*moves);
}

void Apply(PersonState& state, const log::v1::Header& header, const event::v1::MoveRetracted& retracted) {
  const auto [moves, index] = Locate(state, retracted.move_id());
  if (moves == nullptr) return;
  Move& move = (*moves)[index];
  move.set_retracted(true);
  if (retracted.reason() == event::v1::MOVE_RETRACTION_REASON_WRONG_PERSON) {
    move.clear_sealed();
  } else {
    AddSealed(move, header);
  }
  // What the move had made true is open again.
  for (Move& announcement : *state.mutable_announcements()) {
    if (announcement.came_true_as() == retracted.move_id()) announcement.clear_came_true_as();
  }
}

void Unlink(PersonState& state, std::string_view claim_id) {
  auto& links = *state.mutable_links();
  for (int i = links.size() - 1; i >= 0; --i) {
    if (links[i].claim_id() == claim_id) links.DeleteSubrange(i, 1);
  }
}

}  // namespace

PersonState Evolve(PersonState state, const log::v1::Header& header, const PersonEvent& event) {
  switch (event.event_case()) {
    case PersonEvent::kPersonRegistered:
      state.set_registered(true);
      state.set_joined_on(header.occurred_on());
      break;
    case PersonEvent::kExternalIdLinked: {
      auto* link = state.add_links();
      link->set_claim_id(event.external_id_linked().claim_id());
      link->set_revision(header.revision());
      break;
    }
    case PersonEvent::kExternalIdUnlinked:
      Unlink(state, event.external_id_unlinked().claim_id());
      break;
    case PersonEvent::kMoveAnnounced:
      AddMove(*state.mutable_announcements(), header, event.move_announced());
      SettleLast(*state.mutable_announcements());
      break;
    case PersonEvent::kPersonMoved:
      Apply(state, header, event.person_moved());
      break;
    case PersonEvent::kMoveCorrected:
      Apply(state, header, event.move_corrected());
      break;
    case PersonEvent::kMoveRetracted:
      Apply(state, header, event.move_retracted());
      break;
    case PersonEvent::EVENT_NOT_SET:
      break;
  }
  return state;
}

view::v1::ExternalState EvolveExternal(view::v1::ExternalState state, const event::v1::ExternalEvent& event) {
  if (event.has_external_id_claimed()) {
    state.set_person_id(event.external_id_claimed().person_id());
    state.set_released(false);
  } else if (event.has_external_id_released()) {
    state.set_released(true);
  }
  return state;
}

const Move* FindMove(const PersonState& state, const Id& move) {
  const std::string wanted = move.ToBytes();
  for (const Moves* moves : {&state.moves(), &state.announcements()}) {
    if (const int index = IndexOf(*moves, wanted); index >= 0) return &(*moves)[index];
  }
  return nullptr;
}

const Move* MoveOn(const PersonState& state, Day day) {
  const Move* found = nullptr;
  for (const Move& move : state.moves()) {
    if (move.effective_on() > day.value) break;
    if (!move.retracted()) found = &move;
  }
  return found;
}

const Move* MoveBefore(const PersonState& state, const Move& move) {
  const Move* found = nullptr;
  for (const Move& other : state.moves()) {
    if (PlaceOf(other) >= PlaceOf(move)) break;
    if (!other.retracted() && other.move_id() != move.move_id()) found = &other;
  }
  return found;
}

event::v1::Role Merge(event::v1::Role before, const RoleTold& told) {
  if (told.title) before.set_title(*told.title);
  if (told.function) before.set_function(*told.function);
  if (told.unit) before.set_unit(*told.unit);
  if (told.site) before.set_site(*told.site);
  if (told.manager) before.set_manager_id(told.manager->IsZero() ? std::string() : told.manager->ToBytes());
  if (told.employer) before.set_employer(*told.employer);
  return before;
}

}  // namespace mentorlog::people
