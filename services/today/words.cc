#include "services/today/words.h"

#include <cstddef>

#include "absl/strings/ascii.h"

namespace mentorlog::today {

std::string Word(const google::protobuf::EnumDescriptor& descriptor, int value) {
  const auto* found = descriptor.FindValueByNumber(value);
  if (found == nullptr || value == 0) return {};
  constexpr std::string_view kUnspecified = "UNSPECIFIED";
  const std::size_t prefix = descriptor.value(0)->name().size() - kUnspecified.size();
  return absl::AsciiStrToLower(found->name().substr(prefix));
}

std::optional<int> ValueOf(const google::protobuf::EnumDescriptor& descriptor, std::string_view word) {
  for (int i = 0; i < descriptor.value_count(); ++i) {
    const int value = descriptor.value(i)->number();
    if (value != 0 && Word(descriptor, value) == word) return value;
  }
  return std::nullopt;
}

}  // namespace mentorlog::today
