// services/runtime/in_flight.h: how many mutations wait for their answer, over all callers and per caller.
//
// Held at the edge, before the order: one caller cannot take every place, and all together cannot take more memory
// than was meant. Thread-safe.
#ifndef MENTORLOG_SERVICES_RUNTIME_IN_FLIGHT_H_
#define MENTORLOG_SERVICES_RUNTIME_IN_FLIGHT_H_

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"

namespace mentorlog::runtime {

class InFlight {
 public:
  InFlight(std::size_t all_max, std::size_t per_caller_max) : all_max_(all_max), per_caller_max_(per_caller_max) {}
  // Whoever gave the last place back has left it.
  ~InFlight() { const std::lock_guard lock(mutex_); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

  // A place, given back when the last copy of it ends. Must not outlive its InFlight.
  using Place = std::shared_ptr<void>;

  // RESOURCE_EXHAUSTED (TOO_MANY_IN_FLIGHT): no place is left, at all or for this caller.
  absl::StatusOr<Place> Take(const std::string& caller);

 private:
  void GiveBack(const std::string& caller);

  const std::size_t all_max_;
  const std::size_t per_caller_max_;
  std::mutex mutex_;
  // Guarded by mutex_; only callers with a place are in it.
  std::size_t all_ = 0;
  std::unordered_map<std::string, std::size_t> callers_;
};

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_IN_FLIGHT_H_
