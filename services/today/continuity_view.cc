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
using storage::Day;
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

absl::Status NoStanding() {
  return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED", relationships::kStandingWanted);
}

// REQUIRES: `row` is empty, which it stays if there is none.
template <typename Row>
absl::Status Load(const Rows& rows, std::string_view key, Row& row) {
  const auto stored = rows.Get(key);
  if (!stored.ok()) return stored.status();
  return *stored && !row.ParseFromString(**stored) ? UnreadableContinuity() : absl::OkStatus();
}

std::optional<std::int32_t> EarliestStart(const ContinuityPairRow& pair) {
  std::optional<std::int32_t> earliest;
  for (const auto& start : pair.starts()) {
    if (!earliest || start.started_on() < *earliest) earliest = start.started_on();
  }
  return earliest;
}

// The last touch of a person or of a pair; answers whether `day` is later.
template <typename Row>
bool NoticeLast(Row& row, std::int32_t day) {
  if (row.has_last_touch_on() && day <= row.last_touch_on()) return false;
  row.set_last_touch_on(day);
  return true;
}

// A touch on `day` is known: no other has gone. Answers whether the row is another one now.
bool Notice(ContinuityPairRow& pair, std::int32_t day) {
  bool changed = NoticeLast(pair, day);
  for (auto& crossing : *pair.mutable_crossings()) {
    if (day <= crossing.effective_on()) {
      if (crossing.has_last_before() && day <= crossing.last_before()) continue;
      crossing.set_last_before(day);
    } else {
      if (crossing.has_first_after() && day >= crossing.first_after()) continue;
      crossing.set_first_after(day);
    }
    changed = true;
  }
  return changed;
}

// The last touch by `day` of a pair whose touches begin with `prefix`; nullopt if there is none.
absl::StatusOr<std::optional<std::int32_t>> LastTouchBy(const ScanRange& scan, const std::string& prefix, Day day) {
  std::optional<std::int32_t> last;
  bool readable = true;
  const auto status = scan(prefix + LastFirstKey(day.value, std::numeric_limits<std::uint64_t>::max()),
                           storage::PrefixEnd(prefix), [&](std::string_view key, std::string_view) {
                             readable = key.size() == prefix.size() + kLastFirstKeyBytes;
                             if (readable) last = DayOfLastFirst(key.substr(prefix.size()));
                             return false;
                           });
  if (!status.ok()) return status;
  if (!readable) return UnreadableContinuity();
  return last;
}

// The pairs of a mentee, by mentor.
using Pairs = std::vector<std::pair<std::string, ContinuityPairRow>>;

absl::StatusOr<Pairs> LoadPairs(const ScanRange& scan, std::string_view mentee) {
  Pairs pairs;
  bool readable = true;
  const auto prefix = RowKey(mentee, kPairTag);
  const auto status = scan(prefix, storage::PrefixEnd(prefix), [&](std::string_view key, std::string_view value) {
    auto& pair = pairs.emplace_back(key.substr(prefix.size()), ContinuityPairRow()).second;
    readable = pair.ParseFromArray(value.data(), static_cast<int>(value.size()));
    return readable;
  });
  if (!status.ok()) return status;
  if (!readable) return UnreadableContinuity();
  return pairs;
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
  void PutPerson(const ContinuityPersonRow& person) {
    rows_.Put(RowKey(mentee_, kPersonTag), person.SerializeAsString());
  }
  ScanRange ScanRows() const {
    return
        [this](std::string_view from, std::string_view to, const auto& visit) { return rows_.Scan(from, to, visit); };
  }
  absl::Status Recount(std::string_view mentor, ContinuityPairRow& pair, const ContinuityPersonRow& moves);
  absl::Status Start(const std::string& mentor);
  absl::Status SetActive(const std::string& mentor, bool active);
  absl::Status Touch(const std::string& mentor, std::int32_t day, std::uint64_t position);
  absl::Status TouchPerson(std::int32_t day);
  absl::Status TakeTouch(const std::string& mentor, const event::v1::CheckInStanding& was);

  const Record& record_;
  Rows& rows_;
  const std::string& mentee_;
};

absl::Status MenteeFold::PutMoves(ContinuityPersonRow& moves) {
  std::stable_sort(moves.mutable_moves()->begin(), moves.mutable_moves()->end(), [](const auto& a, const auto& b) {
    return std::tuple(a.effective_on(), a.position()) < std::tuple(b.effective_on(), b.position());
  });
  PutPerson(moves);
  auto pairs = LoadPairs(ScanRows(), mentee_);
  if (!pairs.ok()) return pairs.status();
  for (auto& [mentor, pair] : *pairs) {
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
  const Scratch<ContinuityPersonRow> person;
  if (auto status = Load(rows_, RowKey(mentee_, kPersonTag), *person); !status.ok()) return status;
  const auto id = record_.stream().id.ToBytes();
  const std::int32_t day = record_.header.occurred_on();
  ContinuityPairRow::Start* start = nullptr;
  for (auto& known : *pair->mutable_starts()) {
    if (known.relationship_id() == id) start = &known;
  }
  if (start == nullptr) {
    start = pair->add_starts();
    start->set_relationship_id(id);
    start->set_started_on(day);
  }
  start->set_started_on(std::min(start->started_on(), day));
  if (!start->active()) person->set_active_relationships(person->active_relationships() + 1);
  start->set_active(true);
  person->set_last_start_on(person->has_last_start_on() ? std::max(person->last_start_on(), day) : day);
  PutPerson(*person);
  return Recount(mentor, *pair, *person);
}

absl::Status MenteeFold::SetActive(const std::string& mentor, bool active) {
  const Scratch<ContinuityPairRow> pair;
  if (auto status = Load(rows_, PairKey(mentor), *pair); !status.ok()) return status;
  for (auto& start : *pair->mutable_starts()) {
    if (start.relationship_id() != record_.stream_id() || start.active() == active) continue;
    start.set_active(active);
    rows_.Put(PairKey(mentor), pair->SerializeAsString());
    const Scratch<ContinuityPersonRow> person;
    if (auto status = Load(rows_, RowKey(mentee_, kPersonTag), *person); !status.ok()) return status;
    person->set_active_relationships(active ? person->active_relationships() + 1 : person->active_relationships() - 1);
    PutPerson(*person);
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status MenteeFold::Touch(const std::string& mentor, std::int32_t day, std::uint64_t position) {
  const std::string key = PairKey(mentor);
  const Scratch<ContinuityPairRow> pair;
  if (auto status = Load(rows_, key, *pair); !status.ok()) return status;
  rows_.Add(TouchKey(mentor, day, position), ContinuityTouchRow::default_instance().SerializeAsString());
  const bool last = !pair->has_last_touch_on() || day > pair->last_touch_on();
  if (Notice(*pair, day)) rows_.Put(key, pair->SerializeAsString());
  return last ? TouchPerson(day) : absl::OkStatus();
}

absl::Status MenteeFold::TouchPerson(std::int32_t day) {
  const Scratch<ContinuityPersonRow> person;
  if (auto status = Load(rows_, RowKey(mentee_, kPersonTag), *person); !status.ok()) return status;
  if (NoticeLast(*person, day)) PutPerson(*person);
  return absl::OkStatus();
}

// Removes the touch that stood so.
absl::Status MenteeFold::TakeTouch(const std::string& mentor, const event::v1::CheckInStanding& was) {
  const auto key = TouchKey(mentor, was.met_on(), was.logged_at());
  const auto stored = rows_.Get(key);
  if (!stored.ok()) return stored.status();
  if (!*stored) return UnreadableContinuity();
  rows_.Delete(key);
  const Scratch<ContinuityPairRow> pair;
  if (auto status = Load(rows_, PairKey(mentor), *pair); !status.ok()) return status;
  const Scratch<ContinuityPersonRow> person;
  if (auto status = Load(rows_, RowKey(mentee_, kPersonTag), *person); !status.ok()) return status;
  if (auto status = Recount(mentor, *pair, *person); !status.ok()) return status;
  // It was not the last one, which stays.
  if (!person->has_last_touch_on() || was.met_on() < person->last_touch_on()) return absl::OkStatus();
  const auto pairs = LoadPairs(ScanRows(), mentee_);
  if (!pairs.ok()) return pairs.status();
  person->clear_last_touch_on();
  for (const auto& [other, known] : *pairs) {
    if (known.has_last_touch_on()) NoticeLast(*person, known.last_touch_on());
  }
  PutPerson(*person);
  return absl::OkStatus();
}

absl::Status MenteeFold::Apply(const PersonEvent& event) {
  const Scratch<ContinuityPersonRow> loaded;
  if (auto status = Load(rows_, RowKey(mentee_, kPersonTag), *loaded); !status.ok()) return status;
  auto& moves = *loaded;
  switch (event.event_case()) {
    case PersonEvent::kPersonRegistered:
      moves.set_joined_on(record_.header.occurred_on());
      PutPerson(moves);
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

absl::Status UnreadableContinuity() {
  return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED",
                         "continuity row: not readable, want a rebuild");
}

ContinuityView::ContinuityView(const runtime::EventCodec& codec)
    : codec_(codec), info_{kContinuityViewId, "continuity", storage::ViewMode::kFollower, 4} {}

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
  if (record.header.subjects_size() != 2) return UnreadableContinuity();
  const auto event = codec_.OpenOf<RelationshipEvent>(record);
  return event.ok() ? fold.Apply(**event) : event.status();
}

std::string ContinuityPersonKey(const storage::Id& person) { return RowKey(person.ToBytes(), kPersonTag); }

absl::Status TurnBack(const ScanRange& scan, const storage::Id& person, Day until, ContinuityPersonRow& row) {
  const bool touched_later = row.has_last_touch_on() && row.last_touch_on() > until.value;
  const bool started_later = row.has_last_start_on() && row.last_start_on() > until.value;
  if (!touched_later && !started_later) return absl::OkStatus();
  const auto id = person.ToBytes();
  const auto pairs = LoadPairs(scan, id);
  if (!pairs.ok()) return pairs.status();
  row.clear_last_touch_on();
  row.clear_active_relationships();
  for (const auto& [mentor, pair] : *pairs) {
    for (const auto& start : pair.starts()) {
      if (start.active() && start.started_on() <= until.value)
        row.set_active_relationships(row.active_relationships() + 1);
    }
    if (!pair.has_last_touch_on()) continue;
    std::optional<std::int32_t> last = pair.last_touch_on();
    if (*last > until.value) {
      const auto found = LastTouchBy(scan, RowKey(id, kTouchTag, mentor), until);
      if (!found.ok()) return found.status();
      last = *found;
    }
    if (last) NoticeLast(row, *last);
  }
  return absl::OkStatus();
}

absl::Status VisitPairs(const WalkRange& walk, const std::function<void(const ContinuityPairRow&)>& visit) {
  bool readable = true;
  ContinuityPairRow pair;
  const auto status = walk({}, [&](std::string_view key, std::string_view value) -> std::optional<std::string> {
    readable = key.size() > kIdBytes;
    if (!readable) return std::nullopt;
    if (key[kIdBytes] == kTouchTag) {
      std::string next = storage::PrefixEnd(key.substr(0, kIdBytes));
      return next.empty() ? std::nullopt : std::optional(std::move(next));
    }
    if (key[kIdBytes] == kPairTag) {
      readable = pair.ParseFromArray(value.data(), static_cast<int>(value.size()));
      if (!readable) return std::nullopt;
      visit(pair);
    }
    return std::string();
  });
  if (!status.ok()) return status;
  return readable ? absl::OkStatus() : UnreadableContinuity();
}

}  // namespace mentorlog::today
