// storage/read_again.h: what could not be read is asked for again, a little later, before it is a failure.
//
// The apply thread may let no later proposal pass one that it cannot judge, so that it waits here, but not for long.
// Blocks; without state.
#ifndef MENTORLOG_STORAGE_READ_AGAIN_H_
#define MENTORLOG_STORAGE_READ_AGAIN_H_

#include <chrono>
#include <thread>

#include "absl/status/status.h"

namespace mentorlog::storage {

// Calls `attempt` until it answers anything but UNAVAILABLE, at most five times within 0.2 s. Answers its last status.
template <typename Attempt>
absl::Status ReadAgain(const Attempt& attempt) {
  constexpr int kAttemptsMax = 5;
  std::chrono::milliseconds pause(10);
  absl::Status status = attempt();
  for (int attempts = 1; absl::IsUnavailable(status) && attempts < kAttemptsMax; ++attempts, pause *= 2) {
    std::this_thread::sleep_for(pause);
    status = attempt();
  }
  return status;
}

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_READ_AGAIN_H_
