// services/today/today_service.h: the reads across rooms over gRPC: Today, the pair, timelines, HR's questions.
//
// Nothing is changed here. Names and texts are opened when they are read, for who asks. Thread-safe.
#ifndef MENTORLOG_SERVICES_TODAY_TODAY_SERVICE_H_
#define MENTORLOG_SERVICES_TODAY_TODAY_SERVICE_H_

#include "mentorlog/v1/today_service.grpc.pb.h"
#include "services/people/directory.h"
#include "services/relationships/clock.h"
#include "services/runtime/call.h"

namespace mentorlog::today {

// A page of GetUnattended considers so many people at most: who looks for few among many gets short pages soon, not a
// long one late.
inline constexpr int kConsideredMax = 10'000;

class TodayService final : public v1::TodayService::CallbackService {
 public:
  using Context = grpc::CallbackServerContext;

  // `edge` outlives the service.
  explicit TodayService(const runtime::Edge& edge, int considered_max = kConsideredMax)
      : edge_(edge), considered_max_(considered_max), names_(edge.desk) {}

  grpc::ServerUnaryReactor* GetToday(Context* context, const v1::GetTodayRequest* request,
                                     v1::GetTodayResponse* response) override;
  grpc::ServerUnaryReactor* GetPair(Context* context, const v1::GetPairRequest* request,
                                    v1::GetPairResponse* response) override;
  grpc::ServerUnaryReactor* GetTimeline(Context* context, const v1::GetTimelineRequest* request,
                                        v1::GetTimelineResponse* response) override;
  grpc::ServerUnaryReactor* GetContinuity(Context* context, const v1::GetContinuityRequest* request,
                                          v1::GetContinuityResponse* response) override;
  grpc::ServerUnaryReactor* GetUnattended(Context* context, const v1::GetUnattendedRequest* request,
                                          v1::GetUnattendedResponse* response) override;

 private:
  storage::Day Today() const { return edge_.desk.clock.Now().UtcDay(); }
  storage::Day CountsUntil(storage::Day on) const { return relationships::CountsUntil(on, edge_.desk.clock.Now()); }
  v1::PersonRef Ref(const storage::Id& person) const;
  absl::Status ShowToday(const runtime::Read& read, const storage::Id& mentor, storage::Day on,
                         v1::GetTodayResponse& response) const;

  const runtime::Edge& edge_;
  const int considered_max_;
  const people::Directory names_;
};

}  // namespace mentorlog::today

#endif  // MENTORLOG_SERVICES_TODAY_TODAY_SERVICE_H_
