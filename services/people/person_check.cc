// What is wrong with a command by itself.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/people/person.h"

namespace mentorlog::people {
namespace {

using decider::CheckText;
using decider::kNameMax;
using decider::kTextMax;

class Findings {
 public:
  void Add(absl::Status status) {
    if (!status.ok()) found_.push_back(std::move(status));
  }

  void Refuse(std::string_view field, std::string_view found, std::string_view wish,
              std::string_view reason = "INVALID_FIELD") {
    const std::string message = std::string(field) + ": " + std::string(found) + ", " + std::string(wish);
    auto status = decider::Refuse(absl::StatusCode::kInvalidArgument, reason, message, {{"field", std::string(field)}});
    decider::AddFieldViolation(status, field, wish);
    found_.push_back(std::move(status));
  }

  // A text that must say something.
  void Wanted(std::string_view field, std::string_view text, std::size_t code_points_max) {
    if (std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; })) {
      Refuse(field, "empty", "want a text");
      return;
    }
    Add(CheckText(field, text, code_points_max));
  }

  void Type(event::v1::MoveType type) {
    if (type != event::v1::MOVE_TYPE_UNSPECIFIED && event::v1::MoveType_IsValid(type)) return;
    Refuse("type", absl::StrCat(static_cast<int>(type)), "want a known type of move", "UNKNOWN_ENUM_VALUE");
  }

  void Role(std::string_view prefix, const RoleTold& role) {
    const auto text = [&](std::string_view name, const std::optional<std::string>& value) {
      if (value) Add(CheckText(std::string(prefix) + "." + std::string(name), *value, kNameMax));
    };
    text("title", role.title);
    text("function", role.function);
    text("unit", role.unit);
    text("site", role.site);
    text("employer", role.employer);
    if (role.line && !event::v1::Line_IsValid(*role.line)) {
      Refuse(std::string(prefix) + ".line", absl::StrCat(static_cast<int>(*role.line)), "want line or staff",
             "UNKNOWN_ENUM_VALUE");
    }
  }

  void External(std::string_view system, std::string_view external_id) {
    Wanted("external_id.system", system, kSystemMax);
    Wanted("external_id.external_id", external_id, kExternalIdMax);
  }

  std::vector<absl::Status> Take() { return std::move(found_); }

 private:
  std::vector<absl::Status> found_;
};

}  // namespace

std::vector<absl::Status> Check(const RegisterPerson& command) {
  Findings findings;
  findings.Wanted("display_name", command.display_name, kNameMax);
  findings.Add(CheckText("email", command.email, kEmailMax));
  findings.Add(CheckText("locale", command.locale, kLocaleMax));
  findings.Add(CheckText("time_zone", command.time_zone, kTimeZoneMax));
  if (command.external_id) findings.External(command.external_id->system, command.external_id->external_id);
  return findings.Take();
}

std::vector<absl::Status> Check(const LinkExternalId& command) {
  Findings findings;
  findings.External(command.external_id.system, command.external_id.external_id);
  return findings.Take();
}

std::vector<absl::Status> Check(const UnlinkExternalId& command) {
  Findings findings;
  findings.External(command.system, command.external_id);
  return findings.Take();
}

std::vector<absl::Status> Check(const AnnounceMove& command) {
  Findings findings;
  findings.Type(command.type);
  findings.Role("to", command.to);
  return findings.Take();
}

std::vector<absl::Status> Check(const RecordMove& command) {
  Findings findings;
  findings.Type(command.type);
  findings.Role("to", command.to);
  if (command.from_reported) findings.Role("from_reported", *command.from_reported);
  if (command.confidence > 5) findings.Refuse("confidence", absl::StrCat(command.confidence), "want 1 to 5, or 0");
  return findings.Take();
}

std::vector<absl::Status> Check(const CorrectMove& command) {
  Findings findings;
  if (command.type) findings.Type(*command.type);
  findings.Role("to", command.to);
  findings.Add(CheckText("reason", command.reason, kTextMax));
  return findings.Take();
}

std::vector<absl::Status> Check(const RetractMove& command) {
  Findings findings;
  if (command.reason == event::v1::MOVE_RETRACTION_REASON_UNSPECIFIED ||
      !event::v1::MoveRetractionReason_IsValid(command.reason)) {
    findings.Refuse("reason", absl::StrCat(static_cast<int>(command.reason)), "want a known reason",
                    "UNKNOWN_ENUM_VALUE");
  }
  findings.Add(CheckText("note", command.note, kTextMax));
  return findings.Take();
}

}  // namespace mentorlog::people
