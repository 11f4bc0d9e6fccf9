// The clock of a pair with two relationships in one direction: by the numbers, and as both who show it answer.
#include "services/relationships/clock.h"

#include <algorithm>
#include <memory>
#include <string>

#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/people_service.grpc.pb.h"
#include "mentorlog/v1/relationships_service.grpc.pb.h"
#include "mentorlog/v1/today_service.grpc.pb.h"
#include "storage/types.h"
#include "tests/services/server/all_rooms_server.h"

namespace mentorlog::relationships_test {
namespace {

using relationships::CadenceDays;
using relationships::LatenessAfter;
using relationships::Strictest;

constexpr CadenceDays kOfMentor{30, 200};
constexpr CadenceDays kOfSponsor{60, 90};

TEST(Strictest, TakesTheSmallerOfEachBound) {
  for (const auto& cadence : {Strictest(kOfMentor, kOfSponsor), Strictest(kOfSponsor, kOfMentor)}) {
    EXPECT_EQ(cadence.ideal_days, 30);
    EXPECT_EQ(cadence.max_days, 90);
  }
}

TEST(Strictest, MakesThePairAsLateAsTheLaterOfTheTwo) {
  for (const auto& other : {kOfSponsor, CadenceDays{1, 2}, CadenceDays{400, 500}, CadenceDays{730, 730}}) {
    const auto pair = Strictest(kOfMentor, other);
    for (std::int32_t days = 0; days <= relationships::kLostDays + 1; ++days) {
      ASSERT_EQ(LatenessAfter(days, pair), std::max(LatenessAfter(days, kOfMentor), LatenessAfter(days, other)))
          << days << " days, and " << other.ideal_days << "/" << other.max_days;
    }
  }
}

// Ana is Ben's mentor and his sponsor; they were last in touch on 2024-02-01, as mentor and mentee.
class TwoRelationships : public ::testing::Test {
 protected:
  TwoRelationships()
      : people_(v1::PeopleService::NewStub(server_.channel())),
        relationships_(v1::RelationshipsService::NewStub(server_.channel())),
        today_(v1::TodayService::NewStub(server_.channel())) {
    ana_ = Register("Ana");
    ben_ = Register("Ben");
    v1::LogCheckInRequest met;
    met.set_request_id(server_.NextRequest());
    met.add_with()->set_relationship_id(Start(v1::RELATIONSHIP_KIND_MENTOR, kOfMentor));
    Start(v1::RELATIONSHIP_KIND_SPONSOR, kOfSponsor);
    met.set_occurred_on("2024-02-01");
    Answered(*relationships_, &v1::RelationshipsService::Stub::LogCheckIn, met);
  }

  static std::string DaysLater(std::int32_t days) { return storage::Day::FromText("2024-02-01")->Plus(days).ToText(); }

  v1::Clock ClockOf(v1::RelationshipKind kind, std::int32_t days) {
    v1::GetRelationshipRequest request;
    request.set_mentor_id(ana_);
    request.set_mentee_id(ben_);
    request.set_kind(kind);
    request.set_on(DaysLater(days));
    return Answered(*relationships_, &v1::RelationshipsService::Stub::GetRelationship, request).clock();
  }
  // Ana's one card; empty: there is none.
  v1::TodayCard CardOn(std::int32_t days) {
    v1::GetTodayRequest request;
    request.set_mentor_id(ana_);
    request.set_on(DaysLater(days));
    const auto today = Answered(*today_, &v1::TodayService::Stub::GetToday, request);
    EXPECT_LE(today.cards_size(), 1);
    return today.cards().empty() ? v1::TodayCard() : today.cards(0);
  }

 private:
  // Asked by dev, who may do everything.
  template <typename Stub, typename Request, typename Response>
  static Response Answered(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                           const Request& request) {
    grpc::ClientContext context;
    Response response;
    const auto status = (stub.*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  std::string Register(const std::string& name) {
    v1::RegisterPersonRequest request;
    request.set_request_id(server_.NextRequest());
    request.set_display_name(name);
    request.set_occurred_on("2020-01-01");
    return Answered(*people_, &v1::PeopleService::Stub::RegisterPerson, request).person_id();
  }
  std::string Start(v1::RelationshipKind kind, const CadenceDays& cadence) {
    v1::StartRelationshipRequest request;
    request.set_request_id(server_.NextRequest());
    request.set_mentor_id(ana_);
    request.set_mentee_id(ben_);
    request.set_kind(kind);
    request.set_occurred_on("2024-01-01");
    request.mutable_cadence()->set_ideal_days(static_cast<std::uint32_t>(cadence.ideal_days));
    request.mutable_cadence()->set_max_days(static_cast<std::uint32_t>(cadence.max_days));
    return Answered(*relationships_, &v1::RelationshipsService::Stub::StartRelationship, request).relationship_id();
  }

  server_test::AllRoomsServer server_;
  const std::unique_ptr<v1::PeopleService::Stub> people_;
  const std::unique_ptr<v1::RelationshipsService::Stub> relationships_;
  const std::unique_ptr<v1::TodayService::Stub> today_;
  std::string ana_, ben_;
};

TEST_F(TwoRelationships, AreAsLateOnTodayAsEitherOfThemIsShown) {
  struct Look {
    std::int32_t days;
    v1::ClockState state;
    v1::Rung rung;
  };
  for (const auto& look :
       {Look{30, v1::CLOCK_STATE_ON_TRACK, v1::RUNG_UNSPECIFIED}, Look{31, v1::CLOCK_STATE_DUE, v1::RUNG_PAST_IDEAL},
        Look{90, v1::CLOCK_STATE_DUE, v1::RUNG_PAST_IDEAL}, Look{91, v1::CLOCK_STATE_OVERDUE, v1::RUNG_PAST_MAX},
        Look{366, v1::CLOCK_STATE_DORMANT, v1::RUNG_RECONNECT}}) {
    SCOPED_TRACE(look.days);
    const auto card = CardOn(look.days);
    EXPECT_EQ(card.rung(), look.rung);
    for (const auto kind : {v1::RELATIONSHIP_KIND_MENTOR, v1::RELATIONSHIP_KIND_SPONSOR}) {
      const auto clock = ClockOf(kind, look.days);
      EXPECT_EQ(clock.state(), look.state);
      EXPECT_EQ(clock.cadence().ideal_days(), 30U);
      EXPECT_EQ(clock.cadence().max_days(), 90U);
      if (look.rung == v1::RUNG_UNSPECIFIED) continue;
      EXPECT_EQ(card.ideal_days(), clock.cadence().ideal_days());
      EXPECT_EQ(card.max_days(), clock.cadence().max_days());
    }
  }
}

}  // namespace
}  // namespace mentorlog::relationships_test
