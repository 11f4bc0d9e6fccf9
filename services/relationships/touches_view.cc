#include "services/relationships/touches_view.h"

#include <algorithm>
#include <cstdint>

#include "mentorlog/event/v1/relationships.pb.h"
#include "services/relationships/relationship.h"
#include "services/runtime/scratch.h"

namespace mentorlog::relationships {
namespace {

using event::v1::RelationshipEvent;
using storage::Record;
using storage::Rows;
using view::v1::TouchDayRow;
using view::v1::TouchesRow;

enum RowKind : char { kSummary = 0, kDay = 1 };

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

absl::Status Unreadable() { return absl::DataLossError("a row of touches does not parse"); }
absl::Status NoStanding() { return absl::DataLossError(std::string(kStandingWanted)); }

// Which of the two logged a record; imports are nobody's half.
enum class Side : std::uint8_t { kNeither, kMentor, kMentee };

// A check-in, as far as it counts here.
struct Touch {
  std::int32_t day = 0;
  event::v1::CheckInChannel channel = event::v1::CHECK_IN_CHANNEL_UNSPECIFIED;
  Side side = Side::kNeither;
};

// The rows of one relationship, as they are changed by one record.
class Touches {
 public:
  Touches(const std::string& entity, Rows& rows) : entity_(entity), summary_key_(Key(kSummary)), rows_(rows) {}

  absl::Status Load() { return Get(summary_key_, *summary_).status(); }
  void Store() { rows_.Put(summary_key_, summary_->SerializeAsString()); }

  absl::Status Add(const Touch& touch) {
    summary_->set_check_ins(summary_->check_ins() + 1);
    const runtime::Scratch<TouchDayRow> scratch;
    TouchDayRow& row = *scratch;
    const auto found = GetDay(touch.day, row);
    if (!found.ok()) return found.status();
    row.set_records(row.records() + 1);
    if (!*found) {
      if (auto status = AddDay(touch.day, row); !status.ok()) return status;
    }
    if (auto status = CountForPairing(touch, +1, row); !status.ok()) return status;
    PutDay(touch.day, row);
    return absl::OkStatus();
  }

  absl::Status Remove(const Touch& touch) {
    const runtime::Scratch<TouchDayRow> scratch;
    TouchDayRow& row = *scratch;
    const auto found = GetDay(touch.day, row);
    if (!found.ok()) return found.status();
    if (!*found) return absl::DataLossError("was: no such touch, want the check-in as it stood");
    if (auto status = CountForPairing(touch, -1, row); !status.ok()) return status;
    summary_->set_check_ins(summary_->check_ins() - 1);
    if (row.records() == 1) return RemoveDay(touch.day, row);
    row.set_records(row.records() - 1);
    PutDay(touch.day, row);
    return absl::OkStatus();
  }

 private:
  std::string Key(RowKind kind) const { return entity_ + static_cast<char>(kind); }
  std::string DayKey(std::int32_t day) const {
    std::string key;
    key.reserve(entity_.size() + 1 + sizeof(day));
    return key.append(entity_).append(1, kDay).append(DayBytes(day));
  }
  void PutDay(std::int32_t day, const TouchDayRow& row) { rows_.Put(DayKey(day), row.SerializeAsString()); }

  template <typename Row>
  absl::StatusOr<bool> Get(const std::string& key, Row& row) const {
    const auto stored = rows_.Get(key);
    if (!stored.ok()) return stored.status();
    if (!*stored) return false;
    if (!row.ParseFromString(**stored)) return Unreadable();
    return true;
  }

  // The row of a day; there is none after the last day, and none is looked for.
  absl::StatusOr<bool> GetDay(std::int32_t day, TouchDayRow& row) const {
    if (!summary_->has_last_on() || day > summary_->last_on()) return false;
    return Get(DayKey(day), row);
  }

  // The first day with check-ins after `day`.
  absl::StatusOr<std::optional<std::int32_t>> NextDay(std::int32_t day) const {
    std::optional<std::int32_t> next;
    if (!summary_->has_last_on() || summary_->last_on() <= day) return next;
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
    PutDay(day, row);
    return absl::OkStatus();
  }

  // The first check-in of its day: the day goes between its neighbours. `row` is written by the caller.
  absl::Status AddDay(std::int32_t day, TouchDayRow& row) {
    const auto next = NextDay(day);
    if (!next.ok()) return next.status();
    std::optional<std::int32_t> previous;
    if (*next) {
      TouchDayRow after;
      if (auto status = Get(DayKey(**next), after); !status.ok()) return status.status();
      if (after.has_previous_on()) previous = after.previous_on();
      if (auto status = LinkBack(**next, day); !status.ok()) return status;
    } else if (summary_->has_last_on()) {
      previous = summary_->last_on();
    }
    if (previous) row.set_previous_on(*previous);
    if (!previous) summary_->set_first_on(day);
    if (!*next) summary_->set_last_on(day);
    if (previous && *next && IsLongest(*previous, **next)) {
      // The longest gap is split: another one may be the longest now.
      PutDay(day, row);
      return FindLongestGap();
    }
    if (previous) Gap(*previous, day);
    if (*next) Gap(day, **next);
    return absl::OkStatus();
  }

  absl::Status RemoveDay(std::int32_t day, const TouchDayRow& row) {
    const auto next = NextDay(day);
    if (!next.ok()) return next.status();
    const auto previous = row.has_previous_on() ? std::optional(row.previous_on()) : std::nullopt;
    rows_.Delete(DayKey(day));
    if (*next) {
      if (auto status = LinkBack(**next, previous); !status.ok()) return status;
    }
    if (!previous) *next ? summary_->set_first_on(**next) : summary_->clear_first_on();
    if (!*next) previous ? summary_->set_last_on(*previous) : summary_->clear_last_on();
    if (previous && *next) {
      Gap(*previous, **next);
      return absl::OkStatus();
    }
    const bool was_longest = (previous && IsLongest(*previous, day)) || (*next && IsLongest(day, **next));
    return was_longest ? FindLongestGap() : absl::OkStatus();
  }

  bool IsLongest(std::int32_t from, std::int32_t to) const {
    return summary_->longest_gap_from() == from &&
           summary_->longest_gap_days() == static_cast<std::uint32_t>(to - from);
  }

  // A gap between neighbouring days: the longest one counts, of equally long ones the earliest.
  void Gap(std::int32_t from, std::int32_t to) {
    const auto days = static_cast<std::uint32_t>(to - from);
    if (days < summary_->longest_gap_days()) return;
    if (days == summary_->longest_gap_days() && summary_->longest_gap_from() <= from) return;
    summary_->set_longest_gap_days(days);
    summary_->set_longest_gap_from(from);
  }

  // The longest gap is gone: it is looked for among all days.
  absl::Status FindLongestGap() {
    summary_->clear_longest_gap_days();
    summary_->clear_longest_gap_from();
    const std::size_t prefix = entity_.size() + 1;
    std::optional<std::int32_t> previous;
    return rows_.Scan(Key(kDay), storage::PrefixEnd(Key(kDay)), [&](auto key, auto) {
      const std::int32_t day = DayFrom(key.substr(prefix));
      if (previous) Gap(*previous, day);
      previous = day;
      return true;
    });
  }

  using Pairings = google::protobuf::RepeatedPtrField<TouchDayRow::Pairing>;

  // The pairing of one channel among those of a day; the end if there is none.
  static Pairings::iterator PairingOf(Pairings& all, event::v1::CheckInChannel channel) {
    return std::find_if(all.begin(), all.end(), [channel](const auto& one) { return one.channel() == channel; });
  }

  static Pairings::iterator AddPairing(Pairings& all, event::v1::CheckInChannel channel) {
    all.Add()->set_channel(channel);
    int at = all.size() - 1;
    for (; at > 0 && all[at - 1].channel() > channel; --at) all.SwapElements(at, at - 1);
    return all.begin() + at;
  }

  // Counts one record more or less in the day's `row`, which the caller writes, and pairs again from that day on, as
  // far as it makes a difference. Pairs are made greedily from the earliest day, first with who was left over the day
  // before: that makes the most pairs.
  absl::Status CountForPairing(const Touch& touch, int change, TouchDayRow& row) {
    if (touch.side == Side::kNeither) return absl::OkStatus();
    std::int32_t carry = 0;
    if (row.has_previous_on() && row.previous_on() == touch.day - 1) {
      TouchDayRow before;
      if (auto status = Get(DayKey(touch.day - 1), before); !status.ok()) return status.status();
      const auto yesterday = PairingOf(*before.mutable_pairings(), touch.channel);
      if (yesterday != before.pairings().end()) carry = yesterday->left();
    }
    auto& all = *row.mutable_pairings();
    auto pairing = PairingOf(all, touch.channel);
    if (pairing == all.end()) pairing = AddPairing(all, touch.channel);
    const auto bump = [change](std::uint32_t count) {
      return static_cast<std::uint32_t>(static_cast<int>(count) + change);
    };
    touch.side == Side::kMentor ? pairing->set_mentor(bump(pairing->mentor()))
                                : pairing->set_mentee(bump(pairing->mentee()));
    return PairAgain(all, pairing, carry) ? PairAfter(touch.day, touch.channel, carry) : absl::OkStatus();
  }

  // Pairs the days after `day` again, until one is left with as many as before.
  absl::Status PairAfter(std::int32_t day, event::v1::CheckInChannel channel, std::int32_t carry) {
    while (true) {
      TouchDayRow row;
      if (auto status = GetDay(++day, row); !status.ok()) return status.status();
      auto& all = *row.mutable_pairings();
      const auto pairing = PairingOf(all, channel);
      if (pairing == all.end()) return absl::OkStatus();
      const bool goes_on = PairAgain(all, pairing, carry);
      PutDay(day, row);
      if (!goes_on) return absl::OkStatus();
    }
  }

  // Pairs one channel of a day again, with `carry` of the day before, which becomes what this day leaves. Answers
  // whether that is another number than before.
  bool PairAgain(Pairings& all, Pairings::iterator pairing, std::int32_t& carry) {
    const std::int32_t left_before = pairing->left();
    const auto pairs_before = pairing->pairs();
    Pair(carry, *pairing);
    summary_->set_pairs(summary_->pairs() + pairing->pairs() - pairs_before);
    carry = pairing->left();
    if (pairing->mentor() == 0 && pairing->mentee() == 0) all.erase(pairing);
    return carry != left_before;
  }

  static void Pair(std::int32_t carry, TouchDayRow::Pairing& pairing) {
    auto mentor = static_cast<std::int32_t>(pairing.mentor());
    auto mentee = static_cast<std::int32_t>(pairing.mentee());
    const std::int32_t with_yesterday = carry > 0 ? std::min(carry, mentee) : std::min(-carry, mentor);
    (carry > 0 ? mentee : mentor) -= with_yesterday;
    const std::int32_t today = std::min(mentor, mentee);
    pairing.set_pairs(static_cast<std::uint32_t>(with_yesterday + today));
    pairing.set_left(mentor - mentee);
  }

  const std::string& entity_;
  const std::string summary_key_;
  Rows& rows_;
  runtime::Scratch<TouchesRow> summary_;
};

Side SideOf(const log::v1::Header& header, const std::string& author, bool imported) {
  if (imported || author.empty() || header.subjects_size() < 2) return Side::kNeither;
  if (author == header.subjects(0)) return Side::kMentor;
  return author == header.subjects(1) ? Side::kMentee : Side::kNeither;
}

Touch TouchOf(const log::v1::Header& header, const event::v1::CheckInLogged& logged) {
  const auto& actor = header.actor();
  const auto& author = actor.who_case() == log::v1::Actor::kPersonId ? actor.person_id() : actor.on_behalf_of();
  return {header.occurred_on(), logged.channel(), SideOf(header, author, header.source() == log::v1::SOURCE_CSV)};
}

Touch TouchOf(const log::v1::Header& header, const event::v1::CheckInStanding& was) {
  return {was.met_on(), was.channel(), SideOf(header, was.author_id(), was.imported())};
}

absl::Status FoldEvent(const Record& record, const RelationshipEvent& event, Touches& touches) {
  if (event.has_check_in_logged()) return touches.Add(TouchOf(record.header, event.check_in_logged()));
  if (event.has_check_in_retracted()) {
    const auto& retracted = event.check_in_retracted();
    // It counts no longer since it was taken back first.
    if (retracted.already_retracted()) return absl::OkStatus();
    return retracted.has_was() ? touches.Remove(TouchOf(record.header, retracted.was())) : NoStanding();
  }
  const auto& change = event.check_in_amended();
  if (!change.has_met_on() && !change.has_channel()) return absl::OkStatus();
  if (!change.has_was()) return NoStanding();
  Touch touch = TouchOf(record.header, change.was());
  if (auto status = touches.Remove(touch); !status.ok()) return status;
  if (change.has_met_on()) touch.day = change.met_on();
  if (change.has_channel()) touch.channel = change.channel();
  return touches.Add(touch);
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
  const auto event = codec_.OpenOf<RelationshipEvent>(record);
  if (!event.ok()) return event.status();
  Touches touches(entity, rows);
  if (auto status = touches.Load(); !status.ok()) return status;
  if (auto status = FoldEvent(record, **event, touches); !status.ok()) return status;
  touches.Store();
  return absl::OkStatus();
}

void RelationshipsOfView::Entities(const Record& record, std::vector<std::string>& entities) const {
  if (record.header.type() != TypeOf(RelationshipEvent::kRelationshipStarted)) return;
  for (const auto& person : record.header.subjects()) entities.push_back(person);
}

absl::Status RelationshipsOfView::Fold(const Record& record, const std::string& entity, Rows& rows) const {
  const auto event = codec_.OpenOf<RelationshipEvent>(record);
  if (!event.ok()) return event.status();
  const auto& started = (*event)->relationship_started();
  view::v1::RelationshipOfRow row;
  row.set_as_mentor(entity == started.mentor_id());
  row.set_kind(started.kind());
  const auto& other = row.as_mentor() ? started.mentee_id() : started.mentor_id();
  const auto id = record.stream().id.ToBytes();
  rows.Put(entity + other + id, row.SerializeAsString());

  const auto stored = rows.Get(entity + other);
  if (!stored.ok()) return stored.status();
  view::v1::RelationshipsBetweenRow between;
  if (*stored && !between.ParseFromString(**stored)) return Unreadable();
  // One that starts again is there already.
  const auto& ids = between.relationship_ids();
  if (std::find(ids.begin(), ids.end(), id) != ids.end()) return absl::OkStatus();
  between.add_relationship_ids(id);
  rows.Put(entity + other, between.SerializeAsString());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<storage::StreamKey>> RelationshipsBetween(const storage::LedgerSnapshot& snapshot,
                                                                     const storage::Id& one, const storage::Id& other) {
  std::vector<storage::StreamKey> streams;
  const auto stored = snapshot.Row(kRelationshipsOfViewId, one.ToBytes() + other.ToBytes());
  if (!stored.ok()) return stored.status();
  if (!*stored) return streams;
  view::v1::RelationshipsBetweenRow between;
  if (!between.ParseFromString(**stored)) return Unreadable();
  for (const auto& bytes : between.relationship_ids()) {
    const auto id = storage::Id::FromBytes(bytes);
    if (!id) return Unreadable();
    streams.push_back(RelationshipStream(*id));
  }
  return streams;
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

absl::StatusOr<TouchesRow> TouchesReader::Summary() {
  if (summary_) return *summary_;
  TouchesRow row;
  const auto stored = Row(entity_ + static_cast<char>(kSummary));
  if (!stored.ok()) return stored.status();
  if (*stored && !row.ParseFromString(**stored)) return Unreadable();
  return *(summary_ = row);
}

absl::StatusOr<std::optional<storage::Day>> TouchesReader::LastBy(storage::Day on) {
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
  if (!parsed) return Unreadable();
  if (!next.has_previous_on()) return std::optional<storage::Day>();
  return std::optional(storage::Day{next.previous_on()});
}

storage::Day TouchesReader::GapEnd(const TouchesRow& summary) {
  return storage::Day{summary.longest_gap_from()}.Plus(static_cast<std::int32_t>(summary.longest_gap_days()));
}

}  // namespace mentorlog::relationships
