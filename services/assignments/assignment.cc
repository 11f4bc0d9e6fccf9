#include "services/assignments/assignment.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/assignments/assignment_rules.h"

namespace mentorlog::assignments {
namespace {

using namespace view::v1;  // the names of the states, in the table below.
using rules::Check;
using rules::One;
using rules::Rule;
using rules::Side;
using rules::Step;

// The machine. Each step is here once.
const Rule kSound{"sound", Side::kMentor, {ASSIGNMENT_STATUS_DRAFT}};
const Rule kOffer{
    "offer", Side::kMentor, {ASSIGNMENT_STATUS_DRAFT, ASSIGNMENT_STATUS_SOUNDING, ASSIGNMENT_STATUS_RECONSIDERING}};
const Rule kRaise{"raise a concern",
                  Side::kMentee,
                  {ASSIGNMENT_STATUS_SOUNDING, ASSIGNMENT_STATUS_OFFERED, ASSIGNMENT_STATUS_DECLINED,
                   ASSIGNMENT_STATUS_RECONSIDERING}};
const Rule kAnswer{"answer a concern", Side::kMentee, kRaise.from};
const Rule kPitch{"pitch", Side::kMentor, kRaise.from};
const Rule kTerms{"change the terms",
                  Side::kMentor,
                  {ASSIGNMENT_STATUS_OFFERED, ASSIGNMENT_STATUS_ACCEPTED, ASSIGNMENT_STATUS_IN_PROGRESS}};
const Rule kAccept{"accept", Side::kMentee, {ASSIGNMENT_STATUS_OFFERED, ASSIGNMENT_STATUS_EXPIRED}, "OFFER_NOT_OPEN"};
const Rule kDecline{"decline", Side::kMentee, {ASSIGNMENT_STATUS_OFFERED}, "OFFER_NOT_OPEN"};
const Rule kExpire{"expire", Side::kSteward, {ASSIGNMENT_STATUS_OFFERED}, "OFFER_NOT_OPEN"};
const Rule kWithdraw{
    "withdraw",
    Side::kMentor,
    {ASSIGNMENT_STATUS_DRAFT, ASSIGNMENT_STATUS_SOUNDING, ASSIGNMENT_STATUS_OFFERED, ASSIGNMENT_STATUS_ACCEPTED}};
const Rule kRescind{"rescind", Side::kMentee, {ASSIGNMENT_STATUS_ACCEPTED}};
const Rule kReconsider{"reconsider", Side::kEither, {ASSIGNMENT_STATUS_DECLINED, ASSIGNMENT_STATUS_EXPIRED}};
const Rule kStart{"start", Side::kEither, {ASSIGNMENT_STATUS_ACCEPTED}};
const Rule kProgress{"note progress", Side::kEither, {ASSIGNMENT_STATUS_IN_PROGRESS}};
const Rule kSetback{"log a setback", Side::kEither, {ASSIGNMENT_STATUS_IN_PROGRESS}};
const Rule kComplete{"complete", Side::kEither, {ASSIGNMENT_STATUS_IN_PROGRESS}};
const Rule kAbandon{"abandon", Side::kEither, {ASSIGNMENT_STATUS_IN_PROGRESS}};

absl::Status KnowsConcern(const AssignmentState& state, const std::string& concern_id, std::string_view field) {
  for (const auto& concern : state.concerns()) {
    if (concern.concern_id() == concern_id) return absl::OkStatus();
  }
  const auto id = Id::FromBytes(concern_id);
  if (!id) return rules::Malformed(field, absl::StrCat(concern_id.size(), " bytes"), "want 16 bytes");
  return decider::Refuse(absl::StatusCode::kNotFound, "NO_SUCH_CONCERN",
                         std::string(field) + ": " + id->ToHex() + ", want a concern of this assignment",
                         {{"concern_id", id->ToHex()}});
}

absl::Status CheckRespondBy(Day respond_by, Day offered_on) {
  if (respond_by >= offered_on) return absl::OkStatus();
  const std::string wish = "want a date on or after the offer (" + offered_on.ToText() + ")";
  auto status = decider::Refuse(absl::StatusCode::kInvalidArgument, "RESPOND_BY_BEFORE_OFFER",
                                "respond_by: " + respond_by.ToText() + ", " + wish, {{"field", "respond_by"}});
  decider::AddFieldViolation(status, "respond_by", wish);
  return status;
}

absl::Status CheckWindow(std::optional<Day> from, std::optional<Day> until) {
  if (!from || !until || *from <= *until) return absl::OkStatus();
  return rules::Malformed("start_until", until->ToText(),
                          "want a date on or after start_from (" + from->ToText() + ")");
}

template <typename Message>
std::optional<Day> FromOf(const Message& message) {
  return message.has_start_from() ? std::optional(Day{message.start_from()}) : std::nullopt;
}
template <typename Message>
std::optional<Day> UntilOf(const Message& message) {
  return message.has_start_until() ? std::optional(Day{message.start_until()}) : std::nullopt;
}

absl::Status DoorClosed(std::string_view step) {
  return decider::Refuse(absl::StatusCode::kFailedPrecondition, "DOOR_IS_CLOSED",
                         "assignment.door: CLOSED, want OPEN to " + std::string(step) + " after a decline");
}

absl::Status CheckDoor(event::v1::Door door) {
  if (door == event::v1::DOOR_OPEN || door == event::v1::DOOR_CLOSED) return absl::OkStatus();
  return rules::Malformed("door", "none", "want OPEN or CLOSED");
}

}  // namespace

Decision Decide(const Context& context, const AssignmentState& state, const At& at,
                event::v1::AssignmentDrafted wanted) {
  if (state.status() != ASSIGNMENT_STATUS_UNSPECIFIED) {
    return decider::Refuse(absl::StatusCode::kAlreadyExists, "ASSIGNMENT_EXISTS",
                           "assignment_id: " + at.assignment.ToHex() + " exists, want a new one",
                           {{"assignment_id", at.assignment.ToHex()}});
  }
  if (auto status = decider::CheckEvent(wanted); !status.ok()) return status;
  if (wanted.mentor_id().empty()) return rules::Malformed("mentor_id", "none", "want a person");
  if (wanted.mentee_id().empty()) return rules::Malformed("mentee_id", "none", "want a person");
  if (wanted.mentor_id() == wanted.mentee_id() || wanted.sponsor_id() == wanted.mentee_id()) {
    auto status = decider::Refuse(absl::StatusCode::kInvalidArgument, "SELF_ASSIGNMENT",
                                  "mentee_id: the mentor or the sponsor, want somebody else");
    decider::AddFieldViolation(status, "mentee_id", "want somebody else than the mentor or the sponsor");
    return status;
  }
  // What the draft itself says of its sides decides who may write it.
  AssignmentState drafted;
  drafted.set_status(ASSIGNMENT_STATUS_DRAFT);
  drafted.set_mentor_id(wanted.mentor_id());
  drafted.set_mentee_id(wanted.mentee_id());
  drafted.set_sponsor_id(wanted.sponsor_id());
  const Rule draft{"draft", Side::kMentor, {ASSIGNMENT_STATUS_DRAFT}};
  if (auto status = rules::CheckSide(context, drafted, draft); !status.ok()) return status;
  if (auto status = decider::NotInFuture(context, "occurred_on", at.on); !status.ok()) return status;
  if (auto status = rules::CheckDescription(wanted.description()); !status.ok()) return status;
  return One(drafted, at, std::move(wanted));
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at,
                event::v1::AssignmentSounded wanted) {
  if (auto status = Check(context, state, at, kSound); !status.ok()) return status;
  if (wanted.has_description()) {
    if (auto status = rules::CheckDescription(wanted.description()); !status.ok()) return status;
  }
  return Step(state, at, std::move(wanted));
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at, const Offer& wanted) {
  auto rule = kOffer;
  if (state.status() == ASSIGNMENT_STATUS_OFFERED) rule.refused_as = "OFFER_ALREADY_OPEN";
  if (auto status = Check(context, state, at, rule); !status.ok()) return status;
  const Day respond_by = wanted.respond_by.value_or(at.on.Plus(kRespondWithinDays));
  if (auto status = CheckRespondBy(respond_by, at.on); !status.ok()) return status;
  if (auto status = CheckWindow(wanted.start_from, wanted.start_until); !status.ok()) return status;
  event::v1::AssignmentOffered event;
  event.set_round(state.round() + 1);
  event.set_respond_by(respond_by.value);
  if (wanted.start_from) event.set_start_from(wanted.start_from->value);
  if (wanted.start_until) event.set_start_until(wanted.start_until->value);
  event.mutable_terms()->set_terms(wanted.terms);
  auto decision = Step(state, at, std::move(event));
  const bool worried = std::any_of(state.concerns().begin(), state.concerns().end(), [](const auto& concern) {
    return concern.answer() == event::v1::CONCERN_ANSWER_UNSPECIFIED;
  });
  if (decision.ok() && worried) {
    decision->Advise("OFFERED_WITH_OPEN_CONCERNS", "", "Concerns of the mentee are neither eased nor answered.");
  }
  return decision;
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::ConcernRaised wanted) {
  if (auto status = Check(context, state, at, kRaise); !status.ok()) return status;
  if (state.concerns_size() >= kConcernsMax) {
    return decider::Refuse(
        absl::StatusCode::kFailedPrecondition, "TOO_MANY_CONCERNS",
        absl::StrCat("assignment.concerns: ", state.concerns_size(), ", want fewer than ", kConcernsMax));
  }
  if (wanted.shared().kind() == event::v1::CONCERN_KIND_UNSPECIFIED) {
    return rules::Malformed("kind", "none", "want what the concern is about");
  }
  if (wanted.concern_id().empty()) wanted.set_concern_id(context.ids->Generated(0).ToBytes());
  return One(state, at, std::move(wanted));
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::ConcernAnswered wanted) {
  if (auto status = Check(context, state, at, kAnswer); !status.ok()) return status;
  if (auto status = KnowsConcern(state, wanted.concern_id(), "concern_id"); !status.ok()) return status;
  if (wanted.answer() == event::v1::CONCERN_ANSWER_UNSPECIFIED) {
    return rules::Malformed("answer", "none", "want EASED or UPHELD");
  }
  return One(state, at, std::move(wanted));
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::PitchMade wanted) {
  if (auto status = Check(context, state, at, kPitch); !status.ok()) return status;
  if (state.status() == ASSIGNMENT_STATUS_DECLINED && state.door() != event::v1::DOOR_OPEN) return DoorClosed("pitch");
  for (const auto& concern : wanted.answers_concern_ids()) {
    if (auto status = KnowsConcern(state, concern, "answers_concern_ids"); !status.ok()) return status;
  }
  // The words of a sponsor are not the mentor's to erase.
  const auto sponsor = Id::FromBytes(state.sponsor_id());
  std::map<int, std::vector<Id>> subjects;
  if (sponsor && context.actor.Is(*sponsor)) {
    subjects[event::v1::PitchMade::kSharedFieldNumber] = {*sponsor, *Id::FromBytes(state.mentee_id())};
  }
  return One(state, at, std::move(wanted), std::move(subjects));
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::TermsChanged wanted) {
  if (auto status = Check(context, state, at, kTerms); !status.ok()) return status;
  decider::DropEmptyParts(wanted);
  if (state.status() == ASSIGNMENT_STATUS_OFFERED) {
    if (!wanted.has_respond_by()) wanted.set_respond_by(at.on.Plus(kRespondWithinDays).value);
    if (auto status = CheckRespondBy(Day{wanted.respond_by()}, at.on); !status.ok()) return status;
  } else if (wanted.has_respond_by()) {
    return rules::Malformed("respond_by", Day{wanted.respond_by()}.ToText(), "want none: there is no open offer");
  }
  const auto from = wanted.has_start_from() ? FromOf(wanted) : FromOf(state);
  const auto until = wanted.has_start_until() ? UntilOf(wanted) : UntilOf(state);
  if (auto status = CheckWindow(from, until); !status.ok()) return status;
  if (wanted.has_description()) {
    if (auto status = rules::CheckDescription(wanted.description()); !status.ok()) return status;
  }
  if (wanted.ByteSizeLong() == 0) return decider::Facts{};
  return One(state, at, std::move(wanted));
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::OfferAccepted wanted) {
  if (auto status = Check(context, state, at, kAccept); !status.ok()) return status;
  const Day respond_by{state.respond_by()};
  if (at.on > respond_by) {
    return decider::Refuse(absl::StatusCode::kFailedPrecondition, "ACCEPTED_TOO_LATE",
                           "occurred_on: " + at.on.ToText() + ", want a date on or before respond_by: respond_by was " +
                               respond_by.ToText(),
                           {{"respond_by", respond_by.ToText()}, {"occurred_on", at.on.ToText()}});
  }
  auto decision = One(state, at, std::move(wanted));
  if (!decision.ok()) return decision;
  if (state.status() == ASSIGNMENT_STATUS_EXPIRED) {
    decision->Advise("ACCEPTED_AFTER_EXPIRY", "occurred_on",
                     "The offer had expired when this was logged; it is dated in time and counts.");
  }
  if (at.on.value < state.offered_on()) {
    decision->Advise("DATED_BEFORE_LAST_STEP", "occurred_on",
                     "The offer was made on " + Day{state.offered_on()}.ToText() + ".");
  }
  return decision;
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::OfferDeclined wanted) {
  if (auto status = Check(context, state, at, kDecline); !status.ok()) return status;
  if (auto status = CheckDoor(wanted.door()); !status.ok()) return status;
  return Step(state, at, std::move(wanted));
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::OfferExpired wanted) {
  if (auto status = Check(context, state, at, kExpire); !status.ok()) return status;
  const Day respond_by{state.respond_by()};
  if (at.on <= respond_by) {
    return decider::Refuse(
        absl::StatusCode::kFailedPrecondition, "NOT_YET_EXPIRED",
        "occurred_on: " + at.on.ToText() + ", want a date after respond_by (" + respond_by.ToText() + ")",
        {{"respond_by", respond_by.ToText()}});
  }
  return One(state, at, std::move(wanted));
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::OfferWithdrawn wanted) {
  if (auto status = Check(context, state, at, kWithdraw); !status.ok()) return status;
  return Step(state, at, std::move(wanted));
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at,
                event::v1::AcceptanceRescinded wanted) {
  if (auto status = Check(context, state, at, kRescind); !status.ok()) return status;
  if (auto status = CheckDoor(wanted.door()); !status.ok()) return status;
  return Step(state, at, std::move(wanted));
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at,
                event::v1::OfferReconsidered wanted) {
  if (auto status = Check(context, state, at, kReconsider); !status.ok()) return status;
  if (state.door() == event::v1::DOOR_CLOSED && !rules::IsMentee(context, state)) return DoorClosed("reconsider");
  return Step(state, at, std::move(wanted));
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at,
                event::v1::AssignmentStarted wanted) {
  if (auto status = Check(context, state, at, kStart); !status.ok()) return status;
  auto decision = Step(state, at, std::move(wanted));
  const auto from = FromOf(state);
  const auto until = UntilOf(state);
  if (decision.ok() && ((from && at.on < *from) || (until && at.on > *until))) {
    decision->Advise("STARTED_OUTSIDE_WINDOW", "occurred_on",
                     absl::StrCat("The offer was to start", from ? " from " + from->ToText() : std::string(),
                                  until ? " until " + until->ToText() : std::string(), "."));
  }
  return decision;
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::ProgressNoted wanted) {
  if (auto status = Check(context, state, at, kProgress); !status.ok()) return status;
  if (wanted.shared().confidence() > 5) {
    return rules::Malformed("confidence", absl::StrCat(wanted.shared().confidence()), "want 1 to 5");
  }
  return One(state, at, std::move(wanted));
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at, event::v1::SetbackLogged wanted) {
  if (auto status = Check(context, state, at, kSetback); !status.ok()) return status;
  if (wanted.shared().kind() == event::v1::SETBACK_KIND_UNSPECIFIED) {
    return rules::Malformed("kind", "none", "want FAILURE, FOOLISHNESS or EXTERNAL");
  }
  return One(state, at, std::move(wanted));
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at,
                event::v1::AssignmentCompleted wanted) {
  if (auto status = Check(context, state, at, kComplete); !status.ok()) return status;
  // What each side learned is theirs alone, and outlives the other.
  return Step(state, at, std::move(wanted),
              {{event::v1::AssignmentCompleted::kMenteeLessonsFieldNumber, {*Id::FromBytes(state.mentee_id())}},
               {event::v1::AssignmentCompleted::kMentorLessonsFieldNumber, {*Id::FromBytes(state.mentor_id())}}});
}

Decision Decide(const Context& context, const AssignmentState& state, const At& at,
                event::v1::AssignmentAbandoned wanted) {
  if (auto status = Check(context, state, at, kAbandon); !status.ok()) return status;
  return Step(state, at, std::move(wanted));
}

}  // namespace mentorlog::assignments
