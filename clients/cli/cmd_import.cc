// `mentorlog import`: a folder of CSV files into the log.
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <string>

#include "clients/cli/commands.h"
#include "clients/cli/import_files.h"
#include "clients/cli/import_lanes.h"
#include "clients/cli/import_report.h"
#include "nlohmann/json.hpp"

namespace mentorlog::cli {
namespace {

namespace fs = std::filesystem;

// How long rows that are under way may take after Ctrl-C; a second Ctrl-C ends at once.
constexpr double kGraceS = 10;

// One run over a folder.
class Import {
 public:
  Import(Session& session, fs::path folder, bool dry_run)
      : session_(session), folder_(std::move(folder)), dry_run_(dry_run), report_(dry_run) {}

  std::optional<Failure> Run() {
    std::error_code error;
    if (!fs::is_directory(folder_, error)) return Usage(folder_.string() + ": no such folder");
    bool any = false;
    for (const auto& kind : ImportFiles()) {
      const auto path = folder_ / (std::string(kind.name) + ".csv");
      if (!fs::exists(path, error)) continue;
      any = true;
      if (auto failure = TakeFile(kind, path)) return failure;
    }
    session_.out.EndProgress();
    if (any) return std::nullopt;
    return Usage(folder_.string() +
                 ": has none of people.csv, role_moves.csv, relationships.csv, check_ins.csv, "
                 "recognitions.csv, advocacy.csv, assignments.csv");
  }
  const ImportReport& report() const { return report_; }

 private:
  std::optional<Failure> TakeFile(const ImportFileKind& kind, const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return Usage(path.string() + ": cannot be read");
    std::error_code error;
    const auto size = fs::file_size(path, error);
    ImportFileReader reader(kind, in);
    if (auto wrong = reader.ReadHeader()) {
      report_.Rejected(kind, *wrong);
      return std::nullopt;
    }
    v1::ImportRowsRequest header;
    header.set_system(session_.system);
    header.set_file(kind.file);
    header.set_validate_only(dry_run_);
    for (const auto& column : reader.columns()) header.add_columns(column);
    std::optional<Failure> failure;
    {
      ImportLanes lanes(
          header, [this](auto& request, auto& response) { return Send(request, response); },
          [&](const v1::ImportRow& row, const v1::ImportedRow& answer) { Answered(kind, reader, row, answer); });
      v1::ImportRow row;
      std::optional<RejectedRow> rejected;
      bool going = true;
      for (std::uint64_t rows = 0; going && reader.Next(row, rejected); ++rows) {
        if (rejected) {
          const std::lock_guard lock(report_mutex_);
          report_.Rejected(kind, *std::move(rejected));
          continue;
        }
        const auto key = reader.OrderKey(row);
        going = lanes.Add(key, std::move(row)) && !Interrupted();
        if (rows % 256 == 0) session_.out.Progress(kind.name, reader.bytes(), size);
      }
      failure = lanes.Finish();
    }
    if (!failure && Interrupted()) failure = CutShort();
    if (in.bad()) failure = Usage(path.string() + ": could not be read to its end");
    return failure;
  }

  // From the lanes' threads.
  std::optional<Failure> Send(v1::ImportRowsRequest& request, v1::ImportRowsResponse& response) {
    if (dry_run_) AssumePeople(request);
    // Ctrl-C lets what is under way be answered, so that the report is the truth.
    return session_.connection.CallThrough(kGraceS, request, response);
  }

  // A dry run writes nobody: later rows name people whom only earlier rows would have registered.
  void AssumePeople(v1::ImportRowsRequest& request) const {
    if (would_register_.empty() || request.file() == v1::IMPORT_FILE_PEOPLE) return;
    std::set<std::string> named;
    for (int column = 0; column < request.columns_size(); ++column) {
      const auto& name = request.columns(column);
      if (!name.ends_with("_id") || name == "assignment_id") continue;
      for (const auto& row : request.rows()) {
        if (would_register_.contains(row.values(column))) named.insert(row.values(column));
      }
    }
    request.mutable_assumed_people()->Assign(named.begin(), named.end());
  }

  // One at a time.
  void Answered(const ImportFileKind& kind, const ImportFileReader& reader, const v1::ImportRow& row,
                const v1::ImportedRow& answer) {
    {
      const std::lock_guard lock(report_mutex_);
      report_.Answered(kind, answer);
    }
    const bool new_person =
        dry_run_ && kind.file == v1::IMPORT_FILE_PEOPLE && answer.status() == v1::ImportedRow::STATUS_TAKEN;
    if (!new_person) return;
    // OrderKey of people.csv is the person's id and a separator.
    auto id = reader.OrderKey(row);
    id.pop_back();
    would_register_.insert(std::move(id));
  }

  Session& session_;
  const fs::path folder_;
  const bool dry_run_;
  // Guards report_ while lanes run.
  std::mutex report_mutex_;
  ImportReport report_;
  // Written while people.csv is taken, read afterwards.
  std::set<std::string> would_register_;
};

// What went in before it stopped, and that nothing is lost or doubled by doing it again.
int Stopped(Session& session, const ImportReport& report, Failure failure) {
  session.out.EndProgress();
  failure.message += "; the import stopped before its end. What went in stays; run it again: nothing is doubled";
  if (session.out.json()) {
    auto document = report.Json();
    document.update(ErrorJson(failure));
    session.out.Json(document, /*one_line=*/true);
    return failure.exit;
  }
  report.Print(session.out);
  session.out.Flush();
  return session.out.Fail(failure);
}

int RunImport(Session& session, const Arguments& arguments) {
  Import import(session, arguments.Get("DIR"), arguments.Has("--dry-run"));
  const auto failure = import.Run();
  if (failure && failure->exit == kUsage) return session.out.Fail(*failure);
  if (failure) return Stopped(session, import.report(), *failure);
  if (session.out.json()) {
    session.out.Json(import.report().Json(), /*one_line=*/true);
  } else {
    import.report().Print(session.out);
  }
  return import.report().rejected() == 0 ? kOk : kRefused;
}

}  // namespace

std::vector<Command> ImportCommands() {
  return {{"import",
           "take in a folder of CSV files; may be run again, nothing doubles; Ctrl-C stops it, tells what went in, "
           "ends with 130",
           {{"DIR",
             "the folder: people, role_moves, relationships, check_ins, recognitions, advocacy, assignments .csv, "
             "as far as they are there",
             Parameter::kValue, true, ""},
            {"--dry-run", "decide every row, report, and write nothing", Parameter::kFlag, false, ""}},
           {"mentorlog import deploy/sample", "mentorlog import exports/ --system hris --dry-run"},
           RunImport}};
}

}  // namespace mentorlog::cli
