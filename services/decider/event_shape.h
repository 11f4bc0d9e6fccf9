// services/decider/event_shape.h: what holds for every wanted event, whatever its kind.
//
// Commands that are one fact bring the event itself; its texts, enums and ids are checked here by reflection, so that
// a field added later cannot be forgotten. Pure; thread-free.
#ifndef MENTORLOG_SERVICES_DECIDER_EVENT_SHAPE_H_
#define MENTORLOG_SERVICES_DECIDER_EVENT_SHAPE_H_

#include <cstddef>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "services/decider/decider.h"

namespace mentorlog::decider {

// How many values a repeated field may have.
inline constexpr int kRepeatedMax = 100;

// OK, or INVALID_ARGUMENT that names every field that is wrong: texts over their limit (TEXT_TOO_LONG; kNameMax for
// short ones: title, unit, employer, competencies, ...; else kTextMax) or not UTF-8 (NOT_UTF8), enums with a number
// that this build does not know (UNKNOWN_ENUM_VALUE), ids `..._id` and `..._ids` that are neither empty nor 16 bytes
// (MALFORMED_ID), repeated fields over kRepeatedMax (INVALID_FIELD). The first reason wins. Fields of a part called
// `shared` are named without it.
absl::Status CheckEvent(const google::protobuf::Message& event);

// Clears sub-messages that say nothing, so that no empty part is stored.
void DropEmptyParts(google::protobuf::Message& event);

}  // namespace mentorlog::decider

#endif  // MENTORLOG_SERVICES_DECIDER_EVENT_SHAPE_H_
