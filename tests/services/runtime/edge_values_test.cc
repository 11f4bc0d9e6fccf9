// The small parts of the edge that need no server: tokens, violations, statuses, the pool, the places in flight.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/error_details.h"
#include "gtest/gtest.h"
#include "mentorlog/log/v1/proposal.pb.h"
#include "mentorlog/v1/errors.pb.h"
#include "services/runtime/call.h"
#include "services/runtime/in_flight.h"
#include "services/runtime/scan_pool.h"
#include "storage/refusal.h"
#include "tests/services/runtime/lamps.h"

namespace mentorlog::runtime_test {
namespace {

using runtime::DecodePageToken;
using runtime::EncodePageToken;
using runtime::ToGrpc;
using runtime::Violations;
using storage::ReasonOf;
using storage::Refuse;
using ::testing::HasSubstr;

template <typename Detail>
Detail DetailOf(const grpc::Status& status) {
  google::rpc::Status rich;
  EXPECT_TRUE(grpc::ExtractErrorDetails(status, &rich).ok());
  Detail detail;
  for (const auto& any : rich.details()) {
    if (any.Is<Detail>()) any.UnpackTo(&detail);
  }
  return detail;
}

TEST(PageToken, CarriesTheKeyOfItsQuery) {
  const std::string key("a\0b\xff", 4);
  const auto token = EncodePageToken("people by name", key);
  EXPECT_EQ(*DecodePageToken("people by name", token), key);
  EXPECT_EQ(*DecodePageToken("people by name", ""), "");
  EXPECT_EQ(EncodePageToken("people by name", ""), "");
}

TEST(PageToken, OfAnotherQueryOrChangedIsRefused) {
  const auto token = EncodePageToken("people by name", "key");
  auto changed = token;
  changed[14] = changed[14] == 'A' ? 'B' : 'A';
  for (const auto& [query, text] : {std::pair<std::string, std::string>{"people by unit", token},
                                    {"people by name", changed},
                                    {"people by name", "!!"},
                                    {"people by name", "AQ"}}) {
    const auto status = DecodePageToken(query, text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ReasonOf(status), "BAD_PAGE_TOKEN");
  }
}

TEST(PageSize, IsFiftyUnlessAskedOtherwiseAndBounded) {
  EXPECT_EQ(runtime::PageSize(0), 50);
  EXPECT_EQ(runtime::PageSize(7), 7);
  EXPECT_EQ(runtime::PageSize(-3), 1);
  EXPECT_EQ(runtime::PageSize(100000), 1000);
}

TEST(Violations, AreAnsweredAllAtOnce) {
  Violations violations;
  EXPECT_EQ(violations.RequireId("lamp_id", IdOf(3).ToBytes()), IdOf(3));
  EXPECT_TRUE(violations.status().ok());
  EXPECT_TRUE(violations.RequireId("lamp_id", "short").IsZero());
  violations.RequireDay("on", "2026-02-30");
  violations.RequireEnum("shade", Shade_descriptor(), 9);
  violations.RequireEnum("other_shade", Shade_descriptor(), 0);
  violations.OptionalEnum("third_shade", Shade_descriptor(), 0);
  violations.Text("label", std::string(300, 'x'), 280);
  EXPECT_EQ(violations.OptionalId("room_id", ""), std::nullopt);
  EXPECT_EQ(violations.OptionalDay("sold_on", ""), std::nullopt);

  const auto status = violations.status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "MALFORMED_ID");
  EXPECT_THAT(std::string(status.message()), HasSubstr("lamp_id: 5 bytes, want an id of 16 bytes"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("on: 2026-02-30, want a day written YYYY-MM-DD"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("shade: 9, want one of SHADE_GREEN"));
  const auto bad = DetailOf<google::rpc::BadRequest>(ToGrpc(status));
  ASSERT_EQ(bad.field_violations_size(), 5);
  EXPECT_EQ(bad.field_violations(0).field(), "label");
}

TEST(Violations, NeverShowWhatAPersonWrote) {
  Violations violations;
  violations.RequireDay("on", "her secret");
  violations.Text("label", std::string(8001, 's'), 280);
  EXPECT_THAT(std::string(violations.status().message()), ::testing::Not(HasSubstr("secret")));
  EXPECT_THAT(std::string(violations.status().message()), ::testing::Not(HasSubstr("sss")));
}

TEST(ToGrpc, CarriesReasonAndNamedValues) {
  const auto status =
      ToGrpc(Refuse(absl::StatusCode::kFailedPrecondition, "DATA_FOLDER_IN_USE", "taken", {{"pid", "7"}}));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  EXPECT_EQ(info.reason(), "DATA_FOLDER_IN_USE");
  EXPECT_EQ(info.domain(), "mentorlog");
  EXPECT_EQ(info.metadata().at("pid"), "7");
  EXPECT_EQ(DetailOf<google::rpc::PreconditionFailure>(status).violations(0).subject(), "DATA_FOLDER_IN_USE");
}

TEST(ToGrpc, SaysWhenToTryAgain) {
  const auto full = ToGrpc(Refuse(absl::StatusCode::kResourceExhausted, "TOO_MANY_IN_FLIGHT", "full"));
  EXPECT_EQ(DetailOf<google::rpc::RetryInfo>(full).retry_delay().nanos(), 100'000'000);
  auto lost = Refuse(absl::StatusCode::kAborted, "REVISION_CONFLICT", "a lost race");
  EXPECT_FALSE(DetailOf<google::rpc::RetryInfo>(ToGrpc(lost)).has_retry_delay());
  lost.SetPayload("mentorlog.retry_after_ms", absl::Cord("100"));
  EXPECT_EQ(DetailOf<google::rpc::RetryInfo>(ToGrpc(lost)).retry_delay().nanos(), 100'000'000);
  const auto malformed = ToGrpc(Refuse(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", "no"));
  EXPECT_FALSE(DetailOf<google::rpc::RetryInfo>(malformed).has_retry_delay());
}

TEST(ToGrpc, ShowsWhatAConflictExpectedAndFound) {
  log::v1::FailedCheck failed;
  failed.mutable_check()->set_stream(Lamp(1).ToBytes());
  failed.mutable_check()->mutable_expected()->set_exact(3);
  failed.set_actual(5);
  auto status = Refuse(absl::StatusCode::kAborted, "REVISION_CONFLICT", "a lost race");
  status.SetPayload("mentorlog.failed_check/0", absl::Cord(failed.SerializeAsString()));
  const auto info = DetailOf<google::rpc::ErrorInfo>(ToGrpc(status));
  EXPECT_EQ(info.metadata().at("stream"), "250/" + IdOf(1).ToHex());
  EXPECT_EQ(info.metadata().at("expected"), "3");
  EXPECT_EQ(info.metadata().at("actual"), "5");
}

TEST(ToGrpc, ADiskThatDoesNotAnswerIsNoDefect) {
  for (const auto& status :
       {absl::UnavailableError("disk"), Refuse(absl::StatusCode::kUnavailable, "STORE_UNREADABLE", "disk")}) {
    const auto answer = ToGrpc(status);
    EXPECT_EQ(answer.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(answer).reason(), "STORE_UNREADABLE");
    EXPECT_EQ(DetailOf<google::rpc::RetryInfo>(answer).retry_delay().seconds(), 1);
  }
}

TEST(ToGrpc, ShowsWhatWasMissedAsFarAsItFits) {
  v1::MissedEvents missed;
  for (std::uint64_t position = 10; position > 0; --position) {
    auto& event = *missed.add_events();
    event.set_type(std::string(100, 'T'));
    event.set_position(position);
    event.set_occurred_on("2024-10-04");
  }
  auto status = Refuse(absl::StatusCode::kAborted, "REVISION_CONFLICT", "a lost race");
  status.SetPayload("mentorlog.missed_events", absl::Cord(missed.SerializeAsString()));
  EXPECT_EQ(DetailOf<v1::MissedEvents>(ToGrpc(status)).SerializeAsString(), missed.SerializeAsString());

  auto long_status = Refuse(absl::StatusCode::kAborted, "REVISION_CONFLICT", std::string(1000, 'm'));
  for (int i = 0; i < 20; ++i) {
    long_status.SetPayload("mentorlog.value/v" + std::to_string(i), absl::Cord(std::string(200, 'v')));
  }
  long_status.SetPayload("mentorlog.missed_events", absl::Cord(missed.SerializeAsString()));
  const auto answer = ToGrpc(long_status);
  EXPECT_LT(answer.error_details().size(), 4096U);
  const auto shown = DetailOf<v1::MissedEvents>(answer);
  ASSERT_GT(shown.events_size(), 0);
  EXPECT_LT(shown.events_size(), 10);
  EXPECT_EQ(shown.events(0).position(), 10U) << "the newest is told first";
}

TEST(ToGrpc, AnswersAnUnknownReasonAsADefect) {
  const auto status = ToGrpc(Refuse(absl::StatusCode::kNotFound, "NO_SUCH_REASON", "?"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(), "DEFECT");
  EXPECT_EQ(ToGrpc(absl::InternalError("?")).error_code(), grpc::StatusCode::INTERNAL);
}

TEST(ToGrpc, StaysUnderFourKilobytes) {
  auto status = Refuse(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", std::string(5000, 'm'));
  for (int i = 0; i < 100; ++i) {
    storage::AddFieldViolation(status, "field_" + std::to_string(i), std::string(90, 'w'));
    status.SetPayload("mentorlog.value/v" + std::to_string(i), absl::Cord(std::string(90, 'v')));
  }
  const auto answer = ToGrpc(status);
  EXPECT_LT(answer.error_details().size(), 4096U);
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(answer).reason(), "INVALID_FIELD");
  EXPECT_GT(DetailOf<google::rpc::BadRequest>(answer).field_violations_size(), 0);
}

TEST(InFlight, BoundsOneCallerAndAllOfThem) {
  runtime::InFlight in_flight(3, 2);
  auto first = in_flight.Take("ana");
  const auto second = in_flight.Take("ana");
  EXPECT_EQ(ReasonOf(in_flight.Take("ana").status()), "TOO_MANY_IN_FLIGHT");
  const auto third = in_flight.Take("ben");
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(in_flight.Take("cara").status().code(), absl::StatusCode::kResourceExhausted);
  first->reset();
  EXPECT_TRUE(in_flight.Take("cara").ok());
}

TEST(FixedScanPool, RunsWhatItTookBeforeItStopsAndTakesNothingAfterwards) {
  std::atomic<int> ran = 0;
  runtime::FixedScanPool pool(2, 100);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(pool.Run([&] { ++ran; }));
  pool.Stop();
  EXPECT_EQ(ran, 50);
  EXPECT_FALSE(pool.Run([&] { ++ran; }));
  pool.Stop();
}

TEST(FixedScanPool, RefusesWhatDoesNotFitAndRunsWhatItTook) {
  std::mutex mutex;
  std::condition_variable wake;
  bool may_go = false;
  std::atomic<int> ran = 0;
  std::atomic<bool> started = false;
  {
    runtime::FixedScanPool pool(1, 1);
    EXPECT_TRUE(pool.Run([&] {
      started = true;
      std::unique_lock lock(mutex);
      wake.wait(lock, [&] { return may_go; });
      ++ran;
    }));
    while (!started) std::this_thread::yield();
    EXPECT_TRUE(pool.Run([&] { ++ran; }));
    EXPECT_FALSE(pool.Run([&] { ++ran; }));
    const std::lock_guard lock(mutex);
    may_go = true;
    wake.notify_all();
  }
  EXPECT_EQ(ran, 2);
}

}  // namespace
}  // namespace mentorlog::runtime_test
