// services/server/server.h: the daemon without its command line: a data folder, served on a port.
//
// Made, watched and stopped by one thread.
#ifndef MENTORLOG_SERVICES_SERVER_SERVER_H_
#define MENTORLOG_SERVICES_SERVER_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/server.h"
#include "services/runtime/dev_identity.h"
#include "services/server/rooms.h"
#include "services/server/served_log.h"
#include "storage/data_folder.h"

namespace mentorlog::server {

struct ServerOptions {
  std::string data_dir;
  std::string listen = "127.0.0.1:7420";
  // Empty: `<data_dir>.checkpoints`, beside the data.
  std::string checkpoint_dir;
  // Callers are believed. Without it nobody could be identified, and the server does not start.
  bool dev_identity = false;
  // Whether clients may ask for the descriptors of the API.
  bool reflection = false;
  // What it serves; tests add rooms of their own.
  std::function<std::vector<runtime::Room>()> rooms = AllRooms;
  storage::DataFolderOptions folder;
  storage::LedgerOptions ledger;
};

// The folder of the checkpoints: the one named, else one beside the data.
std::string CheckpointDirOf(const ServerOptions& options);

// How long open calls are waited for when the server ends.
inline constexpr absl::Duration kDrainMax = absl::Seconds(3);

class Server {
 public:
  // FAILED_PRECONDITION: no identities, the data folder is in use (DATA_FOLDER_IN_USE), the port is taken.
  // INVALID_ARGUMENT: an address that is not loopback. DATA_LOSS (LOG_ENDS_EARLY, LOG_DAMAGED). Each message is a
  // sentence for whoever started it.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options);
  // As Drain.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // As in `127.0.0.1:7420`: the port that was chosen, if 0 was asked for.
  const std::string& address() const { return address_; }
  // One line for whoever waits for it.
  std::string ReadyLine() const;
  // Tells health checks how the log and the workers are, and the operator when that has changed. UNKNOWN: the log must
  // be reopened, the process should end.
  absl::Status CheckHealth();
  // Health turns to NOT_SERVING, no new calls are taken, what is in flight is answered, open streams end after
  // `most`, the log is stopped. Idempotent.
  void Drain(absl::Duration most = kDrainMax);

  ServedLog& log() { return *log_; }

 private:
  Server() = default;

  absl::Status Listen(const ServerOptions& options);
  absl::Status WorkersHealth();
  void ShowServing(bool serving);

  std::unique_ptr<storage::DataFolder> folder_;
  std::unique_ptr<runtime::Identity> identity_;
  std::unique_ptr<ServedLog> log_;
  std::unique_ptr<grpc::Server> grpc_;
  std::string address_;
  // What health checks are told; empty before the first time.
  std::optional<bool> serving_;
  // What was not well at the last check, by its reason; empty: nothing.
  std::string ailment_;
  // Since when a worker has been held up by what may pass.
  std::optional<std::int64_t> held_up_since_us_;
};

}  // namespace mentorlog::server

#endif  // MENTORLOG_SERVICES_SERVER_SERVER_H_
