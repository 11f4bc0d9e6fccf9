// Amendments of notes and words in the feed, over every room served: who learns that there was one.
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mentorlog/event/v1/relationships.pb.h"
#include "mentorlog/v1/feed_service.grpc.pb.h"
#include "mentorlog/v1/people_service.grpc.pb.h"
#include "mentorlog/v1/relationships_service.grpc.pb.h"
#include "tests/services/server/all_rooms_server.h"

namespace mentorlog::feed_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FeedNotes : public ::testing::Test {
 protected:
  FeedNotes()
      : people_(v1::PeopleService::NewStub(server_.channel())),
        relationships_(v1::RelationshipsService::NewStub(server_.channel())),
        feed_(v1::FeedService::NewStub(server_.channel())) {
    ana_ = Register("Ana");
    ben_ = Register("Ben");
    v1::LogCheckInRequest met;
    auto& with = *met.add_with();
    with.set_mentor_id(ana_);
    with.set_mentee_id(ben_);
    met.set_occurred_on("2026-02-01");
    met.set_channel(v1::CHECK_IN_CHANNEL_MEAL);
    met.set_gist("about Leeds");
    met.set_private_note("nervous");
    const auto logged = Do(&v1::RelationshipsService::Stub::LogCheckIn, met, ana_);
    amend_.set_relationship_id(logged.check_ins(0).relationship_id());
    amend_.set_checkin_id(logged.check_ins(0).checkin_id());
    amend_.set_occurred_on("2026-02-02");
  }

  std::string Register(const std::string& name) {
    v1::RegisterPersonRequest request;
    request.set_request_id(server_.NextRequest());
    request.set_display_name(name);
    request.set_occurred_on("2020-01-01");
    v1::RegisterPersonResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(people_->RegisterPerson(&context, request, &response).ok());
    return response.person_id();
  }
  template <typename Request, typename Response>
  Response Do(grpc::Status (v1::RelationshipsService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              Request request, const std::string& actor) {
    request.set_request_id(server_.NextRequest());
    grpc::ClientContext context;
    context.AddMetadata("mentorlog-actor", storage::Id::FromBytes(actor)->ToHex());
    Response response;
    const auto status = (relationships_.get()->*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  // Amends as Ana; answers the position.
  std::uint64_t Amend(const v1::AmendCheckInRequest& request) {
    return Do(&v1::RelationshipsService::Stub::AmendCheckIn, request, ana_).result().position();
  }

  // The positions of the amendments that `reader` is shown.
  std::vector<std::uint64_t> Amendments(const std::string& reader, bool backwards = false) {
    grpc::ClientContext context;
    context.AddMetadata("mentorlog-actor", storage::Id::FromBytes(reader)->ToHex());
    v1::ReadRequest request;
    request.set_backwards(backwards);
    const auto call = feed_->Read(&context, request);
    std::vector<std::uint64_t> positions;
    v1::ReadResponse response;
    while (call->Read(&response)) {
      for (const auto& event : response.events()) {
        if (event.type() == "CheckInAmended") positions.push_back(event.position());
      }
    }
    EXPECT_TRUE(call->Finish().ok());
    return positions;
  }

  server_test::AllRoomsServer server_;
  const std::unique_ptr<v1::PeopleService::Stub> people_;
  const std::unique_ptr<v1::RelationshipsService::Stub> relationships_;
  const std::unique_ptr<v1::FeedService::Stub> feed_;
  std::string ana_, ben_;
  v1::AmendCheckInRequest amend_;
};

TEST_F(FeedNotes, AnAmendedPrivateNoteIsItsAuthorsToKnow) {
  amend_.set_private_note("calm");
  const auto at = Amend(amend_);
  EXPECT_THAT(Amendments(ana_), ElementsAre(at));
  EXPECT_THAT(Amendments(ben_), IsEmpty());
  EXPECT_THAT(Amendments(ben_, true), IsEmpty());
}

TEST_F(FeedNotes, WordsAreTheirAuthorsUntilTheOtherSideSaysYes) {
  amend_.mutable_words()->set_gist("about Bradford");
  const auto before = Amend(amend_);
  EXPECT_THAT(Amendments(ana_), ElementsAre(before));
  EXPECT_THAT(Amendments(ben_), IsEmpty());
  v1::AcknowledgeRelationshipRequest yes;
  yes.set_relationship_id(amend_.relationship_id());
  Do(&v1::RelationshipsService::Stub::AcknowledgeRelationship, yes, ben_);
  const auto after = Amend(amend_);
  EXPECT_THAT(Amendments(ben_), ElementsAre(after));
}

TEST_F(FeedNotes, WhatIsClearIsToldEvenWithANote) {
  amend_.set_private_note("calm");
  amend_.set_met_on("2026-01-31");
  const auto at = Amend(amend_);
  EXPECT_THAT(Amendments(ben_), ElementsAre(at));
}

}  // namespace
}  // namespace mentorlog::feed_test
