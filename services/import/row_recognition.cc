#include <utility>

#include "services/import/row_commands.h"
#include "services/recognition/recognition_commands.h"

namespace mentorlog::import {

absl::StatusOr<RowCommand> RecognitionRow(RowReader& row, std::vector<std::string> whole_row) {
  recognition::GiveRecognition command;
  const auto from = row.Person("from_id");
  const auto to = row.Person("to_id");
  if (row.Text("from_id") == row.Text("to_id"))
    row.Reject("to_id", "want somebody else than the giver", "SELF_RECOGNITION");
  command.occurred_on = row.Day("occurred_on");
  command.wanted.set_from_id(from.id.ToBytes());
  command.wanted.set_to_id(to.id.ToBytes());
  command.wanted.mutable_praise()->set_what(row.Text("what"));
  command.wanted.mutable_praise()->set_how(
      static_cast<event::v1::RecognitionHow>(row.OptionalEnum("how", event::v1::RecognitionHow_descriptor())));
  const auto audience = row.Text("audience");
  if (audience == "org") {
    command.audience = log::v1::AUDIENCE_ORG;
  } else if (audience == "team") {
    command.audience = log::v1::AUDIENCE_TEAM;
  } else if (!audience.empty() && audience != "pair") {
    row.Reject("audience", "want one of pair, team, org", "UNKNOWN_ENUM_VALUE");
  }
  if (!row.status().ok()) return row.status();
  return RowCommand{std::move(whole_row), {}, {}, [command, from, to](const auto& context, auto& states) {
                      auto decision = recognition::RunCommand(context, states, command);
                      AdviseJoining({from, to}, "occurred_on", command.occurred_on, decision);
                      return decision;
                    }};
}

absl::StatusOr<RowCommand> AdvocacyRow(RowReader& row, std::vector<std::string> whole_row) {
  recognition::RecordAdvocacy command;
  const auto advocate = row.Person("advocate_id");
  const auto spoken_for = row.Person("for_id");
  if (row.Text("advocate_id") == row.Text("for_id")) {
    row.Reject("for_id", "want somebody else than the advocate", "SELF_ADVOCACY");
  }
  command.occurred_on = row.Day("occurred_on");
  command.wanted.set_advocate_id(advocate.id.ToBytes());
  command.wanted.set_for_id(spoken_for.id.ToBytes());
  command.wanted.set_act(static_cast<event::v1::AdvocacyAct>(row.Enum("act", event::v1::AdvocacyAct_descriptor())));
  command.wanted.mutable_shared()->set_opportunity(row.Text("opportunity"));
  command.outcome =
      static_cast<event::v1::AdvocacyOutcome>(row.OptionalEnum("outcome", event::v1::AdvocacyOutcome_descriptor()));
  command.outcome_on = row.OptionalDay("outcome_on");
  if (command.outcome_on && row.Empty("outcome"))
    row.Reject("outcome", "want the outcome of outcome_on", "INVALID_FIELD");
  if (!row.status().ok()) return row.status();
  return RowCommand{std::move(whole_row), {}, {}, [command, advocate, spoken_for](const auto& context, auto& states) {
                      auto decision = recognition::RunCommand(context, states, command);
                      AdviseJoining({advocate, spoken_for}, "occurred_on", command.occurred_on, decision);
                      return decision;
                    }};
}

}  // namespace mentorlog::import
