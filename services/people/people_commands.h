// services/people/people_commands.h: the commands of this room with the states they need.
//
// What the handlers, the import and the steward call, and what other rooms ask about people while they decide. Pure
// but for the states loaded; every Load becomes a check of the proposal.
#ifndef MENTORLOG_SERVICES_PEOPLE_PEOPLE_COMMANDS_H_
#define MENTORLOG_SERVICES_PEOPLE_PEOPLE_COMMANDS_H_

#include <optional>
#include <string_view>

#include "services/decider/decider.h"
#include "services/people/person.h"

namespace mentorlog::people {

// How far up the line a loop of managers is looked for.
inline constexpr int kManagersMax = 32;

// Each refuses what Check finds (the first of it), an unknown person (NOT_FOUND UNKNOWN_PERSON), who may not
// (PERMISSION_DENIED NOT_PERMITTED: a person changes their own moves and external ids only, and registers others
// without an external id), and whatever Decide refuses. A manager whom nobody registered is advised in an import, and
// refused elsewhere.
decider::Decision RunRegisterPerson(const decider::Context& context, decider::States& states,
                                    const RegisterPerson& command);
decider::Decision RunLinkExternalId(const decider::Context& context, decider::States& states,
                                    const LinkExternalId& command);
decider::Decision RunUnlinkExternalId(const decider::Context& context, decider::States& states,
                                      const UnlinkExternalId& command);
decider::Decision RunAnnounceMove(const decider::Context& context, decider::States& states,
                                  const AnnounceMove& command);
decider::Decision RunRecordMove(const decider::Context& context, decider::States& states, const RecordMove& command);
decider::Decision RunCorrectMove(const decider::Context& context, decider::States& states, const CorrectMove& command);
decider::Decision RunRetractMove(const decider::Context& context, decider::States& states, const RetractMove& command);

// OK if the person is registered; else NOT_FOUND UNKNOWN_PERSON naming `field` and the id. The proposal then relies
// on it (kExists).
absl::Status RequirePerson(decider::States& states, const decider::Id& person, std::string_view field);

// Who holds the external id now; nullopt if nobody does. The proposal relies on the answer (kExact).
absl::StatusOr<std::optional<decider::Id>> FindByExternalId(const decider::Context& context, decider::States& states,
                                                            std::string_view system, std::string_view external_id);

}  // namespace mentorlog::people

#endif  // MENTORLOG_SERVICES_PEOPLE_PEOPLE_COMMANDS_H_
