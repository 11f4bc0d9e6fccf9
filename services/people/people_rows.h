// services/people/people_rows.h: between the room's rows and commands and the messages of the API.
//
// Sealed parts are opened here, for the reader who asks. Pure but for the parts it reads; thread-free.
#ifndef MENTORLOG_SERVICES_PEOPLE_PEOPLE_ROWS_H_
#define MENTORLOG_SERVICES_PEOPLE_PEOPLE_ROWS_H_

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "mentorlog/v1/people_service.pb.h"
#include "mentorlog/view/v1/people_person.pb.h"
#include "services/people/names.h"
#include "services/people/person.h"
#include "services/runtime/call.h"
#include "storage/ledger.h"

namespace mentorlog::people {

// What a request tells of a role; `field` is the path of the message in the request, as in `to`.
RoleTold ToldRole(std::string_view field, const v1::Role& role, runtime::Violations& violations);
ExternalIdGiven GivenExternalId(const v1::ExternalId& given, runtime::Violations& violations);

// A person as `read`'s caller may see them; `current` is the step that counts on `day`.
absl::StatusOr<v1::Person> ShowPerson(const runtime::Read& read, const Names& names, const storage::Id& person,
                                      const view::v1::PersonRow& row, storage::Day day);
v1::PersonSummary SummarisePerson(const Names& names, const storage::Id& person, const view::v1::PersonRow& row,
                                  storage::Day day);

// The row of a person as it stood at `position`, folded from their stream; nullopt if they were not known then.
absl::StatusOr<std::optional<view::v1::PersonRow>> RowAsOf(const runtime::EventCodec& codec,
                                                           const storage::LedgerSnapshot& snapshot,
                                                           const storage::Id& person, storage::Position position);

}  // namespace mentorlog::people

#endif  // MENTORLOG_SERVICES_PEOPLE_PEOPLE_ROWS_H_
