// `recognise`, `advocate`: praise, and speaking up.
#include <string>

#include "clients/cli/commands.h"
#include "clients/cli/hex.h"
#include "clients/cli/message_json.h"
#include "clients/cli/people.h"
#include "clients/cli/shown.h"
#include "clients/cli/step.h"
#include "mentorlog/v1/recognition_service.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

// Every page of a list of somebody: `add` is given each response.
template <typename Request, typename Response, typename Add>
std::optional<Failure> Pages(Session& session, const Arguments& arguments, const Add& add) {
  const auto person = FindPerson(session, arguments.Get("WHO"));
  if (!person) return person.failure();
  Request request;
  request.set_person_id(person->id);
  request.set_page_size(1000);
  if (auto failure = SetOptions(session, arguments, {Value("--side", "side", "")}, request)) return failure;
  do {
    Response response;
    if (auto failure = session.connection.Call(request, response)) return failure;
    add(response);
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return std::nullopt;
}

int ListRecognitions(Session& session, const Arguments& arguments) {
  auto document = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const v1::ListRecognitionsResponse& page) {
    for (const auto& item : page.recognitions()) {
      document.push_back(ToJson(item));
      rows.push_back(
          {item.occurred_on(), NameOf(item.from()), NameOf(item.to()), Short(item.how()), Shown(item.what())});
    }
  };
  if (auto failure = Pages<v1::ListRecognitionsRequest, v1::ListRecognitionsResponse>(session, arguments, add)) {
    return session.out.Fail(*failure);
  }
  if (session.out.json()) {
    session.out.Json({{"recognitions", document}});
  } else {
    session.out.Table({"ON", "FROM", "TO", "HOW", "WHAT FOR"}, rows);
  }
  return kOk;
}

int ListAdvocacy(Session& session, const Arguments& arguments) {
  auto document = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const v1::ListAdvocacyResponse& page) {
    for (const auto& item : page.advocacy()) {
      document.push_back(ToJson(item));
      rows.push_back({item.occurred_on(), NameOf(item.advocate()), NameOf(item.for_person()), Short(item.act()),
                      Shown(item.opportunity()), Short(item.outcome()), item.told() ? "told" : "",
                      ToHex(item.advocacy_id())});
    }
  };
  if (auto failure = Pages<v1::ListAdvocacyRequest, v1::ListAdvocacyResponse>(session, arguments, add)) {
    return session.out.Fail(*failure);
  }
  if (session.out.json()) {
    session.out.Json({{"advocacy", document}});
  } else {
    session.out.Table({"ON", "ADVOCATE", "FOR", "ACT", "OPPORTUNITY", "OUTCOME", "", "ID"}, rows);
  }
  return kOk;
}

// As StepCommand, where an argument before the options is a text.
Command Recognise() {
  auto step = StepCommand<v1::GiveRecognitionRequest, v1::GiveRecognitionResponse>(
      {"recognise",
       "say what somebody did well",
       About::kPerson,
       "to_id",
       {Required("WHAT", "what", "what for"), Value("--how", "how", "said, written or public"),
        Value("--size", "size", "small or big"), Value("--audience", "audience", "pair, team or org"),
        Who("--from", "from_id", "the giver, if it is not who acts"),
        Value("--relayed-from", "relayed_from", "who said it first")},
       {"mentorlog --as margit recognise nadia 'kept the customer when the line stood still' --how said"},
       "Recognised"});
  return step;
}

}  // namespace

std::vector<Command> RecognitionCommands() {
  const Parameter who{"WHO", "external id, unique name prefix or id", Parameter::kValue, true, ""};
  const Parameter side{"--side", "received or given; both if none is given", Parameter::kValue, false, ""};
  return {
      Recognise(),
      {"recognitions",
       "the recognitions of somebody",
       {who, side},
       {"mentorlog recognitions nadia --side received"},
       ListRecognitions},
      StepCommand<v1::RecordAdvocacyRequest, v1::RecordAdvocacyResponse>(
          {"advocate record",
           "you spoke up for somebody",
           About::kPerson,
           "for_id",
           {Required("ACT", "act",
                     "praised, named_for_role, named_for_project, endorsed, defended, introduced, invited_to_room"),
            Value("--opportunity", "opportunity", "what it was about"), Value("--audience", "audience", "before whom"),
            Value("--unit", "unit", "their unit"), Value("--employer", "employer", "their employer"),
            Value("--withhold-audience", "audience_withheld",
                  "true: who was introduced or invited does not read before whom; of any other act nobody does"),
            Value("--tell", "tell_mentee", "true: tell them at once"),
            Value("--outcome", "outcome", "heard, met, interview, offered, appointed, not_chosen, no_signal"),
            Value("--outcome-on", "outcome_on", "the day of the outcome"),
            Who("--by", "advocate_id", "who spoke up, if it is not who acts")},
           {"mentorlog --as margit advocate record nadia named_for_role --opportunity 'Line lead in Leeds' --tell "
            "true"},
           "Recorded"}),
      {"advocate list",
       "the advocacy by or for somebody",
       {who, side},
       {"mentorlog --as margit advocate list margit --side given"},
       ListAdvocacy},
      StepCommand<v1::TellAdvocacyRequest, v1::TellAdvocacyResponse>(
          {"advocate tell",
           "tell the one spoken for",
           About::kNothing,
           "",
           {Required("ADVOCACY", "advocacy_id", "its id, as `advocate list` prints it")},
           {"mentorlog --as margit advocate tell 41c2..."},
           "Told"}),
      StepCommand<v1::RecordAdvocacyOutcomeRequest, v1::RecordAdvocacyOutcomeResponse>(
          {"advocate outcome",
           "what came of it",
           About::kNothing,
           "",
           {Required("ADVOCACY", "advocacy_id", "its id, as `advocate list` prints it"),
            Required("OUTCOME", "outcome", "heard, met, interview, offered, appointed, not_chosen, no_signal")},
           {"mentorlog --as margit advocate outcome 41c2... appointed"},
           "Recorded"}),
  };
}

}  // namespace mentorlog::cli
