// loadtest read: one caller's reads against an empty RPC: a relationship, a mentor's Today, a page of a list.
#include <algorithm>
#include <string>
#include <vector>

#include "clients/cli/bench.h"
#include "clients/cli/bench_commands.h"
#include "mentorlog/v1/people_service.pb.h"
#include "mentorlog/v1/relationships_service.pb.h"
#include "mentorlog/v1/today_service.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

// Relationships of one mentor (design section 9: Today of a mentor with 30 relationships).
constexpr std::uint64_t kPerMentor = 30;

struct ReadMeasured {
  LoopResult echo;
  LoopResult relationship;
  LoopResult today;
  LoopResult page;
};

// Mentor m has the mentees m+1 .. m+30, around a ring of people.
struct Ring {
  const std::vector<std::string>& people;
  std::size_t MentorOf(std::uint64_t pair) const { return static_cast<std::size_t>(pair / kPerMentor % people.size()); }
  std::size_t MenteeOf(std::uint64_t pair) const {
    return (MentorOf(pair) + 1 + static_cast<std::size_t>(pair % kPerMentor)) % people.size();
  }
};

std::optional<Failure> MeasureReads(Bench& bench, std::uint64_t relationships, int seconds, ReadMeasured& measured) {
  const auto people = bench.RegisterPeople(std::max<std::uint64_t>(2 * kPerMentor, relationships / kPerMentor));
  if (!people) return people.failure();
  const Ring ring{*people};
  const auto mentor = [&](std::uint64_t i) -> const std::string& { return (*people)[ring.MentorOf(i)]; };
  const auto mentee = [&](std::uint64_t i) -> const std::string& { return (*people)[ring.MenteeOf(i)]; };
  if (auto failure = bench.StartRelationships(relationships, mentor, mentee)) return failure;
  if (auto failure = bench.LogCheckIns(relationships, relationships, mentor, mentee)) return failure;

  v1::GetRelationshipRequest relationship;
  v1::GetTodayRequest today;
  v1::ListPeopleRequest page;
  std::uint64_t next = 0;
  const auto phase = std::chrono::milliseconds(seconds * 1000 / kBenchRounds / 4);
  const auto step = [&]() {
    // A stride that is coprime to the count visits relationships far from each other.
    return (next += 7919) % relationships;
  };
  for (int round = 0; round < kBenchRounds && !Interrupted(); ++round) {
    measured.echo.Add(bench.Echo(1, phase));
    measured.relationship.Add(RunClosedLoop(
        bench.daemon(), "/mentorlog.v1.RelationshipsService/GetRelationship",
        [&]() -> const google::protobuf::Message& {
          const auto pair = step();
          relationship.set_mentor_id(mentor(pair));
          relationship.set_mentee_id(mentee(pair));
          return relationship;
        },
        1, phase));
    measured.today.Add(RunClosedLoop(
        bench.daemon(), "/mentorlog.v1.TodayService/GetToday",
        [&]() -> const google::protobuf::Message& {
          today.set_mentor_id(mentor(step()));
          return today;
        },
        1, phase));
    measured.page.Add(RunClosedLoop(bench.daemon(), "/mentorlog.v1.PeopleService/ListPeople",
                                    [&]() -> const google::protobuf::Message& { return page; }, 1, phase));
  }
  if (auto failure = FailureOf(measured.relationship, "GetRelationship")) return failure;
  if (auto failure = FailureOf(measured.today, "GetToday")) return failure;
  return FailureOf(measured.page, "ListPeople");
}

}  // namespace

int LoadtestRead(Session& session, const Arguments& arguments) {
  const auto typed_relationships = arguments.Number("--relationships", 100, 10'000'000);
  if (!typed_relationships) return session.out.Fail(typed_relationships.failure());
  const auto typed_seconds = arguments.Number("--seconds", 1, 600);
  if (!typed_seconds) return session.out.Fail(typed_seconds.failure());
  const auto relationships = *typed_relationships;
  const auto seconds = static_cast<int>(*typed_seconds);
  auto bench = Bench::Start(arguments.Get("--against"));
  if (!bench) return session.out.Fail(bench.failure());
  ReadMeasured measured;
  if (auto failure = MeasureReads(**bench, static_cast<std::uint64_t>(relationships), seconds, measured)) {
    return session.out.Fail(*failure);
  }
  const double echo = measured.echo.Quantile(0.5);
  nlohmann::ordered_json document{{"relationships", relationships}, {"echo_p50_us", measured.echo.Quantile(0.5)}};
  const auto add = [&](const std::string& name, const LoopResult& result) {
    document[name + "_p50_us"] = result.Quantile(0.5);
    document[name + "_p99_us"] = result.Quantile(0.99);
    document[name + "_ratio_to_echo"] = echo <= 0 ? 0.0 : result.Quantile(0.5) / echo;
  };
  add("get_relationship", measured.relationship);
  add("today", measured.today);
  add("list_page", measured.page);
  ShowMeasurement(session.out, document);
  return kOk;
}

}  // namespace mentorlog::cli
