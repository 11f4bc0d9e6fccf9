#include "services/server/listen_address.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "storage/refusal.h"

namespace mentorlog::server {
namespace {

absl::Status Wrong(const std::string& text, const std::string& wish) {
  return storage::Refuse(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", "--listen: " + text + ", want " + wish);
}

// 127.0.0.0/8, written as four numbers.
bool IsLoopbackV4(const std::string& host) {
  if (!host.starts_with("127.")) return false;
  int numbers = 0;
  for (std::size_t at = 0; at <= host.size();) {
    const auto dot = std::min(host.find('.', at), host.size());
    const std::string part = host.substr(at, dot - at);
    unsigned number = 256;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (error != std::errc() || end != part.data() + part.size() || number > 255) return false;
    ++numbers;
    at = dot + 1;
  }
  return numbers == 4;
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return Wrong(text, "HOST:PORT, as in 127.0.0.1:7420");
  ListenAddress address;
  address.host = text.substr(0, colon);
  const std::string port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || port.empty() || end != port.data() + port.size()) {
    return Wrong(text, "a port from 0 to 65535 (0: any that is free)");
  }
  if (address.host == "localhost") address.host = "127.0.0.1";
  if (address.host != "[::1]" && !IsLoopbackV4(address.host)) {
    return Wrong(text,
                 "a loopback address (127.0.0.1, localhost or [::1]): the daemon has no TLS of its own and "
                 "believes its callers, so nobody beyond this machine may reach it");
  }
  return address;
}

}  // namespace mentorlog::server
