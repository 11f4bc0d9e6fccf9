#include "services/steward/due_days.h"

#include <algorithm>

namespace mentorlog::steward {

void DueDays::Book(const storage::StreamKey& stream, storage::Day day) {
  const auto [entry, is_new] = day_of_.try_emplace(stream, day);
  if (!is_new && entry->second <= day) return;
  entry->second = day;
  streams_of_[day].push_back(stream);
}

std::vector<storage::StreamKey> DueDays::Take(storage::Day day) {
  std::vector<storage::StreamKey> taken;
  const auto end = streams_of_.upper_bound(day);
  for (auto it = streams_of_.begin(); it != end; ++it) {
    for (const auto& stream : it->second) {
      const auto booked = day_of_.find(stream);
      if (booked == day_of_.end() || booked->second != it->first) continue;
      taken.push_back(stream);
      day_of_.erase(booked);
    }
  }
  streams_of_.erase(streams_of_.begin(), end);
  std::sort(taken.begin(), taken.end());
  return taken;
}

}  // namespace mentorlog::steward
