// Every statement of expected.json about the real input, answered by the program: from a command where there is one,
// else folded here from `mentorlog --json feed` by the rules of counting that the file itself states.
//
// Runs where the folder `shared/data/git-mentoring` lies beside the project; elsewhere it is skipped by name.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "storage/types.h"
#include "tests/e2e/programs.h"

namespace mentorlog::e2e {
namespace {

namespace fs = std::filesystem;
using Sorted = nlohmann::json;
using storage::Day;

std::int32_t DaysBetween(const std::string& from, const std::string& to) {
  return Day::FromText(to)->value - Day::FromText(from)->value;
}

struct Move {
  std::string on;
  std::string type;
  Json to;
};

struct Relationship {
  std::string mentor;
  std::string mentee;
  std::string kind;
  std::string started_on;
  // The days of the check-ins, in the order of the file.
  std::vector<std::string> days;
};

// What the feed tells, by the external ids of the people.
struct Facts {
  std::map<std::string, std::vector<Move>> moves;
  std::map<std::string, Relationship> relationships;
  std::vector<Json> check_ins;
  std::vector<Json> recognitions;
  std::map<std::string, std::string> names;

  explicit Facts(const std::string& lines) {
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) Take(Json::parse(line));
  }
  void Take(const Json& line) {
    const auto& event = line["event"];
    const std::string type = line["type"];
    if (type == "ExternalIdLinked") {
      names[line["subject_ids"][0]] = event["external"]["external_id"];
    } else if (type == "PersonMoved") {
      moves[names.at(line["subject_ids"][0])].push_back({event["effective_on"], event["type"], event["to"]});
    } else if (type == "RelationshipStarted") {
      relationships[line["stream"]] = {
          names.at(event["mentor_id"]), names.at(event["mentee_id"]), event["kind"], line["occurred_on"], {}};
    } else if (type == "CheckInLogged") {
      relationships.at(line["stream"]).days.push_back(line["occurred_on"]);
      check_ins.push_back(line);
    } else if (type == "RecognitionGiven") {
      recognitions.push_back(line);
    }
  }
};

using Counts = std::map<std::string, int>;

void FoldMoves(const Facts& facts, const Sorted& expected, Sorted& told) {
  Counts by_type;
  Counts by_year;
  int rows = 0;
  int last_is_exit = 0;
  int several = 0;
  int rehired = 0;
  for (const auto& [person, moves] : facts.moves) {
    for (const auto& move : moves) {
      ++by_type[move.type];
      ++by_year[move.on.substr(0, 4)];
      ++rows;
    }
    last_is_exit += moves.back().type == "exit";
    several += moves.size() > 1;
    rehired += std::any_of(moves.begin(), moves.end(), [](const Move& move) { return move.type == "rehire"; });
  }
  told["role_moves"] = rows;
  told["moves_by_type"] = by_type;
  told["moves_per_year"] = by_year;
  told["people_whose_last_move_is_an_exit"] = last_is_exit;
  told["people_with_more_than_one_row"] = several;
  told["people_rehired_at_least_once"] = rehired;
  told["sampled_people"] = Sorted::array();
  for (const auto& sample : expected["sampled_people"]) {
    const auto& moves = facts.moves.at(sample["person_id"]);
    std::set<std::string> units;
    for (const auto& move : moves) {
      if (const std::string unit = move.to["unit"]; !unit.empty()) units.insert(unit);
    }
    const auto& last = moves.back();
    const std::string manager = last.to["manager_id"];
    told["sampled_people"].push_back({{"person_id", sample["person_id"]},
                                      {"rows", moves.size()},
                                      {"first_on", moves.front().on},
                                      {"last_on", last.on},
                                      {"last_move_type", last.type},
                                      {"last_title", last.to["title"]},
                                      {"last_unit", last.to["unit"]},
                                      {"last_site", last.to["site"]},
                                      {"last_manager_id", manager.empty() ? "" : facts.names.at(manager)},
                                      {"last_employer", last.to["employer"]},
                                      {"distinct_units", units.size()}});
  }
}

// The people with the highest counts, as many as `expected` lists; those named there first among equals.
Sorted Top(const Counts& counts, const Sorted& expected, const char* what) {
  std::vector<std::tuple<int, bool, std::string>> order;
  for (const auto& [person, count] : counts) {
    const bool named =
        std::any_of(expected.begin(), expected.end(), [&](const auto& row) { return row["person_id"] == person; });
    order.emplace_back(-count, !named, person);
  }
  std::sort(order.begin(), order.end());
  Sorted top = Sorted::array();
  for (std::size_t i = 0; i < expected.size(); ++i)
    top.push_back({{"person_id", std::get<2>(order.at(i))}, {what, -std::get<0>(order.at(i))}});
  return top;
}

void FoldRelationships(const Facts& facts, const Sorted& expected, Sorted& told) {
  Counts by_kind;
  Counts by_year;
  Counts by_mentor;
  std::set<std::string> mentors;
  std::set<std::string> mentees;
  std::set<std::tuple<std::string, std::string, std::string>> directed;
  std::set<std::pair<std::string, std::string>> pairs;
  int mutual = 0;
  int exactly_one = 0;
  int before_start = 0;
  std::size_t pair_days = 0;
  for (const auto& [stream, it] : facts.relationships) {
    ++by_kind[it.kind];
    ++by_year[it.started_on.substr(0, 4)];
    ++by_mentor[it.mentor];
    mentors.insert(it.mentor);
    mentees.insert(it.mentee);
    pairs.insert({it.mentor, it.mentee});
    mutual += directed.contains({it.mentee, it.mentor, it.kind});
    directed.insert({it.mentor, it.mentee, it.kind});
    exactly_one += it.days.size() == 1;
    before_start += static_cast<int>(
        std::count_if(it.days.begin(), it.days.end(), [&](const auto& day) { return day < it.started_on; }));
    pair_days += std::set(it.days.begin(), it.days.end()).size();
  }
  told["relationships"] = facts.relationships.size();
  told["relationships_by_kind"] = by_kind;
  told["relationships_started_per_year"] = by_year;
  told["mentors"] = mentors.size();
  told["mentees"] = mentees.size();
  told["people_who_are_both"] =
      std::count_if(mentors.begin(), mentors.end(), [&](const auto& id) { return mentees.contains(id); });
  told["top_mentors"] = Top(by_mentor, expected["top_mentors"], "relationships");
  told["mutual_pairs_same_kind"] = mutual;
  told["distinct_pairs"] = pairs.size();
  told["distinct_pair_days"] = pair_days;
  told["relationships_with_exactly_one_check_in"] = exactly_one;
  told["check_ins_before_relationship_start"] = before_start;
}

// The largest difference between neighbouring days; the first such if tied.
std::tuple<std::int32_t, std::string, std::string> LongestGap(std::vector<std::string> days) {
  std::sort(days.begin(), days.end());
  std::tuple<std::int32_t, std::string, std::string> longest{-1, "", ""};
  for (std::size_t i = 1; i < days.size(); ++i) {
    const auto gap = DaysBetween(days[i - 1], days[i]);
    if (gap > std::get<0>(longest)) longest = {gap, days[i - 1], days[i]};
  }
  return longest;
}

void FoldSampledRelationships(const Facts& facts, const Sorted& expected, Sorted& told) {
  told["sampled_relationships"] = Sorted::array();
  for (const auto& sample : expected["sampled_relationships"]) {
    for (const auto& [stream, it] : facts.relationships) {
      if (it.mentor != sample["mentor_id"] || it.mentee != sample["mentee_id"] || it.kind != sample["kind"]) continue;
      const auto [gap, from, to] = LongestGap(it.days);
      told["sampled_relationships"].push_back({{"mentor_id", it.mentor},
                                               {"mentee_id", it.mentee},
                                               {"kind", it.kind},
                                               {"started_on", it.started_on},
                                               {"check_ins", it.days.size()},
                                               {"distinct_days", std::set(it.days.begin(), it.days.end()).size()},
                                               {"first_on", *std::min_element(it.days.begin(), it.days.end())},
                                               {"last_on", *std::max_element(it.days.begin(), it.days.end())},
                                               {"longest_gap_days", gap},
                                               {"longest_gap_from", from},
                                               {"longest_gap_to", to}});
    }
  }
}

void FoldCheckIns(const Facts& facts, Sorted& told) {
  Counts by_kind;
  Counts by_channel;
  Counts by_initiator;
  Counts by_year;
  int without_gist = 0;
  for (const auto& line : facts.check_ins) {
    const auto& event = line["event"];
    ++by_kind[facts.relationships.at(line["stream"]).kind];
    ++by_channel[event["channel"]];
    ++by_initiator[event["initiated_by"]];
    ++by_year[line["occurred_on"].get<std::string>().substr(0, 4)];
    without_gist += event["shared"].is_null() || event["shared"]["gist"] == "";
  }
  told["check_ins"] = facts.check_ins.size();
  told["check_ins_by_kind"] = by_kind;
  told["check_ins_by_channel"] = by_channel;
  told["check_ins_by_initiator"] = by_initiator;
  told["check_ins_per_year"] = by_year;
  told["check_ins_with_empty_gist"] = without_gist;
}

void FoldRecognitions(const Facts& facts, const Sorted& expected, Sorted& told) {
  Counts by_how;
  Counts by_receiver;
  for (const auto& line : facts.recognitions) {
    ++by_how[line["event"]["praise"]["how"]];
    ++by_receiver[facts.names.at(line["event"]["to_id"])];
  }
  told["recognitions"] = facts.recognitions.size();
  told["recognitions_by_how"] = by_how;
  told["most_recognised"] = Top(by_receiver, expected["most_recognised"], "recognitions");
}

void FoldSilenceAndExits(const Facts& facts, const Sorted& expected, Sorted& told) {
  const std::string day = expected["silence_as_of"]["day"];
  int buckets[4] = {};
  std::map<std::pair<std::string, std::string>, std::pair<std::string, std::vector<std::string>>> pairs;
  for (const auto& [stream, it] : facts.relationships) {
    const auto silent = DaysBetween(*std::max_element(it.days.begin(), it.days.end()), day);
    ++buckets[silent <= 45 ? 0 : silent <= 365 ? 1 : silent <= 1095 ? 2 : 3];
    auto& [started_on, days] = pairs[{it.mentor, it.mentee}];
    started_on = started_on.empty() ? it.started_on : std::min(started_on, it.started_on);
    days.insert(days.end(), it.days.begin(), it.days.end());
  }
  told["silence_as_of"] = {{"day", day},
                           {"relationships", facts.relationships.size()},
                           {"up_to_45_days", buckets[0]},
                           {"46_to_365", buckets[1]},
                           {"366_to_1095", buckets[2]},
                           {"over_1095", buckets[3]}};
  int left = 0;
  int after = 0;
  for (const auto& [pair, touched] : pairs) {
    const auto moves = facts.moves.find(pair.first);
    if (moves == facts.moves.end()) continue;
    const auto exit = std::find_if(moves->second.begin(), moves->second.end(),
                                   [&](const Move& move) { return move.type == "exit" && move.on >= touched.first; });
    if (exit == moves->second.end()) continue;
    ++left;
    after += std::any_of(touched.second.begin(), touched.second.end(), [&](const auto& on) { return on > exit->on; });
  }
  told["pairs_whose_mentor_left"] = {{"pairs", left}, {"with_a_check_in_after_the_exit", after}};
}

void AskCommands(const Programs& programs, const Sorted& expected, Sorted& told) {
  told["people"] = programs.Answer("log stats")["people"];
  for (const auto& [day, count] : expected["head_count"].items()) {
    const auto answer = programs.Answer("headcount --on " + day);
    told["head_count"][day] = {{"total", answer["total"]}, {"by_unit", answer["by_unit"]}};
  }
  const std::map<std::string, std::string> moves = {
      {"any_row_but_the_first", ""},
      {"without_leave_exit_rehire", " --moves transfer,lateral,promotion,unknown,secondment"},
      {"leave_or_exit_only", " --moves leave,exit"}};
  for (const auto& [name, filter] : moves) {
    const auto answer = programs.Answer("continuity" + filter);
    for (const auto* key :
         {"pairs_whose_mentee_moved", "with_a_check_in_after_the_first_move", "with_a_check_in_after_the_last_move"}) {
      told["mentee_moves"][name][key] = answer[key];
    }
  }
}

TEST(ExpectedJson, EveryStatementAboutTheRealInputHolds) {
  const auto data = fs::path(MENTORLOG_SOURCE_DIR) / "../shared/data/git-mentoring";
  if (!fs::exists(data)) GTEST_SKIP() << "git-mentoring: " << data << " is not there";
  const auto expected = Sorted::parse(std::ifstream(data / "expected.json"));
  const Programs programs;
  ASSERT_TRUE(programs.started());
  ASSERT_EQ(programs.Answer("import " + data.string())["rejected"], 0);
  const Facts facts(programs.Run("--json feed").out);

  Sorted told;
  FoldMoves(facts, expected, told);
  FoldRelationships(facts, expected, told);
  FoldSampledRelationships(facts, expected, told);
  FoldCheckIns(facts, told);
  FoldRecognitions(facts, expected, told);
  FoldSilenceAndExits(facts, expected, told);
  AskCommands(programs, expected, told);

  int held = 0;
  for (const auto& [key, value] : expected.items()) {
    if (key == "rules") continue;
    EXPECT_EQ(told[key], value) << key;
    ++held;
  }
  EXPECT_GT(held, 30);
}

}  // namespace
}  // namespace mentorlog::e2e
