#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/runtime/call.h"
#include "storage/refusal.h"

namespace mentorlog::runtime {
namespace {

// More than these are counted, not listed.
constexpr std::size_t kFieldsMax = 32;

// What may be said of a malformed date: it is shown only if nothing but a date can be in it.
std::string ShownDay(std::string_view text) {
  if (text.empty()) return "none";
  const bool harmless = text.size() <= 12 && text.find_first_not_of("0123456789-") == std::string_view::npos;
  return harmless ? std::string(text) : absl::StrCat(text.size(), " bytes that are no day");
}

std::string ShownEnum(const google::protobuf::EnumDescriptor& descriptor, int value) {
  const auto* known = descriptor.FindValueByNumber(value);
  return known == nullptr ? absl::StrCat(value) : known->name();
}

std::string WishOf(const google::protobuf::EnumDescriptor& descriptor) {
  std::vector<std::string> names;
  for (int i = 0; i < descriptor.value_count(); ++i) {
    if (descriptor.value(i)->number() != 0) names.push_back(descriptor.value(i)->name());
  }
  return "want one of " + absl::StrJoin(names, ", ");
}

}  // namespace

void Violations::Add(std::string_view field, std::string_view found, std::string_view wish, std::string_view reason) {
  if (reason_.empty()) reason_ = std::string(reason);
  if (fields_.size() >= kFieldsMax) return;
  const std::string description = std::string(found) + ", " + std::string(wish);
  if (!message_.empty()) message_ += "; ";
  message_ += std::string(field) + ": " + description;
  fields_.emplace_back(field, description);
}

void Violations::Add(const absl::Status& status) {
  if (status.ok()) return;
  if (reason_.empty()) reason_ = storage::ReasonOf(status).value_or("INVALID_FIELD");
  if (fields_.size() >= kFieldsMax) return;
  if (!message_.empty()) message_ += "; ";
  message_ += std::string(status.message());
  status.ForEachPayload([this](absl::string_view key, const absl::Cord& wish) {
    const std::string_view name(key.data(), key.size());
    if (!name.starts_with(storage::kFieldPayloadPrefix)) return;
    fields_.emplace_back(name.substr(storage::kFieldPayloadPrefix.size()), std::string(wish));
  });
}

storage::Id Violations::RequireId(std::string_view field, std::string_view bytes) {
  const auto id = storage::Id::FromBytes(bytes);
  if (id) return *id;
  Add(field, bytes.empty() ? "none" : absl::StrCat(bytes.size(), " bytes"), "want an id of 16 bytes", "MALFORMED_ID");
  return {};
}

std::optional<storage::Id> Violations::OptionalId(std::string_view field, std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  return RequireId(field, bytes);
}

storage::Day Violations::RequireDay(std::string_view field, std::string_view text) {
  const auto day = storage::Day::FromText(text);
  if (day) return *day;
  Add(field, ShownDay(text), "want a day written YYYY-MM-DD", "MALFORMED_DATE");
  return {};
}

std::optional<storage::Day> Violations::OptionalDay(std::string_view field, std::string_view text) {
  if (text.empty()) return std::nullopt;
  return RequireDay(field, text);
}

void Violations::RequireEnum(std::string_view field, const google::protobuf::EnumDescriptor* descriptor, int value) {
  if (value != 0 && descriptor->FindValueByNumber(value) != nullptr) return;
  Add(field, ShownEnum(*descriptor, value), WishOf(*descriptor), "UNKNOWN_ENUM_VALUE");
}

void Violations::OptionalEnum(std::string_view field, const google::protobuf::EnumDescriptor* descriptor, int value) {
  if (value != 0) RequireEnum(field, descriptor, value);
}

void Violations::Text(std::string_view field, std::string_view text, std::size_t code_points_max) {
  Add(decider::CheckText(field, text, code_points_max));
}

absl::Status Violations::status() const {
  if (reason_.empty()) return absl::OkStatus();
  auto status = storage::Refuse(absl::StatusCode::kInvalidArgument, reason_, message_);
  for (const auto& [field, description] : fields_) storage::AddFieldViolation(status, field, description);
  return status;
}

}  // namespace mentorlog::runtime
