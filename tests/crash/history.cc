#include "tests/crash/history.h"

#include <memory>
#include <utility>

#include "storage/codec.h"
#include "storage/types.h"

namespace mentorlog::crash {
namespace {

// Violations are told, but not without end.
constexpr std::size_t kToldMax = 20;

std::string Hex(const std::string& id) {
  const auto parsed = storage::Id::FromBytes(id);
  return parsed ? parsed->ToHex() : "(malformed)";
}

// Walks the events in order and notes what does not fit.
class Walk {
 public:
  explicit Walk(const std::set<std::string>& asked) : asked_(asked) {}

  void Take(const storage::Record& record) {
    const auto& header = record.header;
    const std::string at = "position " + std::to_string(header.position());
    if (header.position() != ++last_position_) {
      Tell(at + " follows " + std::to_string(last_position_ - 1));
      last_position_ = header.position();
    }
    auto& next_revision = revisions_[header.stream()];
    if (header.revision() != next_revision) {
      Tell(at + " has revision " + std::to_string(header.revision()) + ", want " + std::to_string(next_revision));
    }
    next_revision = header.revision() + 1;
    if (header.recorded_at_us() < recorded_at_us_) Tell(at + " was recorded before its predecessor");
    recorded_at_us_ = header.recorded_at_us();
    if (header.namespace_() != "steward" && !asked_.contains(header.request_id())) Tell(at + " was asked for by nobody");
    if (header.index_in_request() == 0 && !first_of_.emplace(header.request_id(), header.position()).second) {
      Tell(at + " does request " + Hex(header.request_id()) + " a second time");
    }
    last_of_[header.request_id()] = header.position();
  }

  void Hold(const std::map<std::string, std::uint64_t>& acknowledged) {
    for (const auto& [id, position] : acknowledged) {
      const auto found = last_of_.find(id);
      if (found == last_of_.end()) {
        Tell("acknowledged request " + Hex(id) + " at position " + std::to_string(position) + " is lost");
      } else if (found->second != position) {
        Tell("acknowledged request " + Hex(id) + " is at " + std::to_string(found->second) + ", want " + std::to_string(position));
      }
    }
  }

  void Tell(std::string what) {
    if (told_.size() < kToldMax) told_.push_back(std::move(what));
  }
  std::vector<std::string> told() && { return std::move(told_); }

 private:
  const std::set<std::string>& asked_;
  std::uint64_t last_position_ = 0;
  std::int64_t recorded_at_us_ = 0;
  std::map<std::string, std::uint64_t> revisions_;
  std::map<std::string, std::uint64_t> first_of_;
  std::map<std::string, std::uint64_t> last_of_;
  std::vector<std::string> told_;
};

}  // namespace

void History::Asked(const std::string& request_id) {
  const std::lock_guard lock(mutex_);
  asked_.insert(request_id);
}

void History::Acknowledged(const std::string& request_id, std::uint64_t position) {
  const std::lock_guard lock(mutex_);
  acknowledged_[request_id] = position;
}

std::size_t History::acknowledged() const {
  const std::lock_guard lock(mutex_);
  return acknowledged_.size();
}

std::vector<std::string> History::Violations(const storage::Store& store) const {
  const std::lock_guard lock(mutex_);
  Walk walk(asked_);
  const auto snapshot = store.Snapshot();
  const auto cursor = snapshot->NewCursor(storage::Family::kEvents, storage::ReadHint::kScan);
  for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
    const auto position = storage::ParsePosition(cursor->key());
    const auto record = position ? storage::ParseRecord(*position, cursor->value())
                                 : absl::StatusOr<storage::Record>(absl::DataLossError("a key is no position"));
    if (!record.ok()) {
      walk.Tell(std::string(record.status().message()));
      continue;
    }
    walk.Take(*record);
  }
  if (!cursor->status().ok()) walk.Tell(std::string(cursor->status().message()));
  walk.Hold(acknowledged_);
  return std::move(walk).told();
}

}  // namespace mentorlog::crash
