// tests/services/assignments/assignment_script.h: the little language of this room's tests.
#ifndef MENTORLOG_TESTS_SERVICES_ASSIGNMENTS_ASSIGNMENT_SCRIPT_H_
#define MENTORLOG_TESTS_SERVICES_ASSIGNMENTS_ASSIGNMENT_SCRIPT_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/assignments/assignment.h"

namespace mentorlog::assignments {

inline Id Named(char letter) { return *Id::FromBytes(std::string(16, letter)); }
inline Day On(std::string_view text) { return *Day::FromText(text); }

inline const Id kMentor = Named('m');
inline const Id kMentee = Named('e');
inline const Id kSponsor = Named('s');
inline const Id kStranger = Named('x');
inline const Id kAssignment = Named('a');
inline const Id kConcern = Named('c');

class FixedIds final : public decider::Ids {
 public:
  Id Generated(std::uint32_t index) const override { return Named(static_cast<char>('0' + index)); }
  Id Derived(std::string_view label, std::initializer_list<std::string_view>) const override {
    return Named(label.front());
  }
};

inline Context By(const Id& person) {
  static const FixedIds ids;
  Context context;
  context.actor.person = person;
  context.today = On("2026-12-31");
  context.ids = &ids;
  return context;
}

inline Context BySteward() {
  auto context = By(kStranger);
  context.actor.person.reset();
  context.actor.service = "steward";
  context.actor.may_do_everything = true;
  context.source = log::v1::SOURCE_STEWARD;
  return context;
}

inline At OnDay(std::string_view day) { return {kAssignment, On(day)}; }

// The state after a decision was written.
inline AssignmentState After(AssignmentState state, const Decision& decision) {
  EXPECT_TRUE(decision.ok()) << decision.status();
  if (!decision.ok()) return state;
  for (const auto& fact : decision->facts) {
    log::v1::Header header;
    header.set_occurred_on(fact.occurred_on.value);
    state = Evolve(std::move(state), header, Wrap(*fact.event));
  }
  return state;
}

// Facts in order, each on its day.
class History {
 public:
  template <typename Event>
  History& Then(std::string_view day, Event event) {
    log::v1::Header header;
    header.set_occurred_on(On(day).value);
    state_ = Evolve(std::move(state_), header, Wrap(event));
    return *this;
  }
  const AssignmentState& state() const { return state_; }

 private:
  AssignmentState state_;
};

inline event::v1::AssignmentDrafted Drafted() {
  event::v1::AssignmentDrafted event;
  event.set_mentor_id(kMentor.ToBytes());
  event.set_mentee_id(kMentee.ToBytes());
  event.set_sponsor_id(kSponsor.ToBytes());
  event.mutable_description()->set_title("Leeds lead");
  event.mutable_description()->add_stretch(event::v1::STRETCH_NEW_FUNCTION);
  return event;
}

inline event::v1::AssignmentOffered Offered(std::string_view respond_by, std::uint32_t round = 1) {
  event::v1::AssignmentOffered event;
  event.set_round(round);
  event.set_respond_by(On(respond_by).value);
  return event;
}

inline event::v1::OfferDeclined Declined(event::v1::Door door) {
  event::v1::OfferDeclined event;
  event.set_door(door);
  event.mutable_reason()->set_kind(event::v1::CONCERN_KIND_RELOCATION);
  return event;
}

inline event::v1::ConcernRaised Concern() {
  event::v1::ConcernRaised event;
  event.set_concern_id(kConcern.ToBytes());
  event.mutable_shared()->set_kind(event::v1::CONCERN_KIND_FAMILY);
  event.mutable_shared()->set_text("who takes the children to school?");
  return event;
}

inline event::v1::ConcernAnswered Answered(event::v1::ConcernAnswer answer) {
  event::v1::ConcernAnswered event;
  event.set_concern_id(kConcern.ToBytes());
  event.set_answer(answer);
  return event;
}

inline event::v1::PitchMade Pitch() {
  event::v1::PitchMade event;
  event.add_answers_concern_ids(kConcern.ToBytes());
  event.set_channel(event::v1::PITCH_CHANNEL_IN_PERSON);
  event.mutable_shared()->set_argument("two days a week from home");
  return event;
}

MATCHER_P2(IsRefused, code, reason, "") {
  *result_listener << arg.status();
  return arg.status().code() == code && storage::ReasonOf(arg.status()) == reason;
}

MATCHER_P(Advises, reason, "") {
  if (!arg.ok()) {
    *result_listener << arg.status();
    return false;
  }
  for (const auto& item : arg->advice) {
    if (item.reason() == reason) return true;
  }
  return false;
}

// Taken, with this event alone and no advice.
MATCHER_P(IsOnly, name, "") {
  if (!arg.ok()) {
    *result_listener << arg.status();
    return false;
  }
  return arg->facts.size() == 1 && arg->advice.empty() && arg->facts[0].event->GetDescriptor()->name() == name;
}

}  // namespace mentorlog::assignments

#endif  // MENTORLOG_TESTS_SERVICES_ASSIGNMENTS_ASSIGNMENT_SCRIPT_H_
