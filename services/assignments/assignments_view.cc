#include "services/assignments/assignments_view.h"

#include <optional>
#include <utility>

#include "services/decider/decider.h"
#include "services/runtime/scratch.h"

namespace mentorlog::assignments {
namespace {

using event::v1::AssignmentEvent;
using view::v1::AssignmentRow;

constexpr char kByAssignment = 'a';
constexpr char kByPerson = 'p';
constexpr char kList = 1;
constexpr char kPointer = 2;

std::string InvertedBigEndian(std::uint64_t value) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>((~value >> shift) & 0xFFU);
  return bytes;
}

absl::Status Broken(std::string_view what) { return decider::Refuse(absl::StatusCode::kDataLoss, "LOG_DAMAGED", what); }

void Date(AssignmentRow& row, const log::v1::Header& header, AssignmentEvent::EventCase event) {
  switch (event) {
    case AssignmentEvent::kAssignmentDrafted:
      row.set_drafted_on(header.occurred_on());
      row.set_drafted_at(header.position());
      break;
    case AssignmentEvent::kAssignmentOffered:
      row.set_offered_on(header.occurred_on());
      break;
    case AssignmentEvent::kOfferAccepted:
    case AssignmentEvent::kOfferDeclined:
    case AssignmentEvent::kOfferExpired:
    case AssignmentEvent::kOfferWithdrawn:
    case AssignmentEvent::kAcceptanceRescinded:
      row.set_decided_on(header.occurred_on());
      break;
    case AssignmentEvent::kAssignmentStarted:
      row.set_started_on(header.occurred_on());
      break;
    case AssignmentEvent::kAssignmentCompleted:
    case AssignmentEvent::kAssignmentAbandoned:
      row.set_ended_on(header.occurred_on());
      break;
    case AssignmentEvent::kSetbackLogged:
      row.set_setbacks(row.setbacks() + 1);
      break;
    default:
      break;
  }
}

// Whether the record describes the assignment anew.
bool Describes(const log::v1::Header& header, AssignmentEvent::EventCase event) {
  if (event != AssignmentEvent::kAssignmentDrafted && event != AssignmentEvent::kAssignmentSounded &&
      event != AssignmentEvent::kTermsChanged) {
    return false;
  }
  for (const auto& part : header.parts()) {
    if (part.number() == event::v1::AssignmentDrafted::kDescriptionFieldNumber) return true;
  }
  return false;
}

}  // namespace

std::string AssignmentKey(const Id& assignment) { return kByAssignment + assignment.ToBytes(); }

std::string PersonListPrefix(const Id& person) { return kByPerson + person.ToBytes() + kList; }

void AssignmentsView::Entities(const storage::Record& record, std::vector<std::string>& entities) const {
  if (record.stream_kind() != kAssignmentKind) return;
  entities.push_back(AssignmentKey(record.stream().id));
  for (const auto& person : record.header.subjects()) entities.push_back(kByPerson + person);
}

absl::StatusOr<std::string> AssignmentsView::KeyUnder(const storage::Record& record, const std::string& entity,
                                                      bool drafted, storage::Rows& rows) const {
  if (entity.front() == kByAssignment) return entity;
  const std::string pointer_key = entity + kPointer + record.stream().id.ToBytes();
  view::v1::AssignmentPointer pointer;
  if (drafted) {
    pointer.set_drafted_at(record.header.position());
    rows.Put(pointer_key, pointer.SerializeAsString());
  } else {
    const auto stored = rows.Get(pointer_key);
    if (!stored.ok()) return stored.status();
    if (!*stored || !pointer.ParseFromString(**stored)) return Broken("assignment: a fact before its draft");
  }
  return entity + kList + InvertedBigEndian(pointer.drafted_at());
}

absl::Status AssignmentsView::Fold(const storage::Record& record, const std::string& entity,
                                   storage::Rows& rows) const {
  const auto open = codec_.OpenOf<AssignmentEvent>(record);
  if (!open.ok()) return open.status();
  const AssignmentEvent& event = **open;
  const auto key = KeyUnder(record, entity, event.has_assignment_drafted(), rows);
  if (!key.ok()) return key.status();
  const auto stored = rows.Get(*key);
  if (!stored.ok()) return stored.status();
  const runtime::Scratch<AssignmentRow> row;
  if (*stored && !row->ParseFromString(**stored)) return Broken("assignment: an unreadable row");
  row->set_assignment_id(record.stream().id.ToBytes());
  row->set_revision(record.header.revision());
  *row->mutable_state() = Evolve(std::move(*row->mutable_state()), record.header, event);
  Date(*row, record.header, event.event_case());
  if (Describes(record.header, event.event_case())) row->set_described_at(record.header.position());
  rows.Put(*key, row->SerializeAsString());
  return absl::OkStatus();
}

}  // namespace mentorlog::assignments
