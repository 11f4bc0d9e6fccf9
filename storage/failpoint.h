// storage/failpoint.h: places where a test may have the process die, and bugs that a test may plant.
//
// A crash between two steps is what durability is about, and kill -9 from outside seldom meets the narrow ones. The
// environment arms one point: MENTORLOG_FAILPOINT=name:hit ends the process (exit code 86, nothing flushed) when that
// point is reached for the hit-th time. Costs a load when unarmed. Thread-safe.
#ifndef MENTORLOG_STORAGE_FAILPOINT_H_
#define MENTORLOG_STORAGE_FAILPOINT_H_

#include <string_view>

namespace mentorlog::storage {

inline constexpr int kFailpointExitCode = 86;

// Dies here if this point is armed and this is the hit it waits for.
void Failpoint(std::string_view name);

// Whether MENTORLOG_PLANTED_BUG names this bug, in builds with MENTORLOG_PLANTED_BUGS; false in all others.
#ifdef MENTORLOG_PLANTED_BUGS
bool PlantedBug(std::string_view name);
#else
constexpr bool PlantedBug(std::string_view /*name*/) { return false; }
#endif

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_FAILPOINT_H_
