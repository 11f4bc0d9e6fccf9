// loadtest append: durable check-ins, against an empty RPC, one that is durable, and raw synced RocksDB writes.
#include <algorithm>
#include <string>

#include "clients/cli/bench.h"
#include "clients/cli/bench_calls.h"
#include "clients/cli/bench_commands.h"
#include "mentorlog/bench/v1/limits_service.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

using Millis = std::chrono::milliseconds;

constexpr std::uint64_t kAppendPairs = 1000;

struct AppendMeasured {
  LoopResult ours;
  LoopResult echo;
  LoopResult durable_echo;
  LoopResult durable_echo_all_rows;
  std::uint64_t raw_rows = 0;
  std::uint64_t raw_us = 0;
  std::uint64_t raw_p50_us = 0;
};

std::optional<Failure> MeasureRaw(Bench& bench, int clients, Millis duration, AppendMeasured& measured) {
  bench::v1::MeasureWritesRequest request;
  request.set_rows_per_batch(static_cast<std::uint32_t>(clients));
  request.set_value_bytes(300);
  request.set_duration_ms(static_cast<std::uint32_t>(duration.count()));
  bench::v1::MeasureWritesResponse response;
  if (auto failure = bench.CallLimits(request, response)) return failure;
  measured.raw_rows += response.rows();
  measured.raw_us += response.elapsed_us();
  // The best round: a limit is what the machine can do.
  measured.raw_p50_us = measured.raw_p50_us == 0 ? response.p50_us() : std::min(measured.raw_p50_us, response.p50_us());
  return std::nullopt;
}

std::optional<Failure> MeasureAppend(Bench& bench, int clients, int seconds, AppendMeasured& measured) {
  const auto people = bench.RegisterPeople(2 * kAppendPairs);
  if (!people) return people.failure();
  const Pairs pairs{kAppendPairs, [&](std::uint64_t i) -> const std::string& { return (*people)[i]; },
                    [&](std::uint64_t i) -> const std::string& { return (*people)[kAppendPairs + i]; }};
  if (auto failure = bench.StartRelationships(pairs)) return failure;
  const NextRequest check_in = CheckIns(pairs);
  const Millis phase(seconds * 1000 / kBenchRounds);
  for (int round = 0; round < kBenchRounds && !Interrupted(); ++round) {
    measured.echo.Add(bench.Echo(clients, phase));
    measured.ours.Add(
        RunClosedLoop(bench.daemon(), "/mentorlog.v1.RelationshipsService/LogCheckIn", check_in, clients, phase));
    if (auto failure = MeasureRaw(bench, clients, phase, measured)) return failure;
    for (const bool all_rows : {false, true}) {
      auto& durable = all_rows ? measured.durable_echo_all_rows : measured.durable_echo;
      if (auto failure = bench.MeasureDurableEcho(clients, phase, all_rows, durable)) return failure;
    }
  }
  return FailureOf(measured.ours, "LogCheckIn");
}

double Ratio(double ours, double limit) { return limit <= 0 ? 0.0 : ours / limit; }

}  // namespace

int LoadtestAppend(Session& session, const Arguments& arguments) {
  const auto typed_clients = arguments.Number("--clients", 1, 1024);
  if (!typed_clients) return session.out.Fail(typed_clients.failure());
  const auto typed_seconds = arguments.Number("--seconds", 1, 600);
  if (!typed_seconds) return session.out.Fail(typed_seconds.failure());
  const auto clients = static_cast<int>(*typed_clients);
  const auto seconds = static_cast<int>(*typed_seconds);
  auto bench = Bench::Start(arguments.Get("--against"));
  if (!bench) return session.out.Fail(bench.failure());
  AppendMeasured measured;
  if (auto failure = MeasureAppend(**bench, clients, seconds, measured)) return session.out.Fail(*failure);
  const double raw_per_second =
      Ratio(static_cast<double>(measured.raw_rows) * 1e6, static_cast<double>(measured.raw_us));
  const double limit_p50 = static_cast<double>(measured.raw_p50_us + measured.echo.Quantile(0.5));
  nlohmann::ordered_json document{
      {"clients", clients},
      {"seconds", seconds},
      {"ops", measured.ours.answered},
      {"ops_per_s", measured.ours.per_second()},
      {"p50_us", measured.ours.Quantile(0.5)},
      {"p99_us", measured.ours.Quantile(0.99)},
      {"echo_ops_per_s", measured.echo.per_second()},
      {"echo_p50_us", measured.echo.Quantile(0.5)},
      {"durable_echo_ops_per_s", measured.durable_echo.per_second()},
      {"durable_echo_all_rows_ops_per_s", measured.durable_echo_all_rows.per_second()},
      {"raw_ops_per_s", raw_per_second},
      {"raw_p50_us", measured.raw_p50_us},
      {"ratio_to_echo", Ratio(measured.ours.per_second(), measured.echo.per_second())},
      {"ratio_to_durable_echo", Ratio(measured.ours.per_second(), measured.durable_echo.per_second())},
      {"ratio_to_durable_echo_all_rows",
       Ratio(measured.ours.per_second(), measured.durable_echo_all_rows.per_second())},
      {"ratio_to_raw", Ratio(measured.ours.per_second(), raw_per_second)},
      {"p50_to_raw_plus_echo", Ratio(measured.ours.Quantile(0.5), limit_p50)}};
  return ShowMeasurement(session.out, document);
}

}  // namespace mentorlog::cli
