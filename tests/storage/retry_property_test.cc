// Any interleaving of retries, with lost answers, yields each request once: random scripts against an independent model.
// A seed is printed when a run fails; MENTORLOG_SEED replays it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "tests/storage/ledger_script.h"

namespace mentorlog::storage {
namespace {

// What the log must hold, kept without any of its code.
struct Model {
  struct Request {
    std::string open;
    std::uint64_t position = 0;
  };
  // By request number: what was committed.
  std::map<std::uint64_t, Request> requests;
  std::map<std::uint64_t, std::uint64_t> revisions;
  std::uint64_t head = 0;
};

class Script {
 public:
  explicit Script(std::uint64_t seed) : random_(seed), log_(NewMemoryStore()) {}

  void Run(int steps) {
    ASSERT_EQ(Verdict(log_.Open()), "OK");
    for (int i = 0; i < steps; ++i) {
      const int what = Number(100);
      if (what < 2) {
        ASSERT_EQ(Verdict(log_.Open()), "OK");
      } else if (what < 6) {
        LoseAWrite();
      } else {
        ProposeSome();
      }
      if (::testing::Test::HasFatalFailure()) return;
    }
    ExpectTheModel();
  }

 private:
  int Number(int below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }

  // The group cannot be written: the caller is told, and tries again some day.
  void LoseAWrite() {
    log_.store().trouble = absl::StatusCode::kResourceExhausted;
    const std::uint64_t request = static_cast<std::uint64_t>(Number(60));
    const auto answer = log_(Proposal(request));
    EXPECT_EQ(answer.ok(), model_.requests.contains(request));
    log_.store().trouble = absl::StatusCode::kOk;
  }

  // Several at once, old ones among them and one twice; an answer that nobody listens to is a lost one.
  void ProposeSome() {
    struct Sent {
      std::uint64_t request;
      std::shared_ptr<std::promise<absl::StatusOr<Committed>>> told;
    };
    std::vector<Sent> sent;
    const int count = 1 + Number(6);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t request = i > 0 && Number(4) == 0 ? sent[0].request : static_cast<std::uint64_t>(Number(60));
      sent.push_back({request, std::make_shared<std::promise<absl::StatusOr<Committed>>>()});
      log_.ledger().Propose(Proposal(request), [told = sent.back().told](absl::StatusOr<Committed> answer) {
        told->set_value(std::move(answer));
      });
    }
    for (Sent& one : sent) {
      const absl::StatusOr<Committed> answer = one.told->get_future().get();
      ASSERT_EQ(Verdict(answer), "OK");
      Believe(one.request, *answer);
    }
  }

  // Request r always writes r's text to stream r % 5.
  static log::v1::Proposal Proposal(std::uint64_t request) {
    return Proposing(request).Any(request % 5).Write(request % 5, "open " + std::to_string(request));
  }

  void Believe(std::uint64_t request, const Committed& committed) {
    ASSERT_EQ(committed.records.size(), 1U);
    const Record& record = *committed.records[0];
    const auto known = model_.requests.find(request);
    ASSERT_EQ(committed.replayed, known != model_.requests.end()) << "request " << request;
    if (known != model_.requests.end()) {
      EXPECT_EQ(record.position().value, known->second.position);
      return;
    }
    EXPECT_EQ(record.position().value, ++model_.head);
    EXPECT_EQ(record.revision().value, model_.revisions[request % 5]++);
    model_.requests[request] = {"open " + std::to_string(request), model_.head};
  }

  void ExpectTheModel() {
    std::map<std::uint64_t, std::string> want;
    for (const auto& [number, request] : model_.requests) want[request.position] = request.open;
    std::map<std::uint64_t, std::string> have;
    ASSERT_EQ(Verdict(log_.ledger().Snapshot()->Scan({}, [&](Record&& record) {
      have[record.position().value] = record.open;
      return true;
    })),
              "OK");
    EXPECT_EQ(have, want);
    for (std::uint64_t number = 0; number < 60; ++number) {
      const auto entry = *log_.ledger().Snapshot()->FindRequest("dev", IdOf(number));
      EXPECT_EQ(entry.has_value(), model_.requests.contains(number));
    }
  }

  std::mt19937_64 random_;
  OpenLog log_;
  Model model_;
};

TEST(Retry, EveryInterleavingYieldsEachRequestOnce) {
  const char* const wish = std::getenv("MENTORLOG_SEED");
  const int runs = wish != nullptr ? 1 : FullRun() ? 1000 : 40;
  for (int run = 0; run < runs; ++run) {
    const std::uint64_t seed = wish != nullptr ? std::strtoull(wish, nullptr, 10) : std::random_device{}();
    SCOPED_TRACE("replay with MENTORLOG_SEED=" + std::to_string(seed));
    Script(seed).Run(60);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace mentorlog::storage
