#include "services/steward/policy.h"

#include <algorithm>

#include "services/people/person.h"
#include "services/today/ladder.h"

namespace mentorlog::steward {
namespace {

using decider::Day;
using decider::Id;
using view::v1::PersonState;
using view::v1::RelationshipState;

bool SamePlace(const event::v1::Role& a, const event::v1::Role& b) {
  return a.unit() == b.unit() && a.site() == b.site() && a.function() == b.function() && a.employer() == b.employer() &&
         a.manager_id() == b.manager_id();
}

event::v1::Cadence StayInTouch(const Policies& policies) {
  event::v1::Cadence cadence;
  cadence.set_ideal_days(policies.stay_in_touch_ideal_days);
  cadence.set_max_days(policies.stay_in_touch_max_days);
  return cadence;
}

bool IsOf(const event::v1::Cadence& a, const event::v1::Cadence& b) {
  return a.ideal_days() == b.ideal_days() && a.max_days() == b.max_days();
}

// The cadence that a change asks for. Who returns from where an earlier move had set the pace goes on as those do who
// see each other; a pace that one of the two set stays, and one that both agreed on (RelationshipState, decided there).
std::optional<event::v1::Cadence> CadenceAfter(const Policies& policies, Change change,
                                               const RelationshipState& state) {
  switch (change) {
    case Change::kElsewhere:
    case Change::kExit:
      return StayInTouch(policies);
    case Change::kReturn:
      if (state.mode() != event::v1::RELATIONSHIP_MODE_STAY_IN_TOUCH || state.cadence_agreed()) return std::nullopt;
      if (state.has_cadence() && !IsOf(state.cadence(), StayInTouch(policies))) return std::nullopt;
      return relationships::PolicyCadence(event::v1::RELATIONSHIP_MODE_REGULAR);
    case Change::kNone:
    case Change::kPromotedInPlace:
    case Change::kLeave:
      break;
  }
  return std::nullopt;
}

// The mode that a change asks for; unspecified if it asks for none.
event::v1::RelationshipMode ModeAfter(Change change) {
  switch (change) {
    case Change::kElsewhere:
    case Change::kExit:
      return event::v1::RELATIONSHIP_MODE_STAY_IN_TOUCH;
    case Change::kReturn:
      return event::v1::RELATIONSHIP_MODE_REGULAR;
    case Change::kNone:
    case Change::kPromotedInPlace:
    case Change::kLeave:
      break;
  }
  return event::v1::RELATIONSHIP_MODE_UNSPECIFIED;
}

event::v1::Suggestion SuggestionAfter(Change change) {
  switch (change) {
    case Change::kNone:
      return event::v1::SUGGESTION_UNSPECIFIED;
    case Change::kPromotedInPlace:
      return event::v1::SUGGESTION_CONGRATULATE;
    case Change::kElsewhere:
      return event::v1::SUGGESTION_STAY_IN_TOUCH;
    case Change::kExit:
      return event::v1::SUGGESTION_STAY_IN_TOUCH_AFTER_EXIT;
    case Change::kLeave:
      return event::v1::SUGGESTION_PAUSE;
    case Change::kReturn:
      return event::v1::SUGGESTION_RETURN;
  }
  return event::v1::SUGGESTION_UNSPECIFIED;
}

relationships::Of Of(const Id& relationship, Day today) { return {relationship, today}; }

std::optional<relationships::ChangeMode> SetMode(const Policies& policies, Change change, const Id& move,
                                                 const Id& relationship, const RelationshipState& state, Day today) {
  const auto mode = ModeAfter(change);
  if (mode == event::v1::RELATIONSHIP_MODE_UNSPECIFIED) return std::nullopt;
  const bool back = change == Change::kReturn;
  return relationships::ChangeMode{Of(relationship, today), mode,
                                   back ? event::v1::MODE_TRIGGER_RETURN : event::v1::MODE_TRIGGER_MOVE, move,
                                   CadenceAfter(policies, change, state)};
}

relationships::SuggestTransition Suggest(const Policies& policies, Change change, const MoveSeen& move,
                                         const Id& relationship, const RelationshipState& state, Day today) {
  relationships::SuggestTransition command{Of(relationship, today),
                                           move.move,
                                           move.mover,
                                           SuggestionAfter(change),
                                           ModeAfter(change),
                                           event::v1::RELATIONSHIP_KIND_UNSPECIFIED,
                                           CadenceAfter(policies, change, state),
                                           today.Plus(policies.answer_days)};
  // The manager who becomes a mentor.
  const bool apart = change == Change::kElsewhere || change == Change::kExit;
  if (apart && state.kind() == event::v1::RELATIONSHIP_KIND_LINE_COACH)
    command.kind = event::v1::RELATIONSHIP_KIND_MENTOR;
  return command;
}

event::v1::Suggestion KindOf(const std::optional<relationships::SuggestTransition>& suggest) {
  return suggest ? suggest->suggestion : event::v1::SUGGESTION_UNSPECIFIED;
}

event::v1::RelationshipMode ModeOf(const std::optional<relationships::ChangeMode>& change) {
  return change ? change->mode : event::v1::RELATIONSHIP_MODE_UNSPECIFIED;
}

// The open debt for a move; nullptr if there is none.
const event::v1::Debt* OpenDebt(const RelationshipState& state, const Id& move) {
  for (const auto& owed : state.owed()) {
    const auto& debt = owed.debt();
    if (debt.cause() == event::v1::OWED_CAUSE_MOVE && debt.cause_id() == move.ToBytes()) return &debt;
  }
  return nullptr;
}

// A touch ended the debt that counted from `owed_on`, and none came since the later day that it counts from now.
bool WasMadeTooEarly(const RelationshipState& state, Day owed_on, Day later) {
  if (state.touches().empty()) return false;
  const Day last{state.touches(0).met_on()};
  return owed_on <= last && last < later;
}

relationships::SupersedeTransition Supersede(const Id& relationship, const RelationshipState& state, Day today) {
  return {Of(relationship, today), Id::FromBytes(state.transition().transition_id()).value_or(Id{})};
}

relationships::WaiveOwedTouch Waive(const Id& relationship, const event::v1::Debt& debt, Day today) {
  return {Of(relationship, today), Id::FromBytes(debt.owed_id()).value_or(Id{}), {}};
}

bool HasLapsed(const RelationshipState& state, Day since, event::v1::LapseThreshold threshold) {
  if (!state.has_lapsed_touch_on() || Day{state.lapsed_touch_on()} != since) return false;
  return std::find(state.lapsed().begin(), state.lapsed().end(), threshold) != state.lapsed().end();
}

bool IsAnnouncement(const PersonState& person, const PersonState::Move& move) {
  return std::any_of(person.announcements().begin(), person.announcements().end(),
                     [&](const auto& announced) { return &announced == &move; });
}

// Whether of all moves up to `today` whose change `counts`, `move` is the last to take effect.
template <typename Counts>
bool IsLast(const PersonState& person, const Id& mover, const Id& move, Day today, Counts counts) {
  // By (effective_on, order).
  for (int i = person.moves_size() - 1; i >= 0; --i) {
    const auto id = Id::FromBytes(person.moves(i).move_id());
    if (!id || Day{person.moves(i).effective_on()} > today) continue;
    const auto seen = SeeMove(person, mover, *id);
    if (seen && counts(ChangeOf(*seen))) return *id == move;
  }
  return false;
}

}  // namespace

Change ChangeOf(const MoveSeen& move) {
  if (move.type == event::v1::MOVE_TYPE_EXIT) return Change::kExit;
  if (move.type == event::v1::MOVE_TYPE_LEAVE) return Change::kLeave;
  if (move.type == event::v1::MOVE_TYPE_REHIRE || move.after_leave) return Change::kReturn;
  if (!move.before) return Change::kNone;
  if (!SamePlace(*move.before, move.to)) return Change::kElsewhere;
  return move.before->title() != move.to.title() ? Change::kPromotedInPlace : Change::kNone;
}

Reaction React(const Policies& policies, const MoveSeen& move, const Id& relationship, const RelationshipState& state,
               Day today) {
  Reaction reaction;
  const auto change = ChangeOf(move);
  if (change == Change::kNone || !relationships::IsOpen(state)) return reaction;
  if (!move.told_while_open) return reaction;
  // Who began after the move knows where the other one is.
  if (move.effective_on <= Day{state.started_on()}) return reaction;
  if (move.imported || move.recorded_on > move.effective_on.Plus(policies.long_past_days)) {
    reaction.set_mode = SetMode(policies, change, move.move, relationship, state, today);
    return reaction;
  }
  if (!move.overtaken) reaction.suggest = Suggest(policies, change, move, relationship, state, today);
  const auto mentor = Id::FromBytes(state.mentor_id());
  const auto mentee = Id::FromBytes(state.mentee_id());
  if (!mentor || !mentee) return reaction;
  reaction.tell = relationships::TellMove{Of(relationship, today), move.move, move.mover == *mentor ? *mentee : *mentor,
                                          event::v1::TOLD_CHANNEL_CARD, true};
  if (change == Change::kElsewhere || change == Change::kExit) {
    reaction.owe = relationships::OweTouch{Of(relationship, today),
                                           event::v1::OWED_CAUSE_MOVE,
                                           move.move,
                                           move.effective_on,
                                           move.effective_on.Plus(policies.first_touch_days),
                                           std::nullopt};
  }
  return reaction;
}

Correction Correct(const Policies& policies, const Corrected& move, const Id& relationship,
                   const RelationshipState& state, Day today) {
  const auto& [before, now] = move;
  Correction correction;
  const auto* debt = OpenDebt(state, before.move);
  const bool stands = state.has_transition() && state.transition().move_id() == before.move.ToBytes();
  if (!now) {
    if (stands) correction.supersede = Supersede(relationship, state, today);
    if (debt != nullptr) correction.waive = Waive(relationship, *debt, today);
    return correction;
  }
  if (!relationships::IsOpen(state)) return correction;
  const auto said = React(policies, before, relationship, state, today);
  auto plain = *now;
  plain.overtaken = false;
  auto says = React(policies, plain, relationship, state, today);
  if (says.tell && !said.tell) correction.tell = says.tell;
  if (KindOf(said.suggest) != KindOf(says.suggest) || ModeOf(said.set_mode) != ModeOf(says.set_mode)) {
    if (says.suggest && !now->overtaken) {
      correction.suggest = std::move(says.suggest);
      correction.suggest->again = true;
    } else if (stands) {
      correction.supersede = Supersede(relationship, state, today);
    }
    correction.set_mode = std::move(says.set_mode);
  }
  if (debt != nullptr && !says.owe) correction.waive = Waive(relationship, *debt, today);
  if (!says.owe) return correction;
  if (debt != nullptr) {
    if (Day{debt->owed_on()} == says.owe->owed_on) return correction;
    correction.owe = says.owe;
    correction.owe->instead_of = Id::FromBytes(debt->owed_id());
  } else if (!said.owe || WasMadeTooEarly(state, said.owe->owed_on, says.owe->owed_on)) {
    correction.owe = says.owe;
  }
  return correction;
}

Silence SilenceOf(const Id& relationship, const RelationshipState& state, const view::v1::PairRow& pair) {
  Silence silence{Day{state.started_on()}, std::nullopt, {}, {}};
  std::optional<Day> imported_on;
  for (const auto& slot : pair.slots()) {
    if (slot.relationship_id() != relationship.ToBytes()) continue;
    silence.told_at.value = slot.started_at();
    if (slot.has_imported_on()) imported_on = Day{slot.imported_on()};
  }
  if (pair.has_last_touch_on()) {
    silence.since = Day{pair.last_touch_on()};
    silence.told_at.value = pair.last_touch_at();
    if (!state.touches().empty() && state.touches(0).met_on() == pair.last_touch_on()) {
      silence.last_checkin = Id::FromBytes(state.touches(0).checkin_id());
    }
    if (!pair.last_touch_imported()) imported_on.reset();
  }
  if (!relationships::IsOpen(state) || state.status() == view::v1::RELATIONSHIP_STATUS_PAUSED) return silence;
  const auto cadence = relationships::CadenceOf(state);
  for (const auto& [threshold, days] : {std::pair(event::v1::LAPSE_THRESHOLD_IDEAL, cadence.ideal_days()),
                                        std::pair(event::v1::LAPSE_THRESHOLD_MAX, cadence.max_days())}) {
    if (HasLapsed(state, silence.since, threshold)) continue;
    auto due_on = silence.since.Plus(static_cast<std::int32_t>(days));
    if (imported_on) {
      const auto spread = today::StableHash(state.mentor_id() + state.mentee_id()) % std::max(1U, cadence.ideal_days());
      due_on = std::max(due_on, *imported_on).Plus(static_cast<std::int32_t>(spread));
    }
    silence.ahead.push_back({threshold, due_on});
  }
  return silence;
}

std::optional<MoveSeen> SeeMove(const PersonState& person, const Id& mover, const Id& id) {
  const auto* found = people::FindMove(person, id);
  if (found == nullptr || found->retracted() || IsAnnouncement(person, *found)) return std::nullopt;
  MoveSeen seen{
      id,    mover, found->type(), Day{found->effective_on()}, found->to(), std::nullopt, false, Day{found->told_on()},
      false, {}};
  if (const auto* before = people::MoveBefore(person, *found); before != nullptr) {
    seen.before = before->to();
    seen.after_leave = before->type() == event::v1::MOVE_TYPE_LEAVE;
  }
  return seen;
}

bool IsLastToAskForAMode(const PersonState& person, const Id& mover, const Id& move, Day today) {
  return IsLast(person, mover, move, today,
                [](Change change) { return ModeAfter(change) != event::v1::RELATIONSHIP_MODE_UNSPECIFIED; });
}

bool IsLastToMatter(const PersonState& person, const Id& mover, const Id& move, Day today) {
  return IsLast(person, mover, move, today, [](Change change) { return change != Change::kNone; });
}

std::optional<relationships::ChangeMode> ModeAtStart(const Policies& policies, const Id& relationship,
                                                     const RelationshipState& state, const PersonState& mentor,
                                                     const PersonState& mentee, Day today) {
  if (!relationships::IsOpen(state)) return std::nullopt;
  std::optional<relationships::ChangeMode> latest;
  Day latest_on{state.started_on()};
  for (const auto* side : {&mentor, &mentee}) {
    const auto mover = Id::FromBytes(side == &mentor ? state.mentor_id() : state.mentee_id());
    for (const auto& move : side->moves()) {
      const Day on{move.effective_on()};
      const auto id = Id::FromBytes(move.move_id());
      if (!mover || !id || on <= Day{state.started_on()} || on < latest_on || on > today) continue;
      const auto seen = SeeMove(*side, *mover, *id);
      if (!seen) continue;
      if (auto command = SetMode(policies, ChangeOf(*seen), *id, relationship, state, today)) {
        latest = std::move(command);
        latest_on = on;
      }
    }
  }
  return latest;
}

}  // namespace mentorlog::steward
