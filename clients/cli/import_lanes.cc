#include "clients/cli/import_lanes.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "clients/cli/connection.h"

namespace mentorlog::cli {
namespace {

// A row whose request was not decided: it is sent again as it is, and happens once.
bool MayBeSentAgain(const std::string& reason) {
  return reason == "TOO_SLOW" || reason == "OUTCOME_UNKNOWN" || reason == "TOO_MANY_IN_FLIGHT" ||
         reason == "REVISION_CONFLICT" || reason == "SHUTTING_DOWN";
}

bool MayBeSentAgain(const Failure& failure) {
  return failure.exit == kUnreachable || MayBeSentAgain(failure.reason) || failure.code == "UNAVAILABLE" ||
         failure.code == "DEADLINE_EXCEEDED" || failure.code == "RESOURCE_EXHAUSTED";
}

}  // namespace

ImportLanes::ImportLanes(v1::ImportRowsRequest header, Send send, Answered answered)
    : header_(std::move(header)), send_(std::move(send)), answered_(std::move(answered)) {
  for (int i = 0; i < kImportLanes; ++i) {
    lanes_.push_back(std::make_unique<Lane>());
    lanes_.back()->filling = header_;
    lanes_.back()->thread = std::thread([this, lane = lanes_.back().get()] { Work(*lane); });
  }
}

ImportLanes::~ImportLanes() { Finish(); }

bool ImportLanes::Add(const std::string& order_key, v1::ImportRow row) {
  auto& lane = *lanes_[std::hash<std::string>()(order_key) % lanes_.size()];
  const auto bytes = row.ByteSizeLong();
  if (lane.filling.rows_size() >= kImportRowsMax || lane.filling_bytes + bytes > kImportBatchBytesMax) Push(lane);
  lane.filling_bytes += bytes;
  *lane.filling.add_rows() = std::move(row);
  const std::lock_guard lock(mutex_);
  return !failure_;
}

void ImportLanes::Push(Lane& lane) {
  if (lane.filling.rows().empty()) return;
  std::unique_lock lock(mutex_);
  moved_.wait(lock, [&] { return lane.waiting.size() < 2 || failure_; });
  lane.waiting.push_back(std::exchange(lane.filling, header_));
  lane.filling_bytes = 0;
  moved_.notify_all();
}

std::optional<Failure> ImportLanes::Finish() {
  for (auto& lane : lanes_) Push(*lane);
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    moved_.notify_all();
  }
  for (auto& lane : lanes_) {
    if (lane->thread.joinable()) lane->thread.join();
  }
  return failure_;
}

void ImportLanes::Work(Lane& lane) {
  while (true) {
    v1::ImportRowsRequest request;
    {
      std::unique_lock lock(mutex_);
      moved_.wait(lock, [&] { return !lane.waiting.empty() || finished_ || failure_; });
      if (failure_ || lane.waiting.empty()) return;
      request = std::move(lane.waiting.front());
      lane.waiting.pop_front();
      moved_.notify_all();
    }
    if (!Deliver(std::move(request))) return;
  }
}

bool ImportLanes::Deliver(v1::ImportRowsRequest request) {
  for (int attempt = 1; !request.rows().empty(); ++attempt) {
    v1::ImportRowsResponse response;
    auto failure = send_(request, response);
    const bool last = attempt == kImportAttemptsMax;
    if (!failure && response.rows_size() != request.rows_size()) {
      failure = Failure{kRefused, "INTERNAL", "", "the daemon did not answer every row", {}, {}, std::nullopt, ""};
    }
    if (!failure) {
      Settle(request, response, last);
    } else if (last || Interrupted() || !MayBeSentAgain(*failure)) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = *failure;
      moved_.notify_all();
      return false;
    }
    if (!request.rows().empty() && !Wait(attempt)) return false;
  }
  return true;
}

void ImportLanes::Settle(v1::ImportRowsRequest& request, const v1::ImportRowsResponse& response, bool last_attempt) {
  auto again = header_;
  again.mutable_assumed_people()->Swap(request.mutable_assumed_people());
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < request.rows_size(); ++i) {
    const auto& answer = response.rows(i);
    if (!last_attempt && answer.status() == v1::ImportedRow::STATUS_REJECTED && MayBeSentAgain(answer.reason())) {
      again.add_rows()->Swap(request.mutable_rows(i));
    } else {
      answered_(request.rows(i), answer);
    }
  }
  request.Swap(&again);
}

bool ImportLanes::Wait(int attempt) {
  std::unique_lock lock(mutex_);
  const auto pause = std::chrono::milliseconds(50LL << attempt);
  moved_.wait_for(lock, pause, [&] { return failure_.has_value(); });
  return !failure_;
}

}  // namespace mentorlog::cli
