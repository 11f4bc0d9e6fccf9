// The edge through a real in-process server and stub.
#include "services/runtime/call.h"

#include <atomic>
#include <future>
#include <memory>
#include <thread>

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/error_details.h"
#include "gtest/gtest.h"
#include "lamp_service.grpc.pb.h"
#include "services/runtime/dev_identity.h"
#include "services/runtime/in_flight.h"
#include "services/runtime/scan_pool.h"
#include "tests/services/runtime/lamp_room.h"
#include "tests/services/runtime/lamps.h"
#include "tests/services/runtime/reason_of.h"
#include "tests/services/runtime/recording_ledger.h"

namespace mentorlog::runtime_test {
namespace {

using decider::Reliance;

class CallTest : public ::testing::Test {
 protected:
  void SetUp() override {
    grpc::ServerBuilder builder;
    builder.RegisterService(&handlers_);
    server_ = builder.BuildAndStart();
    stub_ = LampService::NewStub(server_->InProcessChannel({}));
    Append(FactOf(1, Bought(60)));
  }
  void TearDown() override { server_->Shutdown(); }

  void Append(decider::Fact fact) {
    runtime::Command command;
    command.name_space = "setup";
    command.request_id = IdOf(++setups_);
    command.request_hash = std::string(32, 's');
    command.actor.service = "setup";
    command.decide = [fact](const decider::Context&, decider::States& states) -> decider::Decision {
      LampState state;
      (void)states.Load(fact.stream, Reliance::kExact, state);
      decider::Facts facts;
      facts.facts.push_back(fact);
      return facts;
    };
    const auto answer = std::make_shared<std::promise<absl::Status>>();
    runtime::Execute(desk_, std::move(command),
                     [answer](absl::StatusOr<runtime::Outcome> outcome) { answer->set_value(outcome.status()); });
    // Whoever is named next is there.
    const auto status = answer->get_future().get();
    ASSERT_TRUE(status.ok()) << status;
  }

  static SwitchLampRequest Switch(std::uint8_t request_id, bool on) {
    SwitchLampRequest request;
    request.set_request_id(IdOf(request_id).ToBytes());
    request.set_lamp_id(IdOf(1).ToBytes());
    request.set_on(on);
    return request;
  }

  grpc::Status Call(const SwitchLampRequest& request, const std::string& actor = "", const std::string& source = "") {
    grpc::ClientContext context;
    if (!actor.empty()) context.AddMetadata("mentorlog-actor", actor);
    if (!source.empty()) context.AddMetadata("mentorlog-source", source);
    response_.Clear();
    return stub_->SwitchLamp(&context, request, &response_);
  }

  const runtime::EventCodec codec_ = LampCodec();
  const runtime::StateView view_{codec_, LampFolds(), 1};
  Follower follower_;
  RecordingLedger ledger_{{&view_, &follower_}};
  const StoppedClock clock_;
  const runtime::Desk desk_{ledger_, codec_, view_, clock_};
  const runtime::DevIdentity identity_{kLamp};
  runtime::InFlight in_flight_{2, 1};
  runtime::FixedScanPool pool_{1, 1};
  LampHandlers handlers_{{desk_, identity_, pool_, &in_flight_}};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<LampService::Stub> stub_;
  SwitchLampResponse response_;
  std::uint8_t setups_ = 100;
};

TEST_F(CallTest, AMutationAnswersPositionRevisionAndAdvice) {
  const auto status = Call(Switch(1, true));
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response_.result().position(), 2U);
  EXPECT_EQ(response_.result().revision(), 1U);
  EXPECT_FALSE(response_.result().replayed());
  ASSERT_EQ(response_.result().advice_size(), 1);
  EXPECT_EQ(response_.result().advice(0).reason(), "DATED_BEFORE_START");
  EXPECT_EQ(response_.records(), 1U);

  ASSERT_TRUE(Call(Switch(1, true)).ok());
  EXPECT_TRUE(response_.result().replayed());
  EXPECT_EQ(response_.result().position(), 2U);
  EXPECT_EQ(response_.result().advice_size(), 1);
}

TEST_F(CallTest, AMutationThatChangesNothingAnswersNoRevision) {
  ASSERT_TRUE(Call(Switch(1, false)).ok());
  EXPECT_EQ(response_.result().position(), 0U);
  EXPECT_FALSE(response_.result().has_revision());
}

TEST_F(CallTest, AMutationWithoutARequestIdIsRefused) {
  auto request = Switch(1, true);
  for (const std::string& id : {std::string(), std::string("short"), std::string(16, '\0')}) {
    request.set_request_id(id);
    const auto status = Call(request);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ReasonOf(status), "MISSING_REQUEST_ID");
  }
}

TEST_F(CallTest, AMalformedIdIsRefused) {
  auto request = Switch(1, true);
  request.set_lamp_id("lamp");
  EXPECT_EQ(ReasonOf(Call(request)), "MALFORMED_ID");
}

TEST_F(CallTest, AReusedRequestIdIsRefused) {
  ASSERT_TRUE(Call(Switch(1, true)).ok());
  const auto status = Call(Switch(1, false));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(ReasonOf(status), "REQUEST_ID_REUSED");
}

TEST_F(CallTest, AStaleExpectedRevisionIsAConflict) {
  auto request = Switch(1, true);
  request.set_expected_revision(7);
  const auto status = Call(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(ReasonOf(status), "REVISION_CONFLICT");
}

TEST_F(CallTest, WhoNamesNobodyIsDevAndWhoNamesAPersonIsThatPerson) {
  ASSERT_TRUE(Call(Switch(1, true)).ok());
  EXPECT_EQ(ledger_.last().actor().service(), "dev");
  EXPECT_EQ(ledger_.last().namespace_(), "dev");
  EXPECT_EQ(ledger_.last().source(), log::v1::SOURCE_GRPC);

  ASSERT_TRUE(Call(Switch(1, false), IdOf(1).ToHex(), "cli").ok());
  EXPECT_EQ(ledger_.last().actor().person_id(), IdOf(1).ToBytes());
  EXPECT_EQ(ledger_.last().namespace_(), "person:" + IdOf(1).ToHex());
  EXPECT_EQ(ledger_.last().source(), log::v1::SOURCE_CLI);
}

TEST_F(CallTest, WhoIsNotKnownIsRefused) {
  const auto unknown = Call(Switch(1, true), IdOf(99).ToHex());
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(unknown), "UNKNOWN_PERSON");
  const auto malformed = Call(Switch(1, true), "ana");
  EXPECT_EQ(malformed.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf(malformed), "NOT_IDENTIFIED");
  EXPECT_EQ(ReasonOf(Call(Switch(1, true), "", "teletext")), "INVALID_FIELD");
}

TEST_F(CallTest, ACallerWithTooManyInFlightIsToldToWait) {
  const auto place = in_flight_.Take("dev");
  const auto status = Call(Switch(1, true));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "TOO_MANY_IN_FLIGHT");
  EXPECT_TRUE(Call(Switch(2, true), IdOf(1).ToHex()).ok());
}

TEST_F(CallTest, ReadsAreAnsweredInlineAndOnThePool) {
  ASSERT_TRUE(Call(Switch(1, true)).ok());
  grpc::ClientContext inline_context;
  GetLampRequest get;
  get.set_lamp_id(IdOf(1).ToBytes());
  GetLampResponse got;
  ASSERT_TRUE(stub_->GetLamp(&inline_context, get, &got).ok());
  EXPECT_TRUE(got.on());
  EXPECT_EQ(got.principal(), "dev");

  grpc::ClientContext pool_context;
  FindLampRequest find;
  find.set_lamp_id(IdOf(1).ToBytes());
  FindLampResponse found;
  ASSERT_TRUE(stub_->FindLamp(&pool_context, find, &found).ok());
  EXPECT_TRUE(found.on());
}

TEST_F(CallTest, AReadIsRefusedWhenThePoolIsFull) {
  // Shared: the pool's thread may look once more when this test has ended.
  struct Gate {
    std::atomic<bool> started = false;
    std::atomic<bool> may_go = false;
  };
  const auto gate = std::make_shared<Gate>();
  ASSERT_TRUE(pool_.Run([gate] {
    gate->started = true;
    while (!gate->may_go) std::this_thread::yield();
  }));
  while (!gate->started) std::this_thread::yield();
  ASSERT_TRUE(pool_.Run([] {}));
  grpc::ClientContext context;
  FindLampRequest find;
  find.set_lamp_id(IdOf(1).ToBytes());
  FindLampResponse found;
  const auto status = stub_->FindLamp(&context, find, &found);
  gate->may_go = true;
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "TOO_MANY_IN_FLIGHT");
}

}  // namespace
}  // namespace mentorlog::runtime_test
