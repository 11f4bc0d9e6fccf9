// `assignment`: development assignments and the whole exchange about each.
#include <string>

#include "clients/cli/commands.h"
#include "clients/cli/hex.h"
#include "clients/cli/message_json.h"
#include "clients/cli/people.h"
#include "clients/cli/shown.h"
#include "clients/cli/step.h"
#include "mentorlog/v1/assignments_service.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

std::string Joined(std::initializer_list<std::string> pieces) {
  std::string text;
  for (const auto& piece : pieces) {
    if (!piece.empty()) text += (text.empty() ? "" : "; ") + piece;
  }
  return text;
}

void PrintAssignment(Session& session, const v1::GetAssignmentResponse& answer) {
  auto& out = session.out;
  const auto& is = answer.assignment();
  out.Line(out.Toned(Tone::kStrong, Shown(is.title())) + "  " + out.Toned(Tone::kFaint, ToHex(is.assignment_id())));
  out.Line(NameOf(is.mentor()) + " to " + NameOf(is.mentee()) + ": " + Short(is.status()) + ", round " +
           std::to_string(is.round()) + (is.respond_by().empty() ? "" : ", respond by " + is.respond_by()));
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : answer.entries()) {
    rows.push_back({entry.occurred_on(), entry.event(),
                    Joined({Short(entry.concern_kind()), Short(entry.concern_answer()), Short(entry.setback_kind()),
                            Short(entry.outcome()), Short(entry.withdraw_reason()), Short(entry.abandoned_by()),
                            entry.door() == v1::DOOR_UNSPECIFIED ? "" : "door " + Short(entry.door()),
                            entry.concern_id().empty() ? "" : ToHex(entry.concern_id())}),
                    Joined({Shown(entry.text()), Shown(entry.what_changed()), Shown(entry.help_wanted()),
                            Shown(entry.mentee_lessons()), Shown(entry.mentor_lessons())})});
  }
  out.Table({"ON", "WHAT", "", "WORDS"}, rows);
}

int Show(Session& session, const Arguments& arguments) {
  const auto id = FindAssignment(session, arguments.Get("ASSIGNMENT"));
  if (!id) return session.out.Fail(id.failure());
  v1::GetAssignmentRequest request;
  v1::GetAssignmentResponse response;
  request.set_assignment_id(*id);
  if (auto failure = session.connection.Call(request, response)) return session.out.Fail(*failure);
  if (session.out.json()) {
    session.out.Json(ToJson(response));
  } else {
    PrintAssignment(session, response);
  }
  return kOk;
}

int List(Session& session, const Arguments& arguments) {
  const auto person = FindPerson(session, arguments.Get("WHO"));
  if (!person) return session.out.Fail(person.failure());
  v1::ListAssignmentsRequest request;
  request.set_person_id(person->id);
  request.set_page_size(1000);
  if (auto failure =
          SetOptions(session, arguments, {Value("--side", "side", ""), Several("--status", "statuses", "")}, request)) {
    return session.out.Fail(*failure);
  }
  auto document = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  do {
    v1::ListAssignmentsResponse response;
    if (auto failure = session.connection.Call(request, response)) return session.out.Fail(*failure);
    for (const auto& is : response.assignments()) {
      document.push_back(ToJson(is));
      rows.push_back({Shown(is.title()), NameOf(is.mentor()), NameOf(is.mentee()), Short(is.status()),
                      std::to_string(is.round()), is.offered_on(), Short(is.mentee_owes()), ToHex(is.assignment_id())});
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  if (session.out.json()) {
    session.out.Json({{"assignments", document}});
  } else {
    session.out.Table({"TITLE", "MENTOR", "MENTEE", "STATUS", "ROUND", "OFFERED", "MENTEE OWES", "ID"}, rows);
  }
  return kOk;
}

Command Draft() {
  return StepCommand<v1::DraftAssignmentRequest, v1::DraftAssignmentResponse>(
      {"assignment draft",
       "write an assignment down",
       About::kNothing,
       "",
       {{{"MENTOR", "external id, unique name prefix or id", Parameter::kValue, true, ""}, "mentor_id", true},
        {{"MENTEE", "the same", Parameter::kValue, true, ""}, "mentee_id", true},
        Required("TITLE", "description.title", "in a few words"),
        {{"--stretch",
          "new_function, complexity_or_scale, staff_to_line, people_managed, difficult_people, turnaround, "
          "from_scratch, external_stakes, unfavourable_conditions; may be repeated",
          Parameter::kList, true, ""},
         "description.stretch",
         false},
        Who("--sponsor", "sponsor_id", "who else may argue for it"),
        Value("--unit", "description.host_unit", "where the work is"),
        Who("--host", "description.host_manager_id", "whose work it is"),
        Value("--risk", "description.risk", "1 to 3"),
        Value("--visibility", "description.visibility", "1 to 3"),
        Several("--competency", "description.competencies", "what it develops; may be repeated"),
        Who("--safety-net", "description.safety_net_person_id", "whom to turn to when it goes wrong"),
        Value("--why-you", "description.why_you", "why this mentee")},
       {"mentorlog --as margit assignment draft margit nadia 'Line lead in Leeds' --stretch staff_to_line --risk 2"},
       "Drafted"});
}

template <typename Request, typename Response>
Command Of(const std::string& verb, const std::string& summary, std::vector<FieldOption> options,
           const std::string& example, const std::string& done) {
  return StepCommand<Request, Response>(
      {"assignment " + verb, summary, About::kAssignment, "", std::move(options), {"mentorlog " + example}, done});
}

constexpr const char* kConcerns =
    "fear_of_failure, not_a_career_move, family, relocation, timing, workload, manager_blocks, skills, people, other";

// From the draft to the answer.
std::vector<Command> UntilTheAnswer() {
  return {
      Of<v1::SoundAssignmentRequest, v1::SoundAssignmentResponse>("sound", "ask the mentee what they would think of it",
                                                                  {}, "--as margit assignment sound nadia:Line",
                                                                  "Sounded"),
      Of<v1::OfferAssignmentRequest, v1::OfferAssignmentResponse>(
          "offer", "offer it",
          {Value("--respond-by", "respond_by", "the last day of an answer; 14 days if none is given"),
           Value("--start-from", "start_from", "the first day on which it may start"),
           Value("--start-until", "start_until", "the last one"), Value("--terms", "terms", "in words")},
          "--as margit assignment offer nadia:Line --respond-by 2026-12-06", "Offered"),
      Of<v1::RaiseConcernRequest, v1::RaiseConcernResponse>(
          "concern", "the mentee names a concern",
          {Required("--kind", "kind", kConcerns), Value("--text", "text", "in words")},
          "--as nadia assignment concern nadia:Line --kind family", "Noted"),
      Of<v1::AnswerConcernRequest, v1::AnswerConcernResponse>(
          "answer-concern", "the mentee says what became of a concern",
          {Required("--concern", "concern_id", "its id, as `show` prints it"),
           Required("--answer", "answer", "eased or upheld"), Value("--text", "text", "in words")},
          "--as nadia assignment answer-concern nadia:Line --concern 8a31... --answer eased", "Noted"),
      Of<v1::MakePitchRequest, v1::MakePitchResponse>(
          "pitch", "argue for it",
          {Required("--argument", "argument", "in words"),
           Several("--concern", "answers_concern_ids", "a concern that it speaks to"),
           Value("--channel", "channel", "in_person, call, video, chat, email, walk_by, meal, event")},
          "--as margit assignment pitch nadia:Line --argument 'a house near the school'", "Noted"),
      Of<v1::ChangeTermsRequest, v1::ChangeTermsResponse>(
          "terms", "change the terms",
          {Value("--respond-by", "respond_by", "the last day of an answer"), Value("--terms", "terms", "in words"),
           Value("--what-changed", "what_changed", "in words")},
          "--as margit assignment terms nadia:Line --terms 'two days a week from home'", "Changed"),
      Of<v1::AcceptOfferRequest, v1::AcceptOfferResponse>("accept", "the mentee accepts; --on is the day they said so",
                                                          {Value("--text", "text", "in words")},
                                                          "--as nadia assignment accept nadia:Line", "Accepted"),
      Of<v1::DeclineOfferRequest, v1::DeclineOfferResponse>(
          "decline", "the mentee declines",
          {Required("--reason", "reason", kConcerns), Value("--text", "text", "in words"),
           Value("--door", "door", "open or closed")},
          "--as nadia assignment decline nadia:Line --reason family --door open", "Declined"),
      Of<v1::WithdrawOfferRequest, v1::WithdrawOfferResponse>(
          "withdraw", "take it back before it began",
          {Value("--reason", "reason", "work_gone, filled, no_budget, reorganised, other"),
           Value("--text", "text", "in words")},
          "--as margit assignment withdraw nadia:Line --reason no_budget", "Withdrawn"),
      Of<v1::RescindAcceptanceRequest, v1::RescindAcceptanceResponse>(
          "rescind", "the mentee takes an acceptance back",
          {Value("--reason", "reason", kConcerns), Value("--text", "text", "in words"),
           Value("--door", "door", "open or closed")},
          "--as nadia assignment rescind nadia:Line --reason timing", "Taken back"),
      Of<v1::ReconsiderOfferRequest, v1::ReconsiderOfferResponse>(
          "reconsider", "think a declined or expired offer over again",
          {Value("--what-changed", "what_changed", "in words")}, "--as margit assignment reconsider nadia:Line",
          "Open again"),
  };
}

// From the first day of work to the last.
std::vector<Command> FromTheStart() {
  return {
      Of<v1::StartAssignmentRequest, v1::StartAssignmentResponse>("start", "begin the work",
                                                                  {Value("--text", "text", "in words")},
                                                                  "--as nadia assignment start nadia:Line", "Started"),
      Of<v1::NoteProgressRequest, v1::NoteProgressResponse>(
          "progress", "note how it goes",
          {Value("--text", "text", "in words"), Value("--confidence", "confidence", "1 to 5"),
           Value("--help-wanted", "help_wanted", "in words")},
          "--as nadia assignment progress nadia:Line --confidence 3 --text 'first month done'", "Noted"),
      Of<v1::LogSetbackRequest, v1::LogSetbackResponse>(
          "setback", "note that something went wrong; a debrief is owed then",
          {Required("--kind", "kind", "failure, foolishness, external"), Value("--text", "text", "in words")},
          "--as nadia assignment setback nadia:Line --kind failure", "Noted"),
      Of<v1::CompleteAssignmentRequest, v1::CompleteAssignmentResponse>(
          "complete", "end the work",
          {Required("--outcome", "outcome", "achieved, partly, learned_hard"), Value("--text", "text", "in words"),
           Several("--competency", "competencies_shown", "what was shown; may be repeated"),
           Value("--mentee-lessons", "mentee_lessons", "in words"),
           Value("--mentor-lessons", "mentor_lessons", "in words")},
          "--as nadia assignment complete nadia:Line --outcome achieved", "Completed"),
      Of<v1::AbandonAssignmentRequest, v1::AbandonAssignmentResponse>(
          "abandon", "give it up",
          {Required("--by", "by", "mentee, mentor, host, organisation"), Value("--reason", "reason", "in words")},
          "--as margit assignment abandon nadia:Line --by host", "Given up"),
  };
}

}  // namespace

std::vector<Command> AssignmentCommands() {
  const Parameter who{"WHO", "external id, unique name prefix or id", Parameter::kValue, true, ""};
  std::vector<Command> commands = {
      {"assignment list",
       "the assignments of somebody",
       {who,
        {"--side", "mentor or mentee", Parameter::kValue, false, ""},
        {"--status", "draft, sounding, offered, accepted, ...; may be repeated", Parameter::kList, false, ""}},
       {"mentorlog assignment list nadia --status offered"},
       List},
      {"assignment show",
       "one assignment with the exchange about it",
       {{"ASSIGNMENT", "its id, or WHO:TITLE, of which the beginnings suffice", Parameter::kValue, true, ""}},
       {"mentorlog assignment show nadia:Line"},
       Show},
      Draft()};
  for (auto& command : UntilTheAnswer()) commands.push_back(command);
  for (auto& command : FromTheStart()) commands.push_back(command);
  return commands;
}

}  // namespace mentorlog::cli
