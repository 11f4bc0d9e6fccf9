#include "storage/proposal_rules.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "storage/ledger.h"
#include "storage/refusal.h"

namespace mentorlog::storage {
namespace {

using log::v1::Proposal;
using log::v1::ProposedRecord;

absl::Status Malformed(std::string_view what) {
  return Refuse(absl::StatusCode::kInvalidArgument, "MALFORMED_PROPOSAL", what);
}

absl::Status TooLarge(std::string_view reason, std::string_view what) {
  return Refuse(absl::StatusCode::kInvalidArgument, reason, what);
}

absl::Status CheckIds(const std::string& name, const char* field,
                      const google::protobuf::RepeatedPtrField<std::string>& ids) {
  for (const std::string& id : ids) {
    if (id.size() != 16) return Malformed(absl::StrCat(name, field, ": ", id.size(), " bytes, want ids of 16"));
  }
  return absl::OkStatus();
}

absl::Status CheckEnvelope(const Proposal& proposal) {
  if (proposal.namespace_().empty() || proposal.namespace_().size() > kNamespaceBytesMax) {
    return Malformed(
        absl::StrCat("namespace: ", proposal.namespace_().size(), " bytes, want 1 to ", kNamespaceBytesMax));
  }
  if (proposal.request_id().size() != 16) {
    return Malformed(absl::StrCat("request_id: ", proposal.request_id().size(), " bytes, want 16"));
  }
  if (proposal.request_hash().size() != 32) {
    return Malformed(absl::StrCat("request_hash: ", proposal.request_hash().size(), " bytes, want 32"));
  }
  if (!proposal.correlation().empty() && proposal.correlation().size() != 16) {
    return Malformed(absl::StrCat("correlation: ", proposal.correlation().size(), " bytes, want 16 or none"));
  }
  return absl::OkStatus();
}

absl::Status CheckSize(const Proposal& proposal) {
  if (static_cast<std::size_t>(proposal.records_size()) > kProposalRecordsMax) {
    return TooLarge("PROPOSAL_TOO_LARGE",
                    absl::StrCat("records: ", proposal.records_size(), ", want at most ", kProposalRecordsMax));
  }
  if (const std::size_t bytes = proposal.ByteSizeLong(); bytes > kProposalBytesMax) {
    return TooLarge("PROPOSAL_TOO_LARGE",
                    absl::StrCat("proposal: ", bytes, " bytes, want at most ", kProposalBytesMax));
  }
  return absl::OkStatus();
}

absl::Status CheckParts(const std::string& name, const ProposedRecord& record) {
  std::uint32_t before = 0;
  for (const auto& part : record.parts()) {
    if (part.number() <= before) return Malformed(name + ".parts: want numbers from 1, ascending");
    before = part.number();
    if (part.audience() == log::v1::AUDIENCE_UNSPECIFIED || part.audience() == log::v1::AUDIENCE_CHOSEN) {
      return Malformed(absl::StrCat(name, ".parts[", part.number(), "].audience: ", part.audience(), ", want a class"));
    }
    if (absl::Status status = CheckIds(name, ".parts.subjects", part.subjects()); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckRecord(const std::string& name, const ProposedRecord& record) {
  if (record.type() == 0) return Malformed(name + ".type: 0, want an event type");
  if (absl::Status status = CheckIds(name, ".subjects", record.subjects()); !status.ok()) return status;
  if (absl::Status status = CheckParts(name, record); !status.ok()) return status;
  if (const std::size_t bytes = record.ByteSizeLong(); bytes > kRecordBytesMax) {
    return TooLarge("RECORD_TOO_LARGE", absl::StrCat(name, ": ", bytes, " bytes, want at most ", kRecordBytesMax));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckProposal(const Proposal& proposal) {
  if (absl::Status status = CheckEnvelope(proposal); !status.ok()) return status;
  if (absl::Status status = CheckSize(proposal); !status.ok()) return status;
  for (int i = 0; i < proposal.records_size(); ++i) {
    const absl::Status status = CheckRecord(absl::StrCat("records[", i, "]"), proposal.records(i));
    if (!status.ok()) return status;
  }
  return CheckStreams(proposal);
}

absl::Status CheckStreams(const Proposal& proposal) {
  if (proposal.records().empty()) return Malformed("records: none, want at least 1");
  absl::InlinedVector<std::string_view, 8> checked;
  for (const auto& check : proposal.checks()) {
    if (!StreamKey::FromBytes(check.stream())) return Malformed("checks.stream: want a kind byte and a 16-byte id");
    if (check.expected().state_case() == log::v1::Expected::STATE_NOT_SET) {
      return Malformed("checks.expected: not set, want exact, no_stream, exists or any");
    }
    checked.push_back(check.stream());
  }
  std::sort(checked.begin(), checked.end());
  for (const ProposedRecord& record : proposal.records()) {
    if (!StreamKey::FromBytes(record.stream())) return Malformed("records.stream: want a kind byte and a 16-byte id");
    if (!std::binary_search(checked.begin(), checked.end(), record.stream())) {
      return Malformed("records.stream: a stream is written that no check names, want a check for every one");
    }
  }
  for (const auto& removal : proposal.removals()) {
    if (!StreamKey::FromBytes(removal.stream())) return Malformed("removals.stream: want a kind byte and a 16-byte id");
  }
  return absl::OkStatus();
}

}  // namespace mentorlog::storage
