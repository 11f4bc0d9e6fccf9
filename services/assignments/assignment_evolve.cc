// How facts move an assignment on.
#include <utility>

#include "services/assignments/assignment.h"

namespace mentorlog::assignments {
namespace {

using event::v1::AssignmentEvent;
using log::v1::Header;

void Step(AssignmentState& state, const Header& header, view::v1::AssignmentStatus status) {
  state.set_status(status);
  state.set_last_step_on(header.occurred_on());
}

void Apply(AssignmentState& state, const Header& header, const event::v1::AssignmentDrafted& event) {
  state.set_mentor_id(event.mentor_id());
  state.set_mentee_id(event.mentee_id());
  state.set_sponsor_id(event.sponsor_id());
  Step(state, header, view::v1::ASSIGNMENT_STATUS_DRAFT);
}

void Apply(AssignmentState& state, const Header& header, const event::v1::AssignmentOffered& event) {
  state.set_round(event.round());
  state.set_respond_by(event.respond_by());
  state.set_offered_on(header.occurred_on());
  state.clear_start_from();
  state.clear_start_until();
  if (event.has_start_from()) state.set_start_from(event.start_from());
  if (event.has_start_until()) state.set_start_until(event.start_until());
  state.clear_door();
  Step(state, header, view::v1::ASSIGNMENT_STATUS_OFFERED);
}

void Apply(AssignmentState& state, const event::v1::TermsChanged& event) {
  if (event.has_respond_by()) state.set_respond_by(event.respond_by());
  if (event.has_start_from()) state.set_start_from(event.start_from());
  if (event.has_start_until()) state.set_start_until(event.start_until());
}

void Apply(AssignmentState& state, const event::v1::ConcernRaised& event) {
  state.add_concerns()->set_concern_id(event.concern_id());
}

void Apply(AssignmentState& state, const event::v1::ConcernAnswered& event) {
  for (auto& concern : *state.mutable_concerns()) {
    if (concern.concern_id() != event.concern_id()) continue;
    concern.set_answer(event.answer());
    if (event.answer() == event::v1::CONCERN_ANSWER_UPHELD) concern.set_pitched(false);
  }
}

void Apply(AssignmentState& state, const event::v1::PitchMade& event) {
  for (auto& concern : *state.mutable_concerns()) {
    for (const auto& answered : event.answers_concern_ids()) {
      if (concern.concern_id() == answered) concern.set_pitched(true);
    }
  }
}

void Declined(AssignmentState& state, const Header& header, event::v1::Door door) {
  state.set_door(door);
  Step(state, header, view::v1::ASSIGNMENT_STATUS_DECLINED);
}

}  // namespace

AssignmentState Evolve(AssignmentState state, const Header& header, const AssignmentEvent& event) {
  switch (event.event_case()) {
    case AssignmentEvent::kAssignmentDrafted:
      Apply(state, header, event.assignment_drafted());
      break;
    case AssignmentEvent::kAssignmentSounded:
      Step(state, header, view::v1::ASSIGNMENT_STATUS_SOUNDING);
      break;
    case AssignmentEvent::kAssignmentOffered:
      Apply(state, header, event.assignment_offered());
      break;
    case AssignmentEvent::kConcernRaised:
      Apply(state, event.concern_raised());
      break;
    case AssignmentEvent::kConcernAnswered:
      Apply(state, event.concern_answered());
      break;
    case AssignmentEvent::kPitchMade:
      Apply(state, event.pitch_made());
      break;
    case AssignmentEvent::kTermsChanged:
      Apply(state, event.terms_changed());
      break;
    case AssignmentEvent::kOfferAccepted:
      Step(state, header, view::v1::ASSIGNMENT_STATUS_ACCEPTED);
      break;
    case AssignmentEvent::kOfferDeclined:
      Declined(state, header, event.offer_declined().door());
      break;
    case AssignmentEvent::kOfferExpired:
      Step(state, header, view::v1::ASSIGNMENT_STATUS_EXPIRED);
      break;
    case AssignmentEvent::kOfferWithdrawn:
      Step(state, header, view::v1::ASSIGNMENT_STATUS_WITHDRAWN);
      break;
    case AssignmentEvent::kAcceptanceRescinded:
      Declined(state, header, event.acceptance_rescinded().door());
      break;
    case AssignmentEvent::kOfferReconsidered:
      state.clear_door();
      Step(state, header, view::v1::ASSIGNMENT_STATUS_RECONSIDERING);
      break;
    case AssignmentEvent::kAssignmentStarted:
      Step(state, header, view::v1::ASSIGNMENT_STATUS_IN_PROGRESS);
      break;
    case AssignmentEvent::kAssignmentCompleted:
      Step(state, header, view::v1::ASSIGNMENT_STATUS_COMPLETED);
      break;
    case AssignmentEvent::kAssignmentAbandoned:
      Step(state, header, view::v1::ASSIGNMENT_STATUS_ABANDONED);
      break;
    case AssignmentEvent::kProgressNoted:
    case AssignmentEvent::kSetbackLogged:
    case AssignmentEvent::EVENT_NOT_SET:
      break;
  }
  return state;
}

event::v1::AssignmentEvent Wrap(const google::protobuf::Message& event) {
  AssignmentEvent wrapper;
  const auto* oneof = AssignmentEvent::descriptor()->FindOneofByName("event");
  for (int i = 0; i < oneof->field_count(); ++i) {
    const auto* field = oneof->field(i);
    if (field->message_type() != event.GetDescriptor()) continue;
    wrapper.GetReflection()->MutableMessage(&wrapper, field)->CopyFrom(event);
  }
  return wrapper;
}

}  // namespace mentorlog::assignments
