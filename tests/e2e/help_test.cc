// What the client says about itself, and of a line that is typed wrongly: always where help is, always 2.
#include "clients/cli/command.h"
#include "clients/cli/status.h"
#include "gmock/gmock.h"
#include "tests/e2e/programs.h"

namespace mentorlog::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

// Nobody listens there.
constexpr char kNobody[] = "127.0.0.1:1";

TEST(Help, ListsEveryCommand) {
  const auto all = Programs::RunAt(kNobody, "--help");
  EXPECT_EQ(all.exit, cli::kOk);
  for (const auto& command : cli::Commands()) {
    const auto space = command.name.find(' ');
    EXPECT_THAT(all.out, HasSubstr("\n  " + command.name.substr(0, space) + " "));
    EXPECT_THAT(all.out, HasSubstr(space == std::string::npos ? "" : command.name.substr(space + 1)));
  }
}

TEST(Help, OfEveryCommandHasAnExample) {
  for (const auto& command : cli::Commands()) {
    const auto help = Programs::RunAt(kNobody, command.name + " --help");
    EXPECT_EQ(help.exit, cli::kOk) << command.name;
    EXPECT_THAT(help.out, HasSubstr("\nExamples:\n  mentorlog ")) << command.name;
  }
}

// They fail for want of a daemon, not of a right word. Ids are shortened in examples, and loadtest starts servers.
TEST(Help, EveryExampleIsWellTyped) {
  for (const auto& command : cli::Commands()) {
    for (const auto& example : command.examples) {
      if (example.find("...") != std::string::npos || command.name.starts_with("loadtest") ||
          example.find("exports/") != std::string::npos)
        continue;
      const auto ended =
          Programs::Shell("cd " MENTORLOG_SOURCE_DIR " && export MENTORLOG_SERVER=" + std::string(kNobody) +
                          " PATH=" + cli::ProgramFolder() + ":$PATH && " + example);
      EXPECT_NE(ended.exit, cli::kUsage) << example << "\n" << ended.out;
    }
  }
}

struct Mistake {
  const char* line;
  const char* said;
};

TEST(Usage, IsTwoWithAHint) {
  const Mistake mistakes[] = {
      {"", "name a command; see `mentorlog --help`"},
      {"relationships", "relationships: no such command; see `mentorlog --help`"},
      {"relationship", "name a command; see `mentorlog relationship --help`"},
      {"relationship pasue ana ben", "pasue: no such command; see `mentorlog relationship --help`"},
      {"touch", "WHO is required; see `mentorlog touch --help`"},
      {"touch ana --topics work", "--topics"},
      {"touch ana", "say who met them: --as PERSON"},
      {"move record ana", "--type is required; see `mentorlog move record --help`"},
      {"today ana --on 2026-02-30", "--on: 2026-02-30, want a day written YYYY-MM-DD"},
      {"today ana --on tomorrow", "--on: tomorrow, want a day written YYYY-MM-DD"},
      {"--timeout soon headcount", "--timeout"},
      {"--timeout 0 headcount", "--timeout: want more than 0 seconds"},
      {"--request-id 12 touch ana --as ben", "--request-id: 12, want 32 hex digits"},
      {"timeline ana --limit many", "--limit: many, want a whole number from 1 to 1000000"},
      {"feed --limit 0", "--limit: 0, want at least 1"},
      {"feed --limit x", "--limit: x, want"},
      {"feed --filter colour=red", "--filter: colour=red, want type=NAME, kind=NAME, person=WHO or stream=HEX"},
      {"feed --follow --backwards", "--follow goes forwards"},
      {"person add Ana --external-id", "--external-id"},
      {"relationship cadence ana ben --ideal-days few --max-days 3", "--ideal-days: few, want"},
      {"assignment draft ana ben Title --stretch wide", "--stretch: wide, want one of new_function"},
      {"call", "see `mentorlog call --list`"},
      {"call Nothing", "Nothing: no such rpc; see `mentorlog call --list`"},
      {"call GetPerson person_id=zz", "person_id: zz, want hex digits"},
      {"call GetPerson name=zz", "name: no such field of GetPersonRequest; it has person_id"},
      {"call Subscribe", "takes a stream of requests"},
      {"import /nowhere", "/nowhere: no such folder"},
      {"import /proc/self/fd", "has none of people.csv"},
      {"loadtest append --clients 0", "--clients: 0, want a whole number from 1 to 1024"},
      {"loadtest restart --events few", "--events: few, want a whole number"},
      {"log verify --checkpoint-dir /nowhere", "--checkpoint-dir: want --data-dir beside it"},
      {"log verify --log 00", "--log: want --data-dir beside it"},
      {"views promote", "VIEW is required; see `mentorlog views promote --help`"},
  };
  for (const auto& [line, said] : mistakes) {
    const auto ended = Programs::RunAt(kNobody, line);
    EXPECT_EQ(ended.exit, cli::kUsage) << line << "\n" << ended.out;
    EXPECT_THAT(ended.out, HasSubstr(said)) << line;
    const auto json = Programs::RunAt(kNobody, std::string("--json ") + line);
    EXPECT_EQ(json.exit, cli::kUsage) << line;
    auto document = Json::parse(json.out, nullptr, false);
    ASSERT_FALSE(document.is_discarded()) << line << "\n" << json.out;
    EXPECT_THAT(document["error"]["message"].get<std::string>(), HasSubstr(said)) << line;
  }
}

TEST(Colours, AreForTerminalsOfWhoeverWantsThem) {
  const auto line = cli::ProgramFolder() + "/mentorlog --server " + kNobody + " headcount";
  const std::string red = "\x1b[31mmentorlog:";
  EXPECT_THAT(Programs::Shell("script -qec '" + line + "' /dev/null").out, HasSubstr(red));
  EXPECT_THAT(Programs::Shell("NO_COLOR=1 script -qec '" + line + "' /dev/null").out,
              AllOf(HasSubstr("mentorlog: no mentorlogd answers"), Not(HasSubstr(red))));
  EXPECT_THAT(Programs::Shell(line).out, Not(HasSubstr("\x1b")));
}

TEST(Version, IsThatOfTheBuild) {
  const auto version = Programs::RunAt(kNobody, "--version");
  EXPECT_EQ(version.exit, cli::kOk);
  EXPECT_THAT(version.out, MatchesRegex("[0-9.]+\n"));
}

}  // namespace
}  // namespace mentorlog::e2e
