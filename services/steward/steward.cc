#include "services/steward/steward.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <vector>

#include "mentorlog/event/v1/assignments.pb.h"
#include "mentorlog/event/v1/people.pb.h"
#include "mentorlog/event/v1/relationships.pb.h"
#include "services/people/person.h"
#include "services/relationships/relationships_commands.h"
#include "services/steward/steward_view.h"

namespace mentorlog::steward {
namespace {

using storage::Id;
using storage::Position;

constexpr std::string_view kCursor = "steward";
constexpr auto kTick = std::chrono::seconds(5);
// Records read before they are acted on.
constexpr std::size_t kBatchMax = 1000;
constexpr std::int64_t kHalfDayMicros = 12LL * 3600 * 1'000'000;

bool IsStateRefusal(absl::StatusCode code) {
  return code == absl::StatusCode::kFailedPrecondition || code == absl::StatusCode::kNotFound ||
         code == absl::StatusCode::kInvalidArgument || code == absl::StatusCode::kAlreadyExists;
}

template <typename Event>
bool Is(const runtime::EventType& type) {
  return type.message == Event::descriptor();
}

}  // namespace

Steward::Steward(const runtime::Desk& desk, const Policies& policies) : desk_(desk), policies_(policies) {}

Steward::~Steward() { Stop(); }

void Steward::Start() {
  on_head_ = desk_.ledger.OnHead([this](Position) {
    const std::lock_guard lock(mutex_);
    moved_ = true;
    wake_.notify_one();
  });
  thread_ = std::thread([this] { Run(); });
}

void Steward::Stop() {
  on_head_.reset();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Steward::IsStopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

absl::Status Steward::Health() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

void Steward::Run() {
  while (true) {
    const auto status = Attempt();
    std::unique_lock lock(mutex_);
    health_ = status;
    // What failed is tried again at the next tick, not at the next event.
    wake_.wait_for(lock, kTick, [&] { return stopping_ || (status.ok() && moved_); });
    if (stopping_) return;
    moved_ = false;
  }
}

absl::Status Steward::Attempt() {
  const auto cursor = desk_.ledger.LoadCursor(kCursor);
  if (!cursor.ok()) return cursor.status();
  const auto reached = Follow(*cursor);
  if (!reached.ok()) return reached.status();
  if (*reached > *cursor) {
    if (auto status = desk_.ledger.SaveCursor(kCursor, *reached); !status.ok()) return status;
  }
  // A day begins at midnight and has ended everywhere at noon of the next.
  const auto today = Today();
  const auto ended = LastEndedDay();
  if (today == last_day_ && ended == last_ended_day_) return absl::OkStatus();
  if (auto status = Day(); !status.ok()) return status;
  last_day_ = today;
  last_ended_day_ = ended;
  return absl::OkStatus();
}

storage::Day Steward::Today() const { return desk_.clock.Now().UtcDay(); }

storage::Day Steward::LastEndedDay() const {
  return storage::Instant{desk_.clock.Now().micros - kHalfDayMicros}.UtcDay().Plus(-1);
}

absl::StatusOr<Position> Steward::Follow(Position from) {
  while (true) {
    std::vector<storage::Record> batch;
    const auto head = desk_.ledger.head();
    const auto status = desk_.ledger.Snapshot()->Scan(from, [&](storage::Record&& record) {
      batch.push_back(std::move(record));
      return batch.size() < kBatchMax;
    });
    if (!status.ok()) return status;
    for (const auto& record : batch) {
      if (auto reacted = React(record); !reacted.ok()) return reacted;
      from = record.position();
    }
    if (IsStopping() || from >= head) return from;
  }
}

absl::Status Steward::React(const storage::Record& record) {
  Notice(record);
  const auto* type = desk_.codec.Find(record.header.type());
  if (type == nullptr) return absl::OkStatus();
  if (Is<event::v1::RelationshipStarted>(*type) || Is<event::v1::RelationshipReopened>(*type)) return ReactToStart(record);
  if (Is<event::v1::SetbackLogged>(*type)) return ReactToSetback(record);
  const bool moved = Is<event::v1::PersonMoved>(*type);
  if (!moved && !Is<event::v1::MoveRetracted>(*type)) return absl::OkStatus();
  event::v1::PersonEvent event;
  if (auto status = desk_.codec.ParseOpen(record, event); !status.ok()) return status;
  const auto move = Id::FromBytes(moved ? event.person_moved().move_id() : event.move_retracted().move_id());
  if (!move) return absl::OkStatus();
  return moved ? ReactToMove(record, record.stream().id, *move) : ReactToRetraction(record, record.stream().id, *move);
}

absl::Status Steward::ForRelationshipsOf(const Id& person, const storage::Record& cause,
                                         const std::function<absl::Status(const Id&)>& act) {
  // The index has seen what was there when the move was recorded; what is opened later finds the move by itself.
  if (auto status = desk_.ledger.WaitForView(kStewardViewId, cause.position(), absl::Now() + absl::Seconds(30)); !status.ok()) {
    return status;
  }
  const auto found = RelationshipsOf(*desk_.ledger.Snapshot(), person);
  if (!found.ok()) return found.status();
  for (const auto& relationship : *found) {
    if (auto status = act(relationship); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Steward::ReactToMove(const storage::Record& record, const Id& mover, const Id& move) {
  const bool imported = record.header.source() == log::v1::SOURCE_CSV;
  const auto at = record.position();
  const auto recorded_on = storage::Instant{record.header.recorded_at_us()}.UtcDay();
  // One request per kind of fact: a state that forbids one of them leaves the others.
  enum Part { kSuggest, kOwe, kTell, kSetMode };
  const auto decide = [=, this](Part part, const Id& relationship) -> DecideFn {
    return [=, this](const decider::Context& context, decider::States& states) -> decider::Decision {
      view::v1::PersonState person;
      const auto known = states.Load(people::PersonStream(mover), decider::Reliance::kExact, person);
      if (!known.ok()) return known.status();
      auto seen = SeeMove(person, mover, move);
      if (!seen) return decider::Facts{};
      seen->imported = imported;
      seen->recorded_at = at;
      seen->recorded_on = recorded_on;
      const auto state = relationships::LoadRelationship(states, relationship);
      if (!state.ok()) return state.status();
      const auto reaction = steward::React(policies_, *seen, relationship, *state, Today());
      if (part == kSuggest && reaction.suggest) return relationships::Run(context, states, *reaction.suggest);
      if (part == kOwe && reaction.owe) return relationships::Run(context, states, *reaction.owe);
      if (part == kTell && reaction.tell) return relationships::Run(context, states, *reaction.tell);
      if (part != kSetMode || !reaction.set_mode) return decider::Facts{};
      // Of several past moves only the latest sets the mode.
      if (!IsLastToAskForAMode(person, mover, move, context.today)) return decider::Facts{};
      return relationships::Run(context, states, *reaction.set_mode);
    };
  };
  return ForRelationshipsOf(mover, record, [&](const Id& relationship) {
    static constexpr std::pair<Part, std::string_view> kParts[] = {
        {kTell, "tell-move"}, {kSuggest, "suggest"}, {kOwe, "owe-first-touch"}, {kSetMode, "set-mode"}};
    for (const auto& [part, name] : kParts) {
      if (imported && part != kSetMode) continue;
      auto status = Once(name, {relationship.ToBytes(), move.ToBytes()}, record.position(), decide(part, relationship));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  });
}

absl::Status Steward::ReactToRetraction(const storage::Record& record, const Id& mover, const Id& move) {
  return ForRelationshipsOf(mover, record, [&](const Id& relationship) {
    return Once("supersede-retracted", {relationship.ToBytes(), move.ToBytes()}, record.position(),
                [=, this](const decider::Context& context, decider::States& states) -> decider::Decision {
                  const auto state = relationships::LoadRelationship(states, relationship);
                  if (!state.ok()) return state.status();
                  const auto transition = Id::FromBytes(state->transition().transition_id());
                  if (!transition || state->transition().move_id() != move.ToBytes()) return decider::Facts{};
                  return relationships::Run(context, states, relationships::SupersedeTransition{{relationship, Today()}, *transition});
                });
  });
}

absl::Status Steward::ForgetWhatCameLater(const Id& id, Position before, view::v1::PersonState& person,
                                          std::map<std::string, Position>& told_at) const {
  const auto snapshot = desk_.ledger.Snapshot();
  absl::Status status;
  auto& moves = *person.mutable_moves();
  const auto kept = std::remove_if(moves.begin(), moves.end(), [&](const view::v1::PersonState::Move& move) {
    auto& position = told_at[move.move_id()];
    status.Update(snapshot->ScanStream(people::PersonStream(id), storage::Revision{move.order()}, [&](storage::Record&& record) {
      position = record.position();
      return false;
    }));
    return position >= before;
  });
  moves.erase(kept, moves.end());
  return status;
}

absl::Status Steward::ReactToStart(const storage::Record& record) {
  const auto relationship = record.stream().id;
  const auto opened_at = record.position();
  return Once("mode-at-start", {relationship.ToBytes(), std::to_string(record.header.position())}, record.position(),
              [=, this](const decider::Context& context, decider::States& states) -> decider::Decision {
                const auto state = relationships::LoadRelationship(states, relationship);
                if (!state.ok()) return state.status();
                // It was opened once more since then.
                if (Position{state->opened_at()} != opened_at) return decider::Facts{};
                view::v1::PersonState people[2];
                std::map<std::string, Position> told_at;
                const std::string ids[2] = {state->mentor_id(), state->mentee_id()};
                for (int i = 0; i < 2; ++i) {
                  const auto id = Id::FromBytes(ids[i]);
                  if (!id) return decider::Facts{};
                  const auto loaded = states.Load(people::PersonStream(*id), decider::Reliance::kExact, people[i]);
                  if (!loaded.ok()) return loaded.status();
                  if (auto status = ForgetWhatCameLater(*id, opened_at, people[i], told_at); !status.ok()) return status;
                }
                const auto command = ModeAtStart(policies_, relationship, *state, people[0], people[1], Today());
                // What was known before the close was answered then: the mode before the close comes back.
                if (!command || told_at[command->move->ToBytes()].value < state->closed_at()) return decider::Facts{};
                return relationships::Run(context, states, *command);
              });
}

absl::Status Steward::ReactToSetback(const storage::Record& record) {
  if (record.header.source() == log::v1::SOURCE_CSV || record.header.subjects_size() < 2) return absl::OkStatus();
  const auto mentor = Id::FromBytes(record.header.subjects(0));
  const auto mentee = Id::FromBytes(record.header.subjects(1));
  if (!mentor || !mentee) return absl::OkStatus();
  const auto assignment = record.stream().id;
  const auto on = record.occurred_on();
  const auto at = record.position();
  return Once("owe-debrief", {assignment.ToBytes(), std::to_string(record.header.position())}, record.position(),
              [=, this](const decider::Context& context, decider::States& states) -> decider::Decision {
                for (const auto kind : relationships::kKinds) {
                  const auto stream = relationships::RelationshipStream(*context.ids, *mentor, *mentee, kind);
                  view::v1::RelationshipState state;
                  const auto known = states.Load(stream, decider::Reliance::kExact, state);
                  if (!known.ok()) return known.status();
                  if (!*known || !relationships::IsOpen(state) || Position{state.opened_at()} > at) continue;
                  return relationships::Run(context, states,
                                            relationships::OweTouch{{stream.id, Today()}, event::v1::OWED_CAUSE_SETBACK,
                                                                    assignment, on, on.Plus(policies_.first_touch_days), std::nullopt});
                }
                return decider::Facts{};
              });
}

absl::Status Steward::Once(std::string_view policy, std::initializer_list<std::string_view> pieces, Position cause,
                           DecideFn decide) {
  std::string about(policy);
  for (const auto piece : pieces) {
    about.push_back('\0');
    about.append(piece);
  }
  runtime::Command command;
  command.name_space = "steward";
  command.request_id = desk_.ledger.keyed().DeriveId("steward-request", {about});
  command.request_hash = storage::DigestBytes(desk_.ledger.keyed().Mac("steward-hash", {about}));
  command.actor.service = "steward";
  command.actor.may_do_everything = true;
  command.source = log::v1::SOURCE_STEWARD;
  command.causation = cause;
  command.policy_version = policies_.version;
  command.decide = std::move(decide);
  std::promise<absl::Status> done;
  auto outcome = done.get_future();
  runtime::Execute(desk_, std::move(command), [&done](absl::StatusOr<runtime::Outcome> result) { done.set_value(result.status()); });
  const auto status = outcome.get();
  if (IsStateRefusal(status.code())) return absl::OkStatus();
  return status;
}

}  // namespace mentorlog::steward
