// services/import/row_commands.h: what a row wants, as a command of the room that it belongs to.
//
// One file of rows, one function. The command is decided by the room's own Run function: an import has no rules of
// its own about facts, only about rows.
#ifndef MENTORLOG_SERVICES_IMPORT_ROW_COMMANDS_H_
#define MENTORLOG_SERVICES_IMPORT_ROW_COMMANDS_H_

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/decider/decider.h"
#include "services/import/import_row.h"

namespace mentorlog::import {

struct RowCommand {
  // What distinguishes this row from every other of its file: its natural key.
  std::vector<std::string> key;
  // Rows that share one of these are taken in the order of the file, each after the one before was written: those whose
  // decision relies on the exact state that the one before leaves. Empty: it waits for none.
  std::vector<std::string> turns;
  // What the row says, where that is not its values as they stand; another content under the same key is refused.
  std::vector<std::string> content;
  std::function<decider::Decision(const decider::Context&, decider::States&)> decide;
};

// Refuse with the column that is wrong. `whole_row` is the key of rows that have no other.
absl::StatusOr<RowCommand> PersonRow(RowReader& row);
absl::StatusOr<RowCommand> MoveRow(RowReader& row, std::vector<std::string> whole_row);
absl::StatusOr<RowCommand> RelationshipRow(RowReader& row);
absl::StatusOr<RowCommand> CheckInRow(RowReader& row, std::vector<std::string> whole_row);
absl::StatusOr<RowCommand> RecognitionRow(RowReader& row, std::vector<std::string> whole_row);
absl::StatusOr<RowCommand> AdvocacyRow(RowReader& row, std::vector<std::string> whole_row);
// `dry_run`: what an earlier row would have written is not there to rely on.
absl::StatusOr<RowCommand> AssignmentRow(RowReader& row, std::vector<std::string> whole_row, bool dry_run);

// Advises DATED_BEFORE_JOINING once if `day` is before the day that one of them joined.
void AdviseJoining(std::initializer_list<NamedPerson> people, std::string_view field, decider::Day day,
                   decider::Decision& decision);

}  // namespace mentorlog::import

#endif  // MENTORLOG_SERVICES_IMPORT_ROW_COMMANDS_H_
