// Loaded into a daemon under test (LD_PRELOAD): the syncs of RocksDB's log fail with EIO as soon as the file that
// MENTORLOG_SYNC_FAILS_IF names is there, as those of a dying disk do.
#include <dlfcn.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

namespace {

bool IsLog(int file) {
  char target[4096];
  const auto length = readlink(("/proc/self/fd/" + std::to_string(file)).c_str(), target, sizeof target);
  return length > 0 && std::string(target, static_cast<std::size_t>(length)).ends_with(".log");
}

}  // namespace

extern "C" int fdatasync(int file) {
  using Sync = int (*)(int);
  static const auto real = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fdatasync"));
  static const char* const fails_if = std::getenv("MENTORLOG_SYNC_FAILS_IF");
  if (fails_if == nullptr || access(fails_if, F_OK) != 0 || !IsLog(file)) return real(file);
  errno = EIO;
  return -1;
}
