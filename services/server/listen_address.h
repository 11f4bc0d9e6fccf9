// services/server/listen_address.h: where the daemon may listen. Pure.
#ifndef MENTORLOG_SERVICES_SERVER_LISTEN_ADDRESS_H_
#define MENTORLOG_SERVICES_SERVER_LISTEN_ADDRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace mentorlog::server {

struct ListenAddress {
  // As in `127.0.0.1` or `[::1]`.
  std::string host;
  // 0: any that is free.
  std::uint16_t port = 0;

  std::string ToText() const { return host + ":" + std::to_string(port); }
};

// INVALID_ARGUMENT: not HOST:PORT, or not a loopback address: this daemon has no TLS and, so far, believes what its
// callers say of themselves.
absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text);

}  // namespace mentorlog::server

#endif  // MENTORLOG_SERVICES_SERVER_LISTEN_ADDRESS_H_
