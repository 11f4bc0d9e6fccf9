#include "services/server/served_log.h"

#include <utility>

#include "services/server/rooms.h"
#include "services/server/unread_requests.h"
#include "storage/refusal.h"

namespace mentorlog::server {
namespace {

// Reads that scan or wait: as many at a time, and as many more that queue.
constexpr std::size_t kScanThreads = 4;
constexpr std::size_t kScansQueuedMax = 256;
// Decisions after a lost race.
constexpr std::size_t kRetryThreads = 2;
constexpr std::size_t kRetriesQueuedMax = 1024;
// Mutations that wait for their answer, over all and per caller.
constexpr std::size_t kInFlightMax = 4096;
constexpr std::size_t kInFlightPerCallerMax = 1024;

std::unique_ptr<runtime::StateView> MakeStates(const runtime::EventCodec& codec,
                                               const std::vector<runtime::Room>& rooms) {
  std::vector<runtime::StateFold> folds;
  std::uint32_t definition = 0;
  for (const auto& room : rooms) {
    folds.insert(folds.end(), room.folds.begin(), room.folds.end());
    definition += room.folds_definition;
  }
  return std::make_unique<runtime::StateView>(codec, std::move(folds), definition);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServedLog>> ServedLog::Open(std::vector<runtime::Room> rooms, storage::Store& store,
                                                           storage::KeyStore& keys, const storage::Clock& clock,
                                                           const runtime::Identity& identity,
                                                           const storage::LedgerOptions& options) {
  std::unique_ptr<ServedLog> log(new ServedLog(std::move(rooms)));
  auto codec = runtime::EventCodec::Create(WrappersOf(log->rooms_));
  if (!codec.ok()) return storage::Refuse(absl::StatusCode::kInternal, "DEFECT", codec.status().message().data());
  log->codec_ = std::make_unique<runtime::EventCodec>(*std::move(codec));
  log->states_ = MakeStates(*log->codec_, log->rooms_);
  std::vector<const storage::View*> views{log->states_.get()};
  for (const auto& room : log->rooms_) {
    if (!room.views) continue;
    for (auto& view : room.views(*log->codec_)) log->views_.push_back(std::move(view));
  }
  for (const auto& view : log->views_) views.push_back(view.get());

  auto ledger = storage::OpenLedger(store, keys, clock, std::move(views), options);
  if (!ledger.ok()) return ledger.status();
  log->ledger_ = *std::move(ledger);
  log->retries_ = std::make_unique<runtime::FixedScanPool>(kRetryThreads, kRetriesQueuedMax);
  log->absent_ = std::make_unique<runtime::AbsentStreams>();
  log->desk_.reset(
      new runtime::Desk{*log->ledger_, *log->codec_, *log->states_, clock, log->retries_.get(), log->absent_.get()});
  log->scans_ = std::make_unique<runtime::FixedScanPool>(kScanThreads, kScansQueuedMax);
  log->in_flight_ = std::make_unique<runtime::InFlight>(kInFlightMax, kInFlightPerCallerMax);
  log->edge_.reset(new runtime::Edge{*log->desk_, identity, *log->scans_, log->in_flight_.get()});
  for (const auto& room : log->rooms_) {
    if (!room.services) continue;
    for (auto& service : room.services(*log->edge_)) log->services_.push_back(std::move(service));
  }
  return log;
}

ServedLog::~ServedLog() { Stop(); }

void ServedLog::RegisterServices(grpc::ServerBuilder& builder) {
  for (const auto& service : services_) builder.RegisterService(service.get());
  ExplainUnreadRequests(builder);
}

void ServedLog::StartWorkers() {
  for (const auto& room : rooms_) {
    if (room.worker) workers_.push_back(room.worker(*desk_));
  }
}

void ServedLog::EndEndlessCalls() {
  for (const auto& service : services_) {
    if (auto* endless = dynamic_cast<runtime::EndlessCalls*>(service.get())) endless->EndCalls();
  }
}

absl::Status ServedLog::WorkersHealth() const {
  for (const auto& worker : workers_) {
    if (auto status = worker->Health(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void ServedLog::StopWorkers() { workers_.clear(); }

void ServedLog::Stop() {
  StopWorkers();
  // The ledger first: it ends what operations of the services wait for. Then what lost a race: it is decided once more,
  // and refused by the stopped ledger.
  if (ledger_) ledger_->Stop();
  if (retries_) retries_->Stop();
}

}  // namespace mentorlog::server
