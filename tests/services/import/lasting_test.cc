// What is remembered over calls, and how much of it.
#include "services/import/lasting.h"

#include "gtest/gtest.h"

namespace mentorlog::import_test {
namespace {

using import::Lasting;
using storage::Day;
using storage::Id;
using storage::StreamKey;

Id IdOf(std::uint8_t i) {
  Id id;
  id.bytes[0] = i;
  return id;
}
StreamKey StreamOf(std::uint8_t i) { return {3, IdOf(i)}; }

TEST(Lasting, KnowsWhatItWasTold) {
  Lasting lasting;
  EXPECT_FALSE(lasting.Exists(StreamOf(1)));
  EXPECT_FALSE(lasting.JoinedOn(IdOf(1)));
  lasting.NoteExists(StreamOf(1));
  lasting.NoteJoined(IdOf(1), Day{20000});
  EXPECT_TRUE(lasting.Exists(StreamOf(1)));
  EXPECT_FALSE(lasting.Exists(StreamOf(2)));
  EXPECT_EQ(lasting.JoinedOn(IdOf(1)), Day{20000});
}

TEST(Lasting, ForgetsWhatWasNotAskedForLately) {
  Lasting lasting(8);
  for (std::uint8_t i = 1; i <= 100; ++i) {
    lasting.NoteExists(StreamOf(i));
    lasting.NoteJoined(IdOf(i), Day{i});
    EXPECT_TRUE(lasting.Exists(StreamOf(1)));
    EXPECT_EQ(lasting.JoinedOn(IdOf(1)), Day{1});
  }
  int streams = 0;
  int people = 0;
  for (std::uint8_t i = 1; i <= 100; ++i) {
    // Asking moves what is found: no more than there is room for can be found.
    streams += lasting.Exists(StreamOf(i)) ? 1 : 0;
    people += lasting.JoinedOn(IdOf(i)) ? 1 : 0;
  }
  EXPECT_LE(streams, 8);
  EXPECT_LE(people, 8);
}

}  // namespace
}  // namespace mentorlog::import_test
