#include "clients/cli/command.h"

#include <charconv>

namespace mentorlog::cli {

std::string Arguments::Get(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? "" : found->second.front();
}

std::vector<std::string> Arguments::All(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

Maybe<long long> Arguments::Number(const std::string& name, long long least, long long most) const {
  const auto text = Get(name);
  long long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || number < least || number > most) {
    return Usage(name + ": " + text + ", want a whole number from " + std::to_string(least) + " to " +
                 std::to_string(most));
  }
  return number;
}

}  // namespace mentorlog::cli
