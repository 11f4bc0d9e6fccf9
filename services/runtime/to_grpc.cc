// The one place where a status becomes a gRPC status.
#include <algorithm>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/error_details.h"
#include "mentorlog/log/v1/proposal.pb.h"
#include "mentorlog/v1/errors.pb.h"
#include "services/runtime/call.h"
#include "services/runtime/log.h"
#include "storage/refusal.h"

namespace mentorlog::runtime {
namespace {

// libgrpc answers RESOURCE_EXHAUSTED instead if the details are over 8 KB; half of that is ours.
constexpr std::size_t kDetailsBytesMax = 4000;
constexpr std::size_t kMessageBytesMax = 1000;
constexpr std::size_t kValueBytesMax = 200;
constexpr int kFailedChecksMax = 8;

// At most `bytes_max` bytes of `text`, cut between characters.
std::string Cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "...";
}

// What a status carries, sorted.
struct Payloads {
  std::map<std::string, std::string> values;
  std::map<std::string, std::string> fields;
  std::map<std::string, log::v1::FailedCheck> failed_checks;
  v1::MissedEvents missed;
  // 0 if it says nothing of trying again.
  int retry_ms = 0;
};

bool TakePrefix(std::string_view& key, std::string_view prefix) {
  if (!key.starts_with(prefix)) return false;
  key.remove_prefix(prefix.size());
  return true;
}

Payloads PayloadsOf(const absl::Status& status) {
  Payloads payloads;
  status.ForEachPayload([&payloads](absl::string_view raw, const absl::Cord& bytes) {
    std::string_view key(raw.data(), raw.size());
    if (TakePrefix(key, storage::kValuePayloadPrefix)) {
      payloads.values[std::string(key)] = Cut(std::string(bytes), kValueBytesMax);
    } else if (TakePrefix(key, storage::kFieldPayloadPrefix)) {
      payloads.fields[std::string(key)] = Cut(std::string(bytes), kMessageBytesMax);
    } else if (key == kRetryPayload) {
      (void)absl::SimpleAtoi(std::string(bytes), &payloads.retry_ms);
    } else if (key == kMissedPayload) {
      (void)payloads.missed.ParseFromString(std::string(bytes));
    } else if (TakePrefix(key, storage::kFailedChecksPayload)) {
      log::v1::FailedCheck failed;
      if (failed.ParseFromString(std::string(bytes))) payloads.failed_checks[std::string(key)] = std::move(failed);
    }
  });
  return payloads;
}

std::string ShownStream(const std::string& bytes) {
  const auto stream = storage::StreamKey::FromBytes(bytes);
  return stream ? absl::StrCat(int{stream->kind}, "/", stream->id.ToHex()) : "?";
}

std::string ShownExpected(const log::v1::Expected& expected) {
  if (expected.has_exact()) return absl::StrCat(expected.exact());
  if (expected.has_no_stream()) return "no_stream";
  return expected.has_exists() ? "exists" : "any";
}

// A conflict says of each stream what was expected and what is; `stream`, then `stream.1` and so on.
void ShowFailedChecks(const Payloads& payloads, std::map<std::string, std::string>& values) {
  int index = 0;
  for (const auto& [key, failed] : payloads.failed_checks) {
    if (index == kFailedChecksMax) break;
    const std::string suffix = index == 0 ? "" : absl::StrCat(".", index);
    values["stream" + suffix] = ShownStream(failed.check().stream());
    values["expected" + suffix] = ShownExpected(failed.check().expected());
    values["actual" + suffix] = failed.has_actual() ? absl::StrCat(failed.actual()) : "no_stream";
    ++index;
  }
}

// The reason of a status that came without one, as far as its code tells.
std::string ReasonByCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kDeadlineExceeded:
      return "TOO_SLOW";
    case absl::StatusCode::kNotFound:
      return "NO_SUCH_THING";
    case absl::StatusCode::kDataLoss:
      return "LOG_DAMAGED";
    case absl::StatusCode::kUnavailable:
      return "STORE_UNREADABLE";
    default:
      return "DEFECT";
  }
}

// When it is worth trying again, in milliseconds; 0 if saying so would be wrong.
int RetryAfterMs(absl::StatusCode code, const std::string& reason) {
  if (reason == "TOO_MANY_IN_FLIGHT") return 100;
  if (reason == "STORAGE_FULL" || reason == "CLOCK_JUMPED") return 30'000;
  const bool may_pass = code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kResourceExhausted;
  return may_pass ? 1000 : 0;
}

google::rpc::ErrorInfo ErrorInfoOf(const std::string& reason, const Payloads& payloads) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("mentorlog");
  auto values = payloads.values;
  ShowFailedChecks(payloads, values);
  for (const auto& [name, value] : values) {
    if (info.ByteSizeLong() > kDetailsBytesMax / 2) break;
    (*info.mutable_metadata())[name] = value;
  }
  return info;
}

// Adds a detail if it fits.
void AddDetail(google::rpc::Status& status, const google::protobuf::Message& detail) {
  status.add_details()->PackFrom(detail);
  if (status.ByteSizeLong() > kDetailsBytesMax) status.mutable_details()->RemoveLast();
}

// Adds the newest of what was missed, as many as fit.
void AddMissed(google::rpc::Status& status, v1::MissedEvents missed) {
  const std::size_t room = kDetailsBytesMax - std::min(kDetailsBytesMax, status.ByteSizeLong() + 80);
  while (missed.events_size() > 0 && missed.ByteSizeLong() > room) missed.mutable_events()->RemoveLast();
  if (missed.events_size() > 0) AddDetail(status, missed);
}

void AddBadRequest(google::rpc::Status& status, const Payloads& payloads) {
  google::rpc::BadRequest bad;
  for (const auto& [field, description] : payloads.fields) {
    auto& violation = *bad.add_field_violations();
    violation.set_field(Cut(field, kValueBytesMax));
    violation.set_description(description);
  }
  const std::size_t room = kDetailsBytesMax - std::min(kDetailsBytesMax, status.ByteSizeLong() + 80);
  while (bad.field_violations_size() > 0 && bad.ByteSizeLong() > room) bad.mutable_field_violations()->RemoveLast();
  if (bad.field_violations_size() > 0) AddDetail(status, bad);
}

void AddPrecondition(google::rpc::Status& status, const std::string& reason, const std::string& message) {
  google::rpc::PreconditionFailure failure;
  auto& violation = *failure.add_violations();
  violation.set_type("STATE");
  violation.set_subject(reason);
  violation.set_description(Cut(message, kMessageBytesMax));
  AddDetail(status, failure);
}

void AddRetry(google::rpc::Status& status, int after_ms) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(after_ms / 1000);
  retry.mutable_retry_delay()->set_nanos(after_ms % 1000 * 1'000'000);
  AddDetail(status, retry);
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  if (absl::IsCancelled(status)) return grpc::Status(grpc::StatusCode::CANCELLED, "the caller left");
  auto code = status.code();
  std::string reason = storage::ReasonOf(status).value_or(ReasonByCode(code));
  v1::Reason known = v1::REASON_UNSPECIFIED;
  if (!v1::Reason_Parse(reason, &known) || known == v1::REASON_UNSPECIFIED) reason = "DEFECT";
  if (reason == "DEFECT") code = absl::StatusCode::kInternal;
  const std::string message = Cut(std::string(status.message()), kMessageBytesMax);
  if (code == absl::StatusCode::kInternal || code == absl::StatusCode::kDataLoss) {
    Log(Level::kError, "a call was answered with what must not happen", {{"reason", reason}, {"message", message}});
  }

  const Payloads payloads = PayloadsOf(status);
  google::rpc::Status rich;
  rich.set_code(static_cast<int>(code));
  rich.set_message(message);
  AddDetail(rich, ErrorInfoOf(reason, payloads));
  const int retry_ms = payloads.retry_ms > 0 ? payloads.retry_ms : RetryAfterMs(code, reason);
  if (retry_ms > 0) AddRetry(rich, retry_ms);
  AddMissed(rich, payloads.missed);
  if (code == absl::StatusCode::kFailedPrecondition) AddPrecondition(rich, reason, message);
  AddBadRequest(rich, payloads);
  grpc::Status answer;
  const auto packed = grpc::SetErrorDetails(rich, &answer);
  return packed.ok() ? answer : grpc::Status(static_cast<grpc::StatusCode>(code), message);
}

}  // namespace mentorlog::runtime
