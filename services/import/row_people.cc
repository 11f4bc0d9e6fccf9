#include <utility>

#include "services/import/row_commands.h"
#include "services/people/people_commands.h"
#include "storage/refusal.h"

namespace mentorlog::import {

absl::StatusOr<RowCommand> PersonRow(RowReader& row) {
  people::RegisterPerson command;
  const auto external_id = row.Text("person_id");
  if (external_id.empty()) row.Reject("person_id", "want an id", "INVALID_FIELD");
  command.display_name = row.Text("display_name");
  command.email = row.Text("email");
  command.joined_on = row.Day("joined_on");
  command.external_id = people::ExternalIdGiven{row.people().system(), external_id, std::nullopt};
  if (!row.status().ok()) return row.status();
  return RowCommand{{external_id}, {external_id}, {}, [command](const auto& context, auto& states) {
                      return people::RunRegisterPerson(context, states, command);
                    }};
}

absl::StatusOr<RowCommand> MoveRow(RowReader& row, std::vector<std::string> whole_row) {
  people::RecordMove command;
  command.person = row.Person("person_id").id;
  command.effective_on = row.Day("effective_on");
  command.type = static_cast<event::v1::MoveType>(row.Enum("move_type", event::v1::MoveType_descriptor()));
  command.to.title = row.Text("title");
  command.to.unit = row.Text("unit");
  command.to.site = row.Text("site");
  command.to.employer = row.Text("employer");
  command.to.manager = decider::Id{};
  if (const auto manager = row.Text("manager_id"); !manager.empty()) {
    const auto known = row.people().Find(manager);
    if (!known.ok() && storage::ReasonOf(known.status()) != "UNKNOWN_PERSON") return known.status();
    // A manager who is registered later has the id by then that is derived now.
    command.to.manager = known.ok() ? known->id : row.people().IdToBe(manager);
  }
  if (!row.status().ok()) return row.status();
  // What is advised about managers depends on the manager's own rows before this one.
  std::vector<std::string> turns{command.person.ToBytes()};
  if (!command.to.manager->IsZero() && command.to.manager != command.person)
    turns.push_back(command.to.manager->ToBytes());
  return RowCommand{std::move(whole_row), std::move(turns), {}, [command](const auto& context, auto& states) {
                      return people::RunRecordMove(context, states, command);
                    }};
}

void AdviseJoining(std::initializer_list<NamedPerson> people, std::string_view field, decider::Day day,
                   decider::Decision& decision) {
  if (!decision.ok() || decision->facts.empty()) return;
  for (const auto& person : people) {
    if (!person.joined_on || day >= *person.joined_on) continue;
    decision->Advise("DATED_BEFORE_JOINING", field, "dated before the day that one of them joined");
    return;
  }
}

}  // namespace mentorlog::import
