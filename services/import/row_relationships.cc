#include <utility>

#include "services/import/row_commands.h"
#include "services/relationships/relationships_commands.h"

namespace mentorlog::import {
namespace {

// Who mentors whom, in a row of either file.
struct Pair {
  NamedPerson mentor;
  NamedPerson mentee;
  event::v1::RelationshipKind kind = event::v1::RELATIONSHIP_KIND_UNSPECIFIED;
  // The same, as the file names them.
  std::vector<std::string> key;
};

// `reverse` is a mentor with the pair swapped: the one whom the file calls the mentee mentors the other.
Pair ReadPair(RowReader& row) {
  const bool reverse = row.Text("kind") == "reverse";
  const char* const mentor = reverse ? "mentee_id" : "mentor_id";
  const char* const mentee = reverse ? "mentor_id" : "mentee_id";
  Pair pair;
  pair.mentor = row.Person(mentor);
  pair.mentee = row.Person(mentee);
  pair.kind =
      reverse ? event::v1::RELATIONSHIP_KIND_MENTOR
              : static_cast<event::v1::RelationshipKind>(row.Enum("kind", event::v1::RelationshipKind_descriptor()));
  pair.key = {row.Text(mentor), row.Text(mentee), event::v1::RelationshipKind_Name(pair.kind)};
  if (row.Text(mentor) == row.Text(mentee))
    row.Reject("mentee_id", "want somebody else than the mentor", "SELF_MENTORING");
  return pair;
}

}  // namespace

absl::StatusOr<RowCommand> RelationshipRow(RowReader& row) {
  auto pair = ReadPair(row);
  relationships::StartRelationship command;
  command.mentor = pair.mentor.id;
  command.mentee = pair.mentee.id;
  command.kind = pair.kind;
  command.origin = event::v1::RELATIONSHIP_ORIGIN_IMPORTED;
  command.occurred_on = row.Day("started_on");
  const auto ideal = row.OptionalNumber("ideal_days");
  const auto max = row.OptionalNumber("max_days");
  if (ideal || max) {
    command.cadence.emplace();
    command.cadence->set_ideal_days(ideal.value_or(0));
    command.cadence->set_max_days(max.value_or(0));
  }
  if (!row.status().ok()) return row.status();
  const auto stream =
      relationships::RelationshipStream(row.people().ids(), command.mentor, command.mentee, command.kind);
  auto content = pair.key;
  for (const auto* column : {"started_on", "ideal_days", "max_days"}) content.push_back(row.Text(column));
  return RowCommand{std::move(pair.key),
                    {stream.ToBytes()},
                    std::move(content),
                    [command, mentor = pair.mentor, mentee = pair.mentee](const auto& context, auto& states) {
                      auto decision = relationships::Run(context, states, command);
                      AdviseJoining({mentor, mentee}, "started_on", command.occurred_on, decision);
                      return decision;
                    }};
}

absl::StatusOr<RowCommand> CheckInRow(RowReader& row, std::vector<std::string> whole_row) {
  const auto pair = ReadPair(row);
  relationships::LogCheckIn command;
  relationships::With with;
  with.mentor = pair.mentor.id;
  with.mentee = pair.mentee.id;
  with.kind = pair.kind;
  command.with.push_back(std::move(with));
  command.occurred_on = row.Day("occurred_on");
  command.channel = static_cast<event::v1::CheckInChannel>(row.Enum("channel", event::v1::CheckInChannel_descriptor()));
  command.initiated_by =
      static_cast<event::v1::InitiatedBy>(row.OptionalEnum("initiated_by", event::v1::InitiatedBy_descriptor()));
  command.gist = row.Text("gist");
  if (!row.status().ok()) return row.status();
  // A check-in needs its relationship to exist, in whatever state; the first one of a pair makes it exist.
  const auto stream = relationships::RelationshipStream(row.people().ids(), pair.mentor.id, pair.mentee.id, pair.kind);
  const auto exists = row.people().Exists(stream);
  if (!exists.ok()) return exists.status();
  std::vector<std::string> turns;
  if (!*exists) turns.push_back(stream.ToBytes());
  return RowCommand{std::move(whole_row),
                    std::move(turns),
                    {},
                    [command, mentor = pair.mentor, mentee = pair.mentee](const auto& context, auto& states) {
                      auto decision = relationships::Run(context, states, command);
                      AdviseJoining({mentor, mentee}, "occurred_on", command.occurred_on, decision);
                      return decision;
                    }};
}

}  // namespace mentorlog::import
