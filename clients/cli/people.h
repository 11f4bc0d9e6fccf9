// clients/cli/people.h: who is meant by what somebody typed.
#ifndef MENTORLOG_CLIENTS_CLI_PEOPLE_H_
#define MENTORLOG_CLIENTS_CLI_PEOPLE_H_

#include <map>
#include <string>

#include "clients/cli/command.h"
#include "clients/cli/status.h"
#include "mentorlog/v1/common.pb.h"

namespace mentorlog::cli {

struct KnownPerson {
  // 16 bytes.
  std::string id;
  std::string name;
};

// The one person that `who` names: an external id of session.system, a unique name prefix, or our id in hex. A name
// that several people have is refused with the candidates.
Maybe<KnownPerson> FindPerson(Session& session, const std::string& who);

// The name of the person with this id (16 bytes); looked up once.
std::string NameOfId(Session& session, const std::string& id);
// As shown in a table: the name, or the beginning of the id where the name is not known.
std::string NameOf(const v1::PersonRef& person);

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_PEOPLE_H_
