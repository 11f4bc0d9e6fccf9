// What the steward makes of a day: it looks at what is due and at what changed, never at everything but once.
#include <utility>

#include "mentorlog/event/v1/relationships.pb.h"
#include "mentorlog/view/v1/assignment_state.pb.h"
#include "services/assignments/assignments_commands.h"
#include "services/relationships/relationships_commands.h"
#include "services/steward/steward.h"
#include "services/today/pair_view.h"

namespace mentorlog::steward {
namespace {

using storage::Id;
using storage::Position;

// What is quarantined is not skipped, and does not stop the others either; every other failure is met by all.
bool IsOfAll(const absl::Status& status) { return !status.ok() && !absl::IsDataLoss(status); }

}  // namespace

void Steward::Notice(const storage::Record& record) {
  const auto stream = record.stream();
  const bool watched = stream.kind == relationships::kRelationshipKind || stream.kind == assignments::kAssignmentKind;
  if (watched && due_is_complete_) changed_.insert(stream);
}

absl::Status Steward::Day() {
  if (!due_is_complete_) return LookAtAll();
  absl::Status first_failure;
  while (!changed_.empty() && !IsStopping()) {
    auto status = LookAtChanged(*changed_.begin());
    first_failure.Update(status);
    if (IsOfAll(status)) return status;
    if (!status.ok()) due_.Book(*changed_.begin(), Today());
    changed_.erase(changed_.begin());
  }
  bool goes_on = true;
  for (const auto& stream : due_.Take(Today())) {
    goes_on = goes_on && !IsStopping();
    const auto status = goes_on ? LookAt(stream) : absl::CancelledError();
    if (goes_on) first_failure.Update(status);
    // What was not looked at is due still.
    if (!status.ok()) due_.Book(stream, Today());
    goes_on = goes_on && !IsOfAll(status);
  }
  return first_failure;
}

absl::Status Steward::LookAtAll() {
  absl::Status first_failure;
  const auto look = [&](const storage::StreamKey& stream) {
    auto status = LookAt(stream);
    first_failure.Update(status);
    if (IsOfAll(status)) return status;
    if (!status.ok()) due_.Book(stream, Today());
    return absl::OkStatus();
  };
  for (const auto kind : {relationships::kRelationshipKind, assignments::kAssignmentKind}) {
    if (auto status = ForEachStream(kind, look); !status.ok()) return status;
  }
  due_is_complete_ = !IsStopping();
  return first_failure;
}

absl::Status Steward::ForEachStream(std::uint8_t kind,
                                    const std::function<absl::Status(const storage::StreamKey&)>& visit) {
  const auto snapshot = desk_.ledger.Snapshot();
  const std::string prefix(1, static_cast<char>(kind));
  const auto end = storage::PrefixEnd(prefix);
  // The rows of one stream's items lie behind its state's: each stream is sought anew.
  for (std::string from = prefix; !from.empty() && from < end;) {
    std::optional<storage::StreamKey> stream;
    auto status = snapshot->ScanRows(runtime::kStateViewId, from, end, [&](std::string_view key, std::string_view) {
      stream = storage::StreamKey::FromBytes(key.substr(0, 17));
      return false;
    });
    if (!status.ok()) return status;
    if (!stream) return absl::OkStatus();
    if (status = visit(*stream); !status.ok()) return status;
    from = storage::PrefixEnd(stream->ToBytes());
    if (IsStopping()) return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status Steward::LookAt(const storage::StreamKey& stream) {
  return stream.kind == assignments::kAssignmentKind ? LookAtOffer(stream.id) : LookAtRelationship(stream.id);
}

absl::Status Steward::LookAtChanged(const storage::StreamKey& stream) {
  if (stream.kind == assignments::kAssignmentKind) return LookAtOffer(stream.id);
  const auto snapshot = desk_.ledger.Snapshot();
  view::v1::RelationshipState state;
  const auto known = desk_.states.Load(*snapshot, stream, state);
  if (!known.ok()) return known.status();
  const auto mentor = Id::FromBytes(state.mentor_id());
  const auto mentee = Id::FromBytes(state.mentee_id());
  if (!mentor || !mentee) return absl::OkStatus();
  const auto pair = today::ReadPair(*snapshot, *mentor, *mentee);
  if (!pair.ok()) return pair.status();
  for (const auto& slot : pair->slots()) {
    const auto relationship = Id::FromBytes(slot.relationship_id());
    if (!relationship) continue;
    if (auto status = LookAtRelationship(*relationship); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Steward::LookAtRelationship(const Id& relationship) {
  const auto stream = relationships::RelationshipStream(relationship);
  view::v1::RelationshipState state;
  const auto load = [&] { return desk_.states.Load(*desk_.ledger.Snapshot(), stream, state); };
  auto revision = load();
  if (!revision.ok() || !*revision) return revision.status();
  if (state.has_transition()) {
    const storage::Day answer_by{state.transition().answer_by()};
    const auto transition = Id::FromBytes(state.transition().transition_id());
    if (answer_by > LastEndedDay()) {
      due_.Book(stream, answer_by.Plus(1));
    } else if (transition) {
      auto status = Once(
          "taken-by-silence", {relationship.ToBytes(), transition->ToBytes()}, Position{state.transition().position()},
          [=, this](const decider::Context& context, decider::States& states) {
            return relationships::Run(context, states,
                                      relationships::TakeTransitionBySilence{{relationship, Today()}, *transition});
          });
      if (!status.ok()) return status;
      if (revision = load(); !revision.ok()) return revision.status();
    }
  }
  if (state.status() == view::v1::RELATIONSHIP_STATUS_PAUSED && state.has_paused_until()) {
    const storage::Day until{state.paused_until()};
    if (until > Today()) {
      due_.Book(stream, until);
    } else {
      // A second pause may have the same last day; that one pause ends once is held by its state.
      auto status = Once("end-pause", {relationship.ToBytes(), std::to_string((*revision)->value)}, Position{0},
                         [=, this](const decider::Context& context, decider::States& states) {
                           return relationships::Run(context, states, relationships::EndPause{{relationship, Today()}});
                         });
      if (!status.ok()) return status;
      if (revision = load(); !revision.ok()) return revision.status();
    }
  }
  return LookAtSilence(relationship, state);
}

absl::Status Steward::LookAtSilence(const Id& relationship, const view::v1::RelationshipState& state) {
  const auto mentor = Id::FromBytes(state.mentor_id());
  const auto mentee = Id::FromBytes(state.mentee_id());
  if (!mentor || !mentee || !relationships::IsOpen(state)) return absl::OkStatus();
  const auto pair = today::ReadPair(*desk_.ledger.Snapshot(), *mentor, *mentee);
  if (!pair.ok()) return pair.status();
  const auto silence = SilenceOf(relationship, state, *pair);
  for (const auto& lapse : silence.ahead) {
    if (lapse.due_on > LastEndedDay()) {
      due_.Book(relationships::RelationshipStream(relationship), lapse.due_on.Plus(1));
      return absl::OkStatus();
    }
    auto status =
        Once("lapse", {relationship.ToBytes(), silence.since.ToText(), event::v1::LapseThreshold_Name(lapse.threshold)},
             silence.told_at, LapseIn(relationship, silence, lapse));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

Steward::DecideFn Steward::LapseIn(const Id& relationship, const Silence& silence, const Lapse& lapse) const {
  return [=, this](const decider::Context& context, decider::States& states) -> decider::Decision {
    const auto state = relationships::LoadRelationship(states, relationship);
    if (!state.ok()) return state.status();
    const auto mentor = Id::FromBytes(state->mentor_id());
    const auto mentee = Id::FromBytes(state->mentee_id());
    if (!mentor || !mentee) return decider::Facts{};
    // A touch in any of the relationships of the two ends the silence: it holds as long as none of them changes.
    for (const auto& [one, other] : {std::pair(*mentor, *mentee), std::pair(*mentee, *mentor)}) {
      for (const auto kind : relationships::kKinds) {
        view::v1::RelationshipState relied_on;
        const auto stream = relationships::RelationshipStream(*context.ids, one, other, kind);
        const auto known = states.Load(stream, decider::Reliance::kExact, relied_on);
        if (!known.ok()) return known.status();
      }
    }
    // The pair's row is folded inline from those streams; where it is newer than they are here, the checks fail.
    const auto pair = today::ReadPair(*desk_.ledger.Snapshot(), *mentor, *mentee);
    if (!pair.ok()) return pair.status();
    const auto now = SilenceOf(relationship, *state, *pair);
    if (now.since != silence.since) return decider::Facts{};
    for (const auto& ahead : now.ahead) {
      if (ahead.threshold != lapse.threshold || ahead.due_on > LastEndedDay()) continue;
      return relationships::Run(
          context, states,
          relationships::LapseTouch{
              {relationship, Today()}, now.since, now.last_checkin, ahead.threshold, ahead.due_on});
    }
    return decider::Facts{};
  };
}

absl::Status Steward::LookAtOffer(const Id& assignment) {
  view::v1::AssignmentState state;
  const auto stream = assignments::StreamOf(assignment);
  const auto known = desk_.states.Load(*desk_.ledger.Snapshot(), stream, state);
  if (!known.ok()) return known.status();
  if (state.status() != view::v1::ASSIGNMENT_STATUS_OFFERED || !state.has_respond_by()) return absl::OkStatus();
  const storage::Day respond_by{state.respond_by()};
  if (respond_by > LastEndedDay()) {
    due_.Book(stream, respond_by.Plus(1));
    return absl::OkStatus();
  }
  const auto round = std::to_string(state.round()) + "/" + std::to_string(respond_by.value);
  return Once("expire-offer", {assignment.ToBytes(), round}, Position{0},
              [=, this](const decider::Context& context, decider::States& states) {
                return assignments::RunCommand(context, states, assignments::ExpireOffer{{assignment, Today()}, {}});
              });
}

}  // namespace mentorlog::steward
