#include "storage/refusal.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace mentorlog::storage {
namespace {

// Debian's Abseil has a string_view of its own that std's does not convert to.
absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

absl::Status Refuse(absl::StatusCode code, std::string_view reason, std::string_view message,
                    std::initializer_list<NamedValue> values) {
  absl::Status status(code, View(message));
  status.SetPayload(View(kReasonPayload), absl::Cord(View(reason)));
  for (const auto& [name, value] : values) {
    status.SetPayload(absl::StrCat(View(kValuePayloadPrefix), View(name)), absl::Cord(value));
  }
  return status;
}

void AddFieldViolation(absl::Status& status, std::string_view field, std::string_view wish) {
  status.SetPayload(absl::StrCat(View(kFieldPayloadPrefix), View(field)), absl::Cord(View(wish)));
}

std::optional<std::string> ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(View(kReasonPayload));
  if (!payload) return std::nullopt;
  return std::string(*payload);
}

}  // namespace mentorlog::storage
