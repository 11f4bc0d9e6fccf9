// services/assignments/assignment_rows.h: from rows and records to what the API shows of an assignment.
//
// Opens sealed parts as far as the reader may see them. Pure but for the snapshot it reads; thread-free.
#ifndef MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENT_ROWS_H_
#define MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENT_ROWS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mentorlog/v1/assignments_service.pb.h"
#include "mentorlog/view/v1/assignments_list.pb.h"
#include "services/people/names.h"
#include "services/runtime/call.h"
#include "services/runtime/event_codec.h"

namespace mentorlog::assignments {

// Who reads, from what.
struct Reading {
  const decider::Actor& reader;
  const storage::LedgerSnapshot& snapshot;
  const runtime::EventCodec& codec;
  const people::Names& names;
};

// A message of one package as its mirror in another: same names, same numbers.
template <typename To, typename From>
To Mirror(const From& from) {
  To to;
  to.ParseFromString(from.SerializeAsString());
  return to;
}

// Whether the reader is on one of its sides, and so may know that it exists.
bool MayKnowOf(const decider::Actor& reader, const view::v1::AssignmentState& state);

// One item of a list.
absl::StatusOr<v1::Assignment> Show(const Reading& reading, const view::v1::AssignmentRow& row);
// The whole, with description, concerns and the exchange.
absl::Status ShowWhole(const Reading& reading, const view::v1::AssignmentRow& row, v1::GetAssignmentResponse& response);

}  // namespace mentorlog::assignments

#endif  // MENTORLOG_SERVICES_ASSIGNMENTS_ASSIGNMENT_ROWS_H_
