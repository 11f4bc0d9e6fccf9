// storage/checkpointer.h: tells the file outside the log how far it came, at most once per interval.
//
// Its own thread, because the file is synced and the log does not wait for it. Thread-safe.
#ifndef MENTORLOG_STORAGE_CHECKPOINTER_H_
#define MENTORLOG_STORAGE_CHECKPOINTER_H_

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storage/checkpoint_file.h"
#include "storage/merkle.h"
#include "storage/store.h"

namespace mentorlog::storage {

class Checkpointer {
 public:
  // `dir` empty: does nothing. The first file of an epoch and the folder are also noted in `store`, so that its loss is
  // seen.
  Checkpointer(std::string dir, Store& store, const Id& log, std::uint32_t epoch, absl::Duration interval);
  ~Checkpointer() { Stop(); }

  void Start();
  // The log is synced up to what `frontier` covers.
  void Synced(const MerkleFrontier& frontier);
  // Writes what is not yet written, and ends. Idempotent.
  void Stop();
  // OK, or why the last file could not be written.
  absl::Status Health() const;

 private:
  void Run();
  absl::Status Remember(const Checkpoint& checkpoint);
  void WriteLatest(std::unique_lock<std::mutex>& lock);

  const std::string dir_;
  Store& store_;
  const Id log_;
  const std::uint32_t epoch_;
  const absl::Duration interval_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  MerkleFrontier latest_;
  bool written_ = true;
  bool stopping_ = false;
  absl::Status status_;
  // The thread's own: the store has the row.
  bool remembered_ = false;
  std::thread thread_;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_CHECKPOINTER_H_
