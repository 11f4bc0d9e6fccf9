// clients/cli/import_report.h: what an import came to, and how it is told.
#ifndef MENTORLOG_CLIENTS_CLI_IMPORT_REPORT_H_
#define MENTORLOG_CLIENTS_CLI_IMPORT_REPORT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "clients/cli/import_files.h"
#include "clients/cli/output.h"

namespace mentorlog::cli {

// The rejected rows that are kept one by one; the others are only counted.
inline constexpr std::size_t kRejectedRowsMax = 10000;

class ImportReport {
 public:
  explicit ImportReport(bool dry_run) : dry_run_(dry_run) {}

  void Answered(const ImportFileKind& kind, const v1::ImportedRow& answer);
  void Rejected(const ImportFileKind& kind, RejectedRow row);
  std::uint64_t rejected() const;

  // `{"people":127,...,"rejected":0,"replayed":0,...}`: what is new, per file.
  nlohmann::ordered_json Json() const;
  void Print(Output& out) const;

 private:
  struct Counts {
    std::uint64_t taken = 0;
    std::uint64_t replayed = 0;
    std::uint64_t rejected = 0;
  };
  struct AdviceSeen {
    std::uint64_t rows = 0;
    std::string file;
    std::uint64_t line = 0;
    std::string detail;
  };
  std::vector<RejectedRow> Sorted() const;

  const bool dry_run_;
  std::map<std::string, Counts> counts_;
  std::map<std::string, AdviceSeen> advice_;
  std::vector<RejectedRow> rejected_;
};

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_IMPORT_REPORT_H_
