#include "services/people/person_view.h"

#include <algorithm>
#include <utility>

#include "services/people/person.h"
#include "services/runtime/scratch.h"
#include "storage/refusal.h"

namespace mentorlog::people {
namespace {

using event::v1::PersonEvent;
using storage::Record;
using view::v1::PersonRow;
using Step = PersonRow::Step;
using Steps = google::protobuf::RepeatedPtrField<Step>;

std::pair<std::int32_t, std::uint64_t> PlaceOf(const Step& step) { return {step.effective_on(), step.position()}; }

// Puts the last step in its place by (effective_on, position).
void SettleLast(Steps& steps) {
  for (int i = steps.size() - 1; i > 0 && PlaceOf(steps[i]) < PlaceOf(steps[i - 1]); --i) steps.SwapElements(i, i - 1);
}

int IndexOf(const Steps& steps, std::string_view move_id) {
  for (int i = 0; i < steps.size(); ++i) {
    if (steps[i].move_id() == move_id) return i;
  }
  return -1;
}

// One number in every event that has it.
constexpr int kScopePart = event::v1::PersonMoved::kScopeFieldNumber;
static_assert(kScopePart == event::v1::MoveAnnounced::kScopeFieldNumber &&
              kScopePart == event::v1::MoveCorrected::kScopeFieldNumber);

bool Seals(const Record& record, int number) {
  return std::any_of(record.header.parts().begin(), record.header.parts().end(), [number](const log::v1::Part& part) {
    return part.number() == static_cast<std::uint32_t>(number);
  });
}

void SetPart(PersonRow::Part& part, const Record& record, int number) {
  part.set_position(record.header.position());
  part.set_part(static_cast<std::uint32_t>(number));
}

void AddScope(Step& step, const Record& record) {
  if (Seals(record, kScopePart)) SetPart(*step.add_scopes(), record, kScopePart);
}

// `told` is MoveAnnounced or PersonMoved.
template <typename Told>
Step& AddStep(Steps& steps, const Record& record, const Told& told) {
  Step& step = *steps.Add();
  step.set_move_id(told.move_id());
  step.set_effective_on(told.effective_on());
  step.set_position(record.header.position());
  step.set_type(told.type());
  *step.mutable_to() = told.to();
  AddScope(step, record);
  return step;
}

void Apply(const Record& record, const event::v1::ExternalIdLinked& linked, PersonRow& row) {
  auto& external_id = *row.add_external_ids();
  external_id.set_claim_id(linked.claim_id());
  SetPart(*external_id.mutable_external(), record, event::v1::ExternalIdLinked::kExternalFieldNumber);
  if (linked.has_valid_from_on()) external_id.set_valid_from_on(linked.valid_from_on());
}

void Apply(const event::v1::ExternalIdUnlinked& unlinked, PersonRow& row) {
  auto& external_ids = *row.mutable_external_ids();
  for (int i = external_ids.size() - 1; i >= 0; --i) {
    if (external_ids[i].claim_id() == unlinked.claim_id()) external_ids.DeleteSubrange(i, 1);
  }
}

void Apply(const Record& record, const event::v1::PersonMoved& moved, PersonRow& row) {
  Step& step = AddStep(*row.mutable_path(), record, moved);
  if (Seals(record, event::v1::PersonMoved::kReportedFieldNumber)) {
    SetPart(*step.mutable_reported(), record, event::v1::PersonMoved::kReportedFieldNumber);
  }
  SettleLast(*row.mutable_path());
  if (moved.announcement_id().empty()) return;
  if (const int index = IndexOf(row.announced(), moved.announcement_id()); index >= 0) {
    row.mutable_announced(index)->set_came_true_as(moved.move_id());
  }
}

void Apply(const Record& record, const event::v1::MoveCorrected& corrected, PersonRow& row) {
  for (Steps* steps : {row.mutable_path(), row.mutable_announced()}) {
    const int index = IndexOf(*steps, corrected.move_id());
    if (index < 0) continue;
    Step step = std::move((*steps)[index]);
    steps->DeleteSubrange(index, 1);
    step.set_type(corrected.type());
    step.set_effective_on(corrected.effective_on());
    *step.mutable_to() = corrected.to();
    step.set_corrected_at(record.header.position());
    AddScope(step, record);
    *steps->Add() = std::move(step);
    SettleLast(*steps);
  }
}

void Apply(const event::v1::MoveRetracted& retracted, PersonRow& row) {
  for (Steps* steps : {row.mutable_path(), row.mutable_announced()}) {
    if (const int index = IndexOf(*steps, retracted.move_id()); index >= 0) steps->DeleteSubrange(index, 1);
  }
  for (Step& announcement : *row.mutable_announced()) {
    if (announcement.came_true_as() == retracted.move_id()) announcement.clear_came_true_as();
  }
}

void Apply(const Record& record, const PersonEvent& event, PersonRow& row) {
  switch (event.event_case()) {
    case PersonEvent::kPersonRegistered:
      row.set_registered_at(record.header.position());
      row.set_joined_on(record.header.occurred_on());
      SetPart(*row.mutable_details(), record, event::v1::PersonRegistered::kDetailsFieldNumber);
      break;
    case PersonEvent::kExternalIdLinked:
      Apply(record, event.external_id_linked(), row);
      break;
    case PersonEvent::kExternalIdUnlinked:
      Apply(event.external_id_unlinked(), row);
      break;
    case PersonEvent::kMoveAnnounced:
      AddStep(*row.mutable_announced(), record, event.move_announced());
      SettleLast(*row.mutable_announced());
      break;
    case PersonEvent::kPersonMoved:
      Apply(record, event.person_moved(), row);
      break;
    case PersonEvent::kMoveCorrected:
      Apply(record, event.move_corrected(), row);
      break;
    case PersonEvent::kMoveRetracted:
      Apply(event.move_retracted(), row);
      break;
    case PersonEvent::EVENT_NOT_SET:
      break;
  }
  row.set_revision(record.header.revision());
}

}  // namespace

std::string PersonKey(const storage::Id& person) { return kPersonRows + person.ToBytes(); }

std::string RegistrationKey(storage::Position position) {
  std::string key(1, kRegistrationRows);
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(position.value >> shift & 0xFFU));
  return key;
}

void PersonView::Entities(const Record& record, std::vector<std::string>& entities) const {
  if (record.stream_kind() != kPersonKind) return;
  entities.push_back(PersonKey(record.stream().id));
  if (record.revision().value == 0) entities.push_back(RegistrationKey(record.position()));
}

absl::Status PersonView::Fold(const Record& record, const std::string& entity, storage::Rows& rows) const {
  if (entity.front() == kRegistrationRows) {
    view::v1::RegistrationRow registration;
    registration.set_person_id(record.stream().id.ToBytes());
    rows.Put(entity, registration.SerializeAsString());
    return absl::OkStatus();
  }
  const auto event = codec_.OpenOf<PersonEvent>(record);
  if (!event.ok()) return event.status();
  const auto stored = rows.Get(entity);
  if (!stored.ok()) return stored.status();
  const runtime::Scratch<PersonRow> row;
  if (*stored && !row->ParseFromString(**stored)) {
    return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED", "the person's row does not parse");
  }
  Apply(record, **event, *row);
  rows.Put(entity, row->SerializeAsString());
  return absl::OkStatus();
}

}  // namespace mentorlog::people
