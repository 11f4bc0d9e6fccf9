// PeopleService over a real in-process server.
#include <chrono>
#include <set>

#include "gmock/gmock.h"
#include "services/people/directory.h"
#include "tests/services/people/people_server.h"
#include "tests/services/runtime/unknown_event.h"

namespace mentorlog::people_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PeopleServiceTest : public ::testing::Test {
 protected:
  v1::RegisterPersonRequest Registration(const std::string& name, const std::string& external_id) {
    v1::RegisterPersonRequest request;
    request.set_request_id(server.NextRequest());
    request.set_display_name(name);
    request.set_email("someone@example.org");
    request.set_occurred_on("2020-01-01");
    request.mutable_external_id()->set_system("csv");
    request.mutable_external_id()->set_external_id(external_id);
    return request;
  }
  std::string Register(const std::string& name, const std::string& external_id) {
    const auto request = Registration(name, external_id);
    v1::RegisterPersonResponse response;
    EXPECT_TRUE(Call(&Stub::RegisterPerson, request, response).ok());
    return response.person_id();
  }
  v1::RecordMoveRequest Move(const std::string& person, const std::string& on, v1::MoveType type,
                             const std::string& unit) {
    v1::RecordMoveRequest request;
    request.set_request_id(server.NextRequest());
    request.set_person_id(person);
    request.set_type(type);
    request.set_effective_on(on);
    request.mutable_to()->set_unit(unit);
    return request;
  }
  v1::RecordMoveResponse Moved(const std::string& person, const std::string& on, v1::MoveType type,
                               const std::string& unit) {
    v1::RecordMoveResponse response;
    const auto status = Call(&Stub::RecordMove, Move(person, on, type, unit), response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::Person Get(const std::string& person) {
    v1::GetPersonRequest request;
    request.set_person_id(person);
    v1::GetPersonResponse response;
    const auto status = Call(&Stub::GetPerson, request, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.person();
  }
  // name and how, of each match.
  std::vector<std::string> Find(const std::string& query) {
    v1::FindPeopleRequest request;
    request.set_query(query);
    v1::FindPeopleResponse response;
    EXPECT_TRUE(Call(&Stub::FindPeople, request, response).ok());
    std::vector<std::string> found;
    for (const auto& match : response.matches()) {
      found.push_back(match.person().display_name() + " " + v1::FindPeopleResponse::How_Name(match.how()));
    }
    return found;
  }

  using Stub = v1::PeopleService::Stub;
  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    return ((*server.stub).*method)(&context, request, &response);
  }

  PeopleServer server;
};

TEST_F(PeopleServiceTest, ShowsWhoWasRegisteredWithEverythingTold) {
  const auto person = Get(Register("Ana Lima", "p1"));
  EXPECT_EQ(person.display_name().text(), "Ana Lima");
  EXPECT_EQ(person.email().text(), "someone@example.org");
  EXPECT_EQ(person.joined_on(), "2020-01-01");
  ASSERT_THAT(person.external_ids(), SizeIs(1));
  EXPECT_EQ(person.external_ids(0).external_id(), "p1");
  EXPECT_THAT(person.path(), IsEmpty());
}

TEST_F(PeopleServiceTest, AnswersARepeatedRequestAsTheFirstTime) {
  const auto request = Registration("Ana", "p1");
  v1::RegisterPersonResponse first;
  v1::RegisterPersonResponse again;
  ASSERT_TRUE(Call(&Stub::RegisterPerson, request, first).ok());
  ASSERT_TRUE(Call(&Stub::RegisterPerson, request, again).ok());
  EXPECT_TRUE(again.result().replayed());
  EXPECT_EQ(again.person_id(), first.person_id());
  EXPECT_EQ(again.result().position(), first.result().position());
}

TEST_F(PeopleServiceTest, RefusesAnExternalIdThatSomebodyHolds) {
  Register("Ana", "p1");
  v1::RegisterPersonResponse response;
  const auto status = Call(&Stub::RegisterPerson, Registration("Eva", "p1"), response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(ReasonOf(status), "EXTERNAL_ID_TAKEN");
}

TEST_F(PeopleServiceTest, WritesNothingWhenItOnlyValidates) {
  auto request = Registration("Ana", "p1");
  request.set_validate_only(true);
  v1::RegisterPersonResponse response;
  ASSERT_TRUE(Call(&Stub::RegisterPerson, request, response).ok());
  EXPECT_EQ(response.person_id(), "");
  EXPECT_THAT(Find("Ana"), IsEmpty());
}

TEST_F(PeopleServiceTest, ShowsThePathWithWhatWasBeforeEachStep) {
  const auto ana = Register("Ana", "p1");
  const auto eva = Register("Eva", "p2");
  Moved(ana, "2024-01-01", v1::MOVE_TYPE_TRANSFER, "leeds");
  auto hire = Move(ana, "2020-01-01", v1::MOVE_TYPE_HIRE, "core");
  hire.mutable_to()->set_manager_id(eva);
  hire.set_confidence(4);
  v1::RecordMoveResponse response;
  ASSERT_TRUE(Call(&Stub::RecordMove, hire, response).ok());
  const auto person = Get(ana);
  ASSERT_THAT(person.path(), SizeIs(2));
  EXPECT_EQ(person.path(0).move_id(), response.move_id());
  EXPECT_EQ(person.path(0).manager().display_name(), "Eva");
  EXPECT_EQ(person.path(0).confidence(), 4U);
  EXPECT_FALSE(person.path(0).has_from());
  EXPECT_EQ(person.path(1).from().unit(), "core");
  EXPECT_EQ(person.current().to().unit(), "leeds");
}

TEST_F(PeopleServiceTest, ShowsTheScopeOfEachRoleAloneAndAsItWasLastCorrected) {
  const auto ana = Register("Ana", "p1");
  auto hire = Move(ana, "2020-01-01", v1::MOVE_TYPE_HIRE, "core");
  hire.mutable_to()->set_line(v1::LINE_LINE);
  hire.mutable_to()->set_people_managed(7);
  hire.mutable_from_reported()->set_line(v1::LINE_STAFF);
  hire.mutable_from_reported()->set_people_managed(2);
  v1::RecordMoveResponse hired;
  ASSERT_TRUE(Call(&Stub::RecordMove, hire, hired).ok());
  v1::CorrectMoveRequest correct;
  correct.set_request_id(server.NextRequest());
  correct.set_person_id(ana);
  correct.set_move_id(hired.move_id());
  correct.mutable_to()->set_people_managed(8);
  v1::CorrectMoveResponse corrected;
  ASSERT_TRUE(Call(&Stub::CorrectMove, correct, corrected).ok());
  Moved(ana, "2024-01-01", v1::MOVE_TYPE_TRANSFER, "leeds");
  const auto person = Get(ana);
  ASSERT_THAT(person.path(), SizeIs(2));
  EXPECT_EQ(person.path(0).to().line(), v1::LINE_LINE) << "the correction did not speak of it";
  EXPECT_EQ(person.path(0).to().people_managed(), 8U);
  EXPECT_EQ(person.path(0).from_reported().line(), v1::LINE_STAFF);
  EXPECT_EQ(person.path(0).from_reported().people_managed(), 2U);
  EXPECT_EQ(person.path(1).from().people_managed(), 8U);
  EXPECT_FALSE(person.path(1).to().has_line());
  EXPECT_FALSE(person.current().to().has_people_managed()) << "nobody said how many follow to Leeds";
}

TEST_F(PeopleServiceTest, ShowsAPersonAsKnownAtAPosition) {
  const auto ana = Register("Ana", "p1");
  const auto moved = Moved(ana, "2020-01-01", v1::MOVE_TYPE_HIRE, "core");
  Moved(ana, "2021-01-01", v1::MOVE_TYPE_TRANSFER, "leeds");
  v1::GetPersonRequest request;
  request.set_person_id(ana);
  request.mutable_as_known_at()->set_position(moved.result().position());
  v1::GetPersonResponse response;
  ASSERT_TRUE(Call(&Stub::GetPerson, request, response).ok());
  EXPECT_THAT(response.person().path(), SizeIs(1));
  request.mutable_as_known_at()->set_time_us(1);
  const auto status = Call(&Stub::GetPerson, request, response);
  EXPECT_EQ(ReasonOf(status), "UNKNOWN_PERSON");
}

TEST_F(PeopleServiceTest, NamesEveryViolationAtOnce) {
  v1::RecordMoveRequest request;
  request.set_person_id("short");
  request.set_effective_on("2020-13-01");
  v1::RecordMoveResponse response;
  const auto status = Call(&Stub::RecordMove, request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  for (const auto* field : {"person_id", "effective_on", "type", "request_id"}) {
    EXPECT_NE(status.error_message().find(field), std::string::npos) << field;
  }
}

TEST_F(PeopleServiceTest, RefusesAStaleRevisionAtOnce) {
  const auto ana = Register("Ana", "p1");
  auto request = Move(ana, "2020-01-01", v1::MOVE_TYPE_HIRE, "core");
  request.set_expected_revision(0);
  v1::RecordMoveResponse response;
  const auto status = Call(&Stub::RecordMove, request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(ReasonOf(status), "REVISION_CONFLICT");
}

TEST_F(PeopleServiceTest, CorrectsRetractsAnnouncesAndRenumbers) {
  const auto ana = Register("Ana", "p1");
  const auto moved = Moved(ana, "2020-01-01", v1::MOVE_TYPE_HIRE, "core");
  v1::CorrectMoveRequest correct;
  correct.set_request_id(server.NextRequest());
  correct.set_person_id(ana);
  correct.set_move_id(moved.move_id());
  correct.mutable_to()->set_unit("tests");
  v1::CorrectMoveResponse corrected;
  ASSERT_TRUE(Call(&Stub::CorrectMove, correct, corrected).ok());
  EXPECT_EQ(Get(ana).current().to().unit(), "tests");
  EXPECT_TRUE(Get(ana).current().corrected());

  v1::AnnounceMoveRequest announce;
  announce.set_request_id(server.NextRequest());
  announce.set_person_id(ana);
  announce.set_type(v1::MOVE_TYPE_TRANSFER);
  announce.set_effective_on("9999-01-01");
  v1::AnnounceMoveResponse announced;
  ASSERT_TRUE(Call(&Stub::AnnounceMove, announce, announced).ok());
  EXPECT_EQ(Get(ana).announced(0).move_id(), announced.move_id());

  v1::RetractMoveRequest retract;
  retract.set_request_id(server.NextRequest());
  retract.set_person_id(ana);
  retract.set_move_id(moved.move_id());
  retract.set_reason(v1::MOVE_RETRACTION_REASON_WRONG_PERSON);
  v1::RetractMoveResponse retracted;
  ASSERT_TRUE(Call(&Stub::RetractMove, retract, retracted).ok());
  EXPECT_THAT(Get(ana).path(), IsEmpty());

  v1::UnlinkExternalIdRequest unlink;
  unlink.set_request_id(server.NextRequest());
  unlink.set_person_id(ana);
  unlink.mutable_external_id()->set_system("csv");
  unlink.mutable_external_id()->set_external_id("p1");
  v1::UnlinkExternalIdResponse unlinked;
  ASSERT_TRUE(Call(&Stub::UnlinkExternalId, unlink, unlinked).ok());
  EXPECT_THAT(Find("p1"), IsEmpty());
  v1::LinkExternalIdRequest link;
  link.set_request_id(server.NextRequest());
  link.set_person_id(Register("Eva", "p2"));
  *link.mutable_external_id() = unlink.external_id();
  v1::LinkExternalIdResponse linked;
  ASSERT_TRUE(Call(&Stub::LinkExternalId, link, linked).ok());
  EXPECT_THAT(Find("p1"), ElementsAre("Eva HOW_EXTERNAL_ID"));
}

TEST_F(PeopleServiceTest, FindsPeopleByIdNumberAndName) {
  const auto ana = Register("Ana Lima", "p1");
  Register("Anabel Reis", "p2");
  Register("Ana", "p3");
  EXPECT_THAT(Find(storage::Id::FromBytes(ana)->ToHex()), ElementsAre("Ana Lima HOW_PERSON_ID"));
  EXPECT_THAT(Find("p2"), ElementsAre("Anabel Reis HOW_EXTERNAL_ID"));
  EXPECT_THAT(Find("aNA"), ElementsAre("Ana HOW_NAME", "Ana Lima HOW_NAME_PREFIX", "Anabel Reis HOW_NAME_PREFIX"));
  EXPECT_THAT(Find("anab"), ElementsAre("Anabel Reis HOW_NAME_PREFIX"));
  EXPECT_THAT(Find("nobody"), IsEmpty());
  // Who came after the first search is found by the next.
  Register("Bea", "p4");
  EXPECT_THAT(Find("be"), ElementsAre("Bea HOW_NAME_PREFIX"));
}

TEST_F(PeopleServiceTest, WhoIsFoundByAnIdIsFoundAlone) {
  const auto ana = Register("Ana Lima", "p1");
  Register("p1", "p2");
  Register(storage::Id::FromBytes(ana)->ToHex(), "p3");
  EXPECT_THAT(Find("p1"), ElementsAre("Ana Lima HOW_EXTERNAL_ID"));
  EXPECT_THAT(Find(storage::Id::FromBytes(ana)->ToHex()), ElementsAre("Ana Lima HOW_PERSON_ID"));
  EXPECT_THAT(Find("p"), ElementsAre("p1 HOW_NAME_PREFIX"));
}

TEST_F(PeopleServiceTest, ADirectoryThatIsFullStillFindsEverybody) {
  for (int i = 0; i < 20; ++i) Register("Ana " + std::string(1, static_cast<char>('a' + i)), "p" + std::to_string(i));
  ASSERT_THAT(Find("ana"), SizeIs(10));
  const people::Directory small(server.desk(), 3);
  const auto snapshot = server.desk().ledger.Snapshot();
  for (int round = 0; round < 2; ++round) {
    const auto matches = small.FindByPrefix(*snapshot, "ana ", 15);
    ASSERT_TRUE(matches.ok()) << matches.status();
    ASSERT_THAT(*matches, SizeIs(15));
    EXPECT_EQ(matches->front().name, "Ana a");
    EXPECT_EQ(matches->back().name, "Ana o");
    EXPECT_EQ(small.Name(matches->back().person), "Ana o");
  }
}

TEST_F(PeopleServiceTest, ListsEverybodyPageByPage) {
  for (int i = 0; i < 5; ++i) Register("P" + std::to_string(i), "p" + std::to_string(i));
  v1::ListPeopleRequest request;
  request.set_page_size(2);
  std::set<std::string> names;
  int pages = 0;
  do {
    v1::ListPeopleResponse response;
    ASSERT_TRUE(Call(&Stub::ListPeople, request, response).ok());
    for (const auto& person : response.people()) names.insert(person.person().display_name());
    request.set_page_token(response.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(names, ElementsAre("P0", "P1", "P2", "P3", "P4"));
}

TEST_F(PeopleServiceTest, CountsHeadsOnADay) {
  const auto ana = Register("Ana", "p1");
  const auto eva = Register("Eva", "p2");
  Moved(ana, "2020-01-01", v1::MOVE_TYPE_HIRE, "core");
  Moved(eva, "2020-01-01", v1::MOVE_TYPE_HIRE, "core");
  Moved(eva, "2021-01-01", v1::MOVE_TYPE_TRANSFER, "tests");
  Moved(ana, "2022-01-01", v1::MOVE_TYPE_EXIT, "");
  v1::GetHeadcountRequest request;
  request.set_on("2021-06-01");
  v1::GetHeadcountResponse response;
  ASSERT_TRUE(Call(&Stub::GetHeadcount, request, response).ok());
  EXPECT_EQ(response.total(), 2U);
  ASSERT_THAT(response.by_unit(), SizeIs(2));
  EXPECT_EQ(response.by_unit(0).unit(), "core");
  EXPECT_EQ(response.by_unit(1).unit(), "tests");
  request.clear_on();
  ASSERT_TRUE(Call(&Stub::GetHeadcount, request, response).ok());
  EXPECT_EQ(response.total(), 1U);
}

TEST_F(PeopleServiceTest, AHeadcountSaysHowManyCannotBeRead) {
  const auto ana = Register("Ana", "p1");
  Moved(ana, "2020-01-01", v1::MOVE_TYPE_HIRE, "core");
  v1::GetHeadcountResponse response;
  ASSERT_TRUE(Call(&Stub::GetHeadcount, v1::GetHeadcountRequest(), response).ok());
  EXPECT_EQ(response.unreadable_people(), 0U);
  runtime_test::TellUnknownEvent(server.desk().ledger, *storage::Id::FromBytes(ana));
  ASSERT_TRUE(Call(&Stub::GetHeadcount, v1::GetHeadcountRequest(), response).ok());
  EXPECT_EQ(response.unreadable_people(), 1U);
  EXPECT_EQ(response.total(), 1U) << "as it stood";
}

TEST_F(PeopleServiceTest, AnswersThatNobodyHasAnId) {
  v1::GetPersonRequest request;
  request.set_person_id(std::string(16, 'x'));
  v1::GetPersonResponse response;
  const auto status = Call(&Stub::GetPerson, request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(status), "UNKNOWN_PERSON");
}

}  // namespace
}  // namespace mentorlog::people_test
