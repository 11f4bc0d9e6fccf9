// clients/cli/connection.h: the way to the daemon.
//
// One channel; calls name no stub: the rpc is the one that takes the request's message (unique by our rule). A call
// waits in short steps, so that Ctrl-C cancels it cleanly. Unary calls may be made from several threads, and between
// the messages of a stream.
#ifndef MENTORLOG_CLIENTS_CLI_CONNECTION_H_
#define MENTORLOG_CLIENTS_CLI_CONNECTION_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "clients/cli/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace mentorlog::cli {

struct ConnectionOptions {
  std::string server = "127.0.0.1:7420";
  // The person to act as: sent as metadata `mentorlog-actor`; empty: nobody.
  std::string as;
  double timeout_s = 30;
  // Hex; used by the first mutation instead of a random one.
  std::string request_id;
};

// What whoever hears a conversation wants next.
struct Next {
  bool go_on = true;
  // Said before the next message is awaited; nullptr: nothing. Lives until the next visit.
  const google::protobuf::Message* say = nullptr;
};

class Connection {
 public:
  explicit Connection(ConnectionOptions options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Calls the rpc that takes `request`. Fills in `request_id` where the request has one and it is empty. nullopt: done.
  std::optional<Failure> Call(google::protobuf::Message& request, google::protobuf::Message& response);
  // As Call, within `timeout_s` instead of the connection's.
  std::optional<Failure> CallWithin(double timeout_s, google::protobuf::Message& request,
                                    google::protobuf::Message& response);
  // As Call, but after Ctrl-C it may still end within `grace_s`: how it ended is worth more than a quick end.
  std::optional<Failure> CallThrough(double grace_s, google::protobuf::Message& request,
                                     google::protobuf::Message& response);
  // A server stream: `visit` is given each message until it answers false; no deadline.
  std::optional<Failure> Stream(const google::protobuf::Message& request, google::protobuf::Message& prototype,
                                const std::function<bool(const google::protobuf::Message&)>& visit);
  // A stream both ways: says `first`, then gives each message that it hears to `visit`. A server that says nothing for
  // `quiet_max_s` is given up as unreachable. nullopt: `visit` or the server ended it.
  std::optional<Failure> Converse(const google::protobuf::Message& first, google::protobuf::Message& prototype,
                                  double quiet_max_s,
                                  const std::function<Next(const google::protobuf::Message&)>& visit);

  // The person acted as: 32 hex digits of an id once resolved.
  void ActAs(const std::string& person_hex);
  const ConnectionOptions& options() const { return options_; }

 private:
  struct Wire;
  std::optional<Failure> Reach();
  std::optional<Failure> Send(double timeout_s, double grace_s, google::protobuf::Message& request,
                              google::protobuf::Message& response);
  std::optional<Failure> Exchange(const google::protobuf::Message& first, bool last,
                                  google::protobuf::Message& prototype, double quiet_max_s,
                                  const std::function<Next(const google::protobuf::Message&)>& visit);
  std::optional<Failure> Unary(double timeout_s, double grace_s, const std::string& method, bool mutation,
                               const google::protobuf::Message& request, google::protobuf::Message& response);
  ConnectionOptions options_;
  const std::unique_ptr<Wire> wire_;
};

// The rpc whose request is `request`; nullptr if there is none.
const google::protobuf::MethodDescriptor* MethodTaking(const google::protobuf::Descriptor* request);
// `/mentorlog.v1.PeopleService/GetPerson`.
std::string PathOf(const google::protobuf::MethodDescriptor* method);
// Every service of mentorlog.v1 in this build, by name.
std::vector<const google::protobuf::ServiceDescriptor*> Services();

// 16 bytes from the operating system's generator.
std::string NewRequestId();

// Set by Ctrl-C and SIGTERM; calls end soon after, and so do the servers that a command started.
void CatchInterrupts();
bool Interrupted();

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_CONNECTION_H_
