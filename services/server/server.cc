#include "services/server/server.h"

#include <future>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/server_builder_option.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "services/runtime/log.h"
#include "services/server/listen_address.h"
#include "storage/refusal.h"

namespace mentorlog::server {
namespace {

// Streams of persons make persons exist.
constexpr std::uint8_t kPersonKind = 1;
// gRPC gives no reason for a message that it does not read: those that are somewhat over the limit of requests are
// read, to be refused with one.
constexpr int kReceivedBytesMax = 4 << 20;
static_assert(kReceivedBytesMax > runtime::kRequestBytesMax);
constexpr std::size_t kMemoryBytesMax = 512 << 20;

// What holds a worker up and may pass (a full queue, a follower that is behind) is no matter of health for as long.
constexpr std::int64_t kPatienceUs = 60LL * 1'000'000;

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsAborted(status);
}

// What is wrong, without what changes from one check to the next (as the free bytes do).
std::string AilmentOf(const absl::Status& status) {
  if (status.ok()) return {};
  return storage::ReasonOf(status).value_or(absl::StatusCodeToString(status.code()));
}

absl::Status CheckIdentities(const ServerOptions& options) {
  if (options.dev_identity) return absl::OkStatus();
  return storage::Refuse(absl::StatusCode::kFailedPrecondition, "NOT_IDENTIFIED",
                         "identities: none are configured, so nobody could be told from anybody; want --dev-identity, "
                         "which believes every caller on this machine, for a local trial");
}

// facts: measured on this platform. Pings keep dead peers from holding streams; nobody shares our port.
void Configure(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kReceivedBytesMax);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.SetResourceQuota(grpc::ResourceQuota("mentorlogd").Resize(kMemoryBytesMax));
}

// gRPC's library of reflection adds itself to every server of the program that it is linked to.
class WithoutReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    std::erase_if(*plugins, [](const auto& plugin) {
      return dynamic_cast<const grpc::reflection::ProtoServerReflectionPlugin*>(plugin.get()) != nullptr;
    });
  }
};

}  // namespace

std::string CheckpointDirOf(const ServerOptions& options) {
  if (!options.checkpoint_dir.empty()) return options.checkpoint_dir;
  std::string dir = options.data_dir;
  while (dir.size() > 1 && dir.back() == '/') dir.pop_back();
  return dir + ".checkpoints";
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options) {
  if (auto status = CheckIdentities(options); !status.ok()) return status;
  if (const auto address = ParseListenAddress(options.listen); !address.ok()) return address.status();
  std::unique_ptr<Server> server(new Server());
  auto folder = storage::DataFolder::Open(options.data_dir, options.folder);
  if (!folder.ok()) return folder.status();
  server->folder_ = *std::move(folder);
  server->identity_ = std::make_unique<runtime::DevIdentity>(kPersonKind);

  auto ledger = options.ledger;
  ledger.log = server->folder_->log_id();
  ledger.checkpoint_dir = CheckpointDirOf(options);
  auto log = ServedLog::Open(options.rooms(), server->folder_->store(), server->folder_->keys(), storage::SystemClock(),
                             *server->identity_, ledger);
  if (!log.ok()) return log.status();
  server->log_ = *std::move(log);
  if (auto status = server->Listen(options); !status.ok()) return status;
  server->log_->StartWorkers();
  (void)server->CheckHealth();
  if (const auto status = server->folder_->RestoreBallast(); !status.ok()) {
    runtime::Log(runtime::Level::kWarning, "the ballast is not back yet", {{"why", std::string(status.message())}});
  }
  return server;
}

absl::Status Server::Listen(const ServerOptions& options) {
  auto address = *ParseListenAddress(options.listen);
  grpc::EnableDefaultHealthCheckService(true);
  if (options.reflection) grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  Configure(builder);
  if (!options.reflection) builder.SetOption(std::make_unique<WithoutReflection>());
  int port = 0;
  builder.AddListeningPort(address.ToText(), grpc::InsecureServerCredentials(), &port);
  log_->RegisterServices(builder);
  grpc_ = builder.BuildAndStart();
  if (grpc_ == nullptr || port == 0) {
    return storage::Refuse(absl::StatusCode::kFailedPrecondition, "INVALID_FIELD",
                           "--listen: " + address.ToText() + " is taken or not ours, want a free port (0: any)");
  }
  address.port = static_cast<std::uint16_t>(port);
  address_ = address.ToText();
  return absl::OkStatus();
}

Server::~Server() { Drain(); }

std::string Server::ReadyLine() const {
  return absl::StrCat("mentorlogd listening on ", address_, ", log ", log_->ledger().log_id().ToHex(), ", head ",
                      log_->ledger().head().value);
}

// Once per change: gRPC tells every watcher each time.
void Server::ShowServing(bool serving) {
  if (serving_ == serving) return;
  serving_ = serving;
  if (auto* health = grpc_->GetHealthCheckService()) health->SetServingStatus(serving);
}

absl::Status Server::WorkersHealth() {
  auto status = log_->WorkersHealth();
  if (!MayPass(status)) {
    held_up_since_us_.reset();
    return status;
  }
  const auto now_us = storage::SystemClock().SteadyMicros();
  if (!held_up_since_us_) held_up_since_us_ = now_us;
  return now_us - *held_up_since_us_ < kPatienceUs ? absl::OkStatus() : status;
}

absl::Status Server::CheckHealth() {
  auto status = log_->ledger().Health();
  if (status.ok()) status = WorkersHealth();
  ShowServing(status.ok());
  const std::string ailment = AilmentOf(status);
  if (ailment != ailment_) {
    runtime::Log(status.ok() ? runtime::Level::kInfo : runtime::Level::kError,
                 status.ok() ? "the log is well again" : "the log is not well",
                 {{"reason", ailment}, {"why", std::string(status.message())}});
  }
  ailment_ = ailment;
  return status;
}

void Server::Drain(absl::Duration most) {
  if (grpc_) {
    const auto latest = absl::Now() + most;
    ShowServing(false);
    std::promise<void> ended;
    // Workers are waited for, and handlers by Shutdown; both may wait for the log (for a follower, for an answer): the
    // log's end answers those.
    std::thread impatient([this, most, end = ended.get_future()] {
      if (end.wait_for(absl::ToChronoMilliseconds(most)) == std::future_status::timeout) log_->ledger().Stop();
    });
    log_->EndEndlessCalls();
    log_->StopWorkers();
    grpc_->Shutdown(absl::ToChronoTime(latest));
    ended.set_value();
    impatient.join();
    grpc_.reset();
  }
  if (log_) log_->Stop();
}

}  // namespace mentorlog::server
