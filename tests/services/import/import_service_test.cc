// Rows of every file, good and bad, through a real server.
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/services/import/import_server.h"

namespace mentorlog::import_test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr auto kPeople = v1::IMPORT_FILE_PEOPLE;
constexpr auto kMoves = v1::IMPORT_FILE_ROLE_MOVES;
constexpr auto kRelationships = v1::IMPORT_FILE_RELATIONSHIPS;
constexpr auto kCheckIns = v1::IMPORT_FILE_CHECK_INS;
constexpr auto kRecognitions = v1::IMPORT_FILE_RECOGNITIONS;
constexpr auto kAdvocacy = v1::IMPORT_FILE_ADVOCACY;
constexpr auto kAssignments = v1::IMPORT_FILE_ASSIGNMENTS;

// The reason that an answer carries; empty if it has none.
std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (!details.ParseFromString(status.error_details()) || details.details().empty()) return {};
  return details.details(0).UnpackTo(&info) ? info.reason() : std::string();
}

class ImportRows : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(server.Import(kPeople, {"a,Ana,,2019-01-01", "b,Ben,,2019-01-01", "c,Cat,,2019-01-01"}), Each("TAKEN"));
  }
  ImportServer server;
};

TEST_F(ImportRows, AddNothingTheSecondTime) {
  const auto head = server.head();
  EXPECT_THAT(server.Import(kPeople, {"a,Ana,,2019-01-01", "b,Ben,,2019-01-01"}), Each("REPLAYED"));
  EXPECT_EQ(server.head(), head);
}

TEST_F(ImportRows, RefuseAnotherContentUnderTheSameKey) {
  EXPECT_THAT(server.Import(kPeople, {"a,Anna,,2019-01-01"}), ElementsAre("ROW_CHANGED "));
  EXPECT_THAT(
      server.Import(kRelationships, {"a,b,mentor,2020-01-01,,", "a,b,mentor,2020-01-02,,", "a,b,peer,2020-01-02,,"}),
      ElementsAre("TAKEN", "ROW_CHANGED ", "TAKEN"));
}

// As v1.ImportRow has its values.
std::string BytesOf(const std::vector<std::string>& values) {
  v1::ImportRow row;
  for (const auto& value : values) row.add_values(value);
  return row.SerializeAsString();
}

TEST_F(ImportRows, AreNamedByTheSameBytesForEver) {
  server.Import(kRelationships, {"a,b,mentor,2020-01-01,,"});
  const std::string gist(200, 'g');
  auto request = server.Request(kCheckIns, {"2020-01-02,,mentor,a,b,call," + gist});
  const std::vector<std::string> columns{"occurred_on", "initiated_by", "kind", "mentor_id",
                                         "mentee_id",   "channel",      "gist"};
  request.clear_columns();
  for (const auto& column : columns) request.add_columns(column);
  request.mutable_rows(0)->set_ordinal(300);
  ASSERT_THAT(server.Answers(request), ElementsAre("TAKEN"));
  const auto& keyed = server.ledger().keyed();
  const auto record = server.ledger().Snapshot()->Read(server.ledger().head());
  ASSERT_TRUE(record.ok()) << record.status();
  const std::vector<std::string> content{"a", "b", "mentor", "2020-01-02", "call", "", gist};
  auto key = content;
  key.push_back("300");
  EXPECT_EQ(record->header.request_id(),
            keyed.DeriveId("import-row", {"IMPORT_FILE_CHECK_INS", BytesOf(key)}).ToBytes());
  EXPECT_EQ(record->header.request_hash(),
            storage::DigestBytes(keyed.Mac("request-hash", {"IMPORT_FILE_CHECK_INS", BytesOf(content)})));
}

TEST_F(ImportRows, TakeWhatReallyHappenedTwiceTwice) {
  auto request =
      server.Request(kCheckIns, {"a,b,mentor,2020-01-02,call,mentor,x", "a,b,mentor,2020-01-02,call,mentor,x"});
  request.mutable_rows(1)->set_ordinal(1);
  server.Import(kRelationships, {"a,b,mentor,2020-01-01,,"});
  EXPECT_THAT(server.Answers(request), ElementsAre("TAKEN", "TAKEN"));
  EXPECT_THAT(server.Answers(request), ElementsAre("REPLAYED", "REPLAYED"));
}

// Gives the external id `a` from whoever has it to whom `b` names.
void GiveAToB(ImportServer& server) {
  v1::UnlinkExternalIdRequest unlink;
  unlink.set_request_id(std::string(16, '1'));
  unlink.set_person_id(PersonOf(server, "a"));
  unlink.mutable_external_id()->set_system("csv");
  unlink.mutable_external_id()->set_external_id("a");
  v1::LinkExternalIdRequest link;
  link.set_request_id(std::string(16, '2'));
  link.set_person_id(PersonOf(server, "b"));
  *link.mutable_external_id() = unlink.external_id();
  grpc::ClientContext first;
  grpc::ClientContext second;
  v1::UnlinkExternalIdResponse unlinked;
  v1::LinkExternalIdResponse linked;
  ASSERT_TRUE(server.people().UnlinkExternalId(&first, unlink, &unlinked).ok());
  ASSERT_TRUE(server.people().LinkExternalId(&second, link, &linked).ok());
}

TEST_F(ImportRows, GoByWhoHasTheExternalIdNow) {
  EXPECT_THAT(server.Import(kCheckIns, {"a,c,mentor,2020-01-02,call,mentor,x"}),
              ElementsAre("TAKEN STARTED_BY_FIRST_TOUCH"));
  EXPECT_THAT(server.Import(kCheckIns, {"a,c,mentor,2020-01-03,call,mentor,x", "a,c,mentor,2018-01-03,call,mentor,x"}),
              ElementsAre("TAKEN", "TAKEN DATED_BEFORE_START DATED_BEFORE_JOINING"));
  GiveAToB(server);
  EXPECT_THAT(server.Import(kCheckIns, {"a,c,mentor,2020-01-04,call,mentor,x", "a,c,mentor,2020-01-05,call,mentor,x"}),
              ElementsAre("TAKEN STARTED_BY_FIRST_TOUCH", "TAKEN"));
}

TEST_F(ImportRows, NameEveryBadRowAndTakeTheOthers) {
  server.Import(kRelationships, {"a,b,mentor,2020-01-01,,"});
  std::string gist;
  for (int i = 0; i < 80; ++i) gist += "\xE2\x82\xAC";
  EXPECT_THAT(server.Import(kCheckIns, {"a,nobody,mentor,2020-01-02,call,mentor,x",
                                        "a,b,mentor,2020-02-30,call,mentor,x", "a,a,mentor,2020-01-02,call,mentor,x",
                                        "a,b,mentor,2020-01-02,call,mentor", "a,b,mentor,2020-01-02,telepathy,mentor,x",
                                        "a,b,friend,2020-01-02,call,mentor,x", "a,b,mentor,2999-01-02,call,mentor,x",
                                        "a,b,mentor,2020-01-02,call,mentor," + std::string(281, 'x'),
                                        "a,b,mentor,2020-01-02,call,mentor," + gist}),
              ElementsAre("UNKNOWN_PERSON mentee_id", "MALFORMED_DATE occurred_on", "SELF_MENTORING mentee_id",
                          "WRONG_COLUMN_COUNT ", "UNKNOWN_ENUM_VALUE channel", "UNKNOWN_ENUM_VALUE kind",
                          "DATE_IN_FUTURE occurred_on", "TEXT_TOO_LONG gist", "TAKEN"));
}

TEST_F(ImportRows, TakeWhatIsLateOrEarlyWithAdvice) {
  server.Import(kRelationships, {"a,b,mentor,2020-01-01,,"});
  EXPECT_THAT(server.Import(kCheckIns, {"a,b,mentor,2019-12-01,call,mentor,x", "a,b,mentor,2018-12-01,call,mentor,x"}),
              ElementsAre("TAKEN DATED_BEFORE_START", "TAKEN DATED_BEFORE_START DATED_BEFORE_JOINING"));
  EXPECT_THAT(server.Import(kMoves, {"a,2018-01-01,hire,Clerk,core,,,", "a,2019-06-01,exit,,,,,",
                                     "a,2020-01-01,lateral,Clerk,core,,,"}),
              ElementsAre("TAKEN DATED_BEFORE_JOINING", "TAKEN", "TAKEN MOVE_AFTER_EXIT"));
}

TEST_F(ImportRows, TakeLoopsOfManagersAndManagersKnownLater) {
  EXPECT_THAT(server.Import(kMoves, {"a,2019-01-01,hire,Clerk,core,,b,", "b,2019-01-01,hire,Clerk,core,,a,",
                                     "c,2019-01-01,hire,Clerk,core,,later,"}),
              ElementsAre("TAKEN", "TAKEN MANAGER_LOOP", "TAKEN MANAGER_UNKNOWN_YET"));
  EXPECT_THAT(server.Import(kPeople, {"later,Lea,,2019-01-01"}), ElementsAre("TAKEN"));
  EXPECT_THAT(server.Import(kMoves, {"c,2019-02-01,lateral,Clerk,core,,later,"}), ElementsAre("TAKEN"));
}

TEST_F(ImportRows, StartARelationshipThatNobodyDeclaredOnce) {
  std::vector<std::string> touches;
  for (int day = 10; day < 30; ++day) touches.push_back("a,b,peer,2020-01-" + std::to_string(day) + ",call,mentor,x");
  const auto answers = server.Import(kCheckIns, touches);
  ASSERT_THAT(answers, SizeIs(20));
  EXPECT_EQ(answers.front(), "TAKEN STARTED_BY_FIRST_TOUCH");
  EXPECT_THAT(std::vector(answers.begin() + 1, answers.end()), Each("TAKEN"));
}

TEST_F(ImportRows, SayEachTimeThatAStartedOnIsNotTaken) {
  ASSERT_THAT(server.Import(kCheckIns, {"a,b,mentor,2020-02-01,call,mentor,x"}),
              ElementsAre("TAKEN STARTED_BY_FIRST_TOUCH"));
  const auto head = server.head();
  EXPECT_THAT(server.Import(kRelationships, {"a,b,mentor,2020-01-01,,"}), ElementsAre("REPLAYED START_DAY_KEPT"));
  EXPECT_THAT(server.Import(kRelationships, {"a,b,mentor,2020-01-01,,"}), ElementsAre("REPLAYED START_DAY_KEPT"));
  EXPECT_EQ(server.head(), head);
  // What was written is remembered: another content is a change of it.
  EXPECT_THAT(server.Import(kRelationships, {"a,b,mentor,2020-01-01,10,20", "a,b,mentor,2020-01-01,10,20",
                                             "a,b,mentor,2020-01-01,10,30"}),
              ElementsAre("TAKEN START_DAY_KEPT", "REPLAYED START_DAY_KEPT", "ROW_CHANGED "));
}

TEST_F(ImportRows, ReverseIsAMentorWithThePairSwapped) {
  EXPECT_THAT(server.Import(kRelationships, {"a,b,mentor,2020-01-01,,", "b,a,reverse,2020-01-01,,"}),
              ElementsAre("TAKEN", "REPLAYED"));
}

TEST_F(ImportRows, HoldRecognitionsAndAdvocacyToTheirOwnRules) {
  EXPECT_THAT(server.Import(kRecognitions, {"a,b,2020-01-02,written,pair,for x", "a,a,2020-01-02,written,pair,x",
                                            "a,b,2020-01-02,sung,pair,x", "a,b,2020-01-02,said,world,x"}),
              ElementsAre("TAKEN", "SELF_RECOGNITION to_id", "UNKNOWN_ENUM_VALUE how", "UNKNOWN_ENUM_VALUE audience"));
  EXPECT_THAT(server.Import(kAdvocacy, {"a,b,2020-01-02,praised,a role,appointed,2020-03-01",
                                        "a,a,2020-01-02,praised,x,,", "a,b,2020-01-02,praised,x,,2020-03-01"}),
              ElementsAre("TAKEN", "SELF_ADVOCACY for_id", "INVALID_FIELD outcome"));
}

TEST_F(ImportRows, TakeTheRoundsOfAnAssignmentInOrder) {
  EXPECT_THAT(
      server.Import(
          kAssignments,
          {"x1,a,b,Leeds,staff_to_line,2020-01-01,2020-01-15,declined,2020-01-10,,1,family,",
           "x1,a,b,Leeds,staff_to_line,2020-06-01,2020-06-15,accepted,2020-06-10,2021-01-01,2,,achieved",
           "x2,a,b,Porto,new_function;from_scratch,2020-01-01,2020-01-15,,,,3,,",
           "x3,a,b,Bath,new_function,2020-01-01,2020-01-15,accepted,2020-01-20,,,,",
           "x4,a,a,Bath,new_function,2020-01-01,2020-01-15,,,,,,", "x5,a,b,Bath,boring,2020-01-01,2020-01-15,,,,,,"}),
      ElementsAre("TAKEN", "TAKEN", "WRONG_ROUND round", "ACCEPTED_TOO_LATE decided_on", "SELF_ASSIGNMENT mentee_id",
                  "UNKNOWN_ENUM_VALUE stretch"));
}

TEST_F(ImportRows, ADryRunWritesNothingAndKnowsWhomItWouldRegister) {
  const auto head = server.head();
  auto people =
      server.Request(kPeople, {"n,Nia,,2020-01-01", "n,Nia,,2020-01-01", "n,Nina,,2020-01-01", "a,Ana,,2019-01-01"});
  people.set_validate_only(true);
  EXPECT_THAT(server.Answers(people), ElementsAre("TAKEN", "REPLAYED", "ROW_CHANGED ", "REPLAYED"));
  auto pairs = server.Request(kRelationships, {"a,n,mentor,2020-01-01,,"});
  pairs.set_validate_only(true);
  EXPECT_THAT(server.Answers(pairs), ElementsAre("UNKNOWN_PERSON mentee_id"));
  pairs.add_assumed_people("n");
  EXPECT_THAT(server.Answers(pairs), ElementsAre("TAKEN"));
  EXPECT_EQ(server.head(), head);
}

TEST_F(ImportRows, SayWhichReasonAndWhy) {
  v1::ImportRowsResponse response;
  ASSERT_TRUE(server.Send(server.Request(kPeople, {"a,Anna,,2019-01-01", "z,Zoe"}), response).ok());
  EXPECT_EQ(response.rows(0).reason(), "ROW_CHANGED");
  EXPECT_FALSE(response.rows(0).message().empty());
  EXPECT_EQ(response.rows(1).reason(), "WRONG_COLUMN_COUNT");
  EXPECT_EQ(response.rows(1).line(), 3U);
  auto request = server.Request(kPeople, {"d,Dan,,2020-01-01"});
  request.set_columns(0, "who");
  EXPECT_EQ(ReasonOf(server.Send(request, response)), "WRONG_HEADER");
}

TEST_F(ImportRows, AreNotTakenFromAPersonWhoMayNotImport) {
  const auto ana = storage::Id::FromBytes(PersonOf(server, "a"));
  ASSERT_TRUE(ana.has_value());
  const auto head = server.head();
  auto request = server.Request(kPeople, {"d,Dan,,2020-01-01"});
  for (const bool dry : {true, false}) {
    request.set_validate_only(dry);
    v1::ImportRowsResponse response;
    const auto status = server.Send(request, response, ana->ToHex());
    EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(ReasonOf(status), "NOT_PERMITTED");
    EXPECT_EQ(response.rows_size(), 0);
  }
  EXPECT_EQ(server.head(), head);
  EXPECT_THAT(server.Answers(request), ElementsAre("TAKEN")) << "nothing else is wrong with the row";
}

TEST_F(ImportRows, RefuseACallThatIsWrongAsAWhole) {
  v1::ImportRowsResponse response;
  auto request = server.Request(kPeople, {"d,Dan,,2020-01-01"});
  request.set_columns(0, "who");
  EXPECT_EQ(server.Send(request, response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request = server.Request(kPeople, {});
  EXPECT_EQ(server.Send(request, response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request = server.Request(kPeople, {"d,Dan,,2020-01-01"});
  request.set_system("Not A System");
  EXPECT_EQ(server.Send(request, response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_system("csv");
  request.set_file(static_cast<v1::ImportFile>(77));
  EXPECT_EQ(server.Send(request, response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST(ImportOfManyRows, WaitsForPlacesInsteadOfFailing) {
  storage::LedgerOptions options;
  options.proposals_in_flight_max = 3;
  ImportServer server(options);
  std::vector<std::string> people;
  for (int i = 0; i < 500; ++i) people.push_back("p" + std::to_string(i) + ",Somebody,,2020-01-01");
  EXPECT_THAT(server.Import(kPeople, people), Each("TAKEN"));
  std::vector<std::string> moves;
  for (int i = 0; i < 500; ++i)
    moves.push_back("p" + std::to_string(i % 9) + ",2020-01-0" + std::to_string(1 + i % 7) + ",lateral,T" +
                    std::to_string(i) + ",core,,,");
  EXPECT_THAT(server.Import(kMoves, moves), Each("TAKEN"));
}

}  // namespace
}  // namespace mentorlog::import_test
