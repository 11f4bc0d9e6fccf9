#include "services/steward/steward.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>
#include <vector>

#include "mentorlog/event/v1/assignments.pb.h"
#include "mentorlog/event/v1/people.pb.h"
#include "mentorlog/event/v1/relationships.pb.h"
#include "mentorlog/view/v1/assignment_state.pb.h"
#include "services/assignments/assignments_commands.h"
#include "services/people/person.h"
#include "services/relationships/relationships_commands.h"
#include "services/steward/steward_view.h"

namespace mentorlog::steward {
namespace {

using storage::Id;
using storage::Position;

constexpr std::string_view kCursor = "steward";
constexpr std::string_view kNamespace = "steward";
constexpr auto kTick = std::chrono::seconds(5);
// How long records gather before they are looked at: under load each look at a few costs more than their number.
constexpr auto kGather = std::chrono::milliseconds(20);
// How often, at the most, it is saved where it stands. What is read again after a crash is acted on once all the same.
constexpr std::int64_t kSaveEveryMicros = 1'000'000;
// How long the index is waited for, and how often meanwhile it is asked whether to stop.
constexpr auto kIndexWaitMax = absl::Seconds(30);
constexpr auto kStopAskedEvery = absl::Milliseconds(250);
// Records read before they are acted on.
constexpr std::size_t kBatchMax = 1000;
// Records that wait for something to be readable again; one more stops the steward until it is.
constexpr std::size_t kWaitingMax = 1000;
constexpr std::int64_t kHalfDayMicros = 12LL * 3600 * 1'000'000;

bool IsStateRefusal(absl::StatusCode code) {
  return code == absl::StatusCode::kFailedPrecondition || code == absl::StatusCode::kNotFound ||
         code == absl::StatusCode::kInvalidArgument || code == absl::StatusCode::kAlreadyExists;
}

// What a request id derives from.
std::string About(std::string_view policy, const std::vector<std::string_view>& pieces) {
  std::string about(policy);
  for (const auto piece : pieces) {
    about.push_back('\0');
    about.append(piece);
  }
  return about;
}

Id RequestId(const storage::Keyed& keyed, const std::string& about) {
  return keyed.DeriveId("steward-request", {about});
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
    // Once for all that gathers: under load there are a thousand groups a second.
    if (!std::exchange(moved_, true)) wake_.notify_one();
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
    health_ = status.ok() && !waiting_.empty() ? waiting_.begin()->second : status;
    // What failed is tried again at the next tick, not at the next event.
    wake_.wait_for(lock, kTick, [&] { return stopping_ || (status.ok() && moved_); });
    wake_.wait_for(lock, kGather, [&] { return stopping_; });
    if (stopping_) break;
    moved_ = false;
  }
  Save().IgnoreError();
}

absl::Status Steward::Save() {
  if (!reached_) return absl::OkStatus();
  // What waits is read again by the next process.
  const Position position = waiting_.empty() ? *reached_ : Position{waiting_.begin()->first.value - 1};
  if (position == saved_) return absl::OkStatus();
  auto status = desk_.ledger.SaveCursor(kCursor, position);
  if (status.ok()) saved_ = position;
  saved_at_us_ = desk_.clock.SteadyMicros();
  return status;
}

absl::Status Steward::Attempt() {
  if (!reached_) {
    const auto cursor = desk_.ledger.LoadCursor(kCursor);
    if (!cursor.ok()) return cursor.status();
    reached_ = saved_ = *cursor;
  }
  auto followed = ReactAgain();
  if (followed.ok()) followed = FollowFrom(*reached_);
  if (!followed.ok() || desk_.clock.SteadyMicros() - saved_at_us_ >= kSaveEveryMicros) followed.Update(Save());
  if (!followed.ok()) return followed;
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
  if (auto status = FollowFrom(from); !status.ok()) return status;
  return from;
}

absl::Status Steward::FollowFrom(Position& from) {
  while (true) {
    std::vector<storage::Record> batch;
    const auto head = desk_.ledger.head();
    const auto status = desk_.ledger.Snapshot()->Scan(from, [&](storage::Record&& record) {
      batch.push_back(std::move(record));
      return batch.size() < kBatchMax;
    });
    if (!status.ok()) return status;
    for (const auto& record : batch) {
      if (IsStopping()) return absl::OkStatus();
      if (auto reacted = React(record); !reacted.ok()) {
        if (IsStopping()) return absl::OkStatus();
        // What somebody's quarantine hides waits; the others are not held up.
        if (!absl::IsDataLoss(reacted) || waiting_.size() >= kWaitingMax) return reacted;
        waiting_[record.position()] = std::move(reacted);
      }
      from = record.position();
    }
    if (IsStopping() || from >= head) return absl::OkStatus();
  }
}

absl::Status Steward::ReactAgain() {
  const auto now_us = desk_.clock.SteadyMicros();
  if (waiting_.empty() || now_us - reacted_again_at_us_ < std::chrono::microseconds(kTick).count())
    return absl::OkStatus();
  reacted_again_at_us_ = now_us;
  const auto snapshot = desk_.ledger.Snapshot();
  for (auto at = waiting_.begin(); at != waiting_.end() && !IsStopping();) {
    const auto record = snapshot->Read(at->first);
    auto reacted = record.ok() ? React(*record) : record.status();
    if (!reacted.ok() && !absl::IsDataLoss(reacted)) return IsStopping() ? absl::OkStatus() : reacted;
    at->second = reacted;
    at = reacted.ok() ? waiting_.erase(at) : std::next(at);
  }
  return absl::OkStatus();
}

absl::Status Steward::React(const storage::Record& record) {
  Notice(record);
  const auto* type = desk_.codec.Find(record.header.type());
  if (type == nullptr) return absl::OkStatus();
  if (Is<event::v1::RelationshipStarted>(*type) || Is<event::v1::RelationshipReopened>(*type))
    return ReactToStart(record);
  if (Is<event::v1::SetbackLogged>(*type)) return ReactToSetback(record);
  if (!IsAboutAMove(record)) return absl::OkStatus();
  return ForRelationshipsOf(record.stream().id, record.position(),
                            [&](const Id& relationship) { return HearIn(relationship, record); });
}

absl::Status Steward::AwaitIndex(Position position) const {
  const auto latest = absl::Now() + kIndexWaitMax;
  while (true) {
    auto status = desk_.ledger.WaitForView(kStewardViewId, position, std::min(latest, absl::Now() + kStopAskedEvery));
    if (!absl::IsDeadlineExceeded(status) || absl::Now() >= latest || IsStopping()) return status;
  }
}

bool Steward::IsAboutAMove(const storage::Record& record) const {
  const auto* type = desk_.codec.Find(record.header.type());
  return type != nullptr && (Is<event::v1::PersonMoved>(*type) || Is<event::v1::MoveCorrected>(*type) ||
                             Is<event::v1::MoveRetracted>(*type));
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
                                            relationships::OweTouch{{stream.id, Today()},
                                                                    event::v1::OWED_CAUSE_SETBACK,
                                                                    assignment,
                                                                    on,
                                                                    on.Plus(policies_.first_touch_days),
                                                                    std::nullopt});
                }
                return decider::Facts{};
              });
}

absl::StatusOr<std::optional<Position>> Steward::SaidAt(std::string_view policy, const Pieces& pieces) const {
  const auto said =
      desk_.ledger.Snapshot()->FindRequest(kNamespace, RequestId(desk_.ledger.keyed(), About(policy, pieces)));
  if (!said.ok()) return said.status();
  return *said ? std::optional((*said)->first) : std::nullopt;
}

absl::Status Steward::Once(std::string_view policy, const Pieces& pieces, Position cause, DecideFn decide) {
  const auto about = About(policy, pieces);
  runtime::Command command;
  command.name_space = kNamespace;
  command.request_id = RequestId(desk_.ledger.keyed(), about);
  command.request_hash = storage::DigestBytes(desk_.ledger.keyed().Mac("steward-hash", {about}));
  command.actor.service = "steward";
  command.actor.may_do_everything = true;
  command.source = log::v1::SOURCE_STEWARD;
  command.causation = cause;
  command.policy_version = policies_.version;
  command.decide = std::move(decide);
  std::promise<absl::Status> done;
  auto outcome = done.get_future();
  runtime::Execute(desk_, std::move(command),
                   [&done](absl::StatusOr<runtime::Outcome> result) { done.set_value(result.status()); });
  const auto status = outcome.get();
  if (IsStateRefusal(status.code())) return absl::OkStatus();
  return status;
}

}  // namespace mentorlog::steward
