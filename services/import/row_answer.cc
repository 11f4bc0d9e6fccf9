#include "services/import/row_answer.h"

#include <string>
#include <string_view>
#include <utility>

#include "storage/refusal.h"

namespace mentorlog::import {
namespace {

// The rooms' words for what a file calls otherwise.
constexpr std::pair<std::string_view, std::string_view> kColumns[] = {
    {"occurred_on", "joined_on"},  {"occurred_on", "started_on"}, {"occurred_on", "effective_on"},
    {"occurred_on", "offered_on"}, {"cadence", "ideal_days"},     {"type", "move_type"},
    {"mentee", "mentee_id"},       {"mentor", "mentor_id"},       {"receiver", "to_id"},
    {"external_id", "person_id"},
};

// The last step of a path like `check_in.gist`, as a column; empty if the file has none such.
std::string ColumnOf(std::string_view path, const Header& header) {
  const auto dot = path.rfind('.');
  const auto name = dot == std::string_view::npos ? path : path.substr(dot + 1);
  if (header.Has(name)) return std::string(name);
  for (const auto& [room, column] : kColumns) {
    if (name == room && header.Has(column)) return std::string(column);
  }
  return {};
}

// What a refusal is about that names no field.
constexpr std::pair<std::string_view, std::string_view> kAbout[] = {
    {"WRONG_ROUND", "round"},
    {"ACCEPTED_TOO_LATE", "decided_on"},
    {"RESPOND_BY_BEFORE_OFFER", "respond_by"},
    {"NOT_YET_EXPIRED", "decided_on"},
    {"NO_STRETCH", "stretch"},
    {"INVALID_CADENCE", "ideal_days"},
    {"EXTERNAL_ID_TAKEN", "person_id"},
    {"ASSIGNMENT_EXISTS", "assignment_id"},
};

std::string FieldOf(const absl::Status& status, const Header& header) {
  std::string field;
  status.ForEachPayload([&](absl::string_view key, const absl::Cord& value) {
    const std::string_view name(key.data(), key.size());
    if (!field.empty()) return;
    if (name.starts_with(storage::kFieldPayloadPrefix)) {
      field = ColumnOf(name.substr(storage::kFieldPayloadPrefix.size()), header);
    } else if (name == std::string(storage::kValuePayloadPrefix) + "field") {
      field = ColumnOf(std::string(value), header);
    }
  });
  return field;
}

}  // namespace

void AnswerRejected(const absl::Status& status, const Header& header, v1::ImportedRow& answer) {
  answer.set_status(v1::ImportedRow::STATUS_REJECTED);
  answer.set_reason(storage::ReasonOf(status).value_or("DEFECT"));
  answer.set_message(std::string(status.message()));
  answer.set_field(FieldOf(status, header));
  for (const auto& [reason, column] : kAbout) {
    if (answer.field().empty() && answer.reason() == reason && header.Has(column))
      answer.set_field(std::string(column));
  }
  if (answer.reason() != "REQUEST_ID_REUSED") return;
  answer.set_reason("ROW_CHANGED");
  answer.set_message("a row with the same key and other content was imported before");
  answer.clear_field();
}

void AnswerOutcome(const runtime::Outcome& outcome, const Header& header, v1::ImportedRow& answer) {
  answer.set_status(outcome.replayed ? v1::ImportedRow::STATUS_REPLAYED : v1::ImportedRow::STATUS_TAKEN);
  if (!outcome.records.empty()) answer.set_position(outcome.records.back()->position().value);
  for (const auto& advice : outcome.advice) {
    auto& told = *answer.add_advice();
    told.set_reason(advice.reason());
    told.set_field(ColumnOf(advice.field(), header));
    told.set_detail(advice.detail());
  }
}

}  // namespace mentorlog::import
