// services/runtime/scan_pool.h: a fixed number of threads for reads that scan or wait.
//
// gRPC's handler threads must never do either. The queue is bounded: beyond it a read is refused rather than kept.
// Thread-safe.
#ifndef MENTORLOG_SERVICES_RUNTIME_SCAN_POOL_H_
#define MENTORLOG_SERVICES_RUNTIME_SCAN_POOL_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "services/runtime/call.h"

namespace mentorlog::runtime {

class FixedScanPool final : public ScanPool {
 public:
  FixedScanPool(std::size_t threads, std::size_t queued_max);
  // Runs what is queued, then ends.
  ~FixedScanPool() override;
  FixedScanPool(const FixedScanPool&) = delete;
  FixedScanPool& operator=(const FixedScanPool&) = delete;

  bool Run(std::function<void()> work) override;

 private:
  void Work();

  const std::size_t queued_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  // Constant after construction.
  std::vector<std::thread> threads_;
};

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_SCAN_POOL_H_
