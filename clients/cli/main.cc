// The command line of `mentorlog`: turns what the commands declare into a parser, and nothing else.
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "clients/cli/command.h"
#include "clients/cli/hex.h"
#include "clients/cli/people.h"

namespace mentorlog::cli {
namespace {

struct Globals {
  ConnectionOptions connection;
  std::string system = "csv";
  std::string on;
  bool json = false;
};

// What the parser writes into, for one command.
struct Bound {
  const Command* command = nullptr;
  CLI::App* app = nullptr;
  std::map<std::string, CLI::Option*> options;
  std::map<std::string, std::string> values;
  std::map<std::string, std::vector<std::string>> lists;
  std::map<std::string, bool> flags;
};

void AddGlobals(CLI::App& app, Globals& globals) {
  app.add_option("--server", globals.connection.server, "where mentorlogd listens")
      ->envname("MENTORLOG_SERVER")
      ->capture_default_str();
  app.add_option("--as", globals.connection.as, "the person to act as: external id, unique name prefix or id")
      ->envname("MENTORLOG_AS");
  app.add_option("--system", globals.system, "whose external ids people are named by")->capture_default_str();
  app.add_option("--on", globals.on, "the day that matters, YYYY-MM-DD; today if none is given");
  app.add_option("--timeout", globals.connection.timeout_s, "seconds that a call may take")->capture_default_str();
  app.add_option("--request-id", globals.connection.request_id,
                 "32 hex digits: repeats a command whose outcome was not known; it happens once");
  app.add_flag("--json", globals.json, "answer with JSON");
}

// The sub-command `name`, made with its parents (`relationship` of `relationship show`) if need be.
CLI::App* Find(std::map<std::string, CLI::App*>& made, CLI::App& root, const std::string& name,
               const std::string& summary) {
  CLI::App* app = &root;
  for (std::size_t end = 0; end < name.size(); ++end) {
    end = std::min(name.find(' ', end), name.size());
    auto*& next = made[name.substr(0, end)];
    if (next == nullptr) {
      const auto begin = name.rfind(' ', end - 1);
      const auto word = name.substr(begin == std::string::npos ? 0 : begin + 1, end - begin - 1);
      next = app->add_subcommand(word, end == name.size() ? summary : "see `mentorlog " + word + " --help`");
    }
    app = next;
  }
  return app;
}

void Bind(Bound& bound) {
  for (const auto& parameter : bound.command->parameters) {
    if (parameter.shape == Parameter::kFlag) {
      bound.app->add_flag(parameter.name, bound.flags[parameter.name], parameter.help);
      continue;
    }
    CLI::Option* option = nullptr;
    if (parameter.shape == Parameter::kValue) {
      option = bound.app->add_option(parameter.name, bound.values[parameter.name], parameter.help);
    } else {
      option = bound.app->add_option(parameter.name, bound.lists[parameter.name], parameter.help);
      if (parameter.is_option()) option->allow_extra_args(false);
    }
    bound.options[parameter.name] = option;
    if (parameter.required) option->required();
    if (!parameter.fallback.empty()) option->description(parameter.help + " (default " + parameter.fallback + ")");
  }
  std::string footer;
  for (const auto& example : bound.command->examples) footer += (footer.empty() ? "Examples:\n  " : "\n  ") + example;
  bound.app->footer(footer);
}

Arguments Typed(const Bound& bound) {
  Arguments arguments;
  for (const auto& parameter : bound.command->parameters) {
    if (parameter.shape == Parameter::kFlag) {
      if (bound.flags.at(parameter.name)) arguments.Set(parameter.name, {"true"});
    } else if (bound.options.at(parameter.name)->count() > 0) {
      arguments.Set(parameter.name, parameter.shape == Parameter::kValue
                                        ? std::vector<std::string>{bound.values.at(parameter.name)}
                                        : bound.lists.at(parameter.name));
    } else if (!parameter.fallback.empty()) {
      arguments.Set(parameter.name, {parameter.fallback});
    }
  }
  return arguments;
}

int RunCommand(const Bound& bound, Globals& globals, const std::string& program) {
  Output out(std::cout, std::cerr, globals.json, isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1);
  const auto& id = globals.connection.request_id;
  if (!id.empty() && !IdFromHex(id)) return out.Fail(Usage("--request-id: " + id + ", want 32 hex digits"));
  CatchInterrupts();
  const auto as = globals.connection.as;
  globals.connection.as.clear();
  Connection connection(globals.connection);
  Session session{connection, out, globals.system, globals.on, program, {}};
  if (!as.empty()) {
    const auto person = FindPerson(session, as);
    if (!person) return out.Fail(person.failure());
    connection.ActAs(ToHex(person->id));
  }
  return bound.command->run(session, Typed(bound));
}

int Main(int argc, char** argv) {
  CLI::App root("mentorlog: mentoring that outlives the org chart", "mentorlog");
  root.footer("Exit codes: 0 done, 1 refused, 2 wrong usage, 3 unreachable, 4 outcome unknown.\n"
              "`mentorlog COMMAND --help` shows examples.");
  root.set_version_flag("--version", MENTORLOG_VERSION);
  root.require_subcommand(1);
  root.fallthrough();
  Globals globals;
  AddGlobals(root, globals);
  std::map<std::string, CLI::App*> made;
  std::vector<std::unique_ptr<Bound>> all;
  for (const auto& command : Commands()) {
    auto bound = std::make_unique<Bound>();
    bound->command = &command;
    bound->app = Find(made, root, command.name, command.summary);
    bound->app->fallthrough();
    for (auto* parent = bound->app->get_parent(); parent != &root; parent = parent->get_parent()) {
      parent->require_subcommand(1)->fallthrough();
    }
    Bind(*bound);
    all.push_back(std::move(bound));
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return root.exit(error) == 0 ? kOk : kUsage;
  }
  for (const auto& bound : all) {
    if (bound->app->parsed() && bound->app->get_subcommands().empty()) return RunCommand(*bound, globals, argv[0]);
  }
  return kUsage;
}

}  // namespace
}  // namespace mentorlog::cli

int main(int argc, char** argv) { return mentorlog::cli::Main(argc, argv); }
