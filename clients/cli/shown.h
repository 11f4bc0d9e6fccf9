// clients/cli/shown.h: small values of answers as a person reads them. Pure.
#ifndef MENTORLOG_CLIENTS_CLI_SHOWN_H_
#define MENTORLOG_CLIENTS_CLI_SHOWN_H_

#include <cstdint>
#include <string>

#include "clients/cli/message_json.h"
#include "google/protobuf/generated_enum_reflection.h"
#include "mentorlog/v1/common.pb.h"

namespace mentorlog::cli {

// The text, or in brackets why there is none.
inline std::string Shown(const v1::Text& text) {
  if (text.has_text()) return text.text();
  if (!text.has_withheld()) return "";
  return text.withheld() == v1::Text::WITHHELD_ERASED ? "(erased)" : "(withheld)";
}

// What is said beside figures that count people whom the daemon could not read. REQUIRES: there are some.
inline std::string NotRead(std::uint64_t people) {
  return "these figures may be wrong: " + std::to_string(people) +
         " counted as they stood before an event that cannot be read; see mentorlog --json views list";
}

// A value's name without its enum's prefix, as in `in_person`; its number if this build does not know it.
template <typename Enum>
std::string Short(Enum value) {
  const auto* known = google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(value);
  return known == nullptr ? std::to_string(static_cast<int>(value)) : ShortName(known);
}

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_SHOWN_H_
