#include "services/runtime/dev_identity.h"

#include "storage/refusal.h"

namespace mentorlog::runtime {
namespace {

// The first value of a metadata key; empty if there is none.
std::string MetadataOf(const grpc::CallbackServerContext& context, const char* key) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string() : std::string(found->second.data(), found->second.size());
}

absl::StatusOr<log::v1::Source> SourceOf(const std::string& text) {
  if (text.empty() || text == "grpc") return log::v1::SOURCE_GRPC;
  if (text == "cli") return log::v1::SOURCE_CLI;
  if (text == "ui") return log::v1::SOURCE_UI;
  auto status = storage::Refuse(absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
                                "metadata mentorlog-source: another one, want cli, ui or grpc");
  storage::AddFieldViolation(status, "mentorlog-source", "want cli, ui or grpc");
  return status;
}

absl::Status CheckExists(const Desk& desk, const storage::StreamKey& person) {
  const auto exists = desk.ledger.Snapshot()->StreamExists(person);
  if (!exists.ok()) return exists.status();
  if (*exists) return absl::OkStatus();
  return storage::Refuse(absl::StatusCode::kNotFound, "UNKNOWN_PERSON",
                         "metadata mentorlog-actor: " + person.id.ToHex() + ", want the id of a registered person",
                         {{"person", person.id.ToHex()}});
}

}  // namespace

absl::StatusOr<Caller> DevIdentity::Identify(const Desk& desk, const grpc::CallbackServerContext& context) const {
  const auto source = SourceOf(MetadataOf(context, "mentorlog-source"));
  if (!source.ok()) return source.status();
  const std::string actor = MetadataOf(context, "mentorlog-actor");
  Caller caller;
  caller.source = *source;
  if (actor.empty()) {
    caller.actor.service = "dev";
    caller.actor.may_do_everything = true;
    caller.principal = "dev";
    return caller;
  }
  const auto person = storage::Id::FromHex(actor);
  if (!person) {
    return storage::Refuse(absl::StatusCode::kUnauthenticated, "NOT_IDENTIFIED",
                           "metadata mentorlog-actor: not 32 hex digits, want the id of a person");
  }
  if (auto status = CheckExists(desk, {person_kind_, *person}); !status.ok()) return status;
  caller.actor.person = person;
  caller.principal = "person:" + person->ToHex();
  return caller;
}

}  // namespace mentorlog::runtime
