// Who sees what, as a table: reader x class.
#include "services/runtime/audience.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mentorlog::runtime {
namespace {

using log::v1::Audience;

storage::Id Person(std::uint8_t n) {
  storage::Id id;
  id.bytes[15] = n;
  return id;
}

const storage::Id kMentor = Person(1);
const storage::Id kMentee = Person(2);
const storage::Id kOther = Person(3);

decider::Actor Reader(const storage::Id& id) { return {id, "", false}; }

// A record that the mentor wrote about the pair.
log::v1::Header ByTheMentor() {
  log::v1::Header header;
  header.mutable_actor()->set_person_id(kMentor.ToBytes());
  header.add_subjects(kMentor.ToBytes());
  header.add_subjects(kMentee.ToBytes());
  return header;
}

// Records about the mentee: by a person themselves, and by a service on a person's behalf, as an import is.
log::v1::Header RecordedBy(const storage::Id& person) {
  log::v1::Header header;
  header.mutable_actor()->set_person_id(person.ToBytes());
  header.add_subjects(kMentee.ToBytes());
  return header;
}
log::v1::Header RecordedOnBehalfOf(const storage::Id& person) {
  log::v1::Header header;
  header.mutable_actor()->set_service("csv");
  header.mutable_actor()->set_on_behalf_of(person.ToBytes());
  header.add_subjects(kMentee.ToBytes());
  return header;
}

storage::StoredPart PartOf(Audience audience, bool erased = false) {
  storage::StoredPart part;
  part.description.set_audience(audience);
  if (!erased) part.bytes = "text";
  return part;
}

TEST(Audience, EveryClassForEveryReader) {
  struct Row {
    Audience audience;
    Sight author, subject, other;
  };
  const std::vector<Row> table = {
      {log::v1::AUDIENCE_ORG, Sight::kShown, Sight::kShown, Sight::kShown},
      {log::v1::AUDIENCE_TEAM, Sight::kShown, Sight::kShown, Sight::kNotPermitted},
      {log::v1::AUDIENCE_PAIR, Sight::kShown, Sight::kShown, Sight::kNotPermitted},
      {log::v1::AUDIENCE_AUTHOR, Sight::kShown, Sight::kAbsent, Sight::kAbsent},
      {log::v1::AUDIENCE_OWNER, Sight::kNotPermitted, Sight::kShown, Sight::kNotPermitted},
      {log::v1::AUDIENCE_PANEL, Sight::kNotPermitted, Sight::kNotPermitted, Sight::kNotPermitted},
      {log::v1::AUDIENCE_COACH, Sight::kAbsent, Sight::kAbsent, Sight::kAbsent},
      {log::v1::AUDIENCE_SIGNAL, Sight::kNotPermitted, Sight::kNotPermitted, Sight::kNotPermitted},
      {log::v1::AUDIENCE_AGGREGATE, Sight::kNotPermitted, Sight::kNotPermitted, Sight::kNotPermitted},
      {log::v1::AUDIENCE_UNSPECIFIED, Sight::kNotPermitted, Sight::kNotPermitted, Sight::kNotPermitted},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(log::v1::Audience_Name(row.audience));
    EXPECT_EQ(SeePart(Reader(kMentor), ByTheMentor(), PartOf(row.audience)), row.author);
    EXPECT_EQ(SeePart(Reader(kMentee), ByTheMentor(), PartOf(row.audience)), row.subject);
    EXPECT_EQ(SeePart(Reader(kOther), ByTheMentor(), PartOf(row.audience)), row.other);
  }
}

TEST(Audience, AServiceOnNobodysBehalfReadsTheOrganisationsClassAlone) {
  const decider::Actor service{std::nullopt, "payroll", false};
  EXPECT_EQ(SeePart(service, ByTheMentor(), PartOf(log::v1::AUDIENCE_ORG)), Sight::kShown);
  EXPECT_EQ(SeePart(service, ByTheMentor(), PartOf(log::v1::AUDIENCE_PAIR)), Sight::kNotPermitted);
}

TEST(Audience, WhoeverCouldHaveReadItLearnsThatItWasErased) {
  EXPECT_EQ(SeePart(Reader(kMentee), ByTheMentor(), PartOf(log::v1::AUDIENCE_PAIR, true)), Sight::kErased);
  EXPECT_EQ(SeePart(Reader(kOther), ByTheMentor(), PartOf(log::v1::AUDIENCE_PAIR, true)), Sight::kNotPermitted);
}

TEST(Audience, AnEventThatOnlyItsAuthorMayKnowIsKnownToNobodyElse) {
  EXPECT_TRUE(MayKnow(Reader(kMentor), ByTheMentor(), log::v1::AUDIENCE_AUTHOR));
  EXPECT_FALSE(MayKnow(Reader(kMentee), ByTheMentor(), log::v1::AUDIENCE_AUTHOR));
}

TEST(Audience, WhomTheEventNamesIsItsAuthorAndNotWhoRecordedItForThem) {
  const auto named = kMentor.ToBytes();
  for (const auto& header : {RecordedBy(kOther), RecordedOnBehalfOf(kOther)}) {
    SCOPED_TRACE(header.ShortDebugString());
    EXPECT_TRUE(MayKnow(Reader(kMentor), header, log::v1::AUDIENCE_AUTHOR, named));
    EXPECT_FALSE(MayKnow(Reader(kOther), header, log::v1::AUDIENCE_AUTHOR, named));
    EXPECT_FALSE(MayKnow(Reader(kOther), header, log::v1::AUDIENCE_PAIR, named));
    EXPECT_FALSE(MayKnow(Reader(kMentee), header, log::v1::AUDIENCE_AUTHOR, named));
    EXPECT_EQ(SeePart(Reader(kMentor), header, PartOf(log::v1::AUDIENCE_AUTHOR), named), Sight::kShown);
    EXPECT_EQ(SeePart(Reader(kMentor), header, PartOf(log::v1::AUDIENCE_PAIR), named), Sight::kShown);
    EXPECT_EQ(SeePart(Reader(kMentor), header, PartOf(log::v1::AUDIENCE_OWNER), named), Sight::kNotPermitted);
    EXPECT_EQ(SeePart(Reader(kOther), header, PartOf(log::v1::AUDIENCE_AUTHOR), named), Sight::kAbsent);
    EXPECT_EQ(SeePart(Reader(kOther), header, PartOf(log::v1::AUDIENCE_PAIR), named), Sight::kNotPermitted);
    EXPECT_EQ(SeePart(Reader(kMentee), header, PartOf(log::v1::AUDIENCE_PAIR), named), Sight::kShown);
  }
}

TEST(Audience, WhoRecordedItIsTheAuthorOfWhatNamesNobody) {
  for (const auto& header : {RecordedBy(kOther), RecordedOnBehalfOf(kOther)}) {
    SCOPED_TRACE(header.ShortDebugString());
    EXPECT_TRUE(MayKnow(Reader(kOther), header, log::v1::AUDIENCE_AUTHOR));
    EXPECT_EQ(SeePart(Reader(kOther), header, PartOf(log::v1::AUDIENCE_AUTHOR)), Sight::kShown);
    EXPECT_EQ(SeePart(Reader(kMentor), header, PartOf(log::v1::AUDIENCE_AUTHOR)), Sight::kAbsent);
  }
}

TEST(Audience, AServiceThatRecordsOnTheAuthorsBehalfLeavesItTheirs) {
  const auto header = RecordedOnBehalfOf(kMentor);
  const auto named = kMentor.ToBytes();
  EXPECT_TRUE(MayKnow(Reader(kMentor), header, log::v1::AUDIENCE_AUTHOR, named));
  EXPECT_EQ(SeePart(Reader(kMentor), header, PartOf(log::v1::AUDIENCE_AUTHOR), named), Sight::kShown);
}

// What came of an advocacy is told by either, and names the advocate.
TEST(Audience, ASubjectKnowsOfWhatTheyToldInTheirOwnNameAndReadsNothingForIt) {
  const auto named = kMentor.ToBytes();
  EXPECT_TRUE(MayKnow(Reader(kMentee), RecordedBy(kMentee), log::v1::AUDIENCE_AUTHOR, named));
  EXPECT_EQ(SeePart(Reader(kMentee), RecordedBy(kMentee), PartOf(log::v1::AUDIENCE_AUTHOR), named), Sight::kAbsent);
  EXPECT_FALSE(MayKnow(Reader(kMentee), RecordedBy(kMentee), log::v1::AUDIENCE_PANEL, named));
  EXPECT_FALSE(MayKnow(Reader(kMentee), RecordedOnBehalfOf(kMentee), log::v1::AUDIENCE_AUTHOR, named))
      << "an import may be made by whom it is about";
}

TEST(Audience, ATextSaysWhyItIsNotShown) {
  EXPECT_EQ(ShowText(Sight::kShown, "hello").text(), "hello");
  EXPECT_EQ(ShowText(Sight::kNotPermitted, "hello").withheld(), v1::Text::WITHHELD_NOT_PERMITTED);
  EXPECT_EQ(ShowText(Sight::kErased, "").withheld(), v1::Text::WITHHELD_ERASED);
  EXPECT_EQ(ShowText(Sight::kAbsent, "hello").content_case(), v1::Text::CONTENT_NOT_SET);
}

}  // namespace
}  // namespace mentorlog::runtime
