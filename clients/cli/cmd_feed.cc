// `feed`: the log, as far as the caller may see it.
#include <algorithm>
#include <string>

#include "absl/time/time.h"
#include "clients/cli/commands.h"
#include "clients/cli/follow.h"
#include "clients/cli/hex.h"
#include "clients/cli/message_json.h"
#include "clients/cli/people.h"
#include "clients/cli/step.h"
#include "mentorlog/v1/feed_service.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

// `type=CheckInLogged`, `kind=relationship`, `person=ana`, `stream=HEX`.
std::optional<Failure> SetFilter(Session& session, const std::vector<std::string>& filters, v1::EventFilter& filter) {
  for (const auto& text : filters) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    const auto value = equals == std::string::npos ? "" : text.substr(equals + 1);
    if (name == "type" && !value.empty()) {
      filter.add_types(value);
    } else if (name == "kind" && !value.empty()) {
      filter.add_stream_kinds(value);
    } else if (name == "person" && !value.empty()) {
      const auto person = FindPerson(session, value);
      if (!person) return person.failure();
      filter.add_subject_ids(person->id);
    } else if (const auto stream = FromHex(value); name == "stream" && stream && stream->size() == 17) {
      filter.add_streams(*stream);
    } else {
      return Usage("--filter: " + text + ", want type=NAME, kind=NAME, person=WHO or stream=HEX");
    }
  }
  return std::nullopt;
}

// As the message, and beside the microseconds the instant as people and most programs write it.
nlohmann::ordered_json Line(const v1::FeedEvent& event) {
  auto line = nlohmann::ordered_json::object();
  const auto fields = ToJson(event);
  for (const auto& [name, value] : fields.items()) {
    if (name == "recorded_at_us") {
      line["recorded_at"] =
          absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::FromUnixMicros(event.recorded_at_us()), absl::UTCTimeZone());
    }
    line[name] = value;
  }
  return line;
}

void Print(Session& session, const v1::FeedEvent& event) {
  if (session.out.json()) {
    session.out.Json(Line(event), /*one_line=*/true);
    return;
  }
  std::string people;
  for (const auto& id : event.subject_ids()) people += (people.empty() ? "" : ", ") + NameOfId(session, id);
  const auto actor =
      event.actor_person_id().empty() ? event.actor_service() : NameOfId(session, event.actor_person_id());
  auto position = std::to_string(event.position());
  position = std::string(8 - std::min<std::size_t>(8, position.size()), ' ') + position;
  session.out.Line(session.out.Toned(Tone::kFaint, position) + "  " + event.occurred_on() + "  " +
                   session.out.Toned(Tone::kStrong, event.type()) + "  " + people +
                   session.out.Toned(Tone::kFaint, "  by " + actor));
}

int Follow(Session& session, const v1::ReadRequest& request) {
  FollowOptions options;
  options.filter = request.filter();
  options.after = request.from();
  options.events_max = request.limit();
  const Follower follower{[&](const v1::FeedEvent& event) {
                            Print(session, event);
                            session.out.Flush();
                          },
                          [&](const std::string& sentence) { session.out.Note(sentence); }};
  const auto failure = FollowLog(session.connection, options, follower);
  // Ctrl-C is how one stops following, unless so many events were asked for and are not there.
  if (!failure || (failure->exit == kInterrupted && options.events_max == 0)) return kOk;
  return session.out.Fail(*failure);
}

int Feed(Session& session, const Arguments& arguments) {
  v1::ReadRequest request;
  if (auto failure = SetFilter(session, arguments.All("--filter"), *request.mutable_filter())) {
    return session.out.Fail(*failure);
  }
  request.set_backwards(arguments.Has("--backwards"));
  auto failure = SetOptions(session, arguments, {Value("--from", "from", ""), Value("--limit", "limit", "")}, request);
  if (failure) return session.out.Fail(*failure);
  if (arguments.Has("--limit") && request.limit() == 0) {
    return session.out.Fail(Usage("--limit: 0, want at least 1; without --limit there is none"));
  }
  if (arguments.Has("--follow")) {
    if (request.backwards())
      return session.out.Fail(Usage("--follow goes forwards, --backwards does not: leave one out"));
    return Follow(session, request);
  }
  v1::ReadResponse prototype;
  failure = session.connection.Stream(request, prototype, [&](const google::protobuf::Message& message) {
    for (const auto& event : static_cast<const v1::ReadResponse&>(message).events()) Print(session, event);
    return true;
  });
  return failure ? session.out.Fail(*failure) : kOk;
}

}  // namespace

std::vector<Command> FeedCommands() {
  return {
      {"feed",
       "the log, event by event; with --json one document a line",
       {{"--from", "after this position (backwards: before it)", Parameter::kValue, false, ""},
        {"--limit", "at most so many events", Parameter::kValue, false, ""},
        {"--filter", "type=NAME, kind=NAME, person=WHO or stream=HEX; may be repeated", Parameter::kList, false, ""},
        {"--backwards", "newest first", Parameter::kFlag, false, ""},
        {"--follow",
         "go on with what comes, also after the daemon was away, until Ctrl-C (which ends it with 0; with "
         "--limit it ends with 130, being cut short)",
         Parameter::kFlag, false, ""}},
       {"mentorlog feed --backwards --limit 20",
        "mentorlog --json feed --filter type=CheckInLogged --filter person=ana",
        "mentorlog --json feed --from 0 --limit 5", "mentorlog feed --follow --filter type=CheckInLogged"},
       Feed}};
}

}  // namespace mentorlog::cli
