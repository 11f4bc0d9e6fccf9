// services/admin/progress_stream.h: a server stream that tells how far a long operation is.
//
// The operation runs on a thread of its own and never waits for the reader: progress that nobody has read yet is
// replaced by newer progress, results are kept. When the reader leaves, what the operation still says is dropped.
// Thread-safe; owned by itself and by the operation, since either may end first.
#ifndef MENTORLOG_SERVICES_ADMIN_PROGRESS_STREAM_H_
#define MENTORLOG_SERVICES_ADMIN_PROGRESS_STREAM_H_

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "grpcpp/support/server_callback.h"
#include "grpcpp/support/status.h"

namespace mentorlog::admin {

template <typename Frame>
class ProgressStream final : public grpc::ServerWriteReactor<Frame> {
 public:
  // Lives until gRPC and everybody else are done with it.
  static std::shared_ptr<ProgressStream> Start() {
    const auto stream = std::make_shared<ProgressStream>();
    stream->self_ = stream;
    return stream;
  }

  void OfferProgress(Frame frame) {
    const std::lock_guard lock(mutex_);
    progress_ = std::move(frame);
    Advance();
  }
  void AddResult(Frame frame) {
    const std::lock_guard lock(mutex_);
    progress_.reset();
    results_.push_back(std::move(frame));
    Advance();
  }
  // The last call.
  void End(grpc::Status status) {
    const std::lock_guard lock(mutex_);
    end_ = std::move(status);
    Advance();
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) gone_ = true;
    Advance();
  }
  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    Advance();
  }
  void OnDone() override {
    // The last thing that gRPC does with it. Released outside the lock, since it may be destroyed by that.
    const auto last = std::move(self_);
  }

 private:
  // Starts the next write, or finishes. REQUIRES: mutex_ is held.
  void Advance() {
    if (writing_ || finished_) return;
    if (gone_) return FinishWith(grpc::Status::CANCELLED);
    if (!results_.empty()) {
      current_ = std::move(results_.front());
      results_.pop_front();
    } else if (progress_) {
      current_ = *std::exchange(progress_, std::nullopt);
    } else {
      if (end_) FinishWith(*end_);
      return;
    }
    writing_ = true;
    this->StartWrite(&current_);
  }
  void FinishWith(const grpc::Status& status) {
    finished_ = true;
    this->Finish(status);
  }

  std::mutex mutex_;
  // Guarded by mutex_, but for the frame that gRPC is writing.
  Frame current_;
  std::deque<Frame> results_;
  std::optional<Frame> progress_;
  std::optional<grpc::Status> end_;
  bool writing_ = false;
  bool gone_ = false;
  bool finished_ = false;
  // Set before gRPC knows of it, taken in OnDone.
  std::shared_ptr<ProgressStream> self_;
};

}  // namespace mentorlog::admin

#endif  // MENTORLOG_SERVICES_ADMIN_PROGRESS_STREAM_H_
