// tests/bench/durable_echo.h: what an RPC costs that is answered once a few rows are on the disk.
//
// A log without a log, as simple as can be: one thread writes what has come in, in one synced batch, and then answers
// it. Nothing is checked, found or folded. Thread-safe.
#ifndef MENTORLOG_TESTS_BENCH_DURABLE_ECHO_H_
#define MENTORLOG_TESTS_BENCH_DURABLE_ECHO_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "storage/codec.h"
#include "storage/store.h"

namespace mentorlog::bench {

class DurableEcho {
 public:
  using Done = std::function<void(const absl::Status&)>;

  // Writes into `store`, which outlives this and is nobody else's.
  explicit DurableEcho(storage::Store& store) : store_(store), thread_([this] { Run(); }) {}
  ~DurableEcho() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    arrived_.notify_one();
    thread_.join();
  }
  DurableEcho(const DurableEcho&) = delete;
  DurableEcho& operator=(const DurableEcho&) = delete;

  // Writes the rows that a check-in has synced: its event, whose bytes are `event`, and one part. With `all_rows` also
  // as many as its index and the views keep of it. `done` is told on the thread that writes.
  void Write(std::string event, bool all_rows, Done done) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back({std::move(event), all_rows, std::move(done)});
    }
    arrived_.notify_one();
  }

 private:
  struct Waiting {
    std::string event;
    bool all_rows;
    Done done;
  };

  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      arrived_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const std::vector<Waiting> group = std::exchange(waiting_, {});
      lock.unlock();
      storage::Batch batch;
      for (const Waiting& one : group) Add(one, batch);
      const absl::Status status = store_.Write(std::move(batch), storage::Durability::kSynced);
      for (const Waiting& one : group) one.done(status);
      lock.lock();
    }
  }

  // As long as those of a check-in (counted in a log of 45,000: 4.5 new rows of views each; those that are written
  // again and again are left out).
  void Add(const Waiting& one, storage::Batch& batch) {
    using storage::Family;
    const std::string position = storage::PositionKey(storage::Position{++written_});
    const std::string stream = RandomKey();
    batch.Put(Family::kEvents, position, one.event);
    batch.Put(Family::kParts, stream + position, std::string(43, 'p'));
    if (!one.all_rows) return;
    batch.Put(Family::kStreams, stream + position, position);
    batch.Put(Family::kRequests, RandomKey(), position + "1234");
    for (int i = 0; i < 4; ++i) batch.Put(Family::kViews, RandomKey() + position, std::string(40, 'v'));
  }

  // 16 bytes, as an id.
  std::string RandomKey() {
    return storage::PositionKey(storage::Position{random_()}) + storage::PositionKey(storage::Position{random_()});
  }

  storage::Store& store_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  // Guarded by mutex_.
  std::vector<Waiting> waiting_;
  bool stopping_ = false;
  // The thread's own. The same keys in every run.
  std::uint64_t written_ = 0;
  std::mt19937_64 random_{20261129};
  std::thread thread_;
};

}  // namespace mentorlog::bench

#endif  // MENTORLOG_TESTS_BENCH_DURABLE_ECHO_H_
