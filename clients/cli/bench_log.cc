// loadtest rebuild and restart: what depends, or must not depend, on the length of the log.
#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "clients/cli/bench.h"
#include "clients/cli/bench_calls.h"
#include "clients/cli/bench_commands.h"
#include "mentorlog/bench/v1/limits_service.pb.h"
#include "mentorlog/v1/admin_service.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

using Micros = std::chrono::microseconds;

constexpr std::uint64_t kLogPeople = 1000;
constexpr std::uint64_t kLogPairs = 5000;
// Between two signs of progress.
constexpr std::uint64_t kLogStep = 20 * kLogPairs;
// The short log; as many are added while it is measured.
constexpr std::uint64_t kSmallEvents = 10'000;
constexpr int kStarts = 3;

// A log that grows: people and relationships first, then check-ins.
class GrowingLog {
 public:
  GrowingLog(Bench& bench, Output& out) : bench_(bench), out_(out) {}

  std::optional<Failure> GrowTo(std::uint64_t events) {
    if (people_.empty()) {
      auto people = bench_.RegisterPeople(kLogPeople);
      if (!people) return people.failure();
      people_ = *people;
      if (auto failure = bench_.StartRelationships(pairs_)) return failure;
    }
    v1::GetStatsRequest request;
    v1::GetStatsResponse stats;
    if (auto failure = bench_.connection().Call(request, stats)) return failure;
    head_ = stats.head();
    while (head_ < events && !Interrupted()) {
      const auto more = std::min(events - head_, kLogStep);
      if (auto failure = bench_.LogCheckIns(more, pairs_)) return failure;
      head_ += more;
      out_.Progress("events", head_, events);
    }
    out_.EndProgress();
    if (Interrupted()) return CutShort();
    return std::nullopt;
  }
  std::uint64_t head() const { return head_; }
  const Pairs& pairs() const { return pairs_; }

 private:
  Bench& bench_;
  Output& out_;
  std::vector<std::string> people_;
  // Everybody has the mentees that follow, around a ring.
  const Pairs pairs_{kLogPairs, [this](std::uint64_t i) -> const std::string& { return people_[i % kLogPeople]; },
                     [this](std::uint64_t i) -> const std::string& {
                       return people_[(i % kLogPeople + 1 + i / kLogPeople % (kLogPairs / kLogPeople)) % kLogPeople];
                     }};
  std::uint64_t head_ = 0;
};

// Rebuilds every view once, and lets the former versions go again.
std::optional<Failure> RebuildAll(Bench& bench, Micros& taken) {
  v1::ListViewsRequest list;
  v1::ListViewsResponse views;
  if (auto failure = bench.connection().Call(list, views)) return failure;
  const v1::RebuildViewRequest request;
  v1::RebuildViewResponse frame;
  const auto start = std::chrono::steady_clock::now();
  if (auto failure = bench.connection().Stream(request, frame, [](const google::protobuf::Message&) { return true; }))
    return failure;
  taken += std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now() - start);
  for (const auto& view : views.views()) {
    v1::DropViewVersionsRequest drop;
    drop.set_name(view.name());
    v1::DropViewVersionsResponse dropped;
    if (auto failure = bench.connection().Call(drop, dropped)) return failure;
  }
  return std::nullopt;
}

// The scan opens the files of a daemon that serves, and that may take one away between their listing and their opening:
// it is compacting what the dropped versions left. Then the scan is begun again.
std::optional<Failure> Scan(Bench& bench, const bench::v1::MeasureScanRequest& request,
                            bench::v1::MeasureScanResponse& response) {
  constexpr int kTriesMax = 20;
  std::optional<Failure> failure;
  for (int i = 0; i < kTriesMax && !Interrupted(); ++i) {
    failure = bench.CallLimits(request, response);
    if (!failure) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  }
  return failure ? failure : CutShort();
}

// What a log of some length costs.
struct LengthCosts {
  ReadCosts reads;
  AppendCost appends;
};

std::optional<Failure> MeasureCalls(Bench& bench, const Pairs& pairs, int seconds, LengthCosts& costs) {
  if (auto failure = MeasureReads(bench, pairs, seconds, costs.reads)) return failure;
  return MeasureAppends(bench, pairs, kSmallEvents / 2, costs.appends);
}

// How many times as much each call costs on the long log. The empty RPC beside it says how far the machine has drifted.
void AddCallRatios(const LengthCosts& small, const LengthCosts& large, nlohmann::ordered_json& document) {
  const auto add = [&](const std::string& name, const LoopResult& before, const LoopResult& after) {
    const double us = before.Quantile(0.5);
    document[name + "_p50_us_small"] = before.Quantile(0.5);
    document[name + "_p50_us"] = after.Quantile(0.5);
    document[name + "_ratio_to_small"] = us <= 0 ? 0.0 : after.Quantile(0.5) / us;
  };
  add("echo", small.reads.echo, large.reads.echo);
  add("get_relationship", small.reads.relationship, large.reads.relationship);
  add("today", small.reads.today, large.reads.today);
  add("list_page", small.reads.page, large.reads.page);
  add("unattended_page", small.reads.unattended, large.reads.unattended);
  add("echo_64", small.appends.echo, large.appends.echo);
  add("append_64", small.appends.append, large.appends.append);
}

// The best of three starts after a clean stop: the others tell of the machine.
std::optional<Failure> MeasureStart(Bench& bench, double& best_ms) {
  for (int i = 0; i < kStarts; ++i) {
    const auto took = bench.Restart(false);
    if (!took) return took.failure();
    const double ms = static_cast<double>(took->count()) / 1000.0;
    best_ms = i == 0 ? ms : std::min(best_ms, ms);
  }
  return std::nullopt;
}

// The worst of three starts after a kill, each of a daemon that has just written: much of it lies in memory and in the
// write-ahead log only.
std::optional<Failure> MeasureStartAfterKill(Bench& bench, const Pairs& pairs, double& worst_ms) {
  for (int i = 0; i < kStarts; ++i) {
    if (auto failure = bench.LogCheckIns(2 * kSmallEvents, pairs)) return failure;
    const auto took = bench.Restart(true);
    if (!took) return took.failure();
    worst_ms = std::max(worst_ms, static_cast<double>(took->count()) / 1000.0);
  }
  return std::nullopt;
}

}  // namespace

int LoadtestRebuild(Session& session, const Arguments& arguments) {
  const auto events = arguments.Number("--events", 10'000, 50'000'000);
  if (!events) return session.out.Fail(events.failure());
  auto bench = Bench::Start("");
  if (!bench) return session.out.Fail(bench.failure());
  GrowingLog log(**bench, session.out);
  if (auto failure = log.GrowTo(static_cast<std::uint64_t>(*events))) return session.out.Fail(*failure);
  Micros ours{0};
  std::uint64_t raw_us = 0;
  std::uint64_t raw_events = 0;
  constexpr int kRounds = 3;
  for (int round = 0; round < kRounds && !Interrupted(); ++round) {
    bench::v1::MeasureScanRequest request;
    request.set_data_dir((*bench)->data_dir());
    bench::v1::MeasureScanResponse response;
    if (auto failure = Scan(**bench, request, response)) return session.out.Fail(*failure);
    raw_us += response.elapsed_us();
    raw_events += response.events();
    if (auto failure = RebuildAll(**bench, ours)) return session.out.Fail(*failure);
  }
  const double per_second = static_cast<double>(log.head()) * kRounds * 1e6 / static_cast<double>(ours.count());
  const double raw = static_cast<double>(raw_events) * 1e6 / static_cast<double>(raw_us);
  nlohmann::ordered_json document{{"events", log.head()},
                                  {"events_per_s", per_second},
                                  {"raw_scan_events_per_s", raw},
                                  {"ratio_to_raw", per_second / raw}};
  return ShowMeasurement(session.out, document);
}

int LoadtestRestart(Session& session, const Arguments& arguments) {
  const auto events = arguments.Number("--events", 10 * kSmallEvents, 50'000'000);
  if (!events) return session.out.Fail(events.failure());
  const auto typed_seconds = arguments.Number("--seconds", 1, 600);
  if (!typed_seconds) return session.out.Fail(typed_seconds.failure());
  const auto seconds = static_cast<int>(*typed_seconds);
  auto bench = Bench::Start("");
  if (!bench) return session.out.Fail(bench.failure());
  GrowingLog log(**bench, session.out);
  double small_clean = 0;
  double large_clean = 0;
  double large_killed = 0;
  if (auto failure = log.GrowTo(kSmallEvents)) return session.out.Fail(*failure);
  if (auto failure = MeasureStart(**bench, small_clean)) return session.out.Fail(*failure);
  LengthCosts small;
  if (auto failure = MeasureCalls(**bench, log.pairs(), seconds, small)) return session.out.Fail(*failure);
  if (auto failure = log.GrowTo(static_cast<std::uint64_t>(*events))) return session.out.Fail(*failure);
  if (auto failure = MeasureStartAfterKill(**bench, log.pairs(), large_killed)) return session.out.Fail(*failure);
  if (auto failure = MeasureStart(**bench, large_clean)) return session.out.Fail(*failure);
  LengthCosts large;
  if (auto failure = MeasureCalls(**bench, log.pairs(), seconds, large)) return session.out.Fail(*failure);
  nlohmann::ordered_json document{{"small_events", kSmallEvents},  {"events", log.head()},
                                  {"small_clean_ms", small_clean}, {"clean_ms", large_clean},
                                  {"killed_ms", large_killed},     {"clean_ratio_to_small", large_clean / small_clean}};
  AddCallRatios(small, large, document);
  return ShowMeasurement(session.out, document);
}

}  // namespace mentorlog::cli
