#include "clients/cli/people.h"

#include "clients/cli/hex.h"
#include "mentorlog/v1/people_service.pb.h"

namespace mentorlog::cli {

Maybe<KnownPerson> FindPerson(Session& session, const std::string& who) {
  v1::FindPeopleRequest request;
  v1::FindPeopleResponse response;
  request.set_query(who);
  request.set_system(session.system);
  if (auto failure = session.connection.Call(request, response)) return *failure;
  if (response.matches().empty()) {
    return Failure{kRefused,
                   "NOT_FOUND",
                   "UNKNOWN_PERSON",
                   who + ": nobody has this external id of " + session.system + ", this name or this id",
                   {},
                   {},
                   std::nullopt,
                   ""};
  }
  // The surest way of finding decides; several found in that way are several people.
  const auto& first = response.matches(0);
  Failure ambiguous{
      kRefused, "FAILED_PRECONDITION", "AMBIGUOUS_PERSON", who + ": several people are called so", {}, {}, std::nullopt,
      ""};
  for (const auto& match : response.matches()) {
    if (match.how() != first.how()) break;
    ambiguous.fields.emplace_back(ToHex(match.person().person_id()), match.person().display_name());
  }
  if (ambiguous.fields.size() > 1) {
    ambiguous.message += response.more() ? ", more than these" : "";
    ambiguous.message += "; want more of the name, the external id, or an id";
    return ambiguous;
  }
  session.names[first.person().person_id()] = first.person().display_name();
  return KnownPerson{first.person().person_id(), first.person().display_name()};
}

std::string NameOfId(Session& session, const std::string& id) {
  if (id.empty()) return "-";
  const auto known = session.names.find(id);
  if (known != session.names.end()) return known->second;
  auto name = ToHex(id).substr(0, 8);
  v1::FindPeopleRequest request;
  v1::FindPeopleResponse response;
  request.set_query(ToHex(id));
  // Not kept: whoever follows the log for days asks again once the daemon is back.
  if (session.connection.Call(request, response)) return name;
  if (!response.matches().empty() && !response.matches(0).person().display_name().empty()) {
    name = response.matches(0).person().display_name();
  }
  session.names[id] = name;
  return name;
}

std::string NameOf(const v1::PersonRef& person) {
  if (!person.display_name().empty()) return person.display_name();
  return person.person_id().empty() ? "-" : ToHex(person.person_id()).substr(0, 8);
}

}  // namespace mentorlog::cli
