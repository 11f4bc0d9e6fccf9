#include "tests/e2e/verbs.h"

namespace mentorlog::e2e {
namespace {

// In words about Ben's assignment, as a document about Cleo's. `who` acts: `ana`, or the mentee.
void Both(std::vector<Line>& lines, const std::string& verb, const std::string& ben, const std::string& cleo,
          const std::string& arguments, const std::string& who, const std::string& says) {
  const auto typed = [&](const std::string& title, const char* mentee) {
    return title + arguments + " --as " + (who == "ana" ? "ana" : mentee);
  };
  lines.push_back(Words("assignment " + verb, typed(ben, "ben"), {says + " (position "}));
  lines.push_back(
      Document("assignment " + verb, typed(cleo, "cleo"), {{"/result/position", "*"}, {"/result/replayed", false}}));
}

// Sounded, feared, argued for, declined, offered again, accepted, taken back, and accepted after all.
std::vector<Line> Selling() {
  std::vector<Line> lines = {
      Words("assignment draft",
            "ana ben 'Leeds lead' --stretch staff_to_line --stretch people_managed --sponsor margit --unit Operations "
            "--host rafael --risk 2 --visibility 3 --competency leading --safety-net ines --why-you 'you calm people' "
            "--as ana",
            {"Drafted (position "}),
      Document("assignment draft", "ana cleo 'Porto lead' --stretch new_function --as ana", {{"/assignment_id", "*"}},
               {{"porto", "/assignment_id"}}),
      Words("assignment list", "ben", {"Leeds lead", "draft", "Ana Sousa"}),
      Document("assignment list", "cleo --side mentee --status draft",
               {{"/assignments#", 1}, {"/assignments/0/title", "Porto lead"}}),
  };
  Both(lines, "sound", "ben:Leeds", "cleo:porto", "", "ana", "Sounded");
  lines.push_back(Words("assignment concern", "ben:Leeds --kind timing --text 'the baby' --as ben", {"Noted"}));
  lines.push_back(Document("assignment concern", "ben:Leeds --kind family --as ben", {{"/concern_id", "*"}},
                           {{"c1", "/concern_id"}}));
  lines.push_back(Document("assignment concern", "{porto} --kind skills --as cleo", {{"/concern_id", "*"}},
                           {{"c2", "/concern_id"}}));
  lines.push_back(Words("assignment answer-concern",
                        "ben:Leeds --concern {c1} --answer eased --text 'a flat was found' --as ben", {"Noted"}));
  lines.push_back(Document("assignment answer-concern", "{porto} --concern {c2} --answer upheld --as cleo",
                           {{"/result/position", "*"}}));
  Both(lines, "pitch", "ben:Leeds", "cleo:Porto", " --argument 'a house near the school' --channel call", "ana",
       "Noted");
  Both(lines, "offer", "ben:Leeds", "cleo:Porto",
       " --terms 'two years' --start-from 2099-01-01 --start-until 2099-02-01", "ana", "Offered");
  Both(lines, "terms", "ben:Leeds", "cleo:Porto", " --terms 'two days a week from home' --what-changed 'the travel'",
       "ana", "Changed");
  Both(lines, "decline", "ben:Leeds", "cleo:Porto", " --reason family --text 'not this year' --door open", "mentee",
       "Declined");
  lines.push_back(Refused(Document("assignment accept", "ben:Leeds --as ben", {{"/error/reason", "OFFER_NOT_OPEN"}})));
  Both(lines, "reconsider", "ben:Leeds", "cleo:Porto", " --what-changed 'a school was found'", "ana", "Open again");
  Both(lines, "offer", "ben:Leeds", "cleo:Porto", "", "ana", "Offered");
  Both(lines, "accept", "ben:Leeds", "cleo:Porto", " --text yes", "mentee", "Accepted");
  Both(lines, "rescind", "ben:Leeds", "cleo:Porto", " --reason timing --door open", "mentee", "Taken back");
  Both(lines, "reconsider", "ben:Leeds", "cleo:Porto", "", "ana", "Open again");
  Both(lines, "offer", "ben:Leeds", "cleo:Porto", "", "ana", "Offered");
  Both(lines, "accept", "ben:Leeds", "cleo:Porto", "", "mentee", "Accepted");
  lines.push_back(
      Words("assignment show", "ben:Leeds",
            {"Leeds lead", "Ana Sousa to Ben Ito: accepted, round 3", "family", "a house near the school"}));
  lines.push_back(Document("assignment show", "{porto}",
                           {{"/assignment/status", "accepted"}, {"/assignment/round", 3}, {"/concerns#", 1}}));
  return lines;
}

std::vector<Line> Working() {
  std::vector<Line> lines;
  Both(lines, "start", "ben:Leeds", "cleo:Porto", " --text 'first day'", "mentee", "Started");
  Both(lines, "progress", "ben:Leeds", "cleo:Porto",
       " --confidence 3 --text 'first month done' --help-wanted 'with the unions'", "mentee", "Noted");
  Both(lines, "setback", "ben:Leeds", "cleo:Porto", " --kind failure --text 'a strike'", "mentee", "Noted");
  Both(lines, "complete", "ben:Leeds", "cleo:Porto",
       " --outcome achieved --competency leading --mentee-lessons listen --mentor-lessons wait", "mentee", "Completed");
  lines.push_back(
      Document("assignment list", "ben", {{"/assignments/0/status", "completed"}, {"/assignments/0/setbacks", 1}}));
  return lines;
}

// Others begin and are given up, or are taken back before.
std::vector<Line> Ending() {
  std::vector<Line> lines;
  for (const auto* title : {"Gone", "Never"}) {
    for (const auto* mentee : {"ben", "cleo"}) {
      lines.push_back(Words("assignment draft",
                            "ana " + std::string(mentee) + " '" + title + "' --stretch from_scratch --as ana",
                            {"Drafted"}));
    }
  }
  Both(lines, "offer", "ben:Gone", "cleo:Gone", " --respond-by 2099-01-01", "ana", "Offered");
  Both(lines, "accept", "ben:Gone", "cleo:Gone", "", "mentee", "Accepted");
  Both(lines, "start", "ben:Gone", "cleo:Gone", "", "mentee", "Started");
  Both(lines, "abandon", "ben:Gone", "cleo:Gone", " --by host --reason 'the plant closed'", "ana", "Given up");
  Both(lines, "withdraw", "ben:Never", "cleo:Never", " --reason no_budget --text 'next year'", "ana", "Withdrawn");
  lines.push_back(
      Refused(Document("assignment start", "ben:Nothing --as ben", {{"/error/reason", "NO_SUCH_ASSIGNMENT"}})));
  return lines;
}

}  // namespace

std::vector<Line> AssignmentLines() {
  std::vector<Line> lines;
  for (const auto& group : {Selling(), Working(), Ending()}) lines.insert(lines.end(), group.begin(), group.end());
  return lines;
}

}  // namespace mentorlog::e2e
