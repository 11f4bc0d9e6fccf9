// Any interleaving of retries, with lost answers, yields each request once: random scripts against an independent
// model. A seed is printed when a run fails; MENTORLOG_SEED replays it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>

#include "tests/storage/ledger_script.h"

namespace mentorlog::storage {
namespace {

// What the log must hold, kept without any of its code.
struct Model {
  struct Request {
    std::string hash;
    std::string open;
    std::uint64_t position = 0;
  };
  // By request number: what was committed.
  std::map<std::uint64_t, Request> requests;
  // By stream: how many records it has.
  std::map<std::uint64_t, std::uint64_t> records;
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
      } else if (what < 10) {
        LoseAnOutcome(what < 8);
      } else {
        ProposeSome();
      }
      if (::testing::Test::HasFatalFailure()) return;
    }
    ExpectTheModel();
  }

 private:
  int Number(int below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }

  // One proposal: request r writes its text to stream r % 5. The hash says which of two requests has the id.
  struct Sent {
    std::uint64_t request = 0;
    std::string hash = "same";
    // The revision that the caller expects; nullopt: any.
    std::optional<std::uint64_t> expected;
    // Shared with the completion thread, which may still be in set_value when the answer is here.
    std::shared_ptr<std::promise<absl::StatusOr<Committed>>> told =
        std::make_shared<std::promise<absl::StatusOr<Committed>>>();
  };
  static std::uint64_t StreamOfRequest(const Sent& sent) { return sent.request % 5; }
  static std::string OpenOf(const Sent& sent) { return sent.hash + " " + std::to_string(sent.request); }
  static log::v1::Proposal ProposalOf(const Sent& sent) {
    Proposing proposal(sent.request, sent.hash);
    const std::uint64_t stream = StreamOfRequest(sent);
    sent.expected ? proposal.Exact(stream, *sent.expected) : proposal.Any(stream);
    return proposal.Write(stream, OpenOf(sent));
  }
  Sent Any() {
    Sent sent;
    sent.request = static_cast<std::uint64_t>(Number(60));
    if (Number(10) == 0) sent.hash = "other";
    // Sometimes right, sometimes stale, sometimes overtaken by what is sent with it.
    if (Number(4) == 0) {
      const std::uint64_t records = model_.records[StreamOfRequest(sent)];
      sent.expected = records - std::min<std::uint64_t>(records, static_cast<std::uint64_t>(1 + Number(2)));
    }
    return sent;
  }

  // What the answer must be if the proposal is the next one in the order.
  std::string Expected(const Sent& sent) {
    const auto known = model_.requests.find(sent.request);
    if (known != model_.requests.end())
      return known->second.hash == sent.hash ? "OK" : "ALREADY_EXISTS REQUEST_ID_REUSED";
    return sent.expected && model_.records[StreamOfRequest(sent)] != *sent.expected + 1 ? "ABORTED REVISION_CONFLICT"
                                                                                        : "OK";
  }
  bool Writes(const Sent& sent) { return !model_.requests.contains(sent.request) && Expected(sent) == "OK"; }

  // The group cannot be written: the caller is told, and tries again some day.
  void LoseAWrite() {
    const Sent sent = Any();
    log_.store().trouble = absl::StatusCode::kResourceExhausted;
    const auto answer = log_(ProposalOf(sent));
    EXPECT_EQ(Verdict(answer), Writes(sent) ? "RESOURCE_EXHAUSTED no reason" : Expected(sent));
    log_.store().trouble = absl::StatusCode::kOk;
  }

  // A failed sync: the caller cannot know. The log is opened again and asked with the same id.
  void LoseAnOutcome(bool written) {
    const Sent sent = Any();
    log_.store().unknown_after_write = written;
    log_.store().trouble = written ? absl::StatusCode::kOk : absl::StatusCode::kUnknown;
    const bool writes = Writes(sent);
    EXPECT_EQ(Verdict(log_(ProposalOf(sent))), writes ? "UNKNOWN OUTCOME_UNKNOWN" : Expected(sent));
    log_.store().unknown_after_write = false;
    log_.store().trouble = absl::StatusCode::kOk;
    if (!writes) return;
    ASSERT_EQ(Verdict(log_.Open()), "OK");
    if (written) Note(sent);
    Believe(sent, log_(ProposalOf(sent)));
  }

  // Several at once, old ones among them and one twice; an answer that nobody listens to is a lost one.
  void ProposeSome() {
    std::vector<Sent> sent;
    const int count = 1 + Number(6);
    for (int i = 0; i < count; ++i) {
      Sent one = Any();
      if (i > 0 && Number(4) == 0) one.request = sent[0].request;
      sent.push_back(one);
      log_.ledger().Propose(
          ProposalOf(one), [told = one.told](absl::StatusOr<Committed> answer) { told->set_value(std::move(answer)); });
    }
    for (const Sent& one : sent) Believe(one, one.told->get_future().get());
  }

  void Note(const Sent& sent) {
    model_.requests[sent.request] = {sent.hash, OpenOf(sent), ++model_.head};
    ++model_.records[StreamOfRequest(sent)];
  }

  void Believe(const Sent& sent, const absl::StatusOr<Committed>& answer) {
    ASSERT_EQ(Verdict(answer), Expected(sent)) << "request " << sent.request;
    if (!answer.ok()) return;
    ASSERT_EQ(answer->records.size(), 1U);
    const Record& record = *answer->records[0];
    ASSERT_EQ(answer->replayed, model_.requests.contains(sent.request)) << "request " << sent.request;
    if (!answer->replayed) {
      EXPECT_EQ(record.revision().value, model_.records[StreamOfRequest(sent)]);
      Note(sent);
    }
    EXPECT_EQ(record.position().value, model_.requests.at(sent.request).position);
    EXPECT_EQ(record.open, OpenOf(sent));
  }

  void ExpectTheModel() {
    std::map<std::uint64_t, std::string> want;
    for (const auto& [number, request] : model_.requests) want[request.position] = request.open;
    std::map<std::uint64_t, std::string> have;
    ASSERT_EQ(Verdict(log_.ledger().Snapshot()->Scan({},
                                                     [&](Record&& record) {
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
