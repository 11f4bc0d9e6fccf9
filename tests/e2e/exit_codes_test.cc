// How the client ends (design section 8): 0 done, 1 refused or rows rejected, 2 usage, 3 unreachable, 4 outcome
// unknown.
#include <filesystem>
#include <fstream>
#include <thread>

#include "clients/cli/status.h"
#include "gmock/gmock.h"
#include "tests/e2e/broken_wire.h"
#include "tests/e2e/programs.h"
#include "tests/e2e/running.h"

namespace mentorlog::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ExitCodes : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(programs_.started());
    for (const auto* name : {"Ana Sousa", "Ben Ito"}) {
      ASSERT_EQ(programs_.Run("person add '" + std::string(name) + "'").exit, cli::kOk);
    }
  }
  // The touch over a wire that breaks under it; the request id that the client printed.
  std::string TouchOver(const BrokenWire& wire, const std::string& more = "") {
    const auto ended = Programs::RunAt(wire.address(), "--json " + more + " " + kTouch);
    EXPECT_EQ(ended.exit, cli::kOutcomeUnknown) << ended.out;
    EXPECT_TRUE(wire.broke());
    auto error = Json::parse(ended.out, nullptr, false)["error"];
    EXPECT_THAT(error["request_id"].dump(), SizeIs(34)) << ended.out;
    return error["request_id"].is_string() ? error["request_id"].get<std::string>() : "";
  }
  Ended Run(const std::string& arguments) const { return programs_.Run(arguments); }
  std::uint64_t CheckIns() const {
    auto events = programs_.Answer("log stats")["events"];
    return events.contains("CheckInLogged") ? events["CheckInLogged"].get<std::uint64_t>() : 0;
  }

  static constexpr char kTouch[] = "touch ana coffee 'nervous about Leeds' --as ben";
  const Programs programs_;
};

TEST_F(ExitCodes, ZeroWhenItIsDone) { EXPECT_EQ(Run(kTouch).exit, cli::kOk); }

TEST_F(ExitCodes, OneWhenItIsRefused) {
  const auto ended = Run("relationship show ana ben");
  EXPECT_EQ(ended.exit, cli::kRefused);
  EXPECT_THAT(ended.out, HasSubstr("[UNKNOWN_RELATIONSHIP]"));
}

TEST_F(ExitCodes, OneWhenARowIsRejectedAndTheOthersAreTaken) {
  const auto folder = programs_.folder() + "/rows";
  fs::create_directory(folder);
  std::ofstream(folder + "/people.csv")
      << "person_id,display_name,email,joined_on\ne1,Cleo,,2020-01-01\ne2,Dan,,2020-02-30\n";
  const auto ended = Run("import " + folder);
  EXPECT_EQ(ended.exit, cli::kRefused);
  EXPECT_THAT(ended.out, HasSubstr("people.csv:3 MALFORMED_DATE joined_on"));
  EXPECT_EQ(Run("who e1").exit, cli::kOk);
}

TEST_F(ExitCodes, TwoForWrongUsage) { EXPECT_EQ(Run("touch").exit, cli::kUsage); }

TEST_F(ExitCodes, ThreeWhenNobodyListens) {
  const auto ended = Programs::RunAt("127.0.0.1:1", kTouch);
  EXPECT_EQ(ended.exit, cli::kUnreachable);
  EXPECT_THAT(
      ended.out,
      HasSubstr("no mentorlogd answers at 127.0.0.1:1; start it, or name another with --server or MENTORLOG_SERVER"));
}

TEST_F(ExitCodes, ThreeWhenARequestThatChangesNothingIsNotAnswered) {
  for (const auto how : {BrokenWire::How::kSilent, BrokenWire::How::kCut}) {
    const BrokenWire wire(programs_.address(), "GetHeadcount", how);
    EXPECT_EQ(Programs::RunAt(wire.address(), "--timeout 1 headcount").exit, cli::kUnreachable);
    EXPECT_TRUE(wire.broke());
  }
}

TEST_F(ExitCodes, FourWhenTheAnswerIsLostAndTheSameRequestIdHappensOnce) {
  const BrokenWire wire(programs_.address(), "LogCheckIn", BrokenWire::How::kSilent);
  const auto id = TouchOver(wire, "--timeout 1");
  ASSERT_TRUE(Within(std::chrono::seconds(10), [&] { return CheckIns() == 1; }));

  auto again = programs_.Answer("--request-id " + id + " " + kTouch);
  EXPECT_EQ(again["result"]["replayed"], true);
  EXPECT_EQ(CheckIns(), 1U);
  EXPECT_THAT(Run("--request-id " + id + " " + kTouch).out, HasSubstr("by an earlier call with this request id"));
  EXPECT_EQ(programs_.Answer("--request-id " + id + " touch ana call --as ben")["error"]["reason"],
            "REQUEST_ID_REUSED");
  EXPECT_EQ(CheckIns(), 1U);
}

TEST_F(ExitCodes, FourWhenTheConnectionBreaksUnderTheCall) {
  const BrokenWire wire(programs_.address(), "LogCheckIn", BrokenWire::How::kCut);
  const auto id = TouchOver(wire);
  EXPECT_EQ(Run("--request-id " + id + " " + kTouch).exit, cli::kOk);
  EXPECT_EQ(CheckIns(), 1U);
}

TEST_F(ExitCodes, FourWhenTheDaemonStandsStillUnderTheCall) {
  const pid_t daemon = programs_.daemon_pid();
  const BrokenWire wire(programs_.address(), "LogCheckIn", BrokenWire::How::kSilent,
                        [daemon] { kill(daemon, SIGSTOP); });
  const auto id = TouchOver(wire, "--timeout 1");
  kill(daemon, SIGCONT);
  EXPECT_EQ(Run("--request-id " + id + " " + kTouch).exit, cli::kOk);
  EXPECT_EQ(CheckIns(), 1U);
}

TEST_F(ExitCodes, FourSaysInWordsHowToRepeatIt) {
  const BrokenWire wire(programs_.address(), "LogCheckIn", BrokenWire::How::kSilent);
  const auto ended = Programs::RunAt(wire.address(), "--timeout 1 " + std::string(kTouch));
  EXPECT_EQ(ended.exit, cli::kOutcomeUnknown);
  EXPECT_THAT(ended.out, HasSubstr("whether it happened is not known; repeat the same command with --request-id "));
}

TEST_F(ExitCodes, FourWhenCtrlCComesUnderTheCall) {
  const BrokenWire wire(programs_.address(), "LogCheckIn", BrokenWire::How::kSilent);
  Running touch(programs_.folder(), wire.address(), {"touch", "ana", "coffee", "--as", "ben"});
  ASSERT_TRUE(Within(std::chrono::seconds(10), [&] { return wire.broke(); }));
  touch.Signal(SIGINT);
  EXPECT_EQ(touch.Wait(), cli::kOutcomeUnknown);
  EXPECT_THAT(touch.err(), HasSubstr("--request-id "));
}

TEST_F(ExitCodes, OneWhenTheAnswerCannotBeWritten) {
  const auto ended = Run("log stats > /dev/full");
  EXPECT_EQ(ended.exit, cli::kRefused);
}

// As a supervisor stops it, or `timeout`: the servers that it started end with it.
TEST_F(ExitCodes, OfALoadtestThatIsTerminatedNothingStays) {
  Running loadtest(programs_.folder(), programs_.address(), {"loadtest", "append", "--seconds", "600"});
  std::vector<pid_t> servers;
  ASSERT_TRUE(Within(std::chrono::seconds(30), [&] { return (servers = loadtest.Children()).size() == 2; }));
  loadtest.Signal(SIGTERM);
  EXPECT_EQ(loadtest.Wait(), cli::kInterrupted) << loadtest.err();
  for (const pid_t server : servers) EXPECT_NE(kill(server, 0), 0) << server;
}

TEST_F(ExitCodes, OfALoadtestThatIsCutShortNothingIsShownAsMeasured) {
  Running loadtest(programs_.folder(), programs_.address(), {"--json", "loadtest", "read", "--relationships", "100"});
  ASSERT_TRUE(Within(std::chrono::seconds(30), [&] { return loadtest.Children().size() == 2; }));
  // Long enough to be measuring, and too short to have measured.
  std::this_thread::sleep_for(std::chrono::seconds(3));
  loadtest.Signal(SIGINT);
  EXPECT_EQ(loadtest.Wait(), cli::kInterrupted) << loadtest.err();
  EXPECT_THAT(loadtest.out(), ::testing::Not(HasSubstr("ratio")));
}

}  // namespace
}  // namespace mentorlog::e2e
