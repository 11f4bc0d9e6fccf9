#include <algorithm>
#include <limits>

#include "services/runtime/call.h"

namespace mentorlog::runtime {

absl::StatusOr<std::optional<storage::Position>> AsOf(const storage::LedgerSnapshot& snapshot,
                                                      const v1::AsKnownAt& at) {
  switch (at.at_case()) {
    case v1::AsKnownAt::AT_NOT_SET:
      return std::optional<storage::Position>();
    case v1::AsKnownAt::kPosition:
      return std::optional(std::min(snapshot.head(), storage::Position{at.position()}));
    case v1::AsKnownAt::kTimeUs:
      break;
  }
  if (at.time_us() == std::numeric_limits<std::int64_t>::max()) return std::optional(snapshot.head());
  const auto after = snapshot.FirstAt({at.time_us() + 1});
  if (!after.ok()) return after.status();
  return std::optional(storage::Position{after->value == 0 ? 0 : after->value - 1});
}

}  // namespace mentorlog::runtime
