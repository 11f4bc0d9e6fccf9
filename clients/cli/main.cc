// The command line of `mentorlog`: turns what the commands declare into a parser, and nothing else.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
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

// The whole of a command as typed: `mentorlog relationship show`.
std::string Typing(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : Typing(*app.get_parent()) + " " + app.get_name();
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
      next = app->add_subcommand(word, end == name.size() ? summary : "");
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

bool IsDay(const std::string& text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  char more = 0;
  if (text.size() != 10 || std::sscanf(text.c_str(), "%4d-%2u-%2u%c", &year, &month, &day, &more) != 3) return false;
  return std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)).ok();
}

std::optional<Failure> WrongGlobals(const Globals& globals) {
  const auto& id = globals.connection.request_id;
  if (!id.empty() && !IdFromHex(id)) return Usage("--request-id: " + id + ", want 32 hex digits");
  if (!globals.on.empty() && !IsDay(globals.on))
    return Usage("--on: " + globals.on + ", want a day written YYYY-MM-DD");
  if (globals.connection.timeout_s <= 0) return Usage("--timeout: want more than 0 seconds");
  return std::nullopt;
}

Output Printer(bool json) {
  // no-color.org: whatever its value, unless that is empty.
  const char* const no_color = std::getenv("NO_COLOR");
  const bool colours = no_color == nullptr || *no_color == '\0';
  return Output(std::cout, std::cerr, json, colours && isatty(STDOUT_FILENO) == 1,
                colours && isatty(STDERR_FILENO) == 1);
}

int RunCommand(const Bound& bound, Globals& globals, Output& out, const std::string& program) {
  if (const auto wrong = WrongGlobals(globals)) return out.Fail(*wrong);
  CatchInterrupts();
  const auto as = globals.connection.as;
  globals.connection.as.clear();
  Connection connection(globals.connection);
  Session session{connection, out, globals.system, globals.on, program, {}};
  if (!as.empty()) {
    const auto person = FindPerson(session, as);
    if (!person) {
      auto failure = person.failure();
      if (!failure.reason.empty()) failure.message = "--as: " + failure.message;
      return out.Fail(failure);
    }
    connection.ActAs(ToHex(person->id));
  }
  return bound.command->run(session, Typed(bound));
}

// What was typed wrongly, and where help is.
Failure WrongLine(const CLI::App& root, const CLI::ParseError& error) {
  const auto* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  std::string message = error.what();
  const auto left = root.remaining(true);
  const bool wants_command = !app->get_subcommands([](const CLI::App*) { return true; }).empty();
  if (wants_command && !left.empty() && !left.front().starts_with("-")) {
    message = left.front() + ": no such command";
  } else if (wants_command && left.empty()) {
    message = "name a command";
  }
  return Usage(message + "; see `" + Typing(*app) + " --help`");
}

// Names and footers of what has commands of its own below.
void Describe(CLI::App& parent) {
  std::string names;
  const CLI::App* first = nullptr;
  for (const auto* child : parent.get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? "" : ", ") + child->get_name();
    if (first == nullptr) first = child;
  }
  parent.description(names);
  if (first != nullptr) parent.footer("Examples: see `" + Typing(*first) + " --help`, and so on.");
}

int Main(int argc, char** argv) {
  CLI::App root("mentorlog: mentoring that outlives the org chart", "mentorlog");
  root.footer(
      "Exit codes: 0 done, 1 refused or rows rejected, 2 wrong usage, 3 unreachable, 4 outcome unknown: the request id "
      "is\n"
      "printed, and the same command with --request-id makes it happen once; 130 cut short by Ctrl-C.\n"
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
      Describe(*parent);
    }
    Bind(*bound);
    all.push_back(std::move(bound));
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return root.exit(error);
    // The parser did not come as far as to say so itself.
    const bool json = std::any_of(argv, argv + argc, [](const char* word) { return std::strcmp(word, "--json") == 0; });
    return Printer(json).Fail(WrongLine(root, error));
  }
  auto out = Printer(globals.json);
  for (const auto& bound : all) {
    if (!bound->app->parsed() || !bound->app->get_subcommands().empty()) continue;
    const int code = RunCommand(*bound, globals, out, argv[0]);
    // An answer that did not reach its file is none.
    if (std::cout.flush()) return code;
    return out.Fail({kRefused, "", "", "the answer could not be written to standard output", {}, {}, std::nullopt, ""});
  }
  return kUsage;
}

}  // namespace
}  // namespace mentorlog::cli

int main(int argc, char** argv) { return mentorlog::cli::Main(argc, argv); }
