#include "clients/cli/message_json.h"

#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

#include "clients/cli/hex.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "mentorlog/v1/common.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Json = nlohmann::ordered_json;

// `CheckInChannel` -> `CHECK_IN_CHANNEL_`.
std::string PrefixOf(const EnumDescriptor* type) {
  std::string prefix;
  const std::string& name = type->name();
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (i > 0 && std::isupper(c) != 0) prefix.push_back('_');
    prefix.push_back(static_cast<char>(std::toupper(c)));
  }
  return prefix + "_";
}

Json TextToJson(const v1::Text& text) {
  switch (text.content_case()) {
    case v1::Text::kText:
      return text.text();
    case v1::Text::kWithheld:
      return {{"withheld", text.withheld() == v1::Text::WITHHELD_ERASED ? "erased" : "not_permitted"}};
    case v1::Text::CONTENT_NOT_SET:
      break;
  }
  return nullptr;
}

Json EnumToJson(const EnumDescriptor* type, int number) {
  const auto* value = type->FindValueByNumber(number);
  if (value == nullptr) return number;
  auto name = ShortName(value);
  if (name.empty()) return nullptr;
  return name;
}

// Days since 1970-01-01 as YYYY-MM-DD (proleptic Gregorian).
std::string DayText(std::int32_t days) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

Json MessageToJson(const Message& message);

Json SingleToJson(const Message& message, const Reflection& reflection, const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      // Stored facts keep days as sint32, and nothing else.
      if (field->type() == FieldDescriptor::TYPE_SINT32) return DayText(reflection.GetInt32(message, field));
      return reflection.GetInt32(message, field);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetInt64(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.GetUInt32(message, field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.GetUInt64(message, field);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.GetDouble(message, field);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.GetFloat(message, field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumToJson(field->enum_type(), reflection.GetEnumValue(message, field));
    case FieldDescriptor::CPPTYPE_STRING: {
      auto text = reflection.GetString(message, field);
      if (field->type() == FieldDescriptor::TYPE_BYTES) return ToHex(text);
      return text;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageToJson(reflection.GetMessage(message, field));
  }
  return nullptr;
}

Json RepeatedToJson(const Message& message, const Reflection& reflection, const FieldDescriptor* field) {
  auto list = Json::array();
  const int size = reflection.FieldSize(message, field);
  for (int i = 0; i < size; ++i) {
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        list.push_back(reflection.GetRepeatedInt32(message, field, i));
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        list.push_back(reflection.GetRepeatedInt64(message, field, i));
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        list.push_back(reflection.GetRepeatedUInt32(message, field, i));
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        list.push_back(reflection.GetRepeatedUInt64(message, field, i));
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        list.push_back(reflection.GetRepeatedDouble(message, field, i));
        break;
      case FieldDescriptor::CPPTYPE_FLOAT:
        list.push_back(reflection.GetRepeatedFloat(message, field, i));
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        list.push_back(reflection.GetRepeatedBool(message, field, i));
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        list.push_back(EnumToJson(field->enum_type(), reflection.GetRepeatedEnumValue(message, field, i)));
        break;
      case FieldDescriptor::CPPTYPE_STRING: {
        auto text = reflection.GetRepeatedString(message, field, i);
        list.push_back(field->type() == FieldDescriptor::TYPE_BYTES ? ToHex(text) : std::move(text));
        break;
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        list.push_back(MessageToJson(reflection.GetRepeatedMessage(message, field, i)));
        break;
    }
  }
  return list;
}

Json MapToJson(const Message& message, const Reflection& reflection, const FieldDescriptor* field) {
  auto object = Json::object();
  const auto* type = field->message_type();
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    const auto& entry = reflection.GetRepeatedMessage(message, field, i);
    const auto key = SingleToJson(entry, *entry.GetReflection(), type->map_key());
    object[key.is_string() ? key.get<std::string>() : key.dump()] =
        SingleToJson(entry, *entry.GetReflection(), type->map_value());
  }
  return object;
}

Json AnyToJson(const google::protobuf::Any& any) {
  const auto slash = any.type_url().rfind('/');
  const auto name = any.type_url().substr(slash == std::string::npos ? 0 : slash + 1);
  const auto* type = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(name);
  if (type == nullptr) return {{"@type", name}, {"bytes", ToHex(any.value())}};
  const std::unique_ptr<Message> inner(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  if (!inner->ParseFromString(any.value())) return {{"@type", name}, {"bytes", ToHex(any.value())}};
  Json json = {{"@type", name}};
  json.update(MessageToJson(*inner));
  return json;
}

Json MessageToJson(const Message& message) {
  const auto* type = message.GetDescriptor();
  if (type == v1::Text::descriptor()) return TextToJson(static_cast<const v1::Text&>(message));
  if (type == google::protobuf::Any::descriptor()) return AnyToJson(static_cast<const google::protobuf::Any&>(message));
  const auto& reflection = *message.GetReflection();
  auto object = Json::object();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (field->is_map()) {
      object[field->name()] = MapToJson(message, reflection, field);
    } else if (field->is_repeated()) {
      object[field->name()] = RepeatedToJson(message, reflection, field);
    } else if (field->has_presence() && !reflection.HasField(message, field)) {
      if (field->real_containing_oneof() == nullptr) object[field->name()] = nullptr;
    } else {
      object[field->name()] = SingleToJson(message, reflection, field);
    }
  }
  return object;
}

std::string Lower(std::string_view text) {
  std::string lower;
  for (const char c : text) {
    lower.push_back(c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  return lower;
}

template <typename Number>
std::optional<Number> Parse(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string Wrong(const FieldDescriptor* field, std::string_view text, std::string_view wish) {
  return field->name() + ": " + std::string(text) + ", want " + std::string(wish);
}

template <typename Number, typename Set>
std::optional<std::string> SetNumber(const FieldDescriptor* field, std::string_view text, const Set& set) {
  const auto number = Parse<Number>(text);
  if (!number) return Wrong(field, text, "a number");
  set(*number);
  return std::nullopt;
}

// One scalar from its text; appended where the field is repeated.
std::optional<std::string> SetScalar(Message& message, const FieldDescriptor* field, std::string_view text) {
  const auto& r = *message.GetReflection();
  const bool add = field->is_repeated();
  Message* const m = &message;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return SetNumber<std::int32_t>(field, text,
                                     [&](auto n) { add ? r.AddInt32(m, field, n) : r.SetInt32(m, field, n); });
    case FieldDescriptor::CPPTYPE_INT64:
      return SetNumber<std::int64_t>(field, text,
                                     [&](auto n) { add ? r.AddInt64(m, field, n) : r.SetInt64(m, field, n); });
    case FieldDescriptor::CPPTYPE_UINT32:
      return SetNumber<std::uint32_t>(field, text,
                                      [&](auto n) { add ? r.AddUInt32(m, field, n) : r.SetUInt32(m, field, n); });
    case FieldDescriptor::CPPTYPE_UINT64:
      return SetNumber<std::uint64_t>(field, text,
                                      [&](auto n) { add ? r.AddUInt64(m, field, n) : r.SetUInt64(m, field, n); });
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return SetNumber<double>(field, text, [&](auto n) { add ? r.AddDouble(m, field, n) : r.SetDouble(m, field, n); });
    case FieldDescriptor::CPPTYPE_FLOAT:
      return SetNumber<float>(field, text, [&](auto n) { add ? r.AddFloat(m, field, n) : r.SetFloat(m, field, n); });
    case FieldDescriptor::CPPTYPE_BOOL: {
      const auto word = Lower(text);
      const bool yes = word == "true" || word == "yes" || word == "1";
      if (!yes && word != "false" && word != "no" && word != "0") return Wrong(field, text, "true or false");
      add ? r.AddBool(m, field, yes) : r.SetBool(m, field, yes);
      return std::nullopt;
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto number = EnumFromText(field->enum_type(), text);
      if (!number) return Wrong(field, text, "one of " + NamesOf(field->enum_type()));
      add ? r.AddEnumValue(m, field, *number) : r.SetEnumValue(m, field, *number);
      return std::nullopt;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string value(text);
      if (field->type() == FieldDescriptor::TYPE_BYTES) {
        auto bytes = FromHex(text);
        if (!bytes) return Wrong(field, text, "hex digits, as an id is answered");
        value = std::move(*bytes);
      }
      add ? r.AddString(m, field, std::move(value)) : r.SetString(m, field, std::move(value));
      return std::nullopt;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return Wrong(field, text, "a value in { }, or " + field->name() + ".NAME=VALUE");
}

std::optional<std::string> SetFromJson(Message& message, const FieldDescriptor* field, const Json& value) {
  if (value.is_null()) return std::nullopt;
  if (value.is_array()) {
    if (!field->is_repeated() || field->is_map()) return Wrong(field, value.dump(), "one value, not a list");
    for (const auto& item : value) {
      if (item.is_array()) return Wrong(field, item.dump(), "a value, not a list in a list");
      if (auto wrong = SetFromJson(message, field, item)) return wrong;
    }
    return std::nullopt;
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    if (field->is_map() || !value.is_object()) return Wrong(field, value.dump(), "an object in { }");
    const auto& reflection = *message.GetReflection();
    return FromJson(
        field->is_repeated() ? *reflection.AddMessage(&message, field) : *reflection.MutableMessage(&message, field),
        value);
  }
  if (value.is_object()) return Wrong(field, value.dump(), "a plain value");
  return SetScalar(message, field, value.is_string() ? value.get<std::string>() : value.dump());
}

std::string FieldNames(const Descriptor* type) {
  std::string names;
  for (int i = 0; i < type->field_count(); ++i) names += (i == 0 ? "" : ", ") + type->field(i)->name();
  return names.empty() ? "none" : names;
}

std::string NoField(const Descriptor* type, std::string_view name) {
  return std::string(name) + ": no such field of " + type->name() + "; it has " + FieldNames(type);
}

}  // namespace

Json ToJson(const Message& message) { return MessageToJson(message); }

std::string ShortName(const EnumValueDescriptor* value) {
  const auto prefix = PrefixOf(value->type());
  std::string name = value->name();
  if (name.starts_with(prefix)) name = name.substr(prefix.size());
  if (value->number() == 0 && name.ends_with("UNSPECIFIED")) return "";
  return Lower(name);
}

std::optional<int> EnumFromText(const EnumDescriptor* type, std::string_view text) {
  const auto wanted = Lower(text);
  for (int i = 0; i < type->value_count(); ++i) {
    const auto* value = type->value(i);
    if (wanted == Lower(value->name()) || (!wanted.empty() && wanted == ShortName(value))) return value->number();
  }
  return Parse<int>(text);
}

std::string NamesOf(const EnumDescriptor* type) {
  std::string names;
  for (int i = 0; i < type->value_count(); ++i) {
    const auto name = ShortName(type->value(i));
    if (!name.empty()) names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

std::optional<std::string> FromJson(Message& message, const Json& json) {
  const auto* type = message.GetDescriptor();
  if (!json.is_object()) return type->name() + ": want an object in { }";
  for (const auto& [name, value] : json.items()) {
    const auto* field = type->FindFieldByName(name);
    if (field == nullptr) return NoField(type, name);
    if (auto wrong = SetFromJson(message, field, value)) return wrong;
  }
  return std::nullopt;
}

std::optional<std::string> SetField(Message& message, std::string_view assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::string(assignment) + ": want FIELD=VALUE";
  std::string_view path = assignment.substr(0, equals);
  const std::string_view value = assignment.substr(equals + 1);
  Message* at = &message;
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    const auto* field = at->GetDescriptor()->FindFieldByName(std::string(path.substr(0, dot)));
    if (field == nullptr) return NoField(at->GetDescriptor(), path.substr(0, dot));
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_repeated()) {
      return field->name() + ": has no fields of its own that could be set one by one";
    }
    at = at->GetReflection()->MutableMessage(at, field);
    path = path.substr(dot + 1);
  }
  const auto* field = at->GetDescriptor()->FindFieldByName(std::string(path));
  if (field == nullptr) return NoField(at->GetDescriptor(), path);
  const bool structured = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE || field->is_repeated();
  if (structured && (value.starts_with('{') || value.starts_with('['))) {
    const auto json = Json::parse(value, nullptr, false);
    if (json.is_discarded()) return Wrong(field, value, "valid JSON");
    return SetFromJson(*at, field, json);
  }
  return SetScalar(*at, field, value);
}

}  // namespace mentorlog::cli
