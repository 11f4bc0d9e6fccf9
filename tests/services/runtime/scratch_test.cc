#include "services/runtime/scratch.h"

#include "gtest/gtest.h"
#include "tests/services/runtime/lamps.h"

namespace mentorlog::runtime_test {
namespace {

using runtime::Scratch;

TEST(Scratch, IsEmptyHoweverItWasLeft) {
  const LampState* first = nullptr;
  {
    const Scratch<LampState> lamp;
    first = &*lamp;
    lamp->set_watts(60);
  }
  const Scratch<LampState> again;
  EXPECT_EQ(&*again, first);
  EXPECT_EQ(again->ByteSizeLong(), 0U);
}

TEST(Scratch, TwoAtATimeAreTwo) {
  const Scratch<LampState> one;
  one->set_watts(60);
  const Scratch<LampState> other;
  EXPECT_NE(&*one, &*other);
  EXPECT_EQ(other->watts(), 0);
  EXPECT_EQ(one->watts(), 60);
}

}  // namespace
}  // namespace mentorlog::runtime_test
