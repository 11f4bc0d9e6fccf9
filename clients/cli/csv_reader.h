// clients/cli/csv_reader.h: rows of a CSV file as RFC 4180 has them, and what is wrong with those that are not.
//
// Streaming: memory is bounded by one row. A row that cannot be read is named and left out, and reading goes on with
// the line after the one that the row began on. Single-threaded.
#ifndef MENTORLOG_CLIENTS_CLI_CSV_READER_H_
#define MENTORLOG_CLIENTS_CLI_CSV_READER_H_

#include <cstdint>
#include <deque>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mentorlog::cli {

// The most bytes that a row may have; more is an unclosed quote, or no CSV file.
inline constexpr std::size_t kCsvRowBytesMax = 256 << 10;

// One row, or why there is none.
struct CsvRow {
  // The line that it begins on, from 1.
  std::uint64_t line = 0;
  std::vector<std::string> fields;
  // A name of v1.Reason; empty if the row could be read.
  std::string reason;
  std::string message;
  // The index of the wrong field.
  std::size_t wrong_field = 0;
};

class CsvReader {
 public:
  // `in` outlives this. A byte order mark at its beginning is skipped.
  explicit CsvReader(std::istream& in);
  ~CsvReader();
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  // The next row; nullopt at the end. Empty lines are no rows.
  std::optional<CsvRow> Next();
  // How far the file is read.
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Parser;
  struct Line {
    std::uint64_t number = 0;
    std::string text;
  };
  std::optional<Line> ReadLine();
  CsvRow Broken(std::vector<Line> lines, std::string reason, std::string message);

  std::istream& in_;
  const std::unique_ptr<Parser> parser_;
  // Lines of a broken row, to be read again on their own.
  std::deque<Line> again_;
  std::uint64_t lines_read_ = 0;
  std::uint64_t bytes_ = 0;
};

// Whether every byte of `text` belongs to UTF-8 (RFC 3629).
bool IsUtf8(std::string_view text);

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_CSV_READER_H_
