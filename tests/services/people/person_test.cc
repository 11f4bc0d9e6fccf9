// Registering and numbering people, and who may: scripts in the words of the domain.
#include "services/people/person.h"

#include "services/people/people_commands.h"
#include "tests/services/people/people_words.h"
#include "tests/services/people/people_world.h"

namespace mentorlog::people_test {
namespace {

using absl::StatusCode;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(RegisterPerson, MakesAPersonAndClaimsTheExternalIdInOneGo) {
  World world;
  const people::ExternalIdGiven given{"csv", "p1", std::nullopt};
  const auto facts = world.Taken(people::RegisterPerson{"Ana", "a@example.org", "", "", On("2020-02-03"), given});
  ASSERT_THAT(facts.facts, SizeIs(3));
  const Id person = facts.facts[0].subjects.at(0);
  EXPECT_EQ(facts.facts[0].stream, people::PersonStream(person));
  EXPECT_EQ(facts.facts[0].occurred_on, On("2020-02-03"));
  EXPECT_EQ(facts.facts[2].stream.kind, people::kExternalKind);
  EXPECT_TRUE(world.StateOf(person).registered());
  EXPECT_EQ(world.StateOf(person).joined_on(), On("2020-02-03").value);
  EXPECT_THAT(world.StateOf(person).links(), SizeIs(1));
}

TEST(RegisterPerson, KeepsNameAndExternalIdOutOfTheOpenPart) {
  World world;
  const people::ExternalIdGiven given{"hris", "SECRET-7", std::nullopt};
  world.Taken(people::RegisterPerson{"Ana Unseen", "ana@unseen.org", "pt", "Europe/Lisbon", On("2020-02-03"), given});
  for (const auto& record : world.records) {
    EXPECT_EQ(record.open.find("nseen"), std::string::npos);
    EXPECT_EQ(record.open.find("SECRET"), std::string::npos);
    EXPECT_EQ(record.open.find("hris"), std::string::npos);
  }
}

TEST(RegisterPerson, IsRefusedAnExternalIdThatSomebodyHolds) {
  World world;
  world.RegisterAs("Ana", "p1");
  const people::ExternalIdGiven given{"csv", "p1", std::nullopt};
  const auto decision = world.Decide(people::RegisterPerson{"Eva", "", "", "", On("2020-01-01"), given});
  EXPECT_THAT(decision.status(), RefusedWith(StatusCode::kAlreadyExists, "EXTERNAL_ID_TAKEN"));
}

TEST(RegisterPerson, TakesTheSameIdOfAnotherSystem) {
  World world;
  const Id ana = world.RegisterAs("Ana", "p1");
  const people::ExternalIdGiven given{"hris", "p1", std::nullopt};
  const auto facts = world.Taken(people::RegisterPerson{"Eva", "", "", "", On("2020-01-01"), given});
  EXPECT_NE(facts.facts.at(0).subjects.at(0), ana);
}

TEST(RegisterPerson, IsRefusedADayOfJoiningInTheFuture) {
  World world;
  const auto decision = world.Decide(people::RegisterPerson{"Ana", "", "", "", On("2026-11-23"), std::nullopt});
  EXPECT_THAT(decision.status(), RefusedWith(StatusCode::kInvalidArgument, "DATE_IN_FUTURE"));
}

TEST(RegisterPerson, IsRefusedWithoutAName) {
  World world;
  const auto decision = world.Decide(people::RegisterPerson{" \t", "", "", "", On("2020-01-01"), std::nullopt});
  EXPECT_THAT(decision.status(), RefusedWith(StatusCode::kInvalidArgument, "INVALID_FIELD"));
}

TEST(RegisterPerson, IsRefusedANameOfMoreThan200Characters) {
  World world;
  const auto named = [](const std::string& name) {
    return people::RegisterPerson{name, "", "", "", On("2020-01-01"), std::nullopt};
  };
  std::string name;
  for (int i = 0; i < 200; ++i) name += "\xC3\xA9";
  EXPECT_TRUE(world.Decide(named(name)).ok());
  EXPECT_THAT(world.Decide(named(name + "e")).status(), RefusedWith(StatusCode::kInvalidArgument, "TEXT_TOO_LONG"));
  EXPECT_THAT(world.Decide(named("\xC3")).status(), RefusedWith(StatusCode::kInvalidArgument, "NOT_UTF8"));
}

TEST(RegisterPerson, NamesEverythingThatIsWrongAtOnce) {
  const people::ExternalIdGiven given{"", "", std::nullopt};
  EXPECT_THAT(people::Check(people::RegisterPerson{"", std::string(321, 'x'), "", "", Day{}, given}), SizeIs(4));
}

TEST(LinkExternalId, OfTheirOwnAgainChangesNothing) {
  World world;
  const Id ana = world.RegisterAs("Ana", "p1");
  EXPECT_THAT(world.Taken(Link(ana, "p1")).facts, IsEmpty());
}

TEST(LinkExternalId, IsRefusedWhileSomebodyElseHoldsItAndTakenOnceReleased) {
  World world;
  const Id ana = world.RegisterAs("Ana", "p1");
  const Id eva = world.Register("Eva");
  EXPECT_THAT(world.Decide(Link(eva, "p1")).status(), RefusedWith(StatusCode::kAlreadyExists, "EXTERNAL_ID_TAKEN"));
  world.Taken(Unlink(ana, "p1"));
  EXPECT_THAT(world.StateOf(ana).links(), IsEmpty());
  EXPECT_THAT(world.Taken(Link(eva, "p1")).facts, SizeIs(2));
  EXPECT_THAT(world.StateOf(eva).links(), SizeIs(1));
}

TEST(LinkExternalId, IsRefusedBeyondAHundred) {
  World world;
  const Id ana = world.Register("Ana");
  for (int i = 0; i < people::kExternalIdsMax; ++i) world.Taken(Link(ana, "p" + std::to_string(i)));
  EXPECT_THAT(world.Decide(Link(ana, "one more")).status(),
              RefusedWith(StatusCode::kFailedPrecondition, "PERSON_FULL"));
}

TEST(LinkExternalId, IsRefusedForSomebodyUnknown) {
  World world;
  const auto decision = world.Decide(Link(*Id::FromHex("00000000000000000000000000000001"), "p1"));
  EXPECT_THAT(decision.status(), RefusedWith(StatusCode::kNotFound, "UNKNOWN_PERSON"));
}

TEST(UnlinkExternalId, IsRefusedForAnIdOfSomebodyElseOrOfNobody) {
  World world;
  world.RegisterAs("Ana", "p1");
  const Id eva = world.RegisterAs("Eva", "p2");
  const auto refused = RefusedWith(StatusCode::kNotFound, "EXTERNAL_ID_NOT_LINKED");
  EXPECT_THAT(world.Decide(Unlink(eva, "p1")).status(), refused);
  EXPECT_THAT(world.Decide(Unlink(eva, "p3")).status(), refused);
  world.Taken(Unlink(eva, "p2"));
  EXPECT_THAT(world.Decide(Unlink(eva, "p2")).status(), refused);
}

TEST(FindByExternalId, AnswersWhoHoldsItNow) {
  World world;
  const Id ana = world.RegisterAs("Ana", "p1");
  const storage::Keyed keyed{storage::Digest{7}};
  const runtime::RequestIds ids(keyed, "test", Id{});
  world.context.ids = &ids;
  EXPECT_EQ(*people::FindByExternalId(world.context, world, "csv", "p1"), ana);
  EXPECT_EQ(*people::FindByExternalId(world.context, world, "csv", "p2"), std::nullopt);
  world.Taken(Unlink(ana, "p1"));
  world.context.ids = &ids;
  EXPECT_EQ(*people::FindByExternalId(world.context, world, "csv", "p1"), std::nullopt);
}

TEST(RequirePerson, NamesTheFieldAndTheId) {
  World world;
  const Id nobody = *Id::FromHex("000000000000000000000000000000ab");
  const auto status = people::RequirePerson(world, nobody, "mentee_id");
  EXPECT_THAT(status, RefusedWith(StatusCode::kNotFound, "UNKNOWN_PERSON"));
  EXPECT_THAT(std::string(status.message()), ::testing::StartsWith("mentee_id: " + nobody.ToHex()));
  EXPECT_TRUE(people::RequirePerson(world, world.Register("Ana"), "mentee_id").ok());
}

TEST(Permission, IsForOnesOwnMovesAndExternalIdsOnly) {
  World world;
  const Id ana = world.Register("Ana");
  const Id ben = world.RegisterAs("Ben", "p2");
  const Id moved = world.Moved(ben, "2022-01-01", MOVE_TYPE_TRANSFER, "leeds");
  people::RecordMove record;
  record.person = ben;
  record.type = MOVE_TYPE_LATERAL;
  record.effective_on = On("2023-01-01");
  record.to.unit = "bradford";
  const people::AnnounceMove announce{ben, MOVE_TYPE_EXIT, On("2027-01-01"), {}, On("2026-11-01")};
  auto correct = Correct(ben, moved);
  correct.to.unit = "hull";
  const people::LinkExternalId link{ben, {"csv", "p3", std::nullopt}, On("2026-11-01")};
  const people::UnlinkExternalId unlink{ben, "csv", "p2", On("2026-11-01")};
  const auto refused = RefusedWith(StatusCode::kPermissionDenied, "NOT_PERMITTED");
  world.context.actor = {ana, "", false};
  EXPECT_THAT(world.Decide(record).status(), refused);
  EXPECT_THAT(world.Decide(announce).status(), refused);
  EXPECT_THAT(world.Decide(correct).status(), refused);
  EXPECT_THAT(world.Decide(Retract(ben, moved, kMistaken)).status(), refused);
  EXPECT_THAT(world.Decide(link).status(), refused);
  EXPECT_THAT(world.Decide(unlink).status(), refused);
  EXPECT_THAT(world.Decide(Retract(Id{}, moved, kMistaken)).status(),
              RefusedWith(StatusCode::kNotFound, "UNKNOWN_PERSON"));
  world.context.actor = {ben, "", false};
  world.Taken(record);
  world.Taken(announce);
  world.Taken(correct);
  world.Taken(Retract(ben, moved, kMistaken));
  world.Taken(link);
  world.Taken(unlink);
}

TEST(Permission, IsToRegisterSomebodyButNotToSayWhoTheyAreElsewhere) {
  World world;
  world.context.actor = {world.Register("Ana"), "", false};
  world.Register("Cem");
  const people::ExternalIdGiven given{"csv", "p9", std::nullopt};
  EXPECT_THAT(world.Decide(people::RegisterPerson{"Dan", "", "", "", On("2020-02-03"), given}).status(),
              RefusedWith(StatusCode::kPermissionDenied, "NOT_PERMITTED"));
}

TEST(EveryCommand, IsRefusedWhenDatedInTheFuture) {
  World world;
  const Id ana = world.RegisterAs("Ana", "p1");
  const Id moved = world.Moved(ana, "2022-01-01", MOVE_TYPE_TRANSFER, "leeds");
  const auto refused = RefusedWith(StatusCode::kInvalidArgument, "DATE_IN_FUTURE");
  const auto dated = [&](auto command) {
    command.occurred_on = On("2026-11-23");
    return world.Decide(command).status();
  };
  EXPECT_THAT(dated(Link(ana, "p2")), refused);
  EXPECT_THAT(dated(Unlink(ana, "p1")), refused);
  EXPECT_THAT(dated(Announce(ana, "2026-12-01", "york")), refused);
  EXPECT_THAT(dated(Correct(ana, moved)), refused);
  EXPECT_THAT(dated(Retract(ana, moved, kMistaken)), refused);
}

}  // namespace
}  // namespace mentorlog::people_test
