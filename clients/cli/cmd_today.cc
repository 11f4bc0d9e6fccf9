// `today`, `timeline`, `continuity`, `unattended`: what there is to see.
#include <algorithm>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "clients/cli/commands.h"
#include "clients/cli/hex.h"
#include "clients/cli/message_json.h"
#include "clients/cli/people.h"
#include "clients/cli/plot.h"
#include "clients/cli/shown.h"
#include "clients/cli/step.h"
#include "mentorlog/v1/today_service.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

// The person named, or else who acts.
Maybe<std::string> WhoOrSelf(Session& session, const std::string& who) {
  if (!who.empty()) {
    const auto person = FindPerson(session, who);
    if (!person) return person.failure();
    return person->id;
  }
  if (const auto id = IdFromHex(session.connection.options().as)) return *id;
  return Usage("name somebody, or say who you are with --as PERSON (or MENTORLOG_AS)");
}

void PrintCard(Session& session, const v1::TodayCard& card, Tone tone) {
  const auto name = NameOf(card.mentee());
  // The sentence usually begins with the name.
  const auto text = card.sentence().starts_with(name) ? card.sentence() : name + ": " + card.sentence();
  session.out.Line(session.out.Toned(tone, "* ") + text);
}

int Today(Session& session, const Arguments& arguments) {
  const auto mentor = WhoOrSelf(session, arguments.Get("WHO"));
  if (!mentor) return session.out.Fail(mentor.failure());
  v1::GetTodayRequest request;
  v1::GetTodayResponse response;
  request.set_mentor_id(*mentor);
  SetDay(session, request, "on");
  if (auto failure = session.connection.Call(request, response)) return session.out.Fail(*failure);
  if (session.out.json()) {
    session.out.Json(ToJson(response));
    return kOk;
  }
  auto& out = session.out;
  out.Line(out.Toned(Tone::kStrong, NameOfId(session, *mentor) + ", " + response.on()));
  for (const auto& card : response.cards()) PrintCard(session, card, Tone::kWarn);
  if (response.cards().empty()) out.Line("Nothing waits.");
  if (response.could_wait_total() > 0) {
    out.Line(out.Toned(Tone::kFaint, "could wait: " + std::to_string(response.could_wait_total())));
    for (const auto& card : response.could_wait()) PrintCard(session, card, Tone::kFaint);
  }
  if (response.sleeping() > 0) out.Line(out.Toned(Tone::kFaint, "sleeping: " + std::to_string(response.sleeping())));
  return kOk;
}

std::optional<Failure> SetTimelineOf(Session& session, const Arguments& arguments, v1::GetTimelineRequest& request) {
  const auto who = WhoOrSelf(session, arguments.Get("WHO"));
  if (!who) return who.failure();
  request.set_person_id(*who);
  if (const auto with = arguments.Get("WITH"); !with.empty()) {
    const auto other = FindPerson(session, with);
    if (!other) return other.failure();
    request.set_other_id(other->id);
  }
  return std::nullopt;
}

// OfferDeclined -> offer declined.
std::string EventWords(const std::string& event) {
  std::string words;
  for (const char c : event) {
    const bool begins = c >= 'A' && c <= 'Z';
    if (begins && !words.empty()) words.push_back(' ');
    words.push_back(begins ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return words;
}

int Timeline(Session& session, const Arguments& arguments) {
  const auto typed_limit = arguments.Number("--limit", 1, 1'000'000);
  if (!typed_limit) return session.out.Fail(typed_limit.failure());
  v1::GetTimelineRequest request;
  if (auto failure = SetTimelineOf(session, arguments, request)) return session.out.Fail(*failure);
  const auto limit = static_cast<std::size_t>(*typed_limit);
  auto document = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  do {
    v1::GetTimelineResponse response;
    request.set_page_size(static_cast<int>(std::min<std::size_t>(1000, limit - rows.size())));
    if (auto failure = session.connection.Call(request, response)) return session.out.Fail(*failure);
    for (const auto& entry : response.entries()) {
      if (rows.size() == limit) break;
      document.push_back(ToJson(entry));
      std::string people;
      for (const auto& person : entry.people()) people += (people.empty() ? "" : ", ") + NameOf(person);
      const auto note = Shown(entry.private_note());
      rows.push_back({entry.on(), EventWords(entry.event()), entry.what(), people,
                      Shown(entry.text()) + (note.empty() ? "" : " //" + note)});
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty() && rows.size() < limit);
  if (session.out.json()) {
    session.out.Json({{"entries", document}});
  } else {
    session.out.Table({"ON", "EVENT", "HOW", "WHO", "WORDS"}, rows);
  }
  return kOk;
}

std::string Percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "-" : std::to_string((part * 100 + whole / 2) / whole) + " %";
}

int Continuity(Session& session, const Arguments& arguments) {
  v1::GetContinuityRequest request;
  v1::GetContinuityResponse response;
  for (const auto& type : SplitWords(arguments.Get("--moves"))) request.add_move_types(type);
  SetDay(session, request, "on");
  if (auto failure = session.connection.Call(request, response)) return session.out.Fail(*failure);
  if (session.out.json()) {
    session.out.Json(ToJson(response));
    return kOk;
  }
  if (response.unreadable_people() > 0) session.out.Note(NotRead(response.unreadable_people()));
  const auto moved = response.pairs_whose_mentee_moved();
  session.out.Table(
      {}, {{"pairs", std::to_string(response.pairs()), ""},
           {"whose mentee moved", std::to_string(moved), ""},
           {"with a check-in after the first move", std::to_string(response.with_a_check_in_after_the_first_move()),
            Percent(response.with_a_check_in_after_the_first_move(), moved)},
           {"with a check-in after the last move", std::to_string(response.with_a_check_in_after_the_last_move()),
            Percent(response.with_a_check_in_after_the_last_move(), moved)}});
  if (!arguments.Has("--plot")) return kOk;
  std::vector<CurvePoint> curve;
  for (const auto& step : response.survival()) curve.push_back({step.days(), step.survival()});
  session.out.Line("");
  session.out.Line("share without a touch yet, by days from the last touch before a move to the first after it");
  for (const auto& line : PlotSteps(curve, 72, 16)) session.out.Line(line);
  return kOk;
}

int Unattended(Session& session, const Arguments& arguments) {
  v1::GetUnattendedRequest request;
  SetDay(session, request, "on");
  // Every page is asked of the same day, also over midnight.
  if (request.on().empty()) request.set_on(absl::FormatTime("%Y-%m-%d", absl::Now(), absl::UTCTimeZone()));
  request.set_without_relationship(arguments.Has("--without-relationship"));
  request.set_page_size(1000);
  if (auto failure = SetOptions(session, arguments, {Value("--days", "days", "")}, request))
    return session.out.Fail(*failure);
  auto document = nlohmann::ordered_json::array();
  auto unreadable = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  do {
    v1::GetUnattendedResponse response;
    if (auto failure = session.connection.Call(request, response)) return session.out.Fail(*failure);
    for (const auto& person : response.people()) {
      document.push_back(ToJson(person));
      rows.push_back({NameOf(person.person()), person.last_touch_on().empty() ? "never" : person.last_touch_on(),
                      std::to_string(person.silent_days()), std::to_string(person.active_relationships())});
    }
    for (const auto& person : response.unreadable()) {
      unreadable.push_back(ToJson(person));
      rows.push_back({NameOf(person), "not known", "an event cannot be read: mentorlog --json views list", ""});
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  if (session.out.json()) {
    session.out.Json({{"people", document}, {"unreadable", unreadable}});
  } else {
    session.out.Table({"WHO", "LAST TOUCH", "SILENT DAYS", "RELATIONSHIPS"}, rows);
  }
  return kOk;
}

}  // namespace

std::vector<Command> TodayCommands() {
  return {
      {"today",
       "whom a mentor should be in touch with, and why",
       {{"WHO", "the mentor; you if none is given", Parameter::kValue, false, ""}},
       {"mentorlog --as margit today", "mentorlog today p0087 --on 2020-06-01"},
       Today},
      {"timeline",
       "what happened, newest first: somebody's, or between two",
       {{"WHO", "the person; you if none is given", Parameter::kValue, false, ""},
        {"WITH", "the other one", Parameter::kValue, false, ""},
        {"--limit", "how many", Parameter::kValue, false, "50"}},
       {"mentorlog timeline margit nadia", "mentorlog timeline ana --limit 10"},
       Timeline},
      {"continuity",
       "did contact go on after the mentee moved?",
       {{"--moves", "only moves of these types, with commas", Parameter::kValue, false, ""},
        {"--plot", "draw the survival curve", Parameter::kFlag, false, ""}},
       {"mentorlog continuity --plot", "mentorlog continuity --moves transfer,lateral,promotion,unknown,secondment"},
       Continuity},
      {"unattended",
       "whom nobody was in touch with",
       {{"--days", "for more than so many days", Parameter::kValue, false, "60"},
        {"--without-relationship", "only who has no active relationship as a mentee", Parameter::kFlag, false, ""}},
       {"mentorlog unattended --days 180"},
       Unattended},
  };
}

}  // namespace mentorlog::cli
