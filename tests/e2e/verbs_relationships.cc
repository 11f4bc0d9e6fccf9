#include "tests/e2e/verbs.h"

namespace mentorlog::e2e {
namespace {

// A line in words about Ana and Ben, and one as a document about Ana and Cleo.
void Both(std::vector<Line>& lines, const std::string& command, const std::string& arguments,
          const std::string& mentee_acts, const std::string& says) {
  const auto as = [&](const char* mentee) {
    return arguments + (mentee_acts == "mentee" ? std::string(" --as ") + mentee : " --as ana");
  };
  lines.push_back(Words(command, "ana ben" + as("ben"), {says + " (position "}));
  lines.push_back(Document(command, "ana cleo" + as("cleo"), {{"/result/position", "*"}, {"/result/replayed", false}}));
}

std::vector<Line> Begin() {
  std::vector<Line> lines = {
      Words("relationship start", "ana ben --why 'her next step' --origin asked --as ana",
            {"Started: Ana Sousa and Ben Ito"}),
      Document("relationship start", "ana cleo --ideal-days 10 --max-days 20 --as ana", {{"/relationship_id", "*"}}),
      Words("relationship start", "ana tilda --as ana", {"Started"}),
      Words("relationship start", "ana hana --as ana", {"Started"}),
  };
  Both(lines, "relationship acknowledge", " --note gladly", "mentee", "Acknowledged");
  lines.push_back(Words("relationship decline", "ana tilda --note 'not now' --as tilda", {"Declined"}));
  lines.push_back(Document("relationship decline", "ana hana --as hana", {{"/result/position", "*"}}));
  lines.push_back(Words("relationship decline", "ana hana --as hana", {"Declined: it was so already"}));
  lines.push_back(
      Refused(Document("relationship acknowledge", "ana hana --as hana", {{"/error/reason", "NOT_AWAITING_ANSWER"}})));
  return lines;
}

std::vector<Line> CadenceLines() {
  std::vector<Line> lines;
  Both(lines, "relationship cadence", " --ideal-days 30 --max-days 60", "mentor", "Set");
  Both(lines, "relationship propose-cadence", " --ideal-days 20 --max-days 40", "mentor", "Proposed");
  lines.push_back(Words("relationship show", "ana ben",
                        {"Ana Sousa and Ben Ito, mentor", "cadence", "30 / 60 days", "proposed", "20 / 40 days"}));
  Both(lines, "relationship agree-cadence", "", "mentee", "Agreed");
  lines.push_back(Document("relationship show", "ana ben",
                           {{"/cadence/ideal_days", 20}, {"/cadence_agreed", true}, {"/status", "active"}}));
  lines.push_back(Refused(Document("relationship cadence", "ana ben --ideal-days 1 --max-days 2 --as ana",
                                   {{"/error/reason", "CADENCE_AGREED"}})));
  return lines;
}

std::vector<Line> DebtLines() {
  std::vector<Line> lines = {
      Words("relationship ask", "ana ben --about career --note 'a word' --due-on 2099-01-01 --as ben", {"Asked"}),
      Document("relationship ask", "ana ben --about help --as ben", {{"/owed_id", "*"}}, {{"owed1", "/owed_id"}}),
      Document("relationship ask", "ana cleo --as cleo", {{"/owed_id", "*"}}, {{"owed2", "/owed_id"}}),
      Words("relationship show", "ana ben", {"owed", "asked since", "due 2099-01-01"}),
      Words("relationship waive", "ana ben --owed {owed1} --as ben", {"Waived"}),
      Document("relationship waive", "ana cleo --owed {owed2} --as cleo", {{"/result/position", "*"}}),
      Document("relationship show", "ana ben", {{"/owed#", 1}, {"/owed/0/about", "career"}}),
      Words("relationship promise",
            "ana ben --text 'introduce him to Ruth' --what introduction --due-on 2099-01-01 --as ana", {"Promised"}),
  };
  for (const auto* name : {"p1", "p2", "p3", "p4"}) {
    lines.push_back(Document("relationship promise", "ana ben --text " + std::string(name) + " --as ana",
                             {{"/promise_id", "*"}}, {{name, "/promise_id"}}));
  }
  const std::vector<Line> ends = {
      Words("relationship show", "ana ben", {"promise", "Ana Sousa: introduce him to Ruth, due 2099-01-01"}),
      Document("relationship show", "ana ben", {{"/promises#", 5}}),
      Words("relationship keep", "ana ben --promise {p1} --as ana", {"Kept"}),
      Document("relationship keep", "ana ben --promise {p2} --as ana", {{"/result/position", "*"}}),
      Words("relationship drop", "ana ben --promise {p3} --as ana", {"Dropped"}),
      Document("relationship drop", "ana ben --promise {p4} --as ana", {{"/result/position", "*"}}),
      Document("relationship show", "ana ben", {{"/promises#", 1}}),
      Refused(
          Document("relationship keep", "ana ben --promise {p1} --as ana", {{"/error/reason", "PROMISE_NOT_OPEN"}})),
  };
  lines.insert(lines.end(), ends.begin(), ends.end());
  return lines;
}

std::vector<Line> RestAndEndLines() {
  std::vector<Line> lines;
  Both(lines, "relationship pause", " --until 2099-03-01 --reason leave", "mentor", "Paused");
  lines.push_back(Words("relationship list", "ana", {"MENTEE", "Ben Ito", "paused"}));
  Both(lines, "relationship resume", "", "mentor", "Resumed");
  Both(lines, "relationship close", " --reason goals_met --last-word thanks --private 'he will go far'", "mentor",
       "Closed");
  lines.push_back(Document("relationship list", "ana", {{"/relationships#", 0}}));
  lines.push_back(Document("relationship list", "ana --closed", {{"/relationships#", 4}}));
  Both(lines, "relationship reopen", " --why 'a new plant'", "mentor", "Open again");
  lines.push_back(
      Document("relationship list", "ana", {{"/relationships#", 2}, {"/relationships/0/status", "active"}}));
  return lines;
}

// Two people move today; the steward suggests, and each pair answers.
std::vector<Line> MoveLines() {
  return {
      Words("move record", "pedro --type transfer --unit Quality --site Bristol --on {today}", {"Recorded"}),
      Words("move record", "ksenia --type transfer --unit Quality --site Bristol --on {today}", {"Recorded"}),
      Eventually(Document("relationship show", "margit pedro",
                          {{"/transition/suggestion", "stay_in_touch"}, {"/owed/0/cause", "move"}},
                          {{"pedro", "/transition/transition_id"}})),
      Eventually(Document("relationship show", "tomas ksenia", {{"/transition/suggestion", "stay_in_touch"}},
                          {{"ksenia", "/transition/transition_id"}})),
      Words("relationship show", "margit pedro", {"suggested", "stay_in_touch, answer by ", "owed"}),
      Words("relationship answer", "margit pedro --transition {pedro} --answer taken --as margit", {"Answered"}),
      Document("relationship answer", "tomas ksenia --transition {ksenia} --answer kept --as tomas",
               {{"/result/position", "*"}}),
      Document("relationship show", "margit pedro", {{"/mode", "stay_in_touch"}, {"/transition", nullptr}}),
      Document("relationship show", "tomas ksenia", {{"/mode", "regular"}, {"/transition", nullptr}}),
  };
}

}  // namespace

std::vector<Line> RelationshipLines() {
  std::vector<Line> lines;
  for (const auto& group : {Begin(), CadenceLines(), DebtLines(), RestAndEndLines(), MoveLines()}) {
    lines.insert(lines.end(), group.begin(), group.end());
  }
  return lines;
}

}  // namespace mentorlog::e2e
