// loadtest import: bulk import, against raw synced RocksDB batches of 256 events with the very rows it wrote.
#include <string>
#include <vector>

#include "clients/cli/bench.h"
#include "clients/cli/bench_commands.h"
#include "mentorlog/bench/v1/limits_service.pb.h"
#include "mentorlog/v1/import_service.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

constexpr int kRowsPerCall = 500;
constexpr int kCallsInFlight = 4;
constexpr std::uint64_t kImportPeople = 1000;
constexpr std::uint64_t kImportPairs = 2000;

std::string PersonName(std::uint64_t i) { return "b" + std::to_string(i); }
std::string Mentor(std::uint64_t pair) { return PersonName(pair % kImportPeople); }
std::string Mentee(std::uint64_t pair) { return PersonName((pair + 1 + pair / kImportPeople) % kImportPeople); }

std::string DayOf(std::uint64_t i) {
  const auto day = std::to_string(1 + i % 28);
  const auto month = std::to_string(1 + i / 28 % 12);
  return std::to_string(2010 + i / 336 % 15) + (month.size() == 1 ? "-0" : "-") + month +
         (day.size() == 1 ? "-0" : "-") + day;
}

// Requests of at most kRowsPerCall rows each.
template <typename ValuesAt>
std::vector<v1::ImportRowsRequest> Requests(v1::ImportFile file, std::vector<std::string> columns, std::uint64_t rows,
                                            const ValuesAt& values_at) {
  std::vector<v1::ImportRowsRequest> requests;
  for (std::uint64_t i = 0; i < rows; ++i) {
    if (i % kRowsPerCall == 0) {
      auto& request = requests.emplace_back();
      request.set_system("bench");
      request.set_file(file);
      for (const auto& column : columns) request.add_columns(column);
    }
    auto& row = *requests.back().add_rows();
    row.set_line(i + 2);
    for (auto& value : values_at(i)) row.add_values(std::move(value));
  }
  return requests;
}

struct ImportTotal {
  std::uint64_t events = 0;
  std::uint64_t us = 0;
  std::uint64_t raw_events = 0;
  std::uint64_t raw_us = 0;
};

std::optional<Failure> Send(Bench& bench, const std::vector<v1::ImportRowsRequest>& requests, ImportTotal& total) {
  std::size_t next = 0;
  std::uint64_t rejected = 0;
  std::string why;
  const auto result = RunCount(
      bench.daemon(), "/mentorlog.v1.ImportService/ImportRows",
      [&]() -> const google::protobuf::Message& { return requests[next++]; }, kCallsInFlight, requests.size(),
      [&](const std::string& bytes) {
        v1::ImportRowsResponse response;
        response.ParseFromString(bytes);
        for (const auto& row : response.rows()) {
          if (row.status() != v1::ImportedRow::STATUS_REJECTED) continue;
          ++rejected;
          why = row.reason() + ": " + row.message();
        }
      });
  total.us += result.elapsed_us;
  if (rejected > 0) return Usage(std::to_string(rejected) + " rows were rejected: " + why);
  return FailureOf(result, "ImportRows");
}

std::optional<Failure> Round(std::uint64_t check_ins, ImportTotal& total) {
  auto bench = Bench::Start("");
  if (!bench) return bench.failure();
  const auto people = Requests(
      v1::IMPORT_FILE_PEOPLE, {"person_id", "display_name", "email", "joined_on"}, kImportPeople, [](std::uint64_t i) {
        return std::vector<std::string>{PersonName(i), "Person " + std::to_string(i), "", "2008-01-01"};
      });
  const auto pairs = Requests(
      v1::IMPORT_FILE_RELATIONSHIPS, {"mentor_id", "mentee_id", "kind", "started_on", "ideal_days", "max_days"},
      kImportPairs,
      [](std::uint64_t i) { return std::vector<std::string>{Mentor(i), Mentee(i), "mentor", "2009-01-01", "", ""}; });
  const auto touches = Requests(v1::IMPORT_FILE_CHECK_INS,
                                {"mentor_id", "mentee_id", "kind", "occurred_on", "channel", "initiated_by", "gist"},
                                check_ins, [](std::uint64_t i) {
                                  return std::vector<std::string>{Mentor(i % kImportPairs),
                                                                  Mentee(i % kImportPairs),
                                                                  "mentor",
                                                                  DayOf(i / kImportPairs),
                                                                  "call",
                                                                  "mentor",
                                                                  "talk number " + std::to_string(i)};
                                });
  for (const auto* stage : {&people, &pairs, &touches}) {
    if (auto failure = Send(**bench, *stage, total)) return failure;
  }
  if (auto failure = (*bench)->StopDaemon()) return failure;
  bench::v1::MeasureRewriteRequest request;
  request.set_data_dir((*bench)->data_dir());
  request.set_events_per_batch(256);
  bench::v1::MeasureRewriteResponse response;
  if (auto failure = (*bench)->CallLimits(request, response)) return failure;
  total.events += response.events();
  total.raw_events += response.events();
  total.raw_us += response.elapsed_us();
  return std::nullopt;
}

}  // namespace

int LoadtestImport(Session& session, const Arguments& arguments) {
  const auto events = arguments.Number("--events", 1000, 50'000'000);
  if (!events) return session.out.Fail(events.failure());
  constexpr int kRounds = 3;
  ImportTotal total;
  for (int round = 0; round < kRounds && !Interrupted(); ++round) {
    if (auto failure = Round(static_cast<std::uint64_t>(*events) / kRounds, total)) return session.out.Fail(*failure);
  }
  const double ours = static_cast<double>(total.events) * 1e6 / static_cast<double>(total.us);
  const double raw = static_cast<double>(total.raw_events) * 1e6 / static_cast<double>(total.raw_us);
  nlohmann::ordered_json document{
      {"events", total.events}, {"events_per_s", ours}, {"raw_events_per_s", raw}, {"ratio_to_raw", ours / raw}};
  return ShowMeasurement(session.out, document);
}

}  // namespace mentorlog::cli
