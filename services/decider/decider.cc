#include "services/decider/decider.h"

#include "absl/strings/str_cat.h"

namespace mentorlog::decider {

void Facts::Advise(std::string_view reason, std::string_view field, std::string_view detail) {
  log::v1::Advice item;
  item.set_reason(std::string(reason));
  item.set_field(std::string(field));
  item.set_detail(std::string(detail));
  advice.push_back(std::move(item));
}

absl::StatusOr<bool> States::LoadItem(const StreamKey&, const Id&, google::protobuf::Message& item) {
  return Refuse(absl::StatusCode::kInternal, "DEFECT", "no items of " + item.GetTypeName() + " are kept here");
}

absl::Status NotInFuture(const Context& context, std::string_view field, Day day) {
  if (day <= context.today) return absl::OkStatus();
  const std::string wish = "want a date not after today (" + context.today.ToText() + ")";
  auto status = Refuse(absl::StatusCode::kInvalidArgument, "DATE_IN_FUTURE",
                       std::string(field) + ": " + day.ToText() + ", " + wish,
                       {{"field", std::string(field)}, {"today", context.today.ToText()}});
  AddFieldViolation(status, field, wish);
  return status;
}

std::optional<std::size_t> CodePoints(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t length = 0;
    std::uint32_t point = 0;
    if (lead < 0x80) {
      length = 1;
      point = lead;
    } else if (lead >= 0xC2 && lead < 0xE0) {
      length = 2;
      point = lead & 0x1FU;
    } else if (lead >= 0xE0 && lead < 0xF0) {
      length = 3;
      point = lead & 0x0FU;
    } else if (lead >= 0xF0 && lead < 0xF5) {
      length = 4;
      point = lead & 0x07U;
    } else {
      return std::nullopt;
    }
    if (i + length > text.size()) return std::nullopt;
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0U) != 0x80U) return std::nullopt;
      point = point << 6U | (next & 0x3FU);
    }
    // Overlong forms, surrogates and what lies beyond Unicode (RFC 3629 section 3).
    if ((length == 3 && point < 0x800) || (length == 4 && point < 0x10000)) return std::nullopt;
    if ((point >= 0xD800 && point < 0xE000) || point > 0x10FFFF) return std::nullopt;
    i += length;
    ++count;
  }
  return count;
}

absl::Status CheckText(std::string_view field, std::string_view text, std::size_t code_points_max) {
  const auto points = CodePoints(text);
  std::string wish;
  std::string_view reason = "TEXT_TOO_LONG";
  std::string found;
  if (!points) {
    reason = "NOT_UTF8";
    found = absl::StrCat(text.size(), " bytes that are not UTF-8");
    wish = "want UTF-8 text";
  } else if (*points > code_points_max || text.size() > kTextBytesMax) {
    found = absl::StrCat(*points, " characters (", text.size(), " bytes)");
    wish = absl::StrCat("want at most ", code_points_max, " characters and ", kTextBytesMax, " bytes");
  } else {
    return absl::OkStatus();
  }
  auto status = Refuse(absl::StatusCode::kInvalidArgument, reason, std::string(field) + ": " + found + ", " + wish,
                       {{"field", std::string(field)}});
  AddFieldViolation(status, field, wish);
  return status;
}

}  // namespace mentorlog::decider
