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
#include <unordered_map>
#include <vector>

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

// Reads one file: checks header, quoting, column count and encoding, and counts identical rows.
class ImportFileReader {
 public:
  ImportFileReader(const ImportFileKind& kind, std::istream& in) : kind_(kind), csv_(in) {}

  // Reads the header line. What is wrong with it, if anything: then the file has no rows.
  std::optional<RejectedRow> ReadHeader();
  const std::vector<std::string>& columns() const { return columns_; }

  // The next row: `row` is filled in, or `rejected` says why not. False at the end.
  bool Next(v1::ImportRow& row, std::optional<RejectedRow>& rejected);
  // What rows that must stay in order have in common.
  std::string OrderKey(const v1::ImportRow& row) const;
  std::uint64_t bytes() const { return csv_.bytes(); }

 private:
  RejectedRow Reject(std::uint64_t line, std::string field, std::string reason, std::string message) const;
  std::string ColumnName(std::size_t index) const;
  std::uint32_t OrdinalOf(const std::vector<std::string>& fields);

  const ImportFileKind& kind_;
  CsvReader csv_;
  std::vector<std::string> columns_;
  std::vector<std::size_t> order_;
  // How often a row was seen, by two hashes of it: the file may be larger than the memory.
  struct RowHash {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    bool operator==(const RowHash&) const = default;
  };
  struct Hasher {
    std::size_t operator()(const RowHash& hash) const { return hash.a; }
  };
  std::unordered_map<RowHash, std::uint32_t, Hasher> seen_;
};

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_IMPORT_FILES_H_
