// `relationship`: who mentors whom, and where it stands.
#include <string>

#include "clients/cli/commands.h"
#include "clients/cli/hex.h"
#include "clients/cli/message_json.h"
#include "clients/cli/people.h"
#include "clients/cli/shown.h"
#include "clients/cli/step.h"
#include "mentorlog/v1/relationships_service.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string Days(const v1::Cadence& cadence) {
  if (cadence.max_days() == 0) return "";
  return std::to_string(cadence.ideal_days()) + " / " + std::to_string(cadence.max_days()) + " days";
}

void PrintRelationship(Session& session, const v1::GetRelationshipResponse& answer) {
  auto& out = session.out;
  const auto& is = answer.relationship();
  out.Line(out.Toned(Tone::kStrong, NameOfId(session, is.mentor_id()) + " and " + NameOfId(session, is.mentee_id())) +
           ", " + Short(is.kind()) + "  " + out.Toned(Tone::kFaint, ToHex(is.relationship_id())));
  std::vector<std::vector<std::string>> rows = {
      {"status", Short(is.status()) + (is.acknowledged() ? "" : ", not acknowledged")},
      {"mode", Short(is.mode())},
      {"started", is.started_on() + " (" + Short(is.origin()) + ")"},
      {"cadence", Days(is.cadence()) + (is.cadence_agreed() ? ", agreed" : "")},
      {"check-ins", std::to_string(is.check_ins()) +
                        (is.meetings() == is.check_ins() ? "" : " in " + std::to_string(is.meetings()) + " meetings")}};
  if (!is.first_on().empty()) rows.push_back({"first, last", is.first_on() + ", " + is.last_on()});
  if (!is.longest_gap_from().empty()) {
    rows.push_back({"longest gap", std::to_string(is.longest_gap_days()) + " days, " + is.longest_gap_from() + " to " +
                                       is.longest_gap_to()});
  }
  if (is.has_proposed_cadence()) rows.push_back({"proposed", Days(is.proposed_cadence())});
  if (!is.paused_until().empty()) rows.push_back({"paused until", is.paused_until()});
  if (!is.closed_on().empty()) rows.push_back({"closed", is.closed_on()});
  const auto& clock = answer.clock();
  if (!clock.next_due_on().empty()) {
    rows.push_back({"clock", Short(clock.state()) + ", " + std::to_string(clock.days_since()) +
                                 " days since; next due " + clock.next_due_on()});
  }
  for (const auto& owed : answer.owed()) {
    rows.push_back({out.Toned(Tone::kWarn, "owed"), Short(owed.cause()) + " since " + owed.owed_on() +
                                                        (owed.due_on().empty() ? "" : ", due " + owed.due_on()) + "  " +
                                                        ToHex(owed.owed_id())});
  }
  for (const auto& promise : answer.promises()) {
    rows.push_back({"promise", NameOfId(session, promise.by_id()) + ": " +
                                   (promise.text().has_text() ? promise.text().text() : Short(promise.kind())) +
                                   (promise.due_on().empty() ? "" : ", due " + promise.due_on()) + "  " +
                                   ToHex(promise.promise_id())});
  }
  if (answer.has_transition()) {
    rows.push_back({out.Toned(Tone::kWarn, "suggested"), Short(answer.transition().suggestion()) + ", answer by " +
                                                             answer.transition().answer_by() + "  " +
                                                             ToHex(answer.transition().transition_id())});
  }
  out.Table({}, rows);
}

int Show(Session& session, const Arguments& arguments) {
  v1::GetRelationshipRequest request;
  v1::GetRelationshipResponse response;
  const auto mentor = FindPerson(session, arguments.Get("MENTOR"));
  if (!mentor) return session.out.Fail(mentor.failure());
  const auto mentee = FindPerson(session, arguments.Get("MENTEE"));
  if (!mentee) return session.out.Fail(mentee.failure());
  request.set_mentor_id(mentor->id);
  request.set_mentee_id(mentee->id);
  SetDay(session, request, "on");
  auto failure = SetOptions(session, arguments,
                            {Value("--kind", "kind", ""), Value("--as-known-at", "as_known_at.position", "")}, request);
  if (!failure) failure = session.connection.Call(request, response);
  if (failure) return session.out.Fail(*failure);
  if (!session.out.json()) {
    PrintRelationship(session, response);
    return kOk;
  }
  // What it is comes first, what is about it after that.
  auto json = ToJson(response.relationship());
  const auto about = ToJson(response);
  for (const auto& [name, value] : about.items()) {
    if (name != "relationship") json[name] = value;
  }
  session.out.Json(json);
  return kOk;
}

int List(Session& session, const Arguments& arguments) {
  const auto person = FindPerson(session, arguments.Get("WHO"));
  if (!person) return session.out.Fail(person.failure());
  v1::ListRelationshipsRequest request;
  request.set_person_id(person->id);
  request.set_include_closed(arguments.Has("--closed"));
  request.set_page_size(1000);
  auto document = Json::array();
  std::vector<std::vector<std::string>> rows;
  do {
    v1::ListRelationshipsResponse response;
    if (auto failure = session.connection.Call(request, response)) return session.out.Fail(*failure);
    for (const auto& is : response.relationships()) {
      document.push_back(ToJson(is));
      if (session.out.json()) continue;
      rows.push_back({NameOfId(session, is.mentor_id()), NameOfId(session, is.mentee_id()), Short(is.kind()),
                      Short(is.status()), Short(is.mode()), std::to_string(is.check_ins()), is.last_on()});
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  if (session.out.json()) {
    session.out.Json({{"relationships", document}});
  } else {
    session.out.Table({"MENTOR", "MENTEE", "KIND", "STATUS", "MODE", "CHECK-INS", "LAST"}, rows);
  }
  return kOk;
}

int Start(Session& session, const Arguments& arguments) {
  v1::StartRelationshipRequest request;
  v1::StartRelationshipResponse response;
  const auto mentor = FindPerson(session, arguments.Get("MENTOR"));
  if (!mentor) return session.out.Fail(mentor.failure());
  const auto mentee = FindPerson(session, arguments.Get("MENTEE"));
  if (!mentee) return session.out.Fail(mentee.failure());
  request.set_mentor_id(mentor->id);
  request.set_mentee_id(mentee->id);
  SetDay(session, request, "occurred_on");
  auto failure =
      SetOptions(session, arguments,
                 {Value("--kind", "kind", ""), Value("--origin", "origin", ""), Value("--why", "why", ""),
                  Value("--ideal-days", "cadence.ideal_days", ""), Value("--max-days", "cadence.max_days", "")},
                 request);
  if (!failure) failure = session.connection.Call(request, response);
  if (failure) return session.out.Fail(*failure);
  return Told(session, response, "Started: " + mentor->name + " and " + mentee->name);
}

template <typename Request, typename Response>
Command Of(const std::string& verb, const std::string& summary, std::vector<FieldOption> options,
           const std::string& example, const std::string& done) {
  return StepCommand<Request, Response>({"relationship " + verb,
                                         summary,
                                         About::kRelationship,
                                         "",
                                         std::move(options),
                                         {"mentorlog relationship " + verb + " margit nadia" + example},
                                         done});
}

std::vector<FieldOption> CadenceOptions() {
  return {Required("--ideal-days", "cadence.ideal_days", "days between touches that both wish for"),
          Required("--max-days", "cadence.max_days", "days after which it is overdue, at most 730")};
}

std::vector<Command> Reading() {
  auto parameters = RelationshipParameters();
  parameters.push_back({"--as-known-at", "as of this position of the log", Parameter::kValue, false, ""});
  auto start = RelationshipParameters();
  start.push_back({"--why", "in words", Parameter::kValue, false, ""});
  start.push_back({"--origin", "self, asked or matched", Parameter::kValue, false, ""});
  start.push_back({"--ideal-days", "days between touches", Parameter::kValue, false, ""});
  start.push_back({"--max-days", "days after which it is overdue", Parameter::kValue, false, ""});
  return {{"relationship show",
           "where one relationship stands",
           parameters,
           {"mentorlog relationship show p0087 p0010 --kind mentor"},
           Show},
          {"relationship list",
           "the relationships of somebody, on either side",
           {{"WHO", "external id, unique name prefix or id", Parameter::kValue, true, ""},
            {"--closed", "also closed and declined ones", Parameter::kFlag, false, ""}},
           {"mentorlog relationship list margit"},
           List},
          {"relationship start",
           "start a relationship; a closed one is opened again",
           start,
           {"mentorlog relationship start margit nadia --kind sponsor --why 'her next step'"},
           Start}};
}

}  // namespace

std::vector<Command> RelationshipCommands() {
  auto commands = Reading();
  std::vector<Command> steps = {
      Of<v1::AcknowledgeRelationshipRequest, v1::AcknowledgeRelationshipResponse>(
          "acknowledge", "the other side says yes", {Value("--note", "note", "in words")}, " --as nadia",
          "Acknowledged"),
      Of<v1::DeclineRelationshipRequest, v1::DeclineRelationshipResponse>(
          "decline", "the other side says no", {Value("--note", "note", "in words")}, " --as nadia", "Declined"),
      Of<v1::CloseRelationshipRequest, v1::CloseRelationshipResponse>(
          "close", "close it, by either side",
          {Required("--reason", "reason", "goals_met, drifted, conflict, asked, deceased"),
           Value("--last-word", "last_word", "to the other"), Value("--private", "private_note", "what only you read")},
          " --reason goals_met --as margit", "Closed"),
      Of<v1::ReopenRelationshipRequest, v1::ReopenRelationshipResponse>(
          "reopen", "open a closed one again", {Value("--why", "why", "in words")}, " --as margit", "Open again"),
      Of<v1::PauseRelationshipRequest, v1::PauseRelationshipResponse>(
          "pause", "let it rest: no nudges",
          {Value("--until", "until", "the day it goes on, YYYY-MM-DD"), Value("--reason", "reason", "in words")},
          " --until 2027-03-01", "Paused"),
      Of<v1::ResumeRelationshipRequest, v1::ResumeRelationshipResponse>("resume", "let it go on", {}, "", "Resumed"),
      Of<v1::SetCadenceRequest, v1::SetCadenceResponse>("cadence", "set how often to be in touch, by oneself",
                                                        CadenceOptions(), " --ideal-days 30 --max-days 60", "Set"),
      Of<v1::ProposeCadenceRequest, v1::ProposeCadenceResponse>(
          "propose-cadence", "propose how often to be in touch", CadenceOptions(),
          " --ideal-days 30 --max-days 60 --as margit", "Proposed"),
      Of<v1::AgreeCadenceRequest, v1::AgreeCadenceResponse>("agree-cadence", "agree to what the other proposed", {},
                                                            " --as nadia", "Agreed"),
      Of<v1::AskForTalkRequest, v1::AskForTalkResponse>(
          "ask", "the mentee asks for a talk",
          {Value("--about", "about", "career, help, feedback, other"), Value("--note", "note", "in words"),
           Value("--due-on", "due_on", "by when, YYYY-MM-DD")},
          " --about career --as nadia", "Asked"),
      Of<v1::WaiveOwedTouchRequest, v1::WaiveOwedTouchResponse>(
          "waive", "an owed touch is no longer wanted", {Required("--owed", "owed_id", "its id, as `show` prints it")},
          " --owed 5d1e... --as nadia", "Waived"),
      Of<v1::MakePromiseRequest, v1::MakePromiseResponse>(
          "promise", "one side promises something",
          {Required("--text", "promise.text", "what"),
           Value("--what", "promise.kind", "action, introduction, advocacy, feedback, decision, exercise"),
           Value("--due-on", "promise.due_on", "by when, YYYY-MM-DD"),
           Who("--by", "by_id", "who promises, if it is not who acts")},
          " --text 'introduce her to Ruth' --what introduction --as margit", "Promised"),
      Of<v1::KeepPromiseRequest, v1::KeepPromiseResponse>(
          "keep", "a promise was kept", {Required("--promise", "promise_id", "its id, as `show` prints it")},
          " --promise 77a0... --as margit", "Kept"),
      Of<v1::DropPromiseRequest, v1::DropPromiseResponse>(
          "drop", "a promise is dropped", {Required("--promise", "promise_id", "its id, as `show` prints it")},
          " --promise 77a0... --as margit", "Dropped"),
      Of<v1::AnswerTransitionRequest, v1::AnswerTransitionResponse>(
          "answer", "take what a move suggests, or keep everything as it is",
          {Required("--transition", "transition_id", "its id, as `show` prints it"),
           Required("--answer", "answer", "taken or kept")},
          " --transition 90bc... --answer taken", "Answered"),
  };
  for (auto& step : steps) commands.push_back(std::move(step));
  return commands;
}

}  // namespace mentorlog::cli
