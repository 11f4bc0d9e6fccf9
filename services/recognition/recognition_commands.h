// services/recognition/recognition_commands.h: the commands of this room with the states they need.
//
// What the handlers and the import call. Pure but for the states loaded; every Load becomes a check of the proposal.
// Refusals are those of recognition.h, and NOT_FOUND UNKNOWN_PERSON; UNKNOWN_CHECK_IN, NO_SUCH_ASSIGNMENT: praise for a
// check-in that is not one of the two's, for an assignment that the giver is no side of.
#ifndef MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_COMMANDS_H_
#define MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_COMMANDS_H_

#include "services/decider/decider.h"
#include "services/recognition/recognition.h"

namespace mentorlog::recognition {

Decision RunCommand(const Context& context, decider::States& states, const GiveRecognition& command);
Decision RunCommand(const Context& context, decider::States& states, const RecordAdvocacy& command);
Decision RunCommand(const Context& context, decider::States& states, const TellAdvocacy& command);
Decision RunCommand(const Context& context, decider::States& states, const RecordAdvocacyOutcome& command);

}  // namespace mentorlog::recognition

#endif  // MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_COMMANDS_H_
