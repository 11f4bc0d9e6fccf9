#include "services/recognition/recognition_view.h"

#include <utility>

#include "mentorlog/view/v1/recognition_list.pb.h"
#include "services/runtime/scratch.h"

namespace mentorlog::recognition {
namespace {

constexpr char kList = 1;
constexpr char kPointer = 2;

template <typename Unsigned>
std::string InvertedBigEndian(Unsigned value) {
  std::string bytes;
  for (int shift = static_cast<int>(sizeof(Unsigned)) * 8 - 8; shift >= 0; shift -= 8) {
    bytes += static_cast<char>((~value >> shift) & 0xFFU);
  }
  return bytes;
}

std::string ListKey(const std::string& person, std::int32_t day, std::uint64_t position) {
  // Flipping the sign bit makes days before 1970 sort before those after.
  return person + kList + InvertedBigEndian(static_cast<std::uint32_t>(day) ^ 0x80000000U) +
         InvertedBigEndian(position);
}

absl::Status Broken(std::string_view what) { return decider::Refuse(absl::StatusCode::kDataLoss, "LOG_DAMAGED", what); }

// Who spoke up: every fact of an advocacy says it.
const std::string& AdvocateOf(const event::v1::AdvocacyEvent& event) {
  if (event.has_advocacy_made()) return event.advocacy_made().advocate_id();
  if (event.has_advocacy_told()) return event.advocacy_told().advocate_id();
  return event.advocacy_outcome_seen().advocate_id();
}

void Date(view::v1::AdvocacyRow& row, const log::v1::Header& header, const event::v1::AdvocacyEvent& event) {
  if (event.has_advocacy_made()) {
    row.set_occurred_on(header.occurred_on());
    row.set_position(header.position());
  }
  if (event.has_advocacy_told()) row.set_told_on(header.occurred_on());
  if (event.has_advocacy_outcome_seen()) row.set_outcome_on(header.occurred_on());
}

}  // namespace

std::string PersonListPrefix(const Id& person) { return person.ToBytes() + kList; }

void RecognitionView::Entities(const storage::Record& record, std::vector<std::string>& entities) const {
  if (record.stream_kind() != kRecognitionKind) return;
  const auto event = codec_.OpenOf<event::v1::RecognitionEvent>(record);
  if (!event.ok()) return;
  entities.push_back((*event)->recognition_given().to_id());
  entities.push_back((*event)->recognition_given().from_id());
}

absl::Status RecognitionView::Fold(const storage::Record& record, const std::string& entity,
                                   storage::Rows& rows) const {
  const auto event = codec_.OpenOf<event::v1::RecognitionEvent>(record);
  if (!event.ok()) return event.status();
  const auto& given = (*event)->recognition_given();
  const runtime::Scratch<view::v1::RecognitionRow> row;
  row->set_recognition_id(record.stream().id.ToBytes());
  row->set_from_id(given.from_id());
  row->set_to_id(given.to_id());
  row->set_occurred_on(record.header.occurred_on());
  row->set_position(record.header.position());
  row->set_check_in_id(given.check_in_id());
  row->set_assignment_id(given.assignment_id());
  rows.Put(ListKey(entity, row->occurred_on(), row->position()), row->SerializeAsString());
  return absl::OkStatus();
}

void AdvocacyView::Entities(const storage::Record& record, std::vector<std::string>& entities) const {
  if (record.stream_kind() != kAdvocacyKind) return;
  const auto event = codec_.OpenOf<event::v1::AdvocacyEvent>(record);
  if (!event.ok()) return;
  for (const auto& person : record.header.subjects()) entities.push_back(person);
  entities.push_back(AdvocateOf(**event));
}

absl::Status AdvocacyView::Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const {
  const auto open = codec_.OpenOf<event::v1::AdvocacyEvent>(record);
  if (!open.ok()) return open.status();
  const event::v1::AdvocacyEvent& event = **open;
  const std::string pointer_key = entity + kPointer + record.stream().id.ToBytes();
  view::v1::AdvocacyPointer pointer;
  view::v1::AdvocacyRow row;
  if (event.has_advocacy_made()) {
    pointer.set_occurred_on(record.header.occurred_on());
    pointer.set_position(record.header.position());
    rows.Put(pointer_key, pointer.SerializeAsString());
  } else {
    const auto stored_pointer = rows.Get(pointer_key);
    if (!stored_pointer.ok()) return stored_pointer.status();
    if (!*stored_pointer || !pointer.ParseFromString(**stored_pointer)) {
      return Broken("advocacy: a fact before its beginning");
    }
    const auto stored = rows.Get(ListKey(entity, pointer.occurred_on(), pointer.position()));
    if (!stored.ok()) return stored.status();
    if (!*stored || !row.ParseFromString(**stored)) return Broken("advocacy: an unreadable row");
  }
  row.set_advocacy_id(record.stream().id.ToBytes());
  row.set_revision(record.header.revision());
  *row.mutable_state() = Evolve(std::move(*row.mutable_state()), event);
  Date(row, record.header, event);
  rows.Put(ListKey(entity, pointer.occurred_on(), pointer.position()), row.SerializeAsString());
  return absl::OkStatus();
}

}  // namespace mentorlog::recognition
