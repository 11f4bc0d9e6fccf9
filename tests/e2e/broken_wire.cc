#include "tests/e2e/broken_wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace mentorlog::e2e {
namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int Dial(int port) {
  const int wire = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = Loopback(port);
  if (connect(wire, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return wire;
  close(wire);
  return -1;
}

bool SendAll(int wire, const char* bytes, std::size_t count) {
  while (count > 0) {
    const auto sent = send(wire, bytes, count, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    count -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

BrokenWire::BrokenWire(const std::string& daemon, std::string method, How how, std::function<void()> before)
    : daemon_port_(std::stoi(daemon.substr(daemon.rfind(':') + 1))),
      method_(std::move(method)),
      how_(how),
      before_(std::move(before)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = Loopback(0);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 8) != 0) return;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  thread_ = std::thread([this] { Run(); });
}

BrokenWire::~BrokenWire() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  close(listener_);
}

// One connection after another is enough: a client has one.
void BrokenWire::Run() {
  while (!stopping_) {
    pollfd wanted{listener_, POLLIN, 0};
    if (poll(&wanted, 1, 20) <= 0) continue;
    const int client = accept(listener_, nullptr, nullptr);
    const int daemon = Dial(daemon_port_);
    if (client >= 0 && daemon >= 0) Carry(client, daemon);
    if (client >= 0) close(client);
    if (daemon >= 0) close(daemon);
  }
}

void BrokenWire::Carry(int client, int daemon) {
  std::string seen;
  std::optional<Clock::time_point> cut_at;
  char bytes[16384];
  while (!stopping_ && (!cut_at || Clock::now() < *cut_at)) {
    pollfd wanted[] = {{client, POLLIN, 0}, {daemon, POLLIN, 0}};
    if (poll(wanted, 2, 20) <= 0) continue;
    if (wanted[0].revents != 0) {
      const auto got = read(client, bytes, sizeof(bytes));
      if (got <= 0) return;
      // gRPC 1.51 sends the path of a call as it is, not Huffman-coded.
      seen.append(bytes, static_cast<std::size_t>(got));
      if (!broke_ && seen.find(method_) != std::string::npos) {
        before_();
        broke_ = true;
        if (how_ == How::kCut) cut_at = Clock::now() + std::chrono::milliseconds(300);
      }
      seen.erase(0, seen.size() - std::min(seen.size(), method_.size()));
      if (!SendAll(daemon, bytes, static_cast<std::size_t>(got))) return;
    }
    if (wanted[1].revents != 0) {
      const auto got = read(daemon, bytes, sizeof(bytes));
      if (got <= 0) return;
      if (!broke_ && !SendAll(client, bytes, static_cast<std::size_t>(got))) return;
    }
  }
}

}  // namespace mentorlog::e2e
