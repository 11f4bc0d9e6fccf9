// What is known to be absent, in how much room.
#include "services/runtime/absent_streams.h"

#include "gtest/gtest.h"
#include "tests/services/runtime/lamps.h"

namespace mentorlog::runtime_test {
namespace {

using runtime::AbsentStreams;

TEST(AbsentStreams, KnowWhatTheyWereToldUntilItIsForgotten) {
  AbsentStreams absent;
  EXPECT_FALSE(absent.Contains(Lamp(1)));
  absent.Note(Lamp(1));
  EXPECT_TRUE(absent.Contains(Lamp(1)));
  EXPECT_FALSE(absent.Contains(Lamp(2)));
  absent.Forget(Lamp(1));
  EXPECT_FALSE(absent.Contains(Lamp(1)));
}

TEST(AbsentStreams, TakeOneAnothersPlaces) {
  AbsentStreams absent(1);
  absent.Note(Lamp(1));
  absent.Note(Lamp(2));
  EXPECT_FALSE(absent.Contains(Lamp(1)));
  // It is not there: nobody else is forgotten for it.
  absent.Forget(Lamp(1));
  EXPECT_TRUE(absent.Contains(Lamp(2)));
}

}  // namespace
}  // namespace mentorlog::runtime_test
