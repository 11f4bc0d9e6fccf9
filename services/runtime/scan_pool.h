// services/runtime/scan_pool.h: a fixed number of threads for what must not run where it came up.
//
// gRPC's handler threads must never scan or wait, the thread that answers all proposals must never decide. The queue is
// bounded: beyond it work is refused rather than kept. Thread-safe.
#ifndef MENTORLOG_SERVICES_RUNTIME_SCAN_POOL_H_
#define MENTORLOG_SERVICES_RUNTIME_SCAN_POOL_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mentorlog::runtime {

// A bounded pool of threads.
class ScanPool {
 public:
  virtual ~ScanPool() = default;
  // False: not taken, the queue is full or the pool was stopped. Else runs it once.
  virtual bool Run(std::function<void()> work) = 0;
};

class FixedScanPool final : public ScanPool {
 public:
  FixedScanPool(std::size_t threads, std::size_t queued_max);
  // As Stop.
  ~FixedScanPool() override;
  FixedScanPool(const FixedScanPool&) = delete;
  FixedScanPool& operator=(const FixedScanPool&) = delete;

  bool Run(std::function<void()> work) override;
  // Runs what is queued, and takes nothing more. By one thread, not one of the pool's; idempotent.
  void Stop();

 private:
  void Work();

  const std::size_t queued_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  // Touched by who makes and stops it.
  std::vector<std::thread> threads_;
};

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_SCAN_POOL_H_
