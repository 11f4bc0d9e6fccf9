// tests/e2e/verbs.h: every command of the client as a line of one story, and what must be true of its answer.
//
// The lines run in order over one daemon that has taken in the sample organisation. `{name}` in the arguments is what
// an earlier line kept, `{today}` the day of the run.
#ifndef MENTORLOG_TESTS_E2E_VERBS_H_
#define MENTORLOG_TESTS_E2E_VERBS_H_

#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/programs.h"

namespace mentorlog::e2e {

struct Line {
  // As declared: `relationship show`.
  std::string command;
  std::string arguments;
  bool json = false;
  int exit = 0;
  // Asked again for some seconds until it holds: what the steward does in its own time.
  bool eventually = false;
  // In words: each of these is said.
  std::vector<std::string> says;
  // In JSON: what is at a pointer. `/people#` is how many there are; the value "*" is anything but nothing.
  std::vector<std::pair<std::string, Json>> holds;
  // In JSON: the name under which the value at a pointer is kept.
  std::vector<std::pair<std::string, std::string>> keeps;
};

// The answer in words.
inline Line Words(std::string command, std::string arguments, std::vector<std::string> says) {
  Line line;
  line.command = std::move(command);
  line.arguments = std::move(arguments);
  line.says = std::move(says);
  return line;
}

// The answer as a document.
inline Line Document(std::string command, std::string arguments, std::vector<std::pair<std::string, Json>> holds,
                     std::vector<std::pair<std::string, std::string>> keeps = {}) {
  Line line;
  line.command = std::move(command);
  line.arguments = std::move(arguments);
  line.json = true;
  line.holds = std::move(holds);
  line.keeps = std::move(keeps);
  return line;
}

inline Line Refused(Line line) {
  line.exit = 1;
  return line;
}

inline Line Eventually(Line line) {
  line.eventually = true;
  return line;
}

// By concern, in the order of the story.
std::vector<Line> PeopleLines();
std::vector<Line> RelationshipLines();
std::vector<Line> AssignmentLines();
std::vector<Line> RecognitionLines();
std::vector<Line> ReadingLines();
std::vector<Line> OperatorLines();
std::vector<Line> LoadtestLines();

}  // namespace mentorlog::e2e

#endif  // MENTORLOG_TESTS_E2E_VERBS_H_
