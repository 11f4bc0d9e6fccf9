#include "services/people/headcount_view.h"

#include <algorithm>
#include <utility>

#include "services/people/person.h"
#include "storage/refusal.h"

namespace mentorlog::people {
namespace {

using event::v1::PersonEvent;
using storage::Record;
using view::v1::HeadcountRow;

constexpr std::size_t kIdBytes = 16;

// One move, unpacked.
struct Entry {
  std::int32_t day = 0;
  std::uint64_t order = 0;
  // Empty: not counted.
  std::string unit;
  std::string move_id;
};

// nullopt if the lists of the row do not fit each other.
std::optional<std::vector<Entry>> Unpack(const HeadcountRow& row) {
  const auto count = static_cast<std::size_t>(row.days_size());
  if (row.places_size() != row.days_size() || row.orders_size() != row.days_size()) return std::nullopt;
  if (row.move_ids().size() != count * kIdBytes) return std::nullopt;
  std::vector<Entry> entries;
  for (int i = 0; i < row.days_size(); ++i) {
    const auto place = row.places(i);
    if (place > static_cast<std::uint32_t>(row.units_size())) return std::nullopt;
    entries.push_back({row.days(i), row.orders(i), place == 0 ? "" : row.units(static_cast<int>(place) - 1),
                       row.move_ids().substr(static_cast<std::size_t>(i) * kIdBytes, kIdBytes)});
  }
  return entries;
}

HeadcountRow Pack(std::vector<Entry> entries) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::pair(a.day, a.order) < std::pair(b.day, b.order); });
  HeadcountRow row;
  for (const auto& entry : entries) {
    row.add_days(entry.day);
    row.add_orders(entry.order);
    row.mutable_move_ids()->append(entry.move_id);
    if (entry.unit.empty()) {
      row.add_places(0);
      continue;
    }
    const auto known = std::find(row.units().begin(), row.units().end(), entry.unit);
    const auto index = static_cast<std::uint32_t>(known - row.units().begin());
    if (known == row.units().end()) row.add_units(entry.unit);
    row.add_places(index + 1);
  }
  return row;
}

std::string CountedUnit(event::v1::MoveType type, const event::v1::Role& to) {
  const bool away = type == event::v1::MOVE_TYPE_EXIT || type == event::v1::MOVE_TYPE_LEAVE;
  return away ? std::string() : to.unit();
}

void Apply(const Record& record, const PersonEvent& event, std::vector<Entry>& entries) {
  const auto same = [](const std::string& move_id) {
    return [&move_id](const Entry& entry) { return entry.move_id == move_id; };
  };
  if (event.has_person_moved()) {
    const auto& moved = event.person_moved();
    entries.push_back(
        {moved.effective_on(), record.header.revision(), CountedUnit(moved.type(), moved.to()), moved.move_id()});
  } else if (event.has_move_corrected()) {
    const auto& corrected = event.move_corrected();
    const auto found = std::find_if(entries.begin(), entries.end(), same(corrected.move_id()));
    // An announcement counts nobody.
    if (found == entries.end()) return;
    found->day = corrected.effective_on();
    found->unit = CountedUnit(corrected.type(), corrected.to());
  } else if (event.has_move_retracted()) {
    std::erase_if(entries, same(event.move_retracted().move_id()));
  }
}

}  // namespace

std::optional<std::string_view> CountedIn(const HeadcountRow& row, storage::Day day) {
  std::uint32_t place = 0;
  for (int i = 0; i < row.days_size() && row.days(i) <= day.value; ++i) place = row.places(i);
  if (place == 0) return std::nullopt;
  return row.units(static_cast<int>(place) - 1);
}

void HeadcountView::Entities(const Record& record, std::vector<std::string>& entities) const {
  if (record.stream_kind() != kPersonKind) return;
  const auto* type = codec_.Find(record.header.type());
  const int field = type == nullptr ? 0 : type->in_wrapper->number();
  // A type of another build is folded too, so that it is quarantined and seen, never skipped.
  if (type == nullptr || field == PersonEvent::kPersonMovedFieldNumber ||
      field == PersonEvent::kMoveCorrectedFieldNumber || field == PersonEvent::kMoveRetractedFieldNumber) {
    entities.emplace_back(record.stream_id());
  }
}

absl::Status HeadcountView::Fold(const Record& record, const std::string& entity, storage::Rows& rows) const {
  const auto event = codec_.OpenOf<PersonEvent>(record);
  if (!event.ok()) return event.status();
  const auto stored = rows.Get(entity);
  if (!stored.ok()) return stored.status();
  HeadcountRow row;
  const bool parsed = !*stored || row.ParseFromString(**stored);
  auto entries = parsed ? Unpack(row) : std::nullopt;
  if (!entries) {
    return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED", "the headcount row does not parse");
  }
  Apply(record, **event, *entries);
  if (entries->empty()) {
    rows.Delete(entity);
  } else {
    rows.Put(entity, Pack(*std::move(entries)).SerializeAsString());
  }
  return absl::OkStatus();
}

}  // namespace mentorlog::people
