// What happened, newest first, by pair and by person.
#include "services/today/timeline_view.h"

#include "gmock/gmock.h"
#include "tests/services/today/told.h"

namespace mentorlog::today {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const storage::Id kAna = Named("ana");
const storage::Id kBen = Named("ben");
const storage::Id kCat = Named("cat");

class TimelineTest : public ::testing::Test {
 protected:
  std::vector<TimelineEntryRow> Read(const std::vector<std::string>& entities, std::string_view after = {},
                                     std::size_t limit = 100) {
    auto rows = ReadTimeline([&](std::string_view from, std::string_view to,
                                 const auto& visit) { return told_.rows().Scan(from, to, visit); },
                             entities, after, limit, [](const TimelineEntryRow&) { return true; });
    EXPECT_TRUE(rows.ok()) << rows.status();
    return *rows;
  }
  static std::vector<std::uint64_t> Positions(const std::vector<TimelineEntryRow>& rows) {
    std::vector<std::uint64_t> positions;
    for (const auto& row : rows) positions.push_back(row.position.value);
    return positions;
  }
  // Everything that involves the person, moves included.
  std::vector<TimelineEntryRow> Involving(const storage::Id& person) {
    auto entities = ReadInvolving([&](std::string_view from, std::string_view to,
                                      const auto& visit) { return told_.rows().Scan(from, to, visit); },
                                  person);
    EXPECT_TRUE(entities.ok()) << entities.status();
    entities->push_back(MovesEntity(person));
    return Read(*entities);
  }
  std::vector<std::uint64_t> OfPair() {
    return Positions(Read({BetweenEntity(kBen, kAna), MovesEntity(kAna), MovesEntity(kBen)}));
  }

  TimelineView view_{Codec()};
  Told told_{view_};
};

TEST_F(TimelineTest, MergesTouchesAndTheMovesOfBothSidesNewestFirst) {
  const auto started = told_.Started(kAna, kBen, "2026-01-01");
  const auto late = told_.Touched(kAna, kBen, "c1", "2026-03-01");
  const auto early = told_.Touched(kAna, kBen, "c2", "2026-02-01");
  const auto moved = told_.Moved(kBen, "m1", event::v1::MOVE_TYPE_TRANSFER, "2026-02-15");
  const auto mentor_moved = told_.Moved(kAna, "m2", event::v1::MOVE_TYPE_EXIT, "2026-01-15");
  told_.Moved(kCat, "m3", event::v1::MOVE_TYPE_EXIT, "2026-02-20");
  told_.Touched(kCat, kBen, "c3", "2026-02-21");
  EXPECT_THAT(OfPair(), ElementsAre(late, moved, early, mentor_moved, started));
}

// Where both look: whoever is told of a move by a card finds it here.
TEST_F(TimelineTest, TellsThatOneSideWasToldOfTheOthersMove) {
  const auto started = told_.Started(kAna, kBen, "2026-01-01");
  event::v1::MoveTold event;
  event.set_move_id("m1");
  event.set_to_id(kBen.ToBytes());
  event.set_channel(event::v1::TOLD_CHANNEL_CARD);
  const auto told = told_.Between(kAna, kBen, std::move(event), "2026-01-20");
  EXPECT_THAT(OfPair(), ElementsAre(told, started));
}

TEST_F(TimelineTest, OnlyTheFirstRecordOfAStreamNotesTheTwoWithEachOther) {
  storage::Record record;
  record.header.set_type(3000 + event::v1::RelationshipEvent::kRelationshipStarted);
  record.header.set_stream(storage::StreamKey{3, Told::RelationshipId(kAna, kBen)}.ToBytes());
  record.header.add_subjects(kAna.ToBytes());
  record.header.add_subjects(kBen.ToBytes());
  std::vector<std::string> entities;
  view_.Entities(record, entities);
  EXPECT_THAT(entities, ElementsAre(BetweenEntity(kAna, kBen), InvolvingEntity(kAna), InvolvingEntity(kBen)));
  record.header.set_type(3000 + event::v1::RelationshipEvent::kCheckInLogged);
  record.header.set_revision(1);
  entities.clear();
  view_.Entities(record, entities);
  EXPECT_THAT(entities, ElementsAre(BetweenEntity(kAna, kBen)));
}

TEST_F(TimelineTest, APersonsTimelineHoldsEverybodyTheyHadToDoWith) {
  const auto ana = told_.Touched(kAna, kBen, "c1", "2026-03-01");
  const auto cat = told_.Touched(kBen, kCat, "c2", "2026-02-01");
  told_.Touched(kAna, kCat, "c3", "2026-02-02");
  event::v1::RecognitionGiven given;
  given.set_from_id(kCat.ToBytes());
  given.set_to_id(kBen.ToBytes());
  const auto praised = told_.That(4, Named("praise"), given, On("2026-02-10"), {kBen});
  EXPECT_THAT(Positions(Involving(kBen)), ElementsAre(ana, praised, cat));
}

TEST_F(TimelineTest, ARetractedTouchIsGoneAndAnAmendedOneMoves) {
  const auto first = told_.Touched(kAna, kBen, "c1", "2026-03-01");
  const auto second = told_.Touched(kAna, kBen, "c2", "2026-02-01");
  told_.MovedTo(kAna, kBen, "c2", "2026-04-01");
  EXPECT_THAT(OfPair(), ElementsAre(second, first));
  EXPECT_THAT(Read({BetweenEntity(kAna, kBen)})[0].row.amended_at(), ElementsAre(told_.head()));
  told_.Retracted(kAna, kBen, "c2");
  EXPECT_THAT(OfPair(), ElementsAre(first));
  told_.Retracted(kAna, kBen, "c1");
  EXPECT_THAT(OfPair(), IsEmpty());
  EXPECT_THAT(Involving(kAna), IsEmpty());
}

TEST_F(TimelineTest, ACorrectedMoveTakesItsPlaceAndARetractedOneLeaves) {
  const auto first = told_.Moved(kBen, "m1", event::v1::MOVE_TYPE_TRANSFER, "2026-02-01");
  const auto second = told_.Moved(kBen, "m2", event::v1::MOVE_TYPE_LATERAL, "2026-03-01");
  event::v1::MoveCorrected corrected;
  corrected.set_move_id(Named("m1").ToBytes());
  corrected.set_effective_on(On("2026-04-01").value);
  told_.That(1, kBen, corrected, On("2026-05-01"), {kBen});
  EXPECT_THAT(OfPair(), ElementsAre(first, second));
  event::v1::MoveRetracted retracted;
  retracted.set_move_id(Named("m2").ToBytes());
  told_.That(1, kBen, retracted, On("2026-05-01"), {kBen});
  EXPECT_THAT(OfPair(), ElementsAre(first));
}

TEST_F(TimelineTest, AToldAdvocacySaysSo) {
  event::v1::AdvocacyMade made;
  made.set_advocate_id(kAna.ToBytes());
  made.set_for_id(kBen.ToBytes());
  told_.That(6, Named("word"), made, On("2026-05-01"), {kBen});
  told_.That(6, Named("other word"), made, On("2026-04-01"), {kBen});
  event::v1::AdvocacyOutcomeSeen seen;
  seen.set_advocate_id(kAna.ToBytes());
  told_.That(6, Named("word"), seen, On("2026-05-01"), {kBen});
  // Newest first.
  const auto tells = [&] {
    std::vector<bool> all;
    for (const auto& entry : Read({BetweenEntity(kAna, kBen)})) all.push_back(entry.told);
    return all;
  };
  told_.That(6, Named("word"), seen, On("2026-05-02"), {kBen});
  EXPECT_THAT(tells(), ElementsAre(false, false, false, false));
  event::v1::AdvocacyTold told;
  told.set_advocate_id(kAna.ToBytes());
  told_.That(6, Named("word"), told, On("2026-05-02"), {kBen});
  EXPECT_THAT(tells(), ElementsAre(true, false, true, false))
      << "what counts, the word; neither a former outcome nor another word";
  told_.That(6, Named("word"), seen, On("2026-05-03"), {kBen});
  told_.That(6, Named("word"), told, On("2026-05-04"), {kBen});
  EXPECT_THAT(tells(), ElementsAre(true, true, false, true, false)) << "what comes of it later too";
}

TEST_F(TimelineTest, PagesJoinWithoutGapOrDouble) {
  for (int i = 0; i < 10; ++i) {
    told_.Touched(kAna, kBen, "c" + std::to_string(i), "2026-01-1" + std::to_string(i / 2));
    told_.Moved(kBen, "m" + std::to_string(i), event::v1::MOVE_TYPE_LATERAL, "2026-01-1" + std::to_string(i / 3));
  }
  const std::vector<std::string> entities = {BetweenEntity(kAna, kBen), MovesEntity(kBen)};
  const auto all = Positions(Read(entities));
  ASSERT_EQ(all.size(), 20U);
  std::vector<std::uint64_t> paged;
  std::string after;
  for (auto page = Read(entities, after, 3); !page.empty(); page = Read(entities, after, 3)) {
    for (const auto position : Positions(page)) paged.push_back(position);
    after = page.back().when;
  }
  EXPECT_EQ(paged, all);
}

}  // namespace
}  // namespace mentorlog::today
