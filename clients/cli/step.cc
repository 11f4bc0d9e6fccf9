#include "clients/cli/step.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "clients/cli/hex.h"
#include "clients/cli/message_json.h"
#include "clients/cli/people.h"
#include "mentorlog/v1/assignments_service.pb.h"
#include "mentorlog/v1/relationships_service.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

using google::protobuf::Message;

Failure Refused(std::string code, std::string reason, std::string message) {
  return {kRefused, std::move(code), std::move(reason), std::move(message), {}, {}, std::nullopt, ""};
}

void SetBytes(Message& message, const std::string& field, const std::string& value) {
  const auto* descriptor = message.GetDescriptor()->FindFieldByName(field);
  message.GetReflection()->SetString(&message, descriptor, value);
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::vector<Parameter> ParametersOf(const Step& step) {
  std::vector<Parameter> parameters;
  if (step.about == About::kRelationship) parameters = RelationshipParameters();
  if (step.about == About::kAssignment) {
    parameters.push_back(
        {"ASSIGNMENT", "its id, or WHO:TITLE, of which the beginnings suffice", Parameter::kValue, true, ""});
  }
  if (step.about == About::kPerson) {
    parameters.push_back({"WHO", "external id, unique name prefix or id", Parameter::kValue, true, ""});
  }
  for (const auto& option : step.options) parameters.push_back(option.parameter);
  return parameters;
}

// A table that names a field which the request lacks is a defect: no command at all runs then, so any test finds it.
void RequireField(const Message& request, const std::string& path) {
  const auto* type = request.GetDescriptor();
  const google::protobuf::FieldDescriptor* field = nullptr;
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('.', begin), path.size());
    field = type == nullptr ? nullptr : type->FindFieldByName(path.substr(begin, end - begin));
    if (field == nullptr) {
      std::fprintf(stderr, "%s: no such field of %s\n", path.c_str(), request.GetTypeName().c_str());
      std::abort();
    }
    type = field->message_type();
    begin = end + 1;
  }
}

std::optional<Failure> SetAbout(Session& session, const Arguments& arguments, const Step& step, Message& request) {
  if (step.about == About::kRelationship) {
    const auto id = FindRelationship(session, arguments);
    if (!id) return id.failure();
    SetBytes(request, "relationship_id", *id);
  } else if (step.about == About::kAssignment) {
    const auto id = FindAssignment(session, arguments.Get("ASSIGNMENT"));
    if (!id) return id.failure();
    SetBytes(request, "assignment_id", *id);
  } else if (step.about == About::kPerson) {
    const auto person = FindPerson(session, arguments.Get("WHO"));
    if (!person) return person.failure();
    SetBytes(request, step.about_field, person->id);
  }
  return std::nullopt;
}

std::optional<Failure> SetOption(Session& session, const FieldOption& option, std::string value, Message& request) {
  if (option.is_person) {
    const auto person = FindPerson(session, value);
    if (!person) return person.failure();
    value = ToHex(person->id);
  }
  const auto wrong = SetField(request, option.field + "=" + value);
  if (!wrong) return std::nullopt;
  // It begins with the field's name, which nobody typed.
  const auto colon = wrong->find(": ");
  return Usage(option.parameter.name + ": " + wrong->substr(colon == std::string::npos ? 0 : colon + 2));
}

}  // namespace

FieldOption Value(const std::string& option, const std::string& field, const std::string& help) {
  return {{option, help, Parameter::kValue, false, ""}, field, false};
}
FieldOption Required(const std::string& option, const std::string& field, const std::string& help) {
  return {{option, help, Parameter::kValue, true, ""}, field, false};
}
FieldOption Several(const std::string& option, const std::string& field, const std::string& help) {
  return {{option, help, Parameter::kList, false, ""}, field, false};
}
FieldOption Who(const std::string& option, const std::string& field, const std::string& help) {
  return {{option, help, Parameter::kValue, false, ""}, field, true};
}

std::vector<Parameter> RelationshipParameters() {
  return {{"MENTOR", "external id, unique name prefix or id", Parameter::kValue, true, ""},
          {"MENTEE", "the same", Parameter::kValue, true, ""},
          {"--kind", "mentor, sponsor, line_coach or peer", Parameter::kValue, false, "mentor"}};
}

Maybe<std::string> FindRelationship(Session& session, const Arguments& arguments) {
  const auto mentor = FindPerson(session, arguments.Get("MENTOR"));
  if (!mentor) return mentor.failure();
  const auto mentee = FindPerson(session, arguments.Get("MENTEE"));
  if (!mentee) return mentee.failure();
  const auto kind = EnumFromText(v1::RelationshipKind_descriptor(), arguments.Get("--kind"));
  if (!kind) return Usage("--kind: want one of " + NamesOf(v1::RelationshipKind_descriptor()));
  v1::GetRelationshipRequest request;
  v1::GetRelationshipResponse response;
  request.set_mentor_id(mentor->id);
  request.set_mentee_id(mentee->id);
  request.set_kind(static_cast<v1::RelationshipKind>(*kind));
  if (auto failure = session.connection.Call(request, response)) return *failure;
  return response.relationship().relationship_id();
}

Maybe<std::string> FindAssignment(Session& session, const std::string& typed) {
  if (const auto id = IdFromHex(typed)) return *id;
  const auto colon = typed.find(':');
  if (colon == std::string::npos) return Usage(typed + ": want the id of an assignment, or WHO:TITLE");
  const auto person = FindPerson(session, typed.substr(0, colon));
  if (!person) return person.failure();
  const auto title = Lower(typed.substr(colon + 1));
  v1::ListAssignmentsRequest request;
  request.set_person_id(person->id);
  request.set_page_size(1000);
  auto ambiguous = Refused("FAILED_PRECONDITION", "AMBIGUOUS_ASSIGNMENT", typed + ": several assignments begin so");
  do {
    v1::ListAssignmentsResponse response;
    if (auto failure = session.connection.Call(request, response)) return *failure;
    for (const auto& assignment : response.assignments()) {
      if (!Lower(assignment.title().text()).starts_with(title)) continue;
      ambiguous.fields.emplace_back(ToHex(assignment.assignment_id()), assignment.title().text());
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  if (ambiguous.fields.size() > 1) return ambiguous;
  if (ambiguous.fields.empty()) {
    return Refused("NOT_FOUND", "NO_SUCH_ASSIGNMENT",
                   typed + ": " + person->name + " has no assignment that begins so");
  }
  return *IdFromHex(ambiguous.fields.front().first);
}

std::optional<Failure> SetOptions(Session& session, const Arguments& arguments, const std::vector<FieldOption>& options,
                                  Message& request) {
  // What is typed wrongly is said before anybody is looked up.
  for (const bool people : {false, true}) {
    for (const auto& option : options) {
      if (option.is_person != people || !arguments.Has(option.parameter.name)) continue;
      for (const auto& typed : arguments.All(option.parameter.name)) {
        if (auto failure = SetOption(session, option, typed, request)) return failure;
      }
    }
  }
  return std::nullopt;
}

void SetDay(const Session& session, Message& request, const std::string& field) {
  if (!session.on.empty()) SetBytes(request, field, session.on);
}

int Told(Session& session, const Message& response, const std::string& done) {
  if (session.out.json()) {
    session.out.Json(ToJson(response));
    return kOk;
  }
  const auto* field = response.GetDescriptor()->FindFieldByName("result");
  const auto& result = static_cast<const v1::Result&>(response.GetReflection()->GetMessage(response, field));
  std::string line = session.out.Toned(Tone::kGood, done);
  if (result.position() > 0) {
    line += " " + session.out.Toned(Tone::kFaint, "(position " + std::to_string(result.position()) + ")");
  } else {
    line += ": it was so already";
  }
  if (result.replayed()) line += ", by an earlier call with this request id";
  session.out.Line(line);
  for (const auto& advice : result.advice()) {
    session.out.Line(session.out.Toned(Tone::kWarn, advice.reason()) + ": " + advice.detail());
  }
  return kOk;
}

Command ToCommand(Step step, const Message& request_prototype, const Message& response_prototype) {
  Command command{step.name, step.summary, ParametersOf(step), step.examples, nullptr};
  for (const auto& option : step.options) RequireField(request_prototype, option.field);
  command.run = [step = std::move(step), &request_prototype, &response_prototype](Session& session,
                                                                                  const Arguments& arguments) {
    const std::unique_ptr<Message> request(request_prototype.New());
    const std::unique_ptr<Message> response(response_prototype.New());
    auto failure = SetOptions(session, arguments, step.options, *request);
    if (!failure) failure = SetAbout(session, arguments, step, *request);
    if (request->GetDescriptor()->FindFieldByName("occurred_on") != nullptr) SetDay(session, *request, "occurred_on");
    if (!failure) failure = session.connection.Call(*request, *response);
    return failure ? session.out.Fail(*failure) : Told(session, *response, step.done);
  };
  return command;
}

}  // namespace mentorlog::cli
