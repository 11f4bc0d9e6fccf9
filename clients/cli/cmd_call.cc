// `mentorlog call`: any rpc, from the descriptors that are compiled in.
#include <algorithm>
#include <memory>
#include <string>

#include "clients/cli/commands.h"
#include "clients/cli/message_json.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using Json = nlohmann::ordered_json;

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// `GetPerson`, `PeopleService.GetPerson`, `PeopleService/GetPerson` or the whole name, in any case.
const MethodDescriptor* FindMethod(const std::string& typed) {
  auto wanted = Lower(typed);
  std::replace(wanted.begin(), wanted.end(), '/', '.');
  for (const auto* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const auto full = "." + Lower(service->method(i)->full_name());
      if (full.ends_with("." + wanted)) return service->method(i);
    }
  }
  return nullptr;
}

std::unique_ptr<Message> New(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

int List(Session& session) {
  Json document = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto* service : Services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const auto* method = service->method(i);
      std::string fields;
      Json names = Json::array();
      for (int f = 0; f < method->input_type()->field_count(); ++f) {
        const auto* field = method->input_type()->field(f);
        fields += (f == 0 ? "" : " ") + field->name() + (field->is_repeated() ? "..." : "");
        names.push_back(field->name());
      }
      const std::string name = service->name() + "." + method->name();
      document.push_back({{"method", name}, {"streaming", method->server_streaming()}, {"fields", names}});
      rows.push_back({name, fields});
    }
  }
  if (session.out.json()) {
    session.out.Json({{"methods", document}});
  } else {
    session.out.Table({"METHOD", "FIELDS"}, rows);
  }
  return kOk;
}

int Call(Session& session, const Arguments& arguments) {
  if (arguments.Has("--list")) return List(session);
  const auto name = arguments.Get("METHOD");
  if (name.empty()) return session.out.Fail(Usage("name a METHOD, or see `mentorlog call --list`"));
  const auto* method = FindMethod(name);
  if (method == nullptr) return session.out.Fail(Usage(name + ": no such rpc; see `mentorlog call --list`"));
  if (method->client_streaming()) {
    return session.out.Fail(Usage(name + " takes a stream of requests, which a command line cannot give it"));
  }
  const auto request = New(method->input_type());
  for (const auto& assignment : arguments.All("FIELD=VALUE")) {
    if (const auto wrong = SetField(*request, assignment)) return session.out.Fail(Usage(*wrong));
  }
  const auto response = New(method->output_type());
  if (method->server_streaming()) {
    const auto failure = session.connection.Stream(*request, *response, [&](const Message& message) {
      session.out.Json(ToJson(message), /*one_line=*/true);
      return true;
    });
    return failure ? session.out.Fail(*failure) : kOk;
  }
  if (const auto failure = session.connection.Call(*request, *response)) return session.out.Fail(*failure);
  session.out.Json(ToJson(*response));
  return kOk;
}

}  // namespace

std::vector<Command> CallCommands() {
  return {{"call",
           "call any rpc",
           {{"METHOD", "the rpc, as in GetPerson or PeopleService.GetPerson", Parameter::kValue, false, ""},
            {"FIELD=VALUE",
             "fields of the request: ids in hex, enums by name, nested as a.b=c, lists by repetition or "
             "as JSON",
             Parameter::kList, false, ""},
            {"--list", "list every rpc with its fields", Parameter::kFlag, false, ""}},
           {"mentorlog call --list", "mentorlog call GetStats",
            "mentorlog call RegisterPerson display_name='Ana Sousa' occurred_on=2024-02-01"},
           Call}};
}

}  // namespace mentorlog::cli
