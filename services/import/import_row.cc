#include "services/import/import_row.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "mentorlog/view/v1/people_state.pb.h"
#include "services/people/person.h"
#include "storage/refusal.h"

namespace mentorlog::import {
namespace {

using decider::Id;
using google::protobuf::EnumDescriptor;

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

absl::Status Rejection(absl::StatusCode code, std::string_view reason, std::string_view column, std::string_view found,
                       std::string_view wish) {
  // A value that does not fit is shown only where it is short: it may be a text that slipped a column.
  constexpr std::size_t kShownMax = 40;
  const auto shown = found.size() <= kShownMax ? absl::StrCat("`", View(found), "`")
                                               : absl::StrCat("a value of ", found.size(), " bytes");
  auto status = storage::Refuse(code, reason, absl::StrCat(View(column), ": ", shown, ", ", View(wish)),
                                {{"field", std::string(column)}});
  storage::AddFieldViolation(status, column, wish);
  return status;
}

std::string Joined(const std::vector<std::string_view>& names) {
  std::string text;
  for (const auto name : names) absl::StrAppend(&text, text.empty() ? "" : ",", View(name));
  return text;
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// `CheckInChannel` and `CHECK_IN_CHANNEL_IN_PERSON` -> `IN_PERSON`.
std::string_view OwnName(const EnumDescriptor* type, const std::string& value) {
  std::size_t prefix = type->name().size() + 1;
  for (std::size_t i = 1; i < type->name().size(); ++i) {
    if (type->name()[i] >= 'A' && type->name()[i] <= 'Z') ++prefix;
  }
  return std::string_view(value).substr(std::min(prefix, value.size()));
}

// -> `in_person`.
std::string ShortName(const EnumDescriptor* type, const std::string& value) {
  std::string name(OwnName(type, value));
  std::transform(name.begin(), name.end(), name.begin(), Lower);
  return name;
}

bool IsShortName(const EnumDescriptor* type, const std::string& value, std::string_view text) {
  const auto name = OwnName(type, value);
  return std::equal(name.begin(), name.end(), text.begin(), text.end(),
                    [](char own, char c) { return Lower(own) == c; });
}

std::string WishOf(const EnumDescriptor* type) {
  std::string wish = "want one of ";
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() == 0) continue;
    absl::StrAppend(&wish, i > 1 ? ", " : "", ShortName(type, type->value(i)->name()));
  }
  return wish;
}

}  // namespace

const FileColumns& ColumnsOf(v1::ImportFile file) {
  static const auto* const columns = new std::array<FileColumns, 8>{{
      {},
      {{"person_id", "display_name", "email", "joined_on"}, {}},
      {{"person_id", "effective_on", "move_type", "title", "unit", "site", "manager_id", "employer"}, {}},
      {{"mentor_id", "mentee_id", "kind", "started_on", "ideal_days", "max_days"}, {}},
      {{"mentor_id", "mentee_id", "kind", "occurred_on", "channel", "initiated_by", "gist"}, {}},
      {{"from_id", "to_id", "occurred_on", "how", "audience", "what"}, {}},
      {{"advocate_id", "for_id", "occurred_on", "act", "opportunity", "outcome", "outcome_on"}, {}},
      {{"assignment_id", "mentor_id", "mentee_id", "title", "stretch", "offered_on", "respond_by", "decision",
        "decided_on", "completed_on"},
       {"round", "reason", "outcome"}},
  }};
  return columns->at(static_cast<std::size_t>(file));
}

absl::StatusOr<Header> Header::Create(v1::ImportFile file,
                                      const google::protobuf::RepeatedPtrField<std::string>& names) {
  const auto& columns = ColumnsOf(file);
  const auto wish = absl::StrCat("want ", Joined(columns.required), columns.optional.empty() ? "" : ", perhaps ",
                                 Joined(columns.optional));
  Header header;
  header.file_ = file;
  header.size_ = names.size();
  for (int i = 0; i < names.size(); ++i) {
    const bool known =
        std::find(columns.required.begin(), columns.required.end(), names[i]) != columns.required.end() ||
        std::find(columns.optional.begin(), columns.optional.end(), names[i]) != columns.optional.end();
    if (!known || !header.index_.emplace(names[i], i).second) {
      return Rejection(absl::StatusCode::kInvalidArgument, "WRONG_HEADER", "columns", names[i],
                       known ? "want each column once" : wish);
    }
  }
  for (const auto name : columns.required) {
    if (!header.Has(name)) {
      return Rejection(absl::StatusCode::kInvalidArgument, "WRONG_HEADER", "columns", absl::StrJoin(names, ","), wish);
    }
  }
  for (const auto* names_of : {&columns.required, &columns.optional}) {
    for (const auto name : *names_of) {
      const auto at = header.index_.find(name);
      header.order_.push_back(at == header.index_.end() ? -1 : at->second);
    }
  }
  return header;
}

std::string_view Header::Value(const v1::ImportRow& row, std::string_view column) const {
  const auto found = index_.find(column);
  return found == index_.end() ? std::string_view() : std::string_view(row.values(found->second));
}

std::vector<std::string_view> Header::Canonical(const v1::ImportRow& row) const {
  std::vector<std::string_view> values;
  values.reserve(order_.size());
  for (const int at : order_) values.push_back(at < 0 ? std::string_view() : std::string_view(row.values(at)));
  return values;
}

std::string NamespaceOf(std::string_view system) { return absl::StrCat("csv:", View(system)); }

Id PersonRowId(const storage::Keyed& keyed, std::string_view person_id) {
  return keyed.DeriveId("import-row", {"people", person_id});
}

People::People(const runtime::Desk& desk, const storage::LedgerSnapshot& snapshot, Lasting& lasting, std::string system,
               const google::protobuf::RepeatedPtrField<std::string>& assumed)
    : desk_(desk),
      snapshot_(snapshot),
      lasting_(lasting),
      system_(std::move(system)),
      ids_(desk.ledger.keyed(), NamespaceOf(system_), Id{}) {
  for (const auto& external_id : assumed) assumed_.emplace(IdToBe(external_id), external_id);
}

Id People::IdToBe(std::string_view external_id) const {
  return runtime::RequestIds(desk_.ledger.keyed(), NamespaceOf(system_), PersonRowId(desk_.ledger.keyed(), external_id))
      .Generated(0);
}

absl::StatusOr<NamedPerson> People::Find(std::string_view external_id) {
  const auto [entry, is_new] = known_.try_emplace(std::string(external_id), absl::UnknownError("not looked up yet"));
  if (is_new) entry->second = LookUp(external_id);
  return entry->second;
}

absl::StatusOr<NamedPerson> People::LookUp(std::string_view external_id) {
  view::v1::ExternalState claim;
  const auto head = desk_.states.Load(snapshot_, people::ExternalStream(ids_, system_, external_id), claim);
  if (!head.ok()) return head.status();
  const auto holder = claim.released() ? std::nullopt : Id::FromBytes(claim.person_id());
  if (!holder) {
    const auto to_be = IdToBe(external_id);
    if (assumed_.contains(to_be)) return NamedPerson{to_be, std::nullopt};
    return Rejection(absl::StatusCode::kNotFound, "UNKNOWN_PERSON", "external_id", external_id,
                     absl::StrCat("want a person_id of ", system_, " that is registered"));
  }
  if (const auto day = lasting_.JoinedOn(*holder)) return NamedPerson{*holder, day};
  view::v1::PersonState person;
  const auto person_head = desk_.states.Load(snapshot_, people::PersonStream(*holder), person);
  if (!person_head.ok()) return person_head.status();
  const decider::Day joined_on{person.joined_on()};
  if (person.registered()) lasting_.NoteJoined(*holder, joined_on);
  return NamedPerson{*holder, joined_on};
}

absl::StatusOr<bool> People::Exists(const decider::StreamKey& stream) {
  if (absent_.contains(stream)) return false;
  if (lasting_.Exists(stream)) return true;
  const auto exists = snapshot_.StreamExists(stream);
  if (!exists.ok()) return exists.status();
  if (*exists) {
    lasting_.NoteExists(stream);
  } else {
    absent_.insert(stream);
  }
  return exists;
}

void RowReader::Reject(std::string_view column, std::string_view wish, std::string_view reason) {
  if (!status_.ok()) return;
  status_ = Rejection(absl::StatusCode::kInvalidArgument, reason, column, header_.Value(row_, column), wish);
}

decider::Day RowReader::Day(std::string_view column) {
  if (const auto day = decider::Day::FromText(header_.Value(row_, column))) return *day;
  Reject(column, "want a day written YYYY-MM-DD", "MALFORMED_DATE");
  return {};
}

std::optional<decider::Day> RowReader::OptionalDay(std::string_view column) {
  if (Empty(column)) return std::nullopt;
  return Day(column);
}

std::optional<std::uint32_t> RowReader::OptionalNumber(std::string_view column) {
  const auto text = header_.Value(row_, column);
  if (text.empty()) return std::nullopt;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    Reject(column, "want a whole number", "INVALID_FIELD");
    return std::nullopt;
  }
  return number;
}

int RowReader::OptionalEnum(std::string_view column, const EnumDescriptor* type) {
  return Empty(column) ? 0 : Enum(column, type);
}

int RowReader::Enum(std::string_view column, const EnumDescriptor* type) {
  return EnumNamed(column, header_.Value(row_, column), type);
}

int RowReader::EnumNamed(std::string_view column, std::string_view text, const EnumDescriptor* type) {
  if (const auto number = Named(text, type)) return *number;
  Reject(column, WishOf(type), "UNKNOWN_ENUM_VALUE");
  return 0;
}

std::optional<int> RowReader::Named(std::string_view text, const EnumDescriptor* type) {
  for (int i = 0; i < type->value_count(); ++i) {
    const auto* value = type->value(i);
    if (value->number() != 0 && IsShortName(type, value->name(), text)) return value->number();
  }
  return std::nullopt;
}

NamedPerson RowReader::Person(std::string_view column) {
  const auto external_id = header_.Value(row_, column);
  if (external_id.empty()) {
    Reject(column, "want a person_id", "INVALID_FIELD");
    return {};
  }
  auto person = people_.Find(external_id);
  if (person.ok()) return *person;
  if (!status_.ok()) return {};
  if (storage::ReasonOf(person.status()) == "UNKNOWN_PERSON") {
    status_ = Rejection(absl::StatusCode::kNotFound, "UNKNOWN_PERSON", column, external_id,
                        absl::StrCat("want a person_id of ", people_.system(), " that is registered"));
  } else {
    status_ = person.status();
  }
  return {};
}

}  // namespace mentorlog::import
