#include "tests/e2e/verbs.h"

namespace mentorlog::e2e {

std::vector<Line> ReadingLines() {
  return {
      // Before anything else is added to what the sample says.
      Document("relationship show", "margit nadia",
               {{"/check_ins", 26}, {"/first_on", "2023-11-20"}, {"/longest_gap_days", 111}, {"/origin", "imported"}}),
      Words("relationship list", "margit", {"Nadia Petrov", "stay_in_touch", "line_coach", "Helena Strand"}),
      Document("relationship list", "margit", {{"/relationships#", 4}}),
      Words("continuity", "--plot --on 2026-11-20", {"whose mentee moved", "27", "67 %", "100 % |*"}),
      Document("continuity", "--on 2026-11-20 --moves transfer,lateral",
               {{"/pairs_whose_mentee_moved", "*"}, {"/survival/0/survival", "*"}}),
      Words("unattended", "--days 180 --on 2026-11-20",
            {"Dev Rattigan", "2025-09-07", "439", "Helena Strand", "never"}),
      Document("unattended", "--days 60 --without-relationship --on 2026-11-20",
               {{"/people/0/active_relationships", 0}, {"/people/0/silent_days", "*"}}),
      Words("touch", "nadia coffee 'nervous about Leeds' --topic relocation --as margit",
            {"Logged with Nadia Petrov: meal (position "}),
      Document("touch",
               "nadia call '//look at Porto again' --career-talk true --piece values --initiated-by mentor --promise "
               "'a word with Ruth' --as margit",
               {{"/check_ins#", 1}, {"/check_ins/0/started", false}, {"/check_ins/0/promise_ids#", 1}}),
      Words("timeline", "margit nadia --limit 3",
            {"check in logged", "meal", "nervous about Leeds", "call", "Nadia Petrov"}),
      Document("timeline", "margit nadia --limit 2 --as margit", {{"/entries#", 2}, {"/entries/0/on", "{today}"}}),
      Words("today", "margit --on 2099-06-01", {"Margit Halvorsen, 2099-06-01", "* "}),
      Document("today", "--as margit", {{"/on", "{today}"}, {"/mentees", 3}}),
  };
}

}  // namespace mentorlog::e2e
