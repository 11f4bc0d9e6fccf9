// clients/cli/command.h: what a command of `mentorlog` is.
//
// Commands declare their parameters as data, and main.cc alone turns them into a command line: no command knows the
// parser, and all are called the same way by tests.
#ifndef MENTORLOG_CLIENTS_CLI_COMMAND_H_
#define MENTORLOG_CLIENTS_CLI_COMMAND_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "clients/cli/connection.h"
#include "clients/cli/output.h"
#include "clients/cli/status.h"

namespace mentorlog::cli {

// One argument or option of a command.
struct Parameter {
  // `WHO` for an argument by place, `--kind` for an option.
  std::string name;
  std::string help;
  enum Shape { kValue, kFlag, kList } shape = kValue;
  bool required = false;
  // Shown, and taken if nothing is given.
  std::string fallback;

  bool is_option() const { return name.starts_with("--"); }
};

// What was typed, by the parameter's name.
class Arguments {
 public:
  void Set(const std::string& name, std::vector<std::string> values) { values_[name] = std::move(values); }
  bool Has(const std::string& name) const { return values_.contains(name); }
  // The first value; empty if there is none.
  std::string Get(const std::string& name) const;
  std::vector<std::string> All(const std::string& name) const;
  // The whole number typed, or a failure that says what is wanted. REQUIRES: something was typed, or has a fallback.
  Maybe<long long> Number(const std::string& name, long long least, long long most) const;

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

// What a command works with.
struct Session {
  Connection& connection;
  Output& out;
  // Whose external ids people are named by.
  std::string system = "csv";
  // The day that matters, YYYY-MM-DD; empty: today.
  std::string on;
  // Where the program itself lies, to find mentorlogd beside it.
  std::string program;
  // Names by the bytes of an id, as they were looked up.
  std::map<std::string, std::string> names;
};

// Answers what the process should end with.
using Run = std::function<int(Session& session, const Arguments& arguments)>;

struct Command {
  // As typed: `relationship show`.
  std::string name;
  // One line.
  std::string summary;
  std::vector<Parameter> parameters;
  // Complete command lines, one each.
  std::vector<std::string> examples;
  Run run;
};

// Every command of the client, in the order of the help; collected in commands.cc.
const std::vector<Command>& Commands();

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_COMMAND_H_
