// tests/e2e/broken_wire.h: a TCP wire between client and daemon that breaks under one call, and not before.
//
// Everything goes through, until the client names a method: that request still reaches the daemon, its answer never
// reaches the client.
#ifndef MENTORLOG_TESTS_E2E_BROKEN_WIRE_H_
#define MENTORLOG_TESTS_E2E_BROKEN_WIRE_H_

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace mentorlog::e2e {

class BrokenWire {
 public:
  // kSilent: the daemon's side falls silent. kCut: both sides are closed a moment after the request went through.
  enum class How { kSilent, kCut };
  // `before` is called when the request was seen, before it goes on to the daemon at `daemon` (127.0.0.1:PORT).
  BrokenWire(
      const std::string& daemon, std::string method, How how, std::function<void()> before = [] {});
  ~BrokenWire();
  BrokenWire(const BrokenWire&) = delete;
  BrokenWire& operator=(const BrokenWire&) = delete;

  const std::string& address() const { return address_; }
  bool broke() const { return broke_; }

 private:
  void Run();
  void Carry(int client, int daemon);

  const int daemon_port_;
  const std::string method_;
  const How how_;
  const std::function<void()> before_;
  int listener_ = -1;
  std::string address_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> broke_ = false;
  std::thread thread_;
};

}  // namespace mentorlog::e2e

#endif  // MENTORLOG_TESTS_E2E_BROKEN_WIRE_H_
