#include "clients/cli/output.h"

#include <algorithm>
#include <ostream>

#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* CodeOf(Tone tone) {
  switch (tone) {
    case Tone::kStrong:
      return "\x1b[1m";
    case Tone::kGood:
      return "\x1b[32m";
    case Tone::kWarn:
      return "\x1b[33m";
    case Tone::kBad:
      return "\x1b[31m";
    case Tone::kFaint:
      return "\x1b[2m";
    case Tone::kPlain:
      break;
  }
  return "";
}

// The length of a colour of ours at `at`, as in ESC[1m; 0 if none begins there.
std::size_t ColourAt(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) != "\x1b[") return 0;
  const auto end = text.find_first_not_of("0123456789", at + 2);
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 - at : 0;
}

// What the terminal is shown of a text that somebody wrote: no control characters but colours.
std::string Printable(std::string_view text) {
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (const auto colour = ColourAt(text, i); colour > 0) {
      safe += text.substr(i, colour);
      i += colour - 1;
    } else {
      safe.push_back(byte < 0x20 || byte == 0x7F ? ' ' : text[i]);
    }
  }
  return safe;
}

}  // namespace

Output::Output(std::ostream& out, std::ostream& err, bool json, bool terminal, bool error_terminal)
    : out_(out), err_(err), json_(json), terminal_(terminal), error_terminal_(error_terminal) {}

void Output::Json(const nlohmann::ordered_json& document, bool one_line) {
  // What is not UTF-8 is replaced rather than thrown about.
  out_ << document.dump(one_line ? -1 : 2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << std::endl;
}

void Output::Flush() { out_.flush(); }

void Output::Line(std::string_view text) { out_ << Printable(text) << '\n'; }

std::string Output::Toned(Tone tone, std::string_view text) const {
  if (!terminal_ || tone == Tone::kPlain) return std::string(text);
  return CodeOf(tone) + std::string(text) + "\x1b[0m";
}

void Output::Table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  const auto measure = [&](const std::vector<std::string>& row) {
    if (widths.size() < row.size()) widths.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(Printable(row[i])));
  };
  const auto print = [&](const std::vector<std::string>& row, Tone tone) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto cell = Printable(row[i]);
      line += Toned(tone, cell);
      if (i + 1 < row.size()) line += std::string(widths[i] - DisplayWidth(cell) + 2, ' ');
    }
    while (line.ends_with(' ')) line.pop_back();
    out_ << line << '\n';
  };
  measure(header);
  for (const auto& row : rows) measure(row);
  if (!header.empty()) print(header, Tone::kFaint);
  for (const auto& row : rows) print(row, Tone::kPlain);
}

int Output::Fail(const Failure& failure) {
  EndProgress();
  if (json_) {
    // A line of its own also among the lines of a feed.
    Json(ErrorJson(failure), /*one_line=*/true);
    return failure.exit;
  }
  const auto label =
      error_terminal_ ? CodeOf(Tone::kBad) + std::string("mentorlog:\x1b[0m ") : std::string("mentorlog: ");
  err_ << label << Printable(failure.message);
  if (!failure.reason.empty()) err_ << " [" << failure.reason << "]";
  err_ << '\n';
  // A message that is about one field says it all.
  const bool said =
      failure.fields.size() == 1 && failure.message == failure.fields[0].first + ": " + failure.fields[0].second;
  for (const auto& [field, wish] : failure.fields) {
    if (said) break;
    err_ << "  " << field << ": " << Printable(wish) << '\n';
  }
  if (failure.retry_after_s) err_ << "  try again in " << *failure.retry_after_s << " s\n";
  if (!failure.request_id.empty()) {
    err_ << "  whether it happened is not known; repeat the same command with --request-id " << failure.request_id
         << ": it happens once\n";
  }
  return failure.exit;
}

void Output::Note(std::string_view text) {
  if (json_) return;
  EndProgress();
  err_ << Printable(text) << '\n';
}

void Output::Progress(std::string_view what, std::uint64_t done, std::uint64_t total) {
  if (!error_terminal_) return;
  constexpr std::uint64_t kWidth = 30;
  const auto filled = total == 0 ? kWidth : std::min(kWidth, done * kWidth / total);
  err_ << "\r\x1b[K" << what << " [" << std::string(filled, '=') << std::string(kWidth - filled, ' ') << "] "
       << (total == 0 ? 100 : std::min<std::uint64_t>(100, done * 100 / total)) << " %" << std::flush;
  progress_shown_ = true;
}

void Output::EndProgress() {
  if (!progress_shown_) return;
  err_ << "\r\x1b[K" << std::flush;
  progress_shown_ = false;
}

nlohmann::ordered_json ErrorJson(const Failure& failure) {
  Json error = {{"code", failure.code}, {"reason", failure.reason}, {"message", failure.message}};
  error["fields"] = Json::array();
  for (const auto& [field, wish] : failure.fields) error["fields"].push_back({{"field", field}, {"wish", wish}});
  error["values"] = Json::object();
  for (const auto& [name, value] : failure.values) error["values"][name] = value;
  error["retry_after_s"] = failure.retry_after_s ? Json(*failure.retry_after_s) : Json(nullptr);
  error["request_id"] = failure.request_id.empty() ? Json(nullptr) : Json(failure.request_id);
  return {{"error", error}};
}

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '\x1b') {  // a colour
      while (i < text.size() && text[i] != 'm') ++i;
      ++i;
      continue;
    }
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t point = lead < 0x80 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k) {
      point = point << 6U | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    }
    const bool combining = (point >= 0x300 && point < 0x370) || point == 0x200D || (point >= 0xFE00 && point < 0xFE10);
    const bool wide = (point >= 0x1100 && point < 0x1160) || (point >= 0x2E80 && point < 0xA4D0) ||
                      (point >= 0xAC00 && point < 0xD7A4) || (point >= 0xF900 && point < 0xFB00) ||
                      (point >= 0xFF00 && point < 0xFF61) || (point >= 0x1F300 && point < 0x1FB00);
    width += combining ? 0 : wide ? 2 : 1;
    i += length;
  }
  return width;
}

std::string Count(std::uint64_t number, std::string_view one, std::string_view many) {
  return std::to_string(number) + " " + std::string(number == 1 ? one : many);
}

}  // namespace mentorlog::cli
