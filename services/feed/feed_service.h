// services/feed/feed_service.h: FeedService over gRPC.
//
// The reactors only hand over frames; reading happens on the pump's threads. Thread-safe.
#ifndef MENTORLOG_SERVICES_FEED_FEED_SERVICE_H_
#define MENTORLOG_SERVICES_FEED_FEED_SERVICE_H_

#include <memory>

#include "mentorlog/v1/feed_service.grpc.pb.h"
#include "services/feed/feed_pump.h"
#include "services/runtime/call.h"
#include "services/runtime/room.h"

namespace mentorlog::feed {

class FeedService final : public v1::FeedService::CallbackService, public runtime::EndlessCalls {
 public:
  explicit FeedService(const runtime::Edge& edge);

  grpc::ServerWriteReactor<v1::ReadResponse>* Read(grpc::CallbackServerContext* context,
                                                   const v1::ReadRequest* request) override;
  grpc::ServerBidiReactor<v1::SubscribeRequest, v1::SubscribeResponse>* Subscribe(
      grpc::CallbackServerContext* context) override;
  void EndCalls() override { pump_.BeginDrain(); }

 private:
  const runtime::Edge& edge_;
  FeedPump pump_;
};

}  // namespace mentorlog::feed

#endif  // MENTORLOG_SERVICES_FEED_FEED_SERVICE_H_
