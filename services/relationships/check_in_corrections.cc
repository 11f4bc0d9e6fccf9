#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/relationships/relationships_commands.h"
#include "services/relationships/telling.h"

// What is done to a check-in that is logged: amended, retracted, named as the touch that was owed.
namespace mentorlog::relationships {
namespace {

using decider::Context;
using decider::Day;
using decider::Decision;
using decider::Facts;
using decider::Id;
using decider::Refuse;
using decider::States;
using internal::Teller;
using view::v1::CheckInItem;
using view::v1::RelationshipState;

struct Logged {
  RelationshipState state;
  CheckInItem item;
};

absl::StatusOr<Logged> LoadCheckIn(const Context& context, States& states, const Of& command, const Id& checkin) {
  Logged logged;
  auto state = LoadOwnRelationship(context, states, command.relationship);
  if (!state.ok()) return state.status();
  logged.state = *std::move(state);
  const auto found = states.LoadItem(RelationshipStream(command.relationship), checkin, logged.item);
  if (!found.ok()) return found.status();
  if (!*found) {
    return Refuse(absl::StatusCode::kNotFound, "UNKNOWN_CHECK_IN",
                  "checkin_id: " + checkin.ToHex() + ", want a check-in of this relationship",
                  {{"checkin_id", checkin.ToHex()}});
  }
  return logged;
}

absl::Status ByItsAuthor(const Context& context, const Logged& logged) {
  if (const auto author = Id::FromBytes(logged.item.author_id())) {
    return internal::By(context, *author, "who logged it");
  }
  return internal::ByOneOfTheTwo(context, logged.state);
}

absl::Status NotRetracted(const Logged& logged) {
  if (!logged.item.retracted()) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "CHECK_IN_RETRACTED",
                "checkin_id: it was taken back, want one that counts");
}

event::v1::CheckInStanding StandingOf(const CheckInItem& item) {
  event::v1::CheckInStanding was;
  was.set_met_on(item.met_on());
  was.set_channel(item.channel());
  was.set_author_id(item.author_id());
  was.set_logged_at(item.logged_at());
  was.set_imported(item.imported());
  return was;
}

// What the command changes of the check-in; an event with nothing but its id and how it stood changes nothing.
event::v1::CheckInAmended EventOf(const AmendCheckIn& command, const CheckInItem& item) {
  event::v1::CheckInAmended event;
  event.set_checkin_id(command.checkin.ToBytes());
  *event.mutable_was() = StandingOf(item);
  if (command.met_on && command.met_on->value != item.met_on()) event.set_met_on(command.met_on->value);
  if (command.channel && *command.channel != item.channel()) event.set_channel(*command.channel);
  if (command.initiated_by && *command.initiated_by != item.initiated_by()) {
    event.set_initiated_by(*command.initiated_by);
  }
  if (command.career_talk && *command.career_talk != item.career_talk()) event.set_career_talk(*command.career_talk);
  if (command.words) {
    auto& shared = *event.mutable_shared();
    shared.set_gist(command.words->gist);
    for (const auto topic : command.words->topics) shared.add_topics(topic);
    for (const auto piece : command.words->pieces) shared.add_pieces(piece);
    for (const auto& prompt : command.words->prompt_ids) shared.add_prompt_ids(prompt);
  }
  if (command.private_note) event.mutable_private_note()->set_note(*command.private_note);
  return event;
}

bool ChangesAnything(const event::v1::CheckInAmended& event) {
  return event.has_met_on() || event.has_channel() || event.has_initiated_by() || event.has_career_talk() ||
         event.has_shared() || event.has_private_note();
}

bool IsForMove(const event::v1::Debt& debt) { return debt.cause() == event::v1::OWED_CAUSE_MOVE; }

void TellMade(const Teller& teller, const event::v1::Debt& debt, const std::string& checkin, Day on, Facts& facts) {
  event::v1::OwedTouchMade event;
  *event.mutable_debt() = debt;
  event.set_checkin_id(checkin);
  teller.Tell(facts, std::move(event), on);
}

// A debt that this touch had ended is owed again; one for a move is ended at once by the last other touch, if that was
// after the move.
void TellOwedAgain(const Teller& teller, const Logged& logged, const Id& checkin, const event::v1::Debt& debt, Day on,
                   Facts& facts) {
  event::v1::TouchOwed event;
  *event.mutable_debt() = debt;
  teller.Tell(facts, std::move(event), on);
  if (!IsForMove(debt)) return;
  const auto& touches = logged.state.touches();
  const auto last = std::find_if(touches.begin(), touches.end(),
                                 [&](const auto& each) { return each.checkin_id() != checkin.ToBytes(); });
  if (last != touches.end() && last->met_on() >= debt.owed_on()) TellMade(teller, debt, last->checkin_id(), on, facts);
}

// What another day makes of the debts for moves: those it is now before are owed again, those it is now after are made.
void TellDebtsOfTheNewDay(const Teller& teller, const Logged& logged, const Id& checkin, std::int32_t met_on, Day on,
                          Facts& facts) {
  for (const auto& debt : logged.item.made()) {
    const bool was_after = IsForMove(debt) && logged.item.met_on() >= debt.owed_on();
    if (was_after && met_on < debt.owed_on()) TellOwedAgain(teller, logged, checkin, debt, on, facts);
  }
  for (const auto& owed : logged.state.owed()) {
    if (IsForMove(owed.debt()) && met_on >= owed.debt().owed_on()) {
      TellMade(teller, owed.debt(), checkin.ToBytes(), on, facts);
    }
  }
}

void DestroyTexts(const Teller& teller, const Logged& logged, const RetractCheckIn& command, Facts& facts) {
  for (const auto& promise : logged.state.promises()) {
    if (promise.checkin_id() != command.checkin.ToBytes()) continue;
    event::v1::PromiseDropped event;
    event.set_promise_id(promise.promise_id());
    teller.Tell(facts, std::move(event), command.occurred_on);
  }
  for (const auto& sealed : logged.item.sealed()) {
    log::v1::PartRef part;
    part.set_stream(teller.stream.ToBytes());
    part.set_revision(sealed.revision());
    part.set_part(sealed.part());
    facts.removals.push_back(std::move(part));
  }
}

}  // namespace

Decision Run(const Context& context, States& states, const AmendCheckIn& command) {
  if (auto wrongs = Check(command); !wrongs.empty()) return wrongs.front();
  if (auto status = decider::NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  if (command.met_on) {
    if (auto status = decider::NotInFuture(context, "met_on", *command.met_on); !status.ok()) return status;
  }
  const auto logged = LoadCheckIn(context, states, command, command.checkin);
  if (!logged.ok()) return logged.status();
  if (auto status = ByItsAuthor(context, *logged); !status.ok()) return status;
  if (auto status = NotRetracted(*logged); !status.ok()) return status;
  Facts facts;
  auto event = EventOf(command, logged->item);
  if (!ChangesAnything(event)) return facts;
  if (logged->item.amendments() >= kAmendmentsMax) {
    return Refuse(
        absl::StatusCode::kFailedPrecondition, "TOO_MANY_AMENDMENTS",
        absl::StrCat("checkin_id: amended ", logged->item.amendments(), " times, want fewer than ", kAmendmentsMax));
  }
  if (event.has_met_on() && event.met_on() < logged->state.started_on()) {
    facts.Advise("DATED_BEFORE_START", "met_on",
                 "the relationship started on " + Day{logged->state.started_on()}.ToText());
  }
  const Teller teller = Teller::Of(RelationshipStream(command.relationship), logged->state);
  const bool on_another_day = event.has_met_on();
  const std::int32_t met_on = event.met_on();
  teller.Tell(facts, std::move(event), command.occurred_on);
  if (on_another_day) TellDebtsOfTheNewDay(teller, *logged, command.checkin, met_on, command.occurred_on, facts);
  return facts;
}

Decision Run(const Context& context, States& states, const RetractCheckIn& command) {
  if (auto wrongs = Check(command); !wrongs.empty()) return wrongs.front();
  if (auto status = decider::NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  const auto logged = LoadCheckIn(context, states, command, command.checkin);
  if (!logged.ok()) return logged.status();
  if (auto status = ByItsAuthor(context, *logged); !status.ok()) return status;
  Facts facts;
  const bool wrong_person = command.reason == event::v1::CHECK_IN_RETRACTION_REASON_WRONG_PERSON;
  // Who learns afterwards that it was somebody else has the texts destroyed all the same, and owes what a double had
  // left as made.
  const bool left_nothing = logged->item.sealed().empty() && logged->item.made().empty();
  if (logged->item.retracted() && (!wrong_person || left_nothing)) return facts;
  const Teller teller = Teller::Of(RelationshipStream(command.relationship), logged->state);
  event::v1::CheckInRetracted event;
  event.set_checkin_id(command.checkin.ToBytes());
  event.set_reason(command.reason);
  *event.mutable_was() = StandingOf(logged->item);
  if (logged->item.retracted()) event.set_already_retracted(true);
  if (!command.note.empty()) event.mutable_shared()->set_note(command.note);
  teller.Tell(facts, std::move(event), command.occurred_on);
  if (command.reason != event::v1::CHECK_IN_RETRACTION_REASON_DOUBLE) {
    for (const auto& debt : logged->item.made()) {
      TellOwedAgain(teller, *logged, command.checkin, debt, command.occurred_on, facts);
    }
  }
  if (wrong_person) DestroyTexts(teller, *logged, command, facts);
  return facts;
}

Decision Run(const Context& context, States& states, const MakeOwedTouch& command) {
  if (auto wrongs = Check(command); !wrongs.empty()) return wrongs.front();
  if (auto status = decider::NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  const auto logged = LoadCheckIn(context, states, command, command.checkin);
  if (!logged.ok()) return logged.status();
  if (auto status = NotRetracted(*logged); !status.ok()) return status;
  const auto* owed = internal::FindOwed(logged->state, command.owed);
  if (owed == nullptr) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "OWED_TOUCH_NOT_OPEN",
                  "owed_id: no open debt, want one that was neither made nor waived");
  }
  if (logged->item.made_size() >= kMadeMax) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "TOO_MANY_OWED",
                  absl::StrCat("checkin_id: made ", logged->item.made_size(),
                               " touches that were owed, want fewer than ", kMadeMax));
  }
  Facts facts;
  event::v1::OwedTouchMade event;
  *event.mutable_debt() = owed->debt();
  event.set_checkin_id(command.checkin.ToBytes());
  if (!command.what_came_up.empty()) event.mutable_shared()->set_what_came_up(command.what_came_up);
  Teller::Of(RelationshipStream(command.relationship), logged->state)
      .Tell(facts, std::move(event), command.occurred_on);
  return facts;
}

}  // namespace mentorlog::relationships
