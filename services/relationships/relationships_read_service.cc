// The reads of RelationshipsService.
#include <algorithm>
#include <utility>

#include "services/relationships/clock.h"
#include "services/relationships/relationship.h"
#include "services/relationships/relationships_service.h"
#include "services/relationships/telling.h"
#include "services/relationships/touches_view.h"
#include "services/runtime/audience.h"
#include "storage/refusal.h"

namespace mentorlog::relationships {
namespace {

using runtime::Read;
using runtime::Violations;
using storage::Day;
using storage::Id;
using storage::LedgerSnapshot;
using storage::Position;
using storage::StreamKey;
using view::v1::RelationshipState;

constexpr std::uint32_t kSharedPart = 20;

// The rows and states of one log, now or as they stood.
class Source {
 public:
  Source(const runtime::Desk& desk, const LedgerSnapshot& snapshot, std::optional<Position> at)
      : desk_(desk), snapshot_(snapshot), at_(at) {}

  Position position() const { return at_.value_or(snapshot_.head()); }
  absl::StatusOr<std::optional<storage::Revision>> State(const StreamKey& stream, RelationshipState& state) const {
    return at_ ? desk_.states.LoadAsOf(snapshot_, stream, *at_, state) : desk_.states.Load(snapshot_, stream, state);
  }
  absl::StatusOr<TouchesReader> Touches(const StreamKey& stream) const {
    if (at_) return TouchesReader::AsOf(desk_.codec, snapshot_, stream, *at_);
    return TouchesReader(snapshot_, stream);
  }
  // The relationships between two people, of any kind and direction; also those that were not there yet.
  absl::StatusOr<std::vector<StreamKey>> Between(const Id& one, const Id& other) const {
    return RelationshipsBetween(snapshot_, one, other);
  }
  StreamKey Stream(const Id& mentor, const Id& mentee, event::v1::RelationshipKind kind) const {
    const char byte = static_cast<char>(kind);
    return RelationshipStream(desk_.ledger.keyed().DeriveId(
        "relationship", {mentor.ToBytes(), mentee.ToBytes(), std::string_view(&byte, 1)}));
  }
  // The event of a record of the stream, its parts opened as far as the reader may see them; `sight` says how the
  // shared part was met. nullptr if there is no such record.
  template <typename Event>
  absl::StatusOr<Event> Open(const Read& read, const StreamKey& stream, std::uint64_t revision,
                             runtime::Sight& sight) const {
    Event event;
    absl::Status status;
    sight = runtime::Sight::kAbsent;
    const auto scanned = snapshot_.ScanStream(stream, storage::Revision{revision}, [&](storage::Record&& record) {
      status = OpenRecord(read, record, event, sight);
      return false;
    });
    if (!scanned.ok()) return scanned;
    if (!status.ok()) return status;
    return event;
  }

 private:
  template <typename Event>
  absl::Status OpenRecord(const Read& read, const storage::Record& record, Event& event, runtime::Sight& sight) const {
    auto parts = snapshot_.ReadParts(record);
    if (!parts.ok()) return parts.status();
    std::vector<storage::StoredPart> seen;
    for (auto& part : *parts) {
      const auto how = runtime::SeePart(read.caller.actor, record.header, part);
      if (part.description.number() == kSharedPart) sight = how;
      if (how == runtime::Sight::kShown) seen.push_back(std::move(part));
    }
    const auto opened = desk_.codec.ParseWithParts(record, seen);
    if (!opened.ok()) return opened.status();
    if (const auto* typed = dynamic_cast<const Event*>(opened->get())) event = *typed;
    return absl::OkStatus();
  }

  const runtime::Desk& desk_;
  const LedgerSnapshot& snapshot_;
  const std::optional<Position> at_;
};

v1::Cadence Shown(const event::v1::Cadence& cadence) {
  v1::Cadence shown;
  shown.set_ideal_days(cadence.ideal_days());
  shown.set_max_days(cadence.max_days());
  return shown;
}

std::string DayText(std::int32_t day) { return Day{day}.ToText(); }

bool IsOneOfTheTwo(const decider::Actor& actor, const Id& mentor, const Id& mentee) {
  return actor.MayActAs(mentor) || actor.MayActAs(mentee);
}

absl::Status Unknown() {
  return storage::Refuse(absl::StatusCode::kNotFound, "UNKNOWN_RELATIONSHIP",
                         "relationship: none that the caller may know of, want one that was started");
}

void ShowState(const StreamKey& stream, const RelationshipState& state, v1::Relationship& shown) {
  shown.set_relationship_id(stream.id.ToBytes());
  shown.set_mentor_id(state.mentor_id());
  shown.set_mentee_id(state.mentee_id());
  shown.set_kind(static_cast<v1::RelationshipKind>(state.kind()));
  shown.set_status(static_cast<v1::RelationshipStatus>(state.status()));
  shown.set_mode(static_cast<v1::RelationshipMode>(state.mode()));
  shown.set_origin(static_cast<v1::RelationshipOrigin>(state.origin()));
  shown.set_started_on(DayText(state.started_on()));
  shown.set_acknowledged(state.acknowledged());
  *shown.mutable_cadence() = Shown(CadenceOf(state));
  shown.set_cadence_agreed(state.cadence_agreed());
  if (state.has_proposed_cadence()) *shown.mutable_proposed_cadence() = Shown(state.proposed_cadence());
  if (state.has_paused_until()) shown.set_paused_until(DayText(state.paused_until()));
  if (state.has_closed_on()) shown.set_closed_on(DayText(state.closed_on()));
  shown.set_closed_by_id(state.closed_by_id());
  shown.set_evolved_into_id(state.evolved_into_id());
  shown.set_evolved_from_id(state.evolved_from_id());
}

void ShowTouches(const view::v1::TouchesRow& row, v1::Relationship& shown) {
  shown.set_check_ins(row.check_ins());
  shown.set_meetings(row.check_ins() - row.pairs());
  if (row.has_first_on()) shown.set_first_on(DayText(row.first_on()));
  if (row.has_last_on()) shown.set_last_on(DayText(row.last_on()));
  shown.set_longest_gap_days(row.longest_gap_days());
  if (row.longest_gap_days() == 0) return;
  shown.set_longest_gap_from(DayText(row.longest_gap_from()));
  shown.set_longest_gap_to(TouchesReader::GapEnd(row).ToText());
}

// One relationship that is there.
struct Standing {
  StreamKey stream;
  storage::Revision revision;
  RelationshipState state;
  TouchesReader touches;
};

// nullopt: there is none.
absl::StatusOr<std::optional<Standing>> ReadStanding(const Source& source, const StreamKey& stream) {
  RelationshipState state;
  const auto revision = source.State(stream, state);
  if (!revision.ok()) return revision.status();
  if (!*revision) return std::optional<Standing>();
  auto touches = source.Touches(stream);
  if (!touches.ok()) return touches.status();
  return std::optional(Standing{stream, **revision, std::move(state), *std::move(touches)});
}

// What GetRelationship asks.
struct Asked {
  std::optional<Id> relationship;
  Id mentor;
  Id mentee;
  event::v1::RelationshipKind kind = event::v1::RELATIONSHIP_KIND_MENTOR;
  Day on;
  // The last day whose touches count.
  Day until;
};

// State and counts.
absl::Status ShowRelationship(Standing& standing, v1::Relationship& shown) {
  const auto row = standing.touches.Summary();
  if (!row.ok()) return row.status();
  ShowState(standing.stream, standing.state, shown);
  ShowTouches(*row, shown);
  shown.set_revision(standing.revision.value);
  return absl::OkStatus();
}

// The pair's clock in the direction of `mentor` and `mentee`: the strictest cadence of what is not at rest, from the
// last touch in any kind and direction, or from the earliest start, that counts for the day asked: it goes to `last`.
// `known` is one of the two's and need not be read again.
absl::Status ShowClock(const Source& source, const Asked& asked, Standing& known, std::optional<Day>& last,
                       v1::Clock& clock) {
  const Day on = asked.on;
  std::optional<CadenceDays> strictest;
  std::optional<std::int32_t> started_on;
  const auto streams = source.Between(asked.mentor, asked.mentee);
  if (!streams.ok()) return streams.status();
  for (const StreamKey& stream : *streams) {
    std::optional<Standing> other;
    if (stream != known.stream) {
      auto found = ReadStanding(source, stream);
      if (!found.ok()) return found.status();
      // As it stood then, it may not have been there yet.
      if (!*found) continue;
      other = *std::move(found);
    }
    Standing& standing = other ? *other : known;
    const RelationshipState& state = standing.state;
    const auto by = standing.touches.LastBy(asked.until);
    if (!by.ok()) return by.status();
    if (*by && (!last || *last < **by)) last = *by;
    const bool reverse = state.mentor_id() != known.state.mentor_id();
    if (reverse || !IsOpen(state) || state.status() == view::v1::RELATIONSHIP_STATUS_PAUSED) continue;
    if (state.started_on() > asked.until.value) continue;
    const auto cadence = DaysOf(CadenceOf(state));
    strictest = strictest ? Strictest(*strictest, cadence) : cadence;
    started_on = std::min(started_on.value_or(state.started_on()), state.started_on());
  }
  clock.set_on(on.ToText());
  if (last) clock.set_last_touch_on(last->ToText());
  if (!last && !started_on) return absl::OkStatus();
  // Where it is tomorrow already they met today, not in a day's time.
  const std::int32_t from = std::min(on.value, last ? last->value : *started_on);
  clock.set_days_since(on.value - from);
  if (!strictest) return absl::OkStatus();
  clock.mutable_cadence()->set_ideal_days(static_cast<std::uint32_t>(strictest->ideal_days));
  clock.mutable_cadence()->set_max_days(static_cast<std::uint32_t>(strictest->max_days));
  clock.set_next_due_on(DayText(from + strictest->ideal_days));
  clock.set_state(static_cast<v1::ClockState>(LatenessAfter(on.value - from, *strictest)));
  return absl::OkStatus();
}

// `last`: the pair's last touch, as its clock has it.
absl::Status ShowOwed(const Read& read, const Source& source, const StreamKey& stream, const RelationshipState& state,
                      const std::optional<Day>& last, v1::GetRelationshipResponse& response) {
  for (const auto& owed : state.owed()) {
    const auto& debt = owed.debt();
    // A touch in another kind, or one that was on its way when the debt was told, has made it all the same.
    const bool touched = last && last->value >= debt.owed_on();
    if (touched && debt.cause() == event::v1::OWED_CAUSE_MOVE) continue;
    auto& shown = *response.add_owed();
    shown.set_owed_id(debt.owed_id());
    shown.set_cause(static_cast<v1::OwedCause>(debt.cause()));
    shown.set_owed_on(DayText(debt.owed_on()));
    if (debt.has_due_on()) shown.set_due_on(DayText(debt.due_on()));
    shown.set_cause_id(debt.cause_id());
    runtime::Sight sight{};
    const auto event = source.Open<event::v1::TouchOwed>(read, stream, owed.revision(), sight);
    if (!event.ok()) return event.status();
    shown.set_about(static_cast<v1::AskedAbout>(event->shared().about()));
    *shown.mutable_note() = runtime::ShowText(sight, event->shared().note());
  }
  return absl::OkStatus();
}

absl::Status ShowPromises(const Read& read, const Source& source, const StreamKey& stream,
                          const RelationshipState& state, v1::GetRelationshipResponse& response) {
  for (const auto& promise : state.promises()) {
    auto& shown = *response.add_promises();
    shown.set_promise_id(promise.promise_id());
    shown.set_by_id(promise.by_id());
    shown.set_kind(static_cast<v1::PromiseKind>(promise.kind()));
    shown.set_made_on(DayText(promise.made_on()));
    if (promise.has_due_on()) shown.set_due_on(DayText(promise.due_on()));
    runtime::Sight sight{};
    const auto event = source.Open<event::v1::PromiseMade>(read, stream, promise.revision(), sight);
    if (!event.ok()) return event.status();
    *shown.mutable_text() = runtime::ShowText(sight, event->shared().text());
  }
  return absl::OkStatus();
}

void ShowTransition(const RelationshipState& state, v1::GetRelationshipResponse& response) {
  if (!state.has_transition()) return;
  const auto& open = state.transition();
  auto& shown = *response.mutable_transition();
  shown.set_transition_id(open.transition_id());
  shown.set_move_id(open.move_id());
  shown.set_mover_id(open.mover_id());
  shown.set_suggestion(static_cast<v1::Suggestion>(open.suggestion()));
  shown.set_mode(static_cast<v1::RelationshipMode>(open.mode()));
  shown.set_kind(static_cast<v1::RelationshipKind>(open.kind()));
  if (open.has_cadence()) *shown.mutable_cadence() = Shown(open.cadence());
  shown.set_answer_by(DayText(open.answer_by()));
}

absl::Status AnswerGet(const Read& read, const Source& source, Asked asked, v1::GetRelationshipResponse& response) {
  const StreamKey stream = asked.relationship ? RelationshipStream(*asked.relationship)
                                              : source.Stream(asked.mentor, asked.mentee, asked.kind);
  auto standing = ReadStanding(source, stream);
  if (!standing.ok()) return standing.status();
  if (!*standing) return Unknown();
  const RelationshipState& state = (*standing)->state;
  const auto mentor = Id::FromBytes(state.mentor_id());
  const auto mentee = Id::FromBytes(state.mentee_id());
  // Who is not one of the two does not learn whether there is one.
  if (!mentor || !mentee || !IsOneOfTheTwo(read.caller.actor, *mentor, *mentee)) return Unknown();
  if (auto status = ShowRelationship(**standing, *response.mutable_relationship()); !status.ok()) return status;
  asked.mentor = *mentor;
  asked.mentee = *mentee;
  std::optional<Day> last;
  if (auto status = ShowClock(source, asked, **standing, last, *response.mutable_clock()); !status.ok()) return status;
  if (auto status = ShowOwed(read, source, stream, state, last, response); !status.ok()) return status;
  if (auto status = ShowPromises(read, source, stream, state, response); !status.ok()) return status;
  ShowTransition(state, response);
  response.set_position(source.position().value);
  return absl::OkStatus();
}

// One page of a person's relationships.
absl::Status AnswerList(const Read& read, const Source& source, const Id& person,
                        const v1::ListRelationshipsRequest& request, v1::ListRelationshipsResponse& response) {
  const std::string query = "relationships-of:" + person.ToHex();
  const auto after = runtime::DecodePageToken(query, request.page_token());
  if (!after.ok()) return after.status();
  const std::string from = after->empty() ? person.ToBytes() : *after + '\0';
  const int page_size = runtime::PageSize(request.page_size());
  std::string last;
  absl::Status status;
  const auto scanned = read.snapshot.ScanRows(
      kRelationshipsOfViewId, from, storage::PrefixEnd(person.ToBytes()), [&](std::string_view key, std::string_view) {
        const auto id = RelationshipOfKey(key);
        if (!id) return true;
        auto standing = ReadStanding(source, RelationshipStream(*id));
        if (!standing.ok()) {
          status = standing.status();
          return false;
        }
        if (!*standing) return true;
        const RelationshipState& state = (*standing)->state;
        const auto mentor = Id::FromBytes(state.mentor_id());
        const auto mentee = Id::FromBytes(state.mentee_id());
        const bool known = mentor && mentee && IsOneOfTheTwo(read.caller.actor, *mentor, *mentee);
        if (!known || (!request.include_closed() && !IsOpen(state))) return true;
        // A further page there is only of what this reader may know: a token would tell of the rest.
        if (response.relationships_size() == page_size) {
          response.set_next_page_token(runtime::EncodePageToken(query, last));
          return false;
        }
        status = ShowRelationship(**standing, *response.add_relationships());
        if (!status.ok()) return false;
        last = std::string(key);
        return true;
      });
  return scanned.ok() ? status : scanned;
}

}  // namespace

RelationshipsService::Reactor* RelationshipsService::GetRelationship(Context* context,
                                                                     const v1::GetRelationshipRequest* request,
                                                                     v1::GetRelationshipResponse* response) {
  Violations violations;
  Asked asked;
  asked.relationship = violations.OptionalId("relationship_id", request->relationship_id());
  if (!asked.relationship) {
    asked.mentor = violations.RequireId("mentor_id", request->mentor_id());
    asked.mentee = violations.RequireId("mentee_id", request->mentee_id());
    violations.OptionalEnum("kind", v1::RelationshipKind_descriptor(), request->kind());
    if (request->kind() != v1::RELATIONSHIP_KIND_UNSPECIFIED) {
      asked.kind = static_cast<event::v1::RelationshipKind>(request->kind());
    }
  }
  asked.on = violations.OptionalDay("on", request->on()).value_or(Today());
  asked.until = CountsUntil(asked.on, edge_.desk.clock.Now());
  const auto read_it = [this, request, response, asked, wrong = violations.status()](const Read& read) -> absl::Status {
    if (!wrong.ok()) return wrong;
    const auto at = runtime::AsOf(read.snapshot, request->as_known_at());
    if (!at.ok()) return at.status();
    return AnswerGet(read, Source(edge_.desk, read.snapshot, *at), asked, *response);
  };
  // A few points now; the past is folded from the pair's streams.
  if (request->as_known_at().at_case() == v1::AsKnownAt::AT_NOT_SET) return runtime::Answer(edge_, context, read_it);
  return runtime::AnswerOnPool(edge_, context, {}, read_it);
}

RelationshipsService::Reactor* RelationshipsService::ListRelationships(Context* context,
                                                                       const v1::ListRelationshipsRequest* request,
                                                                       v1::ListRelationshipsResponse* response) {
  Violations violations;
  const Id person = violations.RequireId("person_id", request->person_id());
  return runtime::AnswerOnPool(
      edge_, context, {},
      [this, request, response, person, wrong = violations.status()](const Read& read) -> absl::Status {
        if (!wrong.ok()) return wrong;
        return AnswerList(read, Source(edge_.desk, read.snapshot, std::nullopt), person, *request, *response);
      });
}

}  // namespace mentorlog::relationships
