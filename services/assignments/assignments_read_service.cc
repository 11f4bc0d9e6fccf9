// The reads of the service: one assignment, and the lists.
#include <algorithm>
#include <string>
#include <utility>

#include "services/assignments/assignment_rows.h"
#include "services/assignments/assignments_service.h"
#include "services/assignments/assignments_view.h"

namespace mentorlog::assignments {
namespace {

using runtime::Violations;

absl::Status NoSuchAssignment(const Id& assignment) {
  return decider::Refuse(absl::StatusCode::kNotFound, "NO_SUCH_ASSIGNMENT",
                         "assignment_id: " + assignment.ToHex() + ", want the id of an assignment",
                         {{"assignment_id", assignment.ToHex()}});
}

absl::Status Unreadable() {
  return decider::Refuse(absl::StatusCode::kDataLoss, "LOG_DAMAGED", "assignment: an unreadable row");
}

// What one page of a list is looking for.
class Page {
 public:
  Page(const v1::ListAssignmentsRequest& request, const decider::Actor& reader)
      : request_(request), reader_(reader), size_(runtime::PageSize(request.page_size())) {}

  // False when the page is full. It is full as long as there is more that this reader may know, and the token names the
  // last row shown: neither tells of what they may not.
  bool Take(std::string_view key, std::string_view value) {
    view::v1::AssignmentRow row;
    readable_ = row.ParseFromArray(value.data(), static_cast<int>(value.size()));
    if (!readable_) return false;
    if (!Wants(row)) return true;
    more_ = static_cast<int>(rows_.size()) >= size_;
    if (more_) return false;
    rows_.push_back(std::move(row));
    taken_ = std::string(key);
    return true;
  }

  bool readable() const { return readable_; }
  const std::vector<view::v1::AssignmentRow>& rows() const { return rows_; }
  // Where the next page begins; empty: this was the last.
  std::string next() const { return more_ ? taken_ : std::string(); }

 private:
  bool Wants(const view::v1::AssignmentRow& row) const {
    if (!MayKnowOf(reader_, row.state())) return false;
    const bool is_mentee = row.state().mentee_id() == request_.person_id();
    if (request_.side() == v1::ASSIGNMENT_SIDE_MENTOR && is_mentee) return false;
    if (request_.side() == v1::ASSIGNMENT_SIDE_MENTEE && !is_mentee) return false;
    const auto& statuses = request_.statuses();
    return statuses.empty() || std::find(statuses.begin(), statuses.end(), row.state().status()) != statuses.end();
  }

  const v1::ListAssignmentsRequest& request_;
  const decider::Actor& reader_;
  const int size_;
  std::vector<view::v1::AssignmentRow> rows_;
  // The last key that was taken.
  std::string taken_;
  bool more_ = false;
  bool readable_ = true;
};

// What a page token belongs to: everything of the request but the page itself.
std::string QueryOf(v1::ListAssignmentsRequest request) {
  request.clear_page_size();
  request.clear_page_token();
  return "ListAssignments" + request.SerializeAsString();
}

absl::Status List(const Reading& reading, const v1::ListAssignmentsRequest& request, const Id& person,
                  v1::ListAssignmentsResponse& response) {
  const auto after = runtime::DecodePageToken(QueryOf(request), request.page_token());
  if (!after.ok()) return after.status();
  const auto prefix = PersonListPrefix(person);
  // The first key after the last one: keys have one length, so a byte more is enough.
  const std::string from = after->empty() ? prefix : *after + '\0';
  Page page(request, reading.reader);
  auto status = reading.snapshot.ScanRows(
      kAssignmentViewId, from, storage::PrefixEnd(prefix),
      [&page](std::string_view key, std::string_view value) { return page.Take(key, value); });
  if (!status.ok()) return status;
  if (!page.readable()) return Unreadable();
  for (const auto& row : page.rows()) {
    auto shown = Show(reading, row);
    if (!shown.ok()) return shown.status();
    *response.add_assignments() = *std::move(shown);
  }
  const auto next = page.next();
  if (!next.empty()) response.set_next_page_token(runtime::EncodePageToken(QueryOf(request), next));
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* AssignmentsService::GetAssignment(Call* call, const v1::GetAssignmentRequest* request,
                                                            v1::GetAssignmentResponse* response) {
  return runtime::AnswerOnPool(edge_, call, {kAssignmentViewId}, [=, this](const runtime::Read& read) -> absl::Status {
    Violations violations;
    const auto assignment = violations.RequireId("assignment_id", request->assignment_id());
    if (auto status = violations.status(); !status.ok()) return status;
    const auto stored = read.snapshot.Row(kAssignmentViewId, AssignmentKey(assignment));
    if (!stored.ok()) return stored.status();
    view::v1::AssignmentRow row;
    if (!*stored) return NoSuchAssignment(assignment);
    if (!row.ParseFromString(**stored)) return Unreadable();
    if (!MayKnowOf(read.caller.actor, row.state())) return NoSuchAssignment(assignment);
    return ShowWhole({read.caller.actor, read.snapshot, edge_.desk.codec, *names_}, row, *response);
  });
}

grpc::ServerUnaryReactor* AssignmentsService::ListAssignments(Call* call, const v1::ListAssignmentsRequest* request,
                                                              v1::ListAssignmentsResponse* response) {
  return runtime::AnswerOnPool(edge_, call, {kAssignmentViewId}, [=, this](const runtime::Read& read) -> absl::Status {
    Violations violations;
    const auto person = violations.RequireId("person_id", request->person_id());
    violations.OptionalEnum("side", v1::AssignmentSide_descriptor(), request->side());
    for (const auto status : request->statuses()) {
      violations.RequireEnum("statuses", v1::AssignmentStatus_descriptor(), status);
    }
    if (auto status = violations.status(); !status.ok()) return status;
    return List({read.caller.actor, read.snapshot, edge_.desk.codec, *names_}, *request, person, *response);
  });
}

}  // namespace mentorlog::assignments
