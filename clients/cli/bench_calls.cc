#include "clients/cli/bench_calls.h"

#include <chrono>

#include "mentorlog/v1/people_service.pb.h"
#include "mentorlog/v1/relationships_service.pb.h"
#include "mentorlog/v1/today_service.pb.h"

namespace mentorlog::cli {
namespace {

constexpr int kAppendsInFlight = 64;

}  // namespace

double ReadCosts::ToEcho(const LoopResult& calls) const {
  const double empty = echo.Quantile(0.5);
  return empty <= 0 ? 0.0 : calls.Quantile(0.5) / empty;
}

std::optional<Failure> MeasureReads(Bench& bench, const Pairs& pairs, int seconds, ReadCosts& costs) {
  v1::GetRelationshipRequest relationship;
  v1::GetTodayRequest today;
  v1::ListPeopleRequest page;
  v1::GetUnattendedRequest unattended;
  // By then nobody was touched for a while.
  unattended.set_on("2100-01-01");
  std::uint64_t next = 0;
  // Short ones: how soon a sleeping processor wakes differs by half from one second to the next, and for all kinds
  // alike.
  constexpr std::chrono::milliseconds phase(50);
  const int rounds = seconds * 1000 / static_cast<int>(phase.count());
  const auto step = [&]() {
    // A stride that is coprime to the count visits relationships far from each other.
    return (next += 7919) % pairs.count;
  };
  for (int round = 0; round < rounds && !Interrupted(); ++round) {
    costs.echo.Add(bench.Echo(1, phase));
    costs.relationship.Add(RunClosedLoop(
        bench.daemon(), "/mentorlog.v1.RelationshipsService/GetRelationship",
        [&]() -> const google::protobuf::Message& {
          const auto pair = step();
          relationship.set_mentor_id(pairs.mentor(pair));
          relationship.set_mentee_id(pairs.mentee(pair));
          return relationship;
        },
        1, phase));
    costs.today.Add(RunClosedLoop(
        bench.daemon(), "/mentorlog.v1.TodayService/GetToday",
        [&]() -> const google::protobuf::Message& {
          today.set_mentor_id(pairs.mentor(step()));
          return today;
        },
        1, phase));
    costs.page.Add(RunClosedLoop(
        bench.daemon(), "/mentorlog.v1.PeopleService/ListPeople",
        [&]() -> const google::protobuf::Message& { return page; }, 1, phase));
    costs.unattended.Add(RunClosedLoop(
        bench.daemon(), "/mentorlog.v1.TodayService/GetUnattended",
        [&]() -> const google::protobuf::Message& { return unattended; }, 1, phase));
  }
  if (auto failure = FailureOf(costs.relationship, "GetRelationship")) return failure;
  if (auto failure = FailureOf(costs.today, "GetToday")) return failure;
  if (auto failure = FailureOf(costs.page, "ListPeople")) return failure;
  return FailureOf(costs.unattended, "GetUnattended");
}

std::optional<Failure> MeasureAppends(Bench& bench, const Pairs& pairs, std::uint64_t count, AppendCost& cost) {
  constexpr std::chrono::milliseconds kEchoPhase(300);
  const NextRequest check_in = CheckIns(pairs);
  const auto append = [&](std::uint64_t more) {
    return RunCount(bench.daemon(), "/mentorlog.v1.RelationshipsService/LogCheckIn", check_in, kAppendsInFlight, more,
                    nullptr);
  };
  // One for each first: of a daemon that has just started nothing is in memory yet.
  if (auto failure = FailureOf(append(pairs.count), "LogCheckIn")) return failure;
  for (int round = 0; round < kBenchRounds && !Interrupted(); ++round) {
    cost.echo.Add(bench.Echo(kAppendsInFlight, kEchoPhase));
    cost.append.Add(append(count / kBenchRounds));
  }
  return FailureOf(cost.append, "LogCheckIn");
}

}  // namespace mentorlog::cli
