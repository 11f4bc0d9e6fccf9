// tests/services/server/health_check.h: what a server answers to grpc.health.v1.Health.
//
// Debian has no C++ stubs of it; its two messages are small enough to be written and read by hand.
#ifndef MENTORLOG_TESTS_SERVICES_SERVER_HEALTH_CHECK_H_
#define MENTORLOG_TESTS_SERVICES_SERVER_HEALTH_CHECK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/generic/generic_stub.h"

namespace mentorlog::server_test {

// A message of which nothing is set.
inline grpc::ByteBuffer EmptyMessage() {
  const grpc::Slice none(std::string{});
  return grpc::ByteBuffer(&none, 1);
}

enum class Serving : std::uint8_t { kNoAnswer, kYes, kNo };

// A HealthCheckResponse: field 1, a varint: 1 SERVING, 2 NOT_SERVING.
inline Serving ServingOf(const grpc::ByteBuffer& response) {
  grpc::Slice slice;
  if (!response.DumpToSingleSlice(&slice).ok()) return Serving::kNoAnswer;
  const std::string bytes(reinterpret_cast<const char*>(slice.begin()), slice.size());
  if (bytes == "\x08\x01") return Serving::kYes;
  return bytes == "\x08\x02" ? Serving::kNo : Serving::kNoAnswer;
}

// Calls a method by its path with an empty message, and waits.
inline std::pair<grpc::Status, grpc::ByteBuffer> CallEmpty(const std::shared_ptr<grpc::Channel>& channel,
                                                           const std::string& method) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, method, EmptyMessage(), &queue);
  call->StartCall();
  std::pair<grpc::Status, grpc::ByteBuffer> answer;
  call->Finish(&answer.second, &answer.first, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return answer;
}

// Of the server as a whole.
inline Serving CheckServing(const std::shared_ptr<grpc::Channel>& channel) {
  const auto [status, response] = CallEmpty(channel, "/grpc.health.v1.Health/Check");
  return status.ok() ? ServingOf(response) : Serving::kNoAnswer;
}

// Every state that the server tells of itself, until it ends.
class HealthWatch {
 public:
  explicit HealthWatch(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {
    call_ = stub_.PrepareCall(&context_, "/grpc.health.v1.Health/Watch", &queue_);
    call_->StartCall(nullptr);
    Next();
    call_->WriteLast(EmptyMessage(), grpc::WriteOptions(), nullptr);
    Next();
  }

  // The next state; kNoAnswer when there will be none.
  Serving Told() {
    if (ended_) return Serving::kNoAnswer;
    grpc::ByteBuffer response;
    call_->Read(&response, nullptr);
    if (Next()) return ServingOf(response);
    ended_ = true;
    grpc::Status status;
    call_->Finish(&status, nullptr);
    Next();
    return Serving::kNoAnswer;
  }

 private:
  bool Next() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  bool ended_ = false;
};

}  // namespace mentorlog::server_test

#endif  // MENTORLOG_TESTS_SERVICES_SERVER_HEALTH_CHECK_H_
