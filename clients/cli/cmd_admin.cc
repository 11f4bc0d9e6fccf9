// `log`, `views`: the operator's hand.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "clients/cli/commands.h"
#include "clients/cli/hex.h"
#include "clients/cli/message_json.h"
#include "clients/cli/step.h"
#include "mentorlog/v1/admin_service.pb.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

using Json = nlohmann::ordered_json;

int Stats(Session& session, const Arguments&) {
  v1::GetStatsRequest request;
  v1::GetStatsResponse response;
  if (auto failure = session.connection.Call(request, response)) return session.out.Fail(*failure);
  if (session.out.json()) {
    auto json = ToJson(response);
    json["events"] = Json::object();
    for (const auto& event : response.events()) json["events"][event.name()] = event.count();
    session.out.Json(json);
    return kOk;
  }
  session.out.Table({}, {{"log", ToHex(response.log_id()) + ", epoch " + std::to_string(response.epoch())},
                         {"head", std::to_string(response.head())},
                         {"people", std::to_string(response.people())},
                         {"relationships", std::to_string(response.relationships())},
                         {"bytes on disk", std::to_string(response.bytes())},
                         {"in flight", std::to_string(response.in_flight())}});
  std::vector<std::vector<std::string>> rows;
  for (const auto& event : response.events()) rows.push_back({event.name(), std::to_string(event.count())});
  session.out.Table({"EVENT", "COUNT"}, rows);
  return kOk;
}

Maybe<v1::ListViewsResponse> Views(Session& session) {
  v1::ListViewsRequest request;
  v1::ListViewsResponse response;
  if (auto failure = session.connection.Call(request, response)) return *failure;
  return response;
}

int ListViews(Session& session, const Arguments&) {
  const auto views = Views(session);
  if (!views) return session.out.Fail(views.failure());
  if (session.out.json()) {
    session.out.Json(ToJson(*views));
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& view : views->views()) {
    for (const auto& version : view.versions()) {
      rows.push_back({view.name(), view.mode() == v1::View::MODE_INLINE ? "inline" : "follower",
                      std::to_string(version.version()), version.live() ? session.out.Toned(Tone::kGood, "live") : "",
                      std::to_string(version.position()),
                      view.quarantined().empty()
                          ? ""
                          : session.out.Toned(Tone::kBad, Count(static_cast<std::uint64_t>(view.quarantined_size()),
                                                                "entity quarantined", "entities quarantined"))});
    }
  }
  session.out.Table({"VIEW", "MODE", "VERSION", "", "POSITION", ""}, rows);
  return kOk;
}

// The views named, or all.
Maybe<std::vector<std::string>> Named(Session& session, const Arguments& arguments) {
  auto names = arguments.All("VIEW");
  if (!names.empty()) return names;
  const auto views = Views(session);
  if (!views) return views.failure();
  for (const auto& view : views->views()) names.push_back(view.name());
  return names;
}

// One after the other; all of them, if none is named, in one pass.
int Rebuild(Session& session, const Arguments& arguments) {
  auto names = arguments.All("VIEW");
  if (names.empty()) names.emplace_back();
  auto document = Json::array();
  for (const auto& name : names) {
    v1::RebuildViewRequest request;
    request.set_name(name);
    v1::RebuildViewResponse prototype;
    std::vector<v1::RebuildViewResponse::Rebuilt> built;
    const auto failure = session.connection.Stream(request, prototype, [&](const google::protobuf::Message& message) {
      const auto& frame = static_cast<const v1::RebuildViewResponse&>(message);
      if (frame.has_progress())
        session.out.Progress(frame.progress().name(), frame.progress().done(), frame.progress().total());
      if (frame.has_rebuilt()) built.push_back(frame.rebuilt());
      return true;
    });
    if (failure) return session.out.Fail(*failure);
    session.out.EndProgress();
    for (const auto& one : built) {
      document.push_back(ToJson(one));
      if (session.out.json()) continue;
      session.out.Line(one.name() + ": built version " + std::to_string(one.version()) + "; `mentorlog views promote " +
                       one.name() + "` makes it the live one");
    }
  }
  if (session.out.json()) session.out.Json({{"views", document}});
  return kOk;
}

// Compares each view with a fresh build of it.
int VerifyViews(Session& session, const Arguments& arguments) {
  const auto names = Named(session, arguments);
  if (!names) return session.out.Fail(names.failure());
  Json document = {{"entities", 0}, {"differences", 0}, {"views", Json::array()}};
  std::uint64_t entities = 0;
  std::uint64_t differences = 0;
  std::vector<std::vector<std::string>> rows;
  for (const auto& name : *names) {
    v1::VerifyViewRequest request;
    request.set_name(name);
    v1::VerifyViewResponse prototype;
    const auto failure = session.connection.Stream(request, prototype, [&](const google::protobuf::Message& message) {
      const auto& frame = static_cast<const v1::VerifyViewResponse&>(message);
      if (frame.has_progress()) session.out.Progress(name, frame.progress().done(), frame.progress().total());
      if (!frame.has_verified()) return true;
      const auto& verified = frame.verified();
      entities += verified.entities();
      differences += verified.differences();
      document["views"].push_back(ToJson(verified));
      rows.push_back(
          {name, std::to_string(verified.position()), std::to_string(verified.entities()),
           verified.differences() == 0 ? "0" : session.out.Toned(Tone::kBad, std::to_string(verified.differences()))});
      return true;
    });
    if (failure) return session.out.Fail(*failure);
    session.out.EndProgress();
  }
  document["entities"] = entities;
  document["differences"] = differences;
  if (session.out.json()) {
    session.out.Json(document);
  } else {
    session.out.Table({"VIEW", "POSITION", "ENTITIES", "DIFFERENCES"}, rows);
    session.out.Line("entities " + std::to_string(entities) + ", differences " + std::to_string(differences));
  }
  return differences == 0 ? kOk : kRefused;
}

template <typename Request, typename Response>
int OneView(Session& session, const Arguments& arguments) {
  Request request;
  Response response;
  request.set_name(arguments.Get("VIEW"));
  if (auto failure = session.connection.Call(request, response)) return session.out.Fail(*failure);
  if (session.out.json()) {
    session.out.Json(ToJson(response));
    return kOk;
  }
  for (const auto& version : response.view().versions()) {
    session.out.Line(response.view().name() + " version " + std::to_string(version.version()) +
                     (version.live() ? ", live" : ""));
  }
  return kOk;
}

// A program and its words as execv takes them; they lie in `words`.
std::vector<char*> ArgumentsOf(std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  return arguments;
}

int CannotRun(Session& session, const std::string& daemon) {
  return session.out.Fail(Usage(daemon + ": cannot be run; the daemon's program is expected beside this one"));
}

// The daemon's own verify, and what it says as a document.
int VerifyFolder(Session& session, const std::vector<char*>& verify) {
  int ends[2];
  if (pipe(ends) != 0) return session.out.Fail(Usage("no pipe could be opened"));
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    execv(verify[0], verify.data());
    _exit(127);
  }
  close(ends[1]);
  std::string said;
  char bytes[4096];
  for (auto got = read(ends[0], bytes, sizeof(bytes)); got > 0; got = read(ends[0], bytes, sizeof(bytes))) {
    said.append(bytes, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int how = 0;
  const bool ended = pid > 0 && waitpid(pid, &how, 0) == pid && WIFEXITED(how) && WEXITSTATUS(how) != 127;
  if (!ended) return CannotRun(session, verify[0]);
  Json report = Json::array();
  for (std::size_t begin = 0; begin < said.size();) {
    const auto end = std::min(said.find('\n', begin), said.size());
    if (end > begin) report.push_back(said.substr(begin, end - begin));
    begin = end + 1;
  }
  session.out.Json({{"whole", WEXITSTATUS(how) == 0}, {"report", report}});
  return WEXITSTATUS(how);
}

// Of a folder, the daemon's own verify does it; else each view of the daemon is held against a fresh build.
int VerifyLog(Session& session, const Arguments& arguments) {
  const auto folder = arguments.Get("--data-dir");
  const auto checkpoints = arguments.Get("--checkpoint-dir");
  const auto log = arguments.Get("--log");
  if (folder.empty() && !checkpoints.empty())
    return session.out.Fail(Usage("--checkpoint-dir: want --data-dir beside it"));
  if (folder.empty() && !log.empty()) return session.out.Fail(Usage("--log: want --data-dir beside it"));
  if (folder.empty()) return VerifyViews(session, arguments);
  std::error_code error;
  auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) self = session.program;
  std::vector<std::string> words{(self.parent_path() / "mentorlogd").string(), "verify", "--data-dir", folder};
  if (!checkpoints.empty()) words.insert(words.end(), {"--checkpoint-dir", checkpoints});
  if (!log.empty()) words.insert(words.end(), {"--log", log});
  const auto verify = ArgumentsOf(words);
  if (session.out.json()) return VerifyFolder(session, verify);
  execv(verify[0], verify.data());
  return CannotRun(session, words[0]);
}

}  // namespace

std::vector<Command> AdminCommands() {
  const Parameter views{"VIEW", "names, as `views list` prints them; all if none is given", Parameter::kList, false,
                        ""};
  const Parameter view{"VIEW", "its name, as `views list` prints it", Parameter::kValue, true, ""};
  return {
      {"log stats", "what the log holds", {}, {"mentorlog --json log stats"}, Stats},
      {"log verify",
       "compare every view with a fresh build; with --data-dir read a whole log in its folder",
       {{"--data-dir", "the daemon's data folder; a daemon may run, but best while none writes", Parameter::kValue,
         false, ""},
        {"--checkpoint-dir", "the folder of its checkpoint, if the daemon was started with one", Parameter::kValue,
         false, ""},
        {"--log", "which log, 32 hex digits, where the folder holds several", Parameter::kValue, false, ""}},
       {"mentorlog log verify", "mentorlog log verify --data-dir .run/data",
        "mentorlog log verify --data-dir /var/lib/mentorlog --checkpoint-dir /mnt/other/mentorlog"},
       VerifyLog},
      {"views list", "the views and where they stand", {}, {"mentorlog views list"}, ListViews},
      {"views verify",
       "compare views with a fresh build, while serving",
       {views},
       {"mentorlog views verify", "mentorlog --json views verify headcount"},
       VerifyViews},
      {"views rebuild",
       "build views anew beside the live ones, while serving",
       {views},
       {"mentorlog views rebuild", "mentorlog views rebuild headcount"},
       Rebuild},
      {"views promote",
       "make the new version the live one",
       {view},
       {"mentorlog views promote headcount"},
       OneView<v1::PromoteViewRequest, v1::PromoteViewResponse>},
      {"views rollback",
       "make the former version live again",
       {view},
       {"mentorlog views rollback headcount"},
       OneView<v1::RollbackViewRequest, v1::RollbackViewResponse>},
      {"views drop",
       "drop every version but the live one",
       {view},
       {"mentorlog views drop headcount"},
       OneView<v1::DropViewVersionsRequest, v1::DropViewVersionsResponse>},
  };
}

}  // namespace mentorlog::cli
