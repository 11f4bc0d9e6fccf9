// `touch`: a contact in one line.
#include <string>

#include "clients/cli/commands.h"
#include "clients/cli/hex.h"
#include "clients/cli/message_json.h"
#include "clients/cli/people.h"
#include "clients/cli/step.h"
#include "clients/cli/touch_line.h"
#include "mentorlog/v1/relationships_service.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

std::vector<FieldOption> Options() {
  return {Several("--topic", "topics", "work, assignment, career, values, relocation, family, ...; may be repeated"),
          Several("--piece", "pieces", "values, motives, competencies, opportunities; may be repeated"),
          Value("--initiated-by", "initiated_by", "mentor, mentee or chance"),
          Value("--career-talk", "career_talk", "true: it was about the career")};
}

// Whom it was with: somebody, seen from the one who acts, or as mentor or mentee of somebody named.
std::optional<Failure> SetWith(Session& session, const Arguments& arguments, v1::LogCheckInRequest& request,
                               std::string& names) {
  const bool acts = !session.connection.options().as.empty();
  if (!acts && !arguments.Has("--mentor") && !arguments.Has("--mentee")) {
    return Usage("say who met them: --as PERSON (or MENTORLOG_AS), or --mentor PERSON, or --mentee PERSON");
  }
  for (const auto& who : SplitPeople(arguments.Get("WHO"))) {
    const auto person = FindPerson(session, who);
    if (!person) return person.failure();
    auto& with = *request.add_with();
    names += (names.empty() ? "" : ", ") + person->name;
    if (auto failure = SetOptions(
            session, arguments,
            {Value("--kind", "kind", ""), Who("--mentor", "mentor_id", ""), Who("--mentee", "mentee_id", "")}, with)) {
      return failure;
    }
    if (arguments.Has("--mentor")) {
      with.set_mentee_id(person->id);
    } else if (arguments.Has("--mentee")) {
      with.set_mentor_id(person->id);
    } else {
      with.set_person_id(person->id);
    }
  }
  if (request.with().empty()) return Usage("WHO: name somebody");
  return std::nullopt;
}

int Touch(Session& session, const Arguments& arguments) {
  v1::LogCheckInRequest request;
  v1::LogCheckInResponse response;
  const auto line = ParseTouch(arguments.All("WORDS"));
  request.set_channel(line.channel);
  request.set_gist(line.gist);
  request.set_private_note(line.private_note);
  SetDay(session, request, "occurred_on");
  std::string names;
  auto failure = SetWith(session, arguments, request, names);
  if (!failure) failure = SetOptions(session, arguments, Options(), request);
  for (const auto& text : arguments.All("--promise")) request.add_promises()->set_text(text);
  if (!failure) failure = session.connection.Call(request, response);
  if (failure) return session.out.Fail(*failure);
  return Told(session, response,
              "Logged with " + names + ": " +
                  ShortName(v1::CheckInChannel_descriptor()->FindValueByNumber(line.channel)) +
                  (session.on.empty() ? "" : " on " + session.on) +
                  (line.private_note.empty() ? "" : ", with a note that only you read"));
}

}  // namespace

std::vector<Command> TouchCommands() {
  Command touch{"touch",
                "log a contact: WHO, how (coffee, call, video, chat, email, ...), a line about it, //private note",
                {{"WHO", "with whom; several with commas", Parameter::kValue, true, ""},
                 {"WORDS", "how, a line about it, //what only you read", Parameter::kList, false, ""},
                 {"--kind", "mentor, sponsor, line_coach or peer; the one touched last if none is given",
                  Parameter::kValue, false, ""},
                 {"--mentor", "the mentor who met them, if it is not who acts", Parameter::kValue, false, ""},
                 {"--mentee", "the mentee who met them, if it is not who acts", Parameter::kValue, false, ""},
                 {"--promise", "what you promised; may be repeated", Parameter::kList, false, ""}},
                {"mentorlog --as margit touch ana coffee \"nervous about Leeds\" --topic relocation",
                 "mentorlog --as margit touch ana,ben call //check again in May",
                 "mentorlog touch ana lunch --mentor margit --on 2026-11-20"},
                Touch};
  for (const auto& option : Options()) touch.parameters.push_back(option.parameter);
  return {touch};
}

}  // namespace mentorlog::cli
