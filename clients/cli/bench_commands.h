// clients/cli/bench_commands.h: the loadtests, one function each; declared to the command line in cmd_loadtest.cc.
#ifndef MENTORLOG_CLIENTS_CLI_BENCH_COMMANDS_H_
#define MENTORLOG_CLIENTS_CLI_BENCH_COMMANDS_H_

#include "clients/cli/command.h"
#include "nlohmann/json_fwd.hpp"

namespace mentorlog::cli {

int LoadtestAppend(Session& session, const Arguments& arguments);
int LoadtestImport(Session& session, const Arguments& arguments);
int LoadtestRead(Session& session, const Arguments& arguments);
int LoadtestRebuild(Session& session, const Arguments& arguments);
int LoadtestRestart(Session& session, const Arguments& arguments);

// A flat document: as JSON, or a line each. What Ctrl-C cut short is no measurement, and is not shown. Answers the exit
// code.
int ShowMeasurement(Output& out, const nlohmann::ordered_json& document);

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_BENCH_COMMANDS_H_
