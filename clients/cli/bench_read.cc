// loadtest read: one caller's reads against an empty RPC: a relationship, a mentor's Today, a page of a list.
#include <algorithm>
#include <string>
#include <vector>

#include "clients/cli/bench.h"
#include "clients/cli/bench_calls.h"
#include "clients/cli/bench_commands.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

// Relationships of one mentor (design section 9: Today of a mentor with 30 relationships).
constexpr std::uint64_t kPerMentor = 30;

// Mentor m has the mentees m+1 .. m+30, around a ring of people.
struct Ring {
  const std::vector<std::string>& people;
  std::size_t MentorOf(std::uint64_t pair) const { return static_cast<std::size_t>(pair / kPerMentor % people.size()); }
  std::size_t MenteeOf(std::uint64_t pair) const {
    return (MentorOf(pair) + 1 + static_cast<std::size_t>(pair % kPerMentor)) % people.size();
  }
};

std::optional<Failure> Measure(Bench& bench, std::uint64_t relationships, int seconds, ReadCosts& costs) {
  const auto people = bench.RegisterPeople(std::max<std::uint64_t>(2 * kPerMentor, relationships / kPerMentor));
  if (!people) return people.failure();
  const Ring ring{*people};
  const Pairs pairs{relationships, [&](std::uint64_t i) -> const std::string& { return (*people)[ring.MentorOf(i)]; },
                    [&](std::uint64_t i) -> const std::string& { return (*people)[ring.MenteeOf(i)]; }};
  if (auto failure = bench.StartRelationships(pairs)) return failure;
  if (auto failure = bench.LogCheckIns(relationships, pairs)) return failure;
  return MeasureReads(bench, pairs, seconds, costs);
}

}  // namespace

int LoadtestRead(Session& session, const Arguments& arguments) {
  const auto typed_relationships = arguments.Number("--relationships", 100, 10'000'000);
  if (!typed_relationships) return session.out.Fail(typed_relationships.failure());
  const auto typed_seconds = arguments.Number("--seconds", 1, 600);
  if (!typed_seconds) return session.out.Fail(typed_seconds.failure());
  const auto relationships = *typed_relationships;
  auto bench = Bench::Start(arguments.Get("--against"));
  if (!bench) return session.out.Fail(bench.failure());
  ReadCosts costs;
  if (auto failure =
          Measure(**bench, static_cast<std::uint64_t>(relationships), static_cast<int>(*typed_seconds), costs)) {
    return session.out.Fail(*failure);
  }
  nlohmann::ordered_json document{{"relationships", relationships}, {"echo_p50_us", costs.echo.Quantile(0.5)}};
  const auto add = [&](const std::string& name, const LoopResult& result) {
    document[name + "_p50_us"] = result.Quantile(0.5);
    document[name + "_p99_us"] = result.Quantile(0.99);
    document[name + "_ratio_to_echo"] = costs.ToEcho(result);
  };
  add("get_relationship", costs.relationship);
  add("today", costs.today);
  add("list_page", costs.page);
  add("unattended_page", costs.unattended);
  return ShowMeasurement(session.out, document);
}

}  // namespace mentorlog::cli
