// storage/refusal.h: a refusal is a value with a code and a reason.
//
// Whatever a client may branch on is carried by the status itself, as payloads: the reason, and named values
// that describe it. The edge turns them into google.rpc.ErrorInfo; nobody parses a message. Pure; thread-free.
#ifndef MENTORLOG_STORAGE_REFUSAL_H_
#define MENTORLOG_STORAGE_REFUSAL_H_

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace mentorlog::storage {

// Payload key of the reason: a name of mentorlog.v1.Reason, as in `OFFER_NOT_OPEN`.
inline constexpr std::string_view kReasonPayload = "mentorlog.reason";
// Prefix of the payload keys of named values, as in `mentorlog.value/stream`.
inline constexpr std::string_view kValuePayloadPrefix = "mentorlog.value/";
// Prefix of the payload keys of field violations, as in `mentorlog.field/occurred_on`.
inline constexpr std::string_view kFieldPayloadPrefix = "mentorlog.field/";

using NamedValue = std::pair<std::string_view, std::string>;

// A refusal. `message` names field, value and wish, and never holds text that a person wrote.
absl::Status Refuse(absl::StatusCode code, std::string_view reason, std::string_view message,
                    std::initializer_list<NamedValue> values = {});

// Adds "`field` is wrong because of `wish`" to a refusal. Several may be added.
void AddFieldViolation(absl::Status& status, std::string_view field, std::string_view wish);

// The reason of a refusal; nullopt if the status carries none.
std::optional<std::string> ReasonOf(const absl::Status& status);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_REFUSAL_H_
