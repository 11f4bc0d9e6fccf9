// mentorlogd: the daemon. See --help.
#include <pthread.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "services/server/server.h"
#include "storage/data_folder.h"
#include "storage/refusal.h"
#include "storage/restore.h"
#include "storage/verify.h"

namespace {

using mentorlog::server::Server;
using mentorlog::server::ServerOptions;
using mentorlog::storage::DataFolder;
using mentorlog::storage::Id;

constexpr char kExamples[] =
    "Examples:\n"
    "  mentorlogd --data-dir /var/lib/mentorlog --dev-identity\n"
    "      serves a local trial on 127.0.0.1:7420; callers are believed\n"
    "  mentorlogd --data-dir /var/lib/mentorlog --checkpoint-dir /mnt/other/mentorlog --dev-identity\n"
    "      the same with the checkpoint on another volume; verify and restore want the same two folders\n"
    "  MENTORLOG_DATA_DIR=/var/lib/mentorlog mentorlogd --dev-identity --listen 127.0.0.1:0\n"
    "      the same on any free port, which the first line on stdout names\n"
    "  mentorlogd --config /etc/mentorlog.toml\n"
    "      takes the flags from a file, as in: data-dir=\"/var/lib/mentorlog\"\n"
    "  mentorlogd verify --data-dir /var/lib/mentorlog --checkpoint-dir /mnt/other/mentorlog\n"
    "      holds every record against its digests, its index and the checkpoint; best while no daemon writes\n"
    "  mentorlogd restore --data-dir /var/lib/mentorlog --checkpoint-dir /mnt/other/mentorlog\n"
    "      accepts for good that a log ends before its checkpoint; first try to bring the missing records back\n"
    "SIGTERM and SIGINT end it within 5 seconds; what is in flight is answered.";

// How long open calls are waited for when the log is broken.
constexpr absl::Duration kBrokenDrainMax = absl::Milliseconds(500);

// Says in one sentence why it ends.
int Fail(const absl::Status& status) {
  const auto reason = mentorlog::storage::ReasonOf(status);
  std::fprintf(stderr, "mentorlogd: %s%s%s\n", std::string(status.message()).c_str(),
               reason == "LOG_NOT_CHOSEN" ? "; name it with --log" : "", reason ? (" (" + *reason + ")").c_str() : "");
  return 1;
}

// The signals that end the daemon wait until they are asked for; threads inherit that.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// NOT_FOUND (NO_SUCH_THING): the log is not there. Nothing is made.
absl::Status CheckLogIsThere(const ServerOptions& options) {
  auto folder = options.folder;
  folder.rocks.create_if_missing = false;
  return DataFolder::ChooseLog(options.data_dir, folder).status();
}

int Serve(const ServerOptions& options) {
  const sigset_t signals = BlockSignals();
  if (options.folder.log) {
    // Who mistypes its id begins no other one.
    if (const auto status = CheckLogIsThere(options); !status.ok()) return Fail(status);
  }
  const auto server = Server::Start(options);
  if (!server.ok()) return Fail(server.status());
  std::printf("%s\n", (*server)->ReadyLine().c_str());
  std::fflush(stdout);
  const timespec pause{0, 250'000'000};
  while (sigtimedwait(&signals, nullptr, &pause) < 0) {
    const auto health = (*server)->CheckHealth();
    if (!absl::IsUnknown(health)) continue;
    // A sync failed: nobody knows what is on the disk until the log is opened again. Nothing is left to wait for.
    (*server)->Drain(kBrokenDrainMax);
    return Fail(health);
  }
  (*server)->Drain();
  return 0;
}

// Reads the whole log, beside or without a daemon, and says whether it is what was written.
int Verify(const ServerOptions& options) {
  const auto found = mentorlog::storage::VerifyFolder(
      options.data_dir, options.folder, mentorlog::server::CheckpointDirOf(options),
      [](std::uint64_t done, std::uint64_t total) {
        std::fprintf(stderr, "\rverified %llu of %llu records", static_cast<unsigned long long>(done),
                     static_cast<unsigned long long>(total));
      });
  std::fprintf(stderr, "\n");
  if (!found.ok()) return Fail(found.status());
  std::printf("log %s, epoch %u: %llu records and %llu parts are as written, %llu parts were removed\n",
              found->log.ToHex().c_str(), found->epoch, static_cast<unsigned long long>(found->head.value),
              static_cast<unsigned long long>(found->parts), static_cast<unsigned long long>(found->removed_parts));
  return 0;
}

// Accepts that the log ends before its checkpoint, and says what that costs.
int Restore(const ServerOptions& options) {
  if (const auto status = CheckLogIsThere(options); !status.ok()) return Fail(status);
  auto folder_options = options.folder;
  folder_options.rocks.create_if_missing = false;
  const auto folder = DataFolder::Open(options.data_dir, folder_options);
  if (!folder.ok()) return Fail(folder.status());
  const auto restored =
      mentorlog::storage::RestoreLog((*folder)->store(), (*folder)->keys(), mentorlog::storage::SystemClock(),
                                     (*folder)->log_id(), mentorlog::server::CheckpointDirOf(options));
  if (!restored.ok()) return Fail(restored.status());
  std::printf(
      "log %s begins epoch %u at position %llu; it had come to position %llu, and what it no longer holds of that "
      "is lost; the former checkpoint is kept beside the new one\n",
      restored->now.log.ToHex().c_str(), restored->now.epoch,
      static_cast<unsigned long long>(restored->now.position.value),
      static_cast<unsigned long long>(restored->former.position.value));
  return 0;
}

void AddServeFlags(CLI::App& app, ServerOptions& options) {
  app.add_option("--data-dir", options.data_dir, "the folder that holds the log; made if there is none")
      ->envname("MENTORLOG_DATA_DIR");
  app.add_option_function<std::string>(
         "--log", [&options](const std::string& hex) { options.folder.log = Id::FromHex(hex); },
         "the log to open, 32 hex digits; needed where the folder holds several; one that is not there is not made")
      ->check([](const std::string& hex) { return Id::FromHex(hex) ? std::string() : hex + ", want 32 hex digits"; })
      ->type_name("HEX")
      ->envname("MENTORLOG_LOG");
  app.add_option("--listen", options.listen, "loopback HOST:PORT; port 0: any that is free")
      ->envname("MENTORLOG_LISTEN")
      ->capture_default_str();
  app.add_option("--checkpoint-dir", options.checkpoint_dir,
                 "where the log's checkpoint goes; another volume in production (default: DATA_DIR.checkpoints)")
      ->envname("MENTORLOG_CHECKPOINT_DIR");
  app.add_option_function<std::uint32_t>(
         "--views-saved-every-ms",
         [&options](std::uint32_t ms) { options.ledger.views_saved_every = absl::Milliseconds(ms); },
         "how long what views have folded may lie in memory alone; after a crash it is folded again (default: 2000)")
      ->check(CLI::Range(1, 60000))
      ->envname("MENTORLOG_VIEWS_SAVED_EVERY_MS");
  app.add_option("--table-rows-min", options.folder.rocks.table_rows_min,
                 "saved rows become a table of their own when they are so many; fewer go through the write-ahead log")
      ->check(CLI::Range(1, 1'000'000))
      ->envname("MENTORLOG_TABLE_ROWS_MIN")
      ->capture_default_str();
  app.add_flag("--dev-identity", options.dev_identity,
               "believes what callers say of themselves; who says nothing is `dev`, who may do everything")
      ->envname("MENTORLOG_DEV_IDENTITY");
  app.add_flag("--reflection", options.reflection, "lets clients ask for the API's descriptors")
      ->envname("MENTORLOG_REFLECTION");
}

void AddConfigFlag(CLI::App& app) {
  // CLI11 reads the file before it looks at the environment, and would not find the file's name there.
  const char* const file = std::getenv("MENTORLOG_CONFIG");
  const bool named = file != nullptr && *file != '\0';
  app.set_config("--config", named ? file : "",
                 "a file with the flags; a flag given here beats it, and it beats the environment", named)
      ->envname("MENTORLOG_CONFIG");
  // A mistyped flag in the file is refused, as it is on the command line.
  app.allow_config_extras(CLI::config_extras_mode::error);
}

}  // namespace

int main(int argc, char** argv) {
  // Debian's Abseil would abort on a lock-order inversion that it only suspects.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  CLI::App app{"mentorlogd: records mentoring, and answers whether contact went on", "mentorlogd"};
  app.footer(kExamples);
  app.set_version_flag("--version", "mentorlogd " MENTORLOG_VERSION);
  AddConfigFlag(app);
  ServerOptions options;
  AddServeFlags(app, options);
  const auto* verify =
      app.add_subcommand("verify", "reads the whole log and says whether it is as written")->fallthrough();
  const auto* restore =
      app.add_subcommand("restore", "accepts that the log ends before its checkpoint; what lay beyond is lost")
          ->fallthrough();
  CLI11_PARSE(app, argc, argv);
  if (options.data_dir.empty()) {
    return Fail(absl::InvalidArgumentError("--data-dir: none, want the folder that holds the log; see --help"));
  }
  if (verify->parsed()) return Verify(options);
  return restore->parsed() ? Restore(options) : Serve(options);
}
