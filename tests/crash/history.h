// tests/crash/history.h: what clients asked for and were told, and whether the log keeps it.
//
// Writers note from many threads; the check runs when they are still.
#ifndef MENTORLOG_TESTS_CRASH_HISTORY_H_
#define MENTORLOG_TESTS_CRASH_HISTORY_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "storage/store.h"

namespace mentorlog::crash {

// Where a request was told to be.
struct Place {
  std::uint64_t position = 0;
  std::uint64_t revision = 0;
};

class History {
 public:
  // A request is about to be sent.
  void Asked(const std::string& request_id);
  // It was acknowledged with its last position, and the last revision that it wrote of its own stream.
  void Acknowledged(const std::string& request_id, std::uint64_t position, std::uint64_t revision);

  // Everything that is wrong with the log in `store`: an acknowledged append that is not at its position and revision,
  // a hole in positions or revisions, an event that nobody asked for, a request that was done twice, a clock that ran
  // backwards.
  std::vector<std::string> Violations(const storage::Store& store) const;

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::set<std::string> asked_;
  std::map<std::string, Place> acknowledged_;
};

}  // namespace mentorlog::crash

#endif  // MENTORLOG_TESTS_CRASH_HISTORY_H_
