// `who`, `person`, `move`, `headcount`: people and where they are.
#include <string>

#include "clients/cli/commands.h"
#include "clients/cli/hex.h"
#include "clients/cli/message_json.h"
#include "clients/cli/people.h"
#include "clients/cli/shown.h"
#include "clients/cli/step.h"
#include "mentorlog/v1/people_service.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

std::string Place(const v1::Role& role) {
  std::string place;
  for (const auto& piece : {role.unit(), role.site(), role.employer()}) {
    if (!piece.empty()) place += (place.empty() ? "" : ", ") + piece;
  }
  return place;
}

std::vector<std::string> RowOf(const v1::RoleStep& step) {
  return {step.effective_on(),
          ShortName(v1::MoveType_descriptor()->FindValueByNumber(step.type())),
          step.to().title(),
          Place(step.to()),
          step.has_manager() ? NameOf(step.manager()) : "",
          step.corrected() ? "corrected" : ""};
}

Maybe<v1::Person> Fetch(Session& session, const std::string& who) {
  const auto found = FindPerson(session, who);
  if (!found) return found.failure();
  v1::GetPersonRequest request;
  v1::GetPersonResponse response;
  request.set_person_id(found->id);
  SetDay(session, request, "as_effective_on");
  if (auto failure = session.connection.Call(request, response)) return *failure;
  return response.person();
}

void PrintPath(Session& session, const v1::Person& person) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& step : person.path()) rows.push_back(RowOf(step));
  for (const auto& step : person.announced()) {
    rows.push_back(RowOf(step));
    rows.back().back() = "announced";
  }
  if (!rows.empty()) session.out.Table({"FROM", "MOVE", "TITLE", "WHERE", "MANAGER", ""}, rows);
}

int ShowWho(Session& session, const Arguments& arguments) {
  const auto person = Fetch(session, arguments.Get("WHO"));
  if (!person) return session.out.Fail(person.failure());
  if (session.out.json()) {
    session.out.Json(ToJson(*person));
    return kOk;
  }
  session.out.Line(session.out.Toned(Tone::kStrong, Shown(person->display_name())) + "  " + ToHex(person->person_id()));
  std::string known;
  for (const auto& id : person->external_ids())
    known += (known.empty() ? "" : ", ") + id.external_id() + " (" + id.system() + ")";
  if (!known.empty()) session.out.Line("known as " + known);
  if (const auto email = Shown(person->email()); !email.empty()) session.out.Line(email);
  if (!person->joined_on().empty()) session.out.Line("joined " + person->joined_on());
  PrintPath(session, *person);
  return kOk;
}

int ListMoves(Session& session, const Arguments& arguments) {
  const auto person = Fetch(session, arguments.Get("WHO"));
  if (!person) return session.out.Fail(person.failure());
  if (!session.out.json()) {
    PrintPath(session, *person);
    return kOk;
  }
  const auto json = ToJson(*person);
  session.out.Json({{"person_id", json["person_id"]}, {"path", json["path"]}, {"announced", json["announced"]}});
  return kOk;
}

int ListEverybody(Session& session, const Arguments&) {
  v1::ListPeopleRequest request;
  request.set_page_size(1000);
  auto document = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  do {
    v1::ListPeopleResponse response;
    if (auto failure = session.connection.Call(request, response)) return session.out.Fail(*failure);
    for (const auto& person : response.people()) {
      document.push_back(ToJson(person));
      rows.push_back({NameOf(person.person()), person.current().to().title(), Place(person.current().to()),
                      ToHex(person.person().person_id())});
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  if (session.out.json()) {
    session.out.Json({{"people", document}});
  } else {
    session.out.Table({"NAME", "TITLE", "WHERE", "ID"}, rows);
  }
  return kOk;
}

int Headcount(Session& session, const Arguments&) {
  v1::GetHeadcountRequest request;
  v1::GetHeadcountResponse response;
  SetDay(session, request, "on");
  if (auto failure = session.connection.Call(request, response)) return session.out.Fail(*failure);
  if (session.out.json()) {
    nlohmann::ordered_json units = nlohmann::ordered_json::object();
    for (const auto& unit : response.by_unit()) units[unit.unit()] = unit.count();
    session.out.Json({{"on", response.on()},
                      {"total", response.total()},
                      {"by_unit", units},
                      {"unreadable_people", response.unreadable_people()}});
    return kOk;
  }
  if (response.unreadable_people() > 0) session.out.Note(NotRead(response.unreadable_people()));
  std::vector<std::vector<std::string>> rows;
  for (const auto& unit : response.by_unit()) rows.push_back({unit.unit(), std::to_string(unit.count())});
  rows.push_back(
      {session.out.Toned(Tone::kStrong, "total"), session.out.Toned(Tone::kStrong, std::to_string(response.total()))});
  session.out.Table({"UNIT ON " + response.on(), "PEOPLE"}, rows);
  return kOk;
}

std::vector<FieldOption> RoleOptions() {
  return {Required("--type", "type",
                   "hire, promotion, lateral, transfer, secondment, leave, step_back, exit, rehire, unknown"),
          Value("--title", "to.title", "the title from then on"),
          Value("--function", "to.function", "the field of work"),
          Value("--unit", "to.unit", "the unit"),
          Value("--site", "to.site", "the site"),
          Who("--manager", "to.manager_id", "the manager"),
          Value("--employer", "to.employer", "who employs them, where it is not the organisation"),
          Value("--line", "to.line", "line or staff"),
          Value("--people-managed", "to.people_managed", "how many report to the role")};
}

// `--on` is the day a recorded move took effect.
Command RecordMove() {
  auto options = RoleOptions();
  options.push_back(Value("--confidence", "confidence", "how sure the source is, 1 to 5"));
  auto command = StepCommand<v1::RecordMoveRequest, v1::RecordMoveResponse>(
      {"move record",
       "a move took effect",
       About::kPerson,
       "person_id",
       options,
       {"mentorlog move record ana --type transfer --unit operations --site Leeds --on 2026-11-02"},
       "Recorded"});
  command.run = [options](Session& session, const Arguments& arguments) {
    v1::RecordMoveRequest request;
    v1::RecordMoveResponse response;
    const auto person = FindPerson(session, arguments.Get("WHO"));
    if (!person) return session.out.Fail(person.failure());
    request.set_person_id(person->id);
    SetDay(session, request, "effective_on");
    auto failure = SetOptions(session, arguments, options, request);
    if (!failure) failure = session.connection.Call(request, response);
    return failure ? session.out.Fail(*failure) : Told(session, response, "Recorded");
  };
  return command;
}

Command AnnounceMove() {
  auto options = RoleOptions();
  options.push_back(Required("--effective-on", "effective_on", "the day it will take effect, YYYY-MM-DD"));
  return StepCommand<v1::AnnounceMoveRequest, v1::AnnounceMoveResponse>(
      {"move announce",
       "a move is to come",
       About::kPerson,
       "person_id",
       options,
       {"mentorlog move announce ana --type promotion --title 'Line lead' --effective-on 2027-01-04"},
       "Announced"});
}

int AddPerson(Session& session, const Arguments& arguments) {
  v1::RegisterPersonRequest request;
  v1::RegisterPersonResponse response;
  request.set_display_name(arguments.Get("NAME"));
  request.set_email(arguments.Get("--email"));
  request.set_locale(arguments.Get("--locale"));
  request.set_time_zone(arguments.Get("--time-zone"));
  SetDay(session, request, "occurred_on");
  if (arguments.Has("--external-id")) {
    request.mutable_external_id()->set_system(session.system);
    request.mutable_external_id()->set_external_id(arguments.Get("--external-id"));
  }
  if (auto failure = session.connection.Call(request, response)) return session.out.Fail(*failure);
  return Told(session, response, "Registered " + request.display_name() + " as " + ToHex(response.person_id()));
}

}  // namespace

std::vector<Command> PeopleCommands() {
  const Parameter who{"WHO", "external id, unique name prefix or id", Parameter::kValue, true, ""};
  return {
      {"who",
       "who somebody is, with the path of their roles",
       {who},
       {"mentorlog who ana", "mentorlog who p0087 --on 2018-01-01"},
       ShowWho},
      {"person list", "everybody", {}, {"mentorlog person list"}, ListEverybody},
      {"person add",
       "make somebody known; --on is the day they joined",
       {{"NAME", "the name shown everywhere", Parameter::kValue, true, ""},
        {"--external-id", "what --system calls them", Parameter::kValue, false, ""},
        {"--email", "the address at work", Parameter::kValue, false, ""},
        {"--locale", "as in pt-PT", Parameter::kValue, false, ""},
        {"--time-zone", "as in Europe/Lisbon", Parameter::kValue, false, ""}},
       {"mentorlog person add 'Ana Sousa' --external-id e42 --on 2024-02-01"},
       AddPerson},
      RecordMove(),
      AnnounceMove(),
      {"move list", "the path of roles of somebody", {who}, {"mentorlog move list ana"}, ListMoves},
      StepCommand<v1::RetractMoveRequest, v1::RetractMoveResponse>(
          {"move retract",
           "a move or an announcement is taken back",
           About::kPerson,
           "person_id",
           {Required("--move", "move_id", "its id, as `who --json` shows it"),
            Required("--reason", "reason", "wrong_person, mistaken, double, called_off, other"),
            Value("--note", "note", "in words")},
           {"mentorlog move retract ana --move 3f0c... --reason mistaken"},
           "Taken back"}),
      StepCommand<v1::LinkExternalIdRequest, v1::LinkExternalIdResponse>(
          {"person link",
           "another id that another system gave somebody",
           About::kPerson,
           "person_id",
           {Required("--in", "external_id.system", "the system"),
            Required("--external-id", "external_id.external_id", "the id there")},
           {"mentorlog person link ana --in hris --external-id 4711"},
           "Linked"}),
      {"headcount", "how many people there were on a day", {}, {"mentorlog headcount --on 2018-01-01"}, Headcount},
  };
}

}  // namespace mentorlog::cli
