#include "clients/cli/csv_reader.h"

#include <csv.h>

#include <cstdlib>
#include <istream>
#include <utility>

namespace mentorlog::cli {
namespace {

bool IsEnd(char c) { return c == '\n' || c == '\r'; }

// RFC 4180: spaces belong to a field.
int NoSpace(unsigned char) { return 0; }

}  // namespace

struct CsvReader::Parser {
  Parser() { Start(); }
  ~Parser() { csv_free(&csv); }

  void Start() {
    if (csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI) != 0) std::abort();
    csv_set_space_func(&csv, NoSpace);
  }
  void Restart() {
    csv_free(&csv);
    Start();
  }
  // False if a quote stands where it must not.
  bool Feed(std::string_view text) {
    return csv_parse(&csv, text.data(), text.size(), OnField, OnRow, this) == text.size();
  }
  bool Finish() { return csv_fini(&csv, OnField, OnRow, this) == 0; }

  static void OnField(void* data, std::size_t size, void* self) {
    static_cast<Parser*>(self)->fields.emplace_back(static_cast<const char*>(data), size);
  }
  static void OnRow(int, void* self) { ++static_cast<Parser*>(self)->rows; }

  csv_parser csv = {};
  // Of the row that is being read.
  std::vector<std::string> fields;
  int rows = 0;
};

CsvReader::CsvReader(std::istream& in) : in_(in), parser_(std::make_unique<Parser>()) {}

CsvReader::~CsvReader() = default;

std::optional<CsvReader::Line> CsvReader::ReadLine() {
  if (!again_.empty()) {
    auto line = std::move(again_.front());
    again_.pop_front();
    return line;
  }
  Line line;
  line.number = ++lines_read_;
  auto* buffer = in_.rdbuf();
  for (int c = buffer->sbumpc(); c != std::char_traits<char>::eof(); c = buffer->sbumpc()) {
    ++bytes_;
    // One byte beyond the limit is kept, so that the row is found too long.
    if (line.text.size() <= kCsvRowBytesMax) line.text.push_back(static_cast<char>(c));
    if (c == '\n') break;
  }
  if (line.text.empty()) return std::nullopt;
  if (line.number == 1 && line.text.starts_with("\xEF\xBB\xBF")) line.text.erase(0, 3);
  return line;
}

CsvRow CsvReader::Broken(std::vector<Line> lines, std::string reason, std::string message) {
  CsvRow row;
  row.line = lines.front().number;
  row.reason = std::move(reason);
  row.message = std::move(message);
  row.wrong_field = parser_->fields.size();
  for (std::size_t i = lines.size(); i > 1; --i) again_.push_front(std::move(lines[i - 1]));
  parser_->Restart();
  return row;
}

std::optional<CsvRow> CsvReader::Next() {
  std::vector<Line> lines;
  std::size_t bytes = 0;
  parser_->fields.clear();
  parser_->rows = 0;
  while (auto line = ReadLine()) {
    if (lines.empty() && IsEnd(line->text.front()) && line->text.find_first_not_of("\r\n") == std::string::npos)
      continue;
    const bool last = line->text.back() != '\n';
    bytes += line->text.size();
    lines.push_back(*std::move(line));
    if (bytes > kCsvRowBytesMax) {
      return Broken(std::move(lines), "STRAY_QUOTE",
                    "the row does not end within 256 KiB: a quoted field is not closed");
    }
    if (!parser_->Feed(lines.back().text) || (last && again_.empty() && !parser_->Finish())) {
      const auto where = lines.size() == 1 ? "" : " (found on line " + std::to_string(lines.back().number) + ")";
      return Broken(std::move(lines), "STRAY_QUOTE",
                    "a quote within an unquoted field, after a closing quote, or one that is not closed" + where);
    }
    if (parser_->rows > 1) {
      return Broken(std::move(lines), "STRAY_QUOTE",
                    "a carriage return alone, want it within quotes or before a line feed");
    }
    if (parser_->rows == 1) return CsvRow{lines.front().number, std::move(parser_->fields), "", "", 0};
  }
  // The file ended within a quoted field that its last line, which had a line feed, left open.
  if (!lines.empty()) return Broken(std::move(lines), "STRAY_QUOTE", "a quoted field is not closed");
  return std::nullopt;
}

bool IsUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U) return false;
    }
    const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0U;
    // Overlong forms, surrogates, and what lies beyond Unicode.
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
        (lead == 0xF4 && second > 0x8F)) {
      return false;
    }
    i += length;
  }
  return true;
}

}  // namespace mentorlog::cli
