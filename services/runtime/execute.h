// services/runtime/execute.h: the way of a write, without gRPC.
//
//   one snapshot: request seen? -> load states -> decide (pure) -> propose -> answer
//
// Handlers, the import and the steward all write through this. A lost race is decided again on a new snapshot, a
// bounded number of times. Thread-safe.
#ifndef MENTORLOG_SERVICES_RUNTIME_EXECUTE_H_
#define MENTORLOG_SERVICES_RUNTIME_EXECUTE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/decider/decider.h"
#include "services/runtime/absent_streams.h"
#include "services/runtime/event_codec.h"
#include "services/runtime/scan_pool.h"
#include "services/runtime/state_view.h"
#include "storage/ledger.h"

namespace mentorlog::runtime {

// One log with what its services need to work on it: an object of a log, no globals. References outlive it.
struct Desk {
  storage::Ledger& ledger;
  const EventCodec& codec;
  const StateView& states;
  const storage::Clock& clock;
  // Where lost races are decided again: the thread that answers every proposal must not wait for one that many want.
  // nullptr: on that thread (tests).
  ScanPool* retries = nullptr;
  // Absences that need not be read, since checks hold them. nullptr: each is read (tests).
  AbsentStreams* absent = nullptr;
};

// One write. Copied into the asynchronous work: holds no references to a gRPC call.
struct Command {
  // Scope of the request id: the principal, `csv:<system>`, `steward`.
  std::string name_space;
  storage::Id request_id;
  // Keyed digest of the request, 32 bytes (see HashRequest).
  std::string request_hash;
  decider::Actor actor;
  log::v1::Source source = log::v1::SOURCE_UNSPECIFIED;
  // The position that caused it; 0 if none.
  storage::Position causation;
  // 0 but for the steward.
  std::uint32_t policy_version = 0;
  // Decides and answers what would be written, and writes nothing.
  bool validate_only = false;
  // Held against the head of `expected_stream`, which `decide` names through States; a stale one is answered
  // ABORTED REVISION_CONFLICT at once and never decided again, unless `decide` refuses the command whatever the
  // revision (PERMISSION_DENIED, UNAUTHENTICATED, NOT_FOUND, INVALID_ARGUMENT): who may not know the stream learns
  // nothing of it.
  std::optional<storage::Revision> expected_revision;
  std::optional<storage::StreamKey> expected_stream;
  // Pure but for the states it loads. May be called several times, each time from the beginning.
  std::function<decider::Decision(const decider::Context&, decider::States&)> decide;
};

// What a write came to.
struct Outcome {
  // Empty if the command changed nothing or was validate_only.
  std::vector<std::shared_ptr<const storage::Record>> records;
  bool replayed = false;
  // Of the first answer, also in a replay.
  std::vector<log::v1::Advice> advice;
};

using OutcomeDone = std::function<void(absl::StatusOr<Outcome>)>;

// Status payload: after how many milliseconds the same request may be sent again.
inline constexpr std::string_view kRetryPayload = "mentorlog.retry_after_ms";
// Status payload of a REVISION_CONFLICT: a serialised v1.MissedEvents, bounded by kMissedMax.
inline constexpr std::string_view kMissedPayload = "mentorlog.missed_events";
inline constexpr std::uint64_t kMissedMax = 10;

// How often a lost race is decided again before REVISION_CONFLICT is answered.
inline constexpr int kDecideAttemptsMax = 8;

// Decides on the calling thread (point reads only), proposes, and calls `done` exactly once: from this thread, the
// completion thread or one of `desk.retries`. Refusals as in Ledger::Propose and whatever `decide` answers; also if
// there is no room to decide a lost race again it is REVISION_CONFLICT, and kRetryPayload says when to try.
void Execute(const Desk& desk, Command command, OutcomeDone done);

// 32 bytes: HMAC over the request's type and its deterministic serialisation with request_id and validate_only
// cleared. Keyed, so that nobody can guess a text from it.
std::string HashRequest(const storage::Keyed& keyed, const google::protobuf::Message& request);

// Ids under the log's digest key for one request.
class RequestIds final : public decider::Ids {
 public:
  RequestIds(const storage::Keyed& keyed, std::string name_space, const storage::Id& request_id)
      : keyed_(keyed), name_space_(std::move(name_space)), request_id_(request_id) {}
  storage::Id Generated(std::uint32_t index) const override;
  storage::Id Derived(std::string_view label, std::initializer_list<std::string_view> pieces) const override;

 private:
  const storage::Keyed& keyed_;
  const std::string name_space_;
  const storage::Id request_id_;
};

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_EXECUTE_H_
