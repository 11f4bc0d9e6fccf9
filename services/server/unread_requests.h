// services/server/unread_requests.h: a reason for requests that gRPC could not read.
//
// A request that does not parse never reaches its handler: gRPC answers UNIMPLEMENTED without a word, as if there were
// no such method. In practice it is a text that is not UTF-8, which a proto3 string must be. An interceptor turns that
// one answer into INVALID_ARGUMENT NOT_UTF8; nothing of ours answers UNIMPLEMENTED without a message. Thread-safe.
#ifndef MENTORLOG_SERVICES_SERVER_UNREAD_REQUESTS_H_
#define MENTORLOG_SERVICES_SERVER_UNREAD_REQUESTS_H_

#include "grpcpp/server_builder.h"

namespace mentorlog::server {

// For the methods of our own services; what nobody serves stays UNIMPLEMENTED. Replaces other interceptors.
void ExplainUnreadRequests(grpc::ServerBuilder& builder);

}  // namespace mentorlog::server

#endif  // MENTORLOG_SERVICES_SERVER_UNREAD_REQUESTS_H_
