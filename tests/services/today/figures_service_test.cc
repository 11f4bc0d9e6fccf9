// HR's questions to TodayService: continuity, and whom nobody has touched.
#include "services/today/today_service.h"

#include "gmock/gmock.h"
#include "tests/services/runtime/unknown_event.h"
#include "tests/services/today/today_server.h"

namespace mentorlog::today {
namespace {

using ::testing::ElementsAre;
using FiguresServiceTest = TodayServiceTest;

TEST_F(FiguresServiceTest, ContinuityCountsPairsByMove) {
  Start();
  Move(kBen, "hired", event::v1::MOVE_TYPE_HIRE, "2025-01-01");
  Move(kBen, "moved", event::v1::MOVE_TYPE_TRANSFER, "2026-02-01");
  CheckIn("c1", "2026-03-01", "hello");
  v1::GetContinuityRequest request;
  auto figures = Call(&v1::TodayService::StubInterface::GetContinuity, request);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(figures.pairs(), 1U);
  EXPECT_EQ(figures.pairs_whose_mentee_moved(), 1U);
  EXPECT_EQ(figures.with_a_check_in_after_the_first_move(), 1U);
  ASSERT_EQ(figures.survival_size(), 1);
  EXPECT_EQ(figures.survival(0).days(), 59U) << "from the start on 1 January to the touch on 1 March";
  request.add_move_types("exit");
  figures = Call(&v1::TodayService::StubInterface::GetContinuity, request);
  EXPECT_EQ(figures.pairs_whose_mentee_moved(), 0U);
  request.add_move_types("sideways");
  Call(&v1::TodayService::StubInterface::GetContinuity, request);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Reason(), "UNKNOWN_ENUM_VALUE");
}

TEST_F(FiguresServiceTest, ContinuityIsForWhoMayReadAboutEverybody) {
  Start();
  Call(&v1::TodayService::StubInterface::GetContinuity, v1::GetContinuityRequest(), kAna);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Reason(), "NOT_PERMITTED");
}

TEST_F(FiguresServiceTest, UnattendedIsWhomNobodyTouched) {
  Start();
  CheckIn("c1", "2026-06-29", "hello");
  v1::GetUnattendedRequest request;
  request.set_page_size(1);
  std::vector<std::string> names;
  do {
    const auto page = Call(&v1::TodayService::StubInterface::GetUnattended, request);
    ASSERT_TRUE(status_.ok()) << status_.error_message();
    for (const auto& person : page.people()) names.push_back(person.person().display_name());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(names, ElementsAre("Ana", "Cat"));
  Call(&v1::TodayService::StubInterface::GetUnattended, request, kAna);
  EXPECT_EQ(Reason(), "NOT_PERMITTED");
}

TEST_F(FiguresServiceTest, UnattendedNamesWhoCannotBeReadAndShowsTheOthers) {
  Start();
  event::v1::CheckInRetracted unreadable;
  unreadable.set_checkin_id(Named("unknown").ToBytes());
  Tell(3, kPair, unreadable, "2026-06-01", {kAna, kBen});
  v1::GetUnattendedRequest request;
  request.set_page_size(2);
  const auto first = Call(&v1::TodayService::StubInterface::GetUnattended, request);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  ASSERT_EQ(first.people_size(), 1);
  EXPECT_EQ(first.people(0).person().display_name(), "Ana");
  ASSERT_EQ(first.unreadable_size(), 1);
  EXPECT_EQ(first.unreadable(0).display_name(), "Ben");
  request.set_page_token(first.next_page_token());
  const auto second = Call(&v1::TodayService::StubInterface::GetUnattended, request);
  ASSERT_EQ(second.people_size(), 1);
  EXPECT_EQ(second.people(0).person().display_name(), "Cat");
  EXPECT_EQ(second.unreadable_size(), 0);
}

TEST_F(FiguresServiceTest, ContinuitySaysHowManyCannotBeRead) {
  Start();
  EXPECT_EQ(Call(&v1::TodayService::StubInterface::GetContinuity, v1::GetContinuityRequest()).unreadable_people(), 0U);
  runtime_test::TellUnknownEvent(*ledger_, kBen);
  const auto figures = Call(&v1::TodayService::StubInterface::GetContinuity, v1::GetContinuityRequest());
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(figures.unreadable_people(), 1U);
  EXPECT_EQ(figures.pairs(), 1U) << "as it stood";
}

TEST_F(FiguresServiceTest, APageThatFindsNobodyAmongThoseItLooksAtSaysWhereToGoOn) {
  Start();
  CheckIn("c1", "2026-06-29", "hello");
  TodayService one_at_a_time(*edge_, 1);
  grpc::ServerBuilder builder;
  builder.RegisterService(&one_at_a_time);
  const auto server = builder.BuildAndStart();
  stub_ = v1::TodayService::NewStub(server->InProcessChannel({}));
  v1::GetUnattendedRequest request;
  std::vector<std::string> pages;
  do {
    const auto page = Call(&v1::TodayService::StubInterface::GetUnattended, request);
    ASSERT_TRUE(status_.ok()) << status_.error_message();
    pages.push_back(page.people().empty() ? "nobody" : page.people(0).person().display_name());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && pages.size() < 9);
  EXPECT_THAT(pages, ElementsAre("Ana", "nobody", "Cat")) << "Ben was touched";
  server->Shutdown();
}

TEST_F(FiguresServiceTest, APageThatEndsWithWhoCannotBeReadHasANextOne) {
  // Neither of the views that are asked can fold it.
  runtime_test::TellUnknownEvent(*ledger_, kBen);
  v1::GetUnattendedRequest request;
  request.set_page_size(2);
  const auto first = Call(&v1::TodayService::StubInterface::GetUnattended, request);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(first.people_size(), 1);
  ASSERT_EQ(first.unreadable_size(), 1);
  request.set_page_token(first.next_page_token());
  const auto second = Call(&v1::TodayService::StubInterface::GetUnattended, request);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  ASSERT_EQ(second.people_size(), 1);
  EXPECT_EQ(second.people(0).person().display_name(), "Cat");
}

TEST_F(FiguresServiceTest, SilenceOnAPastDayKnowsNoLaterTouch) {
  Start();
  CheckIn("c1", "2026-01-10", "hello");
  CheckIn("c2", "2026-06-29", "late");
  const auto ben = [&](const std::string& on) {
    v1::GetUnattendedRequest request;
    request.set_on(on);
    const auto page = Call(&v1::TodayService::StubInterface::GetUnattended, request);
    EXPECT_TRUE(status_.ok()) << status_.error_message();
    for (const auto& person : page.people()) {
      if (person.person().person_id() != kBen.ToBytes()) continue;
      return person.last_touch_on() + " " + std::to_string(person.silent_days()) + " " +
             std::to_string(person.active_relationships());
    }
    return std::string("touched");
  };
  EXPECT_EQ(ben("2025-12-31"), " 2191 0");
  EXPECT_EQ(ben("2026-01-09"), " 2200 1");
  EXPECT_EQ(ben("2026-01-10"), "touched");
  EXPECT_EQ(ben("2026-06-28"), "2026-01-10 169 1");
  EXPECT_EQ(ben("2026-06-29"), "touched");
}

}  // namespace
}  // namespace mentorlog::today
