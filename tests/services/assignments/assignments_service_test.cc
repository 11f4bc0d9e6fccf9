// Assignments, recognition and advocacy over a real in-process server and a log in memory.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/assignments_service.grpc.pb.h"
#include "mentorlog/v1/people_service.grpc.pb.h"
#include "mentorlog/v1/recognition_service.grpc.pb.h"
#include "mentorlog/v1/relationships_service.grpc.pb.h"
#include "services/assignments/assignments_room.h"
#include "services/people/people_room.h"
#include "services/recognition/recognition_room.h"
#include "services/relationships/relationships_room.h"
#include "services/runtime/dev_identity.h"
#include "services/runtime/scan_pool.h"
#include "storage/keys.h"
#include "storage/ledger.h"
#include "storage/store.h"

namespace mentorlog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return {};
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo info;
    if (detail.UnpackTo(&info)) return info.reason();
  }
  return {};
}

class RoomsTest : public ::testing::Test {
 protected:
  RoomsTest() : store_(storage::NewMemoryStore()), keys_(storage::NewMemoryKeyStore()) {
    const std::vector<runtime::Room> rooms = {people::PeopleRoom(), assignments::AssignmentsRoom(),
                                              recognition::RecognitionRoom(), relationships::RelationshipsRoom()};
    std::vector<const google::protobuf::Descriptor*> wrappers;
    std::vector<runtime::StateFold> folds;
    for (const auto& room : rooms) {
      wrappers.insert(wrappers.end(), room.wrappers.begin(), room.wrappers.end());
      folds.insert(folds.end(), room.folds.begin(), room.folds.end());
    }
    codec_ = std::make_unique<runtime::EventCodec>(*runtime::EventCodec::Create(wrappers));
    views_.push_back(std::make_unique<runtime::StateView>(*codec_, folds, 1));
    auto& states = static_cast<runtime::StateView&>(*views_[0]);
    for (const auto& room : rooms) {
      for (auto& view : room.views(*codec_)) views_.push_back(std::move(view));
    }
    std::vector<const storage::View*> views;
    for (const auto& view : views_) views.push_back(view.get());
    ledger_ = *storage::OpenLedger(*store_, *keys_, storage::SystemClock(), std::move(views), {});
    desk_.reset(new runtime::Desk{*ledger_, *codec_, states, storage::SystemClock()});
    edge_.reset(new runtime::Edge{*desk_, identity_, pool_});
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    for (const auto& room : rooms) {
      for (auto& service : room.services(*edge_)) services_.push_back(std::move(service));
    }
    for (const auto& service : services_) builder.RegisterService(service.get());
    server_ = builder.BuildAndStart();
    const auto channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
    people_ = v1::PeopleService::NewStub(channel);
    assignments_ = v1::AssignmentsService::NewStub(channel);
    recognition_ = v1::RecognitionService::NewStub(channel);
    relationships_ = v1::RelationshipsService::NewStub(channel);
    mentor_ = Register("Mo");
    mentee_ = Register("Eve");
    stranger_ = Register("Xan");
  }
  ~RoomsTest() override {
    server_->Shutdown();
    ledger_->Stop();
  }

  template <typename Request>
  Request New() {
    Request request;
    std::string id(16, 'r');
    id[0] = static_cast<char>(++requests_);
    id[1] = static_cast<char>(requests_ >> 8);
    request.set_request_id(id);
    return request;
  }

  std::string Register(const std::string& name) {
    auto request = New<v1::RegisterPersonRequest>();
    request.set_display_name(name);
    request.set_occurred_on("2020-01-01");
    return Do(&v1::PeopleService::Stub::RegisterPerson, request, "").person_id();
  }

  // As `person` (empty: dev); the status in status_.
  template <typename Stub, typename Request, typename Response>
  Response Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
                const std::string& person) {
    grpc::ClientContext context;
    if (!person.empty()) context.AddMetadata("mentorlog-actor", storage::Id::FromBytes(person)->ToHex());
    Response response;
    status_ = (StubOf(static_cast<Stub*>(nullptr)).*method)(&context, request, &response);
    return response;
  }
  template <typename Stub, typename Request, typename Response>
  Response Do(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
              const std::string& person) {
    auto response = Call(method, request, person);
    EXPECT_TRUE(status_.ok()) << status_.error_message();
    return response;
  }
  v1::PeopleService::Stub& StubOf(v1::PeopleService::Stub*) { return *people_; }
  v1::AssignmentsService::Stub& StubOf(v1::AssignmentsService::Stub*) { return *assignments_; }
  v1::RecognitionService::Stub& StubOf(v1::RecognitionService::Stub*) { return *recognition_; }
  v1::RelationshipsService::Stub& StubOf(v1::RelationshipsService::Stub*) { return *relationships_; }

  template <typename Request>
  Request Step(const std::string& assignment, const std::string& on) {
    auto request = New<Request>();
    request.set_assignment_id(assignment);
    request.set_occurred_on(on);
    return request;
  }
  std::string Draft(const std::string& title, const std::string& on) {
    auto request = New<v1::DraftAssignmentRequest>();
    request.set_occurred_on(on);
    request.set_mentor_id(mentor_);
    request.set_mentee_id(mentee_);
    request.mutable_description()->set_title(title);
    request.mutable_description()->add_stretch(v1::STRETCH_NEW_FUNCTION);
    return Do(&As::DraftAssignment, request, mentor_).assignment_id();
  }
  std::string Offer(const std::string& title) {
    const auto assignment = Draft(title, "2026-05-01");
    auto offer = Step<v1::OfferAssignmentRequest>(assignment, "2026-05-03");
    offer.set_respond_by("2026-05-10");
    Do(&As::OfferAssignment, offer, mentor_);
    return assignment;
  }

  using As = v1::AssignmentsService::Stub;
  using Re = v1::RecognitionService::Stub;
  std::string mentor_, mentee_, stranger_;
  grpc::Status status_;

 private:
  int requests_ = 0;
  const std::unique_ptr<storage::Store> store_;
  const std::unique_ptr<storage::KeyStore> keys_;
  const runtime::DevIdentity identity_{1};
  std::unique_ptr<runtime::EventCodec> codec_;
  std::vector<std::unique_ptr<storage::View>> views_;
  std::unique_ptr<storage::Ledger> ledger_;
  std::unique_ptr<runtime::Desk> desk_;
  runtime::FixedScanPool pool_{2, 16};
  std::unique_ptr<runtime::Edge> edge_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::PeopleService::Stub> people_;
  std::unique_ptr<v1::AssignmentsService::Stub> assignments_;
  std::unique_ptr<v1::RecognitionService::Stub> recognition_;
  std::unique_ptr<v1::RelationshipsService::Stub> relationships_;
};

TEST_F(RoomsTest, AnAssignmentIsSoldAndTheExchangeIsKept) {
  const auto assignment = Offer("Leeds lead");
  auto concern = Step<v1::RaiseConcernRequest>(assignment, "2026-05-04");
  concern.set_kind(v1::CONCERN_KIND_FAMILY);
  concern.set_text("who takes the children to school?");
  const auto concern_id = Do(&As::RaiseConcern, concern, mentee_).concern_id();
  auto pitch = Step<v1::MakePitchRequest>(assignment, "2026-05-05");
  pitch.add_answers_concern_ids(concern_id);
  pitch.set_argument("two days from home");
  Do(&As::MakePitch, pitch, mentor_);
  auto eased = Step<v1::AnswerConcernRequest>(assignment, "2026-05-06");
  eased.set_concern_id(concern_id);
  eased.set_answer(v1::CONCERN_ANSWER_EASED);
  Do(&As::AnswerConcern, eased, mentee_);
  Do(&As::AcceptOffer, Step<v1::AcceptOfferRequest>(assignment, "2026-05-07"), mentee_);

  v1::GetAssignmentRequest get;
  get.set_assignment_id(assignment);
  const auto whole = Do(&As::GetAssignment, get, mentee_);
  EXPECT_EQ(whole.assignment().title().text(), "Leeds lead");
  EXPECT_EQ(whole.assignment().mentor().display_name(), "Mo");
  EXPECT_EQ(whole.assignment().status(), v1::ASSIGNMENT_STATUS_ACCEPTED);
  EXPECT_EQ(whole.assignment().decided_on(), "2026-05-07");
  EXPECT_THAT(whole.description().stretch(), ElementsAre(v1::STRETCH_NEW_FUNCTION));
  ASSERT_THAT(whole.concerns(), SizeIs(1));
  EXPECT_EQ(whole.concerns(0).answer(), v1::CONCERN_ANSWER_EASED);
  std::vector<std::string> events;
  for (const auto& entry : whole.entries()) events.push_back(entry.event());
  EXPECT_THAT(events, ElementsAre("AssignmentDrafted", "AssignmentOffered", "ConcernRaised", "PitchMade",
                                  "ConcernAnswered", "OfferAccepted"));
  EXPECT_EQ(whole.entries(2).text().text(), "who takes the children to school?");
  EXPECT_EQ(whole.entries(3).text().text(), "two days from home");
  EXPECT_EQ(whole.entries(3).actor_id(), mentor_);
}

TEST_F(RoomsTest, AnAssignmentDoesNotExistForOthers) {
  v1::GetAssignmentRequest get;
  get.set_assignment_id(Offer("Leeds lead"));
  Call(&As::GetAssignment, get, stranger_);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(status_), "NO_SUCH_ASSIGNMENT");
  v1::ListAssignmentsRequest list;
  list.set_person_id(mentee_);
  EXPECT_THAT(Do(&As::ListAssignments, list, stranger_).assignments(), IsEmpty());
}

TEST_F(RoomsTest, RefusalsCarryCodeAndReason) {
  const auto assignment = Offer("Leeds lead");
  Call(&As::AcceptOffer, Step<v1::AcceptOfferRequest>(assignment, "2026-05-11"), mentee_);
  EXPECT_EQ(ReasonOf(status_), "ACCEPTED_TOO_LATE");
  EXPECT_THAT(status_.error_message(), ::testing::HasSubstr("respond_by was 2026-05-10"));
  Call(&As::AcceptOffer, Step<v1::AcceptOfferRequest>(assignment, "2026-05-08"), mentor_);
  EXPECT_EQ(ReasonOf(status_), "NOT_PERMITTED");
  const auto accept = Step<v1::AcceptOfferRequest>(assignment, "2026-05-08");
  const auto first = Do(&As::AcceptOffer, accept, mentee_);
  const auto again = Do(&As::AcceptOffer, accept, mentee_);
  EXPECT_TRUE(again.result().replayed());
  EXPECT_EQ(again.result().position(), first.result().position());
  Call(&As::AcceptOffer, Step<v1::AcceptOfferRequest>(assignment, "2026-05-08"), mentee_);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status_), "OFFER_NOT_OPEN");
  auto stale = Step<v1::StartAssignmentRequest>(assignment, "2026-06-01");
  stale.set_expected_revision(0);
  Call(&As::StartAssignment, stale, mentee_);
  EXPECT_EQ(ReasonOf(status_), "REVISION_CONFLICT");
  Call(&As::StartAssignment, Step<v1::StartAssignmentRequest>("short", "yesterday"), mentee_);
  EXPECT_EQ(ReasonOf(status_), "MALFORMED_ID");
}

TEST_F(RoomsTest, ListsAreFilteredAndPagedTheNewestFirst) {
  const auto first = Draft("first", "2026-05-01");
  const auto second = Offer("second");
  const auto third = Draft("third", "2026-04-01");
  v1::ListAssignmentsRequest list;
  list.set_person_id(mentee_);
  list.set_page_size(2);
  const auto page = Do(&As::ListAssignments, list, mentee_);
  ASSERT_THAT(page.assignments(), SizeIs(2));
  EXPECT_EQ(page.assignments(0).title().text(), "third");
  EXPECT_EQ(page.assignments(1).mentee_owes(), v1::ASSIGNMENT_WAIT_DECISION);
  list.set_page_token(page.next_page_token());
  const auto rest = Do(&As::ListAssignments, list, mentee_);
  ASSERT_THAT(rest.assignments(), SizeIs(1));
  EXPECT_EQ(rest.assignments(0).assignment_id(), first);
  EXPECT_EQ(rest.next_page_token(), "");
  list.clear_page_token();
  list.add_statuses(v1::ASSIGNMENT_STATUS_OFFERED);
  EXPECT_EQ(Do(&As::ListAssignments, list, mentor_).assignments(0).assignment_id(), second);
  list.set_side(v1::ASSIGNMENT_SIDE_MENTOR);
  EXPECT_THAT(Do(&As::ListAssignments, list, mentee_).assignments(), IsEmpty());
}

TEST_F(RoomsTest, PraiseIsNarrowedAndListedToThePair) {
  auto praise = New<v1::GiveRecognitionRequest>();
  praise.set_to_id(mentee_);
  praise.set_what("the calm in the incident");
  praise.set_audience(v1::RECOGNITION_AUDIENCE_ORG);
  praise.set_relayed_from("the customer");
  praise.set_occurred_on("2026-05-01");
  const auto given = Do(&Re::GiveRecognition, praise, mentor_);
  EXPECT_EQ(given.audience(), v1::RECOGNITION_AUDIENCE_PAIR);
  ASSERT_THAT(given.result().advice(), SizeIs(1));
  EXPECT_EQ(given.result().advice(0).reason(), "AUDIENCE_NARROWED");
  v1::ListRecognitionsRequest list;
  list.set_person_id(mentee_);
  const auto received = Do(&Re::ListRecognitions, list, mentee_);
  ASSERT_THAT(received.recognitions(), SizeIs(1));
  EXPECT_EQ(received.recognitions(0).what().text(), "the calm in the incident");
  EXPECT_FALSE(received.recognitions(0).has_relayed_from() &&
               received.recognitions(0).relayed_from().content_case() != v1::Text::CONTENT_NOT_SET);
  list.set_person_id(mentor_);
  EXPECT_EQ(Do(&Re::ListRecognitions, list, mentor_).recognitions(0).relayed_from().text(), "the customer");
  EXPECT_THAT(Do(&Re::ListRecognitions, list, stranger_).recognitions(), IsEmpty());
  praise = New<v1::GiveRecognitionRequest>();
  praise.set_to_id(mentor_);
  Call(&Re::GiveRecognition, praise, mentor_);
  EXPECT_EQ(ReasonOf(status_), "SELF_RECOGNITION");
}

TEST_F(RoomsTest, AdvocacyIsTheAuthorsUntilTold) {
  auto made = New<v1::RecordAdvocacyRequest>();
  made.set_for_id(mentee_);
  made.set_act(v1::ADVOCACY_ACT_NAMED_FOR_ROLE);
  made.set_opportunity("plant manager");
  made.set_audience("the board");
  made.set_occurred_on("2026-05-01");
  const auto advocacy = Do(&Re::RecordAdvocacy, made, mentor_).advocacy_id();
  v1::ListAdvocacyRequest list;
  list.set_person_id(mentee_);
  EXPECT_THAT(Do(&Re::ListAdvocacy, list, mentee_).advocacy(), IsEmpty());
  EXPECT_EQ(Do(&Re::ListAdvocacy, list, mentor_).advocacy(0).audience().text(), "the board");
  auto outcome = New<v1::RecordAdvocacyOutcomeRequest>();
  outcome.set_advocacy_id(advocacy);
  outcome.set_outcome(v1::ADVOCACY_OUTCOME_HEARD);
  outcome.set_occurred_on("2026-05-03");
  Call(&Re::RecordAdvocacyOutcome, outcome, mentee_);
  EXPECT_EQ(ReasonOf(status_), "NO_SUCH_ADVOCACY");
  auto tell = New<v1::TellAdvocacyRequest>();
  tell.set_advocacy_id(advocacy);
  tell.set_occurred_on("2026-05-02");
  Do(&Re::TellAdvocacy, tell, mentor_);
  Do(&Re::RecordAdvocacyOutcome, outcome, mentee_);
  const auto told = Do(&Re::ListAdvocacy, list, mentee_);
  ASSERT_THAT(told.advocacy(), SizeIs(1));
  EXPECT_EQ(told.advocacy(0).opportunity().text(), "plant manager");
  EXPECT_EQ(told.advocacy(0).audience().content_case(), v1::Text::CONTENT_NOT_SET);
  EXPECT_EQ(told.advocacy(0).told_on(), "2026-05-02");
  EXPECT_EQ(told.advocacy(0).outcome(), v1::ADVOCACY_OUTCOME_HEARD);
  EXPECT_EQ(told.advocacy(0).outcome_on(), "2026-05-03");
}

TEST_F(RoomsTest, AFullPageTellsNothingOfWhatIsHiddenBehindIt) {
  auto made = New<v1::RecordAdvocacyRequest>();
  made.set_for_id(mentee_);
  made.set_act(v1::ADVOCACY_ACT_PRAISED);
  made.set_occurred_on("2026-04-01");
  Do(&Re::RecordAdvocacy, made, mentor_);
  made = New<v1::RecordAdvocacyRequest>();
  made.set_for_id(mentee_);
  made.set_act(v1::ADVOCACY_ACT_PRAISED);
  made.set_tell_mentee(true);
  made.set_occurred_on("2026-05-01");
  Do(&Re::RecordAdvocacy, made, mentor_);
  v1::ListAdvocacyRequest spoken;
  spoken.set_person_id(mentee_);
  spoken.set_page_size(1);
  EXPECT_FALSE(Do(&Re::ListAdvocacy, spoken, mentor_).next_page_token().empty());
  const auto told = Do(&Re::ListAdvocacy, spoken, mentee_);
  EXPECT_THAT(told.advocacy(), SizeIs(1));
  EXPECT_EQ(told.next_page_token(), "");

  Draft("between the two", "2026-05-01");
  std::swap(mentor_, stranger_);
  Draft("from somebody else", "2026-05-02");
  v1::ListAssignmentsRequest list;
  list.set_person_id(mentee_);
  list.set_page_size(1);
  EXPECT_FALSE(Do(&As::ListAssignments, list, mentee_).next_page_token().empty());
  const auto own = Do(&As::ListAssignments, list, mentor_);
  EXPECT_THAT(own.assignments(), SizeIs(1));
  EXPECT_EQ(own.next_page_token(), "");
}

TEST_F(RoomsTest, APageIsFullHoweverManyAreHiddenBeforeIt) {
  const auto praise = [&](bool tell, const std::string& on) {
    auto made = New<v1::RecordAdvocacyRequest>();
    made.set_for_id(mentee_);
    made.set_act(v1::ADVOCACY_ACT_PRAISED);
    made.set_tell_mentee(tell);
    made.set_occurred_on(on);
    Do(&Re::RecordAdvocacy, made, mentor_);
  };
  praise(true, "2026-05-01");
  for (int i = 0; i < 1001; ++i) praise(false, "2026-05-02");
  v1::ListAdvocacyRequest list;
  list.set_person_id(mentee_);
  const auto page = Do(&Re::ListAdvocacy, list, mentee_);
  EXPECT_THAT(page.advocacy(), SizeIs(1));
  EXPECT_EQ(page.next_page_token(), "") << "its key would name a row that is hidden";
}

TEST_F(RoomsTest, PraiseIsForACheckInOfTheTwoAndForAnAssignmentOfTheGivers) {
  using Rl = v1::RelationshipsService::Stub;
  const auto met = [&](const std::string& mentor, const std::string& mentee) {
    auto request = New<v1::LogCheckInRequest>();
    request.add_with()->set_mentor_id(mentor);
    request.mutable_with(0)->set_mentee_id(mentee);
    request.set_occurred_on("2026-05-01");
    return Do(&Rl::LogCheckIn, request, mentor).check_ins(0).checkin_id();
  };
  const auto praise = [&] {
    auto request = New<v1::GiveRecognitionRequest>();
    request.set_to_id(mentee_);
    request.set_what("calm");
    request.set_occurred_on("2026-05-02");
    return request;
  };
  auto given = praise();
  given.set_check_in_id(std::string(16, 'n'));
  Call(&Re::GiveRecognition, given, mentor_);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(status_), "UNKNOWN_CHECK_IN");
  given.set_check_in_id(met(stranger_, mentee_));
  Call(&Re::GiveRecognition, given, mentor_);
  EXPECT_EQ(ReasonOf(status_), "UNKNOWN_CHECK_IN") << "of others";
  given.set_check_in_id(met(mentee_, mentor_));
  Do(&Re::GiveRecognition, given, mentor_);

  given = praise();
  given.set_assignment_id(std::string(16, 'n'));
  Call(&Re::GiveRecognition, given, mentor_);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(status_), "NO_SUCH_ASSIGNMENT");
  given.set_assignment_id(Draft("Leeds lead", "2026-05-01"));
  Call(&Re::GiveRecognition, given, stranger_);
  EXPECT_EQ(ReasonOf(status_), "NO_SUCH_ASSIGNMENT") << "of others";
  Do(&Re::GiveRecognition, given, mentor_);
}

TEST_F(RoomsTest, OthersDoNotLearnFromARefusalThatAnAdvocacyIsThere) {
  auto made = New<v1::RecordAdvocacyRequest>();
  made.set_for_id(mentee_);
  made.set_act(v1::ADVOCACY_ACT_PRAISED);
  made.set_occurred_on("2026-05-01");
  auto tell = New<v1::TellAdvocacyRequest>();
  tell.set_advocacy_id(Do(&Re::RecordAdvocacy, made, mentor_).advocacy_id());
  Call(&Re::TellAdvocacy, tell, mentee_);
  EXPECT_EQ(ReasonOf(status_), "NO_SUCH_ADVOCACY") << "not told yet";
  Do(&Re::TellAdvocacy, tell, mentor_);
  tell.set_request_id(New<v1::TellAdvocacyRequest>().request_id());
  Call(&Re::TellAdvocacy, tell, mentee_);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::PERMISSION_DENIED) << "told, but it is for the advocate to tell";
  EXPECT_EQ(ReasonOf(status_), "NOT_PERMITTED");
  Call(&Re::TellAdvocacy, tell, stranger_);
  EXPECT_EQ(ReasonOf(status_), "NO_SUCH_ADVOCACY");
}

}  // namespace
}  // namespace mentorlog
