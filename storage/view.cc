#include "storage/view.h"

#include <utility>

namespace mentorlog::storage {

absl::StatusOr<std::optional<std::string>> MemoryRows::Get(std::string_view key) const {
  const auto found = rows_.find(key);
  if (found == rows_.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

void MemoryRows::Put(std::string_view key, std::string value) {
  rows_.insert_or_assign(std::string(key), std::move(value));
}

void MemoryRows::Delete(std::string_view key) {
  if (const auto found = rows_.find(key); found != rows_.end()) rows_.erase(found);
}

absl::Status MemoryRows::Scan(std::string_view from, std::string_view to,
                              const std::function<bool(std::string_view, std::string_view)>& visit) const {
  for (auto at = rows_.lower_bound(from); at != rows_.end() && (to.empty() || at->first < to); ++at) {
    if (!visit(at->first, at->second)) break;
  }
  return absl::OkStatus();
}

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty()) {
    const auto last = static_cast<unsigned char>(end.back());
    if (last != 0xff) {
      end.back() = static_cast<char>(last + 1);
      return end;
    }
    end.pop_back();
  }
  return end;
}

}  // namespace mentorlog::storage
