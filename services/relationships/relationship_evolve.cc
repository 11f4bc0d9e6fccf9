#include <algorithm>
#include <utility>

#include "services/relationships/relationship.h"

namespace mentorlog::relationships {
namespace {

using log::v1::Header;
using view::v1::CheckInItem;
using view::v1::RelationshipState;

// The person who acted, or for whom a service did; empty: nobody.
const std::string& PersonOf(const Header& header) {
  return header.actor().who_case() == log::v1::Actor::kPersonId ? header.actor().person_id()
                                                                : header.actor().on_behalf_of();
}

// Puts a touch in its place, the last first; what was the last of too many goes.
void Touched(RelationshipState& state, const std::string& checkin, std::int32_t day, std::uint64_t logged_at) {
  auto& touches = *state.mutable_touches();
  auto& touch = *touches.Add();
  touch.set_met_on(day);
  touch.set_checkin_id(checkin);
  touch.set_logged_at(logged_at);
  const auto when = [&](int i) { return std::pair(touches[i].met_on(), touches[i].logged_at()); };
  for (int i = touches.size() - 1; i > 0 && when(i - 1) < when(i); --i) touches.SwapElements(i, i - 1);
  if (touches.size() > kTouchesMax) touches.RemoveLast();
}

void Untouched(RelationshipState& state, const std::string& checkin) {
  auto& touches = *state.mutable_touches();
  touches.erase(
      std::remove_if(touches.begin(), touches.end(), [&](const auto& each) { return each.checkin_id() == checkin; }),
      touches.end());
}

void On(RelationshipState& state, const Header& header, const event::v1::RelationshipStarted& event) {
  state.set_mentor_id(event.mentor_id());
  state.set_mentee_id(event.mentee_id());
  state.set_kind(event.kind());
  state.set_origin(event.origin());
  state.set_started_on(header.occurred_on());
  state.set_opened_at(header.position());
  state.set_started_by_id(event.started_by_id());
  state.set_evolved_from_id(event.evolved_from_id());
  state.set_acknowledged(event.acknowledged());
  state.set_status(event.acknowledged() ? view::v1::RELATIONSHIP_STATUS_ACTIVE : view::v1::RELATIONSHIP_STATUS_STARTED);
  state.set_mode(event::v1::RELATIONSHIP_MODE_REGULAR);
  state.set_mode_since(header.occurred_on());
  // What was set before a decline is not what the two start with.
  state.clear_cadence();
  state.clear_cadence_agreed();
}

void On(RelationshipState& state, const Header&, const event::v1::RelationshipAcknowledged&) {
  state.set_acknowledged(true);
  state.set_status(view::v1::RELATIONSHIP_STATUS_ACTIVE);
}

void On(RelationshipState& state, const Header&, const event::v1::RelationshipDeclined&) {
  state.set_status(view::v1::RELATIONSHIP_STATUS_DECLINED);
  state.clear_transition();
  state.clear_proposed_cadence();
  state.clear_proposed_by_id();
}

void On(RelationshipState& state, const Header&, const event::v1::CadenceProposed& event) {
  *state.mutable_proposed_cadence() = event.cadence();
  state.set_proposed_by_id(event.proposed_by_id());
}

void On(RelationshipState& state, const Header&, const event::v1::CadenceAgreed& event) {
  *state.mutable_cadence() = event.cadence();
  state.set_cadence_agreed(true);
  state.clear_proposed_cadence();
  state.clear_proposed_by_id();
}

void On(RelationshipState& state, const Header&, const event::v1::CadenceSet& event) {
  *state.mutable_cadence() = event.cadence();
  state.set_cadence_agreed(false);
}

void On(RelationshipState& state, const Header& header, const event::v1::CheckInLogged& event) {
  Touched(state, event.checkin_id(), header.occurred_on(), header.position());
}

void On(RelationshipState& state, const Header&, const event::v1::CheckInAmended& event) {
  if (!event.has_met_on()) return;
  Untouched(state, event.checkin_id());
  Touched(state, event.checkin_id(), event.met_on(), event.was().logged_at());
}

void On(RelationshipState& state, const Header&, const event::v1::CheckInRetracted& event) {
  Untouched(state, event.checkin_id());
}

void EraseOwed(RelationshipState& state, const std::string& owed_id) {
  auto& owed = *state.mutable_owed();
  owed.erase(
      std::remove_if(owed.begin(), owed.end(), [&](const auto& each) { return each.debt().owed_id() == owed_id; }),
      owed.end());
}

void ErasePromise(RelationshipState& state, const std::string& promise_id) {
  auto& promises = *state.mutable_promises();
  promises.erase(std::remove_if(promises.begin(), promises.end(),
                                [&](const auto& each) { return each.promise_id() == promise_id; }),
                 promises.end());
}

void On(RelationshipState& state, const Header& header, const event::v1::TouchOwed& event) {
  EraseOwed(state, event.debt().owed_id());
  auto& owed = *state.add_owed();
  *owed.mutable_debt() = event.debt();
  owed.set_revision(header.revision());
}

void On(RelationshipState& state, const Header&, const event::v1::OwedTouchMade& event) {
  EraseOwed(state, event.debt().owed_id());
}

void On(RelationshipState& state, const Header&, const event::v1::OwedTouchWaived& event) {
  EraseOwed(state, event.owed_id());
}

void On(RelationshipState& state, const Header& header, const event::v1::PromiseMade& event) {
  auto& promise = *state.add_promises();
  promise.set_promise_id(event.promise_id());
  promise.set_by_id(event.by_id());
  promise.set_kind(event.kind());
  if (event.has_due_on()) promise.set_due_on(event.due_on());
  promise.set_made_on(header.occurred_on());
  promise.set_revision(header.revision());
  promise.set_checkin_id(event.checkin_id());
}

void On(RelationshipState& state, const Header&, const event::v1::PromiseKept& event) {
  ErasePromise(state, event.promise_id());
}

void On(RelationshipState& state, const Header&, const event::v1::PromiseDropped& event) {
  ErasePromise(state, event.promise_id());
}

void On(RelationshipState&, const Header&, const event::v1::MoveTold&) {}

void On(RelationshipState& state, const Header& header, const event::v1::TransitionSuggested& event) {
  auto& open = *state.mutable_transition();
  open.Clear();
  open.set_transition_id(event.transition_id());
  open.set_move_id(event.move_id());
  open.set_mover_id(event.mover_id());
  open.set_suggestion(event.suggestion());
  open.set_mode(event.mode());
  open.set_kind(event.kind());
  if (event.has_cadence()) *open.mutable_cadence() = event.cadence();
  open.set_answer_by(event.answer_by());
  open.set_suggested_on(header.occurred_on());
  open.set_position(header.position());
  state.set_last_suggested_move_id(event.move_id());
}

void On(RelationshipState& state, const Header&, const event::v1::TransitionAnswered& event) {
  if (state.transition().transition_id() == event.transition_id()) state.clear_transition();
}

void On(RelationshipState& state, const Header& header, const event::v1::ModeChanged& event) {
  state.set_mode(event.to());
  state.set_mode_since(header.occurred_on());
}

void On(RelationshipState& state, const Header&, const event::v1::RelationshipPaused& event) {
  state.set_status(view::v1::RELATIONSHIP_STATUS_PAUSED);
  state.clear_paused_until();
  if (event.has_until()) state.set_paused_until(event.until());
}

void On(RelationshipState& state, const Header&, const event::v1::RelationshipResumed&) {
  state.set_status(view::v1::RELATIONSHIP_STATUS_ACTIVE);
  state.clear_paused_until();
}

void On(RelationshipState& state, const Header&, const event::v1::TouchLapsed& event) {
  if (!state.has_lapsed_touch_on() || state.lapsed_touch_on() != event.last_touch_on()) state.clear_lapsed();
  state.set_lapsed_touch_on(event.last_touch_on());
  state.add_lapsed(event.threshold());
}

void On(RelationshipState& state, const Header& header, const event::v1::RelationshipClosed& event) {
  state.set_status(view::v1::RELATIONSHIP_STATUS_CLOSED);
  state.set_closed_on(header.occurred_on());
  state.set_closed_at(header.position());
  const auto& who = PersonOf(header);
  state.set_closed_by_id(who == state.mentor_id() || who == state.mentee_id() ? who : std::string());
  state.set_evolved_into_id(event.evolved_into_id());
  state.clear_paused_until();
  state.clear_transition();
  state.clear_proposed_cadence();
  state.clear_proposed_by_id();
  // They are owed in the relationship that it became.
  if (!event.evolved_into_id().empty()) state.clear_owed();
}

void On(RelationshipState& state, const Header& header, const event::v1::RelationshipReopened&) {
  state.set_opened_at(header.position());
  state.set_status(state.acknowledged() ? view::v1::RELATIONSHIP_STATUS_ACTIVE : view::v1::RELATIONSHIP_STATUS_STARTED);
  state.clear_closed_by_id();
  state.clear_closed_on();
  state.clear_evolved_into_id();
}

void Keep(CheckInItem& item, const Header& header) {
  for (const auto& part : header.parts()) {
    auto& sealed = *item.add_sealed();
    sealed.set_revision(header.revision());
    sealed.set_part(part.number());
  }
}

void On(CheckInItem& item, const Header& header, const event::v1::CheckInLogged& event) {
  item.set_revision(header.revision());
  item.set_met_on(header.occurred_on());
  item.set_channel(event.channel());
  item.set_initiated_by(event.initiated_by());
  item.set_career_talk(event.career_talk());
  item.set_author_id(PersonOf(header));
  item.set_logged_at(header.position());
  item.set_imported(header.source() == log::v1::SOURCE_CSV);
  Keep(item, header);
}

void On(CheckInItem& item, const Header& header, const event::v1::CheckInAmended& event) {
  if (event.has_met_on()) {
    // Debts for moves that the new day is before are owed again.
    auto& made = *item.mutable_made();
    made.erase(std::remove_if(made.begin(), made.end(),
                              [&](const auto& debt) {
                                return debt.cause() == event::v1::OWED_CAUSE_MOVE && item.met_on() >= debt.owed_on() &&
                                       event.met_on() < debt.owed_on();
                              }),
               made.end());
    item.set_met_on(event.met_on());
  }
  if (event.has_channel()) item.set_channel(event.channel());
  if (event.has_initiated_by()) item.set_initiated_by(event.initiated_by());
  if (event.has_career_talk()) item.set_career_talk(event.career_talk());
  item.set_amendments(item.amendments() + 1);
  Keep(item, header);
}

void On(CheckInItem& item, const Header& header, const event::v1::CheckInRetracted& event) {
  item.set_retracted(true);
  // They are owed again.
  if (event.reason() != event::v1::CHECK_IN_RETRACTION_REASON_DOUBLE) item.clear_made();
  if (event.reason() == event::v1::CHECK_IN_RETRACTION_REASON_WRONG_PERSON) {
    item.clear_sealed();
  } else {
    Keep(item, header);
  }
}

}  // namespace

void EvolveInPlace(RelationshipState& state, const Header& header, const event::v1::RelationshipEvent& event) {
  using Event = event::v1::RelationshipEvent;
  switch (event.event_case()) {
#define MENTORLOG_ON(Case, field)     \
  case Event::Case:                   \
    On(state, header, event.field()); \
    break
    MENTORLOG_ON(kRelationshipStarted, relationship_started);
    MENTORLOG_ON(kRelationshipAcknowledged, relationship_acknowledged);
    MENTORLOG_ON(kRelationshipDeclined, relationship_declined);
    MENTORLOG_ON(kCadenceProposed, cadence_proposed);
    MENTORLOG_ON(kCadenceAgreed, cadence_agreed);
    MENTORLOG_ON(kCadenceSet, cadence_set);
    MENTORLOG_ON(kCheckInLogged, check_in_logged);
    MENTORLOG_ON(kCheckInAmended, check_in_amended);
    MENTORLOG_ON(kCheckInRetracted, check_in_retracted);
    MENTORLOG_ON(kTouchOwed, touch_owed);
    MENTORLOG_ON(kOwedTouchMade, owed_touch_made);
    MENTORLOG_ON(kOwedTouchWaived, owed_touch_waived);
    MENTORLOG_ON(kPromiseMade, promise_made);
    MENTORLOG_ON(kPromiseKept, promise_kept);
    MENTORLOG_ON(kPromiseDropped, promise_dropped);
    MENTORLOG_ON(kMoveTold, move_told);
    MENTORLOG_ON(kTransitionSuggested, transition_suggested);
    MENTORLOG_ON(kTransitionAnswered, transition_answered);
    MENTORLOG_ON(kModeChanged, mode_changed);
    MENTORLOG_ON(kRelationshipPaused, relationship_paused);
    MENTORLOG_ON(kRelationshipResumed, relationship_resumed);
    MENTORLOG_ON(kTouchLapsed, touch_lapsed);
    MENTORLOG_ON(kRelationshipClosed, relationship_closed);
    MENTORLOG_ON(kRelationshipReopened, relationship_reopened);
#undef MENTORLOG_ON
    case Event::EVENT_NOT_SET:
      break;
  }
}

RelationshipState Evolve(RelationshipState state, const Header& header, const event::v1::RelationshipEvent& event) {
  EvolveInPlace(state, header, event);
  return state;
}

std::optional<decider::Id> CheckInOf(const event::v1::RelationshipEvent& event) {
  using Event = event::v1::RelationshipEvent;
  switch (event.event_case()) {
    case Event::kCheckInLogged:
      return decider::Id::FromBytes(event.check_in_logged().checkin_id());
    case Event::kCheckInAmended:
      return decider::Id::FromBytes(event.check_in_amended().checkin_id());
    case Event::kCheckInRetracted:
      return decider::Id::FromBytes(event.check_in_retracted().checkin_id());
    case Event::kOwedTouchMade:
      return decider::Id::FromBytes(event.owed_touch_made().checkin_id());
    case Event::kPromiseMade:
      return decider::Id::FromBytes(event.promise_made().checkin_id());
    default:
      return std::nullopt;
  }
}

bool CreatesCheckIn(const event::v1::RelationshipEvent& event) { return event.has_check_in_logged(); }

void EvolveCheckIn(CheckInItem& item, const Header& header, const event::v1::RelationshipEvent& event) {
  using Event = event::v1::RelationshipEvent;
  switch (event.event_case()) {
    case Event::kCheckInLogged:
      On(item, header, event.check_in_logged());
      break;
    case Event::kCheckInAmended:
      On(item, header, event.check_in_amended());
      break;
    case Event::kCheckInRetracted:
      On(item, header, event.check_in_retracted());
      break;
    case Event::kOwedTouchMade:
      *item.add_made() = event.owed_touch_made().debt();
      Keep(item, header);
      break;
    case Event::kPromiseMade:
      Keep(item, header);
      break;
    default:
      break;
  }
}

}  // namespace mentorlog::relationships
