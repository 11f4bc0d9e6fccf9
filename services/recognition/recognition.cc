#include "services/recognition/recognition.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/decider/event_shape.h"

namespace mentorlog::recognition {
namespace {

absl::Status Malformed(std::string_view field, std::string_view found, std::string_view wish,
                       std::string_view reason = "INVALID_FIELD") {
  auto status = decider::Refuse(absl::StatusCode::kInvalidArgument, reason,
                                std::string(field) + ": " + std::string(found) + ", " + std::string(wish),
                                {{"field", std::string(field)}});
  decider::AddFieldViolation(status, field, wish);
  return status;
}

absl::Status OnlyBy(std::string_view whose) {
  return decider::Refuse(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED",
                         "actor: somebody else, want " + std::string(whose));
}

absl::Status NoSuchAdvocacy(const Id& advocacy) {
  return decider::Refuse(absl::StatusCode::kNotFound, "NO_SUCH_ADVOCACY",
                         "advocacy_id: " + advocacy.ToHex() + ", want the id of an advocacy",
                         {{"advocacy_id", advocacy.ToHex()}});
}

// Wider first: ORG 1, TEAM 2, PAIR 3.
bool IsWider(log::v1::Audience a, log::v1::Audience b) { return a < b; }

// The one spoken for met those before whom it was done: it is theirs to know (domain.md, section 4.4).
bool TookThemThere(event::v1::AdvocacyAct act) {
  return act == event::v1::ADVOCACY_ACT_INTRODUCED || act == event::v1::ADVOCACY_ACT_INVITED_TO_ROOM;
}

bool IsAdvocate(const Context& context, const AdvocacyState& state) {
  const auto advocate = Id::FromBytes(state.advocate_id());
  return advocate && context.actor.MayActAs(*advocate);
}

// The advocate, and the one spoken for once told.
bool KnowsOf(const Context& context, const AdvocacyState& state) {
  const auto mentee = Id::FromBytes(state.for_id());
  return IsAdvocate(context, state) || (state.told() && mentee && context.actor.Is(*mentee));
}

absl::Status CheckAdvocacy(const Context& context, const RecordAdvocacy& command) {
  const auto& wanted = command.wanted;
  if (auto status = decider::CheckEvent(wanted); !status.ok()) return status;
  const auto advocate = Id::FromBytes(wanted.advocate_id());
  if (!advocate) return Malformed("advocate_id", "none", "want a person");
  if (wanted.for_id().empty()) return Malformed("for_id", "none", "want a person");
  if (wanted.advocate_id() == wanted.for_id()) {
    return Malformed("for_id", "the advocate", "want somebody else", "SELF_ADVOCACY");
  }
  if (!context.actor.MayActAs(*advocate)) return OnlyBy("the advocate");
  if (wanted.act() == event::v1::ADVOCACY_ACT_UNSPECIFIED) return Malformed("act", "none", "want what was done");
  if (command.outcome == event::v1::ADVOCACY_OUTCOME_UNSPECIFIED && command.outcome_on) {
    return Malformed("outcome_on", command.outcome_on->ToText(), "want none without an outcome");
  }
  if (!event::v1::AdvocacyOutcome_IsValid(command.outcome)) {
    return Malformed("outcome", absl::StrCat(command.outcome), "want a known outcome", "UNKNOWN_ENUM_VALUE");
  }
  if (command.outcome_on) {
    if (auto status = decider::NotInFuture(context, "outcome_on", *command.outcome_on); !status.ok()) return status;
  }
  return decider::NotInFuture(context, "occurred_on", command.occurred_on);
}

decider::Fact Told(const Id& advocacy, const std::string& advocate_id, Day on, const Id& mentee) {
  event::v1::AdvocacyTold event;
  event.set_advocate_id(advocate_id);
  return decider::MakeFact(AdvocacyStream(advocacy), std::move(event), on, {mentee});
}

decider::Fact Seen(const Id& advocacy, const std::string& advocate_id, Day on, const Id& mentee,
                   event::v1::AdvocacyOutcome outcome) {
  event::v1::AdvocacyOutcomeSeen event;
  event.set_outcome(outcome);
  event.set_advocate_id(advocate_id);
  return decider::MakeFact(AdvocacyStream(advocacy), std::move(event), on, {mentee});
}

}  // namespace

log::v1::Audience StandingConsent(const Id& /*receiver*/) { return log::v1::AUDIENCE_PAIR; }

Decision Decide(const Context& context, const RecognitionState& state, const GiveRecognition& command) {
  using event::v1::RecognitionGiven;
  auto wanted = command.wanted;
  if (auto status = decider::CheckEvent(wanted); !status.ok()) return status;
  const auto from = Id::FromBytes(wanted.from_id());
  const auto to = Id::FromBytes(wanted.to_id());
  if (!from) return Malformed("from_id", "none", "want a person");
  if (!to) return Malformed("to_id", "none", "want a person");
  if (*from == *to) return Malformed("to_id", "the giver", "want somebody else", "SELF_RECOGNITION");
  if (!context.actor.MayActAs(*from)) return OnlyBy("the giver");
  if (auto status = decider::NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  if (command.audience < log::v1::AUDIENCE_ORG || command.audience > log::v1::AUDIENCE_PAIR) {
    return Malformed("audience", absl::StrCat(command.audience), "want PAIR, TEAM or ORG", "UNKNOWN_ENUM_VALUE");
  }
  // A stream of this id exists only if its id was given: that recognition is not given twice.
  if (!state.from_id().empty()) return Malformed("recognition_id", "taken", "want a new id");
  const auto consent = StandingConsent(*to);
  const bool narrowed = IsWider(command.audience, consent);
  decider::DropEmptyParts(wanted);
  auto fact = decider::MakeFact(RecognitionStream(command.recognition.value_or(context.ids->Generated(0))),
                                std::move(wanted), command.occurred_on, {*to});
  fact.chosen[RecognitionGiven::kPraiseFieldNumber] = narrowed ? consent : command.audience;
  fact.chosen[RecognitionGiven::kRelayFieldNumber] =
      command.relay_shared ? log::v1::AUDIENCE_PAIR : log::v1::AUDIENCE_AUTHOR;
  // A note of the author about somebody dies with either; what the receiver may read is theirs alone.
  if (!command.relay_shared) fact.part_subjects[RecognitionGiven::kRelayFieldNumber] = {*from, *to};
  decider::Facts facts;
  facts.facts.push_back(std::move(fact));
  if (narrowed) {
    facts.Advise("AUDIENCE_NARROWED", "audience", "The receiver has not consented to more than giver and receiver.");
  }
  return facts;
}

Decision Decide(const Context& context, const AdvocacyState& state, const RecordAdvocacy& command) {
  using event::v1::AdvocacyMade;
  if (auto status = CheckAdvocacy(context, command); !status.ok()) return status;
  if (!state.advocate_id().empty()) return Malformed("advocacy_id", "taken", "want a new id");
  const Id advocacy = command.advocacy.value_or(context.ids->Generated(0));
  const Id advocate = *Id::FromBytes(command.wanted.advocate_id());
  const Id mentee = *Id::FromBytes(command.wanted.for_id());
  auto wanted = command.wanted;
  decider::DropEmptyParts(wanted);
  auto fact = decider::MakeFact(AdvocacyStream(advocacy), std::move(wanted), command.occurred_on, {mentee});
  const bool shared = TookThemThere(command.wanted.act()) && !command.room_withheld;
  fact.chosen[AdvocacyMade::kRoomFieldNumber] = shared ? log::v1::AUDIENCE_PAIR : log::v1::AUDIENCE_AUTHOR;
  if (!shared) fact.part_subjects[AdvocacyMade::kRoomFieldNumber] = {advocate, mentee};
  decider::Facts facts;
  facts.facts.push_back(std::move(fact));
  if (command.tell_mentee) {
    facts.facts.push_back(Told(advocacy, command.wanted.advocate_id(), command.occurred_on, mentee));
  }
  if (command.outcome != event::v1::ADVOCACY_OUTCOME_UNSPECIFIED) {
    facts.facts.push_back(Seen(advocacy, command.wanted.advocate_id(), command.outcome_on.value_or(command.occurred_on),
                               mentee, command.outcome));
  }
  return facts;
}

Decision Decide(const Context& context, const AdvocacyState& state, const TellAdvocacy& command) {
  if (!KnowsOf(context, state)) return NoSuchAdvocacy(command.advocacy);
  if (!IsAdvocate(context, state)) return OnlyBy("the advocate");
  if (auto status = decider::NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  decider::Facts facts;
  if (state.told()) return facts;
  facts.facts.push_back(
      Told(command.advocacy, state.advocate_id(), command.occurred_on, *Id::FromBytes(state.for_id())));
  return facts;
}

Decision Decide(const Context& context, const AdvocacyState& state, const RecordAdvocacyOutcome& command) {
  if (!KnowsOf(context, state)) return NoSuchAdvocacy(command.advocacy);
  if (auto status = decider::NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  if (command.outcome == event::v1::ADVOCACY_OUTCOME_UNSPECIFIED ||
      !event::v1::AdvocacyOutcome_IsValid(command.outcome)) {
    return Malformed("outcome", absl::StrCat(command.outcome), "want what came of it", "UNKNOWN_ENUM_VALUE");
  }
  decider::Facts facts;
  facts.facts.push_back(Seen(command.advocacy, state.advocate_id(), command.occurred_on, *Id::FromBytes(state.for_id()),
                             command.outcome));
  return facts;
}

RecognitionState Evolve(RecognitionState state, const event::v1::RecognitionEvent& event) {
  if (event.has_recognition_given()) {
    state.set_from_id(event.recognition_given().from_id());
    state.set_to_id(event.recognition_given().to_id());
  }
  return state;
}

AdvocacyState Evolve(AdvocacyState state, const event::v1::AdvocacyEvent& event) {
  using event::v1::AdvocacyEvent;
  switch (event.event_case()) {
    case AdvocacyEvent::kAdvocacyMade:
      state.set_advocate_id(event.advocacy_made().advocate_id());
      state.set_for_id(event.advocacy_made().for_id());
      state.set_act(event.advocacy_made().act());
      break;
    case AdvocacyEvent::kAdvocacyTold:
      state.set_told(true);
      break;
    case AdvocacyEvent::kAdvocacyOutcomeSeen:
      state.set_outcome(event.advocacy_outcome_seen().outcome());
      break;
    case AdvocacyEvent::EVENT_NOT_SET:
      break;
  }
  return state;
}

}  // namespace mentorlog::recognition
