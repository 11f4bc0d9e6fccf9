// Ctrl-C in the middle of a long import: what went in is told truly, and the next run takes the rest and doubles
// nothing.
#include <filesystem>
#include <fstream>

#include "absl/time/civil_time.h"
#include "clients/cli/status.h"
#include "gmock/gmock.h"
#include "tests/e2e/programs.h"
#include "tests/e2e/running.h"

namespace mentorlog::e2e {
namespace {

using ::testing::HasSubstr;

constexpr int kPairs = 100;
constexpr int kDays = 600;
constexpr std::uint64_t kCheckIns = std::uint64_t{kPairs} * kDays;

class ImportInterrupted : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(programs_.started());
    std::filesystem::create_directory(folder_);
    std::ofstream people(folder_ + "/people.csv");
    people << "person_id,display_name,email,joined_on\n";
    for (int i = 0; i < kPairs; ++i)
      people << "m" << i << ",Mentor " << i << ",,2000-01-01\nn" << i << ",Mentee " << i << ",,2000-01-01\n";
    std::ofstream check_ins(folder_ + "/check_ins.csv");
    check_ins << "mentor_id,mentee_id,kind,occurred_on,channel,initiated_by,gist\n";
    for (int day = 0; day < kDays; ++day) {
      for (int i = 0; i < kPairs; ++i) {
        check_ins << "m" << i << ",n" << i << ",mentor," << absl::FormatCivilTime(absl::CivilDay(2001, 1, 1) + day)
                  << ",call,mentor,talk\n";
      }
    }
  }
  std::uint64_t InTheLog() const {
    auto events = programs_.Answer("log stats")["events"];
    return events.contains("CheckInLogged") ? events["CheckInLogged"].get<std::uint64_t>() : 0;
  }
  // Starts an import, and interrupts it once some check-ins are in.
  int Interrupt(Running& import) const {
    EXPECT_TRUE(Within(std::chrono::seconds(30), [&] { return InTheLog() > 1000; }));
    import.Signal(SIGINT);
    return import.Wait();
  }

  const Programs programs_;
  const std::string folder_ = programs_.folder() + "/large";
};

TEST_F(ImportInterrupted, SaysWhatWentInAndASecondRunTakesTheRest) {
  Running import(programs_.folder(), programs_.address(), {"import", folder_});
  EXPECT_EQ(Interrupt(import), cli::kInterrupted);
  const auto taken = InTheLog();
  ASSERT_LT(taken, kCheckIns) << "it was over before Ctrl-C";
  EXPECT_THAT(import.out(), HasSubstr("check_ins.csv  " + std::to_string(taken) + " "))
      << "what is told is what is there";
  EXPECT_THAT(
      import.err(),
      HasSubstr(
          "interrupted; the import stopped before its end. What went in stays; run it again: nothing is doubled"));

  auto second = programs_.Answer("import " + folder_);
  EXPECT_EQ(second["check_ins"], kCheckIns - taken);
  EXPECT_EQ(second["replayed"], 2 * kPairs + taken);
  EXPECT_EQ(second["rejected"], 0);
  EXPECT_EQ(InTheLog(), kCheckIns);
}

TEST_F(ImportInterrupted, IsOneDocumentWithJson) {
  Running import(programs_.folder(), programs_.address(), {"--json", "import", folder_});
  EXPECT_EQ(Interrupt(import), cli::kInterrupted);
  auto told = Json::parse(import.out(), nullptr, false);
  ASSERT_FALSE(told.is_discarded()) << import.out();
  EXPECT_EQ(told["people"], 2 * kPairs);
  EXPECT_EQ(told["check_ins"], InTheLog());
  EXPECT_THAT(told["error"]["message"].get<std::string>(), HasSubstr("interrupted"));
}

}  // namespace
}  // namespace mentorlog::e2e
