#include "services/decider/event_shape.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mentorlog/event/v1/assignments.pb.h"

namespace mentorlog::decider {
namespace {

using ::testing::HasSubstr;

event::v1::AssignmentDrafted Draft() {
  event::v1::AssignmentDrafted event;
  event.set_mentor_id(std::string(16, 'm'));
  event.mutable_description()->set_title("Leeds lead");
  event.mutable_description()->add_stretch(event::v1::STRETCH_NEW_FUNCTION);
  return event;
}

TEST(CheckEvent, TakesWhatIsWellFormed) { EXPECT_TRUE(CheckEvent(Draft()).ok()); }

TEST(CheckEvent, RefusesAnIdThatIsNot16Bytes) {
  auto event = Draft();
  event.set_mentor_id("short");
  const auto status = CheckEvent(event);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(storage::ReasonOf(status), "MALFORMED_ID");
}

TEST(CheckEvent, RefusesAnUnknownAndAnUnstatedRepeatedEnumValue) {
  for (const int value : {0, 99}) {
    auto event = Draft();
    event.mutable_description()->add_stretch(static_cast<event::v1::Stretch>(value));
    EXPECT_EQ(storage::ReasonOf(CheckEvent(event)), "UNKNOWN_ENUM_VALUE") << value;
  }
}

TEST(CheckEvent, HoldsShortTextsTo200AndLongOnesTo8000CodePoints) {
  auto event = Draft();
  std::string title;
  for (int i = 0; i < 200; ++i) title += "é";
  event.mutable_description()->set_title(title);
  event.mutable_description()->set_why_you(std::string(8000, 'w'));
  EXPECT_TRUE(CheckEvent(event).ok());
  event.mutable_description()->set_title(title + "x");
  EXPECT_EQ(storage::ReasonOf(CheckEvent(event)), "TEXT_TOO_LONG");
}

TEST(CheckEvent, RefusesTextThatIsNotUtf8) {
  auto event = Draft();
  event.mutable_description()->set_host_unit("\xff");
  EXPECT_EQ(storage::ReasonOf(CheckEvent(event)), "NOT_UTF8");
}

TEST(CheckEvent, RefusesMoreThan100Values) {
  auto event = Draft();
  for (int i = 0; i < 101; ++i) event.mutable_description()->add_competencies("c");
  EXPECT_EQ(storage::ReasonOf(CheckEvent(event)), "INVALID_FIELD");
}

TEST(CheckEvent, NamesEveryFieldThatIsWrongAtOnce) {
  auto event = Draft();
  event.set_mentee_id("x");
  event.mutable_description()->set_title(std::string(201, 't'));
  const std::string message(CheckEvent(event).message());
  EXPECT_THAT(message, HasSubstr("mentee_id: 1 bytes, want 16 bytes"));
  EXPECT_THAT(message, HasSubstr("description.title: 201 characters"));
}

TEST(CheckEvent, NeverRepeatsWhatAPersonWrote) {
  event::v1::ConcernRaised event;
  event.mutable_shared()->set_text("my secret" + std::string(8000, '.'));
  const std::string message(CheckEvent(event).message());
  EXPECT_THAT(message, HasSubstr("text: 8009 characters"));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
}

TEST(DropEmptyParts, LeavesWhatSaysSomething) {
  event::v1::AssignmentCompleted event;
  event.mutable_shared();
  event.mutable_mentee_lessons()->set_text("delegate");
  DropEmptyParts(event);
  EXPECT_FALSE(event.has_shared());
  EXPECT_TRUE(event.has_mentee_lessons());
}

}  // namespace
}  // namespace mentorlog::decider
