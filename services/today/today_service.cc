// Today and the pair; timelines and figures have files of their own.
#include "services/today/today_service.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "mentorlog/view/v1/people_state.pb.h"
#include "services/today/ladder.h"
#include "services/today/pair_view.h"
#include "services/today/words.h"

namespace mentorlog::today {
namespace {

using runtime::Read;
using storage::Day;
using storage::Id;
using view::v1::PairRow;

constexpr std::size_t kCouldWaitMax = 100;
constexpr std::uint8_t kPersonKind = 1;

absl::Status NotPermitted(std::string_view field) {
  return storage::Refuse(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED",
                         absl::StrCat(std::string(field), ": want the caller's own"), {{"field", std::string(field)}});
}

std::string RoleText(const event::v1::Role& role) {
  std::vector<std::string> pieces;
  for (const auto* piece : {&role.title(), &role.unit(), &role.site()}) {
    if (!piece->empty()) pieces.push_back(*piece);
  }
  return absl::StrJoin(pieces, ", ");
}

// The move that a debt came from, if it is one of this person's.
absl::StatusOr<std::optional<MoveBehind>> FindMove(const runtime::Desk& desk, const storage::LedgerSnapshot& snapshot,
                                                   const Id& person, const std::string& move_id, bool by_mentee) {
  view::v1::PersonState state;
  const auto loaded = desk.states.Load(snapshot, {kPersonKind, person}, state);
  if (!loaded.ok()) return loaded.status();
  for (const auto& move : state.moves()) {
    if (move.move_id() == move_id) return MoveBehind{by_mentee, RoleText(move.to()), Day{move.effective_on()}};
  }
  return std::nullopt;
}

void AddOpen(v1::GetPairResponse& response, std::string_view what, const std::string& id, const std::string& by,
             std::optional<std::int32_t> on, std::uint64_t position) {
  auto& item = *response.add_open();
  item.set_what(std::string(what));
  item.set_id(id);
  item.set_by_id(by);
  if (on) item.set_on(Day{*on}.ToText());
  item.set_position(position);
}

void ShowPair(const PairRow& row, const std::string& self, const std::string& other, v1::GetPairResponse& response) {
  for (const auto& slot : row.slots()) {
    auto& shown = *response.add_relationships();
    shown.set_relationship_id(slot.relationship_id());
    shown.set_kind(Word(*event::v1::RelationshipKind_descriptor(), slot.kind()));
    shown.set_mentor_id(slot.as_mentor() ? self : other);
    shown.set_mentee_id(slot.as_mentor() ? other : self);
    shown.set_status(Word(*PairRow::Status_descriptor(), slot.status()));
    shown.set_mode(Word(*event::v1::RelationshipMode_descriptor(), slot.mode()));
    const auto cadence = CadenceOf(slot);
    shown.set_ideal_days(static_cast<std::uint32_t>(cadence.ideal_days));
    shown.set_max_days(static_cast<std::uint32_t>(cadence.max_days));
    shown.set_started_on(Day{slot.started_on()}.ToText());
  }
  if (row.has_last_touch_on()) response.set_last_touch_on(Day{row.last_touch_on()}.ToText());
  response.set_last_touch_at(row.last_touch_at());
  response.set_touches(row.touches());
  const auto day = [](const auto& item) { return item.has_due_on() ? std::optional(item.due_on()) : std::nullopt; };
  for (const auto& item : row.debts()) {
    AddOpen(response, "owed", item.owed_id(), item.as_mentor() ? self : other, day(item), item.position());
  }
  for (const auto& item : row.promises()) {
    AddOpen(response, "promise", item.promise_id(), item.own() ? self : other, day(item), item.position());
  }
  for (const auto& item : row.offers()) {
    AddOpen(response, "offer", item.assignment_id(), item.as_mentor() ? other : self, item.respond_by(),
            item.position());
  }
}

}  // namespace

v1::PersonRef TodayService::Ref(const Id& person) const {
  v1::PersonRef ref;
  ref.set_person_id(person.ToBytes());
  ref.set_display_name(names_.Name(person));
  return ref;
}

absl::Status TodayService::ShowToday(const Read& read, const Id& mentor, Day on, v1::GetTodayResponse& response) const {
  const auto until = CountsUntil(on);
  const auto pairs = ReadPairsAsMentor(read.snapshot, mentor, until);
  if (!pairs.ok()) return pairs.status();
  std::vector<Mentee> mentees;
  mentees.reserve(pairs->size());
  for (const auto& pair : *pairs) mentees.push_back({pair.other, &pair.row});
  const auto ladder = Climb(mentor, mentees, on, until);
  const auto show = [&](const Card& card, v1::TodayCard& shown) -> absl::Status {
    *shown.mutable_mentee() = Ref(card.mentee);
    std::optional<MoveBehind> move;
    if (card.rung == Rung::kOwedAfterMove) {
      auto found = FindMove(edge_.desk, read.snapshot, card.mentee, card.cause_id, true);
      if (found.ok() && !*found) found = FindMove(edge_.desk, read.snapshot, mentor, card.cause_id, false);
      if (!found.ok()) return found.status();
      move = *std::move(found);
    }
    shown.set_rung(static_cast<v1::Rung>(card.rung));
    shown.set_sentence(Sentence(card, shown.mentee().display_name(), move, on));
    shown.set_days_waiting(card.days_waiting);
    if (card.due_on) shown.set_due_on(card.due_on->ToText());
    if (card.last_touch_on) shown.set_last_touch_on(card.last_touch_on->ToText());
    for (const auto position : card.because) shown.add_because(position);
    shown.set_ideal_days(static_cast<std::uint32_t>(card.cadence.ideal_days));
    shown.set_max_days(static_cast<std::uint32_t>(card.cadence.max_days));
    return absl::OkStatus();
  };
  response.set_on(on.ToText());
  for (const auto& card : ladder.cards) {
    if (auto status = show(card, *response.add_cards()); !status.ok()) return status;
  }
  for (std::size_t i = 0; i < std::min(kCouldWaitMax, ladder.could_wait.size()); ++i) {
    if (auto status = show(ladder.could_wait[i], *response.add_could_wait()); !status.ok()) return status;
  }
  response.set_could_wait_total(static_cast<std::uint32_t>(ladder.could_wait.size()));
  response.set_sleeping(ladder.sleeping);
  response.set_mentees(ladder.mentees);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* TodayService::GetToday(Context* context, const v1::GetTodayRequest* request,
                                                 v1::GetTodayResponse* response) {
  runtime::Violations violations;
  const Id mentor = violations.RequireId("mentor_id", request->mentor_id());
  const Day on = violations.OptionalDay("on", request->on()).value_or(Today());
  return runtime::AnswerOnPool(
      edge_, context, {}, [this, response, mentor, on, wrong = violations.status()](const Read& read) -> absl::Status {
        if (!wrong.ok()) return wrong;
        if (!read.caller.actor.MayActAs(mentor)) return NotPermitted("mentor_id");
        return ShowToday(read, mentor, on, *response);
      });
}

grpc::ServerUnaryReactor* TodayService::GetPair(Context* context, const v1::GetPairRequest* request,
                                                v1::GetPairResponse* response) {
  runtime::Violations violations;
  const Id self = violations.RequireId("person_id", request->person_id());
  const Id other = violations.RequireId("other_id", request->other_id());
  return runtime::Answer(edge_, context, [&](const Read& read) -> absl::Status {
    if (auto wrong = violations.status(); !wrong.ok()) return wrong;
    const auto& actor = read.caller.actor;
    if (!actor.MayActAs(self) && !actor.MayActAs(other)) return NotPermitted("person_id");
    const auto row = ReadPair(read.snapshot, self, other);
    if (!row.ok()) return row.status();
    ShowPair(*row, self.ToBytes(), other.ToBytes(), *response);
    // Advocacy is its author's alone until it is told.
    for (const auto& item : row->advocacies()) {
      const Id& by = item.own() ? self : other;
      if (!actor.MayActAs(by)) continue;
      AddOpen(*response, "advocacy", item.advocacy_id(), by.ToBytes(), item.made_on(), item.position());
    }
    return absl::OkStatus();
  });
}

}  // namespace mentorlog::today
