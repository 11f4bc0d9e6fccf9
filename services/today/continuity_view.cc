#include "services/today/continuity_view.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>

#include "mentorlog/event/v1/relationships.pb.h"
#include "services/relationships/relationship.h"
#include "services/runtime/scratch.h"
#include "services/today/row_keys.h"

namespace mentorlog::today {
namespace {

using event::v1::PersonEvent;
using event::v1::RelationshipEvent;
using runtime::Scratch;
using storage::Record;
using storage::Rows;
using view::v1::ContinuityPairRow;
using view::v1::ContinuityPersonRow;
using view::v1::ContinuityTouchRow;

constexpr std::uint8_t kPerson = 1;
constexpr std::uint8_t kRelationship = 3;
constexpr char kPersonTag = 0;
constexpr char kPairTag = 1;
constexpr char kTouchTag = 2;

absl::Status Unreadable() {
  return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED",
                         "continuity row: not readable, want a rebuild");
}

absl::Status NoStanding() {
  return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED", relationships::kStandingWanted);
}

// REQUIRES: `row` is empty, which it stays if there is none.
template <typename Row>
absl::Status Load(const Rows& rows, std::string_view key, Row& row) {
  const auto stored = rows.Get(key);
  if (!stored.ok()) return stored.status();
  return *stored && !row.ParseFromString(**stored) ? Unreadable() : absl::OkStatus();
}

std::optional<std::int32_t> EarliestStart(const ContinuityPairRow& pair) {
  std::optional<std::int32_t> earliest;
  for (const auto& start : pair.starts()) {
    if (!earliest || start.started_on() < *earliest) earliest = start.started_on();
  }
  return earliest;
}

// A touch on `day` is known: no other has gone.
void Notice(ContinuityPairRow& pair, std::int32_t day) {
  if (!pair.has_last_touch_on() || day > pair.last_touch_on()) pair.set_last_touch_on(day);
  for (auto& crossing : *pair.mutable_crossings()) {
    if (day <= crossing.effective_on()) {
      if (!crossing.has_last_before() || day > crossing.last_before()) crossing.set_last_before(day);
    } else if (!crossing.has_first_after() || day < crossing.first_after()) {
      crossing.set_first_after(day);
    }
  }
}

// The fold of one record into one mentee's rows.
class MenteeFold {
 public:
  MenteeFold(const Record& record, Rows& rows, const std::string& mentee)
      : record_(record), rows_(rows), mentee_(mentee) {}

  absl::Status Apply(const PersonEvent& event);
  absl::Status Apply(const RelationshipEvent& event);

 private:
  std::string PairKey(std::string_view mentor) const { return RowKey(mentee_, kPairTag, mentor); }
  std::string TouchKey(std::string_view mentor, std::int32_t day, std::uint64_t position) const {
    return RowKey(mentee_, kTouchTag, mentor, LastFirstKey(day, position));
  }
  absl::Status PutMoves(ContinuityPersonRow& moves);
  absl::Status Recount(std::string_view mentor, ContinuityPairRow& pair, const ContinuityPersonRow& moves);
  absl::Status Start(const std::string& mentor);
  absl::Status SetActive(const std::string& mentor, bool active);
  absl::Status Touch(const std::string& mentor, std::int32_t day, std::uint64_t position);
  absl::Status TakeTouch(const std::string& mentor, const event::v1::CheckInStanding& was);

  const Record& record_;
  Rows& rows_;
  const std::string& mentee_;
};

absl::Status MenteeFold::PutMoves(ContinuityPersonRow& moves) {
  std::stable_sort(moves.mutable_moves()->begin(), moves.mutable_moves()->end(), [](const auto& a, const auto& b) {
    return std::tuple(a.effective_on(), a.position()) < std::tuple(b.effective_on(), b.position());
  });
  rows_.Put(RowKey(mentee_, kPersonTag), moves.SerializeAsString());
  std::vector<std::pair<std::string, ContinuityPairRow>> pairs;
  const auto prefix = RowKey(mentee_, kPairTag);
  auto scanned = rows_.Scan(prefix, storage::PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
    ContinuityPairRow pair;
    pair.ParseFromArray(value.data(), static_cast<int>(value.size()));
    pairs.emplace_back(key.substr(prefix.size()), std::move(pair));
    return true;
  });
  if (!scanned.ok()) return scanned;
  for (auto& [mentor, pair] : pairs) {
    if (auto status = Recount(mentor, pair, moves); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// Sets the crossings of a pair anew: its moves, its starts or its touches are other ones than before.
absl::Status MenteeFold::Recount(std::string_view mentor, ContinuityPairRow& pair, const ContinuityPersonRow& moves) {
  pair.clear_crossings();
  pair.clear_last_touch_on();
  const auto start = EarliestStart(pair);
  for (int i = 1; i < moves.moves_size() && start; ++i) {
    const auto& move = moves.moves(i);
    if (move.effective_on() <= *start) continue;
    auto* crossing = pair.add_crossings();
    crossing->set_effective_on(move.effective_on());
    crossing->set_type(move.type());
  }
  const auto prefix = RowKey(mentee_, kTouchTag, mentor);
  auto scanned = rows_.Scan(prefix, storage::PrefixEnd(prefix), [&](std::string_view key, std::string_view) {
    Notice(pair, DayOfLastFirst(key.substr(prefix.size())));
    return true;
  });
  if (!scanned.ok()) return scanned;
  rows_.Put(PairKey(mentor), pair.SerializeAsString());
  return absl::OkStatus();
}

absl::Status MenteeFold::Start(const std::string& mentor) {
  const Scratch<ContinuityPairRow> pair;
  if (auto status = Load(rows_, PairKey(mentor), *pair); !status.ok()) return status;
  const Scratch<ContinuityPersonRow> moves;
  if (auto status = Load(rows_, RowKey(mentee_, kPersonTag), *moves); !status.ok()) return status;
  const auto id = record_.stream().id.ToBytes();
  ContinuityPairRow::Start* start = nullptr;
  for (auto& known : *pair->mutable_starts()) {
    if (known.relationship_id() == id) start = &known;
  }
  if (start == nullptr) {
    start = pair->add_starts();
    start->set_relationship_id(id);
    start->set_started_on(record_.header.occurred_on());
  }
  start->set_started_on(std::min(start->started_on(), record_.header.occurred_on()));
  start->set_active(true);
  return Recount(mentor, *pair, *moves);
}

absl::Status MenteeFold::SetActive(const std::string& mentor, bool active) {
  const Scratch<ContinuityPairRow> pair;
  if (auto status = Load(rows_, PairKey(mentor), *pair); !status.ok()) return status;
  for (auto& start : *pair->mutable_starts()) {
    if (start.relationship_id() == record_.stream_id()) start.set_active(active);
  }
  rows_.Put(PairKey(mentor), pair->SerializeAsString());
  return absl::OkStatus();
}

absl::Status MenteeFold::Touch(const std::string& mentor, std::int32_t day, std::uint64_t position) {
  const std::string key = PairKey(mentor);
  const Scratch<ContinuityPairRow> pair;
  if (auto status = Load(rows_, key, *pair); !status.ok()) return status;
  rows_.Put(TouchKey(mentor, day, position), ContinuityTouchRow::default_instance().SerializeAsString());
  Notice(*pair, day);
  rows_.Put(key, pair->SerializeAsString());
  return absl::OkStatus();
}

// Removes the touch that stood so.
absl::Status MenteeFold::TakeTouch(const std::string& mentor, const event::v1::CheckInStanding& was) {
  const auto key = TouchKey(mentor, was.met_on(), was.logged_at());
  const auto stored = rows_.Get(key);
  if (!stored.ok()) return stored.status();
  if (!*stored) return Unreadable();
  rows_.Delete(key);
  const Scratch<ContinuityPairRow> pair;
  if (auto status = Load(rows_, PairKey(mentor), *pair); !status.ok()) return status;
  const Scratch<ContinuityPersonRow> moves;
  if (auto status = Load(rows_, RowKey(mentee_, kPersonTag), *moves); !status.ok()) return status;
  return Recount(mentor, *pair, *moves);
}

absl::Status MenteeFold::Apply(const PersonEvent& event) {
  const Scratch<ContinuityPersonRow> loaded;
  if (auto status = Load(rows_, RowKey(mentee_, kPersonTag), *loaded); !status.ok()) return status;
  auto& moves = *loaded;
  switch (event.event_case()) {
    case PersonEvent::kPersonRegistered:
      moves.set_joined_on(record_.header.occurred_on());
      rows_.Put(RowKey(mentee_, kPersonTag), moves.SerializeAsString());
      return absl::OkStatus();
    case PersonEvent::kPersonMoved: {
      auto* move = moves.add_moves();
      move->set_move_id(event.person_moved().move_id());
      move->set_effective_on(event.person_moved().effective_on());
      move->set_position(record_.header.position());
      move->set_type(event.person_moved().type());
      return PutMoves(moves);
    }
    case PersonEvent::kMoveCorrected:
      // An announcement is corrected by the same event: it is no move yet, and none is found.
      for (auto& move : *moves.mutable_moves()) {
        if (move.move_id() != event.move_corrected().move_id()) continue;
        move.set_effective_on(event.move_corrected().effective_on());
        move.set_type(event.move_corrected().type());
        return PutMoves(moves);
      }
      return absl::OkStatus();
    case PersonEvent::kMoveRetracted:
      for (int i = 0; i < moves.moves_size(); ++i) {
        if (moves.moves(i).move_id() != event.move_retracted().move_id()) continue;
        moves.mutable_moves()->DeleteSubrange(i, 1);
        return PutMoves(moves);
      }
      return absl::OkStatus();
    default:
      return absl::OkStatus();
  }
}

absl::Status MenteeFold::Apply(const RelationshipEvent& event) {
  const auto& mentor = record_.header.subjects(0);
  switch (event.event_case()) {
    case RelationshipEvent::kRelationshipStarted:
      return Start(mentor);
    case RelationshipEvent::kRelationshipReopened:
      return SetActive(mentor, true);
    case RelationshipEvent::kRelationshipDeclined:
    case RelationshipEvent::kRelationshipClosed:
      return SetActive(mentor, false);
    case RelationshipEvent::kCheckInLogged:
      return Touch(mentor, record_.header.occurred_on(), record_.header.position());
    case RelationshipEvent::kCheckInAmended: {
      const auto& amended = event.check_in_amended();
      if (!amended.has_met_on()) return absl::OkStatus();
      if (!amended.has_was()) return NoStanding();
      if (auto status = TakeTouch(mentor, amended.was()); !status.ok()) return status;
      return Touch(mentor, amended.met_on(), amended.was().logged_at());
    }
    case RelationshipEvent::kCheckInRetracted: {
      const auto& retracted = event.check_in_retracted();
      // It counts no longer since it was taken back first.
      if (retracted.already_retracted()) return absl::OkStatus();
      return retracted.has_was() ? TakeTouch(mentor, retracted.was()) : NoStanding();
    }
    default:
      return absl::OkStatus();
  }
}

}  // namespace

ContinuityView::ContinuityView(const runtime::EventCodec& codec)
    : codec_(codec), info_{kContinuityViewId, "continuity", storage::ViewMode::kFollower, 3} {}

void ContinuityView::Entities(const Record& record, std::vector<std::string>& entities) const {
  const auto kind = record.stream_kind();
  if (kind != kPerson && kind != kRelationship) return;
  // The mentee of a relationship; of a person's stream the person.
  if (record.header.subjects_size() > 0) entities.push_back(record.header.subjects(record.header.subjects_size() - 1));
}

absl::Status ContinuityView::Fold(const Record& record, const std::string& entity, Rows& rows) const {
  MenteeFold fold(record, rows, entity);
  if (record.stream_kind() == kPerson) {
    const auto event = codec_.OpenOf<PersonEvent>(record);
    return event.ok() ? fold.Apply(**event) : event.status();
  }
  if (record.header.subjects_size() != 2) return Unreadable();
  const auto event = codec_.OpenOf<RelationshipEvent>(record);
  return event.ok() ? fold.Apply(**event) : event.status();
}

absl::Status TurnBack(const ScanRange& scan, storage::Day day, MenteeRows& mentee) {
  for (auto& [mentor, pair] : mentee.pairs) {
    if (!pair.has_last_touch_on() || pair.last_touch_on() <= day.value) continue;
    pair.clear_last_touch_on();
    const auto prefix = RowKey(mentee.person.ToBytes(), kTouchTag, mentor.ToBytes());
    bool readable = true;
    auto status = scan(prefix + LastFirstKey(day.value, std::numeric_limits<std::uint64_t>::max()),
                       storage::PrefixEnd(prefix), [&](std::string_view key, std::string_view) {
                         readable = key.size() == prefix.size() + kLastFirstKeyBytes;
                         if (readable) pair.set_last_touch_on(DayOfLastFirst(key.substr(prefix.size())));
                         return false;
                       });
    if (!status.ok()) return status;
    if (!readable) return Unreadable();
  }
  return absl::OkStatus();
}

absl::Status VisitMentees(const WalkRange& walk, std::string_view after,
                          const std::function<bool(MenteeRows&)>& visit) {
  const std::string from = after.empty() ? std::string() : storage::PrefixEnd(after);
  if (!after.empty() && from.empty()) return absl::OkStatus();
  std::optional<MenteeRows> mentee;
  bool readable = true;
  const auto status = walk(from, [&](std::string_view key, std::string_view value) -> std::optional<std::string> {
    const auto person = storage::Id::FromBytes(key.substr(0, std::min(key.size(), kIdBytes)));
    readable = person && key.size() > kIdBytes;
    if (!readable) return std::nullopt;
    if (mentee && mentee->person != *person) {
      const bool more = visit(*mentee);
      mentee.reset();
      if (!more) return std::nullopt;
    }
    if (!mentee) mentee.emplace().person = *person;
    const auto size = static_cast<int>(value.size());
    if (key[kIdBytes] == kPersonTag) {
      readable = mentee->moves.ParseFromArray(value.data(), size);
    } else if (key[kIdBytes] == kPairTag) {
      const auto mentor = storage::Id::FromBytes(key.substr(kIdBytes + 1));
      readable =
          mentor && mentee->pairs.emplace_back(*mentor, ContinuityPairRow()).second.ParseFromArray(value.data(), size);
    } else {
      std::string next = storage::PrefixEnd(person->ToBytes());
      return next.empty() ? std::nullopt : std::optional(std::move(next));
    }
    return readable ? std::optional(std::string()) : std::nullopt;
  });
  if (!status.ok()) return status;
  if (!readable) return Unreadable();
  if (mentee) visit(*mentee);
  return absl::OkStatus();
}

}  // namespace mentorlog::today
