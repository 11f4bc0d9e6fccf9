// clients/cli/commands.h: the commands, by concern; each group lies in its cmd_*.cc.
#ifndef MENTORLOG_CLIENTS_CLI_COMMANDS_H_
#define MENTORLOG_CLIENTS_CLI_COMMANDS_H_

#include <vector>

#include "clients/cli/command.h"

namespace mentorlog::cli {

std::vector<Command> TouchCommands();
std::vector<Command> TodayCommands();
std::vector<Command> RelationshipCommands();
std::vector<Command> AssignmentCommands();
std::vector<Command> RecognitionCommands();
std::vector<Command> PeopleCommands();
std::vector<Command> FeedCommands();
std::vector<Command> AdminCommands();
std::vector<Command> ImportCommands();
std::vector<Command> CallCommands();
std::vector<Command> LoadtestCommands();

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_COMMANDS_H_
