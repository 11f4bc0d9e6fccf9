// services/server/check/main.cc: run when the tree is built: an event without a class does not compile.
#include <cstdio>
#include <string>

#include "services/runtime/event_codec.h"
#include "services/server/rooms.h"

int main() {
  const auto codec =
      mentorlog::runtime::EventCodec::Create(mentorlog::server::WrappersOf(mentorlog::server::AllRooms()));
  if (codec.ok()) return 0;
  std::fprintf(stderr, "%s\n", std::string(codec.status().message()).c_str());
  return 1;
}
