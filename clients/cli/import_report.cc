#include "clients/cli/import_report.h"

#include <algorithm>

#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

std::size_t PlaceOf(const std::string& file) {
  const auto& kinds = ImportFiles();
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (file == std::string(kinds[i].name) + ".csv") return i;
  }
  return kinds.size();
}

}  // namespace

void ImportReport::Answered(const ImportFileKind& kind, const v1::ImportedRow& answer) {
  auto& counts = counts_[std::string(kind.name)];
  const auto file = std::string(kind.name) + ".csv";
  if (answer.status() == v1::ImportedRow::STATUS_TAKEN) {
    ++counts.taken;
  } else if (answer.status() == v1::ImportedRow::STATUS_REPLAYED) {
    ++counts.replayed;
  } else {
    Rejected(kind, {file, answer.line(), answer.field(), answer.reason(), answer.message()});
  }
  // What was advised of a row when it was written is no news; what is advised of one that changes nothing is.
  if (answer.status() == v1::ImportedRow::STATUS_REPLAYED && answer.position() != 0) return;
  for (const auto& advice : answer.advice()) {
    auto& seen = advice_[advice.reason()];
    if (seen.rows++ == 0 || (file == seen.file && answer.line() < seen.line)) {
      seen.file = file;
      seen.line = answer.line();
      seen.detail = advice.detail();
    }
  }
}

void ImportReport::Rejected(const ImportFileKind& kind, RejectedRow row) {
  ++counts_[std::string(kind.name)].rejected;
  if (rejected_.size() < kRejectedRowsMax) rejected_.push_back(std::move(row));
}

std::uint64_t ImportReport::rejected() const {
  std::uint64_t sum = 0;
  for (const auto& [name, counts] : counts_) sum += counts.rejected;
  return sum;
}

std::vector<RejectedRow> ImportReport::Sorted() const {
  auto rows = rejected_;
  std::stable_sort(rows.begin(), rows.end(), [](const RejectedRow& a, const RejectedRow& b) {
    return std::pair(PlaceOf(a.file), a.line) < std::pair(PlaceOf(b.file), b.line);
  });
  return rows;
}

nlohmann::ordered_json ImportReport::Json() const {
  nlohmann::ordered_json json;
  std::uint64_t replayed = 0;
  for (const auto& kind : ImportFiles()) {
    const auto found = counts_.find(std::string(kind.name));
    const auto counts = found == counts_.end() ? Counts{} : found->second;
    json[std::string(kind.name)] = counts.taken;
    replayed += counts.replayed;
  }
  json["rejected"] = rejected();
  json["replayed"] = replayed;
  json["dry_run"] = dry_run_;
  json["rejected_rows"] = nlohmann::ordered_json::array();
  for (const auto& row : Sorted()) {
    json["rejected_rows"].push_back({{"file", row.file},
                                     {"line", row.line},
                                     {"field", row.field},
                                     {"reason", row.reason},
                                     {"message", row.message}});
  }
  json["advice"] = nlohmann::ordered_json::array();
  for (const auto& [reason, seen] : advice_) {
    json["advice"].push_back({{"reason", reason},
                              {"rows", seen.rows},
                              {"first_file", seen.file},
                              {"first_line", seen.line},
                              {"detail", seen.detail}});
  }
  return json;
}

void ImportReport::Print(Output& out) const {
  std::vector<std::vector<std::string>> rows;
  for (const auto& kind : ImportFiles()) {
    const auto found = counts_.find(std::string(kind.name));
    if (found == counts_.end()) continue;
    const auto& counts = found->second;
    rows.push_back({std::string(kind.name) + ".csv", std::to_string(counts.taken), std::to_string(counts.replayed),
                    counts.rejected == 0 ? "0" : out.Toned(Tone::kBad, std::to_string(counts.rejected))});
  }
  out.Table({"FILE", dry_run_ ? "WOULD BE TAKEN" : "TAKEN", "THERE ALREADY", "REJECTED"}, rows);
  constexpr std::size_t kShown = 50;
  const auto rejected_rows = Sorted();
  for (std::size_t i = 0; i < rejected_rows.size() && i < kShown; ++i) {
    const auto& row = rejected_rows[i];
    out.Line(out.Toned(Tone::kBad, row.file + ":" + std::to_string(row.line)) + " " + row.reason +
             (row.field.empty() ? "" : " " + row.field) + ": " + row.message);
  }
  if (rejected() > kShown) out.Line("... and " + std::to_string(rejected() - kShown) + " more; --json lists them");
  for (const auto& [reason, seen] : advice_) {
    out.Line(out.Toned(Tone::kWarn, reason) + " on " + Count(seen.rows, "row", "rows") + ", as in " + seen.file + ":" +
             std::to_string(seen.line) + ": " + seen.detail);
  }
}

}  // namespace mentorlog::cli
