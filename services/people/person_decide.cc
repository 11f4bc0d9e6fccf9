// Decide: one overload per command.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/people/person.h"

namespace mentorlog::people {
namespace {

using absl::StatusCode;
using decider::Context;
using decider::Day;
using decider::Decision;
using decider::Facts;
using decider::Id;
using decider::MakeFact;
using decider::NotInFuture;
using decider::Refuse;
using view::v1::ExternalState;
using view::v1::PersonState;

bool Claimed(const ExternalState& claim) { return !claim.person_id().empty() && !claim.released(); }

absl::Status Taken() {
  auto status = Refuse(StatusCode::kAlreadyExists, "EXTERNAL_ID_TAKEN",
                       "external_id: held by another person, want one that nobody holds", {{"field", "external_id"}});
  decider::AddFieldViolation(status, "external_id", "want one that nobody holds");
  return status;
}

absl::Status Full(std::string_view what, int most, std::string_view wish = "want one corrected instead") {
  return Refuse(StatusCode::kFailedPrecondition, "PERSON_FULL",
                absl::StrCat("person: has ", most, " ") + std::string(what) + ", " + std::string(wish),
                {{"most", absl::StrCat(most)}});
}

absl::Status UnknownMove(std::string_view field, const Id& move) {
  return Refuse(StatusCode::kNotFound, "UNKNOWN_MOVE",
                std::string(field) + ": " + move.ToHex() + ", want a move or an announcement of this person",
                {{"field", std::string(field)}, {"move", move.ToHex()}});
}

absl::Status NotOpen(std::string_view field, const Id& move) {
  return Refuse(StatusCode::kFailedPrecondition, "ANNOUNCEMENT_NOT_OPEN",
                std::string(field) + ": " + move.ToHex() + " came true or was taken back, want an open announcement",
                {{"field", std::string(field)}, {"move", move.ToHex()}});
}

absl::Status EffectiveAfter(Day effective_on, Day announced_on) {
  if (effective_on > announced_on) return absl::OkStatus();
  const std::string wish = "want a day after the announcement (" + announced_on.ToText() + ")";
  auto status = Refuse(StatusCode::kInvalidArgument, "EFFECTIVE_BEFORE_ANNOUNCED",
                       "effective_on: " + effective_on.ToText() + ", " + wish,
                       {{"field", "effective_on"}, {"announced_on", announced_on.ToText()}});
  decider::AddFieldViolation(status, "effective_on", wish);
  return status;
}

// An external id becomes a person's: the link on their stream and the claim on its own.
void AddLink(const Context& context, Facts& facts, const Id& person, const ExternalIdGiven& given, Day occurred_on) {
  const auto claim = ExternalStream(*context.ids, given.system, given.external_id);
  event::v1::ExternalIdLinked linked;
  linked.set_claim_id(claim.id.ToBytes());
  if (given.valid_from) linked.set_valid_from_on(given.valid_from->value);
  linked.mutable_external()->set_system(given.system);
  linked.mutable_external()->set_external_id(given.external_id);
  facts.facts.push_back(MakeFact(PersonStream(person), std::move(linked), occurred_on, {person}));
  event::v1::ExternalIdClaimed claimed;
  claimed.set_person_id(person.ToBytes());
  facts.facts.push_back(MakeFact(claim, std::move(claimed), occurred_on, {person}));
}

bool FullOfMoves(const PersonState& person) { return person.moves_size() + person.announcements_size() >= kMovesMax; }

bool Same(const event::v1::Role& a, const event::v1::Role& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

// What is told of the role's scope; nullopt: nothing.
std::optional<event::v1::RoleScope> ScopeOf(const RoleTold& told) {
  if (!told.line && !told.people_managed) return std::nullopt;
  event::v1::RoleScope scope;
  if (told.line) scope.set_line(*told.line);
  if (told.people_managed) scope.set_people_managed(*told.people_managed);
  return scope;
}

const event::v1::Role& RoleOf(const PersonState::Move* move) {
  return move == nullptr ? event::v1::Role::default_instance() : move->to();
}

bool IsOpen(const PersonState::Move& announcement) {
  return !announcement.retracted() && announcement.came_true_as().empty();
}

// A move that counts, or an announcement that is open.
absl::StatusOr<const PersonState::Move*> FindLiving(const PersonState& person, const Id& id) {
  const auto* move = FindMove(person, id);
  if (move == nullptr) return UnknownMove("move_id", id);
  if (move->retracted()) {
    return Refuse(StatusCode::kFailedPrecondition, "MOVE_RETRACTED_ALREADY",
                  "move_id: " + id.ToHex() + " was taken back, want one that counts",
                  {{"field", "move_id"}, {"move", id.ToHex()}});
  }
  if (!move->came_true_as().empty()) return NotOpen("move_id", id);
  return move;
}

// The announcement that a move makes true: the one named, or else the open one of the same day and type. An empty id
// if there is none.
absl::StatusOr<std::string> AnnouncementFor(const PersonState& person, const RecordMove& command) {
  for (const auto& announcement : person.announcements()) {
    if (command.announcement) {
      if (announcement.move_id() != command.announcement->ToBytes()) continue;
      if (!IsOpen(announcement)) return NotOpen("announcement_id", *command.announcement);
      return announcement.move_id();
    }
    const bool fits = announcement.effective_on() == command.effective_on.value && announcement.type() == command.type;
    if (fits && IsOpen(announcement)) return announcement.move_id();
  }
  if (command.announcement) return UnknownMove("announcement_id", *command.announcement);
  return std::string();
}

void AdviseMove(const PersonState& person, event::v1::MoveType type, Day day, const PersonState::Move* before,
                Facts& facts) {
  if (day.value < person.joined_on()) {
    facts.Advise("DATED_BEFORE_JOINING", "effective_on",
                 day.ToText() + " is before the day of joining (" + Day{person.joined_on()}.ToText() + ")");
  }
  const bool left = before != nullptr && before->type() == event::v1::MOVE_TYPE_EXIT;
  if (left && type != event::v1::MOVE_TYPE_REHIRE && type != event::v1::MOVE_TYPE_HIRE) {
    facts.Advise("MOVE_AFTER_EXIT", "type",
                 "the person left on " + Day{before->effective_on()}.ToText() + "; a return is a rehire");
  }
}

void TellReported(const RoleTold& from, event::v1::PersonMoved::Reported& reported) {
  *reported.mutable_from() = Merge({}, from);
  if (from.line) reported.set_from_line(*from.line);
  if (from.people_managed) reported.set_from_people_managed(*from.people_managed);
}

void AdviseTwice(const PersonState& person, const RecordMove& command, const event::v1::Role& to, Facts& facts) {
  // What is sealed cannot be compared.
  if (ScopeOf(command.to)) return;
  for (const auto& move : person.moves()) {
    if (move.retracted() || move.effective_on() != command.effective_on.value || move.type() != command.type) continue;
    if (!Same(move.to(), to)) continue;
    facts.Advise("MOVE_RECORDED_TWICE", "effective_on",
                 "the same move on " + command.effective_on.ToText() + " is recorded already");
    return;
  }
}

}  // namespace

decider::StreamKey ExternalStream(const decider::Ids& ids, std::string_view system, std::string_view external_id) {
  return {kExternalKind, ids.Derived("external", {system, external_id})};
}

Decision Decide(const Context& context, const ExternalState& claim, const RegisterPerson& command) {
  if (auto status = NotInFuture(context, "occurred_on", command.joined_on); !status.ok()) return status;
  if (command.external_id && Claimed(claim)) return Taken();
  const Id person = context.ids->Generated(0);
  event::v1::PersonRegistered registered;
  auto* details = registered.mutable_details();
  details->set_display_name(command.display_name);
  details->set_email(command.email);
  details->set_locale(command.locale);
  details->set_time_zone(command.time_zone);
  Facts facts;
  facts.facts.push_back(MakeFact(PersonStream(person), std::move(registered), command.joined_on, {person}));
  if (command.external_id) AddLink(context, facts, person, *command.external_id, command.joined_on);
  return facts;
}

Decision Decide(const Context& context, const PersonState& person, const ExternalState& claim,
                const LinkExternalId& command) {
  if (auto status = NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  Facts facts;
  if (Claimed(claim)) {
    if (claim.person_id() == command.person.ToBytes()) return facts;
    return Taken();
  }
  if (person.links_size() >= kExternalIdsMax) return Full("external ids", kExternalIdsMax);
  AddLink(context, facts, command.person, command.external_id, command.occurred_on);
  return facts;
}

Decision Decide(const Context& context, const PersonState&, const ExternalState& claim,
                const UnlinkExternalId& command) {
  if (auto status = NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  if (!Claimed(claim) || claim.person_id() != command.person.ToBytes()) {
    return Refuse(StatusCode::kNotFound, "EXTERNAL_ID_NOT_LINKED",
                  "external_id: not one of person " + command.person.ToHex() + ", want one that they hold",
                  {{"field", "external_id"}, {"person", command.person.ToHex()}});
  }
  const auto stream = ExternalStream(*context.ids, command.system, command.external_id);
  Facts facts;
  event::v1::ExternalIdUnlinked unlinked;
  unlinked.set_claim_id(stream.id.ToBytes());
  facts.facts.push_back(
      MakeFact(PersonStream(command.person), std::move(unlinked), command.occurred_on, {command.person}));
  event::v1::ExternalIdReleased released;
  released.set_person_id(command.person.ToBytes());
  facts.facts.push_back(MakeFact(stream, std::move(released), command.occurred_on, {command.person}));
  return facts;
}

Decision Decide(const Context& context, const PersonState& person, const AnnounceMove& command) {
  if (auto status = NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  if (auto status = EffectiveAfter(command.effective_on, command.occurred_on); !status.ok()) return status;
  if (FullOfMoves(person)) return Full("moves", kMovesMax);
  const auto* before = MoveOn(person, command.effective_on);
  event::v1::MoveAnnounced announced;
  announced.set_move_id(context.ids->Generated(0).ToBytes());
  announced.set_type(command.type);
  announced.set_effective_on(command.effective_on.value);
  *announced.mutable_to() = Merge(RoleOf(before), command.to);
  if (auto scope = ScopeOf(command.to)) *announced.mutable_scope() = *std::move(scope);
  Facts facts;
  AdviseMove(person, command.type, command.effective_on, before, facts);
  if (command.effective_on < context.today) {
    facts.Advise("ANNOUNCED_DAY_PASSED", "effective_on",
                 command.effective_on.ToText() + " has passed; record the move if it happened");
  }
  facts.facts.push_back(
      MakeFact(PersonStream(command.person), std::move(announced), command.occurred_on, {command.person}));
  return facts;
}

Decision Decide(const Context& context, const PersonState& person, const RecordMove& command) {
  if (auto status = NotInFuture(context, "effective_on", command.effective_on); !status.ok()) return status;
  auto announcement = AnnouncementFor(person, command);
  if (!announcement.ok()) return announcement.status();
  if (FullOfMoves(person)) return Full("moves", kMovesMax);
  const auto* before = MoveOn(person, command.effective_on);
  event::v1::PersonMoved moved;
  moved.set_move_id(context.ids->Generated(0).ToBytes());
  moved.set_type(command.type);
  moved.set_effective_on(command.effective_on.value);
  *moved.mutable_to() = Merge(RoleOf(before), command.to);
  if (auto scope = ScopeOf(command.to)) *moved.mutable_scope() = *std::move(scope);
  moved.set_announcement_id(*std::move(announcement));
  if (command.from_reported) TellReported(*command.from_reported, *moved.mutable_reported());
  if (command.confidence != 0) moved.mutable_reported()->set_confidence(command.confidence);
  Facts facts;
  AdviseMove(person, command.type, command.effective_on, before, facts);
  AdviseTwice(person, command, moved.to(), facts);
  facts.facts.push_back(
      MakeFact(PersonStream(command.person), std::move(moved), command.effective_on, {command.person}));
  return facts;
}

Decision Decide(const Context& context, const PersonState& person, const CorrectMove& command) {
  if (auto status = NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  const auto found = FindLiving(person, command.move);
  if (!found.ok()) return found.status();
  const auto* move = *found;
  const Day effective_on = command.effective_on.value_or(Day{move->effective_on()});
  const bool is_announcement = std::any_of(person.announcements().begin(), person.announcements().end(),
                                           [&](const auto& other) { return &other == move; });
  const auto dated = is_announcement ? EffectiveAfter(effective_on, Day{move->told_on()})
                                     : NotInFuture(context, "effective_on", effective_on);
  if (!dated.ok()) return dated;

  event::v1::MoveCorrected corrected;
  corrected.set_move_id(move->move_id());
  corrected.set_type(command.type.value_or(move->type()));
  corrected.set_effective_on(effective_on.value);
  *corrected.mutable_to() = Merge(move->to(), command.to);
  Facts facts;
  auto scope = ScopeOf(command.to);
  // What is sealed cannot be compared.
  if (!scope && corrected.type() == move->type() && effective_on.value == move->effective_on() &&
      Same(corrected.to(), move->to())) {
    return facts;
  }
  const int more = (scope ? 1 : 0) + (command.reason.empty() ? 0 : 1);
  if (more > 0 && move->sealed_size() + more > kSealedMax) {
    return Full("reasons and scopes of one move", kSealedMax, "want a correction without either");
  }
  if (scope) *corrected.mutable_scope() = *std::move(scope);
  if (!command.reason.empty()) corrected.mutable_why()->set_reason(command.reason);
  auto place = *move;
  place.set_effective_on(effective_on.value);
  AdviseMove(person, corrected.type(), effective_on, MoveBefore(person, place), facts);
  facts.facts.push_back(
      MakeFact(PersonStream(command.person), std::move(corrected), command.occurred_on, {command.person}));
  return facts;
}

Decision Decide(const Context& context, const PersonState& person, const RetractMove& command) {
  if (auto status = NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  const bool wrong_person = command.reason == event::v1::MOVE_RETRACTION_REASON_WRONG_PERSON;
  const auto* move = FindMove(person, command.move);
  // Who learns afterwards that it was somebody else's has the texts destroyed all the same.
  const bool again = move != nullptr && move->retracted() && wrong_person && !move->sealed().empty();
  if (!again) {
    if (const auto found = FindLiving(person, command.move); !found.ok()) return found.status();
  }
  event::v1::MoveRetracted retracted;
  retracted.set_move_id(move->move_id());
  retracted.set_reason(command.reason);
  if (again) retracted.set_already_retracted(true);
  if (!command.note.empty()) retracted.mutable_why()->set_note(command.note);
  Facts facts;
  if (wrong_person) {
    for (const auto& sealed : move->sealed()) {
      log::v1::PartRef removal;
      removal.set_stream(PersonStream(command.person).ToBytes());
      removal.set_revision(sealed.revision());
      removal.set_part(sealed.part());
      facts.removals.push_back(std::move(removal));
    }
  }
  facts.facts.push_back(
      MakeFact(PersonStream(command.person), std::move(retracted), command.occurred_on, {command.person}));
  return facts;
}

}  // namespace mentorlog::people
