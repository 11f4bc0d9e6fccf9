// `feed`: the log, as far as the caller may see it.
#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "clients/cli/commands.h"
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

void Print(Session& session, const v1::FeedEvent& event) {
  if (session.out.json()) {
    session.out.Json(ToJson(event), /*one_line=*/true);
    return;
  }
  std::string people;
  for (const auto& id : event.subject_ids()) people += (people.empty() ? "" : ", ") + NameOfId(session, id);
  const auto actor = event.actor_person_id().empty() ? event.actor_service() : NameOfId(session, event.actor_person_id());
  auto position = std::to_string(event.position());
  position = std::string(8 - std::min<std::size_t>(8, position.size()), ' ') + position;
  session.out.Line(session.out.Toned(Tone::kFaint, position) + "  " + event.occurred_on() + "  " +
                   session.out.Toned(Tone::kStrong, event.type()) + "  " + people +
                   session.out.Toned(Tone::kFaint, "  by " + actor));
}

int Feed(Session& session, const Arguments& arguments) {
  v1::ReadRequest request;
  if (auto failure = SetFilter(session, arguments.All("--filter"), *request.mutable_filter())) {
    return session.out.Fail(*failure);
  }
  request.set_backwards(arguments.Has("--backwards"));
  auto failure = SetOptions(session, arguments, {Value("--from", "from", ""), Value("--limit", "limit", "")}, request);
  if (failure) return session.out.Fail(*failure);
  const bool follow = arguments.Has("--follow");
  if (follow && request.backwards()) return session.out.Fail(Usage("--follow goes forwards, --backwards does not"));
  const auto limit = request.limit();
  std::uint64_t seen = 0;
  do {
    if (limit > 0) request.set_limit(limit - seen);
    v1::ReadResponse prototype;
    failure = session.connection.Stream(request, prototype, [&](const google::protobuf::Message& message) {
      const auto& page = static_cast<const v1::ReadResponse&>(message);
      for (const auto& event : page.events()) Print(session, event);
      seen += static_cast<std::uint64_t>(page.events_size());
      request.set_from(std::max(request.from(), page.considered()));
      return true;
    });
    if (!follow || failure || Interrupted() || (limit > 0 && seen >= limit)) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  } while (!Interrupted());
  // Ctrl-C is how one stops following.
  if (follow && Interrupted()) return kOk;
  return failure ? session.out.Fail(*failure) : kOk;
}

}  // namespace

std::vector<Command> FeedCommands() {
  return {{"feed", "the log, event by event; with --json one document a line",
           {{"--from", "after this position (backwards: before it)", Parameter::kValue, false, ""},
            {"--limit", "at most so many events", Parameter::kValue, false, ""},
            {"--filter", "type=NAME, kind=NAME, person=WHO or stream=HEX; may be repeated", Parameter::kList, false, ""},
            {"--backwards", "newest first", Parameter::kFlag, false, ""},
            {"--follow", "go on with what comes, until Ctrl-C", Parameter::kFlag, false, ""}},
           {"mentorlog feed --backwards --limit 20", "mentorlog --json feed --filter type=CheckInLogged --filter person=ana",
            "mentorlog feed --follow"},
           Feed}};
}

}  // namespace mentorlog::cli
