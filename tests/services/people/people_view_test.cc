// The rows of the followers `person` and `headcount`, folded from the facts of a small world.
#include <algorithm>
#include <map>
#include <random>

#include "services/people/headcount_view.h"
#include "services/people/person_view.h"
#include "tests/services/people/people_world.h"

namespace mentorlog::people_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Every record of the world, folded.
storage::MemoryRows FoldAll(const World& world, const storage::View& view) {
  storage::MemoryRows rows;
  for (const auto& record : world.records) {
    std::vector<std::string> entities;
    view.Entities(record, entities);
    for (const auto& entity : entities) EXPECT_EQ(view.Fold(record, entity, rows), absl::OkStatus());
  }
  return rows;
}

view::v1::PersonRow PersonRowOf(const World& world, const Id& person) {
  const people::PersonView view(world.codec);
  view::v1::PersonRow row;
  const auto rows = FoldAll(world, view);
  const auto stored = *rows.Get(people::PersonKey(person));
  EXPECT_TRUE(stored && row.ParseFromString(*stored));
  return row;
}

std::vector<std::string> PathOf(const view::v1::PersonRow& row) {
  std::vector<std::string> path;
  for (const auto& step : row.path()) path.push_back(Day{step.effective_on()}.ToText() + " " + step.to().unit());
  return path;
}

// unit -> count on `day`.
std::map<std::string, int> HeadcountOn(const World& world, std::string_view day) {
  const people::HeadcountView view(world.codec);
  const auto rows = FoldAll(world, view);
  std::map<std::string, int> by_unit;
  for (const auto& [key, value] : rows.rows()) {
    view::v1::HeadcountRow row;
    EXPECT_TRUE(row.ParseFromString(value));
    if (const auto unit = people::CountedIn(row, On(day))) ++by_unit[std::string(*unit)];
  }
  return by_unit;
}

people::CorrectMove Correct(const Id& person, const Id& move, std::string_view effective_on) {
  people::CorrectMove correct;
  correct.person = person;
  correct.move = move;
  correct.effective_on = On(effective_on);
  correct.occurred_on = On("2026-01-01");
  return correct;
}

people::RetractMove Retract(const Id& person, const Id& move) {
  return {person, move, event::v1::MOVE_RETRACTION_REASON_MISTAKEN, "", On("2026-01-01")};
}

TEST(PersonRow, HoldsThePathInTheOrderOfTheDaysNotOfTheRecords) {
  World world;
  const Id ana = world.Register("Ana");
  world.Moved(ana, "2024-01-01", MOVE_TYPE_TRANSFER, "leeds");
  world.Moved(ana, "2020-01-01", MOVE_TYPE_HIRE, "core");
  world.Moved(ana, "2022-01-01", MOVE_TYPE_LATERAL, "first");
  world.Moved(ana, "2022-01-01", MOVE_TYPE_LATERAL, "last");
  EXPECT_THAT(PathOf(PersonRowOf(world, ana)),
              ElementsAre("2020-01-01 core", "2022-01-01 first", "2022-01-01 last", "2024-01-01 leeds"));
}

TEST(PersonRow, ShowsCorrectionsInTheirPlaceAndNoRetractedMoves) {
  World world;
  const Id ana = world.Register("Ana");
  const Id corrected = world.Moved(ana, "2020-01-01", MOVE_TYPE_HIRE, "core");
  const Id retracted = world.Moved(ana, "2021-01-01", MOVE_TYPE_LATERAL, "tests");
  world.Moved(ana, "2022-01-01", MOVE_TYPE_LATERAL, "leeds");
  world.Taken(Correct(ana, corrected, "2023-01-01"));
  world.Taken(Retract(ana, retracted));
  const auto row = PersonRowOf(world, ana);
  EXPECT_THAT(PathOf(row), ElementsAre("2022-01-01 leeds", "2023-01-01 core"));
  EXPECT_EQ(row.path(0).corrected_at(), 0U);
  EXPECT_EQ(row.path(1).corrected_at(), 5U);
  EXPECT_EQ(row.revision(), 5U);
}

TEST(PersonRow, NamesSealedPartsAndHoldsNone) {
  World world;
  const Id ana = world.RegisterAs("Ana Unseen", "SECRET-7");
  const auto row = PersonRowOf(world, ana);
  EXPECT_EQ(row.details().position(), 1U);
  EXPECT_EQ(row.details().part(), 20U);
  ASSERT_THAT(row.external_ids(), SizeIs(1));
  EXPECT_EQ(row.external_ids(0).external().position(), 2U);
  const auto bytes = row.SerializeAsString();
  EXPECT_EQ(bytes.find("Unseen"), std::string::npos);
  EXPECT_EQ(bytes.find("SECRET"), std::string::npos);
}

TEST(PersonRow, ForgetsAnExternalIdThatWasUnlinked) {
  World world;
  const Id ana = world.RegisterAs("Ana", "p1");
  world.Taken(people::UnlinkExternalId{ana, "csv", "p1", On("2026-01-01")});
  EXPECT_THAT(PersonRowOf(world, ana).external_ids(), IsEmpty());
}

TEST(PersonRow, TellsWhichMoveMadeAnAnnouncementTrue) {
  World world;
  const Id ana = world.Register("Ana");
  people::AnnounceMove announce;
  announce.person = ana;
  announce.type = MOVE_TYPE_TRANSFER;
  announce.effective_on = On("2026-11-10");
  announce.occurred_on = On("2026-11-01");
  world.Taken(announce);
  EXPECT_EQ(PersonRowOf(world, ana).announced(0).came_true_as(), "");
  const Id moved = world.Moved(ana, "2026-11-10", MOVE_TYPE_TRANSFER, "leeds");
  EXPECT_EQ(PersonRowOf(world, ana).announced(0).came_true_as(), moved.ToBytes());
  world.Taken(Retract(ana, moved));
  EXPECT_EQ(PersonRowOf(world, ana).announced(0).came_true_as(), "");
}

TEST(PersonView, KeepsARowPerRegistrationInTheOrderOfTheLog) {
  World world;
  const Id ana = world.Register("Ana");
  world.Moved(ana, "2020-01-01", MOVE_TYPE_HIRE, "core");
  const Id eva = world.Register("Eva");
  const people::PersonView view(world.codec);
  const auto rows = FoldAll(world, view);
  std::vector<std::string> people;
  EXPECT_TRUE(rows.Scan("r", "s",
                        [&](std::string_view, std::string_view value) {
                          view::v1::RegistrationRow row;
                          EXPECT_TRUE(row.ParseFromString(std::string(value)));
                          people.push_back(row.person_id());
                          return true;
                        })
                  .ok());
  EXPECT_THAT(people, ElementsAre(ana.ToBytes(), eva.ToBytes()));
}

TEST(PersonView, QuarantinesWhatThisBuildDoesNotKnow) {
  World world;
  world.Register("Ana");
  auto record = world.records.at(0);
  record.header.set_type(1999);
  const people::PersonView person(world.codec);
  const people::HeadcountView headcount(world.codec);
  for (const storage::View* view :
       {static_cast<const storage::View*>(&person), static_cast<const storage::View*>(&headcount)}) {
    std::vector<std::string> entities;
    view->Entities(record, entities);
    ASSERT_FALSE(entities.empty());
    storage::MemoryRows rows;
    EXPECT_THAT(view->Fold(record, entities.front(), rows), RefusedWith(absl::StatusCode::kDataLoss, "UNKNOWN_EVENT"));
  }
}

TEST(Headcount, CountsThePersonWhereTheLastMoveUntilTheDayPutThem) {
  World world;
  const Id ana = world.Register("Ana");
  world.Moved(ana, "2020-01-01", MOVE_TYPE_HIRE, "core");
  world.Moved(ana, "2022-01-01", MOVE_TYPE_TRANSFER, "tests");
  const Id eva = world.Register("Eva");
  world.Moved(eva, "2021-01-01", MOVE_TYPE_HIRE, "core");
  EXPECT_THAT(HeadcountOn(world, "2019-12-31"), IsEmpty());
  EXPECT_EQ(HeadcountOn(world, "2021-01-01"), (std::map<std::string, int>{{"core", 2}}));
  EXPECT_EQ(HeadcountOn(world, "2022-01-01"), (std::map<std::string, int>{{"core", 1}, {"tests", 1}}));
}

TEST(Headcount, LeavesOutWhoLeftOrIsAwayOrIsInNoUnit) {
  World world;
  const Id ana = world.Register("Ana");
  world.Moved(ana, "2020-01-01", MOVE_TYPE_HIRE, "core");
  // The unit of an exit or a leave is not looked at.
  world.Moved(ana, "2021-01-01", MOVE_TYPE_LEAVE, "core");
  world.Moved(ana, "2022-01-01", MOVE_TYPE_REHIRE, "core");
  world.Moved(ana, "2023-01-01", MOVE_TYPE_EXIT, "core");
  world.Moved(ana, "2024-01-01", MOVE_TYPE_REHIRE, "");
  const std::map<std::string, int> core{{"core", 1}};
  EXPECT_EQ(HeadcountOn(world, "2020-12-31"), core);
  EXPECT_THAT(HeadcountOn(world, "2021-12-31"), IsEmpty());
  EXPECT_EQ(HeadcountOn(world, "2022-12-31"), core);
  EXPECT_THAT(HeadcountOn(world, "2023-12-31"), IsEmpty());
  EXPECT_THAT(HeadcountOn(world, "2024-12-31"), IsEmpty());
}

TEST(Headcount, TakesTheLaterRecordedOfTwoMovesOnOneDay) {
  World world;
  const Id ana = world.Register("Ana");
  world.Moved(ana, "2020-01-01", MOVE_TYPE_HIRE, "first told");
  world.Moved(ana, "2020-01-01", MOVE_TYPE_LATERAL, "last told");
  EXPECT_EQ(HeadcountOn(world, "2020-01-01"), (std::map<std::string, int>{{"last told", 1}}));
}

TEST(Headcount, FollowsCorrectionsAndRetractions) {
  World world;
  const Id ana = world.Register("Ana");
  const Id hired = world.Moved(ana, "2020-01-01", MOVE_TYPE_HIRE, "core");
  const Id moved = world.Moved(ana, "2021-01-01", MOVE_TYPE_TRANSFER, "tests");
  world.Taken(Correct(ana, moved, "2022-01-01"));
  EXPECT_EQ(HeadcountOn(world, "2021-01-01"), (std::map<std::string, int>{{"core", 1}}));
  EXPECT_EQ(HeadcountOn(world, "2022-01-01"), (std::map<std::string, int>{{"tests", 1}}));
  world.Taken(Retract(ana, moved));
  EXPECT_EQ(HeadcountOn(world, "2022-01-01"), (std::map<std::string, int>{{"core", 1}}));
  world.Taken(Retract(ana, hired));
  EXPECT_THAT(HeadcountOn(world, "2022-01-01"), IsEmpty());
}

TEST(Headcount, IsTheSameInWhateverOrderTheMovesArrive) {
  struct Told {
    std::string on;
    event::v1::MoveType type;
    std::string unit;
  };
  std::vector<Told> moves = {{"2020-01-01", MOVE_TYPE_HIRE, "core"},      {"2020-06-01", MOVE_TYPE_TRANSFER, "tests"},
                             {"2021-01-01", MOVE_TYPE_LEAVE, ""},         {"2021-06-01", MOVE_TYPE_REHIRE, "core"},
                             {"2022-01-01", MOVE_TYPE_PROMOTION, "core"}, {"2022-06-01", MOVE_TYPE_EXIT, ""}};
  std::mt19937 random(1);
  const auto in_order = moves;
  for (int round = 0; round < 50; ++round) {
    World world;
    const Id ana = world.Register("Ana");
    for (const auto& move : moves) world.Moved(ana, move.on, move.type, move.unit);
    for (const auto& move : in_order) {
      const bool counted = !move.unit.empty();
      EXPECT_EQ(HeadcountOn(world, move.on),
                counted ? (std::map<std::string, int>{{move.unit, 1}}) : (std::map<std::string, int>{}))
          << move.on << " in round " << round;
      EXPECT_EQ(world.UnitOn(ana, move.on), move.unit);
    }
    std::vector<std::string> path;
    for (const auto& move : in_order) path.push_back(move.on + " " + move.unit);
    EXPECT_EQ(PathOf(PersonRowOf(world, ana)), path);
    std::shuffle(moves.begin(), moves.end(), random);
  }
}

}  // namespace
}  // namespace mentorlog::people_test
