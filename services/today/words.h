// services/today/words.h: names of enum values as people read them. Pure; thread-free.
#ifndef MENTORLOG_SERVICES_TODAY_WORDS_H_
#define MENTORLOG_SERVICES_TODAY_WORDS_H_

#include <optional>
#include <string>
#include <string_view>

#include "google/protobuf/descriptor.h"

namespace mentorlog::today {

// `stay_in_touch` of RELATIONSHIP_MODE_STAY_IN_TOUCH; empty for the unspecified value and for unknown ones.
std::string Word(const google::protobuf::EnumDescriptor& descriptor, int value);

// The value that `word` names; nullopt if none does.
std::optional<int> ValueOf(const google::protobuf::EnumDescriptor& descriptor, std::string_view word);

}  // namespace mentorlog::today

#endif  // MENTORLOG_SERVICES_TODAY_WORDS_H_
