#include "tests/e2e/verbs.h"

namespace mentorlog::e2e {

std::vector<Line> OperatorLines() {
  const std::string sample = MENTORLOG_SOURCE_DIR "/deploy/sample";
  return {
      Words("import", sample, {"check_ins.csv", "THERE ALREADY", "874"}),
      Document("import", sample + " --dry-run",
               {{"/check_ins", 0}, {"/replayed", 1121}, {"/rejected", 0}, {"/dry_run", true}}),
      Words("feed", "--backwards --limit 3 --filter type=PersonRegistered",
            {"PersonRegistered", "Cleo Ito", "Ben Ito", "Ana Sousa"}),
      Document("feed", "--from 0 --limit 5",
               {{"#", 5},
                {"/0/position", 1},
                {"/0/stream", "*"},
                {"/0/revision", 0},
                {"/4/type", "*"},
                {"/4/occurred_on", "*"},
                {"/4/recorded_at", "*"}}),
      Document("feed", "--filter kind=relationship --filter person=margit --limit 2",
               {{"#", 2}, {"/1/stream_kind", "relationship"}}),
      Words("call", "GetStats", {"\"people\": 44"}),
      Words("call", "--list", {"METHOD", "PeopleService.GetPerson", "FeedService.Subscribe"}),
      Document("call", "--list", {{"/methods/0/method", "*"}}),
      Document("call", "PeopleService/FindPeople query=x1 system=csv",
               {{"/matches/0/person/display_name", "Ana Sousa"}}),
      Words("log stats", "", {"people", "44", "CheckInLogged"}),
      Document("log stats", "", {{"/people", 44}, {"/events/PersonRegistered", 44}, {"/head", "*"}}),
      Words("log verify", "", {"differences 0"}),
      Document("log verify", "", {{"/differences", 0}, {"/entities", "*"}}),
      Words("views list", "", {"headcount", "follower", "live"}),
      Document("views list", "", {{"/views/0/name", "*"}, {"/views/0/versions/0/live", true}}),
      Words("views verify", "headcount", {"headcount", "differences 0"}),
      Document("views verify", "headcount stats", {{"/differences", 0}, {"/views#", 2}}),
      Words("views rebuild", "headcount", {"headcount: built version ", "`mentorlog views promote headcount`"}),
      Document("views rebuild", "stats", {{"/views#", 1}, {"/views/0/version", "*"}}),
      Words("views promote", "headcount", {"headcount version 1\n", ", live"}),
      Document("views promote", "stats", {{"/view/name", "stats"}}),
      Words("views rollback", "headcount", {"headcount version 1, live"}),
      Document("views rollback", "stats", {{"/view/name", "stats"}}),
      Words("views drop", "headcount", {"headcount version 1, live"}),
      Document("views drop", "stats", {{"/view/versions#", 1}}),
      Refused(Document("views promote", "nothing", {{"/error/reason", "UNKNOWN_VIEW"}})),
      Document("headcount", "--on 2026-01-01", {{"/by_unit/Supply", 6}}),
  };
}

// Each starts servers of its own; the smallest that they take.
std::vector<Line> LoadtestLines() {
  const std::pair<const char*, const char*> smallest[] = {{"append", "--clients 2 --seconds 1"},
                                                          {"import", "--events 1000"},
                                                          {"read", "--relationships 100 --seconds 1"},
                                                          {"rebuild", "--events 10000"},
                                                          {"restart", "--events 100000 --seconds 1"}};
  const std::pair<const char*, const char*> figures[] = {{"append", "ratio_to_echo"},
                                                         {"import", "ratio_to_raw"},
                                                         {"read", "today_ratio_to_echo"},
                                                         {"rebuild", "ratio_to_raw"},
                                                         {"restart", "append_64_ratio_to_small"}};
  std::vector<Line> lines;
  for (std::size_t i = 0; i < std::size(smallest); ++i) {
    const auto command = std::string("loadtest ") + smallest[i].first;
    lines.push_back(Words(command, smallest[i].second, {figures[i].second}));
    lines.push_back(Document(command, smallest[i].second, {{std::string("/") + figures[i].second, "*"}}));
  }
  // What is known of check-ins is known by these names.
  for (const auto* figure :
       {"/ops_per_s", "/p50_us", "/p99_us", "/echo_ops_per_s", "/raw_ops_per_s", "/ratio_to_raw"}) {
    lines[1].holds.emplace_back(figure, "*");
  }
  return lines;
}

}  // namespace mentorlog::e2e
