#include "storage/apply.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/codec.h"
#include "storage/ledger.h"
#include "storage/log_index.h"
#include "storage/proposal_rules.h"
#include "storage/read_again.h"
#include "storage/refusal.h"
#include "storage/tree_store.h"

namespace mentorlog::storage {
namespace {

using log::v1::Check;
using log::v1::Expected;
using log::v1::Header;
using log::v1::Proposal;
using log::v1::ProposedRecord;

// Streams whose head is remembered: about 64 bytes each.
constexpr std::size_t kStreamHeadsMax = 1 << 19;

bool Holds(const Expected& expected, const StreamHeads::Head& head) {
  switch (expected.state_case()) {
    case Expected::kExact:
      return head && head->value == expected.exact();
    case Expected::kNoStream:
      return !head;
    case Expected::kExists:
      return head.has_value();
    case Expected::kAny:
      return true;
    case Expected::STATE_NOT_SET:
      return false;
  }
  return false;
}

absl::Status Conflict(const std::vector<log::v1::FailedCheck>& failed) {
  absl::Status status =
      Refuse(absl::StatusCode::kAborted, "REVISION_CONFLICT",
             absl::StrCat("checks: ", failed.size(), " did not hold, want the streams in the expected states"));
  for (std::size_t i = 0; i < failed.size(); ++i) {
    status.SetPayload(absl::StrCat(std::string(kFailedChecksPayload), "/", i),
                      absl::Cord(failed[i].SerializeAsString()));
  }
  return status;
}

absl::Status Reused(Position original) {
  return Refuse(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                absl::StrCat("request_id: used by another request at position ", original.value, ", want a new id"),
                {{"position", absl::StrCat(original.value)}});
}

bool ListsPart(const Header& header, std::uint32_t number) {
  return std::any_of(header.parts().begin(), header.parts().end(),
                     [number](const log::v1::Part& part) { return part.number() == number; });
}

void DescribeParts(const ProposedRecord& proposed, Header& header) {
  for (const auto& part : proposed.parts()) {
    log::v1::Part& described = *header.add_parts();
    described.set_number(part.number());
    described.set_audience(part.audience());
    *described.mutable_subjects() = part.subjects();
    described.set_sha256(DigestBytes(Sha256(part.content())));
  }
}

}  // namespace

Applier::Applier(const Store& store, MerkleFrontier frontier, std::int64_t last_recorded_us)
    : store_(store), state_{std::move(frontier), last_recorded_us}, before_(state_), heads_(kStreamHeadsMax) {}

Group Applier::Judge(std::vector<Ordered> proposals) {
  before_ = state_;
  Group group;
  group.judged.reserve(proposals.size());
  for (Ordered& ordered : proposals) {
    if (!group.status.ok()) {
      group.judged.push_back({std::move(ordered.done), group.status, false});
      continue;
    }
    bool stands = false;
    absl::StatusOr<Committed> answer = absl::UnknownError("not judged");
    // Nothing of the proposal is taken before all that it asks for was read.
    ReadAgain([&] {
      group.status = absl::OkStatus();
      stands = false;
      answer = JudgeOne(ordered.proposal, group, stands);
      return group.status;
    }).IgnoreError();
    group.judged.push_back({std::move(ordered.done), std::move(answer), stands});
  }
  if (!group.records.empty()) {
    PutTree(state_.frontier, completed_, group.batch);
    group.batch.Put(Family::kMeta, std::string(kMetaHead), PositionKey(head()));
    PutIndexed({head(), head()}, group.index);
  }
  return group;
}

void Applier::Commit() {
  requests_.clear();
  completed_.clear();
  snapshot_.reset();
}

void Applier::RollBack() {
  Commit();
  state_ = before_;
  heads_.Clear();
}

absl::StatusOr<Committed> Applier::JudgeOne(Proposal& proposal, Group& group, bool& stands) {
  if (absl::Status status = CheckStreams(proposal); !status.ok()) return status;
  const std::string request_row = RequestRow(proposal.namespace_(), proposal.request_id());
  Committed earlier;
  const absl::StatusOr<bool> found = FindEarlier(proposal, request_row, group, earlier, stands);
  if (!found.ok()) {
    if (found.status().code() != absl::StatusCode::kAlreadyExists) group.status = found.status();
    return found.status();
  }
  if (*found) return earlier;
  if (absl::Status status = HoldChecks(proposal, group); !status.ok()) return status;
  if (absl::Status status = HoldRemovals(proposal, group); !status.ok()) return status;
  return Accept(proposal, request_row, group);
}

absl::StatusOr<bool> Applier::FindEarlier(const Proposal& proposal, const std::string& request_row, const Group& group,
                                          Committed& earlier, bool& stands) {
  if (const auto found = requests_.find(request_row); found != requests_.end()) {
    const auto first = group.records.begin() + static_cast<std::ptrdiff_t>(found->second.first);
    earlier.records.assign(first, first + static_cast<std::ptrdiff_t>(found->second.records));
  } else {
    const auto value = store_.Get(Family::kRequests, request_row);
    if (!value.ok()) return value.status();
    if (!*value) return false;
    const std::optional<RequestEntry> entry = ParseRequest(**value);
    if (!entry || entry->records == 0) return Damage("requests: a row cannot be read");
    stands = true;
    for (std::uint32_t i = 0; i < entry->records; ++i) {
      const Position position{entry->first.value + i};
      const auto event = store_.Get(Family::kEvents, PositionKey(position));
      if (!event.ok()) return event.status();
      if (!*event) return Damage(absl::StrCat("events: no record at position ", position.value));
      absl::StatusOr<Record> record = ParseRecord(position, **event);
      if (!record.ok()) return record.status();
      earlier.records.push_back(std::make_shared<const Record>(*std::move(record)));
    }
  }
  const Record& first = *earlier.records.front();
  if (first.header.request_hash() != proposal.request_hash()) return Reused(first.position());
  earlier.replayed = true;
  return true;
}

absl::Status Applier::HoldChecks(const Proposal& proposal, Group& group) {
  std::vector<log::v1::FailedCheck> failed;
  for (const Check& check : proposal.checks()) {
    const absl::StatusOr<StreamHeads::Head> head = HeadOf(*StreamKey::FromBytes(check.stream()));
    if (!head.ok()) return group.status = head.status();
    if (Holds(check.expected(), *head)) continue;
    log::v1::FailedCheck& one = failed.emplace_back();
    *one.mutable_check() = check;
    if (*head) one.set_actual((*head)->value);
  }
  return failed.empty() ? absl::OkStatus() : Conflict(failed);
}

absl::Status Applier::HoldRemovals(const Proposal& proposal, Group& group) {
  for (int i = 0; i < proposal.removals_size(); ++i) {
    const absl::StatusOr<bool> has = HasPart(proposal.removals(i), group);
    if (!has.ok()) return group.status = has.status();
    if (!*has) {
      return Refuse(absl::StatusCode::kInvalidArgument, "MALFORMED_PROPOSAL",
                    absl::StrCat("removals[", i, "]: no record lists such a part, want one that does"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Applier::HasPart(const log::v1::PartRef& part, const Group& group) {
  for (const auto& record : group.records) {
    const Header& header = record->header;
    if (header.stream() == part.stream() && header.revision() == part.revision()) return ListsPart(header, part.part());
  }
  const auto at = store_.Get(Family::kStreams, StreamRow(*StreamKey::FromBytes(part.stream()), {part.revision()}));
  if (!at.ok()) return at.status();
  if (!*at) return false;
  const std::optional<Position> position = ParsePosition(**at);
  if (!position) return Damage("streams: a row cannot be read");
  const auto event = store_.Get(Family::kEvents, **at);
  if (!event.ok()) return event.status();
  if (!*event) return Damage(absl::StrCat("events: no record at position ", position->value));
  const absl::StatusOr<Record> record = ParseRecord(*position, **event);
  if (!record.ok()) return record.status();
  return ListsPart(record->header, part.part());
}

Committed Applier::Accept(Proposal& proposal, const std::string& request_row, Group& group) {
  state_.last_recorded_us = std::max(state_.last_recorded_us, proposal.proposed_at_us());
  const auto count = static_cast<std::uint32_t>(proposal.records_size());
  Committed committed;
  committed.records.reserve(count);
  for (int i = 0; i < proposal.records_size(); ++i) {
    ProposedRecord& proposed = *proposal.mutable_records(i);
    const StreamKey stream = *StreamKey::FromBytes(proposed.stream());
    // Known: the stream has a check, and every check asked for its head.
    const StreamHeads::Head& head = *heads_.Find(stream);
    const Revision revision{head ? head->value + 1 : 0};
    const Position position{state_.frontier.size() + 1};

    auto record = std::make_shared<Record>();
    record->header = MakeHeader(proposal, i, position, revision);
    record->header_bytes = record->header.SerializeAsString();
    record->open = std::move(*proposed.mutable_open_part());

    group.batch.Put(Family::kEvents, PositionKey(position), EncodeEvent(record->header_bytes, record->open));
    PutIndexRows(*record, group.index);
    for (auto& part : *proposed.mutable_parts()) {
      group.batch.Put(Family::kParts, PartRow(stream, revision, part.number()), std::move(*part.mutable_content()));
    }
    state_.frontier.Append(LeafHash(record->header_bytes), completed_);
    heads_.Set(stream, revision);
    group.records.push_back(record);
    committed.records.push_back(std::move(record));
  }
  for (const auto& removal : proposal.removals()) {
    group.batch.Delete(Family::kParts,
                       PartRow(*StreamKey::FromBytes(removal.stream()), {removal.revision()}, removal.part()));
  }
  requests_.emplace(request_row, InGroup{group.records.size() - count, count});
  return committed;
}

Header Applier::MakeHeader(Proposal& proposal, int index, Position position, Revision revision) {
  ProposedRecord& proposed = *proposal.mutable_records(index);
  Header header;
  header.set_type(proposed.type());
  header.set_schema_version(proposed.schema_version());
  header.set_stream(std::move(*proposed.mutable_stream()));
  header.set_revision(revision.value);
  header.set_position(position.value);
  header.set_occurred_on(proposed.occurred_on());
  header.set_recorded_at_us(state_.last_recorded_us);
  if (proposal.has_actor()) *header.mutable_actor() = proposal.actor();
  header.set_namespace_(proposal.namespace_());
  header.set_request_id(proposal.request_id());
  header.set_request_hash(proposal.request_hash());
  header.set_index_in_request(static_cast<std::uint32_t>(index));
  if (index == 0) {
    header.set_records_in_request(static_cast<std::uint32_t>(proposal.records_size()));
    *header.mutable_advice() = std::move(*proposal.mutable_advice());
    *header.mutable_removals() = proposal.removals();
  }
  header.set_causation(proposal.causation());
  header.set_correlation(proposal.correlation().empty() ? proposal.request_id() : proposal.correlation());
  header.set_source(proposal.source());
  *header.mutable_subjects() = std::move(*proposed.mutable_subjects());
  header.set_open_sha256(DigestBytes(Sha256(proposed.open_part())));
  DescribeParts(proposed, header);
  header.set_policy_version(proposal.policy_version());
  return header;
}

absl::StatusOr<StreamHeads::Head> Applier::HeadOf(const StreamKey& stream) {
  if (const StreamHeads::Head* const known = heads_.Find(stream)) return *known;
  const absl::StatusOr<StreamHeads::Head> head = LastRevision(Snapshot(), stream);
  if (head.ok()) heads_.Set(stream, *head);
  return head;
}

const StoreSnapshot& Applier::Snapshot() {
  if (!snapshot_) snapshot_ = store_.Snapshot();
  return *snapshot_;
}

}  // namespace mentorlog::storage
