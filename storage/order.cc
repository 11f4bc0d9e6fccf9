#include "storage/order.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/refusal.h"

namespace mentorlog::storage {
namespace {

class LocalOrder final : public Order {
 public:
  LocalOrder(std::size_t proposals_max, std::size_t bytes_max) : proposals_max_(proposals_max), bytes_max_(bytes_max) {}

  absl::Status Submit(Ordered entry) override {
    const std::size_t bytes = entry.proposal.ByteSizeLong();
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) {
        return Refuse(absl::StatusCode::kUnavailable, "SHUTTING_DOWN", "the log is stopping, want a running one");
      }
      if (waiting_.size() >= proposals_max_) {
        return Refuse(absl::StatusCode::kResourceExhausted, "TOO_MANY_IN_FLIGHT",
                      absl::StrCat("proposals waiting: ", waiting_.size(), ", want fewer than ", proposals_max_));
      }
      if (!waiting_.empty() && bytes > bytes_max_ - std::min(bytes_max_, bytes_)) {
        return Refuse(absl::StatusCode::kResourceExhausted, "TOO_MANY_IN_FLIGHT",
                      absl::StrCat("bytes of proposals waiting: ", bytes_, ", want at most ", bytes_max_,
                                   " with this one's ", bytes));
      }
      bytes_ += bytes;
      waiting_.push_back({std::move(entry), bytes});
    }
    arrived_.notify_one();
    return absl::OkStatus();
  }

  std::vector<Ordered> Next(std::size_t records_max, std::size_t bytes_max) override {
    std::vector<Ordered> group;
    std::size_t records = 0;
    std::size_t bytes = 0;
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    while (!waiting_.empty()) {
      const auto more = static_cast<std::size_t>(waiting_.front().entry.proposal.records_size());
      if (!group.empty() && (records + more > records_max || bytes + waiting_.front().bytes > bytes_max)) break;
      records += more;
      bytes += waiting_.front().bytes;
      bytes_ -= waiting_.front().bytes;
      group.push_back(std::move(waiting_.front().entry));
      waiting_.pop_front();
    }
    return group;
  }

  void Stop() override {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    arrived_.notify_all();
  }

 private:
  struct Waiting {
    Ordered entry;
    std::size_t bytes = 0;
  };

  const std::size_t proposals_max_;
  const std::size_t bytes_max_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  // Guarded by mutex_.
  std::deque<Waiting> waiting_;
  // Of all that wait.
  std::size_t bytes_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<Order> NewLocalOrder(std::size_t proposals_max, std::size_t bytes_max) {
  return std::make_unique<LocalOrder>(proposals_max, bytes_max);
}

}  // namespace mentorlog::storage
