#include "tests/e2e/verbs.h"

namespace mentorlog::e2e {

std::vector<Line> RecognitionLines() {
  const std::string record =
      "nadia named_for_role --opportunity 'Plant lead in Porto' --audience 'the board' --unit Operations --by margit";
  return {
      Words("recognise", "nadia 'kept the customer' --how said --size small --audience pair --as margit",
            {"Recognised (position "}),
      Document("recognise", "nadia 'turned it round' --from ines --relayed-from ruth", {{"/recognition_id", "*"}}),
      Words("recognitions", "nadia --side received",
            {"kept the customer", "Ines Carvalho", "turned it round", "Turned the night shift round"}),
      Document("recognitions", "nadia --side received", {{"/recognitions#", 7}}),
      Words("advocate record", record + " --tell true --outcome heard --outcome-on {today} --as margit",
            {"Recorded (position "}),
      Document("advocate record", record + " --employer 'Strand Works' --as margit", {{"/advocacy_id", "*"}},
               {{"spoken1", "/advocacy_id"}}),
      Document("advocate record", "nadia introduced --audience 'Helena' --withhold-audience true --as margit",
               {{"/advocacy_id", "*"}}, {{"spoken2", "/advocacy_id"}}),
      Words("advocate tell", "{spoken1} --as margit", {"Told (position "}),
      Document("advocate tell", "{spoken2} --as margit", {{"/result/position", "*"}}),
      Words("advocate outcome", "{spoken1} interview --as margit", {"Recorded (position "}),
      Document("advocate outcome", "{spoken2} met --as margit", {{"/result/position", "*"}}),
      Words("advocate list", "nadia --side received --as margit", {"Plant lead in Porto", "interview", "told"}),
      Document("advocate list", "margit --side given --as margit", {{"/advocacy#", 6}}),
  };
}

}  // namespace mentorlog::e2e
