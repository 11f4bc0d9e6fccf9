// services/runtime/call.h: the gRPC edge of every unary handler: identity, validation, one conversion of errors.
//
// A mutation handler is one call of Mutate, a read handler one call of Answer or AnswerOnPool. gRPC has two
// handler threads here (facts: nexting threads), so nothing on them blocks, syncs or scans.
#ifndef MENTORLOG_SERVICES_RUNTIME_CALL_H_
#define MENTORLOG_SERVICES_RUNTIME_CALL_H_

#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "grpcpp/support/status.h"
#include "mentorlog/v1/common.pb.h"
#include "services/runtime/execute.h"
#include "services/runtime/scan_pool.h"

namespace mentorlog::runtime {

// Who calls, as the edge found out.
struct Caller {
  decider::Actor actor;
  // The namespace of this caller's request ids: `dev`, `person:<hex>`.
  std::string principal;
  log::v1::Source source = log::v1::SOURCE_GRPC;
};

// Finds out who calls. Thread-safe; point reads at most.
class Identity {
 public:
  virtual ~Identity() = default;
  // UNAUTHENTICATED; NOT_FOUND (UNKNOWN_PERSON) if the person named does not exist.
  virtual absl::StatusOr<Caller> Identify(const Desk& desk, const grpc::CallbackServerContext& context) const = 0;
};

class InFlight;

// What handlers are given. What it refers to outlives the server.
struct Edge {
  const Desk& desk;
  const Identity& identity;
  // For reads that scan or wait.
  ScanPool& scans;
  // Bounds the mutations that wait for their answer; nullptr: not bounded here (tests).
  InFlight* in_flight = nullptr;
};

// A request of at most this size is taken: a proposal's bytes and what surrounds them.
inline constexpr std::size_t kRequestBytesMax = (1 << 20) + (64 << 10);
// INVALID_ARGUMENT (MESSAGE_TOO_LARGE).
absl::Status CheckSize(const google::protobuf::Message& request);

// The one place where a status becomes a gRPC status: details ErrorInfo{reason, "mentorlog", metadata},
// BadRequest, PreconditionFailure and RetryInfo, kept under 4 KB.
grpc::Status ToGrpc(const absl::Status& status);

// Collects every field violation of a request, so that all are answered at once.
class Violations {
 public:
  // `wish` says what is wanted, as in "want 16 bytes". The first reason wins.
  void Add(std::string_view field, std::string_view found, std::string_view wish,
           std::string_view reason = "INVALID_FIELD");
  // Takes over a refusal of a check such as decider::CheckText.
  void Add(const absl::Status& status);
  // A 16-byte id; adds MALFORMED_ID and answers a zero id if it is none.
  storage::Id RequireId(std::string_view field, std::string_view bytes);
  std::optional<storage::Id> OptionalId(std::string_view field, std::string_view bytes);
  // A day YYYY-MM-DD; adds MALFORMED_DATE.
  storage::Day RequireDay(std::string_view field, std::string_view text);
  std::optional<storage::Day> OptionalDay(std::string_view field, std::string_view text);
  // A known, stated enum value; adds UNKNOWN_ENUM_VALUE. `descriptor` is that of the enum.
  void RequireEnum(std::string_view field, const google::protobuf::EnumDescriptor* descriptor, int value);
  // As RequireEnum, where the unspecified value is fine.
  void OptionalEnum(std::string_view field, const google::protobuf::EnumDescriptor* descriptor, int value);
  void Text(std::string_view field, std::string_view text, std::size_t code_points_max);
  // OK, or INVALID_ARGUMENT with everything that was added.
  absl::Status status() const;

 private:
  std::string reason_;
  std::string message_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

// The parts of a mutation that every request has, taken from the generated message by name.
struct MutationFields {
  std::string_view request_id;
  bool validate_only = false;
  std::optional<std::uint64_t> expected_revision;
};
template <typename Request>
MutationFields FieldsOf(const Request& request) {
  MutationFields fields{request.request_id(), request.validate_only(), std::nullopt};
  if constexpr (requires { request.has_expected_revision(); }) {
    if (request.has_expected_revision()) fields.expected_revision = request.expected_revision();
  }
  return fields;
}

// What a handler answers of a mutation beyond the common `result`.
using Decide = std::function<decider::Decision(const decider::Context&, decider::States&)>;

namespace internal {
grpc::ServerUnaryReactor* Mutate(const Edge& edge, grpc::CallbackServerContext* context,
                                 const google::protobuf::Message& request, const MutationFields& fields,
                                 std::optional<storage::StreamKey> expected_stream, Violations violations,
                                 Decide decide, std::function<void(const Outcome&, v1::Result)> answer);
}  // namespace internal

// A mutation: validates, decides, proposes, answers. `violations` are those of the request's own fields;
// `expected_stream` is the stream that `expected_revision` speaks of; `fill` sets the response's own fields from the
// records (never from the command, so that a replay answers the same).
template <typename Request, typename Response>
grpc::ServerUnaryReactor* Mutate(const Edge& edge, grpc::CallbackServerContext* context, const Request* request,
                                 Response* response, std::optional<storage::StreamKey> expected_stream,
                                 Violations violations, Decide decide,
                                 std::type_identity_t<std::function<void(const Outcome&, Response&)>> fill = nullptr) {
  return internal::Mutate(edge, context, *request, FieldsOf(*request), expected_stream, std::move(violations),
                          std::move(decide),
                          [response, fill = std::move(fill)](const Outcome& outcome, v1::Result result) {
                            *response->mutable_result() = std::move(result);
                            if (fill) fill(outcome, *response);
                          });
}

// One read: who asks, and the snapshot it is answered from.
struct Read {
  const Caller& caller;
  const storage::LedgerSnapshot& snapshot;
};

// The position that a read is asked as of, at most the head; nullopt: now. Errors of LedgerSnapshot::FirstAt.
absl::StatusOr<std::optional<storage::Position>> AsOf(const storage::LedgerSnapshot& snapshot, const v1::AsKnownAt& at);

// A read of a few points: answered on the calling thread.
grpc::ServerUnaryReactor* Answer(const Edge& edge, grpc::CallbackServerContext* context,
                                 const std::function<absl::Status(const Read&)>& read);
// A read that scans, or waits for a follower: answered on the scan pool. `followers` are waited for (within the
// call's deadline, at most 10 s) until they stand at the head that the call saw.
grpc::ServerUnaryReactor* AnswerOnPool(const Edge& edge, grpc::CallbackServerContext* context,
                                       std::vector<std::uint16_t> followers,
                                       std::function<absl::Status(const Read&)> read);

// Opaque page tokens: the key after which the next page starts, bound to the query it belongs to.
std::string EncodePageToken(std::string_view query, std::string_view after);
// INVALID_ARGUMENT (BAD_PAGE_TOKEN). Empty token: empty key.
absl::StatusOr<std::string> DecodePageToken(std::string_view query, std::string_view token);
// `requested` clamped to 1..1000, 0 = 50.
int PageSize(int requested);

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_CALL_H_
