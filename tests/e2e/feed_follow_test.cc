// `mentorlog feed`: lines that a script can read, and a follower that outlives the daemon.
#include <sstream>

#include "clients/cli/status.h"
#include "gmock/gmock.h"
#include "tests/e2e/programs.h"
#include "tests/e2e/running.h"

namespace mentorlog::e2e {
namespace {

using ::testing::HasSubstr;
constexpr std::chrono::seconds kSoon(20);

class FeedFollow : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(programs_.started());
    for (const auto* name : {"Ana Sousa", "Ben Ito"}) {
      ASSERT_EQ(programs_.Run("person add '" + std::string(name) + "'").exit, cli::kOk);
    }
  }
  // Logs a touch; answers its position.
  std::uint64_t Touch() const {
    return programs_.Answer("touch ana coffee --as ben")["result"]["position"].get<std::uint64_t>();
  }
  bool Shown(const Running& feed, std::uint64_t position) const {
    const auto lines = Positions(feed.out());
    return !lines.empty() && lines.back() >= position;
  }
  static std::vector<std::uint64_t> Positions(const std::string& text) {
    std::vector<std::uint64_t> positions;
    std::istringstream lines(text.substr(0, text.rfind('\n') + 1));
    for (std::string line; std::getline(lines, line);)
      positions.push_back(Json::parse(line)["position"].get<std::uint64_t>());
    return positions;
  }
  static std::vector<std::uint64_t> UpTo(std::uint64_t head) {
    std::vector<std::uint64_t> all;
    for (std::uint64_t position = 1; position <= head; ++position) all.push_back(position);
    return all;
  }

  Programs programs_;
};

TEST_F(FeedFollow, ALineOfJsonIsAnEvent) {
  Touch();
  Touch();
  const auto ended = programs_.Run("--json feed --from 0 --limit 5");
  EXPECT_EQ(ended.exit, cli::kOk);
  EXPECT_EQ(Positions(ended.out), UpTo(5)) << ended.out;
  std::istringstream lines(ended.out);
  for (std::string line; std::getline(lines, line);) {
    auto event = Json::parse(line);
    for (const auto* name : {"position", "stream", "revision", "type", "occurred_on", "recorded_at"}) {
      EXPECT_TRUE(event.contains(name)) << name << line;
    }
    EXPECT_TRUE(event["position"].is_number() && event["revision"].is_number());
    EXPECT_EQ(event["stream"].get<std::string>().size(), 34U);
    EXPECT_THAT(event["recorded_at"].get<std::string>(), ::testing::MatchesRegex("20..-..-..T..:..:..\\.......Z"));
  }
}

TEST_F(FeedFollow, ShowsAnEventAtOnceAndEndsWithCtrlC) {
  Running feed(programs_.folder(), programs_.address(), {"--json", "feed", "--follow"});
  const auto position = Touch();
  EXPECT_TRUE(Within(kSoon, [&] { return Shown(feed, position); })) << feed.out() << feed.err();
  feed.Signal(SIGINT);
  EXPECT_EQ(feed.Wait(), cli::kOk);
  EXPECT_EQ(Positions(feed.out()), UpTo(position));
  EXPECT_EQ(feed.err(), "");
}

TEST_F(FeedFollow, OutlivesTheDaemonAndShowsEveryEventOnce) {
  Running feed(programs_.folder(), programs_.address(), {"--json", "feed", "--follow"});
  auto position = Touch();
  ASSERT_TRUE(Within(kSoon, [&] { return Shown(feed, position); }));
  ASSERT_TRUE(programs_.daemon().Stop().ok());
  programs_.StartAgain();
  position = Touch();
  EXPECT_TRUE(Within(kSoon, [&] { return Shown(feed, position); })) << feed.out() << feed.err();
  programs_.daemon().Kill();
  programs_.StartAgain();
  position = Touch();
  EXPECT_TRUE(Within(kSoon, [&] { return Shown(feed, position); })) << feed.out() << feed.err();
  feed.Signal(SIGINT);
  EXPECT_EQ(feed.Wait(), cli::kOk);
  EXPECT_EQ(Positions(feed.out()), UpTo(position));
}

TEST_F(FeedFollow, SaysInWordsThatTheDaemonIsAway) {
  Running feed(programs_.folder(), programs_.address(), {"feed", "--follow", "--filter", "type=CheckInLogged"});
  Touch();
  ASSERT_TRUE(Within(kSoon, [&] {
    return feed.out().find("CheckInLogged  Ben Ito, Ana Sousa  by Ben Ito") != std::string::npos;
  })) << feed.out();
  programs_.daemon().Kill();
  EXPECT_TRUE(Within(kSoon, [&] { return feed.err().find("trying again, after position ") != std::string::npos; }))
      << feed.err();
  programs_.StartAgain();
  EXPECT_TRUE(Within(kSoon, [&] { return feed.err().find("connected again") != std::string::npos; })) << feed.err();
  feed.Signal(SIGINT);
  EXPECT_EQ(feed.Wait(), cli::kOk);
}

TEST_F(FeedFollow, EndsAfterItsLimitAndIsCutShortBefore) {
  EXPECT_EQ(Positions(programs_.Run("--json feed --follow --limit 2").out), UpTo(2));
  Running feed(programs_.folder(), programs_.address(), {"--json", "feed", "--follow", "--limit", "1000"});
  ASSERT_TRUE(Within(kSoon, [&] { return Shown(feed, 2); }));
  feed.Signal(SIGINT);
  EXPECT_EQ(feed.Wait(), cli::kInterrupted);
}

TEST_F(FeedFollow, BeyondTheHeadIsRefused) {
  const auto ended = programs_.Run("--json feed --follow --from 1000000");
  EXPECT_EQ(ended.exit, cli::kRefused);
  EXPECT_THAT(ended.out, HasSubstr("LOG_DIVERGED"));
}

}  // namespace
}  // namespace mentorlog::e2e
