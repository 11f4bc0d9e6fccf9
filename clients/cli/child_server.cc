#include "clients/cli/child_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string_view>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace mentorlog::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr char kMark[] = "listening on ";

// Only what is safe between fork and exec.
[[noreturn]] void Become(const std::string& path, const std::vector<char*>& arguments,
                         const std::vector<char*>& environment, int output) {
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execve(path.c_str(), arguments.data(), environment.data());
  _exit(127);
}

// This program's environment, or what of it is not ours.
std::vector<char*> EnvironmentOf(ChildServer::Settings settings) {
  std::vector<char*> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const bool ours = std::string_view(*entry).starts_with("MENTORLOG_");
    if (!ours || settings == ChildServer::Settings::kOfThisProgram) environment.push_back(*entry);
  }
  environment.push_back(nullptr);
  return environment;
}

}  // namespace

std::string ProgramFolder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

absl::StatusOr<std::unique_ptr<TemporaryFolder>> TemporaryFolder::Create() {
  const char* base = getenv("TMPDIR");
  std::string path = absl::StrCat(base != nullptr && *base != '\0' ? base : "/tmp", "/mentorlog-XXXXXX");
  if (mkdtemp(path.data()) == nullptr) return absl::InternalError(absl::StrCat("no folder could be made like ", path));
  return std::unique_ptr<TemporaryFolder>(new TemporaryFolder(path));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

absl::StatusOr<std::unique_ptr<ChildServer>> ChildServer::Start(const std::string& program,
                                                                const std::vector<std::string>& arguments,
                                                                std::chrono::seconds patience, Settings settings) {
  const std::string path = ProgramFolder() + "/" + program;
  if (access(path.c_str(), X_OK) != 0) return absl::NotFoundError(absl::StrCat(path, " is not there; build it first"));
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::ResourceExhaustedError("no pipe could be opened");
  std::vector<std::string> words{path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const auto environment = EnvironmentOf(settings);
  const pid_t pid = fork();
  if (pid == 0) Become(path, argv, environment, ends[1]);
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return absl::ResourceExhaustedError("no process could be started");
  }
  std::unique_ptr<ChildServer> child(new ChildServer(pid, ends[0]));
  if (auto status = child->WaitForAddress(program, patience); !status.ok()) return status;
  child->drain_ = std::thread([raw = child.get()] { raw->Drain(); });
  return child;
}

absl::Status ChildServer::WaitForAddress(const std::string& program, std::chrono::seconds patience) {
  const auto start = Clock::now();
  std::string said;
  char bytes[512];
  while (true) {
    const auto mark = said.find(kMark);
    const auto end = mark == std::string::npos ? mark : said.find_first_of(",\n", mark);
    if (end != std::string::npos) {
      address_ = said.substr(mark + sizeof(kMark) - 1, end - mark - (sizeof(kMark) - 1));
      time_to_listen_ = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
      return absl::OkStatus();
    }
    pollfd wanted{output_, POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(patience - (Clock::now() - start)).count();
    if (left <= 0 || poll(&wanted, 1, static_cast<int>(left)) <= 0) {
      return absl::UnavailableError(absl::StrCat(program, " stayed silent for ", patience.count(), " s"));
    }
    const auto got = read(output_, bytes, sizeof(bytes));
    if (got <= 0) return absl::UnavailableError(absl::StrCat(program, " did not start: ", said));
    said.append(bytes, static_cast<std::size_t>(got));
  }
}

absl::Status ChildServer::Stop() {
  if (pid_ <= 0) return absl::OkStatus();
  kill(pid_, SIGTERM);
  const auto end = Clock::now() + std::chrono::seconds(30);
  int how = 0;
  while (waitpid(pid_, &how, WNOHANG) == 0) {
    if (Clock::now() > end) {
      Kill();
      return absl::UnavailableError("the server did not stop within 30 s");
    }
    usleep(2000);
  }
  pid_ = 0;
  if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return absl::OkStatus();
  return absl::UnavailableError("the server did not end with 0");
}

void ChildServer::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void ChildServer::Drain() {
  char bytes[4096];
  while (read(output_, bytes, sizeof(bytes)) > 0) {
  }
}

ChildServer::~ChildServer() {
  Kill();
  if (drain_.joinable()) drain_.join();
  close(output_);
}

}  // namespace mentorlog::cli
