// What a mentor and a pair are shown by TodayService: Today, the pair, timelines.
#include "services/today/today_service.h"

#include "gmock/gmock.h"
#include "tests/services/today/today_server.h"

namespace mentorlog::today {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(TodayServiceTest, ACardSaysWhoMovedWhereAndWhy) {
  Start();
  CheckIn("c1", "2026-06-01", "hello");
  Move(kBen, "hired", event::v1::MOVE_TYPE_HIRE, "2025-01-01");
  Move(kBen, "moved", event::v1::MOVE_TYPE_TRANSFER, "2026-06-20");
  event::v1::TouchOwed owed;
  owed.mutable_debt()->set_owed_id(Named("debt").ToBytes());
  owed.mutable_debt()->set_cause(event::v1::OWED_CAUSE_MOVE);
  owed.mutable_debt()->set_owed_on(On("2026-06-20").value);
  owed.mutable_debt()->set_cause_id(Named("moved").ToBytes());
  const auto at = Tell(3, kPair, owed, "2026-06-20", {kAna, kBen});
  v1::GetTodayRequest request;
  request.set_mentor_id(kAna.ToBytes());
  const auto today = Call(&v1::TodayService::StubInterface::GetToday, request, kAna);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(today.on(), "2026-06-30");
  ASSERT_EQ(today.cards_size(), 1);
  EXPECT_EQ(today.cards(0).sentence(), "Ben moved (Lead, Leeds) 10 days ago; you have not spoken since.");
  EXPECT_EQ(today.cards(0).rung(), v1::RUNG_OWED_AFTER_MOVE);
  EXPECT_THAT(today.cards(0).because(), ElementsAre(at));
}

TEST_F(TodayServiceTest, APastDayKnowsNoLaterTouch) {
  Start();
  const auto first = CheckIn("c1", "2026-01-10", "hello");
  CheckIn("c2", "2026-06-01", "late");
  CheckIn("c3", "2026-06-20", "later");
  const auto cards = [&](const std::string& on) {
    v1::GetTodayRequest request;
    request.set_mentor_id(kAna.ToBytes());
    request.set_on(on);
    const auto today = Call(&v1::TodayService::StubInterface::GetToday, request, kAna);
    std::vector<std::string> seen;
    for (const auto& card : today.cards()) {
      seen.push_back(v1::Rung_Name(card.rung()) + " " + card.last_touch_on());
      if (!card.last_touch_on().empty()) {
        EXPECT_THAT(card.because(), ElementsAre(first));
      }
    }
    return seen;
  };
  EXPECT_THAT(cards("2026-01-09"), IsEmpty());
  EXPECT_THAT(cards("2026-01-20"), IsEmpty());
  EXPECT_THAT(cards("2026-02-12"), ElementsAre("RUNG_PAST_IDEAL 2026-01-10"));
  EXPECT_THAT(cards("2026-05-31"), ElementsAre("RUNG_PAST_MAX 2026-01-10"));
  EXPECT_THAT(cards("2026-06-01"), IsEmpty());
  EXPECT_THAT(cards(""), IsEmpty());
}

TEST_F(TodayServiceTest, BeforeTheFirstTouchTheTwoHadNeverMet) {
  const auto started = Start();
  CheckIn("c1", "2026-06-01", "hello");
  v1::GetTodayRequest request;
  request.set_mentor_id(kAna.ToBytes());
  request.set_on("2026-01-20");
  const auto today = Call(&v1::TodayService::StubInterface::GetToday, request, kAna);
  ASSERT_EQ(today.cards_size(), 1);
  EXPECT_EQ(today.cards(0).rung(), v1::RUNG_NEVER_MET);
  EXPECT_EQ(today.cards(0).last_touch_on(), "");
  EXPECT_THAT(today.cards(0).because(), ElementsAre(started));
}

TEST_F(TodayServiceTest, WhereItIsTomorrowAlreadyATouchOfTodayCounts) {
  Start();
  CheckIn("c1", "2026-07-01", "morning in Auckland");
  v1::GetTodayRequest request;
  request.set_mentor_id(kAna.ToBytes());
  EXPECT_EQ(Call(&v1::TodayService::StubInterface::GetToday, request, kAna).cards_size(), 0);
}

TEST_F(TodayServiceTest, TodayIsTheMentorsOwn) {
  v1::GetTodayRequest request;
  request.set_mentor_id(kAna.ToBytes());
  Call(&v1::TodayService::StubInterface::GetToday, request, kBen);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Reason(), "NOT_PERMITTED");
  request.set_mentor_id("short");
  Call(&v1::TodayService::StubInterface::GetToday, request);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Reason(), "MALFORMED_ID");
  request.set_mentor_id(kAna.ToBytes());
  request.set_on("2026-06-31");
  Call(&v1::TodayService::StubInterface::GetToday, request);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Reason(), "MALFORMED_DATE");
}

// Who is somebody's mentee alone has nothing to do for them; who spoke up for somebody has, also without a
// relationship.
TEST_F(TodayServiceTest, HasACardForWhomTheMentorSpokeUpForAndNoneForTheirOwnMentor) {
  Start();
  SpeakUp(kBen, kCat, kBen);
  v1::GetTodayRequest request;
  request.set_mentor_id(kBen.ToBytes());
  const auto today = Call(&v1::TodayService::StubInterface::GetToday, request, kBen);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(today.mentees(), 0U);
  ASSERT_EQ(today.cards_size(), 1);
  EXPECT_EQ(today.cards(0).mentee().display_name(), "Cat");
  EXPECT_EQ(today.cards(0).rung(), v1::RUNG_ADVOCACY_UNHEARD);
}

TEST_F(TodayServiceTest, ATimelineOpensTextsForWhoAsks) {
  const auto started = Start();
  const auto met = CheckIn("c1", "2026-03-01", "about Leeds");
  Move(kBen, "hired", event::v1::MOVE_TYPE_HIRE, "2025-01-01");
  Move(kBen, "moved", event::v1::MOVE_TYPE_TRANSFER, "2026-02-01");
  const auto seen = Timeline(kAna);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  ASSERT_EQ(seen.entries_size(), 3) << "the hire lies before the relationship";
  EXPECT_EQ(seen.entries(0).position(), met);
  EXPECT_EQ(seen.entries(0).event(), "CheckInLogged");
  EXPECT_EQ(seen.entries(0).what(), "meal");
  EXPECT_EQ(seen.entries(0).text().text(), "about Leeds");
  EXPECT_EQ(seen.entries(0).private_note().text(), "nervous");
  EXPECT_EQ(seen.entries(0).people(1).display_name(), "Ben");
  EXPECT_EQ(seen.entries(1).what(), "transfer, Lead, Leeds");
  EXPECT_EQ(seen.entries(2).position(), started);
  const auto mentee = Timeline(kBen);
  EXPECT_EQ(mentee.entries(0).text().text(), "about Leeds");
  EXPECT_EQ(mentee.entries(0).private_note().content_case(), v1::Text::CONTENT_NOT_SET) << "a note is its author's";
}

TEST_F(TodayServiceTest, ATimelineTellsAStrangerOfMovesOnlyAndOfNoPair) {
  Start();
  CheckIn("c1", "2026-03-01", "about Leeds");
  Move(kBen, "moved", event::v1::MOVE_TYPE_TRANSFER, "2026-02-01");
  EXPECT_THAT(Timeline(kCat).entries(), IsEmpty()) << "moves since a start would tell that there was one";
  EXPECT_TRUE(status_.ok());
  v1::GetTimelineRequest request;
  request.set_relationship_id(kPair.ToBytes());
  Call(&v1::TodayService::StubInterface::GetTimeline, request, kCat);
  EXPECT_EQ(Reason(), "NO_SUCH_THING");
  request.clear_relationship_id();
  request.set_person_id(kBen.ToBytes());
  request.set_page_size(1);
  const auto moves = Call(&v1::TodayService::StubInterface::GetTimeline, request, kCat);
  ASSERT_EQ(moves.entries_size(), 1);
  EXPECT_EQ(moves.entries(0).event(), "PersonMoved");
  EXPECT_EQ(moves.next_page_token(), "") << "a further page would tell that there is more";
  request.set_page_size(10);
  EXPECT_EQ(Call(&v1::TodayService::StubInterface::GetTimeline, request, kAna).entries_size(), 3)
      << "Ana took part in the rest";
}

TEST_F(TodayServiceTest, APageIsFullOfWhatItsReaderMayKnow) {
  Start();
  CheckIn("c1", "2026-03-01", "hello");
  CheckIn("c2", "2026-03-02", "hello");
  // Recorded by another than the advocate, as an import does.
  SpeakUp(kAna, kBen, kCat);
  v1::GetTimelineRequest request;
  request.set_person_id(kBen.ToBytes());
  request.set_other_id(kAna.ToBytes());
  request.set_page_size(2);
  const auto first = Call(&v1::TodayService::StubInterface::GetTimeline, request, kBen);
  ASSERT_EQ(first.entries_size(), 2);
  EXPECT_EQ(first.entries(0).on(), "2026-03-02");
  request.set_page_token(first.next_page_token());
  const auto second = Call(&v1::TodayService::StubInterface::GetTimeline, request, kBen);
  ASSERT_EQ(second.entries_size(), 1);
  EXPECT_EQ(second.entries(0).event(), "RelationshipStarted");
  EXPECT_EQ(second.next_page_token(), "");
  request.clear_page_token();
  EXPECT_EQ(Call(&v1::TodayService::StubInterface::GetTimeline, request, kAna).entries(0).event(), "AdvocacyMade");
}

TEST_F(TodayServiceTest, AnAmendedPrivateNoteIsItsAuthorsToKnow) {
  Start();
  auto amended = Amending("c1", "2026-03-01", CheckIn("c1", "2026-03-01", "about Leeds"));
  amended.mutable_private_note()->set_note("calm");
  Tell(3, kPair, amended, "2026-03-02", {kAna, kBen});
  EXPECT_TRUE(Timeline(kAna).entries(0).amended());
  EXPECT_EQ(Timeline(kAna).entries(0).private_note().text(), "calm");
  EXPECT_FALSE(Timeline(kBen).entries(0).amended());
}

TEST_F(TodayServiceTest, AnAmendedGistTakesThePlaceOfTheFormer) {
  Start();
  auto amended = Amending("c1", "2026-03-01", CheckIn("c1", "2026-03-01", "abuot Leeds"));
  amended.mutable_shared()->set_gist("about Leeds");
  Tell(3, kPair, amended, "2026-03-02", {kAna, kBen});
  const auto seen = Timeline(kAna);
  ASSERT_EQ(seen.entries_size(), 2);
  EXPECT_TRUE(seen.entries(0).amended());
  EXPECT_EQ(seen.entries(0).text().text(), "about Leeds");
  EXPECT_EQ(seen.entries(0).private_note().text(), "nervous");
  EXPECT_EQ(seen.entries(0).what(), "meal");
}

TEST_F(TodayServiceTest, ATimelineOfARelationshipIsPaged) {
  Start();
  for (int i = 1; i <= 4; ++i) CheckIn("c" + std::to_string(i), "2026-03-0" + std::to_string(i), "hello");
  v1::GetTimelineRequest request;
  request.set_relationship_id(kPair.ToBytes());
  request.set_page_size(2);
  std::vector<std::string> days;
  do {
    const auto page = Call(&v1::TodayService::StubInterface::GetTimeline, request);
    ASSERT_TRUE(status_.ok()) << status_.error_message();
    for (const auto& entry : page.entries()) days.push_back(entry.on());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(days, ElementsAre("2026-03-04", "2026-03-03", "2026-03-02", "2026-03-01", "2026-01-01"));
  request.set_page_token("nonsense");
  Call(&v1::TodayService::StubInterface::GetTimeline, request);
  EXPECT_EQ(Reason(), "BAD_PAGE_TOKEN");
  request.clear_page_token();
  request.set_relationship_id(kCat.ToBytes());
  Call(&v1::TodayService::StubInterface::GetTimeline, request);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Reason(), "NO_SUCH_THING");
  request.set_person_id(kAna.ToBytes());
  Call(&v1::TodayService::StubInterface::GetTimeline, request);
  EXPECT_EQ(Reason(), "INVALID_FIELD") << "a person or a relationship, not both";
}

TEST_F(TodayServiceTest, ATimelineSaysWhoWasToldOfAMoveAndThatAMessageFailed) {
  Start();
  event::v1::MoveTold told;
  told.set_move_id(Named("moved").ToBytes());
  told.set_to_id(kBen.ToBytes());
  told.set_channel(event::v1::TOLD_CHANNEL_CARD);
  told.set_delivered(true);
  Tell(3, kPair, told, "2026-02-01", {kAna, kBen});
  told.set_channel(event::v1::TOLD_CHANNEL_IN_PERSON);
  Tell(3, kPair, told, "2026-02-02", {kAna, kBen});
  told.set_to_id(kAna.ToBytes());
  told.set_channel(event::v1::TOLD_CHANNEL_EMAIL);
  told.set_delivered(false);
  Tell(3, kPair, told, "2026-02-03", {kAna, kBen});
  told.set_to_id(Named("unknown").ToBytes());
  told.clear_channel();
  Tell(3, kPair, told, "2026-02-04", {kAna, kBen});
  const auto seen = Timeline(kBen);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  std::vector<std::string> what;
  for (const auto& entry : seen.entries()) {
    if (entry.event() == "MoveTold") what.push_back(entry.what());
  }
  EXPECT_THAT(what, ElementsAre("not delivered to somebody", "not delivered to Ana by email", "told Ben in person",
                                "told Ben by card"));
}

TEST_F(TodayServiceTest, WhoWasSpokenForFindsWhatCameOfItOnceTheyAreTold) {
  Start();
  SpeakUp(kAna, kBen, kAna);
  event::v1::AdvocacyOutcomeSeen seen;
  seen.set_advocate_id(kAna.ToBytes());
  for (const auto outcome : {event::v1::ADVOCACY_OUTCOME_APPOINTED, event::v1::ADVOCACY_OUTCOME_HEARD}) {
    seen.set_outcome(outcome);
    Tell(6, Named("advocacy"), seen, "2026-03-03", {kBen}, kAna);
  }
  EXPECT_EQ(Timeline(kBen).entries_size(), 1) << "the start alone";
  event::v1::AdvocacyTold told;
  told.set_advocate_id(kAna.ToBytes());
  Tell(6, Named("advocacy"), told, "2026-03-04", {kBen}, kAna);
  seen.set_outcome(event::v1::ADVOCACY_OUTCOME_MET);
  Tell(6, Named("advocacy"), seen, "2026-03-05", {kBen}, kBen);
  const auto seen_by = [&](const storage::Id& reader) {
    std::vector<std::string> what;
    const auto timeline = Timeline(reader);
    for (const auto& entry : timeline.entries()) {
      if (entry.event() == "AdvocacyOutcomeSeen") what.push_back(entry.what());
    }
    return what;
  };
  EXPECT_THAT(seen_by(kAna), ElementsAre("met", "heard", "appointed"));
  EXPECT_THAT(seen_by(kBen), ElementsAre("met", "heard")) << "what was corrected before stays Ana's";
  EXPECT_EQ(Timeline(kBen).entries_size(), 4);
}

TEST_F(TodayServiceTest, AConfidenceThatCannotBeReadDoesNotStopWhoMayNotKnowOfIt) {
  Start();
  SpeakUp(kAna, kBen, kAna);
  // The views have folded it while it could be read.
  ASSERT_EQ(Timeline(kAna).entries_size(), 2);
  const auto key = storage::PositionKey(ledger_->head());
  const auto stored = store_->Get(storage::Family::kEvents, key);
  ASSERT_TRUE(stored.ok() && *stored);
  storage::Batch batch;
  batch.Put(storage::Family::kEvents, key, storage::EncodeEvent(storage::SplitEvent(**stored)->header, "\xff\xff"));
  ASSERT_TRUE(store_->Write(std::move(batch), storage::Durability::kSynced).ok());
  // Readers see it with the next moment of the log.
  CheckIn("c1", "2026-06-29", "hello");
  EXPECT_EQ(Timeline(kBen).entries_size(), 2);
  EXPECT_TRUE(status_.ok()) << status_.error_message();
  Timeline();
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::DATA_LOSS) << "who may know everything learns that it is damaged";
}

TEST_F(TodayServiceTest, APairIsWhatStandsBetweenTheTwo) {
  Start();
  const auto met = CheckIn("c1", "2026-06-29", "hello");
  v1::GetPairRequest request;
  request.set_person_id(kBen.ToBytes());
  request.set_other_id(kAna.ToBytes());
  const auto pair = Call(&v1::TodayService::StubInterface::GetPair, request, kBen);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  ASSERT_EQ(pair.relationships_size(), 1);
  EXPECT_EQ(pair.relationships(0).mentor_id(), kAna.ToBytes());
  EXPECT_EQ(pair.relationships(0).kind(), "mentor");
  EXPECT_EQ(pair.relationships(0).status(), "active");
  EXPECT_EQ(pair.relationships(0).max_days(), 45U);
  EXPECT_EQ(pair.last_touch_on(), "2026-06-29");
  EXPECT_EQ(pair.last_touch_at(), met);
  EXPECT_THAT(pair.open(), IsEmpty());
  Call(&v1::TodayService::StubInterface::GetPair, request, kCat);
  EXPECT_EQ(Reason(), "NOT_PERMITTED");
}

}  // namespace
}  // namespace mentorlog::today
