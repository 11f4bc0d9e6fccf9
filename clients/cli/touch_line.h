// clients/cli/touch_line.h: what `mentorlog touch ana coffee "nervous about Leeds" //keep an eye on it` says. Pure.
#ifndef MENTORLOG_CLIENTS_CLI_TOUCH_LINE_H_
#define MENTORLOG_CLIENTS_CLI_TOUCH_LINE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mentorlog/v1/relationships_service.pb.h"

namespace mentorlog::cli {

struct TouchLine {
  v1::CheckInChannel channel = v1::CHECK_IN_CHANNEL_IN_PERSON;
  std::string gist;
  std::string private_note;
};

// The channel that a word names: a channel's own name, or what people say (coffee, lunch, phone, hallway).
std::optional<v1::CheckInChannel> ChannelOf(std::string_view word);

// A first argument that names a channel is the channel; what follows `//`, at the beginning of an argument or after a
// space, is private; the rest is the gist.
TouchLine ParseTouch(const std::vector<std::string>& words);

// `ana,ben` -> ana and ben.
std::vector<std::string> SplitPeople(std::string_view who);

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_TOUCH_LINE_H_
