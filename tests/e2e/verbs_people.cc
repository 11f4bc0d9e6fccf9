#include "tests/e2e/verbs.h"

namespace mentorlog::e2e {

// Ana, Ben and Cleo, whom the sample does not have, join; the later lines are about them.
std::vector<Line> PeopleLines() {
  return {
      Words("headcount", "--on 2026-01-01", {"UNIT ON 2026-01-01", "Supply", "total", "38"}),
      Document("headcount", "--on 2026-01-01", {{"/on", "2026-01-01"}, {"/total", 38}, {"/by_unit/Supply", 6}}),
      Words("person add",
            "'Ana Sousa' --external-id x1 --email ana@example.com --locale pt-PT --time-zone Europe/Lisbon --on "
            "2024-02-01",
            {"Registered Ana Sousa as "}),
      Document("person add", "'Ben Ito' --external-id x2 --on 2024-02-01",
               {{"/result/replayed", false}, {"/person_id", "*"}}, {{"ben", "/person_id"}}),
      Document("person add", "'Cleo Ito' --external-id x3 --on 2024-02-01", {{"/person_id", "*"}}),
      Words("person list", "", {"NAME", "Ana Sousa", "Margit Halvorsen", "Operations Director"}),
      Document("person list", "", {{"/people#", 44}}),
      Words("person link", "ana --in hris --external-id 4711", {"Linked"}),
      Document("person link", "{ben} --in hris --external-id 4712", {{"/result/position", "*"}}),
      Words("who", "4711 --system hris",
            {"Ana Sousa", "x1 (csv)", "4711 (hris)", "ana@example.com", "joined 2024-02-01"}),
      Document("who", "{ben}", {{"/display_name", "Ben Ito"}, {"/external_ids#", 2}, {"/joined_on", "2024-02-01"}}),
      Words("move record",
            "ana --type transfer --unit operations --site Leeds --title 'Line lead' --manager margit --line line "
            "--people-managed 12 --confidence 5 --on 2025-11-02",
            {"Recorded (position "}),
      Document("move record", "{ben} --type promotion --title Lead --on 2025-01-06", {{"/move_id", "*"}},
               {{"move", "/move_id"}}),
      Words("move announce", "ana --type promotion --title 'Plant lead' --effective-on 2099-01-04",
            {"Announced (position "}),
      Document("move announce", "{ben} --type transfer --site Porto --effective-on 2099-01-04", {{"/move_id", "*"}},
               {{"announced", "/move_id"}}),
      Words("move list", "ana",
            {"2025-11-02", "transfer", "Line lead", "operations, Leeds", "Margit Halvorsen", "announced"}),
      Document("move list", "{ben}", {{"/path#", 1}, {"/path/0/to/title", "Lead"}, {"/announced#", 1}}),
      Words("move retract", "{ben} --move {move} --reason mistaken --note 'it was another Ben'", {"Taken back"}),
      Document("move retract", "{ben} --move {announced} --reason called_off", {{"/result/position", "*"}}),
      Document("move list", "{ben}", {{"/path#", 0}, {"/announced#", 0}}),
      Refused(Document("move retract", "{ben} --move {move} --reason mistaken",
                       {{"/error/reason", "MOVE_RETRACTED_ALREADY"}})),
  };
}

}  // namespace mentorlog::e2e
