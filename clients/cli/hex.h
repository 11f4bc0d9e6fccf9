// clients/cli/hex.h: ids as people copy them. Pure.
#ifndef MENTORLOG_CLIENTS_CLI_HEX_H_
#define MENTORLOG_CLIENTS_CLI_HEX_H_

#include <optional>
#include <string>
#include <string_view>

namespace mentorlog::cli {

// Lower case, two digits a byte.
std::string ToHex(std::string_view bytes);
// nullopt unless `text` is an even number of hex digits; dashes as in a UUID are skipped.
std::optional<std::string> FromHex(std::string_view text);
// The 16 bytes of an id written as 32 hex digits; nullopt if it is none.
std::optional<std::string> IdFromHex(std::string_view text);

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_HEX_H_
