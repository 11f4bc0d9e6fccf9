// services/import/import_run.h: the rows of one call on their way into the log.
//
// Runs on one thread, which reads, decides and proposes row after row and keeps at most kRowsInFlightMax of them in
// flight; rows that share a turn follow one another, and let the others pass. The log's places are taken as they come
// free: a full log makes the run wait, never fail. Rows that the deadline cuts off are answered TOO_SLOW, or
// OUTCOME_UNKNOWN if they were in flight, and may be sent again.
#ifndef MENTORLOG_SERVICES_IMPORT_IMPORT_RUN_H_
#define MENTORLOG_SERVICES_IMPORT_IMPORT_RUN_H_

#include <cstddef>
#include <optional>

#include "absl/time/time.h"
#include "mentorlog/v1/import_service.pb.h"
#include "services/import/import_row.h"
#include "services/runtime/execute.h"

namespace mentorlog::import {

inline constexpr std::size_t kRowsInFlightMax = 256;
inline constexpr int kRowsMax = 500;

// Takes the rows of `request` on behalf of `person` (nullopt: nobody) and answers each. Blocks until `deadline` at
// most. `lasting` is what calls before this one found on the same log. REQUIRES: the request was checked; `header` is
// that of the request.
v1::ImportRowsResponse TakeRows(const runtime::Desk& desk, Lasting& lasting, const Header& header,
                                const v1::ImportRowsRequest& request, std::optional<decider::Id> person,
                                absl::Time deadline);

}  // namespace mentorlog::import

#endif  // MENTORLOG_SERVICES_IMPORT_IMPORT_RUN_H_
