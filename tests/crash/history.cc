#include "tests/crash/history.h"

#include <algorithm>
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
    if (header.namespace_() != "steward" && !asked_.contains(header.request_id()))
      Tell(at + " was asked for by nobody");
    if (header.index_in_request() == 0 && !first_of_.emplace(header.request_id(), header.position()).second) {
      Tell(at + " does request " + Hex(header.request_id()) + " a second time");
    }
    auto& done = done_[header.request_id()];
    done.last_position = header.position();
    done.last_revisions[header.stream()] = header.revision();
  }

  void Hold(const std::map<std::string, Place>& acknowledged) {
    for (const auto& [id, place] : acknowledged) {
      const std::string request = "acknowledged request " + Hex(id);
      const auto found = done_.find(id);
      if (found == done_.end()) {
        Tell(request + " at position " + std::to_string(place.position) + " is lost");
        continue;
      }
      const Done& done = found->second;
      if (done.last_position != place.position) {
        Tell(request + " is at " + std::to_string(done.last_position) + ", want " + std::to_string(place.position));
      }
      // Which of the streams is the command's own is the room's to know.
      if (std::none_of(done.last_revisions.begin(), done.last_revisions.end(),
                       [&place](const auto& last) { return last.second == place.revision; })) {
        Tell(request + " has no stream that it left at revision " + std::to_string(place.revision));
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
  // By request: its last position, and the last revision of each stream that it wrote.
  struct Done {
    std::uint64_t last_position = 0;
    std::map<std::string, std::uint64_t> last_revisions;
  };
  std::map<std::string, Done> done_;
  std::vector<std::string> told_;
};

}  // namespace

void History::Asked(const std::string& request_id) {
  const std::lock_guard lock(mutex_);
  asked_.insert(request_id);
}

void History::Acknowledged(const std::string& request_id, std::uint64_t position, std::uint64_t revision) {
  const std::lock_guard lock(mutex_);
  acknowledged_[request_id] = {position, revision};
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
