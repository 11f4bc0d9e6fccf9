#include "clients/cli/connection.h"

#include <sys/random.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "clients/cli/hex.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "grpcpp/support/error_details.h"

namespace mentorlog::cli {
namespace {

using Clock = std::chrono::system_clock;
using Steady = std::chrono::steady_clock;
using google::protobuf::Message;

std::atomic<bool> interrupted = false;

void OnInterrupt(int) {
  // A second Ctrl-C ends the process at once.
  if (interrupted.exchange(true)) _exit(kInterrupted);
}

Clock::time_point In(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

const char* CodeName(grpc::StatusCode code) {
  static constexpr const char* kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto index = static_cast<unsigned>(code);
  return index < std::size(kNames) ? kNames[index] : "UNKNOWN";
}

void TakeDetails(const google::rpc::Status& details, Failure& failure) {
  for (const auto& any : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad_request;
    google::rpc::PreconditionFailure precondition;
    google::rpc::RetryInfo retry;
    if (any.UnpackTo(&info)) {
      failure.reason = info.reason();
      failure.values = {info.metadata().begin(), info.metadata().end()};
    } else if (any.UnpackTo(&bad_request)) {
      for (const auto& field : bad_request.field_violations()) {
        failure.fields.emplace_back(field.field(), field.description());
      }
    } else if (any.UnpackTo(&precondition)) {
      for (const auto& item : precondition.violations()) {
        failure.fields.emplace_back(item.subject(), item.description());
      }
    } else if (any.UnpackTo(&retry)) {
      failure.retry_after_s =
          static_cast<double>(retry.retry_delay().seconds()) + static_cast<double>(retry.retry_delay().nanos()) / 1e9;
    }
  }
}

// Whether a mutation that ended with this status may have happened.
bool MayHaveHappened(const grpc::Status& status, const Failure& failure) {
  if (failure.reason == "OUTCOME_UNKNOWN") return true;
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
      status.error_code() == grpc::StatusCode::CANCELLED) {
    return true;
  }
  // Without a reason it was not the daemon that answered: the connection broke under the call.
  return failure.reason.empty() &&
         (status.error_code() == grpc::StatusCode::UNAVAILABLE || status.error_code() == grpc::StatusCode::UNKNOWN ||
          status.error_code() == grpc::StatusCode::INTERNAL);
}

Failure ToFailure(const grpc::Status& status, bool mutation) {
  Failure failure;
  failure.code = CodeName(status.error_code());
  failure.message = status.error_message();
  google::rpc::Status details;
  if (!status.error_details().empty() && grpc::ExtractErrorDetails(status, &details).ok()) {
    TakeDetails(details, failure);
  }
  const bool broke = failure.reason.empty() && status.error_code() == grpc::StatusCode::UNAVAILABLE;
  const bool late = failure.reason.empty() && status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
  if (broke) failure.message = "the connection broke under the call: " + failure.message;
  if (late) failure.message = "no answer came in time; --timeout gives it more";
  if (mutation && MayHaveHappened(status, failure)) {
    failure.exit = kOutcomeUnknown;
  } else if (Interrupted()) {
    failure.exit = kInterrupted;
    failure.message = "interrupted";
  } else if (broke || late) {
    failure.exit = kUnreachable;
  }
  return failure;
}

bool ToBuffer(const Message& message, grpc::ByteBuffer& buffer) {
  bool own = false;
  return grpc::SerializationTraits<Message>::Serialize(message, &buffer, &own).ok();
}

bool FromBuffer(grpc::ByteBuffer& buffer, Message& message) {
  return grpc::SerializationTraits<Message>::Deserialize(&buffer, &message).ok();
}

// One stream, one operation at a time. Ctrl-C and too long a silence cancel it; then every operation ends soon.
class StreamCall {
 public:
  explicit StreamCall(double quiet_max_s) : quiet_max_s_(quiet_max_s) {}
  ~StreamCall() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }
  StreamCall(const StreamCall&) = delete;
  StreamCall& operator=(const StreamCall&) = delete;

  grpc::ClientContext& context() { return context_; }
  bool silent() const { return silent_; }
  bool Start(grpc::GenericStub& stub, const std::string& path) {
    call_ = stub.PrepareCall(&context_, path, &queue_);
    call_->StartCall(this);
    return Wait();
  }
  bool Write(const Message& message, bool last) {
    grpc::ByteBuffer bytes;
    if (!ToBuffer(message, bytes)) return false;
    if (last) {
      call_->WriteLast(bytes, grpc::WriteOptions(), this);
    } else {
      call_->Write(bytes, this);
    }
    return Wait();
  }
  bool Read(Message& message) {
    grpc::ByteBuffer bytes;
    call_->Read(&bytes, this);
    if (!Wait()) return false;
    const bool understood = FromBuffer(bytes, message);
    if (!understood) context_.TryCancel();
    return understood;
  }
  grpc::Status Finish() {
    grpc::Status status;
    call_->Finish(&status, this);
    Wait();
    return status;
  }

 private:
  bool Wait() {
    const auto start = Steady::now();
    void* tag = nullptr;
    bool ok = false;
    // Before the first wait as well: a stream that always has more would never let one time out.
    do {
      const bool quiet = quiet_max_s_ > 0 && Steady::now() - start > std::chrono::duration<double>(quiet_max_s_);
      if ((!Interrupted() && !quiet) || std::exchange(cancelled_, true)) continue;
      silent_ = !Interrupted();
      context_.TryCancel();
    } while (queue_.AsyncNext(&tag, &ok, In(0.1)) == grpc::CompletionQueue::TIMEOUT);
    return ok;
  }

  const double quiet_max_s_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  bool cancelled_ = false;
  bool silent_ = false;
};

}  // namespace

struct Connection::Wire {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<grpc::GenericStub> stub;
  std::mutex mutex;
  // Guarded by mutex.
  bool request_id_used = false;

  void Prepare(grpc::ClientContext& context, const ConnectionOptions& options) const {
    context.AddMetadata("mentorlog-source", "cli");
    if (!options.as.empty()) context.AddMetadata("mentorlog-actor", options.as);
  }
};

Connection::Connection(ConnectionOptions options) : options_(std::move(options)), wire_(std::make_unique<Wire>()) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 << 20);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, 16 << 10);
  // Loopback and sockets never go through a proxy of the environment.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  wire_->channel = grpc::CreateCustomChannel(options_.server, grpc::InsecureChannelCredentials(), arguments);
  wire_->stub = std::make_unique<grpc::GenericStub>(wire_->channel);
}

Connection::~Connection() = default;

void Connection::ActAs(const std::string& person_hex) { options_.as = person_hex; }

std::optional<Failure> Connection::Reach() {
  const auto deadline = In(std::min(options_.timeout_s, 5.0));
  // That an earlier try failed says nothing about this one.
  if (wire_->channel->GetState(true) == GRPC_CHANNEL_TRANSIENT_FAILURE) {
    grpc::experimental::ChannelResetConnectionBackoff(wire_->channel.get());
    wire_->channel->WaitForStateChange(GRPC_CHANNEL_TRANSIENT_FAILURE, std::min(deadline, In(0.5)));
  }
  bool tried_again = false;
  for (auto state = wire_->channel->GetState(true); state != GRPC_CHANNEL_READY;
       state = wire_->channel->GetState(true)) {
    if (Interrupted()) return CutShort();
    const bool failed = state == GRPC_CHANNEL_TRANSIENT_FAILURE || state == GRPC_CHANNEL_SHUTDOWN;
    // gRPC 1.51 looks at errno some way behind connect: where /sys is missing, an allocation between them makes a
    // connection under way a failed one (seen in 1 call of 250 on a busy machine).
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE && !std::exchange(tried_again, true)) {
      grpc::experimental::ChannelResetConnectionBackoff(wire_->channel.get());
      wire_->channel->WaitForStateChange(state, std::min(deadline, In(0.1)));
      continue;
    }
    if (failed || Clock::now() >= deadline) {
      return Failure{kUnreachable,
                     "UNAVAILABLE",
                     "",
                     "no mentorlogd answers at " + options_.server +
                         "; start it, or name another with --server or MENTORLOG_SERVER",
                     {},
                     {},
                     std::nullopt,
                     ""};
    }
    wire_->channel->WaitForStateChange(state, std::min(deadline, In(0.1)));
  }
  return std::nullopt;
}

std::optional<Failure> Connection::Unary(double timeout_s, double grace_s, const std::string& method, bool mutation,
                                         const Message& request, Message& response) {
  if (auto failure = Reach()) return failure;
  grpc::ClientContext context;
  wire_->Prepare(context, options_);
  context.set_deadline(In(timeout_s));
  grpc::ByteBuffer sent;
  grpc::ByteBuffer received;
  if (!ToBuffer(request, sent)) return Usage("the request cannot be serialised");
  grpc::CompletionQueue queue;
  grpc::Status status;
  auto call = wire_->stub->PrepareUnaryCall(&context, method, sent, &queue);
  call->StartCall();
  call->Finish(&received, &status, &received);
  void* tag = nullptr;
  bool ok = false;
  bool cancelled = false;
  std::optional<Steady::time_point> interrupted_at;
  while (queue.AsyncNext(&tag, &ok, In(0.1)) == grpc::CompletionQueue::TIMEOUT) {
    if (Interrupted() && !interrupted_at) interrupted_at = Steady::now();
    const bool over = interrupted_at && Steady::now() - *interrupted_at >= std::chrono::duration<double>(grace_s);
    if (over && !std::exchange(cancelled, true)) context.TryCancel();
  }
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  if (!status.ok()) return ToFailure(status, mutation);
  if (!FromBuffer(received, response)) {
    return Failure{kRefused, "INTERNAL", "", "the answer of " + method + " cannot be read", {}, {}, std::nullopt, ""};
  }
  return std::nullopt;
}

std::optional<Failure> Connection::Call(Message& request, Message& response) {
  return Send(options_.timeout_s, 0, request, response);
}

std::optional<Failure> Connection::CallWithin(double timeout_s, Message& request, Message& response) {
  return Send(timeout_s, 0, request, response);
}

std::optional<Failure> Connection::CallThrough(double grace_s, Message& request, Message& response) {
  return Send(options_.timeout_s, grace_s, request, response);
}

std::optional<Failure> Connection::Send(double timeout_s, double grace_s, Message& request, Message& response) {
  const auto* method = MethodTaking(request.GetDescriptor());
  if (method == nullptr) return Usage("no rpc takes " + std::string(request.GetDescriptor()->name()));
  const auto* id_field = request.GetDescriptor()->FindFieldByName("request_id");
  // Reads that ask about a request carry a request_id of another's; a mutation also has validate_only.
  const bool mutation = id_field != nullptr && request.GetDescriptor()->FindFieldByName("validate_only") != nullptr;
  std::string id;
  if (mutation) {
    const auto* reflection = request.GetReflection();
    id = reflection->GetString(request, id_field);
    if (id.empty()) {
      const std::lock_guard lock(wire_->mutex);
      const bool given = !options_.request_id.empty() && !std::exchange(wire_->request_id_used, true);
      id = given ? FromHex(options_.request_id).value_or("") : NewRequestId();
      reflection->SetString(&request, id_field, id);
    }
  }
  auto failure = Unary(timeout_s, grace_s, PathOf(method), mutation, request, response);
  if (failure && failure->exit == kOutcomeUnknown) failure->request_id = ToHex(id);
  return failure;
}

std::optional<Failure> Connection::Stream(const Message& request, Message& prototype,
                                          const std::function<bool(const Message&)>& visit) {
  // Some streams are silent for as long as they work (a view that is built).
  return Exchange(request, /*last=*/true, prototype, 0, [&](const Message& message) {
    return Next{visit(message), nullptr};
  });
}

std::optional<Failure> Connection::Converse(const Message& first, Message& prototype, double quiet_max_s,
                                            const std::function<Next(const Message&)>& visit) {
  return Exchange(first, /*last=*/false, prototype, quiet_max_s, visit);
}

std::optional<Failure> Connection::Exchange(const Message& first, bool last, Message& prototype, double quiet_max_s,
                                            const std::function<Next(const Message&)>& visit) {
  const auto* method = MethodTaking(first.GetDescriptor());
  if (method == nullptr) return Usage("no rpc takes " + std::string(first.GetDescriptor()->name()));
  if (auto failure = Reach()) return failure;
  StreamCall call(quiet_max_s);
  wire_->Prepare(call.context(), options_);
  bool open = call.Start(*wire_->stub, PathOf(method)) && call.Write(first, last);
  bool stopped = false;
  while (open && !stopped && call.Read(prototype)) {
    const auto next = visit(prototype);
    stopped = !next.go_on;
    if (!stopped && next.say != nullptr) open = call.Write(*next.say, /*last=*/false);
  }
  if (stopped) call.context().TryCancel();
  const auto status = call.Finish();
  if (stopped || status.ok()) return std::nullopt;
  if (!call.silent()) return ToFailure(status, false);
  return Failure{kUnreachable, "UNAVAILABLE", "", "mentorlogd at " + options_.server + " fell silent", {},
                 {},           std::nullopt,  ""};
}

std::string PathOf(const google::protobuf::MethodDescriptor* method) {
  return "/" + std::string(method->service()->full_name()) + "/" + std::string(method->name());
}

std::string NewRequestId() {
  std::string bytes(16, '\0');
  // Never cut short for so few bytes. An id that is not random would make two requests one.
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
  return bytes;
}

void CatchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = OnInterrupt;
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
}

bool Interrupted() { return interrupted.load(std::memory_order_relaxed); }

}  // namespace mentorlog::cli
