#include "services/people/people_rows.h"

#include <utility>

#include "services/people/person_view.h"
#include "services/runtime/audience.h"
#include "storage/refusal.h"

namespace mentorlog::people {
namespace {

using event::v1::PersonMoved;
using event::v1::PersonRegistered;
using runtime::Read;
using storage::Day;
using storage::Id;
using view::v1::PersonRow;

v1::Role ShowRole(const event::v1::Role& role) {
  v1::Role shown;
  shown.set_title(role.title());
  shown.set_function(role.function());
  shown.set_unit(role.unit());
  shown.set_site(role.site());
  shown.set_manager_id(role.manager_id());
  shown.set_employer(role.employer());
  return shown;
}

// The step as lists show it: without names and what is sealed. `before` is the step that counted until then, or null.
v1::RoleStep ShowStep(const PersonRow::Step& step, const PersonRow::Step* before) {
  v1::RoleStep shown;
  shown.set_move_id(step.move_id());
  shown.set_effective_on(Day{step.effective_on()}.ToText());
  shown.set_type(static_cast<v1::MoveType>(step.type()));
  if (before != nullptr) *shown.mutable_from() = ShowRole(before->to());
  *shown.mutable_to() = ShowRole(step.to());
  shown.set_position(step.position());
  shown.set_corrected(step.corrected_at() != 0);
  return shown;
}

// The last step of the path that took effect until `day`, -1 if none did.
int StepOn(const PersonRow& row, Day day) {
  int found = -1;
  for (int i = 0; i < row.path_size() && row.path(i).effective_on() <= day.value; ++i) found = i;
  return found;
}

// A sealed part as the reader meets it; `message` is filled if it is shown.
absl::StatusOr<runtime::Sight> OpenPart(const Read& read, const PersonRow::Part& part,
                                        google::protobuf::Message& message) {
  const auto record = read.snapshot.Read({part.position()});
  if (!record.ok()) return record.status();
  const auto stored = read.snapshot.ReadPart(*record, part.part());
  // A part that says nothing is not stored.
  if (absl::IsNotFound(stored.status())) return runtime::Sight::kAbsent;
  if (!stored.ok()) return stored.status();
  const auto sight = runtime::SeePart(read.caller.actor, record->header, *stored);
  if (sight == runtime::Sight::kShown && (!stored->bytes || !message.ParseFromString(*stored->bytes))) {
    return storage::Refuse(absl::StatusCode::kDataLoss, "LOG_DAMAGED", "a part of a person's record does not parse");
  }
  return sight;
}

absl::Status ShowDetails(const Read& read, const PersonRow& row, v1::Person& person) {
  PersonRegistered::Details details;
  const auto sight = OpenPart(read, row.details(), details);
  if (!sight.ok()) return sight.status();
  *person.mutable_display_name() = runtime::ShowText(*sight, details.display_name());
  *person.mutable_email() = runtime::ShowText(*sight, details.email());
  *person.mutable_locale() = runtime::ShowText(*sight, details.locale());
  *person.mutable_time_zone() = runtime::ShowText(*sight, details.time_zone());
  return absl::OkStatus();
}

absl::Status ShowExternalIds(const Read& read, const PersonRow& row, v1::Person& person) {
  for (const auto& external_id : row.external_ids()) {
    event::v1::ExternalIdLinked::External external;
    const auto sight = OpenPart(read, external_id.external(), external);
    if (!sight.ok()) return sight.status();
    if (*sight != runtime::Sight::kShown) continue;
    auto& shown = *person.add_external_ids();
    shown.set_system(external.system());
    shown.set_external_id(external.external_id());
    if (external_id.has_valid_from_on()) shown.set_valid_from_on(Day{external_id.valid_from_on()}.ToText());
  }
  return absl::OkStatus();
}

// Adds the scope of the step's role, as far as the reader may see it.
absl::Status ShowScope(const Read& read, const PersonRow::Step& step, v1::Role& role) {
  event::v1::RoleScope scope;
  for (const auto& part : step.scopes()) {
    event::v1::RoleScope stated;
    const auto sight = OpenPart(read, part, stated);
    if (!sight.ok()) return sight.status();
    if (*sight == runtime::Sight::kShown) scope.MergeFrom(stated);
  }
  if (scope.has_line()) role.set_line(static_cast<v1::Line>(scope.line()));
  if (scope.has_people_managed()) role.set_people_managed(scope.people_managed());
  return absl::OkStatus();
}

// The step with the manager's name and what is sealed.
absl::StatusOr<v1::RoleStep> ShowWholeStep(const Read& read, const Names& names, const PersonRow::Step& step,
                                           const PersonRow::Step* before) {
  auto shown = ShowStep(step, before);
  if (auto status = ShowScope(read, step, *shown.mutable_to()); !status.ok()) return status;
  if (before != nullptr) {
    if (auto status = ShowScope(read, *before, *shown.mutable_from()); !status.ok()) return status;
  }
  if (const auto manager = Id::FromBytes(step.to().manager_id())) {
    shown.mutable_manager()->set_person_id(manager->ToBytes());
    shown.mutable_manager()->set_display_name(names.Name(*manager));
  }
  if (!step.has_reported()) return shown;
  PersonMoved::Reported reported;
  const auto sight = OpenPart(read, step.reported(), reported);
  if (!sight.ok()) return sight.status();
  if (*sight != runtime::Sight::kShown) return shown;
  if (reported.has_from()) *shown.mutable_from_reported() = ShowRole(reported.from());
  if (reported.has_from_line()) shown.mutable_from_reported()->set_line(static_cast<v1::Line>(reported.from_line()));
  if (reported.has_from_people_managed()) {
    shown.mutable_from_reported()->set_people_managed(reported.from_people_managed());
  }
  shown.set_confidence(reported.confidence());
  return shown;
}

// The step of the path that counted until `step` took effect.
const PersonRow::Step* StepBefore(const PersonRow& row, const PersonRow::Step& step) {
  const PersonRow::Step* before = nullptr;
  for (const auto& other : row.path()) {
    if (std::pair(other.effective_on(), other.position()) >= std::pair(step.effective_on(), step.position())) break;
    before = &other;
  }
  return before;
}

}  // namespace

RoleTold ToldRole(std::string_view field, const v1::Role& role, runtime::Violations& violations) {
  RoleTold told;
  if (role.has_title()) told.title = role.title();
  if (role.has_function()) told.function = role.function();
  if (role.has_unit()) told.unit = role.unit();
  if (role.has_site()) told.site = role.site();
  if (role.has_manager_id()) {
    told.manager = violations.OptionalId(std::string(field) + ".manager_id", role.manager_id()).value_or(Id{});
  }
  if (role.has_employer()) told.employer = role.employer();
  if (role.has_line()) told.line = static_cast<event::v1::Line>(role.line());
  if (role.has_people_managed()) told.people_managed = role.people_managed();
  return told;
}

ExternalIdGiven GivenExternalId(const v1::ExternalId& given, runtime::Violations& violations) {
  return {given.system(), given.external_id(),
          violations.OptionalDay("external_id.valid_from_on", given.valid_from_on())};
}

absl::StatusOr<v1::Person> ShowPerson(const Read& read, const Names& names, const Id& person, const PersonRow& row,
                                      Day day) {
  v1::Person shown;
  shown.set_person_id(person.ToBytes());
  shown.set_joined_on(Day{row.joined_on()}.ToText());
  shown.set_revision(row.revision());
  if (auto status = ShowDetails(read, row, shown); !status.ok()) return status;
  if (auto status = ShowExternalIds(read, row, shown); !status.ok()) return status;
  for (const auto& step : row.path()) {
    auto whole = ShowWholeStep(read, names, step, StepBefore(row, step));
    if (!whole.ok()) return whole.status();
    *shown.add_path() = *std::move(whole);
  }
  for (const auto& announcement : row.announced()) {
    if (!announcement.came_true_as().empty()) continue;
    auto whole = ShowWholeStep(read, names, announcement, StepBefore(row, announcement));
    if (!whole.ok()) return whole.status();
    *shown.add_announced() = *std::move(whole);
  }
  if (const int current = StepOn(row, day); current >= 0) *shown.mutable_current() = shown.path(current);
  return shown;
}

v1::PersonSummary SummarisePerson(const Names& names, const Id& person, const PersonRow& row, Day day) {
  v1::PersonSummary summary;
  summary.mutable_person()->set_person_id(person.ToBytes());
  summary.mutable_person()->set_display_name(names.Name(person));
  summary.set_joined_on(Day{row.joined_on()}.ToText());
  summary.set_steps(static_cast<std::uint32_t>(row.path_size()));
  if (const int current = StepOn(row, day); current >= 0) {
    *summary.mutable_current() = ShowStep(row.path(current), current == 0 ? nullptr : &row.path(current - 1));
  }
  return summary;
}

absl::StatusOr<std::optional<PersonRow>> RowAsOf(const runtime::EventCodec& codec,
                                                 const storage::LedgerSnapshot& snapshot, const Id& person,
                                                 storage::Position position) {
  const PersonView view(codec);
  const auto key = PersonKey(person);
  storage::MemoryRows rows;
  absl::Status folded;
  const auto scanned = snapshot.ScanStream(PersonStream(person), storage::Revision{0}, [&](storage::Record&& record) {
    if (record.position() > position) return false;
    folded = view.Fold(record, key, rows);
    return folded.ok();
  });
  if (!scanned.ok()) return scanned;
  if (!folded.ok()) return folded;
  const auto stored = rows.Get(key);
  if (!stored.ok()) return stored.status();
  if (!*stored) return std::optional<PersonRow>();
  PersonRow row;
  if (!row.ParseFromString(**stored)) {
    return storage::Refuse(absl::StatusCode::kInternal, "DEFECT", "a person's row as folded does not parse");
  }
  return std::optional(std::move(row));
}

}  // namespace mentorlog::people
