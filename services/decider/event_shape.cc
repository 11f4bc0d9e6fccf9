#include "services/decider/event_shape.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"

namespace mentorlog::decider {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::array<std::string_view, 8> kShortTexts = {"title",    "host_unit", "competencies", "competencies_shown",
                                                         "audience", "unit",      "employer",     "relayed_from"};

std::size_t LimitOf(std::string_view name) {
  const bool is_short = std::find(kShortTexts.begin(), kShortTexts.end(), name) != kShortTexts.end();
  return is_short ? kNameMax : kTextMax;
}

// What is wrong with an event, gathered while walking it.
class Faults {
 public:
  void Add(std::string_view reason, const std::string& field, const std::string& found, const std::string& wish) {
    if (reason_.empty()) reason_ = reason;
    absl::StrAppend(&message_, message_.empty() ? "" : "; ", field, ": ", found, ", ", wish);
    fields_.emplace_back(field, wish);
  }
  void AddText(const std::string& field, const std::string& text, std::string_view name) {
    const auto points = CodePoints(text);
    const auto limit = LimitOf(name);
    if (!points)
      return Add("NOT_UTF8", field, absl::StrCat(text.size(), " bytes that are not UTF-8"), "want UTF-8 text");
    if (*points <= limit && text.size() <= kTextBytesMax) return;
    Add("TEXT_TOO_LONG", field, absl::StrCat(*points, " characters (", text.size(), " bytes)"),
        absl::StrCat("want at most ", limit, " characters and ", kTextBytesMax, " bytes"));
  }
  absl::Status status() const {
    if (fields_.empty()) return absl::OkStatus();
    auto status = Refuse(absl::StatusCode::kInvalidArgument, reason_, message_, {{"field", fields_.front().first}});
    for (const auto& [field, wish] : fields_) AddFieldViolation(status, field, wish);
    return status;
  }

 private:
  std::string reason_;
  std::string message_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

void CheckValue(const Message& message, const FieldDescriptor& field, int index, const std::string& path,
                Faults& faults) {
  const auto& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    const int value =
        repeated ? reflection.GetRepeatedEnumValue(message, &field, index) : reflection.GetEnumValue(message, &field);
    if (field.enum_type()->FindValueByNumber(value) != nullptr && !(repeated && value == 0)) return;
    faults.Add("UNKNOWN_ENUM_VALUE", path, absl::StrCat(value),
               absl::StrCat("want a stated value of ", field.enum_type()->name()));
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    std::string scratch;
    const auto& value = repeated ? reflection.GetRepeatedStringReference(message, &field, index, &scratch)
                                 : reflection.GetStringReference(message, &field, &scratch);
    if (field.type() == FieldDescriptor::TYPE_STRING) return faults.AddText(path, value, field.name());
    if (value.size() == 16 || (value.empty() && !repeated)) return;
    faults.Add("MALFORMED_ID", path, absl::StrCat(value.size(), " bytes"), "want 16 bytes");
  }
}

void CheckFields(const Message& message, const std::string& prefix, Faults& faults) {
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (const auto* field : set) {
    const auto path = prefix + field->name();
    if (field->is_repeated()) {
      const int size = reflection.FieldSize(message, field);
      if (size > kRepeatedMax) {
        faults.Add("INVALID_FIELD", path, absl::StrCat(size, " values"), absl::StrCat("want at most ", kRepeatedMax));
      }
      for (int i = 0; i < std::min(size, kRepeatedMax); ++i) CheckValue(message, *field, i, path, faults);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const bool transparent = field->name() == "shared";
      CheckFields(reflection.GetMessage(message, field), transparent ? prefix : path + ".", faults);
    } else {
      CheckValue(message, *field, 0, path, faults);
    }
  }
}

}  // namespace

absl::Status CheckEvent(const Message& event) {
  Faults faults;
  CheckFields(event, "", faults);
  return faults.status();
}

void DropEmptyParts(Message& event) {
  const auto& reflection = *event.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(event, &set);
  for (const auto* field : set) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_repeated()) continue;
    if (reflection.GetMessage(event, field).ByteSizeLong() == 0) reflection.ClearField(&event, field);
  }
}

}  // namespace mentorlog::decider
