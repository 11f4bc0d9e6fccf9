#include "clients/cli/import_files.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "openssl/sha.h"

namespace mentorlog::cli {
namespace {

// `reverse` is a mentor with the pair swapped: its rows go to the stream of that mentor.
constexpr std::string_view kReverse = "reverse";
constexpr std::string_view kMentor = "mentor";

std::string Joined(const std::vector<std::string_view>& names) {
  std::string text;
  for (const auto name : names) text += (text.empty() ? "" : ",") + std::string(name);
  return text;
}

}  // namespace

const std::array<ImportFileKind, 7>& ImportFiles() {
  static const auto* const kinds = new std::array<ImportFileKind, 7>{{
      {v1::IMPORT_FILE_PEOPLE, "people", {"person_id", "display_name", "email", "joined_on"}, {}, {"person_id"}},
      {v1::IMPORT_FILE_ROLE_MOVES,
       "role_moves",
       {"person_id", "effective_on", "move_type", "title", "unit", "site", "manager_id", "employer"},
       {},
       // All of them: whether managers go round in a loop shows only in order.
       {}},
      {v1::IMPORT_FILE_RELATIONSHIPS,
       "relationships",
       {"mentor_id", "mentee_id", "kind", "started_on", "ideal_days", "max_days"},
       {},
       {"mentor_id", "mentee_id", "kind"}},
      {v1::IMPORT_FILE_CHECK_INS,
       "check_ins",
       {"mentor_id", "mentee_id", "kind", "occurred_on", "channel", "initiated_by", "gist"},
       {},
       {"mentor_id", "mentee_id", "kind"}},
      {v1::IMPORT_FILE_RECOGNITIONS,
       "recognitions",
       {"from_id", "to_id", "occurred_on", "how", "audience", "what"},
       {},
       {"to_id"}},
      {v1::IMPORT_FILE_ADVOCACY,
       "advocacy",
       {"advocate_id", "for_id", "occurred_on", "act", "opportunity", "outcome", "outcome_on"},
       {},
       {"for_id"}},
      {v1::IMPORT_FILE_ASSIGNMENTS,
       "assignments",
       {"assignment_id", "mentor_id", "mentee_id", "title", "stretch", "offered_on", "respond_by", "decision",
        "decided_on", "completed_on"},
       {"round", "reason", "outcome"},
       {"assignment_id"}},
  }};
  return *kinds;
}

RejectedRow ImportFileReader::Reject(std::uint64_t line, std::string field, std::string reason,
                                     std::string message) const {
  return {std::string(kind_.name) + ".csv", line, std::move(field), std::move(reason), std::move(message)};
}

std::string ImportFileReader::ColumnName(std::size_t index) const {
  return index < columns_.size() ? columns_[index] : "";
}

std::optional<RejectedRow> ImportFileReader::ReadHeader() {
  const auto wish = "want " + Joined(kind_.columns) +
                    (kind_.optional_columns.empty() ? "" : " and perhaps " + Joined(kind_.optional_columns));
  const auto header = csv_.Next();
  if (!header) return Reject(1, "", "WRONG_HEADER", "the file is empty, " + wish);
  if (!header->reason.empty()) return Reject(header->line, "", header->reason, header->message);
  for (const auto& column : header->fields) {
    const auto is = [&column](std::string_view name) { return name == column; };
    const bool known = std::any_of(kind_.columns.begin(), kind_.columns.end(), is) ||
                       std::any_of(kind_.optional_columns.begin(), kind_.optional_columns.end(), is);
    const auto shown = IsUtf8(column) ? column : "(not UTF-8)";
    if (!known) return Reject(header->line, shown, "WRONG_HEADER", "this file has no such column, " + wish);
    if (std::count(header->fields.begin(), header->fields.end(), column) > 1) {
      return Reject(header->line, column, "WRONG_HEADER", "the column is there twice");
    }
  }
  for (const auto column : kind_.columns) {
    if (std::find(header->fields.begin(), header->fields.end(), column) == header->fields.end()) {
      return Reject(header->line, std::string(column), "WRONG_HEADER", "the column is missing, " + wish);
    }
  }
  columns_ = header->fields;
  for (const auto column : kind_.order_columns) {
    order_.push_back(static_cast<std::size_t>(std::find(columns_.begin(), columns_.end(), column) - columns_.begin()));
  }
  return std::nullopt;
}

bool ImportFileReader::Next(v1::ImportRow& row, std::optional<RejectedRow>& rejected) {
  rejected.reset();
  if (full_) return false;
  auto read = csv_.Next();
  if (!read) return false;
  if (!read->reason.empty()) {
    rejected = Reject(read->line, ColumnName(read->wrong_field), read->reason, read->message);
    return true;
  }
  if (read->fields.size() != columns_.size()) {
    rejected = Reject(read->line, ColumnName(read->fields.size()), "WRONG_COLUMN_COUNT",
                      std::to_string(read->fields.size()) + " values, want " + std::to_string(columns_.size()));
    return true;
  }
  for (std::size_t i = 0; i < read->fields.size(); ++i) {
    if (IsUtf8(read->fields[i])) continue;
    rejected = Reject(read->line, columns_[i], "NOT_UTF8", "the value is not UTF-8");
    return true;
  }
  const auto ordinal = OrdinalOf(read->fields);
  if (!ordinal) {
    full_ = true;
    rejected =
        Reject(read->line, "", "TOO_MANY_ROWS",
               "more than " + std::to_string(different_rows_max_) +
                   " different rows, want several files with identical rows in the same one; the rest was not read");
    return true;
  }
  row.Clear();
  row.set_line(read->line);
  row.set_ordinal(*ordinal);
  for (auto& field : read->fields) row.add_values(std::move(field));
  return true;
}

ImportFileReader::Digest ImportFileReader::DigestOf(const std::vector<std::string>& fields) {
  std::string whole;
  for (const auto& field : fields) {
    const std::uint64_t size = field.size();
    whole.append(reinterpret_cast<const char*>(&size), sizeof size).append(field);
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> bytes{};
  SHA256(reinterpret_cast<const unsigned char*>(whole.data()), whole.size(), bytes.data());
  Digest digest{};
  std::memcpy(digest.data(), bytes.data(), sizeof digest);
  return digest;
}

std::optional<std::uint32_t> ImportFileReader::OrdinalOf(const std::vector<std::string>& fields) {
  // Their rows have a natural key that says which is which.
  if (kind_.file == v1::IMPORT_FILE_PEOPLE || kind_.file == v1::IMPORT_FILE_RELATIONSHIPS) return 0;
  const auto digest = DigestOf(fields);
  if (seen_.contains(digest)) return ++again_[digest];
  if (seen_.size() >= different_rows_max_) return std::nullopt;
  seen_.insert(digest);
  return 0;
}

std::string ImportFileReader::OrderKey(const v1::ImportRow& row) const {
  std::vector<std::string_view> values;
  for (const auto index : order_) values.push_back(row.values(static_cast<int>(index)));
  const auto kind = std::find(kind_.order_columns.begin(), kind_.order_columns.end(), "kind");
  if (kind != kind_.order_columns.end()) {
    auto& word = values[static_cast<std::size_t>(kind - kind_.order_columns.begin())];
    if (word == kReverse) {
      word = kMentor;
      std::swap(values[0], values[1]);
    }
  }
  std::string key;
  for (const auto value : values) key.append(value).push_back('\x1f');
  return key;
}

}  // namespace mentorlog::cli
