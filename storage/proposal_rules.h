// storage/proposal_rules.h: what every proposal must be, whatever the log holds.
//
// Pure: the answer depends on the proposal alone, so that every node gives the same one.
#ifndef MENTORLOG_STORAGE_PROPOSAL_RULES_H_
#define MENTORLOG_STORAGE_PROPOSAL_RULES_H_

#include "absl/status/status.h"
#include "mentorlog/log/v1/proposal.pb.h"

namespace mentorlog::storage {

// OK, or INVALID_ARGUMENT with MALFORMED_PROPOSAL, RECORD_TOO_LARGE or PROPOSAL_TOO_LARGE. Held once, before the order.
absl::Status CheckProposal(const log::v1::Proposal& proposal);

// The part of it that apply stands on: there are records, every stream is one, every written stream has a check. Held
// again at apply, since in a cluster the order hands out what other nodes put into it; cheap.
absl::Status CheckStreams(const log::v1::Proposal& proposal);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_PROPOSAL_RULES_H_
