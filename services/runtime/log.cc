#include "services/runtime/log.h"

#include <memory>

#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace mentorlog::runtime {
namespace {

spdlog::logger& Logger() {
  // Lives for ever: threads may log until the very end of the process.
  static auto* const logger = [] {
    auto* made = new spdlog::logger("mentorlog", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    return made;
  }();
  return *logger;
}

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// A value on one line, whatever is in it.
std::string Quoted(const std::string& value) {
  std::string quoted;
  for (const char c : value) quoted += c == '\n' || c == '\r' ? ' ' : c;
  return quoted.find(' ') == std::string::npos && !quoted.empty() ? quoted : "\"" + quoted + "\"";
}

}  // namespace

void Log(Level level, std::string_view sentence, std::initializer_list<LogField> fields) {
  std::string line(sentence);
  for (const auto& [name, value] : fields) line += " " + std::string(name) + "=" + Quoted(value);
  // As an argument, so that braces in it are nothing special.
  Logger().log(ToSpdlog(level), "{}", line);
}

}  // namespace mentorlog::runtime
