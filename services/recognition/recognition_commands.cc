#include "services/recognition/recognition_commands.h"

#include <string>

#include "services/assignments/assignments_commands.h"
#include "services/people/people_commands.h"
#include "services/relationships/relationships_commands.h"

namespace mentorlog::recognition {
namespace {

// A malformed id is refused with everything else that is wrong with the event.
absl::Status RequirePersonIfNamed(decider::States& states, const std::string& id, std::string_view field) {
  const auto person = Id::FromBytes(id);
  return person ? people::RequirePerson(states, *person, field) : absl::OkStatus();
}

// What the praise is for must be there, as far as the giver may know of it.
absl::Status RequireLinks(const Context& context, decider::States& states, const event::v1::RecognitionGiven& given) {
  if (const auto checkin = Id::FromBytes(given.check_in_id())) {
    auto status = relationships::RequireCheckIn(context, states, *Id::FromBytes(given.from_id()),
                                                *Id::FromBytes(given.to_id()), *checkin, "check_in_id");
    if (!status.ok()) return status;
  }
  const auto assignment = Id::FromBytes(given.assignment_id());
  return assignment ? assignments::RequireAssignment(context, states, *assignment) : absl::OkStatus();
}

template <typename State>
absl::StatusOr<State> LoadState(decider::States& states, const decider::StreamKey& stream) {
  State state;
  auto revision = states.Load(stream, decider::Reliance::kExact, state);
  if (!revision.ok()) return revision.status();
  return state;
}

template <typename Command>
Decision RunOnAdvocacy(const Context& context, decider::States& states, const Command& command) {
  auto state = LoadState<AdvocacyState>(states, AdvocacyStream(command.advocacy));
  if (!state.ok()) return state.status();
  return Decide(context, *state, command);
}

}  // namespace

Decision RunCommand(const Context& context, decider::States& states, const GiveRecognition& command) {
  auto named = command;
  named.recognition = command.recognition.value_or(context.ids->Generated(0));
  auto state = LoadState<RecognitionState>(states, RecognitionStream(*named.recognition));
  if (!state.ok()) return state.status();
  if (auto status = RequirePersonIfNamed(states, command.wanted.from_id(), "from_id"); !status.ok()) return status;
  if (auto status = RequirePersonIfNamed(states, command.wanted.to_id(), "to_id"); !status.ok()) return status;
  auto decision = Decide(context, *state, named);
  if (!decision.ok()) return decision;
  if (auto status = RequireLinks(context, states, command.wanted); !status.ok()) return status;
  return decision;
}

Decision RunCommand(const Context& context, decider::States& states, const RecordAdvocacy& command) {
  auto named = command;
  named.advocacy = command.advocacy.value_or(context.ids->Generated(0));
  auto state = LoadState<AdvocacyState>(states, AdvocacyStream(*named.advocacy));
  if (!state.ok()) return state.status();
  if (auto status = RequirePersonIfNamed(states, command.wanted.advocate_id(), "advocate_id"); !status.ok()) {
    return status;
  }
  if (auto status = RequirePersonIfNamed(states, command.wanted.for_id(), "for_id"); !status.ok()) return status;
  return Decide(context, *state, named);
}

Decision RunCommand(const Context& context, decider::States& states, const TellAdvocacy& command) {
  return RunOnAdvocacy(context, states, command);
}

Decision RunCommand(const Context& context, decider::States& states, const RecordAdvocacyOutcome& command) {
  return RunOnAdvocacy(context, states, command);
}

}  // namespace mentorlog::recognition
