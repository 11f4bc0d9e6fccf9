#include "services/runtime/call.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "absl/strings/str_cat.h"
#include "services/runtime/in_flight.h"
#include "storage/refusal.h"

namespace mentorlog::runtime {
namespace {

// How long a read waits for its followers at most.
constexpr absl::Duration kFollowersWaitMax = absl::Seconds(10);
// How much of the caller's time is for the answer at most.
constexpr absl::Duration kToAnswer = absl::Milliseconds(200);

grpc::ServerUnaryReactor* Finish(grpc::ServerUnaryReactor* reactor, const absl::Status& status) {
  reactor->Finish(ToGrpc(status));
  return reactor;
}

absl::Status Full() {
  return storage::Refuse(absl::StatusCode::kResourceExhausted, "TOO_MANY_IN_FLIGHT",
                         "reads that wait: as many as may, want fewer at a time");
}

// The last revision of the command's own stream: the one its expected revision speaks of, else its first record's.
std::optional<std::uint64_t> OwnRevision(const Outcome& outcome, const std::optional<storage::StreamKey>& own) {
  if (outcome.records.empty()) return std::nullopt;
  const std::string stream = own ? own->ToBytes() : outcome.records.front()->header.stream();
  std::optional<std::uint64_t> revision;
  for (const auto& record : outcome.records) {
    if (record->header.stream() == stream) revision = record->header.revision();
  }
  return revision;
}

v1::Result ResultOf(const Outcome& outcome, const std::optional<storage::StreamKey>& own) {
  v1::Result result;
  if (!outcome.records.empty()) result.set_position(outcome.records.back()->header.position());
  if (const auto revision = OwnRevision(outcome, own)) result.set_revision(*revision);
  result.set_replayed(outcome.replayed);
  for (const auto& advice : outcome.advice) {
    auto& shown = *result.add_advice();
    shown.set_reason(advice.reason());
    shown.set_field(advice.field());
    shown.set_detail(advice.detail());
  }
  return result;
}

// OK while somebody waits for the answer; what nobody waits for is not begun. Any thread may ask, and it costs little:
// a look at the clock, and one at what gRPC noted. The clock is asked first, since gRPC may note a deadline late.
absl::Status StillAwaited(const grpc::CallbackServerContext& context) {
  if (std::chrono::system_clock::now() >= context.deadline()) {
    return storage::Refuse(absl::StatusCode::kDeadlineExceeded, "TOO_SLOW",
                           "the call's deadline passed before its turn came, want more time");
  }
  return context.IsCancelled() ? absl::CancelledError() : absl::OkStatus();
}

// Until when a read may wait for its followers. A part of the caller's time is kept back, so that the refusal that says
// what was waited for still reaches them.
absl::Time WaitUntil(const grpc::CallbackServerContext& context) {
  const auto now = absl::Now();
  const auto left = absl::FromChrono(context.deadline()) - now;
  return now + std::min(kFollowersWaitMax, left - std::min(kToAnswer, left / 5));
}

// Waits for the followers to reach the head that the call saw.
absl::Status AwaitFollowers(const Desk& desk, const std::vector<std::uint16_t>& followers, storage::Position head,
                            absl::Time deadline) {
  for (const std::uint16_t follower : followers) {
    if (auto status = desk.ledger.WaitForView(follower, head, deadline); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSize(const google::protobuf::Message& request) {
  const std::size_t bytes = request.ByteSizeLong();
  if (bytes <= kRequestBytesMax) return absl::OkStatus();
  return storage::Refuse(absl::StatusCode::kInvalidArgument, "MESSAGE_TOO_LARGE",
                         absl::StrCat("request: ", bytes, " bytes, want at most ", kRequestBytesMax),
                         {{"bytes", absl::StrCat(bytes)}, {"bytes_max", absl::StrCat(kRequestBytesMax)}});
}

namespace internal {

grpc::ServerUnaryReactor* Mutate(const Edge& edge, grpc::CallbackServerContext* context,
                                 const google::protobuf::Message& request, const MutationFields& fields,
                                 std::optional<storage::StreamKey> expected_stream, Violations violations,
                                 Decide decide, std::function<void(const Outcome&, v1::Result)> answer) {
  auto* reactor = context->DefaultReactor();
  auto caller = edge.identity.Identify(edge.desk, *context);
  if (!caller.ok()) return Finish(reactor, caller.status());
  if (auto status = CheckSize(request); !status.ok()) return Finish(reactor, status);
  const auto request_id = storage::Id::FromBytes(fields.request_id);
  if (!request_id || request_id->IsZero()) {
    violations.Add("request_id", absl::StrCat(fields.request_id.size(), " bytes"),
                   "want 16 bytes of the caller's choice that are not all zero", "MISSING_REQUEST_ID");
  }
  if (auto status = violations.status(); !status.ok()) return Finish(reactor, status);
  if (auto status = StillAwaited(*context); !status.ok()) return Finish(reactor, status);
  InFlight::Place place;
  if (edge.in_flight != nullptr) {
    auto taken = edge.in_flight->Take(caller->principal);
    if (!taken.ok()) return Finish(reactor, taken.status());
    place = *std::move(taken);
  }

  Command command;
  command.name_space = caller->principal;
  command.request_id = *request_id;
  command.request_hash = HashRequest(edge.desk.ledger.keyed(), request);
  command.actor = caller->actor;
  command.source = caller->source;
  command.validate_only = fields.validate_only;
  if (fields.expected_revision) command.expected_revision = storage::Revision{*fields.expected_revision};
  command.expected_stream = expected_stream;
  command.decide = std::move(decide);
  Execute(edge.desk, std::move(command),
          [reactor, expected_stream, answer = std::move(answer),
           place = std::move(place)](absl::StatusOr<Outcome> outcome) mutable {
            if (outcome.ok()) answer(*outcome, ResultOf(*outcome, expected_stream));
            // Before the caller has the answer: its next call may come at once.
            place.reset();
            Finish(reactor, outcome.status());
          });
  return reactor;
}

}  // namespace internal

grpc::ServerUnaryReactor* Answer(const Edge& edge, grpc::CallbackServerContext* context,
                                 const std::function<absl::Status(const Read&)>& read) {
  auto* reactor = context->DefaultReactor();
  const auto caller = edge.identity.Identify(edge.desk, *context);
  if (!caller.ok()) return Finish(reactor, caller.status());
  const auto snapshot = edge.desk.ledger.Snapshot();
  return Finish(reactor, read({*caller, *snapshot}));
}

grpc::ServerUnaryReactor* AnswerOnPool(const Edge& edge, grpc::CallbackServerContext* context,
                                       std::vector<std::uint16_t> followers,
                                       std::function<absl::Status(const Read&)> read) {
  auto* reactor = context->DefaultReactor();
  auto caller = edge.identity.Identify(edge.desk, *context);
  if (!caller.ok()) return Finish(reactor, caller.status());
  const auto head = edge.desk.ledger.head();
  const bool taken = edge.scans.Run([desk = edge.desk, context, reactor, head, caller = *std::move(caller),
                                     followers = std::move(followers), read = std::move(read)] {
    auto status = StillAwaited(*context);
    if (status.ok()) status = AwaitFollowers(desk, followers, head, WaitUntil(*context));
    if (status.ok()) {
      const auto snapshot = desk.ledger.Snapshot();
      status = read({caller, *snapshot});
    }
    Finish(reactor, status);
  });
  return taken ? reactor : Finish(reactor, Full());
}

}  // namespace mentorlog::runtime
