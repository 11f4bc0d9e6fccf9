#include "services/server/listen_address.h"

#include "gtest/gtest.h"
#include "storage/refusal.h"

namespace mentorlog::server {
namespace {

TEST(ParseListenAddress, TakesLoopbackAddresses) {
  EXPECT_EQ(ParseListenAddress("127.0.0.1:7420")->ToText(), "127.0.0.1:7420");
  EXPECT_EQ(ParseListenAddress("127.1.2.3:0")->ToText(), "127.1.2.3:0");
  EXPECT_EQ(ParseListenAddress("localhost:80")->ToText(), "127.0.0.1:80");
  EXPECT_EQ(ParseListenAddress("[::1]:65535")->ToText(), "[::1]:65535");
}

TEST(ParseListenAddress, RefusesWhatOthersCouldReach) {
  for (const char* text : {"0.0.0.0:7420", "10.0.0.1:7420", "[::]:7420", "example.org:7420", "127.evil.org:7420",
                           "127.0.0.1.evil.org:7420", "127.0.0.256:1"}) {
    const auto status = ParseListenAddress(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_NE(status.message().find("loopback"), absl::string_view::npos) << text;
  }
}

TEST(ParseListenAddress, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "7420", ":7420", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536"}) {
    EXPECT_EQ(storage::ReasonOf(ParseListenAddress(text).status()), "INVALID_FIELD") << text;
  }
}

}  // namespace
}  // namespace mentorlog::server
