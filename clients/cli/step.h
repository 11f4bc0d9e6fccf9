// clients/cli/step.h: commands that are one rpc: options become fields of its request.
//
// Most of the daily work is one fact about one thing. Such a command is a table of options and the fields that they
// set; enums are given by their short names, people are looked up, `--on` is the day it happened.
#ifndef MENTORLOG_CLIENTS_CLI_STEP_H_
#define MENTORLOG_CLIENTS_CLI_STEP_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "clients/cli/command.h"
#include "clients/cli/status.h"
#include "google/protobuf/message.h"
#include "mentorlog/v1/common.pb.h"

namespace mentorlog::cli {

// What the command is about, by its arguments.
enum class About {
  kNothing,
  // MENTOR MENTEE --kind: sets `relationship_id`.
  kRelationship,
  // ASSIGNMENT: sets `assignment_id`.
  kAssignment,
  // WHO: sets the field that `about_field` names.
  kPerson,
};

// An option or argument, and the field that it sets.
struct FieldOption {
  Parameter parameter;
  // Path in the request.
  std::string field;
  // The value names a person.
  bool is_person = false;
};

struct Step {
  std::string name;
  std::string summary;
  About about = About::kNothing;
  std::string about_field;
  std::vector<FieldOption> options;
  std::vector<std::string> examples;
  // What is said when it is done, as in `accepted`.
  std::string done;
};

// The command of `step`, which calls the rpc that takes `Request`.
Command ToCommand(Step step, const google::protobuf::Message& request, const google::protobuf::Message& response);
template <typename Request, typename Response>
Command StepCommand(Step step) {
  return ToCommand(std::move(step), Request::default_instance(), Response::default_instance());
}

// Shorthands for tables.
FieldOption Value(const std::string& option, const std::string& field, const std::string& help);
FieldOption Required(const std::string& option, const std::string& field, const std::string& help);
FieldOption Several(const std::string& option, const std::string& field, const std::string& help);
FieldOption Who(const std::string& option, const std::string& field, const std::string& help);

// The arguments of About::kRelationship, and what they name: 16 bytes.
std::vector<Parameter> RelationshipParameters();
Maybe<std::string> FindRelationship(Session& session, const Arguments& arguments);
// An assignment by its id in hex, or as WHO:TITLE, of which the beginnings suffice.
Maybe<std::string> FindAssignment(Session& session, const std::string& typed);

// Sets `field=value` for each option that was typed. What is wrong, if anything.
std::optional<Failure> SetOptions(Session& session, const Arguments& arguments, const std::vector<FieldOption>& options,
                                  google::protobuf::Message& request);
// Sets the day `field` of the request from --on, where it was given.
void SetDay(const Session& session, google::protobuf::Message& request, const std::string& field);

// Prints the answer of a mutation: JSON, or `done`, where it stands in the log, and what was advised.
int Told(Session& session, const google::protobuf::Message& response, const std::string& done);

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_STEP_H_
