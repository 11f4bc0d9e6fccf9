// Praise and advocacy that an import recorded, in the feed: whoever gave it finds it there.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mentorlog/event/v1/recognition.pb.h"
#include "mentorlog/v1/feed_service.grpc.pb.h"
#include "tests/services/import/import_server.h"

namespace mentorlog::feed_test {
namespace {

using import_test::PersonOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FeedRecognition : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(server_.Import(v1::IMPORT_FILE_PEOPLE, {"a,Ana,,2019-01-01", "b,Ben,,2019-01-01", "c,Cat,,2019-01-01"}),
                Each("TAKEN"));
  }

  // The events of this type that the feed shows to whom `external_id` names.
  std::vector<v1::FeedEvent> Read(const std::string& external_id, const std::string& type) {
    grpc::ClientContext context;
    context.AddMetadata("mentorlog-actor", storage::Id::FromBytes(PersonOf(server_, external_id))->ToHex());
    v1::ReadRequest request;
    request.mutable_filter()->add_types(type);
    const auto call = server_.feed().Read(&context, request);
    std::vector<v1::FeedEvent> events;
    v1::ReadResponse response;
    while (call->Read(&response)) events.insert(events.end(), response.events().begin(), response.events().end());
    EXPECT_TRUE(call->Finish().ok());
    return events;
  }

  import_test::ImportServer server_;
};

TEST_F(FeedRecognition, IsReadByGiverAndReceiverAndByNobodyElse) {
  ASSERT_THAT(server_.Import(v1::IMPORT_FILE_RECOGNITIONS, {"a,b,2020-01-02,written,pair,for the calm"}),
              ElementsAre("TAKEN"));
  for (const auto* reader : {"a", "b"}) {
    const auto events = Read(reader, "RecognitionGiven");
    ASSERT_THAT(events, SizeIs(1)) << reader;
    event::v1::RecognitionGiven given;
    ASSERT_TRUE(events[0].event().UnpackTo(&given));
    EXPECT_EQ(given.praise().what(), "for the calm") << reader;
    EXPECT_THAT(events[0].withheld_parts(), IsEmpty()) << reader;
    EXPECT_EQ(events[0].on_behalf_of(), "") << "the feed says who recorded it";
  }
  EXPECT_THAT(Read("c", "RecognitionGiven"), IsEmpty());
}

TEST_F(FeedRecognition, AnAdvocacyIsItsAdvocatesUntilItIsTold) {
  ASSERT_THAT(server_.Import(v1::IMPORT_FILE_ADVOCACY, {"a,b,2020-01-02,praised,a role,appointed,2020-03-01"}),
              ElementsAre("TAKEN"));
  for (const auto* type : {"AdvocacyMade", "AdvocacyOutcomeSeen"}) {
    EXPECT_THAT(Read("a", type), SizeIs(1)) << type;
    for (const auto* other : {"b", "c"}) EXPECT_THAT(Read(other, type), IsEmpty()) << type;
  }
  event::v1::AdvocacyMade made;
  ASSERT_TRUE(Read("a", "AdvocacyMade").at(0).event().UnpackTo(&made));
  EXPECT_EQ(made.shared().opportunity(), "a role");
}

}  // namespace
}  // namespace mentorlog::feed_test
