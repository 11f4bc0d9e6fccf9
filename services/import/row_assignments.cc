#include <algorithm>
#include <utility>

#include "services/assignments/assignments_commands.h"
#include "services/import/row_commands.h"

namespace mentorlog::import {
namespace {

using assignments::RoundDecision;

RoundDecision ReadDecision(RowReader& row) {
  const auto text = row.Text("decision");
  if (text.empty()) return RoundDecision::kNone;
  if (text == "accepted") return RoundDecision::kAccepted;
  if (text == "declined") return RoundDecision::kDeclined;
  if (text == "expired") return RoundDecision::kExpired;
  if (text == "withdrawn") return RoundDecision::kWithdrawn;
  row.Reject("decision", "want one of accepted, declined, expired, withdrawn, or nothing", "UNKNOWN_ENUM_VALUE");
  return RoundDecision::kNone;
}

// What makes it a stretch: one, or several separated by `;`.
void ReadStretch(RowReader& row, event::v1::AssignmentDescription& description) {
  const auto text = row.Text("stretch");
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(';', begin), text.size());
    const auto number = row.EnumNamed("stretch", text.substr(begin, end - begin), event::v1::Stretch_descriptor());
    description.add_stretch(static_cast<event::v1::Stretch>(number));
    begin = end + 1;
  }
}

}  // namespace

absl::StatusOr<RowCommand> AssignmentRow(RowReader& row, std::vector<std::string> whole_row, bool dry_run) {
  assignments::RecordRound command;
  const auto external_id = row.Text("assignment_id");
  if (external_id.empty()) row.Reject("assignment_id", "want an id", "INVALID_FIELD");
  command.assignment = row.people().ids().Derived("imported-assignment", {row.people().system(), external_id});
  const auto mentor = row.Person("mentor_id");
  const auto mentee = row.Person("mentee_id");
  if (row.Text("mentor_id") == row.Text("mentee_id")) {
    row.Reject("mentee_id", "want somebody else than the mentor", "SELF_ASSIGNMENT");
  }
  command.mentor = mentor.id;
  command.mentee = mentee.id;
  command.description.set_title(row.Text("title"));
  ReadStretch(row, command.description);
  command.round = row.OptionalNumber("round");
  command.offered_on = row.Day("offered_on");
  command.respond_by = row.OptionalDay("respond_by");
  command.decision = ReadDecision(row);
  command.decided_on = row.OptionalDay("decided_on");
  command.completed_on = row.OptionalDay("completed_on");
  command.outcome =
      static_cast<event::v1::AssignmentOutcome>(row.OptionalEnum("outcome", event::v1::AssignmentOutcome_descriptor()));
  // A reason is a kind of concern, or words.
  if (const auto kind = RowReader::Named(row.Text("reason"), event::v1::ConcernKind_descriptor())) {
    command.decline_kind = static_cast<event::v1::ConcernKind>(*kind);
  } else {
    command.reason = row.Text("reason");
  }
  if (!row.status().ok()) return row.status();
  const auto stream = assignments::StreamOf(command.assignment);
  const auto exists = row.people().Exists(stream);
  if (!exists.ok()) return exists.status();
  // The rounds before this one were decided, and not written.
  if (dry_run && !*exists) command.round.reset();
  return RowCommand{
      std::move(whole_row), {stream.ToBytes()}, {}, [command, mentor, mentee](const auto& context, auto& states) {
        auto decision = assignments::RunCommand(context, states, command);
        AdviseJoining({mentor, mentee}, "offered_on", command.offered_on, decision);
        return decision;
      }};
}

}  // namespace mentorlog::import
