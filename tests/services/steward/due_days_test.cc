// Which streams are looked at on which day.
#include "services/steward/due_days.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mentorlog::steward {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

storage::StreamKey Stream(std::uint8_t n) {
  storage::StreamKey stream{3, {}};
  stream.id.bytes[15] = n;
  return stream;
}

storage::Day On(std::int32_t day) { return {day}; }

TEST(DueDays, AreTakenOnceWhenTheyHaveCome) {
  DueDays due;
  due.Book(Stream(2), On(10));
  due.Book(Stream(1), On(12));
  due.Book(Stream(3), On(13));
  EXPECT_THAT(due.Take(On(9)), IsEmpty());
  EXPECT_THAT(due.Take(On(12)), ElementsAre(Stream(1), Stream(2)));
  EXPECT_THAT(due.Take(On(12)), IsEmpty());
  EXPECT_EQ(due.size(), 1U);
}

TEST(DueDays, KeepTheEarlierOfTwoDays) {
  DueDays due;
  due.Book(Stream(1), On(10));
  due.Book(Stream(1), On(20));
  due.Book(Stream(2), On(20));
  due.Book(Stream(2), On(10));
  EXPECT_EQ(due.size(), 2U);
  EXPECT_THAT(due.Take(On(10)), ElementsAre(Stream(1), Stream(2)));
  EXPECT_THAT(due.Take(On(20)), IsEmpty());
}

TEST(DueDays, TakeAStreamAgainThatWasBookedAnew) {
  DueDays due;
  due.Book(Stream(1), On(20));
  due.Book(Stream(1), On(10));
  EXPECT_THAT(due.Take(On(10)), ElementsAre(Stream(1)));
  due.Book(Stream(1), On(30));
  EXPECT_THAT(due.Take(On(20)), IsEmpty());
  EXPECT_THAT(due.Take(On(30)), ElementsAre(Stream(1)));
}

}  // namespace
}  // namespace mentorlog::steward
