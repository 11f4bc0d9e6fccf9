// tests/bench/durable_echo.h: what an RPC costs that is answered once a few rows are on the disk.
//
// A log without a log, as simple as can be: one thread writes what has come in, in one synced batch; another answers it
// while the next batch is on its way. Nothing is checked, found or folded. Thread-safe.
#ifndef MENTORLOG_TESTS_BENCH_DURABLE_ECHO_H_
#define MENTORLOG_TESTS_BENCH_DURABLE_ECHO_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <iterator>
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
  explicit DurableEcho(storage::Store& store) : store_(store) {}
  // Answers what has come in before.
  ~DurableEcho() {
    arrived_.Close();
    writer_.join();
    written_.Close();
    answerer_.join();
  }
  DurableEcho(const DurableEcho&) = delete;
  DurableEcho& operator=(const DurableEcho&) = delete;

  // Writes the rows that a check-in has synced: its event, whose bytes are `event`, and one part. With `all_rows` also
  // as many as its index and the views keep of it: after the answer and not synced, as they can be made again. `done`
  // is told on the thread that answers.
  void Write(std::string event, bool all_rows, Done done) {
    std::vector<Call> one;
    one.push_back({std::move(event), all_rows, std::move(done), {}});
    arrived_.Add(std::move(one));
  }

 private:
  struct Call {
    std::string event;
    bool all_rows;
    Done done;
    absl::Status status;
  };

  // Calls on their way from one thread to the next. Bounded by how many callers there are.
  class Passage {
   public:
    void Add(std::vector<Call> calls) {
      {
        const std::lock_guard lock(mutex_);
        calls_.insert(calls_.end(), std::move_iterator(calls.begin()), std::move_iterator(calls.end()));
      }
      changed_.notify_one();
    }
    // Waits for some, and takes all there are; none once it was closed and is empty.
    std::vector<Call> TakeAll() {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closed_ || !calls_.empty(); });
      return std::exchange(calls_, {});
    }
    void Close() {
      {
        const std::lock_guard lock(mutex_);
        closed_ = true;
      }
      changed_.notify_one();
    }

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Call> calls_;
    bool closed_ = false;
  };

  void WriteAll() {
    for (auto calls = arrived_.TakeAll(); !calls.empty(); calls = arrived_.TakeAll()) {
      storage::Batch batch;
      for (const Call& call : calls) {
        const std::string position = storage::PositionKey(storage::Position{++positions_});
        batch.Put(storage::Family::kEvents, position, call.event);
        batch.Put(storage::Family::kParts, keys_.Next() + position, std::string(43, 'p'));
      }
      const absl::Status status = store_.Write(std::move(batch), storage::Durability::kSynced);
      for (Call& call : calls) call.status = status;
      written_.Add(std::move(calls));
    }
  }

  void AnswerAll() {
    RandomKeys keys;
    for (auto calls = written_.TakeAll(); !calls.empty(); calls = written_.TakeAll()) {
      storage::Batch batch;
      for (const Call& call : calls) {
        call.done(call.status);
        if (call.all_rows) AddOtherRows(keys, batch);
      }
      // Nobody is told of it: these rows are a cost, and never read.
      if (!batch.empty()) (void)store_.Write(std::move(batch), storage::Durability::kBuffered);
    }
  }

  // 16 bytes, as an id. The same ones in every run. Not thread-safe.
  class RandomKeys {
   public:
    std::string Next() {
      return storage::PositionKey(storage::Position{random_()}) + storage::PositionKey(storage::Position{random_()});
    }

   private:
    std::mt19937_64 random_{20261129};
  };

  // As long as those of a check-in (counted in a log of 45,000: 4.5 new rows of views each; those that are written
  // again and again are left out).
  static void AddOtherRows(RandomKeys& keys, storage::Batch& batch) {
    using storage::Family;
    const std::string stream = keys.Next();
    batch.Put(Family::kStreams, stream + "position", "position");
    batch.Put(Family::kRequests, keys.Next(), "position1234");
    for (int i = 0; i < 4; ++i) batch.Put(Family::kViews, keys.Next() + "position", std::string(40, 'v'));
  }

  storage::Store& store_;
  Passage arrived_;
  Passage written_;
  // The writing thread's own.
  std::uint64_t positions_ = 0;
  RandomKeys keys_;
  std::thread writer_{[this] { WriteAll(); }};
  std::thread answerer_{[this] { AnswerAll(); }};
};

}  // namespace mentorlog::bench

#endif  // MENTORLOG_TESTS_BENCH_DURABLE_ECHO_H_
