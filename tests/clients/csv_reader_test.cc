// What is a row, and what is named as none.
#include "clients/cli/csv_reader.h"

#include <sstream>

#include "gmock/gmock.h"

namespace mentorlog::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// `1:a|b` per row, `2:STRAY_QUOTE` per broken one.
std::vector<std::string> Rows(const std::string& file) {
  std::istringstream in(file);
  CsvReader reader(in);
  std::vector<std::string> rows;
  while (auto row = reader.Next()) {
    std::string text = std::to_string(row->line) + ":" + row->reason;
    for (std::size_t i = 0; i < row->fields.size(); ++i) text += (i == 0 ? "" : "|") + row->fields[i];
    rows.push_back(text);
  }
  return rows;
}

TEST(CsvReader, ReadsPlainFieldsOfEitherLineEnd) {
  EXPECT_THAT(Rows("a,b\r\nc,d\ne,f"), ElementsAre("1:a|b", "2:c|d", "3:e|f"));
}

TEST(CsvReader, KeepsEmptyFieldsAlsoTheLast) { EXPECT_THAT(Rows("a,,\n,,\n"), ElementsAre("1:a||", "2:||")); }

TEST(CsvReader, SkipsAByteOrderMarkAndEmptyLines) {
  EXPECT_THAT(Rows("\xEF\xBB\xBF"
                   "a,b\n\n\r\nc,d\n"),
              ElementsAre("1:a|b", "4:c|d"));
}

TEST(CsvReader, UnquotesCommasQuotesAndLineEnds) {
  EXPECT_THAT(Rows("\"a,\"\"b\"\"\",c\n\"one\ntwo\",d\ne,f\n"), ElementsAre("1:a,\"b\"|c", "2:one\ntwo|d", "4:e|f"));
}

TEST(CsvReader, KeepsSpaces) { EXPECT_THAT(Rows(" a , b\n"), ElementsAre("1: a | b")); }

TEST(CsvReader, NamesAStrayQuoteAndGoesOnWithTheNextLine) {
  EXPECT_THAT(Rows("a,b\nc,d\"d\ne,f\n"), ElementsAre("1:a|b", "2:STRAY_QUOTE", "3:e|f"));
  EXPECT_THAT(Rows("a,\"b\"c\nd,e\n"), ElementsAre("1:STRAY_QUOTE", "2:d|e"));
}

TEST(CsvReader, AnUnclosedQuoteDoesNotSwallowTheRestOfTheFile) {
  EXPECT_THAT(Rows("a,\"b\nc,d\ne,f\n"), ElementsAre("1:STRAY_QUOTE", "2:c|d", "3:e|f"));
  EXPECT_THAT(Rows("a,\"b"), ElementsAre("1:STRAY_QUOTE"));
  EXPECT_THAT(Rows("a,\"b\nc,\"d\"\ne,f"), ElementsAre("1:STRAY_QUOTE", "2:c|d", "3:e|f"));
}

TEST(CsvReader, SaysWhichFieldHasTheStrayQuote) {
  std::istringstream in("a,b\"b,c\n");
  const auto row = CsvReader(in).Next();
  ASSERT_TRUE(row);
  EXPECT_EQ(row->reason, "STRAY_QUOTE");
  EXPECT_EQ(row->wrong_field, 1U);
}

TEST(CsvReader, ARowHasAnEnd) {
  EXPECT_THAT(Rows("\"" + std::string(kCsvRowBytesMax, 'x') + "\nb\n"), ElementsAre("1:STRAY_QUOTE", "2:b"));
}

TEST(CsvReader, AnEmptyFileHasNoRows) { EXPECT_THAT(Rows(""), IsEmpty()); }

TEST(Utf8, IsHeldStrictly) {
  EXPECT_TRUE(IsUtf8("plain, \xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"));
  for (const char* wrong : {"\xFF", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\x80"}) {
    EXPECT_FALSE(IsUtf8(wrong));
  }
}

}  // namespace
}  // namespace mentorlog::cli
