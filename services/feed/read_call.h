// services/feed/read_call.h: one FeedService.Read: a finite stretch, a batch at a time, one write outstanding.
#ifndef MENTORLOG_SERVICES_FEED_READ_CALL_H_
#define MENTORLOG_SERVICES_FEED_READ_CALL_H_

#include <memory>
#include <mutex>

#include "grpcpp/support/server_callback.h"
#include "mentorlog/v1/feed_service.pb.h"
#include "services/feed/feed_pump.h"
#include "services/feed/feed_reader.h"

namespace mentorlog::feed {

// Shared with the pump: a step may be under way when the call ends. Lets go of itself in OnDone.
class ReadCall final : public grpc::ServerWriteReactor<v1::ReadResponse>,
                       public Stepper,
                       public std::enable_shared_from_this<ReadCall> {
 public:
  ReadCall(FeedPump& pump, FeedReader reader, storage::Position head, bool backwards, std::uint64_t limit)
      : pump_(pump),
        reader_(std::move(reader)),
        head_(head),
        backwards_(backwards),
        left_(limit == 0 ? UINT64_MAX : limit) {}

  // REQUIRES: held by a shared_ptr. Starts, or finishes with TOO_MANY_IN_FLIGHT.
  void Begin();

  bool Step() override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  void FinishOnce(const grpc::Status& status);
  bool AtEnd() const;

  FeedPump& pump_;
  // Touched by the one step at a time.
  FeedReader reader_;
  const storage::Position head_;
  const bool backwards_;
  std::uint64_t left_;
  v1::ReadResponse response_;

  std::mutex mutex_;
  // Guarded by mutex_.
  bool writing_ = false;
  bool finished_ = false;
  std::shared_ptr<ReadCall> self_;
};

}  // namespace mentorlog::feed

#endif  // MENTORLOG_SERVICES_FEED_READ_CALL_H_
