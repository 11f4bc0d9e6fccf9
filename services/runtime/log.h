// services/runtime/log.h: what the daemon tells its operator, on stderr.
//
// One line per happening: a sentence, then name=value. Never a text that a person wrote, never a key. Thread-safe.
#ifndef MENTORLOG_SERVICES_RUNTIME_LOG_H_
#define MENTORLOG_SERVICES_RUNTIME_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace mentorlog::runtime {

enum class Level : std::uint8_t { kInfo, kWarning, kError };

using LogField = std::pair<std::string_view, std::string>;

void Log(Level level, std::string_view sentence, std::initializer_list<LogField> fields = {});

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_LOG_H_
