// services/server/served_log.h: one log with everything that serves it: views, rooms, edge.
//
// Knows no port and no data folder, so that tests serve a log in memory with the same wiring. Made and stopped by
// one thread; what it gives out is thread-safe.
#ifndef MENTORLOG_SERVICES_SERVER_SERVED_LOG_H_
#define MENTORLOG_SERVICES_SERVER_SERVED_LOG_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "grpcpp/server_builder.h"
#include "services/runtime/in_flight.h"
#include "services/runtime/room.h"
#include "services/runtime/scan_pool.h"
#include "storage/ledger.h"

namespace mentorlog::server {

class ServedLog {
 public:
  // Opens the log over `store`. `store`, `keys`, `clock` and `identity` outlive it. Errors as OpenLedger; INTERNAL
  // if the rooms do not fit together.
  static absl::StatusOr<std::unique_ptr<ServedLog>> Open(std::vector<runtime::Room> rooms, storage::Store& store,
                                                         storage::KeyStore& keys, const storage::Clock& clock,
                                                         const runtime::Identity& identity,
                                                         const storage::LedgerOptions& options);
  // As Stop.
  ~ServedLog();
  ServedLog(const ServedLog&) = delete;
  ServedLog& operator=(const ServedLog&) = delete;

  // Adds the services of all rooms. The server built from it must end before this does.
  void RegisterServices(grpc::ServerBuilder& builder);
  // Starts what works by itself.
  void StartWorkers();
  // Ends the calls that do not end by themselves.
  void EndEndlessCalls();
  // OK, or why one of those does not get on. Not beside StartWorkers or StopWorkers.
  absl::Status WorkersHealth() const;
  // Ends what works by itself.
  void StopWorkers();
  // Answers what is in flight and takes nothing more. REQUIRES: the server has ended. Idempotent.
  void Stop();

  storage::Ledger& ledger() { return *ledger_; }
  const runtime::Desk& desk() const { return *desk_; }
  const runtime::Edge& edge() const { return *edge_; }

 private:
  explicit ServedLog(std::vector<runtime::Room> rooms) : rooms_(std::move(rooms)) {}

  // In the order in which they are made; each refers to those above.
  const std::vector<runtime::Room> rooms_;
  std::unique_ptr<runtime::EventCodec> codec_;
  std::unique_ptr<runtime::StateView> states_;
  std::vector<std::unique_ptr<storage::View>> views_;
  std::unique_ptr<storage::Ledger> ledger_;
  std::unique_ptr<runtime::Desk> desk_;
  std::unique_ptr<runtime::FixedScanPool> scans_;
  std::unique_ptr<runtime::InFlight> in_flight_;
  // Made before the desk, which refers to it; what it runs gives places in flight back.
  std::unique_ptr<runtime::FixedScanPool> retries_;
  std::unique_ptr<runtime::AbsentStreams> absent_;
  std::unique_ptr<runtime::Edge> edge_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::vector<std::unique_ptr<runtime::Worker>> workers_;
};

}  // namespace mentorlog::server

#endif  // MENTORLOG_SERVICES_SERVER_SERVED_LOG_H_
