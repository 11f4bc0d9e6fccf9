// storage/beside.h: one task at a time, done on a thread beside its owner's.
//
// The thread lives as long as this, so that a task costs two wake-ups (some fifty microseconds each, mostly beside the
// owner's own work) and no thread is made for it. Not thread-safe: one owner.
#ifndef MENTORLOG_STORAGE_BESIDE_H_
#define MENTORLOG_STORAGE_BESIDE_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace mentorlog::storage {

class Beside {
 public:
  Beside() : thread_([this] { Run(); }) {}
  ~Beside() {
    End();
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  // The task begins soon. REQUIRES: End was called since the last one. What it sees, and what it leaves, is seen as if
  // it were done on the owner's thread between Begin and End.
  void Begin(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      task_ = std::move(task);
    }
    changed_.notify_all();
  }
  // Waits until it is done; nothing if there is none.
  void End() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return task_ == nullptr; });
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || task_ != nullptr; });
      if (task_ == nullptr) return;
      lock.unlock();
      task_();
      lock.lock();
      task_ = nullptr;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_, but for the call of it.
  std::function<void()> task_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_BESIDE_H_
