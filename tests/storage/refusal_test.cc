#include "storage/refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mentorlog::storage {
namespace {

using ::testing::Eq;
using ::testing::Optional;

std::optional<std::string> Payload(const absl::Status& status, const char* key) {
  const auto payload = status.GetPayload(key);
  if (!payload) return std::nullopt;
  return std::string(*payload);
}

TEST(Refusal, CarriesCodeReasonMessageAndValues) {
  const absl::Status status = Refuse(absl::StatusCode::kAborted, "REVISION_CONFLICT", "stream: 4, want 3",
                                     {{"expected", "3"}, {"actual", "4"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(status.message(), "stream: 4, want 3");
  EXPECT_THAT(ReasonOf(status), Optional(Eq("REVISION_CONFLICT")));
  EXPECT_THAT(Payload(status, "mentorlog.value/expected"), Optional(Eq("3")));
  EXPECT_THAT(Payload(status, "mentorlog.value/actual"), Optional(Eq("4")));
}

TEST(Refusal, NamesEveryFieldThatIsWrong) {
  absl::Status status = Refuse(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", "two fields are wrong");
  AddFieldViolation(status, "gist", "want at most 280 characters");
  AddFieldViolation(status, "occurred_on", "want a day");
  EXPECT_THAT(Payload(status, "mentorlog.field/gist"), Optional(Eq("want at most 280 characters")));
  EXPECT_THAT(Payload(status, "mentorlog.field/occurred_on"), Optional(Eq("want a day")));
  EXPECT_THAT(ReasonOf(status), Optional(Eq("INVALID_FIELD")));
}

TEST(Refusal, HasNoReasonWhereNoneWasGiven) {
  EXPECT_EQ(ReasonOf(absl::OkStatus()), std::nullopt);
  EXPECT_EQ(ReasonOf(absl::UnavailableError("disk")), std::nullopt);
}

}  // namespace
}  // namespace mentorlog::storage
