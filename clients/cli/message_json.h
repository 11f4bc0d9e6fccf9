// clients/cli/message_json.h: between messages and the JSON that people and scripts see.
//
// Not protobuf's own JSON: names are snake_case, counts and positions are numbers, ids are hex, enum values are
// short and lower case (`in_person`), an absent value is null, a v1.Text is its text. By reflection, so that every rpc
// has it. Pure.
#ifndef MENTORLOG_CLIENTS_CLI_MESSAGE_JSON_H_
#define MENTORLOG_CLIENTS_CLI_MESSAGE_JSON_H_

#include <optional>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "nlohmann/json_fwd.hpp"

namespace mentorlog::cli {

nlohmann::ordered_json ToJson(const google::protobuf::Message& message);

// The short name of an enum value, as in `in_person` of `CHANNEL_IN_PERSON`; empty if unspecified.
std::string ShortName(const google::protobuf::EnumValueDescriptor* value);
// The value that `text` names, by its full or short name in any case, with - for _, or by its number.
std::optional<int> EnumFromText(const google::protobuf::EnumDescriptor* type, std::string_view text);
// Every short name, as in `in_person, call, video`.
std::string NamesOf(const google::protobuf::EnumDescriptor* type);

// Sets one field from `path=value`, where the path may be nested (`a.b`); a repeated field is appended to; a value
// that begins with { or [ is JSON. Answers what is wrong, if anything.
std::optional<std::string> SetField(google::protobuf::Message& message, std::string_view assignment);
std::optional<std::string> FromJson(google::protobuf::Message& message, const nlohmann::ordered_json& json);

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_MESSAGE_JSON_H_
