// Messages taken apart where they lie.
#include "services/runtime/wire_fields.h"

#include <vector>

#include "gmock/gmock.h"
#include "tests/services/runtime/lamps.h"

namespace mentorlog::runtime_test {
namespace {

using runtime::SerializeDeterministic;
using runtime::WireFields;
using ::testing::ElementsAre;

std::vector<int> NumbersIn(std::string_view bytes, bool& ok) {
  std::vector<int> numbers;
  WireFields fields(bytes);
  while (const auto field = fields.Next()) numbers.push_back(field->number);
  ok = fields.ok();
  return numbers;
}

TEST(WireFields, TellWhatAMessageHoldsInOrder) {
  const auto bytes = SerializeDeterministic(Bought(300, "Tiffany", "too dear"));
  WireFields fields(bytes);
  const auto watts = fields.Next();
  ASSERT_TRUE(watts);
  EXPECT_EQ(watts->number, 1);
  EXPECT_EQ(watts->varint, 300U);
  const auto label = fields.Next();
  ASSERT_TRUE(label);
  EXPECT_EQ(label->number, 20);
  LampBought::Label parsed;
  ASSERT_TRUE(parsed.ParseFromArray(label->content.data(), static_cast<int>(label->content.size())));
  EXPECT_EQ(parsed.text(), "Tiffany");
  const auto note = fields.Next();
  ASSERT_TRUE(note);
  EXPECT_EQ(std::string(watts->bytes) + std::string(label->bytes) + std::string(note->bytes), bytes);
  EXPECT_FALSE(fields.Next());
  EXPECT_TRUE(fields.ok());
}

TEST(WireFields, OfNothingAreNone) {
  bool ok = false;
  EXPECT_THAT(NumbersIn("", ok), ElementsAre());
  EXPECT_TRUE(ok);
}

TEST(WireFields, PassFieldsOfFixedLength) {
  bool ok = false;
  EXPECT_THAT(NumbersIn(std::string("\x09\1\2\3\4\5\6\7\x08\x15\1\2\3\4\x18\x01", 16), ok), ElementsAre(1, 2, 3));
  EXPECT_TRUE(ok);
}

TEST(WireFields, EndWhereTheBytesAreNoMessage) {
  for (const std::string bytes : {"\x08", "\x0a\x05xy", "\xff\xff\xff", "\x02", "\x0a\xff\xff\xff\xff\x0f"}) {
    bool ok = true;
    EXPECT_THAT(NumbersIn(bytes, ok), ElementsAre()) << testing::PrintToString(bytes);
    EXPECT_FALSE(ok) << testing::PrintToString(bytes);
  }
  bool ok = true;
  EXPECT_THAT(NumbersIn(std::string("\x08\x01\x00", 3), ok), ElementsAre(1));
  EXPECT_FALSE(ok);
}

}  // namespace
}  // namespace mentorlog::runtime_test
