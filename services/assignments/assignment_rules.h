// services/assignments/assignment_rules.h: the rules that the decisions of this room share.
//
// Who may, from where, and how a fact is made. Internal to the core; pure; thread-free.
#ifndef MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENT_RULES_H_
#define MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENT_RULES_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "services/assignments/assignment.h"
#include "services/decider/event_shape.h"

namespace mentorlog::assignments::rules {

// Who a step belongs to.
enum class Side : std::uint8_t { kMentor, kMentee, kEither, kSteward };

// A step of the machine: what it is called, whose it is, where it begins, and what is answered elsewhere.
struct Rule {
  std::string_view step;
  Side side;
  std::vector<view::v1::AssignmentStatus> from;
  std::string_view refused_as = "WRONG_ASSIGNMENT_STATE";
};

// As a person reads it: `DRAFT`, `IN_PROGRESS`.
std::string NameOf(view::v1::AssignmentStatus status);

// NOT_PERMITTED unless the step is the actor's.
absl::Status CheckSide(const Context& context, const AssignmentState& state, const Rule& rule);

// NO_SUCH_ASSIGNMENT: nobody drafted it, or the actor is no side of it, to whom it is as unknown.
absl::Status CheckKnown(const Context& context, const AssignmentState& state, const Id& assignment);

// As CheckKnown and CheckSide; DATE_IN_FUTURE, or what the rule says of another state.
absl::Status Check(const Context& context, const AssignmentState& state, const At& at, const Rule& rule);

bool IsMentee(const Context& context, const AssignmentState& state);

// Advises DATED_BEFORE_LAST_STEP.
void AdviseOfOrder(const AssignmentState& state, const At& at, decider::Facts& facts);

absl::Status Malformed(std::string_view field, std::string_view found, std::string_view wish);

// INVALID_ARGUMENT NO_STRETCH, or risk or visibility out of 1 to 3.
absl::Status CheckDescription(const event::v1::AssignmentDescription& description);

// One fact about the assignment, its empty parts left out. INVALID_ARGUMENT as CheckEvent.
template <typename Event>
Decision One(const AssignmentState& state, const At& at, Event wanted,
             std::map<int, std::vector<Id>> part_subjects = {}) {
  if (auto status = decider::CheckEvent(wanted); !status.ok()) return status;
  decider::DropEmptyParts(wanted);
  decider::Facts facts;
  auto fact = decider::MakeFact(StreamOf(at.assignment), std::move(wanted), at.on,
                                {*Id::FromBytes(state.mentor_id()), *Id::FromBytes(state.mentee_id())});
  fact.part_subjects = std::move(part_subjects);
  facts.facts.push_back(std::move(fact));
  return facts;
}

// As One, for a step that changes the status.
template <typename Event>
Decision Step(const AssignmentState& state, const At& at, Event wanted,
              std::map<int, std::vector<Id>> part_subjects = {}) {
  auto decision = One(state, at, std::move(wanted), std::move(part_subjects));
  if (decision.ok()) AdviseOfOrder(state, at, *decision);
  return decision;
}

}  // namespace mentorlog::assignments::rules

#endif  // MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENT_RULES_H_
