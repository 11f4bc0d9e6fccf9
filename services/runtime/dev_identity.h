// services/runtime/dev_identity.h: identities for a local trial: the caller is believed.
//
// Only for a daemon with --dev-identity on a loopback address. Metadata `mentorlog-actor` names a person by 32 hex
// digits; who names nobody is `dev`, who may do everything. Metadata `mentorlog-source` is cli, ui or grpc.
// Immutable; thread-safe.
#ifndef MENTORLOG_SERVICES_RUNTIME_DEV_IDENTITY_H_
#define MENTORLOG_SERVICES_RUNTIME_DEV_IDENTITY_H_

#include <cstdint>

#include "services/runtime/call.h"

namespace mentorlog::runtime {

class DevIdentity final : public Identity {
 public:
  // `person_kind`: the kind of the streams that make a person exist.
  explicit DevIdentity(std::uint8_t person_kind) : person_kind_(person_kind) {}

  // INVALID_ARGUMENT (INVALID_FIELD): another source. UNAUTHENTICATED (NOT_IDENTIFIED): no 32 hex digits. NOT_FOUND
  // (UNKNOWN_PERSON): nobody has this id.
  absl::StatusOr<Caller> Identify(const Desk& desk, const grpc::CallbackServerContext& context) const override;

 private:
  const std::uint8_t person_kind_;
};

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_DEV_IDENTITY_H_
