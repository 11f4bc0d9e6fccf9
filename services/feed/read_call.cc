#include "services/feed/read_call.h"

#include <algorithm>

#include "services/runtime/call.h"

namespace mentorlog::feed {

void ReadCall::Begin() {
  {
    const std::lock_guard lock(mutex_);
    self_ = shared_from_this();
  }
  if (const auto status = pump_.Add(self_); !status.ok()) return FinishOnce(runtime::ToGrpc(status));
  pump_.Wake(self_);
}

bool ReadCall::AtEnd() const {
  return left_ == 0 || (backwards_ ? reader_.cursor().value <= 1 : reader_.cursor() >= head_);
}

bool ReadCall::Step() {
  {
    const std::lock_guard lock(mutex_);
    if (writing_ || finished_) return false;
  }
  if (pump_.draining()) {
    FinishOnce(runtime::ToGrpc(ShuttingDown(reader_.cursor())));
    return false;
  }
  response_.Clear();
  const auto status = reader_.Step(head_, left_, *response_.mutable_events());
  if (!status.ok()) {
    FinishOnce(runtime::ToGrpc(status));
    return false;
  }
  left_ -= static_cast<std::uint64_t>(response_.events_size());
  if (response_.events().empty()) {
    if (!AtEnd()) return true;
    FinishOnce(grpc::Status::OK);
    return false;
  }
  response_.set_considered(reader_.cursor().value);
  const std::lock_guard lock(mutex_);
  if (finished_) return false;
  writing_ = true;
  StartWrite(&response_);
  return false;
}

void ReadCall::OnWriteDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
  }
  if (!ok) return FinishOnce(grpc::Status(grpc::StatusCode::CANCELLED, "the reader is gone"));
  pump_.Wake(shared_from_this());
}

void ReadCall::OnCancel() { FinishOnce(grpc::Status(grpc::StatusCode::CANCELLED, "the call was cancelled")); }

void ReadCall::FinishOnce(const grpc::Status& status) {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  Finish(status);
}

void ReadCall::OnDone() {
  std::shared_ptr<ReadCall> self;
  {
    const std::lock_guard lock(mutex_);
    self = std::move(self_);
  }
  pump_.Remove(self);
}

}  // namespace mentorlog::feed
