// storage/proposal_rules.h: what every proposal must be, whatever the log holds.
//
// Pure: the answer depends on the proposal alone, so that every node gives the same one.
#ifndef MENTORLOG_STORAGE_PROPOSAL_RULES_H_
#define MENTORLOG_STORAGE_PROPOSAL_RULES_H_

#include "absl/status/status.h"
#include "mentorlog/log/v1/proposal.pb.h"

namespace mentorlog::storage {

// OK, or INVALID_ARGUMENT with MALFORMED_PROPOSAL, RECORD_TOO_LARGE or PROPOSAL_TOO_LARGE.
absl::Status CheckProposal(const log::v1::Proposal& proposal);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_PROPOSAL_RULES_H_
