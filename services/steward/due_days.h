// services/steward/due_days.h: which streams the steward looks at on which day: its index of what silence may bring.
//
// Kept in memory and never trusted: a day says when it is worth looking, the look itself reads the log. So it may be
// too early, never too late; a stream that was looked at is booked anew. Not thread-safe.
#ifndef MENTORLOG_SERVICES_STEWARD_DUE_DAYS_H_
#define MENTORLOG_SERVICES_STEWARD_DUE_DAYS_H_

#include <cstddef>
#include <map>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/types.h"

namespace mentorlog::steward {

class DueDays {
 public:
  // To be looked at on `day`; a stream that is booked for an earlier day stays there.
  void Book(const storage::StreamKey& stream, storage::Day day);
  // Takes out what is booked up to `day`, each stream once, in the order of the streams.
  std::vector<storage::StreamKey> Take(storage::Day day);
  // Streams that are booked.
  std::size_t size() const { return day_of_.size(); }

 private:
  absl::flat_hash_map<storage::StreamKey, storage::Day> day_of_;
  // What was booked for an earlier day later on is still listed under its former one, and passed over there.
  std::map<storage::Day, std::vector<storage::StreamKey>> streams_of_;
};

}  // namespace mentorlog::steward

#endif  // MENTORLOG_SERVICES_STEWARD_DUE_DAYS_H_
