#include "services/runtime/in_flight.h"

#include "absl/strings/str_cat.h"
#include "storage/refusal.h"

namespace mentorlog::runtime {
namespace {

absl::Status Full(std::string_view whose, std::size_t most) {
  return storage::Refuse(absl::StatusCode::kResourceExhausted, "TOO_MANY_IN_FLIGHT",
                         absl::StrCat("calls in flight ", std::string(whose), ": ", most, ", want fewer at a time"),
                         {{"limit", absl::StrCat(most)}});
}

}  // namespace

absl::StatusOr<InFlight::Place> InFlight::Take(const std::string& caller) {
  {
    const std::lock_guard lock(mutex_);
    if (all_ >= all_max_) return Full("of all callers", all_max_);
    const auto found = callers_.find(caller);
    if (found != callers_.end() && found->second >= per_caller_max_) return Full("of this caller", per_caller_max_);
    ++all_;
    ++callers_[caller];
  }
  return Place(nullptr, [this, caller](void*) { GiveBack(caller); });
}

void InFlight::GiveBack(const std::string& caller) {
  const std::lock_guard lock(mutex_);
  --all_;
  const auto found = callers_.find(caller);
  if (--found->second == 0) callers_.erase(found);
}

}  // namespace mentorlog::runtime
