#include "clients/cli/commands.h"

#include <iterator>

namespace mentorlog::cli {

const std::vector<Command>& Commands() {
  static const auto* const all = [] {
    auto* commands = new std::vector<Command>;
    for (auto* group : {TodayCommands, TouchCommands, RelationshipCommands, AssignmentCommands, RecognitionCommands,
                        PeopleCommands, FeedCommands, ImportCommands, CallCommands, AdminCommands, LoadtestCommands}) {
      auto more = group();
      commands->insert(commands->end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
    return commands;
  }();
  return *all;
}

}  // namespace mentorlog::cli
