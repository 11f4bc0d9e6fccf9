// Wrong input, over a real in-process server with every room: each row is refused with its code and reason, names its
// fields, and writes nothing.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/assignments_service.grpc.pb.h"
#include "mentorlog/v1/errors.pb.h"
#include "mentorlog/v1/people_service.grpc.pb.h"
#include "mentorlog/v1/recognition_service.grpc.pb.h"
#include "mentorlog/v1/relationships_service.grpc.pb.h"
#include "tests/services/server/all_rooms_server.h"
#include "tests/services/server/health_check.h"

namespace mentorlog::server_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using People = v1::PeopleService::Stub;
using Relationships = v1::RelationshipsService::Stub;
using Assignments = v1::AssignmentsService::Stub;
using Recognition = v1::RecognitionService::Stub;

constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
constexpr auto kPrecondition = grpc::StatusCode::FAILED_PRECONDITION;

// What a client reads of a refusal.
struct Refusal {
  explicit Refusal(const grpc::Status& status) : code(status.error_code()), message(status.error_message()) {
    google::rpc::Status rich;
    rich.ParseFromString(status.error_details());
    rich_code = rich.code();
    for (const auto& detail : rich.details()) {
      google::rpc::BadRequest bad;
      v1::MissedEvents events;
      detail.UnpackTo(&info);
      if (detail.UnpackTo(&events)) {
        for (const auto& event : events.events()) missed.push_back(event.type() + " " + event.occurred_on());
      }
      if (!detail.UnpackTo(&bad)) continue;
      for (const auto& violation : bad.field_violations()) fields[violation.field()] = violation.description();
    }
  }
  std::vector<std::string> FieldNames() const {
    std::vector<std::string> names;
    for (const auto& [field, description] : fields) names.push_back(field);
    return names;
  }

  grpc::StatusCode code;
  std::string message;
  int rich_code = 0;
  google::rpc::ErrorInfo info;
  std::map<std::string, std::string> fields;
  // Events, as "type day".
  std::vector<std::string> missed;
};

// Two people with a relationship (revision 1: a cadence was set), an open offer and an accepted one.
class World {
 public:
  World()
      : people_(v1::PeopleService::NewStub(server_.channel())),
        relationships_(v1::RelationshipsService::NewStub(server_.channel())),
        assignments_(v1::AssignmentsService::NewStub(server_.channel())),
        recognition_(v1::RecognitionService::NewStub(server_.channel())) {
    ana = Register("Ana");
    ben = Register("Ben");
    stranger = storage::Id::FromBytes(Register("Cem"))->ToHex();
    v1::StartRelationshipResponse started;
    EXPECT_TRUE(Call(&Relationships::StartRelationship, Start(), &started).ok());
    relationship = started.relationship_id();
    EXPECT_TRUE(Call(&Relationships::SetCadence, Cadence(30, 60)).ok());
    offered = Offer();
    accepted = Offer();
    EXPECT_TRUE(Call(&Assignments::AcceptOffer, Accept(accepted, "2026-05-04")).ok());
  }

  // A request with an id of its own.
  template <typename Request>
  Request New() {
    Request request;
    request.set_request_id(server_.NextRequest());
    return request;
  }
  template <typename Stub, typename Request, typename Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, std::type_identity_t<Response>* response = nullptr,
                    const std::string& actor = {}) {
    grpc::ClientContext context;
    if (!actor.empty()) context.AddMetadata("mentorlog-actor", actor);
    Response unread;
    return (StubOf(static_cast<Stub*>(nullptr)).*method)(&context, request, response == nullptr ? &unread : response);
  }

  v1::RegisterPersonRequest Person(const std::string& name) {
    auto request = New<v1::RegisterPersonRequest>();
    request.set_display_name(name);
    request.set_occurred_on("2020-01-01");
    return request;
  }
  v1::RecordMoveRequest Move() {
    auto request = New<v1::RecordMoveRequest>();
    request.set_person_id(ben);
    request.set_type(v1::MOVE_TYPE_TRANSFER);
    request.set_effective_on("2026-03-01");
    request.mutable_to()->set_unit("logistics");
    return request;
  }
  v1::StartRelationshipRequest Start() {
    auto request = New<v1::StartRelationshipRequest>();
    request.set_mentor_id(ana);
    request.set_mentee_id(ben);
    request.set_occurred_on("2026-01-01");
    return request;
  }
  v1::SetCadenceRequest Cadence(std::uint32_t ideal_days, std::uint32_t max_days) {
    auto request = New<v1::SetCadenceRequest>();
    request.set_relationship_id(relationship);
    request.set_occurred_on("2026-01-02");
    request.mutable_cadence()->set_ideal_days(ideal_days);
    request.mutable_cadence()->set_max_days(max_days);
    return request;
  }
  v1::LogCheckInRequest CheckIn() {
    auto request = New<v1::LogCheckInRequest>();
    request.add_with()->set_relationship_id(relationship);
    request.set_occurred_on("2026-02-01");
    request.set_channel(v1::CHECK_IN_CHANNEL_MEAL);
    return request;
  }
  v1::GiveRecognitionRequest Praise() {
    auto request = New<v1::GiveRecognitionRequest>();
    request.set_from_id(ana);
    request.set_to_id(ben);
    request.set_what("the calm in the incident");
    request.set_occurred_on("2026-02-01");
    return request;
  }
  v1::RecordAdvocacyRequest Advocacy() {
    auto request = New<v1::RecordAdvocacyRequest>();
    request.set_advocate_id(ana);
    request.set_for_id(ben);
    request.set_act(v1::ADVOCACY_ACT_ENDORSED);
    request.set_opportunity("plant manager");
    request.set_occurred_on("2026-02-01");
    return request;
  }
  v1::DraftAssignmentRequest Draft() {
    auto request = New<v1::DraftAssignmentRequest>();
    request.set_mentor_id(ana);
    request.set_mentee_id(ben);
    request.set_occurred_on("2026-05-01");
    request.mutable_description()->set_title("Leeds lead");
    request.mutable_description()->add_stretch(v1::STRETCH_NEW_FUNCTION);
    return request;
  }
  v1::AcceptOfferRequest Accept(const std::string& assignment, const std::string& on) {
    auto request = New<v1::AcceptOfferRequest>();
    request.set_assignment_id(assignment);
    request.set_occurred_on(on);
    return request;
  }

  std::uint64_t head() { return server_.head().value; }
  const std::shared_ptr<grpc::Channel>& channel() { return server_.channel(); }

  std::string ana, ben, relationship, offered, accepted;
  // A third person, as the one who calls.
  std::string stranger;

 private:
  std::string Register(const std::string& name) {
    v1::RegisterPersonResponse response;
    EXPECT_TRUE(Call(&People::RegisterPerson, Person(name), &response).ok());
    return response.person_id();
  }
  // An open offer, to be answered by 2026-05-10.
  std::string Offer() {
    v1::DraftAssignmentResponse drafted;
    EXPECT_TRUE(Call(&Assignments::DraftAssignment, Draft(), &drafted).ok());
    auto offer = New<v1::OfferAssignmentRequest>();
    offer.set_assignment_id(drafted.assignment_id());
    offer.set_occurred_on("2026-05-03");
    offer.set_respond_by("2026-05-10");
    EXPECT_TRUE(Call(&Assignments::OfferAssignment, offer).ok());
    return drafted.assignment_id();
  }
  People& StubOf(People*) { return *people_; }
  Relationships& StubOf(Relationships*) { return *relationships_; }
  Assignments& StubOf(Assignments*) { return *assignments_; }
  Recognition& StubOf(Recognition*) { return *recognition_; }

  AllRoomsServer server_;
  const std::unique_ptr<People> people_;
  const std::unique_ptr<Relationships> relationships_;
  const std::unique_ptr<Assignments> assignments_;
  const std::unique_ptr<Recognition> recognition_;
};

// One wrong input.
struct Row {
  std::string name;
  grpc::StatusCode code;
  std::string reason;
  // The fields that are named, in order of the alphabet; empty: none, it is no matter of a field.
  std::vector<std::string> fields;
  std::function<grpc::Status(World&)> call;
};

// Calls `method` with the request that `make` makes, after `spoil` had its way with it.
template <typename Stub, typename Request, typename Response>
std::function<grpc::Status(World&)> Spoilt(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                                        Response*),
                                           std::type_identity_t<std::function<Request(World&)>> make,
                                           std::type_identity_t<std::function<void(Request&, World&)>> spoil) {
  return [=](World& world) {
    Request request = make(world);
    spoil(request, world);
    return world.Call(method, request);
  };
}

std::string Tomorrow() { return storage::SystemClock().Now().LatestDayOnEarth().Plus(1).ToText(); }
std::string Letters(std::size_t count) { return std::string(count, 'x'); }
// Letters of two bytes each.
std::string Umlauts(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "\xC3\xBC";
  return text;
}

std::vector<Row> IdsDatesAndTexts() {
  return {
      {"AnIdOfFiveBytes",
       kInvalid,
       "MALFORMED_ID",
       {"person_id"},
       Spoilt(&People::RecordMove, &World::Move, [](auto& r, World&) { r.set_person_id("short"); })},
      {"NoIdWhereOneIsWanted",
       kInvalid,
       "MALFORMED_ID",
       {"mentee_id"},
       Spoilt(&Assignments::DraftAssignment, &World::Draft, [](auto& r, World&) { r.clear_mentee_id(); })},
      {"AnIdOfSeventeenBytes",
       kInvalid,
       "MALFORMED_ID",
       {"with[0].relationship_id"},
       Spoilt(&Relationships::LogCheckIn, &World::CheckIn,
              [](auto& r, World& w) { r.mutable_with(0)->set_relationship_id(w.relationship + "x"); })},
      {"AnIdInTheDescription",
       kInvalid,
       "MALFORMED_ID",
       {"description.host_manager_id"},
       Spoilt(&Assignments::DraftAssignment, &World::Draft,
              [](auto& r, World&) { r.mutable_description()->set_host_manager_id("short"); })},
      {"ADayThatIsNone",
       kInvalid,
       "MALFORMED_DATE",
       {"occurred_on"},
       Spoilt(&Relationships::LogCheckIn, &World::CheckIn, [](auto& r, World&) { r.set_occurred_on("2026-02-30"); })},
      {"ADayInAnotherOrder",
       kInvalid,
       "MALFORMED_DATE",
       {"effective_on"},
       Spoilt(&People::RecordMove, &World::Move, [](auto& r, World&) { r.set_effective_on("01.03.2026"); })},
      {"ACheckInTomorrow",
       kInvalid,
       "DATE_IN_FUTURE",
       {"occurred_on"},
       Spoilt(&Relationships::LogCheckIn, &World::CheckIn, [](auto& r, World&) { r.set_occurred_on(Tomorrow()); })},
      {"ARelationshipThatStartsTomorrow",
       kInvalid,
       "DATE_IN_FUTURE",
       {"occurred_on"},
       Spoilt(&Relationships::StartRelationship, &World::Start,
              [](auto& r, World&) {
                r.set_occurred_on(Tomorrow());
                std::swap(*r.mutable_mentor_id(), *r.mutable_mentee_id());
              })},
      {"AMoveThatTookEffectTomorrow",
       kInvalid,
       "DATE_IN_FUTURE",
       {"effective_on"},
       Spoilt(&People::RecordMove, &World::Move, [](auto& r, World&) { r.set_effective_on("2999-01-01"); })},
      {"AnAcceptanceTomorrow",
       kInvalid,
       "DATE_IN_FUTURE",
       {"occurred_on"},
       [](World& w) { return w.Call(&Assignments::AcceptOffer, w.Accept(w.offered, Tomorrow())); }},
      {"PraiseTomorrow",
       kInvalid,
       "DATE_IN_FUTURE",
       {"occurred_on"},
       Spoilt(&Recognition::GiveRecognition, &World::Praise, [](auto& r, World&) { r.set_occurred_on(Tomorrow()); })},
      {"AGistOf281Letters",
       kInvalid,
       "TEXT_TOO_LONG",
       {"gist"},
       Spoilt(&Relationships::LogCheckIn, &World::CheckIn, [](auto& r, World&) { r.set_gist(Umlauts(281)); })},
      {"ANameOf201Letters",
       kInvalid,
       "TEXT_TOO_LONG",
       {"display_name"},
       [](World& w) { return w.Call(&People::RegisterPerson, w.Person(Letters(201))); }},
      {"APrivateNoteOf8001Letters",
       kInvalid,
       "TEXT_TOO_LONG",
       {"private_note"},
       Spoilt(&Relationships::LogCheckIn, &World::CheckIn, [](auto& r, World&) { r.set_private_note(Letters(8001)); })},
      {"APrivateNoteOf8000LettersThatIsOver16KiB",
       kInvalid,
       "TEXT_TOO_LONG",
       {"private_note"},
       Spoilt(&Relationships::LogCheckIn, &World::CheckIn,
              [](auto& r, World&) {
                for (int i = 0; i < 8000; ++i) *r.mutable_private_note() += "\xE2\x82\xAC";
              })},
      {"ALongOpportunity",
       kInvalid,
       "TEXT_TOO_LONG",
       {"opportunity"},
       Spoilt(&Recognition::RecordAdvocacy, &World::Advocacy,
              [](auto& r, World&) { r.set_opportunity(Letters(8001)); })},
      {"ATextThatIsNotUtf8",
       kInvalid,
       "NOT_UTF8",
       {},
       Spoilt(&Relationships::LogCheckIn, &World::CheckIn, [](auto& r, World&) { r.set_gist("caf\xE9"); })},
      {"ANameThatIsNotUtf8",
       kInvalid,
       "NOT_UTF8",
       {},
       [](World& w) { return w.Call(&People::RegisterPerson, w.Person("\xFF")); }},
      {"ARequestOfTwoMebibytes",
       kInvalid,
       "MESSAGE_TOO_LARGE",
       {},
       Spoilt(&Relationships::LogCheckIn, &World::CheckIn,
              [](auto& r, World&) { r.set_private_note(Letters(2 << 20)); })},
  };
}

std::vector<Row> EnumsAndRequestIds() {
  return {
      {"AChannelOfNoBuild",
       kInvalid,
       "UNKNOWN_ENUM_VALUE",
       {"channel"},
       Spoilt(&Relationships::LogCheckIn, &World::CheckIn,
              [](auto& r, World&) { r.set_channel(static_cast<v1::CheckInChannel>(99)); })},
      {"AMoveOfNoType",
       kInvalid,
       "UNKNOWN_ENUM_VALUE",
       {"type"},
       Spoilt(&People::RecordMove, &World::Move, [](auto& r, World&) { r.clear_type(); })},
      {"AKindOfRelationshipOfNoBuild",
       kInvalid,
       "UNKNOWN_ENUM_VALUE",
       {"kind"},
       Spoilt(&Relationships::StartRelationship, &World::Start,
              [](auto& r, World&) { r.set_kind(static_cast<v1::RelationshipKind>(99)); })},
      {"AnActOfNoBuild",
       kInvalid,
       "UNKNOWN_ENUM_VALUE",
       {"act"},
       Spoilt(&Recognition::RecordAdvocacy, &World::Advocacy,
              [](auto& r, World&) { r.set_act(static_cast<v1::AdvocacyAct>(-1)); })},
      {"NoRequestId",
       kInvalid,
       "MISSING_REQUEST_ID",
       {"request_id"},
       Spoilt(&Relationships::LogCheckIn, &World::CheckIn, [](auto& r, World&) { r.clear_request_id(); })},
      {"AShortRequestId",
       kInvalid,
       "MISSING_REQUEST_ID",
       {"request_id"},
       Spoilt(&People::RecordMove, &World::Move, [](auto& r, World&) { r.set_request_id("short"); })},
      {"ARequestIdOfZeros",
       kInvalid,
       "MISSING_REQUEST_ID",
       {"request_id"},
       Spoilt(&Recognition::GiveRecognition, &World::Praise,
              [](auto& r, World&) { r.set_request_id(std::string(16, '\0')); })},
      {"NoRequestIdThoughItIsOnlyValidated",
       kInvalid,
       "MISSING_REQUEST_ID",
       {"request_id"},
       Spoilt(&Assignments::DraftAssignment, &World::Draft,
              [](auto& r, World&) {
                r.clear_request_id();
                r.set_validate_only(true);
              })},
  };
}

std::vector<Row> WhatTheStateForbids() {
  return {
      {"ASecondAcceptance",
       kPrecondition,
       "OFFER_NOT_OPEN",
       {},
       [](World& w) { return w.Call(&Assignments::AcceptOffer, w.Accept(w.accepted, "2026-05-05")); }},
      {"AnAcceptanceAfterRespondBy",
       kPrecondition,
       "ACCEPTED_TOO_LATE",
       {},
       [](World& w) { return w.Call(&Assignments::AcceptOffer, w.Accept(w.offered, "2026-05-11")); }},
      {"AnAcceptanceAfterRespondByThatIsOnlyValidated",
       kPrecondition,
       "ACCEPTED_TOO_LATE",
       {},
       [](World& w) {
         auto late = w.Accept(w.offered, "2026-05-11");
         late.set_validate_only(true);
         return w.Call(&Assignments::AcceptOffer, late);
       }},
      {"MentoringOneself",
       kInvalid,
       "SELF_MENTORING",
       {"mentee_id"},
       Spoilt(&Relationships::StartRelationship, &World::Start, [](auto& r, World& w) { r.set_mentee_id(w.ana); })},
      {"ACheckInWithOneself",
       kInvalid,
       "SELF_MENTORING",
       {"with[0]"},
       Spoilt(&Relationships::LogCheckIn, &World::CheckIn,
              [](auto& r, World& w) {
                r.mutable_with(0)->clear_relationship_id();
                r.mutable_with(0)->set_mentor_id(w.ana);
                r.mutable_with(0)->set_mentee_id(w.ana);
              })},
      {"AnAssignmentForOneself",
       kInvalid,
       "SELF_ASSIGNMENT",
       {"mentee_id"},
       Spoilt(&Assignments::DraftAssignment, &World::Draft, [](auto& r, World& w) { r.set_mentee_id(w.ana); })},
      {"PraiseForOneself",
       kInvalid,
       "SELF_RECOGNITION",
       {"to_id"},
       Spoilt(&Recognition::GiveRecognition, &World::Praise, [](auto& r, World& w) { r.set_to_id(w.ana); })},
      {"SpeakingUpForOneself",
       kInvalid,
       "SELF_ADVOCACY",
       {"for_id"},
       Spoilt(&Recognition::RecordAdvocacy, &World::Advocacy, [](auto& r, World& w) { r.set_for_id(w.ana); })},
      {"ACadenceTheWrongWayRound",
       kInvalid,
       "INVALID_CADENCE",
       {"cadence"},
       [](World& w) { return w.Call(&Relationships::SetCadence, w.Cadence(60, 30)); }},
      {"AMoveOfNobody",
       grpc::StatusCode::NOT_FOUND,
       "UNKNOWN_PERSON",
       {"person_id"},
       Spoilt(&People::RecordMove, &World::Move, [](auto& r, World&) { r.set_person_id(std::string(16, 'n')); })},
      {"AnActorThatIsNoId",
       grpc::StatusCode::UNAUTHENTICATED,
       "NOT_IDENTIFIED",
       {},
       [](World& w) { return w.Call(&People::RecordMove, w.Move(), nullptr, "somebody"); }},
      {"AnActorThatNobodyKnows",
       grpc::StatusCode::NOT_FOUND,
       "UNKNOWN_PERSON",
       {},
       [](World& w) { return w.Call(&People::RecordMove, w.Move(), nullptr, std::string(32, 'a')); }},
  };
}

class WrongInput : public ::testing::Test {
 protected:
  void Expect(const std::vector<Row>& rows) {
    for (const auto& row : rows) {
      SCOPED_TRACE(row.name);
      const auto head = world_.head();
      const Refusal refusal(row.call(world_));
      EXPECT_EQ(refusal.code, row.code) << refusal.message;
      EXPECT_EQ(refusal.rich_code, static_cast<int>(row.code));
      EXPECT_EQ(refusal.info.reason(), row.reason) << refusal.message;
      EXPECT_EQ(refusal.info.domain(), "mentorlog");
      EXPECT_EQ(refusal.FieldNames(), row.fields) << refusal.message;
      EXPECT_EQ(world_.head(), head) << "it was written";
    }
  }

  World world_;
};

TEST_F(WrongInput, IdsDatesAndTextsAreRefused) { Expect(IdsDatesAndTexts()); }
TEST_F(WrongInput, EnumsAndRequestIdsAreRefused) { Expect(EnumsAndRequestIds()); }
TEST_F(WrongInput, WhatTheStateForbidsIsRefused) { Expect(WhatTheStateForbids()); }

TEST_F(WrongInput, EveryRowIsTakenOnceItIsMended) {
  EXPECT_TRUE(world_.Call(&People::RecordMove, world_.Move()).ok());
  EXPECT_TRUE(world_.Call(&Relationships::LogCheckIn, world_.CheckIn()).ok());
  EXPECT_TRUE(world_.Call(&Recognition::GiveRecognition, world_.Praise()).ok());
  EXPECT_TRUE(world_.Call(&Recognition::RecordAdvocacy, world_.Advocacy()).ok());
  EXPECT_TRUE(world_.Call(&Assignments::DraftAssignment, world_.Draft()).ok());
  EXPECT_TRUE(world_.Call(&Assignments::AcceptOffer, world_.Accept(world_.offered, "2026-05-10")).ok());
}

TEST_F(WrongInput, ARequestIdThatWasUsedForAnotherRequestIsRefused) {
  auto request = world_.CheckIn();
  request.set_gist("once");
  ASSERT_TRUE(world_.Call(&Relationships::LogCheckIn, request).ok());
  const auto head = world_.head();
  request.set_gist("twice");
  auto praise = world_.Praise();
  praise.set_request_id(request.request_id());
  for (const auto& status :
       {world_.Call(&Relationships::LogCheckIn, request), world_.Call(&Recognition::GiveRecognition, praise)}) {
    const Refusal refusal(status);
    EXPECT_EQ(refusal.code, grpc::StatusCode::ALREADY_EXISTS);
    EXPECT_EQ(refusal.info.reason(), "REQUEST_ID_REUSED");
    EXPECT_EQ(refusal.info.domain(), "mentorlog");
  }
  EXPECT_EQ(world_.head(), head);
}

// The stream has moved on: the answer says from what to what, and nothing is decided again.
TEST_F(WrongInput, AStaleRevisionIsAnsweredWithWhatIsExpectedAndWhatIs) {
  auto cadence = world_.Cadence(10, 20);
  cadence.set_expected_revision(0);
  auto move = world_.Move();
  move.set_expected_revision(7);
  auto accept = world_.Accept(world_.offered, "2026-05-04");
  accept.set_expected_revision(0);
  const auto head = world_.head();
  const auto expect = [&](const grpc::Status& status, const std::string& expected, const std::string& actual) {
    const Refusal refusal(status);
    EXPECT_EQ(refusal.code, grpc::StatusCode::ABORTED) << refusal.message;
    EXPECT_EQ(refusal.info.reason(), "REVISION_CONFLICT");
    EXPECT_EQ(refusal.info.domain(), "mentorlog");
    EXPECT_EQ(refusal.info.metadata().at("expected"), expected);
    EXPECT_EQ(refusal.info.metadata().at("actual"), actual);
    EXPECT_THAT(refusal.info.metadata().at("stream"), ::testing::Not(IsEmpty()));
    EXPECT_EQ(world_.head(), head);
    return refusal.missed;
  };
  EXPECT_THAT(expect(world_.Call(&Relationships::SetCadence, cadence), "0", "1"), ElementsAre("CadenceSet 2026-01-02"));
  EXPECT_THAT(expect(world_.Call(&People::RecordMove, move), "7", "0"), IsEmpty());
  EXPECT_THAT(expect(world_.Call(&Assignments::AcceptOffer, accept), "0", "1"),
              ElementsAre("AssignmentOffered 2026-05-03"));
  cadence.set_expected_revision(1);
  EXPECT_TRUE(world_.Call(&Relationships::SetCadence, cadence).ok());
}

// Somebody else asks about the pair's relationship, with a revision that is wrong, too high, or right: it is as if
// there were none.
TEST_F(WrongInput, ARevisionTellsNothingToWhoHasNoRight) {
  const auto refused = [&](const auto& method, auto request, std::uint64_t expected) {
    request.set_expected_revision(expected);
    const Refusal refusal(world_.Call(method, request, nullptr, world_.stranger));
    EXPECT_EQ(refusal.code, grpc::StatusCode::NOT_FOUND) << refusal.message;
    EXPECT_THAT(refusal.info.reason(), ::testing::AnyOf("UNKNOWN_RELATIONSHIP", "NO_SUCH_ASSIGNMENT"));
    for (const char* name : {"stream", "expected", "actual"})
      EXPECT_FALSE(refusal.info.metadata().contains(name)) << name;
    return refusal.message;
  };
  for (const std::uint64_t revision : {0, 1, 7}) {
    SCOPED_TRACE(revision);
    EXPECT_EQ(refused(&Relationships::SetCadence, world_.Cadence(10, 20), revision),
              refused(&Relationships::SetCadence, world_.Cadence(10, 20), 1));
    EXPECT_EQ(refused(&Assignments::AcceptOffer, world_.Accept(world_.offered, "2026-05-04"), revision),
              refused(&Assignments::AcceptOffer, world_.Accept(world_.offered, "2026-05-04"), 1));
  }
  // Nor if the request is malformed as well.
  auto tomorrow = world_.Cadence(10, 20);
  tomorrow.set_occurred_on(Tomorrow());
  tomorrow.set_expected_revision(0);
  const Refusal refusal(world_.Call(&Relationships::SetCadence, tomorrow, nullptr, world_.stranger));
  EXPECT_EQ(refusal.info.reason(), "UNKNOWN_RELATIONSHIP");
  EXPECT_FALSE(refusal.info.metadata().contains("actual"));
}

TEST_F(WrongInput, EverythingThatIsWrongIsNamedAtOnce) {
  const auto head = world_.head();
  v1::StartRelationshipRequest start;
  start.set_mentor_id("short");
  start.set_kind(static_cast<v1::RelationshipKind>(99));
  start.set_origin(static_cast<v1::RelationshipOrigin>(99));
  start.set_occurred_on("soon");
  start.set_why(Letters(8001));
  start.mutable_cadence()->set_ideal_days(9);
  start.set_evolved_from_id("short");
  const Refusal refusal(world_.Call(&Relationships::StartRelationship, start));
  EXPECT_EQ(refusal.code, kInvalid);
  EXPECT_EQ(refusal.info.reason(), "MALFORMED_ID") << "the first";
  EXPECT_THAT(refusal.FieldNames(), ElementsAre("cadence", "evolved_from_id", "kind", "mentee_id", "mentor_id",
                                                "occurred_on", "origin", "request_id", "why"));
  EXPECT_THAT(refusal.fields.at("mentee_id"), ::testing::HasSubstr("want an id of 16 bytes"));
  EXPECT_EQ(world_.head(), head);
}

TEST_F(WrongInput, WhatNobodyServesIsStillUnimplemented) {
  for (const char* method : {"/mentorlog.v1.PeopleService/Dismiss", "/mentorlog.v1.NoService/Ask", "/elsewhere/Ask"}) {
    const auto status = CallEmpty(world_.channel(), method).first;
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << method << ": " << status.error_message();
  }
}

TEST_F(WrongInput, WhatAPersonWroteIsNeverShownInARefusal) {
  auto request = world_.CheckIn();
  request.set_gist("Zebulon " + Letters(280));
  request.set_occurred_on("Zebulon");
  const Refusal refusal(world_.Call(&Relationships::LogCheckIn, request));
  EXPECT_EQ(refusal.code, kInvalid);
  EXPECT_THAT(refusal.message, ::testing::Not(::testing::HasSubstr("Zebulon")));
  for (const auto& [field, description] : refusal.fields) {
    EXPECT_THAT(description, ::testing::Not(::testing::HasSubstr("Zebulon")));
  }
}

}  // namespace
}  // namespace mentorlog::server_test
