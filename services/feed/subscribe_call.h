// services/feed/subscribe_call.h: one FeedService.Subscribe: a cursor, credit, and the frames that follow from them.
#ifndef MENTORLOG_SERVICES_FEED_SUBSCRIBE_CALL_H_
#define MENTORLOG_SERVICES_FEED_SUBSCRIBE_CALL_H_

#include <memory>
#include <mutex>
#include <optional>

#include "grpcpp/support/server_callback.h"
#include "mentorlog/v1/feed_service.pb.h"
#include "services/feed/feed_pump.h"
#include "services/feed/feed_reader.h"
#include "services/runtime/call.h"

namespace mentorlog::feed {

// Shared with the pump: a step may be under way when the call ends. Lets go of itself in OnDone.
class SubscribeCall final : public grpc::ServerBidiReactor<v1::SubscribeRequest, v1::SubscribeResponse>,
                            public Stepper,
                            public std::enable_shared_from_this<SubscribeCall> {
 public:
  SubscribeCall(const runtime::Edge& edge, FeedPump& pump, runtime::Caller caller)
      : edge_(edge), pump_(pump), caller_(std::move(caller)) {}

  // REQUIRES: held by a shared_ptr. Starts, or finishes with TOO_MANY_IN_FLIGHT.
  void Begin();
  // Ends at once with `status`.
  void Refuse(const absl::Status& status);

  bool Step() override;
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // The reader that Open asks for, or why not.
  absl::StatusOr<FeedReader> Open(const v1::SubscribeRequest::Open& open) const;
  // Takes a frame. Not OK: ends the call.
  absl::Status Take(const v1::SubscribeRequest& frame);
  // The next frame to send, if any; called by the one step at a time.
  absl::StatusOr<bool> NextFrame();
  bool ProgressIsDue() const;
  void SetProgress();
  void FinishOnce(const grpc::Status& status);

  const runtime::Edge& edge_;
  FeedPump& pump_;
  const runtime::Caller caller_;
  // Touched by gRPC's one read at a time.
  v1::SubscribeRequest request_;
  // Touched by the one step at a time; `opened_` publishes `reader_` to it.
  std::optional<FeedReader> reader_;
  v1::SubscribeResponse response_;
  bool confirmed_ = false;
  bool caught_up_ = false;
  storage::Position progress_at_;
  std::int64_t progress_steady_us_ = 0;

  std::mutex mutex_;
  // Guarded by mutex_.
  bool opened_ = false;
  std::uint64_t credit_ = 0;
  bool writing_ = false;
  bool finished_ = false;
  std::shared_ptr<SubscribeCall> self_;
};

}  // namespace mentorlog::feed

#endif  // MENTORLOG_SERVICES_FEED_SUBSCRIBE_CALL_H_
