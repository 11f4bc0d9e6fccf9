// Every command that the client has, as a user runs it, in words and in JSON, over one daemon and the sample
// organisation.
#include <chrono>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "clients/cli/command.h"
#include "gmock/gmock.h"
#include "tests/e2e/verbs.h"

namespace mentorlog::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Line> Story() {
  std::vector<Line> all;
  for (const auto& lines :
       {ReadingLines(), PeopleLines(), RelationshipLines(), AssignmentLines(), RecognitionLines(), OperatorLines()}) {
    all.insert(all.end(), lines.begin(), lines.end());
  }
  return all;
}

// One document, or one a line as a list.
Json Parsed(const std::string& text) {
  auto json = Json::parse(text, nullptr, false);
  if (!json.is_discarded()) return json;
  auto list = Json::array();
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) list.push_back(Json::parse(line, nullptr, false));
  return list;
}

class Teller {
 public:
  explicit Teller(const Programs& programs) : programs_(programs) {
    kept_["today"] = absl::FormatTime("%Y-%m-%d", absl::Now(), absl::UTCTimeZone());
  }

  void Tell(const Line& line) {
    const auto typed = line.command + " " + Filled(line.arguments);
    std::string wrong;
    // A quarter of a second each time.
    const int tries = line.eventually ? 80 : 1;
    for (int i = 0; i < tries && (i == 0 || !wrong.empty()); ++i) {
      if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(250));
      const auto ended = programs_.Run((line.json ? "--json " : "") + typed);
      wrong = Wrong(line, ended);
      if (!wrong.empty()) wrong += "\n" + ended.out;
    }
    EXPECT_THAT(wrong, IsEmpty()) << typed;
  }

 private:
  std::string Filled(std::string text) const {
    for (const auto& [name, value] : kept_) {
      const auto mark = "{" + name + "}";
      for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark))
        text.replace(at, mark.size(), value);
    }
    return text;
  }

  // What is wrong with the answer, if anything.
  std::string Wrong(const Line& line, const Ended& ended) {
    if (ended.exit != line.exit) return "ended with " + std::to_string(ended.exit);
    if (ended.out.find('\x1b') != std::string::npos) return "has colours off a terminal";
    for (const auto& words : line.says) {
      if (ended.out.find(words) == std::string::npos) return "does not say " + words;
    }
    if (!line.json) return line.says.empty() ? "nothing is asked of it" : "";
    const auto json = Parsed(ended.out);
    if (json.is_discarded() || (json.is_array() && std::any_of(json.begin(), json.end(),
                                                               [](const Json& item) { return item.is_discarded(); }))) {
      return "is not JSON";
    }
    for (const auto& [pointer, wanted] : line.holds) {
      if (auto wrong = WrongAt(json, pointer, wanted); !wrong.empty()) return wrong;
    }
    for (const auto& [name, pointer] : line.keeps)
      kept_[name] = json.at(Json::json_pointer(pointer)).get<std::string>();
    return line.holds.empty() ? "nothing is asked of it" : "";
  }

  std::string WrongAt(const Json& json, std::string pointer, const Json& wanted) const {
    const bool counts = pointer.ends_with('#');
    if (counts) pointer.pop_back();
    const Json::json_pointer at(pointer);
    if (!json.contains(at)) return "has nothing at " + pointer;
    const Json found = counts ? Json(json.at(at).size()) : json.at(at);
    if (wanted == "*") return found.is_null() || found == "" || found == 0 ? "is empty at " + pointer : "";
    const Json filled = wanted.is_string() ? Json(Filled(wanted.get<std::string>())) : wanted;
    return found == filled ? "" : "has " + found.dump() + " at " + pointer + ", not " + filled.dump();
  }

  const Programs& programs_;
  std::map<std::string, std::string> kept_;
};

TEST(EveryVerb, AnswersInWordsAndInJson) {
  Programs programs;
  ASSERT_TRUE(programs.started());
  ASSERT_EQ(programs.Answer("import " MENTORLOG_SOURCE_DIR "/deploy/sample")["rejected"], 0);
  Teller teller(programs);
  for (const auto& line : Story()) teller.Tell(line);

  ASSERT_TRUE(programs.daemon().Stop().ok());
  const auto offline = "log verify --data-dir " + programs.folder() + "/data";
  EXPECT_THAT(programs.Run(offline).out, HasSubstr("parts are as written"));
  auto document = programs.Answer(offline);
  EXPECT_EQ(document["whole"], true);
  EXPECT_THAT(document["report"].dump(), HasSubstr("parts are as written"));
  EXPECT_EQ(programs.Answer("log verify --data-dir " + programs.folder() + "/nothing")["whole"], false);
  EXPECT_EQ(programs.Answer(offline + " --checkpoint-dir " + programs.folder() + "/data.checkpoints")["whole"], true);
  EXPECT_NE(programs.Run(offline + " --log " + std::string(32, '0')).exit, 0) << "no such log";
  const auto elsewhere = offline + " --checkpoint-dir " + programs.folder() + "/elsewhere";
  EXPECT_THAT(programs.Answer(elsewhere)["report"].dump(), HasSubstr("CHECKPOINT_MISSING"));
  EXPECT_THAT(programs.Run(elsewhere).out, HasSubstr("CHECKPOINT_MISSING"));
}

// Each starts servers of its own and takes seconds: a test each, so that they run side by side.
class EveryLoadtest : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryLoadtest, MeasuresServersOfItsOwn) {
  const Programs programs;
  ASSERT_TRUE(programs.started());
  Teller teller(programs);
  for (const auto& line : LoadtestLines()) {
    if (line.command == "loadtest " + GetParam()) teller.Tell(line);
  }
}

INSTANTIATE_TEST_SUITE_P(Loadtest, EveryLoadtest, ::testing::Values("append", "import", "read", "rebuild", "restart"),
                         [](const auto& of) { return of.param; });

TEST(EveryVerb, IsInTheStoryInWordsAndInJson) {
  std::set<std::string> in_words;
  std::set<std::string> in_json;
  for (const auto& lines : {Story(), LoadtestLines()}) {
    for (const auto& line : lines) {
      if (line.exit == 0) (line.json ? in_json : in_words).insert(line.command);
    }
  }
  std::vector<std::string> missing;
  std::set<std::string> declared;
  for (const auto& command : cli::Commands()) {
    declared.insert(command.name);
    if (!in_words.contains(command.name)) missing.push_back(command.name + " in words");
    if (!in_json.contains(command.name)) missing.push_back(command.name + " in JSON");
  }
  EXPECT_THAT(missing, IsEmpty());
  for (const auto& name : in_words) EXPECT_TRUE(declared.contains(name)) << name;
}

}  // namespace
}  // namespace mentorlog::e2e
