#include "services/relationships/touches_view.h"

#include <algorithm>
#include <cstdint>

#include "mentorlog/event/v1/relationships.pb.h"
#include "services/relationships/relationship.h"

namespace mentorlog::relationships {
namespace {

using event::v1::CheckInChannel;
using event::v1::RelationshipEvent;
using storage::Record;
using storage::Rows;
using view::v1::TouchDayRow;
using view::v1::TouchesRow;
using view::v1::TouchPairingRow;
using view::v1::TouchRow;

enum RowKind : char { kSummary = 0, kTouch = 1, kDay = 2, kGap = 3, kPairing = 4 };

std::uint32_t TypeOf(RelationshipEvent::EventCase event) {
  return kRelationshipKind * 1000U + static_cast<std::uint32_t>(event);
}

std::string BigEndian(std::uint32_t value) {
  std::string bytes(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>(value >> (24U - 8U * i));
  return bytes;
}

// Days before 1970 sort before those after.
std::string DayBytes(std::int32_t day) { return BigEndian(static_cast<std::uint32_t>(day) ^ 0x80000000U); }

std::int32_t DayFrom(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(0, 4)) value = value << 8U | static_cast<unsigned char>(byte);
  return static_cast<std::int32_t>(value ^ 0x80000000U);
}

// The rows of one relationship, as they are changed by one record.
class Touches {
 public:
  Touches(const std::string& entity, Rows& rows) : entity_(entity), rows_(rows) {}

  absl::Status Load() {
    if (auto status = Get(Key(kSummary), summary_); !status.ok()) return status.status();
    return absl::OkStatus();
  }
  void Store() { rows_.Put(Key(kSummary), summary_.SerializeAsString()); }

  absl::StatusOr<std::optional<TouchRow>> Find(const std::string& checkin) {
    TouchRow row;
    const auto found = Get(Key(kTouch) + checkin, row);
    if (!found.ok()) return found.status();
    return *found ? std::optional(row) : std::nullopt;
  }

  absl::Status Add(const std::string& checkin, const TouchRow& touch) {
    rows_.Put(Key(kTouch) + checkin, touch.SerializeAsString());
    summary_.set_check_ins(summary_.check_ins() + 1);
    if (auto status = AddDay(touch.met_on()); !status.ok()) return status;
    return CountForPairing(touch, +1);
  }

  absl::Status Remove(const std::string& checkin, const TouchRow& touch) {
    rows_.Delete(Key(kTouch) + checkin);
    summary_.set_check_ins(summary_.check_ins() - 1);
    if (auto status = RemoveDay(touch.met_on()); !status.ok()) return status;
    return CountForPairing(touch, -1);
  }

 private:
  std::string Key(RowKind kind) const { return entity_ + static_cast<char>(kind); }
  std::string DayKey(std::int32_t day) const { return Key(kDay) + DayBytes(day); }
  std::string GapKey(std::int32_t from, std::int32_t to) const {
    return Key(kGap) + BigEndian(~static_cast<std::uint32_t>(to - from)) + DayBytes(from);
  }
  std::string PairingKey(CheckInChannel channel, std::int32_t day) const {
    return Key(kPairing) + static_cast<char>(channel) + DayBytes(day);
  }

  template <typename Row>
  absl::StatusOr<bool> Get(const std::string& key, Row& row) const {
    const auto stored = rows_.Get(key);
    if (!stored.ok()) return stored.status();
    if (!*stored) return false;
    if (!row.ParseFromString(**stored)) return absl::DataLossError("a row of touches does not parse");
    return true;
  }

  // The first day with check-ins after `day`.
  absl::StatusOr<std::optional<std::int32_t>> NextDay(std::int32_t day) const {
    std::optional<std::int32_t> next;
    if (summary_.has_last_on() && summary_.last_on() <= day) return next;
    const std::size_t prefix = entity_.size() + 1;
    const auto scanned = rows_.Scan(DayKey(day + 1), storage::PrefixEnd(Key(kDay)), [&](auto key, auto) {
      next = DayFrom(key.substr(prefix));
      return false;
    });
    if (!scanned.ok()) return scanned;
    return next;
  }

  absl::Status LinkBack(std::int32_t day, std::optional<std::int32_t> previous) {
    TouchDayRow row;
    const auto found = Get(DayKey(day), row);
    if (!found.ok()) return found.status();
    row.clear_previous_on();
    if (previous) row.set_previous_on(*previous);
    rows_.Put(DayKey(day), row.SerializeAsString());
    return absl::OkStatus();
  }

  absl::Status AddDay(std::int32_t day) {
    TouchDayRow row;
    const auto found = Get(DayKey(day), row);
    if (!found.ok()) return found.status();
    row.set_records(row.records() + 1);
    if (*found) {
      rows_.Put(DayKey(day), row.SerializeAsString());
      return absl::OkStatus();
    }
    const auto next = NextDay(day);
    if (!next.ok()) return next.status();
    std::optional<std::int32_t> previous;
    if (*next) {
      TouchDayRow after;
      if (auto status = Get(DayKey(**next), after); !status.ok()) return status.status();
      if (after.has_previous_on()) previous = after.previous_on();
    } else if (summary_.has_last_on()) {
      previous = summary_.last_on();
    }
    if (previous) row.set_previous_on(*previous);
    rows_.Put(DayKey(day), row.SerializeAsString());
    if (*next) {
      if (auto status = LinkBack(**next, day); !status.ok()) return status;
    }
    if (!previous) summary_.set_first_on(day);
    if (!*next) summary_.set_last_on(day);
    return SplitGap(previous, day, *next);
  }

  absl::Status RemoveDay(std::int32_t day) {
    TouchDayRow row;
    const auto found = Get(DayKey(day), row);
    if (!found.ok()) return found.status();
    if (row.records() > 1) {
      row.set_records(row.records() - 1);
      rows_.Put(DayKey(day), row.SerializeAsString());
      return absl::OkStatus();
    }
    const auto next = NextDay(day);
    if (!next.ok()) return next.status();
    const auto previous = row.has_previous_on() ? std::optional(row.previous_on()) : std::nullopt;
    rows_.Delete(DayKey(day));
    if (*next) {
      if (auto status = LinkBack(**next, previous); !status.ok()) return status;
    }
    if (!previous) *next ? summary_.set_first_on(**next) : summary_.clear_first_on();
    if (!*next) previous ? summary_.set_last_on(*previous) : summary_.clear_last_on();
    if (previous) rows_.Delete(GapKey(*previous, day));
    if (*next) rows_.Delete(GapKey(day, **next));
    if (previous && *next) rows_.Put(GapKey(*previous, **next), std::string());
    return ReadLongestGap();
  }

  absl::Status SplitGap(std::optional<std::int32_t> previous, std::int32_t day, std::optional<std::int32_t> next) {
    if (previous) rows_.Put(GapKey(*previous, day), std::string());
    if (next) rows_.Put(GapKey(day, *next), std::string());
    if (previous && !next) {
      const auto gap = static_cast<std::uint32_t>(day - *previous);
      if (gap > summary_.longest_gap_days()) {
        summary_.set_longest_gap_days(gap);
        summary_.set_longest_gap_from(*previous);
      }
      return absl::OkStatus();
    }
    if (previous && next) rows_.Delete(GapKey(*previous, *next));
    return ReadLongestGap();
  }

  absl::Status ReadLongestGap() {
    summary_.clear_longest_gap_days();
    summary_.clear_longest_gap_from();
    const std::size_t prefix = entity_.size() + 1;
    return rows_.Scan(Key(kGap), storage::PrefixEnd(Key(kGap)), [&](auto key, auto) {
      const auto inverted = static_cast<std::uint32_t>(DayFrom(key.substr(prefix))) ^ 0x80000000U;
      summary_.set_longest_gap_days(~inverted);
      summary_.set_longest_gap_from(DayFrom(key.substr(prefix + 4)));
      return false;
    });
  }

  // Counts one record more or less, and pairs again from that day on, as far as it makes a difference. Pairs are made
  // greedily from the earliest day, first with who was left over the day before: that makes the most pairs.
  absl::Status CountForPairing(const TouchRow& touch, int change) {
    if (touch.side() == TouchRow::SIDE_UNSPECIFIED) return absl::OkStatus();
    const std::int32_t day = touch.met_on();
    TouchPairingRow before;
    if (auto status = Get(PairingKey(touch.channel(), day - 1), before); !status.ok()) return status.status();
    std::int32_t carry = before.left();
    for (std::int32_t at = day;; ++at) {
      const std::string key = PairingKey(touch.channel(), at);
      TouchPairingRow row;
      const auto found = Get(key, row);
      if (!found.ok()) return found.status();
      if (!*found && at != day) return absl::OkStatus();
      const std::int32_t left_before = row.left();
      const auto pairs_before = row.pairs();
      if (at == day) {
        auto bump = [change](std::uint32_t count) {
          return static_cast<std::uint32_t>(static_cast<int>(count) + change);
        };
        touch.side() == TouchRow::SIDE_MENTOR ? row.set_mentor(bump(row.mentor())) : row.set_mentee(bump(row.mentee()));
      }
      Pair(carry, row);
      summary_.set_pairs(summary_.pairs() + row.pairs() - pairs_before);
      if (row.mentor() == 0 && row.mentee() == 0) {
        rows_.Delete(key);
      } else {
        rows_.Put(key, row.SerializeAsString());
      }
      if (row.left() == left_before) return absl::OkStatus();
      carry = row.left();
    }
  }

  static void Pair(std::int32_t carry, TouchPairingRow& row) {
    auto mentor = static_cast<std::int32_t>(row.mentor());
    auto mentee = static_cast<std::int32_t>(row.mentee());
    const std::int32_t with_yesterday = carry > 0 ? std::min(carry, mentee) : std::min(-carry, mentor);
    (carry > 0 ? mentee : mentor) -= with_yesterday;
    const std::int32_t today = std::min(mentor, mentee);
    row.set_pairs(static_cast<std::uint32_t>(with_yesterday + today));
    row.set_left(mentor - mentee);
  }

  const std::string& entity_;
  Rows& rows_;
  TouchesRow summary_;
};

// Which of the two logged a record; imports are nobody's half.
TouchRow::Side SideOf(const log::v1::Header& header) {
  if (header.source() == log::v1::SOURCE_CSV || header.subjects_size() < 2) return TouchRow::SIDE_UNSPECIFIED;
  const auto& actor = header.actor();
  const auto& who = actor.who_case() == log::v1::Actor::kPersonId ? actor.person_id() : actor.on_behalf_of();
  if (who == header.subjects(0)) return TouchRow::SIDE_MENTOR;
  return who == header.subjects(1) ? TouchRow::SIDE_MENTEE : TouchRow::SIDE_UNSPECIFIED;
}

absl::Status FoldEvent(const Record& record, const RelationshipEvent& event, Touches& touches) {
  TouchRow touch;
  if (event.has_check_in_logged()) {
    touch.set_met_on(record.header.occurred_on());
    touch.set_channel(event.check_in_logged().channel());
    touch.set_side(SideOf(record.header));
    touch.set_revision(record.header.revision());
    return touches.Add(event.check_in_logged().checkin_id(), touch);
  }
  const bool amended = event.has_check_in_amended();
  const auto& checkin = amended ? event.check_in_amended().checkin_id() : event.check_in_retracted().checkin_id();
  const auto found = touches.Find(checkin);
  if (!found.ok()) return found.status();
  if (!*found) return absl::OkStatus();
  touch = **found;
  if (!amended) return touches.Remove(checkin, touch);
  const auto& change = event.check_in_amended();
  if (!change.has_met_on() && !change.has_channel()) return absl::OkStatus();
  if (auto status = touches.Remove(checkin, touch); !status.ok()) return status;
  if (change.has_met_on()) touch.set_met_on(change.met_on());
  if (change.has_channel()) touch.set_channel(change.channel());
  return touches.Add(checkin, touch);
}

}  // namespace

void TouchesView::Entities(const Record& record, std::vector<std::string>& entities) const {
  const auto type = record.header.type();
  if (type == TypeOf(RelationshipEvent::kCheckInLogged) || type == TypeOf(RelationshipEvent::kCheckInAmended) ||
      type == TypeOf(RelationshipEvent::kCheckInRetracted)) {
    entities.push_back(record.header.stream());
  }
}

absl::Status TouchesView::Fold(const Record& record, const std::string& entity, Rows& rows) const {
  RelationshipEvent event;
  if (auto status = codec_.ParseOpen(record, event); !status.ok()) return status;
  Touches touches(entity, rows);
  if (auto status = touches.Load(); !status.ok()) return status;
  if (auto status = FoldEvent(record, event, touches); !status.ok()) return status;
  touches.Store();
  return absl::OkStatus();
}

void RelationshipsOfView::Entities(const Record& record, std::vector<std::string>& entities) const {
  if (record.header.type() != TypeOf(RelationshipEvent::kRelationshipStarted)) return;
  for (const auto& person : record.header.subjects()) entities.push_back(person);
}

absl::Status RelationshipsOfView::Fold(const Record& record, const std::string& entity, Rows& rows) const {
  RelationshipEvent event;
  if (auto status = codec_.ParseOpen(record, event); !status.ok()) return status;
  const auto& started = event.relationship_started();
  view::v1::RelationshipOfRow row;
  row.set_as_mentor(entity == started.mentor_id());
  row.set_other_id(row.as_mentor() ? started.mentee_id() : started.mentor_id());
  row.set_kind(started.kind());
  rows.Put(entity + record.stream().id.ToBytes(), row.SerializeAsString());
  return absl::OkStatus();
}

absl::StatusOr<TouchesReader> TouchesReader::AsOf(const runtime::EventCodec& codec,
                                                  const storage::LedgerSnapshot& snapshot,
                                                  const storage::StreamKey& relationship, storage::Position position) {
  TouchesReader reader(snapshot, relationship);
  reader.snapshot_ = nullptr;
  const TouchesView view(codec);
  absl::Status status;
  const auto scanned = snapshot.ScanStream(relationship, storage::Revision{0}, [&](Record&& record) {
    if (record.position() > position) return false;
    std::vector<std::string> entities;
    view.Entities(record, entities);
    for (const auto& entity : entities) status.Update(view.Fold(record, entity, reader.rows_));
    return status.ok();
  });
  if (!scanned.ok()) return scanned;
  if (!status.ok()) return status;
  return reader;
}

absl::StatusOr<std::optional<std::string>> TouchesReader::Row(std::string_view key) const {
  return snapshot_ != nullptr ? snapshot_->Row(kTouchesViewId, key) : rows_.Get(key);
}

absl::StatusOr<TouchesRow> TouchesReader::Summary() const {
  TouchesRow row;
  const auto stored = Row(entity_ + static_cast<char>(kSummary));
  if (!stored.ok()) return stored.status();
  if (*stored && !row.ParseFromString(**stored)) return absl::DataLossError("a row of touches does not parse");
  return row;
}

absl::StatusOr<std::optional<storage::Day>> TouchesReader::LastBy(storage::Day on) const {
  const auto summary = Summary();
  if (!summary.ok()) return summary.status();
  if (!summary->has_last_on()) return std::optional<storage::Day>();
  if (summary->last_on() <= on.value) return std::optional(storage::Day{summary->last_on()});
  // The day after `on` that has check-ins knows the one before it.
  TouchDayRow next;
  bool parsed = true;
  const std::string days = entity_ + static_cast<char>(kDay);
  const auto visit = [&](std::string_view, std::string_view value) {
    parsed = next.ParseFromArray(value.data(), static_cast<int>(value.size()));
    return false;
  };
  const std::string from = days + DayBytes(on.value + 1);
  const auto scanned = snapshot_ != nullptr ? snapshot_->ScanRows(kTouchesViewId, from, storage::PrefixEnd(days), visit)
                                            : rows_.Scan(from, storage::PrefixEnd(days), visit);
  if (!scanned.ok()) return scanned;
  if (!parsed) return absl::DataLossError("a row of touches does not parse");
  if (!next.has_previous_on()) return std::optional<storage::Day>();
  return std::optional(storage::Day{next.previous_on()});
}

storage::Day TouchesReader::GapEnd(const TouchesRow& summary) {
  return storage::Day{summary.longest_gap_from()}.Plus(static_cast<std::int32_t>(summary.longest_gap_days()));
}

}  // namespace mentorlog::relationships
