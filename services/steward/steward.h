// services/steward/steward.h: the process that turns moves and days into facts.
//
// A follower of the log and of the clock, on a thread of its own. What it appends has a request id that derives from
// (policy, subject, cause): it can run twice, or on two nodes, and the fact is there once. Its place in the log is
// kept durably, but only saves work: running again from the beginning changes nothing.
//
// steward.cc is the process; what it makes of a move, of a relationship that opens and of a day is in steward_moves.cc,
// steward_starts.cc and steward_days.cc.
#ifndef MENTORLOG_SERVICES_STEWARD_STEWARD_H_
#define MENTORLOG_SERVICES_STEWARD_STEWARD_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "services/runtime/execute.h"
#include "services/runtime/room.h"
#include "services/steward/due_days.h"
#include "services/steward/policy.h"

namespace mentorlog::steward {

class Steward final : public runtime::Worker {
 public:
  // `desk` outlives it. Nothing happens before Start or RunOnce.
  Steward(const runtime::Desk& desk, const Policies& policies);
  // Stops.
  ~Steward() override;
  Steward(const Steward&) = delete;
  Steward& operator=(const Steward&) = delete;

  // Follows the log and the clock until Stop.
  void Start();
  void Stop();

  // Works through the log from `from` up to its head, and answers where it stands then. Not beside Start.
  absl::StatusOr<storage::Position> Follow(storage::Position from);
  // What the days up to today bring: silences, ends of pauses, expired offers, lapsed touches.
  absl::Status Day();

  // OK, or why the last attempt failed; it is tried again every few seconds.
  absl::Status Health() const override;

 private:
  using DecideFn = std::function<decider::Decision(const decider::Context&, decider::States&)>;
  using Pieces = std::vector<std::string_view>;

  void Run();
  bool IsStopping() const;
  absl::Status Attempt();
  // Works through the log from `from`, which is moved as far as it came, also where it fails.
  absl::Status FollowFrom(storage::Position& from);
  // Once a tick: what waits for something to be readable again.
  absl::Status ReactAgain();
  absl::Status Save();
  absl::Status React(const storage::Record& record);
  // Waits until the index has seen `position`, at most half a minute, and no longer than until Stop.
  absl::Status AwaitIndex(storage::Position position) const;
  absl::Status ReactToSetback(const storage::Record& record);
  // A move, its correction or its retraction.
  bool IsAboutAMove(const storage::Record& record) const;

  // --- steward_moves.cc ---
  absl::Status ForRelationshipsOf(const storage::Id& person, storage::Position cause,
                                  const std::function<absl::Status(const storage::Id& relationship)>& act);
  // What follows in one relationship from a record about a move of one of the two.
  absl::Status HearIn(const storage::Id& relationship, const storage::Record& record);
  absl::Status HearOfMove(const storage::Id& relationship, const storage::Record& record, const storage::Id& move);
  // Of a correction or a retraction.
  absl::Status HearOfCorrection(const storage::Id& relationship, const storage::Record& record,
                                const storage::Id& move);
  // nullopt: of an announcement, or nothing that a relationship would notice.
  absl::StatusOr<std::optional<Corrected>> SeeCorrection(const storage::Record& record, const storage::Id& move) const;
  // Fills in when and how the log told a move that stands in `person`.
  absl::Status FindTelling(const view::v1::PersonState& person, MoveSeen& move) const;
  // Whether the relationship was open when the log stood at `at`.
  absl::StatusOr<bool> WasOpen(const storage::Id& relationship, storage::Position at) const;
  // Whether a correction is news: the relationship was open when it was told, or when the move was.
  absl::StatusOr<bool> HasHeard(const storage::Id& relationship, const view::v1::RelationshipState& state,
                                storage::Position move_at, storage::Position correction_at) const;

  // --- steward_starts.cc ---
  absl::Status ReactToStart(const storage::Record& record);
  absl::Status SetModeAtStart(const storage::Record& record);
  // What one that opens again has not heard of while it was open before, and what was not answered when it was closed.
  absl::Status CatchUp(const storage::Record& record);
  absl::Status SuggestAgain(const storage::Record& record, storage::Position closed_at);
  // Leaves in `person` only the moves that the log told before `before`; adds to `told_at` where it told them.
  absl::Status ForgetWhatCameLater(const storage::Id& id, storage::Position before, view::v1::PersonState& person,
                                   std::map<std::string, storage::Position>& told_at) const;

  // --- steward_days.cc ---
  // Notes that what was booked about this record's stream may be too late now.
  void Notice(const storage::Record& record);
  // Looks at every relationship and assignment there is.
  absl::Status LookAtAll();
  absl::Status LookAt(const storage::StreamKey& stream);
  // As LookAt, and at the other relationships of the two: they share one clock.
  absl::Status LookAtChanged(const storage::StreamKey& stream);
  absl::Status LookAtRelationship(const storage::Id& relationship);
  absl::Status LookAtSilence(const storage::Id& relationship, const view::v1::RelationshipState& state);
  absl::Status LookAtOffer(const storage::Id& assignment);
  DecideFn LapseIn(const storage::Id& relationship, const Silence& silence, const Lapse& lapse) const;
  // The streams of one kind that have a state, in the order of their ids.
  absl::Status ForEachStream(std::uint8_t kind,
                             const std::function<absl::Status(const storage::StreamKey& stream)>& visit);

  // Where (policy, pieces) was appended; nullopt: it was not.
  absl::StatusOr<std::optional<storage::Position>> SaidAt(std::string_view policy, const Pieces& pieces) const;
  // Appends once for (policy, pieces); waits for the outcome. A refusal by the state is an answer, not a failure.
  absl::Status Once(std::string_view policy, const Pieces& pieces, storage::Position cause, DecideFn decide);
  storage::Day Today() const;
  // The day that has ended everywhere on earth.
  storage::Day LastEndedDay() const;

  const runtime::Desk& desk_;
  const Policies policies_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  bool stopping_ = false;
  bool moved_ = false;
  absl::Status health_;

  // Touched by the one thread.
  // Where it stands, and what of that is saved, since when; nullopt: not known yet.
  std::optional<storage::Position> reached_;
  storage::Position saved_;
  std::int64_t saved_at_us_ = 0;
  // Records whose reaction met what cannot be read, and why; tried again. Bounded by kWaitingMax.
  std::map<storage::Position, absl::Status> waiting_;
  std::int64_t reacted_again_at_us_ = 0;
  storage::Day last_day_{INT32_MIN};
  storage::Day last_ended_day_{INT32_MIN};
  // Complete once everything was looked at; from then on a day costs what is due and what changed.
  DueDays due_;
  bool due_is_complete_ = false;
  std::set<storage::StreamKey> changed_;
  std::unique_ptr<storage::Ledger::Subscription> on_head_;
  std::thread thread_;
};

}  // namespace mentorlog::steward

#endif  // MENTORLOG_SERVICES_STEWARD_STEWARD_H_
