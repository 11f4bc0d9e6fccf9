#include "clients/cli/touch_line.h"

#include <utility>

#include "clients/cli/message_json.h"

namespace mentorlog::cli {
namespace {

constexpr std::pair<std::string_view, v1::CheckInChannel> kSaid[] = {
    {"coffee", v1::CHECK_IN_CHANNEL_MEAL},     {"lunch", v1::CHECK_IN_CHANNEL_MEAL},
    {"dinner", v1::CHECK_IN_CHANNEL_MEAL},     {"breakfast", v1::CHECK_IN_CHANNEL_MEAL},
    {"phone", v1::CHECK_IN_CHANNEL_CALL},      {"called", v1::CHECK_IN_CHANNEL_CALL},
    {"hallway", v1::CHECK_IN_CHANNEL_WALK_BY}, {"walkby", v1::CHECK_IN_CHANNEL_WALK_BY},
    {"mail", v1::CHECK_IN_CHANNEL_EMAIL},      {"met", v1::CHECK_IN_CHANNEL_IN_PERSON},
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Where the private part begins; npos if there is none. `https://` begins none.
std::size_t PrivateAt(std::string_view text) {
  if (text.starts_with("//")) return 0;
  const auto at = text.find(" //");
  return at == std::string_view::npos ? at : at + 1;
}

}  // namespace

std::optional<v1::CheckInChannel> ChannelOf(std::string_view word) {
  for (const auto& [said, channel] : kSaid) {
    if (word == said) return channel;
  }
  if (word.empty() || word.find_first_not_of("0123456789") == std::string_view::npos) return std::nullopt;
  const auto number = EnumFromText(v1::CheckInChannel_descriptor(), word);
  if (!number || *number == 0) return std::nullopt;
  return static_cast<v1::CheckInChannel>(*number);
}

TouchLine ParseTouch(const std::vector<std::string>& words) {
  TouchLine line;
  std::size_t first = 0;
  if (!words.empty()) {
    if (const auto channel = ChannelOf(words.front())) {
      line.channel = *channel;
      first = 1;
    }
  }
  std::string said;
  for (std::size_t i = first; i < words.size(); ++i) said += (said.empty() ? "" : " ") + words[i];
  const auto at = PrivateAt(said);
  line.gist = Trim(std::string_view(said).substr(0, at));
  if (at != std::string_view::npos) line.private_note = Trim(std::string_view(said).substr(at + 2));
  return line;
}

std::vector<std::string> SplitPeople(std::string_view who) {
  std::vector<std::string> people;
  while (true) {
    const auto comma = who.find(',');
    if (const auto one = Trim(who.substr(0, comma)); !one.empty()) people.emplace_back(one);
    if (comma == std::string_view::npos) return people;
    who.remove_prefix(comma + 1);
  }
}

}  // namespace mentorlog::cli
