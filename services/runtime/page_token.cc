// Opaque page tokens: a version byte, 8 bytes of SHA-256(query length, query, key), and the key, in URL-safe base64.
#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/call.h"
#include "storage/keys.h"
#include "storage/refusal.h"

namespace mentorlog::runtime {
namespace {

constexpr char kVersion = '\1';
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kHeadBytes = 1 + kChecksumBytes;

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// Binds a key to its query: a token of another list, or one that was tampered with, has another one.
std::string Checksum(std::string_view query, std::string_view after) {
  const auto bytes = absl::StrCat(query.size(), ":", View(query), View(after));
  return storage::DigestBytes(storage::Sha256(bytes)).substr(0, kChecksumBytes);
}

}  // namespace

std::string EncodePageToken(std::string_view query, std::string_view after) {
  if (after.empty()) return {};
  return absl::WebSafeBase64Escape(absl::StrCat(std::string(1, kVersion), Checksum(query, after), View(after)));
}

absl::StatusOr<std::string> DecodePageToken(std::string_view query, std::string_view token) {
  if (token.empty()) return std::string();
  std::string bytes;
  if (absl::WebSafeBase64Unescape(View(token), &bytes) && bytes.size() > kHeadBytes && bytes[0] == kVersion) {
    std::string after = bytes.substr(kHeadBytes);
    if (bytes.substr(1, kChecksumBytes) == Checksum(query, after)) return after;
  }
  const std::string wish = "want the token as this query answered it, or none for the first page";
  auto status = storage::Refuse(absl::StatusCode::kInvalidArgument, "BAD_PAGE_TOKEN",
                                "page_token: of another query, or changed, " + wish);
  storage::AddFieldViolation(status, "page_token", wish);
  return status;
}

int PageSize(int requested) {
  if (requested == 0) return 50;
  return std::clamp(requested, 1, 1000);
}

}  // namespace mentorlog::runtime
