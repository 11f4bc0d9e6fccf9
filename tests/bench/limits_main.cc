// mentorlog-limits: serves the limits of this machine to `mentorlog loadtest`.
//
// usage: mentorlog-limits --dir FOLDER    listens on a free port of 127.0.0.1, prints it, runs until SIGTERM.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "grpcpp/grpcpp.h"
#include "mentorlog/bench/v1/limits_service.grpc.pb.h"
#include "mentorlog/log/v1/record.pb.h"
#include "storage/codec.h"
#include "storage/store.h"
#include "tests/bench/durable_echo.h"

namespace mentorlog::bench {
namespace {

using Clock = std::chrono::steady_clock;
using storage::Batch;
using storage::Durability;
using storage::Family;

std::uint64_t MicrosSince(Clock::time_point start) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
}

grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

// The RocksDB of the one log in a data folder.
absl::StatusOr<std::unique_ptr<storage::Store>> OpenLogReadOnly(const std::string& data_dir) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(data_dir + "/logs", error)) {
    storage::RocksOptions options;
    options.create_if_missing = false;
    options.read_only = true;
    return storage::OpenRocksStore(entry.path().string(), options);
  }
  return absl::NotFoundError("data_dir: no log below " + data_dir + "/logs");
}

// Long work runs on threads of its own: a handler thread of gRPC is never held.
class Limits final : public v1::LimitsService::CallbackService {
 public:
  explicit Limits(std::string dir) : dir_(std::move(dir)) {}

  // Before any other call.
  absl::Status Open() {
    durable_.reset();
    durable_store_.reset();
    auto store = FreshStore();
    if (!store.ok()) return store.status();
    durable_store_ = *std::move(store);
    durable_ = std::make_unique<bench::DurableEcho>(*durable_store_);
    return absl::OkStatus();
  }

  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const v1::EchoRequest*,
                                 v1::EchoResponse*) override {
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerUnaryReactor* DurableEcho(grpc::CallbackServerContext* context, const v1::DurableEchoRequest* request,
                                        v1::DurableEchoResponse*) override {
    auto* reactor = context->DefaultReactor();
    durable_->Write(request->payload(), request->all_rows(),
                    [reactor](const absl::Status& status) { reactor->Finish(ToGrpc(status)); });
    return reactor;
  }

  grpc::ServerUnaryReactor* ResetDurableEcho(grpc::CallbackServerContext* context, const v1::ResetDurableEchoRequest*,
                                             v1::ResetDurableEchoResponse*) override {
    return OnThread(context, [this] { return Open(); });
  }

  grpc::ServerUnaryReactor* MeasureWrites(grpc::CallbackServerContext* context, const v1::MeasureWritesRequest* request,
                                          v1::MeasureWritesResponse* response) override {
    return OnThread(context, [this, request, response] { return Writes(*request, *response); });
  }
  grpc::ServerUnaryReactor* MeasureRewrite(grpc::CallbackServerContext* context,
                                           const v1::MeasureRewriteRequest* request,
                                           v1::MeasureRewriteResponse* response) override {
    return OnThread(context, [this, request, response] { return Rewrite(*request, *response); });
  }
  grpc::ServerUnaryReactor* MeasureScan(grpc::CallbackServerContext* context, const v1::MeasureScanRequest* request,
                                        v1::MeasureScanResponse* response) override {
    return OnThread(context, [request, response] { return Scan(*request, *response); });
  }

  grpc::ServerWriteReactor<v1::RawStreamResponse>* RawStream(grpc::CallbackServerContext*,
                                                             const v1::RawStreamRequest* request) override {
    class Reactor final : public grpc::ServerWriteReactor<v1::RawStreamResponse> {
     public:
      explicit Reactor(const v1::RawStreamRequest& request) : left_(request.batches()) {
        message_.set_payload(std::string(std::min<std::uint32_t>(request.batch_bytes(), 1U << 20), 'x'));
        Next();
      }
      void OnWriteDone(bool ok) override { ok ? Next() : Finish(grpc::Status::CANCELLED); }
      void OnDone() override { delete this; }

     private:
      void Next() {
        if (left_ == 0) return Finish(grpc::Status::OK);
        --left_;
        StartWrite(&message_);
      }
      std::uint64_t left_;
      v1::RawStreamResponse message_;
    };
    return new Reactor(*request);
  }

 private:
  template <typename Work>
  grpc::ServerUnaryReactor* OnThread(grpc::CallbackServerContext* context, Work work) {
    auto* reactor = context->DefaultReactor();
    std::thread([reactor, work = std::move(work)] { reactor->Finish(ToGrpc(work())); }).detach();
    return reactor;
  }

  absl::StatusOr<std::unique_ptr<storage::Store>> FreshStore() {
    const std::string dir = dir_ + "/raw-" + std::to_string(fresh_++);
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
    return storage::OpenRocksStore(dir, {});
  }

  absl::Status Writes(const v1::MeasureWritesRequest& request, v1::MeasureWritesResponse& response) {
    auto store = FreshStore();
    if (!store.ok()) return store.status();
    const auto rows = std::clamp<std::uint32_t>(request.rows_per_batch(), 1, 1024);
    const std::string value(std::clamp<std::uint32_t>(request.value_bytes(), 1, 65536), 'v');
    const auto limit = std::chrono::milliseconds(std::clamp<std::uint32_t>(request.duration_ms(), 1, 60'000));
    std::vector<std::uint64_t> batch_us;
    std::uint64_t next = 0;
    const auto start = Clock::now();
    while (Clock::now() - start < limit) {
      const auto before = Clock::now();
      Batch batch;
      for (std::uint32_t i = 0; i < rows; ++i)
        batch.Put(Family::kEvents, storage::PositionKey(storage::Position{++next}), value);
      if (auto status = (*store)->Write(batch, Durability::kSynced); !status.ok()) return status;
      batch_us.push_back(MicrosSince(before));
    }
    response.set_rows(next);
    response.set_elapsed_us(MicrosSince(start));
    std::nth_element(batch_us.begin(), batch_us.begin() + static_cast<std::ptrdiff_t>(batch_us.size() / 2),
                     batch_us.end());
    response.set_p50_us(batch_us[batch_us.size() / 2]);
    return absl::OkStatus();
  }

  // Every row of the log in memory, then written again: per batch `events_per_batch` events and the rows of
  // the other families in the same proportion.
  absl::Status Rewrite(const v1::MeasureRewriteRequest& request, v1::MeasureRewriteResponse& response) {
    auto source = OpenLogReadOnly(request.data_dir());
    if (!source.ok()) return source.status();
    std::vector<std::vector<std::pair<std::string, std::string>>> rows(storage::kFamilies);
    const auto snapshot = (*source)->Snapshot();
    for (int f = 0; f < storage::kFamilies; ++f) {
      const auto cursor = snapshot->NewCursor(static_cast<Family>(f), storage::ReadHint::kScan);
      for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
        rows[static_cast<std::size_t>(f)].emplace_back(cursor->key(), cursor->value());
      }
    }
    const auto events = rows[static_cast<std::size_t>(Family::kEvents)].size();
    const auto per_batch = std::clamp<std::size_t>(request.events_per_batch(), 1, 1024);
    const auto batches = std::max<std::size_t>(1, (events + per_batch - 1) / per_batch);
    auto store = FreshStore();
    if (!store.ok()) return store.status();
    const auto start = Clock::now();
    std::uint64_t written = 0;
    for (std::size_t b = 0; b < batches; ++b) {
      Batch batch;
      for (int f = 0; f < storage::kFamilies; ++f) {
        const auto& family = rows[static_cast<std::size_t>(f)];
        for (std::size_t i = family.size() * b / batches; i < family.size() * (b + 1) / batches; ++i) {
          batch.Put(static_cast<Family>(f), family[i].first, family[i].second);
          ++written;
        }
      }
      if (auto status = (*store)->Write(batch, Durability::kSynced); !status.ok()) return status;
    }
    response.set_elapsed_us(MicrosSince(start));
    response.set_events(events);
    response.set_rows(written);
    return absl::OkStatus();
  }

  static absl::Status Scan(const v1::MeasureScanRequest& request, v1::MeasureScanResponse& response) {
    auto store = OpenLogReadOnly(request.data_dir());
    if (!store.ok()) return store.status();
    const auto start = Clock::now();
    const auto snapshot = (*store)->Snapshot();
    const auto cursor = snapshot->NewCursor(Family::kEvents, storage::ReadHint::kScan);
    std::uint64_t events = 0;
    for (cursor->Seek(""); cursor->Valid(); cursor->Next()) {
      const auto position = storage::ParsePosition(cursor->key());
      if (!position) return absl::DataLossError("a key of the events family is no position");
      const auto record = storage::ParseRecord(*position, cursor->value());
      if (!record.ok()) return record.status();
      ++events;
    }
    response.set_events(events);
    response.set_elapsed_us(MicrosSince(start));
    return cursor->status();
  }

  const std::string dir_;
  std::atomic<int> fresh_{0};
  std::unique_ptr<storage::Store> durable_store_;
  std::unique_ptr<bench::DurableEcho> durable_;
};

int Run(const std::string& dir) {
  Limits limits(dir);
  if (const absl::Status status = limits.Open(); !status.ok()) {
    std::fprintf(stderr, "mentorlog-limits: %s\n", status.ToString().c_str());
    return 1;
  }
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&limits);
  const auto server = builder.BuildAndStart();
  if (!server) {
    std::fprintf(stderr, "mentorlog-limits: no port of 127.0.0.1 could be opened\n");
    return 1;
  }
  std::printf("mentorlog-limits listening on 127.0.0.1:%d\n", port);
  std::fflush(stdout);
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  int got = 0;
  sigwait(&ends, &got);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  return 0;
}

}  // namespace
}  // namespace mentorlog::bench

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  if (argc != 3 || std::string_view(argv[1]) != "--dir") {
    std::fprintf(stderr, "usage: mentorlog-limits --dir FOLDER\n");
    return 2;
  }
  // Blocked before any thread starts, so that only sigwait sees them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  return mentorlog::bench::Run(argv[2]);
}
