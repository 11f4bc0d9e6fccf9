#include "services/assignments/assignment_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace mentorlog::assignments::rules {
namespace {

bool IsMentorSide(const Context& context, const AssignmentState& state) {
  const auto mentor = Id::FromBytes(state.mentor_id());
  const auto sponsor = Id::FromBytes(state.sponsor_id());
  return (mentor && context.actor.MayActAs(*mentor)) || (sponsor && context.actor.Is(*sponsor));
}

}  // namespace

absl::Status CheckSide(const Context& context, const AssignmentState& state, const Rule& rule) {
  std::string_view whose;
  switch (rule.side) {
    case Side::kMentor:
      if (IsMentorSide(context, state)) return absl::OkStatus();
      whose = "mentor or sponsor";
      break;
    case Side::kMentee:
      if (IsMentee(context, state)) return absl::OkStatus();
      whose = "the mentee";
      break;
    case Side::kEither:
      if (IsMentorSide(context, state) || IsMentee(context, state)) return absl::OkStatus();
      whose = "mentor, sponsor or mentee";
      break;
    case Side::kSteward:
      if (context.actor.may_do_everything) return absl::OkStatus();
      whose = "the steward";
      break;
  }
  return decider::Refuse(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED",
                         absl::StrCat("assignment: ", std::string(rule.step), " is for ", std::string(whose), " to do"),
                         {{"step", std::string(rule.step)}});
}

std::string NameOf(view::v1::AssignmentStatus status) {
  constexpr std::string_view kPrefix = "ASSIGNMENT_STATUS_";
  return view::v1::AssignmentStatus_Name(status).substr(kPrefix.size());
}

bool IsMentee(const Context& context, const AssignmentState& state) {
  const auto mentee = Id::FromBytes(state.mentee_id());
  return mentee && context.actor.MayActAs(*mentee);
}

absl::Status CheckKnown(const Context& context, const AssignmentState& state, const Id& assignment) {
  const bool drafted = state.status() != view::v1::ASSIGNMENT_STATUS_UNSPECIFIED;
  if (drafted && (IsMentorSide(context, state) || IsMentee(context, state))) return absl::OkStatus();
  return decider::Refuse(absl::StatusCode::kNotFound, "NO_SUCH_ASSIGNMENT",
                         "assignment_id: " + assignment.ToHex() + ", want the id of an assignment",
                         {{"assignment_id", assignment.ToHex()}});
}

absl::Status Check(const Context& context, const AssignmentState& state, const At& at, const Rule& rule) {
  if (auto status = CheckKnown(context, state, at.assignment); !status.ok()) return status;
  if (auto status = CheckSide(context, state, rule); !status.ok()) return status;
  if (auto status = decider::NotInFuture(context, "occurred_on", at.on); !status.ok()) return status;
  if (std::find(rule.from.begin(), rule.from.end(), state.status()) != rule.from.end()) return absl::OkStatus();
  std::string wish;
  for (const auto from : rule.from) absl::StrAppend(&wish, wish.empty() ? "" : " or ", NameOf(from));
  return decider::Refuse(
      absl::StatusCode::kFailedPrecondition, rule.refused_as,
      absl::StrCat("assignment.status: ", NameOf(state.status()), ", want ", wish, " to ", std::string(rule.step)),
      {{"status", NameOf(state.status())}, {"step", std::string(rule.step)}});
}

void AdviseOfOrder(const AssignmentState& state, const At& at, decider::Facts& facts) {
  if (at.on.value >= state.last_step_on()) return;
  facts.Advise("DATED_BEFORE_LAST_STEP", "occurred_on",
               absl::StrCat("The assignment's last step was on ", Day{state.last_step_on()}.ToText(), "."));
}

absl::Status Malformed(std::string_view field, std::string_view found, std::string_view wish) {
  auto status = decider::Refuse(absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
                                std::string(field) + ": " + std::string(found) + ", " + std::string(wish),
                                {{"field", std::string(field)}});
  decider::AddFieldViolation(status, field, wish);
  return status;
}

absl::Status CheckDescription(const event::v1::AssignmentDescription& description) {
  if (description.stretch().empty()) {
    constexpr std::string_view kWish = "want at least one";
    auto status = decider::Refuse(absl::StatusCode::kInvalidArgument, "NO_STRETCH",
                                  "description.stretch: none, " + std::string(kWish));
    decider::AddFieldViolation(status, "description.stretch", kWish);
    return status;
  }
  if (description.risk() > 3) return Malformed("description.risk", absl::StrCat(description.risk()), "want 1 to 3");
  if (description.visibility() > 3) {
    return Malformed("description.visibility", absl::StrCat(description.visibility()), "want 1 to 3");
  }
  return absl::OkStatus();
}

}  // namespace mentorlog::assignments::rules
