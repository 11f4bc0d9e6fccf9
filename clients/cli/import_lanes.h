// clients/cli/import_lanes.h: rows on their way, several calls at a time.
//
// Rows that must stay in order share a lane; a lane has one call in flight. Add blocks while a lane is full. Add and
// Finish are called by one thread; `answered` from the lanes' threads, one at a time.
#ifndef MENTORLOG_CLIENTS_CLI_IMPORT_LANES_H_
#define MENTORLOG_CLIENTS_CLI_IMPORT_LANES_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "clients/cli/status.h"
#include "mentorlog/v1/import_service.pb.h"

namespace mentorlog::cli {

inline constexpr int kImportLanes = 4;
inline constexpr int kImportRowsMax = 500;
inline constexpr std::size_t kImportBatchBytesMax = 512 << 10;
// How often a call, or what of its rows may be tried again, is tried.
inline constexpr int kImportAttemptsMax = 6;

class ImportLanes {
 public:
  using Send = std::function<std::optional<Failure>(v1::ImportRowsRequest& request, v1::ImportRowsResponse& response)>;
  using Answered = std::function<void(const v1::ImportRow& row, const v1::ImportedRow& answer)>;

  // `header` is what every request of this file has beside its rows. `send` is called from several threads.
  ImportLanes(v1::ImportRowsRequest header, Send send, Answered answered);
  ~ImportLanes();
  ImportLanes(const ImportLanes&) = delete;
  ImportLanes& operator=(const ImportLanes&) = delete;

  // False once a call has failed for good: nothing more is sent.
  bool Add(const std::string& order_key, v1::ImportRow row);
  // Sends what is left and waits. Why the import stopped, if it did.
  std::optional<Failure> Finish();

 private:
  struct Lane {
    // Guarded by mutex_.
    std::deque<v1::ImportRowsRequest> waiting;
    // Of the adding thread.
    v1::ImportRowsRequest filling;
    std::size_t filling_bytes = 0;
    std::thread thread;
  };
  void Push(Lane& lane);
  void Work(Lane& lane);
  // The batch with its retries; whether to go on.
  bool Deliver(v1::ImportRowsRequest request);
  // Answers what is settled, and leaves in `request` what should be sent again.
  void Settle(v1::ImportRowsRequest& request, const v1::ImportRowsResponse& response, bool last_attempt);
  bool Wait(int attempt);

  const v1::ImportRowsRequest header_;
  const Send send_;
  const Answered answered_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::mutex mutex_;
  std::condition_variable moved_;
  // Guarded by mutex_.
  bool finished_ = false;
  std::optional<Failure> failure_;
};

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_IMPORT_LANES_H_
