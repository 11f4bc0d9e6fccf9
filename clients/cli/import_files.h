// clients/cli/import_files.h: the seven files of an import, and their rows on the way to the daemon.
//
// Pure but for the stream that is read. What a row means is the daemon's to decide; here it only is a row.
#ifndef MENTORLOG_CLIENTS_CLI_IMPORT_FILES_H_
#define MENTORLOG_CLIENTS_CLI_IMPORT_FILES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "clients/cli/csv_reader.h"
#include "mentorlog/v1/import_service.pb.h"

namespace mentorlog::cli {

// What is fixed about a file.
struct ImportFileKind {
  v1::ImportFile file = v1::IMPORT_FILE_UNSPECIFIED;
  // `check_ins`: the file's name without `.csv`, and its name in JSON.
  std::string_view name;
  std::vector<std::string_view> columns;
  std::vector<std::string_view> optional_columns;
  // Rows that agree in these are sent in the order of the file.
  std::vector<std::string_view> order_columns;
};

// The most different rows of one file that are told apart: what the reader keeps of each is a digest, in a table of 17
// bytes a slot and 2^24 slots: 285 MB, and half of that once more while the table grew last. More rows than that are
// not read; a file is split so that identical rows stay in one of its pieces. Files whose rows have a natural key
// (people, relationships) have no such limit.
inline constexpr std::size_t kDifferentRowsMax = 14'000'000;

// In the order in which they are imported: whoever is named is registered before.
const std::array<ImportFileKind, 7>& ImportFiles();

// A row that was not taken, for the report.
struct RejectedRow {
  std::string file;
  std::uint64_t line = 0;
  std::string field;
  std::string reason;
  std::string message;
};

// Reads one file: checks header, quoting, column count and encoding, and counts identical rows. Single-threaded, but
// for OrderKey and columns.
class ImportFileReader {
 public:
  ImportFileReader(const ImportFileKind& kind, std::istream& in, std::size_t different_rows_max = kDifferentRowsMax)
      : kind_(kind), csv_(in), different_rows_max_(different_rows_max) {}

  // Reads the header line. What is wrong with it, if anything: then the file has no rows.
  std::optional<RejectedRow> ReadHeader();
  const std::vector<std::string>& columns() const { return columns_; }

  // The next row: `row` is filled in, or `rejected` says why not. False at the end, and after TOO_MANY_ROWS.
  bool Next(v1::ImportRow& row, std::optional<RejectedRow>& rejected);
  // What rows that must stay in order have in common.
  std::string OrderKey(const v1::ImportRow& row) const;
  std::uint64_t bytes() const { return csv_.bytes(); }

 private:
  RejectedRow Reject(std::uint64_t line, std::string field, std::string reason, std::string message) const;
  std::string ColumnName(std::size_t index) const;
  // How many identical rows were before this one; nullopt: it is another one too many.
  std::optional<std::uint32_t> OrdinalOf(const std::vector<std::string>& fields);

  // Half a SHA-256: that two different rows share one is no more likely than a broken disk that says nothing.
  using Digest = std::array<std::uint64_t, 2>;
  static Digest DigestOf(const std::vector<std::string>& fields);

  const ImportFileKind& kind_;
  CsvReader csv_;
  const std::size_t different_rows_max_;
  std::vector<std::string> columns_;
  std::vector<std::size_t> order_;
  bool full_ = false;
  // Every row that was seen, and how often those that were seen again: hardly any are.
  absl::flat_hash_set<Digest> seen_;
  absl::flat_hash_map<Digest, std::uint32_t> again_;
};

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_IMPORT_FILES_H_
