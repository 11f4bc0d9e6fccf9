#include "services/feed/subscribe_call.h"

#include <algorithm>
#include <string>

namespace mentorlog::feed {
namespace {

constexpr std::uint64_t kCreditFrameMax = 100'000;
constexpr std::uint64_t kCreditMax = 1'000'000;
// Progress is sent at least every 2 s (design section 3); the pump looks for it only every quarter of a second.
constexpr std::int64_t kProgressEveryUs = 1'600'000;

absl::Status NotServed(std::string_view what) {
  return decider::Refuse(absl::StatusCode::kUnimplemented, "NOT_SERVED_YET",
                         std::string(what) + " is not served by this build; open with `after`");
}

absl::Status BadFrame(std::string_view field, std::string_view wish) {
  auto status =
      decider::Refuse(absl::StatusCode::kInvalidArgument, "BAD_FRAME", std::string(field) + ": " + std::string(wish));
  decider::AddFieldViolation(status, field, wish);
  return status;
}

}  // namespace

void SubscribeCall::Begin() {
  {
    const std::lock_guard lock(mutex_);
    self_ = shared_from_this();
  }
  if (const auto status = pump_.Add(self_); !status.ok()) return Refuse(status);
  StartRead(&request_);
}

void SubscribeCall::Refuse(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (!self_) self_ = shared_from_this();
  }
  FinishOnce(runtime::ToGrpc(status));
}

absl::StatusOr<FeedReader> SubscribeCall::Open(const v1::SubscribeRequest::Open& open) const {
  using Start = v1::SubscribeRequest::Open;
  switch (open.start_case()) {
    case Start::kAfter:
      break;
    case Start::kBeginning:
      return NotServed("open.beginning");
    case Start::kEnd:
      return NotServed("open.end");
    case Start::kAtTimeUs:
      return NotServed("open.at_time_us");
    case Start::START_NOT_SET:
      return BadFrame("open.start", "want `after`, 0 for everything");
  }
  auto& ledger = edge_.desk.ledger;
  const bool other_log = !open.log_id().empty() && open.log_id() != ledger.log_id().ToBytes();
  const bool other_epoch = open.epoch() != 0 && open.epoch() != ledger.epoch();
  if (other_log || other_epoch || open.after() > ledger.head().value) {
    return decider::Refuse(absl::StatusCode::kFailedPrecondition, "LOG_DIVERGED",
                           "open.after: " + std::to_string(open.after()) + " is not a position of this log (head " +
                               std::to_string(ledger.head().value) + ", epoch " + std::to_string(ledger.epoch()) +
                               "); want a position that this log has answered",
                           {{"head", std::to_string(ledger.head().value)}, {"epoch", std::to_string(ledger.epoch())}});
  }
  if (open.credit() > kCreditFrameMax) return BadFrame("open.credit", "want at most 100000");
  auto filter = FeedFilter::Create(edge_.desk.codec, open.filter());
  if (!filter.ok()) return filter.status();
  return FeedReader(edge_.desk, caller_.actor, *std::move(filter), storage::Position{open.after()}, false);
}

absl::Status SubscribeCall::Take(const v1::SubscribeRequest& frame) {
  using Frame = v1::SubscribeRequest;
  const bool is_open = frame.frame_case() == Frame::kOpen;
  bool opened = false;
  {
    const std::lock_guard lock(mutex_);
    opened = opened_;
  }
  if (is_open == opened) return BadFrame("frame", "want Open first, and once");
  switch (frame.frame_case()) {
    case Frame::kOpen: {
      auto reader = Open(frame.open());
      if (!reader.ok()) return reader.status();
      reader_.emplace(*std::move(reader));
      progress_at_ = reader_->cursor();
      progress_steady_us_ = edge_.desk.clock.SteadyMicros();
      const std::lock_guard lock(mutex_);
      credit_ = frame.open().credit();
      opened_ = true;
      return absl::OkStatus();
    }
    case Frame::kCredit: {
      const std::uint64_t more = frame.credit().events();
      if (more == 0 || more > kCreditFrameMax) return BadFrame("credit.events", "want 1 to 100000");
      const std::lock_guard lock(mutex_);
      if (credit_ + more > kCreditMax) return BadFrame("credit.events", "want at most 1000000 together");
      credit_ += more;
      return absl::OkStatus();
    }
    case Frame::kProgressRequest:
      return NotServed("progress_request");
    case Frame::kSubjectErasedAck:
      return NotServed("subject_erased_ack");
    case Frame::FRAME_NOT_SET:
      break;
  }
  return BadFrame("frame", "want Open or Credit");
}

void SubscribeCall::OnReadDone(bool ok) {
  // The client has said all it wanted; it ends the subscription so.
  if (!ok) return FinishOnce(grpc::Status::OK);
  if (const auto status = Take(request_); !status.ok()) return FinishOnce(runtime::ToGrpc(status));
  pump_.Wake(shared_from_this());
  StartRead(&request_);
}

bool SubscribeCall::ProgressIsDue() const {
  return reader_->cursor().value - progress_at_.value >= kConsideredMax ||
         edge_.desk.clock.SteadyMicros() - progress_steady_us_ >= kProgressEveryUs;
}

void SubscribeCall::SetProgress() {
  auto& progress = *response_.mutable_progress();
  progress.set_position(reader_->cursor().value);
  progress.set_server_time_us(edge_.desk.clock.Now().micros);
  progress_at_ = reader_->cursor();
  progress_steady_us_ = edge_.desk.clock.SteadyMicros();
}

absl::StatusOr<bool> SubscribeCall::NextFrame() {
  response_.Clear();
  auto& ledger = edge_.desk.ledger;
  if (!confirmed_) {
    confirmed_ = true;
    auto& frame = *response_.mutable_confirmed();
    frame.set_log_id(ledger.log_id().ToBytes());
    frame.set_epoch(ledger.epoch());
    frame.set_head(ledger.head().value);
    return true;
  }
  if (ProgressIsDue()) {
    SetProgress();
    return true;
  }
  const auto head = ledger.head();
  if (reader_->cursor() < head) {
    caught_up_ = caught_up_ && head.value - reader_->cursor().value < kConsideredMax;
    std::uint64_t credit = 0;
    {
      const std::lock_guard lock(mutex_);
      credit = credit_;
    }
    v1::SubscribeResponse::EventBatch batch;
    if (const auto status = reader_->Step(head, credit, *batch.mutable_events()); !status.ok()) return status;
    if (!batch.events().empty()) {
      const std::lock_guard lock(mutex_);
      credit_ -= static_cast<std::uint64_t>(batch.events_size());
      *response_.mutable_batch() = std::move(batch);
      return true;
    }
    if (ProgressIsDue()) {
      SetProgress();
      return true;
    }
  }
  if (reader_->cursor() >= head && !caught_up_) {
    caught_up_ = true;
    response_.mutable_caught_up()->set_position(reader_->cursor().value);
    return true;
  }
  return false;
}

bool SubscribeCall::Step() {
  std::optional<storage::Position> at;
  {
    const std::lock_guard lock(mutex_);
    if (writing_ || finished_ || (!opened_ && !pump_.draining())) return false;
    if (opened_) at = reader_->cursor();
  }
  if (pump_.draining()) {
    FinishOnce(runtime::ToGrpc(ShuttingDown(at)));
    return false;
  }
  const auto before = reader_->cursor();
  const auto frame = NextFrame();
  if (!frame.ok()) {
    FinishOnce(runtime::ToGrpc(frame.status()));
    return false;
  }
  // Nothing to send: on, as long as the cursor moves (a filter that matches little).
  if (!*frame) return reader_->cursor() > before;
  const std::lock_guard lock(mutex_);
  if (finished_) return false;
  writing_ = true;
  StartWrite(&response_);
  return false;
}

void SubscribeCall::OnWriteDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
  }
  if (!ok) return FinishOnce(grpc::Status(grpc::StatusCode::CANCELLED, "the subscriber is gone"));
  pump_.Wake(shared_from_this());
}

void SubscribeCall::OnCancel() { FinishOnce(grpc::Status(grpc::StatusCode::CANCELLED, "the call was cancelled")); }

void SubscribeCall::FinishOnce(const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  Finish(status);
}

void SubscribeCall::OnDone() {
  std::shared_ptr<SubscribeCall> self;
  {
    const std::lock_guard lock(mutex_);
    self = std::move(self_);
  }
  pump_.Remove(self);
}

}  // namespace mentorlog::feed
