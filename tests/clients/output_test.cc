// What is printed, on a terminal and off it.
#include "clients/cli/output.h"

#include <sstream>

#include "clients/cli/commands.h"
#include "clients/cli/plot.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Failure Sample() {
  return {kRefused, "NOT_FOUND", "UNKNOWN_PERSON", "ana: nobody", {{"person_id", "want a person"}}, {{"system", "csv"}},
          1.5,      ""};
}

TEST(Output, ColumnsAreAlignedByWhatIsSeen) {
  std::ostringstream out;
  std::ostringstream err;
  Output(out, err, false, false, false).Table({"A", "B"}, {{"J\xC3\xBCrgen", "1"}, {"Al", "2"}});
  EXPECT_EQ(out.str(), "A       B\nJ\xC3\xBCrgen  1\nAl      2\n");
}

TEST(Output, HasColoursOnATerminalOnlyAndNeverSomebodysControlCharacters) {
  std::ostringstream out;
  std::ostringstream err;
  Output plain(out, err, false, false, false);
  EXPECT_EQ(plain.Toned(Tone::kBad, "x"), "x");
  EXPECT_EQ(Output(out, err, false, true, true).Toned(Tone::kBad, "x"), "\x1b[31mx\x1b[0m");
  plain.Line(
      "a\x1b]0;title\x07"
      "b\rc");
  EXPECT_EQ(out.str(), "a ]0;title b c\n");
}

TEST(Output, AFailureIsOneDocumentInJson) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(Output(out, err, true, false, false).Fail(Sample()), kRefused);
  const auto json = nlohmann::ordered_json::parse(out.str());
  EXPECT_EQ(json["error"]["reason"], "UNKNOWN_PERSON");
  EXPECT_EQ(json["error"]["fields"][0]["field"], "person_id");
  EXPECT_EQ(json["error"]["retry_after_s"], 1.5);
  EXPECT_EQ(err.str(), "");
}

TEST(Output, AnUnknownOutcomeSaysHowToRepeatIt) {
  std::ostringstream out;
  std::ostringstream err;
  auto failure = Sample();
  failure.exit = kOutcomeUnknown;
  failure.request_id = "abcd";
  EXPECT_EQ(Output(out, err, false, false, false).Fail(failure), kOutcomeUnknown);
  EXPECT_THAT(err.str(), HasSubstr("--request-id abcd"));
  EXPECT_THAT(err.str(), HasSubstr("person_id: want a person"));
  EXPECT_EQ(out.str(), "");
}

TEST(Output, ProgressIsForTerminals) {
  std::ostringstream out;
  std::ostringstream err;
  Output(out, err, false, false, false).Progress("people", 1, 2);
  EXPECT_EQ(err.str(), "");
  Output(out, err, false, true, true).Progress("people", 1, 2);
  EXPECT_THAT(err.str(), HasSubstr("50 %"));
}

TEST(Plot, FallsFromOneToTheLastStep) {
  const auto lines = PlotSteps({{0, 1.0}, {50, 0.5}, {100, 0.0}}, 48, 5);
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_THAT(lines[0], HasSubstr("100 % |*"));
  EXPECT_THAT(lines[4], Not(HasSubstr("|*")));
  EXPECT_EQ(lines[4].back(), '*');
  EXPECT_THAT(lines[6], HasSubstr("100 days"));
}

TEST(Commands, EveryOneHasASummaryAndAnExample) {
  for (const auto& command : Commands()) {
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_FALSE(command.examples.empty()) << command.name;
    for (const auto& example : command.examples) EXPECT_THAT(example, HasSubstr(command.name)) << command.name;
  }
}

}  // namespace
}  // namespace mentorlog::cli
