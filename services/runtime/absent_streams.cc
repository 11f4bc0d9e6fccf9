#include "services/runtime/absent_streams.h"

#include "absl/hash/hash.h"

namespace mentorlog::runtime {

std::uint64_t AbsentStreams::MarkOf(const storage::StreamKey& stream) {
  // Never 0, which marks an empty place.
  return std::uint64_t{absl::HashOf(stream)} | 1U << 31U;
}

bool AbsentStreams::Contains(const storage::StreamKey& stream) const {
  const std::uint64_t mark = MarkOf(stream);
  return places_[mark % places_.size()].load(std::memory_order_relaxed) == mark;
}

void AbsentStreams::Note(const storage::StreamKey& stream) {
  const std::uint64_t mark = MarkOf(stream);
  places_[mark % places_.size()].store(mark, std::memory_order_relaxed);
}

void AbsentStreams::Forget(const storage::StreamKey& stream) {
  std::uint64_t mark = MarkOf(stream);
  places_[mark % places_.size()].compare_exchange_strong(mark, 0, std::memory_order_relaxed);
}

}  // namespace mentorlog::runtime
