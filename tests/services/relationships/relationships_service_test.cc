// RelationshipsService over a real in-process server and a log in memory.
#include <future>
#include <limits>
#include <memory>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/people_service.grpc.pb.h"
#include "mentorlog/v1/relationships_service.grpc.pb.h"
#include "services/people/people_room.h"
#include "services/relationships/relationship.h"
#include "services/relationships/relationships_room.h"
#include "services/runtime/dev_identity.h"
#include "services/runtime/execute.h"
#include "services/runtime/scan_pool.h"
#include "storage/keys.h"
#include "storage/ledger.h"
#include "storage/store.h"

namespace mentorlog::relationships_test {
namespace {

// People and relationships, served.
class Server : public ::testing::Test {
 protected:
  Server() : store_(storage::NewMemoryStore()), keys_(storage::NewMemoryKeyStore()) {
    rooms_.push_back(people::PeopleRoom());
    rooms_.push_back(relationships::RelationshipsRoom());
    std::vector<const google::protobuf::Descriptor*> wrappers;
    std::vector<runtime::StateFold> folds;
    for (const auto& room : rooms_) {
      wrappers.insert(wrappers.end(), room.wrappers.begin(), room.wrappers.end());
      folds.insert(folds.end(), room.folds.begin(), room.folds.end());
    }
    codec_ = std::make_unique<runtime::EventCodec>(*runtime::EventCodec::Create(wrappers));
    states_ = std::make_unique<runtime::StateView>(*codec_, folds, 1);
    std::vector<const storage::View*> views{states_.get()};
    for (const auto& room : rooms_) {
      for (auto& view : room.views(*codec_)) views_.push_back(std::move(view));
    }
    for (const auto& view : views_) views.push_back(view.get());
    auto ledger = storage::OpenLedger(*store_, *keys_, storage::SystemClock(), std::move(views), {});
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
    desk_.reset(new runtime::Desk{*ledger_, *codec_, *states_, storage::SystemClock()});
    edge_.reset(new runtime::Edge{*desk_, identity_, pool_});
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    for (const auto& room : rooms_) {
      for (auto& service : room.services(*edge_)) services_.push_back(std::move(service));
    }
    for (const auto& service : services_) builder.RegisterService(service.get());
    server_ = builder.BuildAndStart();
    const auto channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
    stub_ = v1::RelationshipsService::NewStub(channel);
    people_ = v1::PeopleService::NewStub(channel);
    ana_ = Register("Ana");
    ben_ = Register("Ben");
    cem_ = Register("Cem");
  }
  ~Server() override {
    server_->Shutdown();
    ledger_->Stop();
  }

  std::string NextRequest() {
    std::string id(16, '\0');
    id[0] = static_cast<char>(++requests_);
    id[1] = 'r';
    return id;
  }

  std::string Register(const std::string& name) {
    v1::RegisterPersonRequest request;
    request.set_request_id(NextRequest());
    request.set_display_name(name);
    request.set_occurred_on("2020-01-01");
    v1::RegisterPersonResponse response;
    grpc::ClientContext context;
    const auto status = people_->RegisterPerson(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.person_id();
  }

  // Calls a method of the stub as `actor` (empty: dev).
  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (v1::RelationshipsService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                           Response*),
                    const Request& request, Response& response, const std::string& actor = {}) {
    grpc::ClientContext context;
    if (!actor.empty()) context.AddMetadata("mentorlog-actor", storage::Id::FromBytes(actor)->ToHex());
    return (stub_.get()->*method)(&context, request, &response);
  }
  template <typename Request, typename Response>
  Response Taken(grpc::Status (v1::RelationshipsService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                        Response*),
                 Request request, const std::string& actor = {}) {
    if constexpr (requires { request.set_request_id(""); }) {
      if (request.request_id().empty()) request.set_request_id(NextRequest());
    }
    Response response;
    const auto status = Call(method, request, response, actor);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  template <typename Request, typename Response>
  std::string Refused(grpc::Status (v1::RelationshipsService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                             Response*),
                      Request request, const std::string& actor = {}) {
    if constexpr (requires { request.set_request_id(""); }) {
      if (request.request_id().empty()) request.set_request_id(NextRequest());
    }
    Response response;
    const auto status = Call(method, request, response, actor);
    google::rpc::Status details;
    details.ParseFromString(status.error_details());
    for (const auto& detail : details.details()) {
      google::rpc::ErrorInfo info;
      if (detail.UnpackTo(&info)) return info.reason();
    }
    return "no reason";
  }

  v1::LogCheckInRequest Met(const std::string& on, const std::string& gist = {}) const {
    v1::LogCheckInRequest request;
    auto& with = *request.add_with();
    with.set_mentor_id(ana_);
    with.set_mentee_id(ben_);
    request.set_occurred_on(on);
    request.set_gist(gist);
    request.set_channel(v1::CHECK_IN_CHANNEL_MEAL);
    return request;
  }

  // Tells of the relationship that a touch is owed since a move took effect `on`, as the steward does.
  void OweTouch(const std::string& relationship, std::string_view on) {
    event::v1::TouchOwed owed;
    auto& debt = *owed.mutable_debt();
    debt.set_owed_id("owed after a move");
    debt.mutable_owed_id()->resize(16);
    debt.set_cause(event::v1::OWED_CAUSE_MOVE);
    debt.set_owed_on(storage::Day::FromText(on)->value);
    const storage::StreamKey stream = relationships::RelationshipStream(*storage::Id::FromBytes(relationship));
    const std::vector<storage::Id> both{*storage::Id::FromBytes(ana_), *storage::Id::FromBytes(ben_)};
    runtime::Command command;
    command.name_space = "steward";
    command.request_id = *storage::Id::FromBytes("owed after move.");
    command.request_hash = std::string(32, 's');
    command.actor.service = "steward";
    command.decide = [&](const decider::Context&, decider::States& states) -> decider::Decision {
      view::v1::RelationshipState state;
      (void)states.Load(stream, decider::Reliance::kExact, state);
      decider::Facts facts;
      facts.facts.push_back(decider::MakeFact(stream, owed, storage::Day{debt.owed_on()}, both));
      return facts;
    };
    // Shared: the thread that tells may still be at it when the test goes on.
    const auto told = std::make_shared<std::promise<absl::Status>>();
    auto outcome = told->get_future();
    runtime::Execute(*desk_, std::move(command), [told](const auto& answered) { told->set_value(answered.status()); });
    const auto status = outcome.get();
    ASSERT_TRUE(status.ok()) << status;
  }

  using Stub = v1::RelationshipsService::Stub;
  std::string ana_, ben_, cem_;
  std::unique_ptr<storage::Ledger> ledger_;

 private:
  int requests_ = 0;
  const std::unique_ptr<storage::Store> store_;
  const std::unique_ptr<storage::KeyStore> keys_;
  std::vector<runtime::Room> rooms_;
  const runtime::DevIdentity identity_{1};
  std::unique_ptr<runtime::EventCodec> codec_;
  std::unique_ptr<runtime::StateView> states_;
  std::vector<std::unique_ptr<storage::View>> views_;
  std::unique_ptr<runtime::Desk> desk_;
  runtime::FixedScanPool pool_{2, 16};
  std::unique_ptr<runtime::Edge> edge_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::RelationshipsService::Stub> stub_;
  std::unique_ptr<v1::PeopleService::Stub> people_;
};

TEST_F(Server, AnswersWhatCheckInsAddUpToNowAndAsItWasKnown) {
  Taken(&Stub::LogCheckIn, Met("2024-01-01", "first"), ana_);
  const auto second = Taken(&Stub::LogCheckIn, Met("2024-03-01", "second"), ana_);
  Taken(&Stub::LogCheckIn, Met("2024-03-02", "the same lunch"), ben_);
  Taken(&Stub::LogCheckIn, Met("2024-02-01", "late"), ana_);

  v1::GetRelationshipRequest get;
  get.set_mentor_id(ana_);
  get.set_mentee_id(ben_);
  get.set_on("2024-04-15");
  auto now = Taken(&Stub::GetRelationship, get, ben_);
  EXPECT_EQ(now.relationship().check_ins(), 4u);
  EXPECT_EQ(now.relationship().meetings(), 3u);
  EXPECT_EQ(now.relationship().first_on(), "2024-01-01");
  EXPECT_EQ(now.relationship().last_on(), "2024-03-02");
  EXPECT_EQ(now.relationship().longest_gap_days(), 31u);
  EXPECT_EQ(now.relationship().longest_gap_from(), "2024-01-01");
  EXPECT_EQ(now.relationship().longest_gap_to(), "2024-02-01");
  EXPECT_EQ(now.clock().days_since(), 44);
  EXPECT_EQ(now.clock().next_due_on(), "2024-04-01");
  EXPECT_EQ(now.clock().state(), v1::CLOCK_STATE_DUE);

  get.set_on("2024-02-15");
  EXPECT_EQ(Taken(&Stub::GetRelationship, get).clock().last_touch_on(), "2024-02-01");

  get.mutable_as_known_at()->set_position(second.result().position());
  const auto then = Taken(&Stub::GetRelationship, get);
  EXPECT_EQ(then.relationship().check_ins(), 2u);
  EXPECT_EQ(then.relationship().longest_gap_days(), 60u);
  EXPECT_EQ(then.clock().last_touch_on(), "2024-01-01");

  // By the time at which it was recorded: the same.
  const auto record = ledger_->Snapshot()->Read(storage::Position{second.result().position()});
  ASSERT_TRUE(record.ok());
  const auto recorded_at = record->header.recorded_at_us();
  get.mutable_as_known_at()->set_time_us(recorded_at - 1);
  EXPECT_EQ(Taken(&Stub::GetRelationship, get).relationship().check_ins(), 1u);
  get.mutable_as_known_at()->set_time_us(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(Taken(&Stub::GetRelationship, get).relationship().check_ins(), 4u);
}

TEST_F(Server, TheClockKnowsNothingThatStartsLaterThanTheDayAsked) {
  Taken(&Stub::LogCheckIn, Met("2024-01-01", "first"), ana_);
  v1::GetRelationshipRequest get;
  get.set_mentor_id(ana_);
  get.set_mentee_id(ben_);
  get.set_on("2023-12-31");
  const auto before = Taken(&Stub::GetRelationship, get).clock();
  EXPECT_EQ(before.last_touch_on(), "");
  EXPECT_FALSE(before.has_cadence());
  EXPECT_EQ(before.state(), v1::CLOCK_STATE_UNSPECIFIED);
}

// In Auckland it is tomorrow already: they met today, and so does their clock say.
TEST_F(Server, TheClockCountsATouchOfTodaySomewhereOnEarth) {
  const auto latest = storage::SystemClock().Now().LatestDayOnEarth();
  Taken(&Stub::LogCheckIn, Met(latest.ToText(), "over breakfast"), ana_);
  v1::GetRelationshipRequest get;
  get.set_mentor_id(ana_);
  get.set_mentee_id(ben_);
  const auto clock = Taken(&Stub::GetRelationship, get).clock();
  EXPECT_EQ(clock.last_touch_on(), latest.ToText());
  EXPECT_EQ(clock.days_since(), 0);
  EXPECT_EQ(clock.state(), v1::CLOCK_STATE_ON_TRACK);
}

TEST_F(Server, ATouchInAnotherKindHasMadeTheOneThatAMoveOwed) {
  const auto relationship = Taken(&Stub::LogCheckIn, Met("2024-01-01", "first"), ana_).check_ins(0).relationship_id();
  OweTouch(relationship, "2024-02-01");
  v1::GetRelationshipRequest get;
  get.set_relationship_id(relationship);
  EXPECT_EQ(Taken(&Stub::GetRelationship, get).owed_size(), 1);
  auto as_sponsor = Met("2024-02-03", "as a sponsor");
  as_sponsor.mutable_with(0)->set_kind(v1::RELATIONSHIP_KIND_SPONSOR);
  Taken(&Stub::LogCheckIn, as_sponsor, ana_);
  EXPECT_EQ(Taken(&Stub::GetRelationship, get).owed_size(), 0);
  get.set_on("2024-02-02");
  EXPECT_EQ(Taken(&Stub::GetRelationship, get).owed_size(), 1) << "on that day it was still owed";
}

TEST_F(Server, AmendsAndRetractsByTheIdThatWasAnswered) {
  const auto logged = Taken(&Stub::LogCheckIn, Met("2024-01-01", "wrong"), ana_);
  ASSERT_EQ(logged.check_ins_size(), 1);
  EXPECT_TRUE(logged.check_ins(0).started());
  ASSERT_EQ(logged.result().advice_size(), 1);
  EXPECT_EQ(logged.result().advice(0).reason(), "STARTED_BY_FIRST_TOUCH");

  v1::AmendCheckInRequest amend;
  amend.set_relationship_id(logged.check_ins(0).relationship_id());
  amend.set_checkin_id(logged.check_ins(0).checkin_id());
  amend.set_met_on("2024-01-05");
  EXPECT_EQ(Refused(&Stub::AmendCheckIn, amend, ben_), "NOT_PERMITTED");
  Taken(&Stub::AmendCheckIn, amend, ana_);

  v1::GetRelationshipRequest get;
  get.set_relationship_id(amend.relationship_id());
  EXPECT_EQ(Taken(&Stub::GetRelationship, get).relationship().last_on(), "2024-01-05");

  v1::RetractCheckInRequest retract;
  retract.set_relationship_id(amend.relationship_id());
  retract.set_checkin_id(amend.checkin_id());
  retract.set_reason(v1::CHECK_IN_RETRACTION_REASON_WRONG_PERSON);
  Taken(&Stub::RetractCheckIn, retract, ana_);
  EXPECT_EQ(Taken(&Stub::GetRelationship, get).relationship().check_ins(), 0u);
  // Its texts are gone for good.
  const auto snapshot = ledger_->Snapshot();
  const auto record = snapshot->Read(storage::Position{logged.result().position()});
  ASSERT_TRUE(record.ok());
  const auto part = snapshot->ReadPart(*record, 20);
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_FALSE(part->bytes.has_value());
  amend.set_met_on("2024-01-06");
  EXPECT_EQ(Refused(&Stub::AmendCheckIn, amend, ana_), "CHECK_IN_RETRACTED");
  amend.set_checkin_id(std::string(16, 'x'));
  EXPECT_EQ(Refused(&Stub::AmendCheckIn, amend, ana_), "UNKNOWN_CHECK_IN");
}

TEST_F(Server, DestroysTheTextsOfARetractedCheckInThatWasTheWrongPersons) {
  Taken(&Stub::LogCheckIn, Met("2024-01-01"), ana_);
  const auto logged = Taken(&Stub::LogCheckIn, Met("2024-01-05", "wrong"), ana_);
  v1::RetractCheckInRequest retract;
  retract.set_relationship_id(logged.check_ins(0).relationship_id());
  retract.set_checkin_id(logged.check_ins(0).checkin_id());
  retract.set_reason(v1::CHECK_IN_RETRACTION_REASON_MISTAKEN);
  Taken(&Stub::RetractCheckIn, retract, ana_);
  retract.set_reason(v1::CHECK_IN_RETRACTION_REASON_WRONG_PERSON);
  Taken(&Stub::RetractCheckIn, retract, ana_);
  v1::GetRelationshipRequest get;
  get.set_relationship_id(retract.relationship_id());
  const auto seen = Taken(&Stub::GetRelationship, get).relationship();
  EXPECT_EQ(seen.check_ins(), 1u) << "nothing counts twice";
  EXPECT_EQ(seen.last_on(), "2024-01-01");
  const auto snapshot = ledger_->Snapshot();
  const auto record = snapshot->Read(storage::Position{logged.result().position()});
  ASSERT_TRUE(record.ok());
  const auto part = snapshot->ReadPart(*record, 20);
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_FALSE(part->bytes.has_value());
}

// Who is neither of the two is answered about a relationship, word for word, as about an id that was never given.
class Others : public Server {
 protected:
  // The refusal that Cem meets, with the id taken out.
  template <typename Request, typename Response, typename Name>
  std::string RefusedAbout(const std::string& id,
                           grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                           Request request, const Name& name) {
    name(request, id);
    request.set_request_id(NextRequest());
    Response response;
    const auto status = Call(method, request, response, cem_);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND) << status.error_message();
    auto words = Refused(method, request, cem_) + ": " + status.error_message();
    const auto hex = storage::Id::FromBytes(id)->ToHex();
    for (auto at = words.find(hex); at != std::string::npos; at = words.find(hex)) words.replace(at, hex.size(), "ID");
    return words;
  }
  template <typename Request, typename Response, typename Name>
  void ExpectUnknown(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), Request request,
                     const Name& name) {
    SCOPED_TRACE(Request::descriptor()->name());
    const auto there = RefusedAbout(relationship_, method, request, name);
    EXPECT_EQ(there, RefusedAbout(std::string(16, 'n'), method, request, name));
    EXPECT_TRUE(there.starts_with("UNKNOWN_RELATIONSHIP: ")) << there;
  }

  std::string relationship_;
};

TEST_F(Others, DoNotLearnFromARefusalThatARelationshipIsThere) {
  const auto logged = Taken(&Stub::LogCheckIn, Met("2024-01-01"), ana_).check_ins(0);
  relationship_ = logged.relationship_id();
  const std::string nowhere(16, 'n');
  const auto by_id = [](auto& request, const std::string& id) { request.set_relationship_id(id); };
  ExpectUnknown(&Stub::AcknowledgeRelationship, v1::AcknowledgeRelationshipRequest(), by_id);
  ExpectUnknown(&Stub::DeclineRelationship, v1::DeclineRelationshipRequest(), by_id);
  ExpectUnknown(&Stub::AgreeCadence, v1::AgreeCadenceRequest(), by_id);
  ExpectUnknown(&Stub::AskForTalk, v1::AskForTalkRequest(), by_id);
  ExpectUnknown(&Stub::PauseRelationship, v1::PauseRelationshipRequest(), by_id);
  ExpectUnknown(&Stub::ResumeRelationship, v1::ResumeRelationshipRequest(), by_id);
  ExpectUnknown(&Stub::CloseRelationship, v1::CloseRelationshipRequest(), by_id);
  ExpectUnknown(&Stub::ReopenRelationship, v1::ReopenRelationshipRequest(), by_id);
  v1::SetCadenceRequest set;
  set.mutable_cadence()->set_ideal_days(10);
  set.mutable_cadence()->set_max_days(20);
  ExpectUnknown(&Stub::SetCadence, set, by_id);
  v1::ProposeCadenceRequest propose;
  *propose.mutable_cadence() = set.cadence();
  ExpectUnknown(&Stub::ProposeCadence, propose, by_id);
  v1::MakePromiseRequest promise;
  promise.mutable_promise()->set_text("to call");
  ExpectUnknown(&Stub::MakePromise, promise, by_id);
  v1::KeepPromiseRequest keep;
  keep.set_promise_id(nowhere);
  ExpectUnknown(&Stub::KeepPromise, keep, by_id);
  v1::DropPromiseRequest drop;
  drop.set_promise_id(nowhere);
  ExpectUnknown(&Stub::DropPromise, drop, by_id);
  v1::WaiveOwedTouchRequest waive;
  waive.set_owed_id(nowhere);
  ExpectUnknown(&Stub::WaiveOwedTouch, waive, by_id);
  v1::MakeOwedTouchRequest make;
  make.set_owed_id(nowhere);
  make.set_checkin_id(logged.checkin_id());
  ExpectUnknown(&Stub::MakeOwedTouch, make, by_id);
  v1::TellMoveRequest tell;
  tell.set_move_id(nowhere);
  tell.set_to_id(ana_);
  tell.set_channel(v1::TOLD_CHANNEL_CHAT);
  ExpectUnknown(&Stub::TellMove, tell, by_id);
  v1::AnswerTransitionRequest answer;
  answer.set_transition_id(nowhere);
  answer.set_answer(v1::TRANSITION_ANSWER_KEPT);
  ExpectUnknown(&Stub::AnswerTransition, answer, by_id);
  v1::AmendCheckInRequest amend;
  amend.set_checkin_id(logged.checkin_id());
  amend.set_met_on("2024-01-02");
  ExpectUnknown(&Stub::AmendCheckIn, amend, by_id);
  v1::RetractCheckInRequest retract;
  retract.set_checkin_id(logged.checkin_id());
  retract.set_reason(v1::CHECK_IN_RETRACTION_REASON_MISTAKEN);
  ExpectUnknown(&Stub::RetractCheckIn, retract, by_id);
  v1::StartRelationshipRequest start;
  start.set_mentor_id(cem_);
  start.set_mentee_id(ben_);
  ExpectUnknown(&Stub::StartRelationship, start,
                [](auto& request, const std::string& id) { request.set_evolved_from_id(id); });
  v1::LogCheckInRequest met;
  met.add_with();
  ExpectUnknown(&Stub::LogCheckIn, met,
                [](auto& request, const std::string& id) { request.mutable_with(0)->set_relationship_id(id); });
  EXPECT_EQ(ledger_->head().value, 5u) << "three people, a start and a check-in: nothing was written";
}

TEST_F(Server, ARetryIsAnsweredAsTheFirstTime) {
  auto request = Met("2024-01-01", "once");
  request.set_request_id(NextRequest());
  const auto first = Taken(&Stub::LogCheckIn, request, ana_);
  const auto again = Taken(&Stub::LogCheckIn, request, ana_);
  EXPECT_TRUE(again.result().replayed());
  EXPECT_EQ(again.result().position(), first.result().position());
  EXPECT_EQ(again.check_ins(0).SerializeAsString(), first.check_ins(0).SerializeAsString());
  EXPECT_EQ(again.result().advice_size(), 1);
  request.set_gist("twice");
  EXPECT_EQ(Refused(&Stub::LogCheckIn, request, ana_), "REQUEST_ID_REUSED");
}

TEST_F(Server, AStaleRevisionIsAnsweredAtOnce) {
  const auto logged = Taken(&Stub::LogCheckIn, Met("2024-01-01"), ana_);
  v1::SetCadenceRequest set;
  set.set_relationship_id(logged.check_ins(0).relationship_id());
  set.mutable_cadence()->set_ideal_days(10);
  set.mutable_cadence()->set_max_days(20);
  set.set_expected_revision(0);
  EXPECT_EQ(Refused(&Stub::SetCadence, set, ana_), "REVISION_CONFLICT");
  set.set_expected_revision(1);
  EXPECT_EQ(Taken(&Stub::SetCadence, set, ana_).result().revision(), 2u);
}

TEST_F(Server, RefusesWhatIsMalformedAllAtOnce) {
  v1::StartRelationshipRequest start;
  start.set_mentor_id("short");
  start.set_mentee_id(ben_);
  start.set_occurred_on("2024-13-01");
  EXPECT_EQ(Refused(&Stub::StartRelationship, start), "MALFORMED_ID");
  start.set_mentor_id(ben_);
  start.clear_occurred_on();
  EXPECT_EQ(Refused(&Stub::StartRelationship, start), "SELF_MENTORING");
  start.set_mentor_id(ana_);
  start.set_kind(static_cast<v1::RelationshipKind>(99));
  EXPECT_EQ(Refused(&Stub::StartRelationship, start), "UNKNOWN_ENUM_VALUE");
  start.set_kind(v1::RELATIONSHIP_KIND_PEER);
  start.set_occurred_on("2099-01-01");
  EXPECT_EQ(Refused(&Stub::StartRelationship, start), "DATE_IN_FUTURE");
  EXPECT_EQ(Refused(&Stub::LogCheckIn, v1::LogCheckInRequest(), ana_), "INVALID_FIELD");
}

TEST_F(Server, ShowsPromisesAndDebtsToTheTwoAndNothingToOthers) {
  v1::StartRelationshipRequest start;
  start.set_mentor_id(ana_);
  start.set_mentee_id(ben_);
  start.set_occurred_on("2024-01-01");
  const auto id = Taken(&Stub::StartRelationship, start, ana_).relationship_id();
  v1::AcknowledgeRelationshipRequest acknowledge;
  acknowledge.set_relationship_id(id);
  Taken(&Stub::AcknowledgeRelationship, acknowledge, ben_);
  v1::AskForTalkRequest ask;
  ask.set_relationship_id(id);
  ask.set_about(v1::ASKED_ABOUT_CAREER);
  ask.set_note("before the review");
  const auto owed = Taken(&Stub::AskForTalk, ask, ben_).owed_id();
  v1::MakePromiseRequest promise;
  promise.set_relationship_id(id);
  promise.mutable_promise()->set_text("call Dan");
  promise.mutable_promise()->set_due_on("2024-02-01");
  const auto promised = Taken(&Stub::MakePromise, promise, ana_).promise_id();

  v1::GetRelationshipRequest get;
  get.set_relationship_id(id);
  const auto shown = Taken(&Stub::GetRelationship, get, ana_);
  ASSERT_EQ(shown.owed_size(), 1);
  EXPECT_EQ(shown.owed(0).owed_id(), owed);
  EXPECT_EQ(shown.owed(0).about(), v1::ASKED_ABOUT_CAREER);
  EXPECT_EQ(shown.owed(0).note().text(), "before the review");
  ASSERT_EQ(shown.promises_size(), 1);
  EXPECT_EQ(shown.promises(0).promise_id(), promised);
  EXPECT_EQ(shown.promises(0).text().text(), "call Dan");
  EXPECT_EQ(Refused(&Stub::GetRelationship, get, cem_), "UNKNOWN_RELATIONSHIP");
}

TEST_F(Server, ListsThePersonsRelationshipsPageByPage) {
  v1::StartRelationshipRequest start;
  start.set_occurred_on("2024-01-01");
  start.set_mentor_id(ana_);
  start.set_mentee_id(ben_);
  Taken(&Stub::StartRelationship, start);
  start.set_mentor_id(cem_);
  start.set_mentee_id(ana_);
  const auto closed = Taken(&Stub::StartRelationship, start).relationship_id();
  v1::CloseRelationshipRequest close;
  close.set_relationship_id(closed);
  Taken(&Stub::CloseRelationship, close);

  v1::ListRelationshipsRequest list;
  list.set_person_id(ana_);
  EXPECT_EQ(Taken(&Stub::ListRelationships, list, ana_).relationships_size(), 1);
  list.set_include_closed(true);
  list.set_page_size(1);
  const auto first = Taken(&Stub::ListRelationships, list, ana_);
  ASSERT_EQ(first.relationships_size(), 1);
  ASSERT_FALSE(first.next_page_token().empty());
  list.set_page_token(first.next_page_token());
  const auto second = Taken(&Stub::ListRelationships, list, ana_);
  ASSERT_EQ(second.relationships_size(), 1);
  EXPECT_NE(first.relationships(0).relationship_id(), second.relationships(0).relationship_id());
  EXPECT_TRUE(second.next_page_token().empty());
  list.set_person_id(ben_);
  EXPECT_EQ(Refused(&Stub::ListRelationships, list, ana_), "BAD_PAGE_TOKEN");
  list.clear_page_token();
  EXPECT_EQ(Taken(&Stub::ListRelationships, list, cem_).relationships_size(), 0);
  // Ben sees what is between the two, in full, and no sign of Ana's others.
  list.set_person_id(ana_);
  list.set_page_size(1);
  const auto between = Taken(&Stub::ListRelationships, list, ben_);
  EXPECT_EQ(between.relationships_size(), 1);
  EXPECT_TRUE(between.next_page_token().empty()) << "a further page would tell that Ana has others";
}

}  // namespace
}  // namespace mentorlog::relationships_test
