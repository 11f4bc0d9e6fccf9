#include "storage/failpoint.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

namespace mentorlog::storage {
namespace {

struct Armed {
  std::string name;
  std::atomic<long> hits_left{0};
};

// What the environment asked for when the first point was reached; lives as long as the process.
Armed& ArmedPoint() {
  static Armed* const armed = [] {
    auto* const made = new Armed;
    const char* const wish = std::getenv("MENTORLOG_FAILPOINT");
    if (wish == nullptr) return made;
    const std::string text = wish;
    const auto colon = text.find(':');
    made->name = text.substr(0, colon);
    made->hits_left = colon == std::string::npos ? 1 : std::atol(text.c_str() + colon + 1);
    return made;
  }();
  return *armed;
}

}  // namespace

void Failpoint(std::string_view name) {
  Armed& armed = ArmedPoint();
  if (armed.name.empty() || armed.name != name) return;
  if (armed.hits_left.fetch_sub(1) == 1) _exit(kFailpointExitCode);
}

#ifdef MENTORLOG_PLANTED_BUGS
bool PlantedBug(std::string_view name) {
  static const char* const planted = std::getenv("MENTORLOG_PLANTED_BUG");
  return planted != nullptr && name == planted;
}
#endif

}  // namespace mentorlog::storage
