#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "services/people/people_commands.h"
#include "services/relationships/relationships_commands.h"
#include "services/relationships/telling.h"

// Logging a check-in: whom with, and what follows.
namespace mentorlog::relationships {
namespace {

using decider::Context;
using decider::Decision;
using decider::Facts;
using decider::Id;
using decider::Refuse;
using decider::Reliance;
using decider::States;
using decider::StreamKey;
using internal::Teller;
using view::v1::RelationshipState;

// Ids that one check-in and its promises take.
constexpr std::uint32_t kIdsPerCheckIn = 64;

// The relationship that a check-in belongs to.
struct Target {
  StreamKey stream;
  Id mentor;
  Id mentee;
  event::v1::RelationshipKind kind = event::v1::RELATIONSHIP_KIND_MENTOR;
  RelationshipState state;
  bool exists = false;
};

absl::Status InvalidWith(const std::string& field, const std::string& found, const std::string& wish) {
  auto status = Refuse(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", field + ": " + found + ", " + wish,
                       {{"field", field}});
  decider::AddFieldViolation(status, field, wish);
  return status;
}

absl::StatusOr<Target> LoadTarget(const Context& context, States& states, const Id& mentor, const Id& mentee,
                                  event::v1::RelationshipKind kind) {
  Target target{RelationshipStream(*context.ids, mentor, mentee, kind), mentor, mentee, kind, {}, false};
  const auto revision = states.Load(target.stream, Reliance::kExists, target.state);
  if (!revision.ok()) return revision.status();
  target.exists = revision->has_value();
  return target;
}

// An open one before a closed one, then the one touched last; earlier candidates win a tie.
std::pair<bool, std::int32_t> Closeness(const RelationshipState& state) {
  return {IsOpen(state), state.touches().empty() ? state.started_on() : state.touches(0).met_on()};
}

// The relationship touched last among the four kinds, or of the one asked for, of each of the directions; if there is
// none the first direction's, as a mentor's or of the kind asked for.
absl::StatusOr<Target> LastTouched(const Context& context, States& states, const std::string& field,
                                   const std::vector<std::pair<Id, Id>>& directions, event::v1::RelationshipKind asked,
                                   Facts& facts) {
  std::optional<Target> best;
  int found = 0;
  for (const auto& [mentor, mentee] : directions) {
    for (const auto kind : kKinds) {
      if (asked != event::v1::RELATIONSHIP_KIND_UNSPECIFIED && asked != kind) continue;
      auto candidate = LoadTarget(context, states, mentor, mentee, kind);
      if (!candidate.ok()) return candidate.status();
      found += candidate->exists ? 1 : 0;
      const bool better =
          best && candidate->exists && (!best->exists || Closeness(best->state) < Closeness(candidate->state));
      if (!best || better) best = *std::move(candidate);
    }
  }
  if (found > 1) {
    const std::string name = event::v1::RelationshipKind_Name(best->kind);
    facts.Advise("LAST_TOUCHED_TAKEN", field,
                 absl::StrCat(found, " relationships with this person: taken as ",
                              name.substr(std::string_view("RELATIONSHIP_KIND_").size())));
  }
  return *std::move(best);
}

absl::StatusOr<Target> Resolve(const Context& context, States& states, const With& with, const std::string& field,
                               Facts& facts) {
  if (with.relationship) {
    auto state = LoadOwnRelationship(context, states, *with.relationship, Reliance::kExists);
    if (!state.ok()) return state.status();
    return Target{RelationshipStream(*with.relationship),
                  *Id::FromBytes(state->mentor_id()),
                  *Id::FromBytes(state->mentee_id()),
                  state->kind(),
                  *std::move(state),
                  true};
  }
  const auto& actor = context.actor.person;
  if (!with.mentor && !with.mentee && !with.person) return InvalidWith(field, "nobody", "want somebody");
  if (!(with.mentor && with.mentee) && !actor) {
    return InvalidWith(field, "one person, and the caller is none", "want mentor_id and mentee_id");
  }
  std::vector<std::pair<Id, Id>> directions;
  if (with.mentor || with.mentee) {
    directions.emplace_back(with.mentor ? *with.mentor : *actor, with.mentee ? *with.mentee : *actor);
  } else {
    directions = {{*actor, *with.person}, {*with.person, *actor}};
  }
  const auto& [mentor, mentee] = directions.front();
  if (mentor == mentee) {
    auto status = Refuse(absl::StatusCode::kInvalidArgument, "SELF_MENTORING", field + ": oneself, want somebody else",
                         {{"field", field}});
    decider::AddFieldViolation(status, field, "want somebody else");
    return status;
  }
  if (directions.size() == 1 && with.kind != event::v1::RELATIONSHIP_KIND_UNSPECIFIED) {
    return LoadTarget(context, states, mentor, mentee, with.kind);
  }
  return LastTouched(context, states, field, directions, with.kind, facts);
}

// What is said of the relationship as it stands; the check-in is taken anyway.
void Advise(const RelationshipState& state, const LogCheckIn& command, const std::string& field, Facts& facts) {
  if (state.status() == view::v1::RELATIONSHIP_STATUS_CLOSED) {
    facts.Advise("LOGGED_ON_CLOSED", field, "the relationship is closed: it may be opened again");
  }
  if (state.status() == view::v1::RELATIONSHIP_STATUS_DECLINED) {
    facts.Advise("LOGGED_ON_DECLINED", field, "the relationship was declined: it may be started again");
  }
  if (command.occurred_on.value < state.started_on()) {
    facts.Advise("DATED_BEFORE_START", "occurred_on",
                 "the relationship started on " + decider::Day{state.started_on()}.ToText());
  }
}

absl::Status TellFirstTouch(const Context& context, States& states, const Target& target, const Teller& teller,
                            const LogCheckIn& command, const std::string& field, Facts& facts) {
  if (auto status = people::RequirePerson(states, target.mentor, field + ".mentor_id"); !status.ok()) return status;
  if (auto status = people::RequirePerson(states, target.mentee, field + ".mentee_id"); !status.ok()) return status;
  event::v1::RelationshipStarted event;
  event.set_mentor_id(target.mentor.ToBytes());
  event.set_mentee_id(target.mentee.ToBytes());
  event.set_kind(target.kind);
  event.set_origin(event::v1::RELATIONSHIP_ORIGIN_FIRST_TOUCH);
  event.set_acknowledged(context.imported());
  if (const auto side = internal::OneOfTheTwo(context, target.mentor, target.mentee)) {
    event.set_started_by_id(side->ToBytes());
  }
  teller.Tell(facts, std::move(event), command.occurred_on);
  facts.Advise("STARTED_BY_FIRST_TOUCH", field, "no relationship was declared with this person: one was started");
  return absl::OkStatus();
}

event::v1::CheckInLogged EventOf(const LogCheckIn& command, const Id& checkin, const std::vector<Id>& also_with) {
  event::v1::CheckInLogged event;
  event.set_checkin_id(checkin.ToBytes());
  event.set_channel(command.channel);
  event.set_initiated_by(command.initiated_by);
  event.set_career_talk(command.career_talk);
  event::v1::CheckInText shared;
  shared.set_gist(command.gist);
  for (const auto topic : command.topics) shared.add_topics(topic);
  for (const auto piece : command.pieces) shared.add_pieces(piece);
  for (const auto& prompt : command.prompt_ids) shared.add_prompt_ids(prompt);
  for (const auto& person : also_with) shared.add_also_with_ids(person.ToBytes());
  if (shared.ByteSizeLong() > 0) *event.mutable_shared() = std::move(shared);
  if (!command.private_note.empty()) event.mutable_private_note()->set_note(command.private_note);
  return event;
}

// The debts that this touch ends; `answered` gathers the ones named in the command.
void TellOwed(const Teller& teller, const RelationshipState& state, const LogCheckIn& command, const Id& checkin,
              std::set<Id>& answered, Facts& facts) {
  for (const auto& owed : state.owed()) {
    const auto named = std::find_if(command.owed.begin(), command.owed.end(), [&](const OwedAnswer& answer) {
      return answer.owed.ToBytes() == owed.debt().owed_id();
    });
    const bool first_after_move =
        owed.debt().cause() == event::v1::OWED_CAUSE_MOVE && command.occurred_on.value >= owed.debt().owed_on();
    if (named == command.owed.end() && !first_after_move) continue;
    event::v1::OwedTouchMade event;
    *event.mutable_debt() = owed.debt();
    event.set_checkin_id(checkin.ToBytes());
    if (named != command.owed.end()) {
      answered.insert(named->owed);
      if (!named->what_came_up.empty()) event.mutable_shared()->set_what_came_up(named->what_came_up);
    }
    teller.Tell(facts, std::move(event), command.occurred_on);
  }
}

absl::Status TellPromises(const Context& context, const Target& target, const Teller& teller, const LogCheckIn& command,
                          const Id& checkin, std::uint32_t first_id, Facts& facts) {
  int open = target.state.promises_size();
  for (std::size_t i = 0; i < command.promises.size(); ++i) {
    const auto& promise = command.promises[i];
    const std::string field = absl::StrCat("promises[", i, "]");
    const auto by = promise.by ? promise.by : context.actor.person;
    if (!by || (*by != target.mentor && *by != target.mentee)) {
      return Refuse(absl::StatusCode::kInvalidArgument, "NOT_IN_RELATIONSHIP",
                    field + ".by_id: neither of the two, want the mentor or the mentee", {{"field", field + ".by_id"}});
    }
    if (auto status = internal::By(context, *by, "who promises"); !status.ok()) return status;
    if (open >= kPromisesMax) {
      facts.Advise("PROMISE_NOT_TAKEN", field,
                   absl::StrCat(kPromisesMax, " promises are open: keep or drop one first"));
      continue;
    }
    ++open;
    event::v1::PromiseMade event;
    event.set_promise_id(context.ids->Generated(first_id + static_cast<std::uint32_t>(i)).ToBytes());
    event.set_by_id(by->ToBytes());
    event.set_kind(promise.kind);
    if (promise.due_on) event.set_due_on(promise.due_on->value);
    event.set_checkin_id(checkin.ToBytes());
    event.mutable_shared()->set_text(promise.text);
    teller.Tell(facts, std::move(event), command.occurred_on);
  }
  return absl::OkStatus();
}

// Everybody named but the two of `target`.
std::vector<Id> AlsoWith(const std::vector<Target>& targets, const Target& target) {
  std::set<Id> people;
  for (const auto& each : targets) people.insert({each.mentor, each.mentee});
  people.erase(target.mentor);
  people.erase(target.mentee);
  return {people.begin(), people.end()};
}

absl::StatusOr<std::vector<Target>> ResolveAll(const Context& context, States& states, const LogCheckIn& command,
                                               Facts& facts) {
  std::vector<Target> targets;
  std::set<StreamKey> seen;
  for (std::size_t i = 0; i < command.with.size(); ++i) {
    const std::string field = absl::StrCat("with[", i, "]");
    auto target = Resolve(context, states, command.with[i], field, facts);
    if (!target.ok()) return target.status();
    if (!seen.insert(target->stream).second) return InvalidWith(field, "the same relationship again", "want each once");
    if (auto status = internal::ByOneOfTheTwo(context, target->mentor, target->mentee); !status.ok()) return status;
    targets.push_back(*std::move(target));
  }
  return targets;
}

}  // namespace

Decision Run(const Context& context, States& states, const LogCheckIn& command) {
  if (auto wrongs = Check(command); !wrongs.empty()) return wrongs.front();
  if (auto status = decider::NotInFuture(context, "occurred_on", command.occurred_on); !status.ok()) return status;
  Facts facts;
  const auto targets = ResolveAll(context, states, command, facts);
  if (!targets.ok()) return targets.status();
  std::set<Id> answered;
  for (std::size_t i = 0; i < targets->size(); ++i) {
    const Target& target = (*targets)[i];
    const std::string field = absl::StrCat("with[", i, "]");
    const Teller teller{target.stream, target.mentor, target.mentee,
                        target.exists ? target.state.acknowledged() : context.imported()};
    if (!target.exists) {
      if (auto status = TellFirstTouch(context, states, target, teller, command, field, facts); !status.ok()) {
        return status;
      }
    } else {
      Advise(target.state, command, field, facts);
    }
    const auto first_id = static_cast<std::uint32_t>(i) * kIdsPerCheckIn;
    const Id checkin = context.ids->Generated(first_id);
    teller.Tell(facts, EventOf(command, checkin, AlsoWith(*targets, target)), command.occurred_on);
    const std::size_t before = facts.facts.size();
    TellOwed(teller, target.state, command, checkin, answered, facts);
    if (auto status = TellPromises(context, target, teller, command, checkin, first_id + 1, facts); !status.ok()) {
      return status;
    }
    // A bare touch holds whatever else happens to the relationship; a debt or a promise relies on what is open.
    if (facts.facts.size() > before && target.exists) {
      RelationshipState again;
      if (const auto exact = states.Load(target.stream, Reliance::kExact, again); !exact.ok()) return exact.status();
    }
  }
  for (std::size_t i = 0; i < command.owed.size(); ++i) {
    if (answered.contains(command.owed[i].owed)) continue;
    facts.Advise("OWED_TOUCH_ALREADY_ANSWERED", absl::StrCat("owed[", i, "]"),
                 "the debt is not open: the check-in was recorded all the same");
  }
  return facts;
}

}  // namespace mentorlog::relationships
