#include "services/feed/feed_service.h"

#include <memory>

#include "services/feed/read_call.h"
#include "services/feed/subscribe_call.h"

namespace mentorlog::feed {
namespace {

constexpr int kPumpThreads = 2;
// Calls that read the feed at once.
constexpr std::size_t kCallsMax = 10'000;

// A Read that ends before it begins.
class RefusedRead final : public grpc::ServerWriteReactor<v1::ReadResponse> {
 public:
  explicit RefusedRead(const absl::Status& status) { Finish(runtime::ToGrpc(status)); }
  void OnDone() override { delete this; }
};

}  // namespace

FeedService::FeedService(const runtime::Edge& edge) : edge_(edge), pump_(edge.desk.ledger, kPumpThreads, kCallsMax) {}

grpc::ServerWriteReactor<v1::ReadResponse>* FeedService::Read(grpc::CallbackServerContext* context,
                                                              const v1::ReadRequest* request) {
  auto caller = edge_.identity.Identify(edge_.desk, *context);
  if (!caller.ok()) return new RefusedRead(caller.status());
  auto filter = FeedFilter::Create(edge_.desk.codec, request->filter());
  if (!filter.ok()) return new RefusedRead(filter.status());
  const auto head = edge_.desk.ledger.head();
  storage::Position from{request->from()};
  if (from > head) {
    return new RefusedRead(decider::Refuse(absl::StatusCode::kFailedPrecondition, "LOG_DIVERGED",
                                           "from: " + std::to_string(from.value) +
                                               ", want a position of this log (head " + std::to_string(head.value) +
                                               ")",
                                           {{"head", std::to_string(head.value)}}));
  }
  if (request->backwards() && from.value == 0) from = storage::Position{head.value + 1};
  const auto call = std::make_shared<ReadCall>(
      pump_, FeedReader(edge_.desk, caller->actor, *std::move(filter), from, request->backwards()), head,
      request->backwards(), request->limit());
  call->Begin();
  return call.get();
}

grpc::ServerBidiReactor<v1::SubscribeRequest, v1::SubscribeResponse>* FeedService::Subscribe(
    grpc::CallbackServerContext* context) {
  auto caller = edge_.identity.Identify(edge_.desk, *context);
  const auto status = caller.status();
  const auto call = std::make_shared<SubscribeCall>(edge_, pump_, status.ok() ? *std::move(caller) : runtime::Caller{});
  if (status.ok()) {
    call->Begin();
  } else {
    call->Refuse(status);
  }
  return call.get();
}

}  // namespace mentorlog::feed
