// Messages as people see them, and as they type them.
#include "clients/cli/message_json.h"

#include "clients/cli/connection.h"
#include "clients/cli/hex.h"
#include "gmock/gmock.h"
#include "mentorlog/v1/people_service.pb.h"
#include "mentorlog/v1/relationships_service.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

const std::string kHex = "000102030405060708090a0b0c0d0e0f";

TEST(ToJson, CountsAreNumbersIdsHexAndValuesShort) {
  v1::Relationship relationship;
  relationship.set_relationship_id(*FromHex(kHex));
  relationship.set_kind(v1::RELATIONSHIP_KIND_LINE_COACH);
  relationship.set_check_ins(9007199254740993ULL);
  const auto json = ToJson(relationship);
  EXPECT_EQ(json["relationship_id"], kHex);
  EXPECT_EQ(json["kind"], "line_coach");
  EXPECT_EQ(json["check_ins"].dump(), "9007199254740993");
  EXPECT_TRUE(json["mode"].is_null());
  EXPECT_TRUE(json["cadence"].is_null());
  EXPECT_EQ(json["first_on"], "");
}

TEST(ToJson, ATextIsItsTextOrWhyThereIsNone) {
  v1::Person person;
  person.mutable_display_name()->set_text("Ana");
  person.mutable_email()->set_withheld(v1::Text::WITHHELD_ERASED);
  person.mutable_locale();
  const auto json = ToJson(person);
  EXPECT_EQ(json["display_name"], "Ana");
  EXPECT_EQ(json["email"]["withheld"], "erased");
  EXPECT_TRUE(json["locale"].is_null());
  EXPECT_TRUE(json["path"].is_array());
}

TEST(SetField, SetsWhatIsTyped) {
  v1::LogCheckInRequest request;
  for (const char* assignment :
       {"channel=meal", "topics=relocation", "topics=TOPIC_FAMILY", "career_talk=true", "expected_revision=7",
        "gist=a=b", "with=[{\"kind\":\"peer\"},{\"kind\":\"mentor\"}]"}) {
    ASSERT_EQ(SetField(request, assignment), std::nullopt) << assignment;
  }
  ASSERT_EQ(SetField(request, "request_id=" + kHex), std::nullopt);
  EXPECT_EQ(request.channel(), v1::CHECK_IN_CHANNEL_MEAL);
  ASSERT_EQ(request.topics_size(), 2);
  EXPECT_EQ(request.topics(1), v1::TOPIC_FAMILY);
  EXPECT_EQ(request.expected_revision(), 7U);
  EXPECT_EQ(request.gist(), "a=b");
  EXPECT_EQ(request.request_id().size(), 16U);
  ASSERT_EQ(request.with_size(), 2);
  EXPECT_EQ(request.with(0).kind(), v1::RELATIONSHIP_KIND_PEER);
}

TEST(SetField, ReachesNestedFieldsAndUnknownNumbers) {
  v1::RecordMoveRequest request;
  ASSERT_EQ(SetField(request, "to.unit=operations"), std::nullopt);
  ASSERT_EQ(SetField(request, "to={\"site\":\"Leeds\"}"), std::nullopt);
  ASSERT_EQ(SetField(request, "type=99"), std::nullopt);
  EXPECT_EQ(request.to().unit(), "operations");
  EXPECT_EQ(request.to().site(), "Leeds");
  EXPECT_EQ(static_cast<int>(request.type()), 99);
}

TEST(SetField, SaysWhatIsWrong) {
  v1::RecordMoveRequest request;
  EXPECT_THAT(SetField(request, "nobody=1"), Optional(HasSubstr("it has request_id")));
  EXPECT_THAT(SetField(request, "type=sideways"), Optional(HasSubstr("lateral")));
  EXPECT_THAT(SetField(request, "person_id=xyz"), Optional(HasSubstr("hex")));
  EXPECT_THAT(SetField(request, "confidence=-1"), Optional(HasSubstr("a number")));
  EXPECT_THAT(SetField(request, "validate_only=maybe"), Optional(HasSubstr("true or false")));
  EXPECT_THAT(SetField(request, "to=unit"), Optional(HasSubstr("{ }")));
  EXPECT_THAT(SetField(request, "to={\"unit\""), Optional(HasSubstr("valid JSON")));
  EXPECT_THAT(SetField(request, "type"), Optional(HasSubstr("FIELD=VALUE")));
}

TEST(Methods, EveryRequestHasItsOwnRpc) {
  ASSERT_FALSE(Services().empty());
  for (const auto* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      EXPECT_EQ(MethodTaking(service->method(i)->input_type()), service->method(i));
    }
  }
}

TEST(Hex, ReadsIdsWithAndWithoutDashes) {
  EXPECT_EQ(ToHex(*IdFromHex("00010203-0405-0607-0809-0A0B0C0D0E0F")), kHex);
  EXPECT_EQ(IdFromHex("00"), std::nullopt);
  EXPECT_EQ(FromHex("0"), std::nullopt);
  EXPECT_EQ(FromHex("zz"), std::nullopt);
}

}  // namespace
}  // namespace mentorlog::cli
