#include "clients/cli/bench.h"

#include <memory>
#include <utility>

#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/security/credentials.h"
#include "mentorlog/bench/v1/limits_service.grpc.pb.h"
#include "mentorlog/v1/people_service.pb.h"
#include "mentorlog/v1/relationships_service.pb.h"

namespace mentorlog::cli {
namespace {

constexpr int kSetUpInFlight = 128;
constexpr auto kPatience = std::chrono::seconds(300);

Failure Broken(const absl::Status& status) {
  // Who is interrupted waits for no server.
  if (Interrupted()) return CutShort();
  Failure failure;
  failure.exit = kUnreachable;
  failure.message = std::string(status.message());
  return failure;
}

}  // namespace

std::shared_ptr<grpc::Channel> NewBenchChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

std::optional<Failure> FailureOf(const LoopResult& result, const std::string& what) {
  if (result.failed == 0) return std::nullopt;
  Failure failure;
  failure.message =
      std::to_string(result.failed) + " of the calls to " + what + " failed, the first with: " + result.first_error;
  return failure;
}

NextRequest CheckIns(const Pairs& pairs) {
  auto request = std::make_shared<v1::LogCheckInRequest>();
  request->add_with();
  request->set_channel(v1::CHECK_IN_CHANNEL_WALK_BY);
  request->set_gist("nervous about the first weeks in Leeds");
  return [&pairs, request, next = std::uint64_t{0}]() mutable -> const google::protobuf::Message& {
    request->set_request_id(NewRequestId());
    request->mutable_with(0)->set_mentor_id(pairs.mentor(next % pairs.count));
    request->mutable_with(0)->set_mentee_id(pairs.mentee(next % pairs.count));
    ++next;
    return *request;
  };
}

Maybe<std::unique_ptr<Bench>> Bench::Start(const std::string& against) {
  std::unique_ptr<Bench> bench(new Bench);
  auto folder = TemporaryFolder::Create();
  if (!folder.ok()) return Broken(folder.status());
  bench->folder_ = *std::move(folder);
  auto limits = ChildServer::Start("mentorlog-limits", {"--dir", bench->folder_->path()}, std::chrono::seconds(20),
                                   ChildServer::Settings::kNone);
  if (!limits.ok()) return Broken(limits.status());
  bench->limits_ = *std::move(limits);
  bench->limits_channel_ = NewBenchChannel(bench->limits_->address());
  if (!against.empty()) {
    bench->Connect(against);
  } else {
    bench->data_dir_ = bench->folder_->path() + "/data";
    if (auto failure = bench->StartDaemon()) return *failure;
  }
  return bench;
}

std::optional<Failure> Bench::StartDaemon() {
  // What is set for the operator's own daemon is not meant for this one.
  auto daemon = ChildServer::Start("mentorlogd", {"--data-dir", data_dir_, "--listen", "127.0.0.1:0", "--dev-identity"},
                                   kPatience, ChildServer::Settings::kNone);
  if (!daemon.ok()) return Broken(daemon.status());
  daemon_ = *std::move(daemon);
  Connect(daemon_->address());
  return std::nullopt;
}

void Bench::Connect(const std::string& address) {
  ConnectionOptions options;
  options.server = address;
  options.timeout_s = 3600;
  connection_ = std::make_unique<Connection>(options);
  daemon_channel_ = NewBenchChannel(address);
}

std::optional<Failure> Bench::StopDaemon() {
  if (auto status = daemon_->Stop(); !status.ok()) return Broken(status);
  return std::nullopt;
}

Maybe<std::chrono::microseconds> Bench::Restart(bool kill) {
  if (kill) {
    daemon_->Kill();
  } else if (auto failure = StopDaemon()) {
    return *failure;
  }
  if (auto failure = StartDaemon()) return *failure;
  return daemon_->time_to_listen();
}

std::optional<Failure> Bench::CallLimits(const google::protobuf::Message& request,
                                         google::protobuf::Message& response) {
  const auto* service = bench::v1::EchoRequest::descriptor()->file()->FindServiceByName("LimitsService");
  for (int i = 0; i < service->method_count(); ++i) {
    if (service->method(i)->input_type() != request.GetDescriptor()) continue;
    std::string answer;
    const auto result = RunCount(
        limits_channel_, PathOf(service->method(i)), [&]() -> const google::protobuf::Message& { return request; }, 1,
        1, [&](const std::string& bytes) { answer = bytes; });
    response.ParseFromString(answer);
    return FailureOf(result, service->method(i)->name());
  }
  return Usage("the limits have no such method");
}

LoopResult Bench::Echo(int in_flight, std::chrono::milliseconds duration) const {
  bench::v1::EchoRequest request;
  request.set_payload(std::string(150, 'e'));
  return RunClosedLoop(
      limits_channel_, "/mentorlog.bench.v1.LimitsService/Echo",
      [&]() -> const google::protobuf::Message& { return request; }, in_flight, duration);
}

std::optional<Failure> Bench::MeasureDurableEcho(int in_flight, std::chrono::milliseconds duration, bool all_rows,
                                                 LoopResult& result) {
  const bench::v1::ResetDurableEchoRequest reset;
  bench::v1::ResetDurableEchoResponse done;
  if (auto failure = CallLimits(reset, done)) return failure;
  bench::v1::DurableEchoRequest request;
  request.set_payload(std::string(300, 'e'));
  request.set_all_rows(all_rows);
  result.Add(RunClosedLoop(
      limits_channel_, "/mentorlog.bench.v1.LimitsService/DurableEcho",
      [&]() -> const google::protobuf::Message& { return request; }, in_flight, duration));
  if (auto failure = CallLimits(reset, done)) return failure;
  return FailureOf(result, "DurableEcho");
}

Maybe<std::vector<std::string>> Bench::RegisterPeople(std::uint64_t count) {
  std::vector<std::string> ids;
  std::uint64_t number = 0;
  v1::RegisterPersonRequest request;
  const auto result = RunCount(
      daemon_channel_, "/mentorlog.v1.PeopleService/RegisterPerson",
      [&]() -> const google::protobuf::Message& {
        request.set_request_id(NewRequestId());
        request.set_display_name("Person " + std::to_string(++number));
        return request;
      },
      kSetUpInFlight, count,
      [&](const std::string& bytes) {
        v1::RegisterPersonResponse response;
        response.ParseFromString(bytes);
        ids.push_back(response.person_id());
      });
  if (auto failure = FailureOf(result, "RegisterPerson")) return *failure;
  return ids;
}

std::optional<Failure> Bench::StartRelationships(const Pairs& pairs) {
  v1::StartRelationshipRequest request;
  std::uint64_t next = 0;
  const auto result = RunCount(
      daemon_channel_, "/mentorlog.v1.RelationshipsService/StartRelationship",
      [&]() -> const google::protobuf::Message& {
        request.set_request_id(NewRequestId());
        request.set_mentor_id(pairs.mentor(next));
        request.set_mentee_id(pairs.mentee(next));
        ++next;
        return request;
      },
      kSetUpInFlight, pairs.count, nullptr);
  return FailureOf(result, "StartRelationship");
}

std::optional<Failure> Bench::LogCheckIns(std::uint64_t count, const Pairs& pairs) {
  const auto result = RunCount(daemon_channel_, "/mentorlog.v1.RelationshipsService/LogCheckIn", CheckIns(pairs),
                               kSetUpInFlight, count, nullptr);
  return FailureOf(result, "LogCheckIn");
}

}  // namespace mentorlog::cli
