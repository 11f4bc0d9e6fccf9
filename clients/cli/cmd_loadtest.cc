#include "clients/cli/bench_commands.h"
#include "clients/cli/commands.h"
#include "clients/cli/connection.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

const Parameter kAgainst{"--against", "a running daemon; otherwise one of its own is started in a temporary folder",
                         Parameter::kValue, false, ""};
const Parameter kSeconds{"--seconds", "how long each kind of phase is measured, 1 to 600", Parameter::kValue, false,
                         "10"};

Parameter Events(std::string fallback) {
  return {"--events", "how long the log is to be", Parameter::kValue, false, std::move(fallback)};
}

}  // namespace

int ShowMeasurement(Output& out, const nlohmann::ordered_json& document) {
  if (Interrupted()) return out.Fail(CutShort());
  if (out.json()) {
    out.Json(document);
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : document.items()) rows.push_back({name, value.dump()});
  out.Table({}, rows);
  return kOk;
}

std::vector<Command> LoadtestCommands() {
  return {{"loadtest append",
           "durable check-ins against an empty rpc, a durable one and raw synced writes",
           {{"--clients", "calls in flight, 1 to 1024", Parameter::kValue, false, "64"}, kSeconds, kAgainst},
           {"mentorlog loadtest append --clients 64 --seconds 10", "mentorlog --json loadtest append --clients 1"},
           LoadtestAppend},
          {"loadtest import",
           "bulk import into a daemon of its own against raw synced batches of the rows in its files",
           {Events("60000")},
           {"mentorlog loadtest import", "mentorlog --json loadtest import --events 300000"},
           LoadtestImport},
          {"loadtest read",
           "one caller's reads against an empty rpc",
           {{"--relationships", "how many there are, 30 of each mentor", Parameter::kValue, false, "10000"},
            kSeconds,
            kAgainst},
           {"mentorlog loadtest read", "mentorlog --json loadtest read --relationships 1000000"},
           LoadtestRead},
          {"loadtest rebuild",
           "rebuilding every view of a daemon of its own against a raw scan of its files",
           {Events("100000")},
           {"mentorlog loadtest rebuild --events 1000000"},
           LoadtestRebuild},
          {"loadtest restart",
           "a short log and a long one, of a daemon of its own: the time to start, after a clean stop and after a "
           "kill, and what "
           "calls cost",
           {Events("100000"), kSeconds},
           {"mentorlog loadtest restart --events 10000000"},
           LoadtestRestart}};
}

}  // namespace mentorlog::cli
