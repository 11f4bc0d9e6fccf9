// The bytes of storage/README.md, written out by hand.
#include "storage/codec.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "tests/storage/ledger_script.h"

namespace mentorlog::storage {
namespace {

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

TEST(Codec, KeysAreBigEndianSoThatByteOrderIsNumericOrder) {
  EXPECT_EQ(Hex(PositionKey({258})), "0000000000000102");
  EXPECT_LT(PositionKey({255}), PositionKey({256}));
  EXPECT_EQ(ParsePosition(PositionKey({258})), Position{258});
  EXPECT_EQ(ParsePosition("short"), std::nullopt);
}

TEST(Codec, StreamAndPartRows) {
  const std::string stream =
      "03010000000000000000000000000000"
      "05";
  EXPECT_EQ(Hex(StreamRow(StreamOf(5), {7})), stream + "0000000000000007");
  EXPECT_EQ(Hex(PartRow(StreamOf(5), {7}, 20)), stream +
                                                    "0000000000000007"
                                                    "00000014");
  EXPECT_EQ(RevisionOfStreamRow(StreamRow(StreamOf(5), {7}), StreamOf(5)), Revision{7});
  EXPECT_EQ(RevisionOfStreamRow(StreamRow(StreamOf(5), {7}), StreamOf(6)), std::nullopt);
}

TEST(Codec, AnEventIsLengthHeaderAndOpenPart) {
  EXPECT_EQ(Hex(EncodeEvent("ab", "c")), "02616263");
  const std::string header(300, 'h');
  const std::string value = EncodeEvent(header, "open");
  EXPECT_EQ(Hex(value.substr(0, 2)), "ac02");
  EXPECT_EQ(SplitEvent(value)->header, header);
  EXPECT_EQ(SplitEvent(value)->open, "open");
  EXPECT_FALSE(SplitEvent("\x05"
                          "abc")
                   .has_value());
  EXPECT_FALSE(SplitEvent("").has_value());
}

TEST(Codec, RequestRowsSeparateNamespaceAndId) {
  EXPECT_EQ(RequestRow("dev", "1").size(), 16U);
  EXPECT_NE(RequestRow("dev", "1"), RequestRow("dev1", ""));
  EXPECT_EQ(Hex(RequestRow("dev", "1")), Hex(DigestBytes(Sha256(std::string("dev\0"
                                                                            "1",
                                                                            5))))
                                             .substr(0, 32));
  const auto entry = ParseRequest(EncodeRequest({{9}, 3}));
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->first, Position{9});
  EXPECT_EQ(entry->records, 3U);
}

TEST(Codec, ViewRowsBeginWithViewAndVersion) { EXPECT_EQ(Hex(ViewPrefix(10, 2)), "000a00000002"); }

TEST(Codec, ARecordThatSaysItIsAnotherIsDamage) {
  Record record;
  record.header.set_position(4);
  record.header.set_stream(StreamOf(1).ToBytes());
  const std::string value = EncodeEvent(record.header.SerializeAsString(), "open");
  EXPECT_EQ(Verdict(ParseRecord({4}, value)), "OK");
  EXPECT_EQ(Verdict(ParseRecord({5}, value)), "DATA_LOSS LOG_DAMAGED");
  EXPECT_EQ(Verdict(ParseRecord({4}, "\x7f")), "DATA_LOSS LOG_DAMAGED");
}

}  // namespace
}  // namespace mentorlog::storage
