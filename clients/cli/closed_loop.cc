#include "clients/cli/closed_loop.h"

#include <algorithm>
#include <optional>

#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/byte_buffer.h"

namespace mentorlog::cli {
namespace {

using Clock = std::chrono::steady_clock;

grpc::ByteBuffer Serialise(const google::protobuf::Message& message) {
  const std::string bytes = message.SerializeAsString();
  const grpc::Slice slice(bytes.data(), bytes.size());
  return {&slice, 1};
}

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return {};
  std::string bytes;
  for (const auto& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

// One of the calls in flight; a slot is used again for the next call.
struct Slot {
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
  grpc::ByteBuffer answer;
  grpc::Status status;
  Clock::time_point sent;
};

class Loop {
 public:
  Loop(const std::shared_ptr<grpc::Channel>& channel, std::string method, const NextRequest& next)
      : stub_(channel), method_(std::move(method)), next_(next) {}

  // `more` is asked before every call.
  LoopResult Run(int in_flight, const std::function<bool()>& more,
                 const std::function<void(const std::string&)>& answer) {
    LoopResult result;
    std::vector<Slot> slots(static_cast<std::size_t>(in_flight));
    const auto start = Clock::now();
    int out = 0;
    for (auto& slot : slots) {
      if (!more()) break;
      Send(slot);
      ++out;
    }
    void* tag = nullptr;
    bool ok = false;
    while (out > 0 && queue_.Next(&tag, &ok)) {
      auto& slot = *static_cast<Slot*>(tag);
      Note(slot, result, answer);
      if (more()) {
        Send(slot);
      } else {
        --out;
      }
    }
    result.elapsed_us =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
    queue_.Shutdown();
    while (queue_.Next(&tag, &ok)) {
    }
    return result;
  }

 private:
  void Send(Slot& slot) {
    slot.context = std::make_unique<grpc::ClientContext>();
    slot.context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    slot.sent = Clock::now();
    slot.reader = stub_.PrepareUnaryCall(slot.context.get(), method_, Serialise(next_()), &queue_);
    slot.reader->StartCall();
    slot.reader->Finish(&slot.answer, &slot.status, &slot);
  }

  static void Note(Slot& slot, LoopResult& result, const std::function<void(const std::string&)>& answer) {
    if (!slot.status.ok()) {
      if (result.failed++ == 0) result.first_error = slot.status.error_message();
      return;
    }
    ++result.answered;
    result.latency_us.push_back(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - slot.sent).count()));
    if (answer) answer(Bytes(slot.answer));
  }

  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  const std::string method_;
  const NextRequest& next_;
};

}  // namespace

void LoopResult::Add(const LoopResult& other) {
  answered += other.answered;
  failed += other.failed;
  elapsed_us += other.elapsed_us;
  latency_us.insert(latency_us.end(), other.latency_us.begin(), other.latency_us.end());
  if (first_error.empty()) first_error = other.first_error;
}

double LoopResult::per_second() const {
  return elapsed_us == 0 ? 0.0 : static_cast<double>(answered) * 1e6 / static_cast<double>(elapsed_us);
}

std::uint32_t LoopResult::Quantile(double q) const {
  if (latency_us.empty()) return 0;
  auto sorted = latency_us;
  const auto at = static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(at), sorted.end());
  return sorted[at];
}

LoopResult RunClosedLoop(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                         const NextRequest& next, int in_flight, std::chrono::milliseconds duration) {
  const auto end = Clock::now() + duration;
  return Loop(channel, method, next)
      .Run(
          in_flight, [end] { return Clock::now() < end; }, nullptr);
}

LoopResult RunCount(const std::shared_ptr<grpc::Channel>& channel, const std::string& method, const NextRequest& next,
                    int in_flight, std::uint64_t count, const std::function<void(const std::string&)>& answer) {
  std::uint64_t sent = 0;
  return Loop(channel, method, next)
      .Run(
          in_flight, [&sent, count] { return sent++ < count; }, answer);
}

}  // namespace mentorlog::cli
