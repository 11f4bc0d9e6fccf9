// What a line of `mentorlog touch` says.
#include "clients/cli/touch_line.h"

#include "gmock/gmock.h"

namespace mentorlog::cli {
namespace {

using ::testing::ElementsAre;

TEST(TouchLine, CoffeeIsAMealAndTheRestIsTheGist) {
  const auto line = ParseTouch({"coffee", "nervous about Leeds"});
  EXPECT_EQ(line.channel, v1::CHECK_IN_CHANNEL_MEAL);
  EXPECT_EQ(line.gist, "nervous about Leeds");
  EXPECT_EQ(line.private_note, "");
}

TEST(TouchLine, SaysNothingButThatTheyMet) {
  const auto line = ParseTouch({});
  EXPECT_EQ(line.channel, v1::CHECK_IN_CHANNEL_IN_PERSON);
  EXPECT_EQ(line.gist, "");
}

TEST(TouchLine, WhatFollowsTwoSlashesIsPrivate) {
  const auto line = ParseTouch({"call", "all", "well", "//she", "looks", "tired"});
  EXPECT_EQ(line.channel, v1::CHECK_IN_CHANNEL_CALL);
  EXPECT_EQ(line.gist, "all well");
  EXPECT_EQ(line.private_note, "she looks tired");
  EXPECT_EQ(ParseTouch({"all well // not quite"}).private_note, "not quite");
}

TEST(TouchLine, AnAddressIsNotPrivate) {
  const auto line = ParseTouch({"read https://example.org/a together"});
  EXPECT_EQ(line.gist, "read https://example.org/a together");
  EXPECT_EQ(line.private_note, "");
}

TEST(TouchLine, EveryChannelHasItsOwnName) {
  EXPECT_EQ(ChannelOf("walk-by"), v1::CHECK_IN_CHANNEL_WALK_BY);
  EXPECT_EQ(ChannelOf("shadowing"), v1::CHECK_IN_CHANNEL_SHADOWING);
  EXPECT_EQ(ChannelOf("2"), std::nullopt);
  EXPECT_EQ(ChannelOf("unspecified"), std::nullopt);
  EXPECT_EQ(ChannelOf("nervous"), std::nullopt);
}

TEST(TouchLine, SeveralPeopleAreSeparatedByCommas) {
  EXPECT_THAT(SplitPeople("ana, ben,,"), ElementsAre("ana", "ben"));
}

}  // namespace
}  // namespace mentorlog::cli
