// storage/turn.h: a lock that is handed on in the order of asking.
//
// The apply thread holds it for every group. Whoever wants the log to stand still for a moment (a view that joins)
// asks for a turn and gets it after the group under way, however busy the log is; std::mutex promises nothing alike.
#ifndef MENTORLOG_STORAGE_TURN_H_
#define MENTORLOG_STORAGE_TURN_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace mentorlog::storage {

// Satisfies BasicLockable: use with std::lock_guard.
class Turn {
 public:
  void lock() {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = next_++;
    moved_.wait(lock, [this, mine] { return serving_ == mine; });
  }
  void unlock() {
    const std::lock_guard lock(mutex_);
    if (++serving_ != next_) moved_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  // Guarded by mutex_.
  std::uint64_t next_ = 0;
  std::uint64_t serving_ = 0;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_TURN_H_
