#include "storage/types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mentorlog::storage {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(Id, IsThirtyTwoHexDigitsOfAnyCaseWithOrWithoutDashes) {
  const auto plain = Id::FromHex("00112233445566778899aabbccddeeff");
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->ToHex(), "00112233445566778899aabbccddeeff");
  EXPECT_EQ(plain->bytes[1], 0x11);
  EXPECT_THAT(Id::FromHex("00112233-4455-6677-8899-AABBCCDDEEFF"), Optional(Eq(*plain)));
}

TEST(Id, RefusesOtherHex) {
  for (const char* hex : {"", "0", "00112233445566778899aabbccddeef", "00112233445566778899aabbccddeeff0",
                          "g0112233445566778899aabbccddeeff", "00112233445566778899aabbccddeef "}) {
    EXPECT_EQ(Id::FromHex(hex), std::nullopt) << hex;
  }
}

TEST(Id, IsSixteenBytes) {
  const std::string raw("\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\xff", 16);
  ASSERT_TRUE(Id::FromBytes(raw).has_value());
  EXPECT_EQ(Id::FromBytes(raw)->ToBytes(), raw);
  EXPECT_EQ(Id::FromBytes(raw.substr(1)), std::nullopt);
  EXPECT_EQ(Id::FromBytes(raw + "x"), std::nullopt);
  EXPECT_TRUE(Id().IsZero());
  EXPECT_FALSE(Id::FromBytes(raw)->IsZero());
}

TEST(StreamKey, IsAKindThatIsNotZeroAndAnId) {
  const StreamKey key{5, *Id::FromHex("00112233445566778899aabbccddeeff")};
  EXPECT_EQ(key.ToBytes().size(), 17u);
  EXPECT_EQ(key.ToBytes()[0], '\5');
  EXPECT_THAT(StreamKey::FromBytes(key.ToBytes()), Optional(Eq(key)));
  EXPECT_EQ(StreamKey::FromBytes(key.id.ToBytes()), std::nullopt);
  EXPECT_EQ(StreamKey::FromBytes(std::string(17, '\0')), std::nullopt);
  EXPECT_EQ(StreamKey::FromBytes(""), std::nullopt);
}

TEST(StreamKey, KeepsKindsAbove127) {
  const StreamKey key{255, Id()};
  EXPECT_THAT(StreamKey::FromBytes(key.ToBytes()), Optional(Eq(key)));
}

struct DayCase {
  const char* text;
  int days;
};

class Days : public ::testing::TestWithParam<DayCase> {};

TEST_P(Days, AreCountedFrom1970) {
  EXPECT_THAT(Day::FromText(GetParam().text), Optional(Eq(Day{GetParam().days})));
  EXPECT_EQ(Day{GetParam().days}.ToText(), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(Calendar, Days,
                         ::testing::Values(DayCase{"1970-01-01", 0}, DayCase{"1969-12-31", -1},
                                           DayCase{"2000-02-29", 11016}, DayCase{"2026-11-22", 20779},
                                           DayCase{"0001-01-01", -719162}, DayCase{"9999-12-31", 2932896}));

TEST(Day, RefusesWhatIsNoDayWrittenInFull) {
  for (const char* text : {"", "2026-11-31", "2025-02-29", "1900-02-29", "2026-00-01", "2026-13-01", "2026-01-00",
                           "0000-01-01", "2026-1-1", "26-01-01", "2026/01/01", "2026-01-01 ", " 2026-01-01",
                           "2026-01-0x", "+026-01-01", "-001-01-01", "2026-01-+1", "22.11.2026"}) {
    EXPECT_EQ(Day::FromText(text), std::nullopt) << text;
  }
}

TEST(Day, EveryDayOfFourCenturiesSurvivesItsText) {
  for (int days = Day::FromText("1800-01-01")->value; days <= Day::FromText("2200-01-01")->value; ++days) {
    ASSERT_THAT(Day::FromText(Day{days}.ToText()), Optional(Eq(Day{days})));
  }
}

TEST(Instant, HasAUtcDayAlsoBefore1970) {
  constexpr std::int64_t kDay = 86'400'000'000;
  EXPECT_EQ(Instant{0}.UtcDay(), Day{0});
  EXPECT_EQ(Instant{kDay - 1}.UtcDay(), Day{0});
  EXPECT_EQ(Instant{kDay}.UtcDay(), Day{1});
  EXPECT_EQ(Instant{-1}.UtcDay(), Day{-1});
  EXPECT_EQ(Instant{-kDay}.UtcDay(), Day{-1});
  EXPECT_EQ(Instant{-kDay - 1}.UtcDay(), Day{-2});
}

TEST(Instant, IsTomorrowAlreadyInTheEarliestZoneFromTenOClock) {
  constexpr std::int64_t kHour = 3'600'000'000;
  EXPECT_EQ(Instant{10 * kHour - 1}.LatestDayOnEarth(), Day{0});
  EXPECT_EQ(Instant{10 * kHour}.LatestDayOnEarth(), Day{1});
}

}  // namespace
}  // namespace mentorlog::storage
