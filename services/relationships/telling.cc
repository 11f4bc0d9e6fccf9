#include "services/relationships/telling.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "services/relationships/clock.h"

namespace mentorlog::relationships::internal {

using decider::Context;
using decider::Id;
using view::v1::RelationshipState;

std::optional<Id> OneOfTheTwo(const Context& context, const Id& mentor, const Id& mentee) {
  const auto& person = context.actor.person;
  return person == mentor || person == mentee ? person : std::nullopt;
}

absl::Status ByOneOfTheTwo(const Context& context, const Id& mentor, const Id& mentee) {
  if (context.actor.MayActAs(mentor) || context.actor.MayActAs(mentee)) return absl::OkStatus();
  return decider::Refuse(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED",
                         "actor: neither mentor nor mentee, want one of the two");
}

absl::Status ByOneOfTheTwo(const Context& context, const RelationshipState& state) {
  return ByOneOfTheTwo(context, *Id::FromBytes(state.mentor_id()), *Id::FromBytes(state.mentee_id()));
}

absl::Status By(const Context& context, const Id& who, std::string_view role) {
  if (context.actor.MayActAs(who)) return absl::OkStatus();
  return decider::Refuse(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED",
                         "actor: somebody else, want " + std::string(role));
}

absl::Status ByTheSteward(const Context& context) {
  if (context.actor.may_do_everything) return absl::OkStatus();
  return decider::Refuse(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED", "actor: a person, want the steward");
}

absl::Status CheckCadence(std::string_view field, const event::v1::Cadence& cadence) {
  if (1 <= cadence.ideal_days() && cadence.ideal_days() <= cadence.max_days() &&
      cadence.max_days() <= kCadenceDaysMax) {
    return absl::OkStatus();
  }
  const std::string wish = absl::StrCat("want 1 <= ideal_days <= max_days <= ", kCadenceDaysMax);
  auto status = decider::Refuse(
      absl::StatusCode::kInvalidArgument, "INVALID_CADENCE",
      absl::StrCat(std::string(field), ": ", cadence.ideal_days(), " / ", cadence.max_days(), ", ", wish));
  decider::AddFieldViolation(status, field, wish);
  return status;
}

absl::Status NotIn(const RelationshipState& state, std::string_view reason, std::string_view wish) {
  const std::string name = view::v1::RelationshipStatus_Name(state.status());
  const std::string status = name.substr(std::string_view("RELATIONSHIP_STATUS_").size());
  return decider::Refuse(absl::StatusCode::kFailedPrecondition, reason,
                         "relationship: " + status + ", want " + std::string(wish), {{"status", status}});
}

bool Same(const event::v1::Cadence& a, const event::v1::Cadence& b) {
  return a.ideal_days() == b.ideal_days() && a.max_days() == b.max_days();
}

void Append(decider::Facts& facts, decider::Facts more) {
  std::move(more.facts.begin(), more.facts.end(), std::back_inserter(facts.facts));
  std::move(more.advice.begin(), more.advice.end(), std::back_inserter(facts.advice));
  std::move(more.removals.begin(), more.removals.end(), std::back_inserter(facts.removals));
}

const RelationshipState::Owed* FindOwed(const RelationshipState& state, const Id& owed) {
  const std::string wanted = owed.ToBytes();
  for (const auto& each : state.owed()) {
    if (each.debt().owed_id() == wanted) return &each;
  }
  return nullptr;
}

const RelationshipState::Promise* FindPromise(const RelationshipState& state, const Id& promise) {
  const std::string wanted = promise.ToBytes();
  for (const auto& each : state.promises()) {
    if (each.promise_id() == wanted) return &each;
  }
  return nullptr;
}

}  // namespace mentorlog::relationships::internal

namespace mentorlog::relationships {

event::v1::Cadence PolicyCadence(event::v1::RelationshipMode mode) {
  const auto days = PolicyDays(mode);
  event::v1::Cadence cadence;
  cadence.set_ideal_days(static_cast<std::uint32_t>(days.ideal_days));
  cadence.set_max_days(static_cast<std::uint32_t>(days.max_days));
  return cadence;
}

event::v1::Cadence CadenceOf(const view::v1::RelationshipState& state) {
  return state.has_cadence() ? state.cadence() : PolicyCadence(state.mode());
}

bool TellsMoreThanItsParts(const google::protobuf::Message& event) {
  const auto* amended = dynamic_cast<const event::v1::CheckInAmended*>(&event);
  if (amended == nullptr) return true;
  return amended->has_met_on() || amended->has_channel() || amended->has_initiated_by() || amended->has_career_talk();
}

bool IsOpen(const view::v1::RelationshipState& state) {
  return state.status() == view::v1::RELATIONSHIP_STATUS_STARTED ||
         state.status() == view::v1::RELATIONSHIP_STATUS_ACTIVE ||
         state.status() == view::v1::RELATIONSHIP_STATUS_PAUSED;
}

decider::StreamKey RelationshipStream(const decider::Ids& ids, const decider::Id& mentor, const decider::Id& mentee,
                                      event::v1::RelationshipKind kind) {
  const char byte = static_cast<char>(kind);
  return RelationshipStream(
      ids.Derived("relationship", {mentor.ToBytes(), mentee.ToBytes(), std::string_view(&byte, 1)}));
}

}  // namespace mentorlog::relationships
