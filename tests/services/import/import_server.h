// tests/services/import/import_server.h: every room over a log in memory, and rows as people write them.
#ifndef MENTORLOG_TESTS_SERVICES_IMPORT_IMPORT_SERVER_H_
#define MENTORLOG_TESTS_SERVICES_IMPORT_IMPORT_SERVER_H_

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/feed_service.grpc.pb.h"
#include "mentorlog/v1/import_service.grpc.pb.h"
#include "mentorlog/v1/people_service.grpc.pb.h"
#include "services/import/import_row.h"
#include "services/runtime/dev_identity.h"
#include "services/server/rooms.h"
#include "services/server/served_log.h"
#include "storage/keys.h"
#include "storage/store.h"

namespace mentorlog::import_test {

inline std::vector<std::string> Split(std::string_view line, char by) {
  std::vector<std::string> pieces(1);
  for (const char c : line) {
    if (c == by) {
      pieces.emplace_back();
    } else {
      pieces.back().push_back(c);
    }
  }
  return pieces;
}

class ImportServer {
 public:
  // `more`: rooms beside every one that there is.
  explicit ImportServer(const storage::LedgerOptions& options = {}, std::vector<runtime::Room> more = {})
      : store_(storage::NewMemoryStore()), keys_(storage::NewMemoryKeyStore()) {
    auto rooms = server::AllRooms();
    std::move(more.begin(), more.end(), std::back_inserter(rooms));
    auto log = server::ServedLog::Open(std::move(rooms), *store_, *keys_, storage::SystemClock(), identity_, options);
    EXPECT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    grpc::ServerBuilder builder;
    log_->RegisterServices(builder);
    server_ = builder.BuildAndStart();
    stub_ = v1::ImportService::NewStub(server_->InProcessChannel({}));
    people_ = v1::PeopleService::NewStub(server_->InProcessChannel({}));
    feed_ = v1::FeedService::NewStub(server_->InProcessChannel({}));
  }
  ~ImportServer() {
    server_->Shutdown();
    log_->Stop();
  }
  ImportServer(const ImportServer&) = delete;
  ImportServer& operator=(const ImportServer&) = delete;

  // A request of lines without quotes.
  static v1::ImportRowsRequest Request(v1::ImportFile file, const std::vector<std::string>& lines) {
    v1::ImportRowsRequest request;
    request.set_system("csv");
    request.set_file(file);
    for (const auto name : import::ColumnsOf(file).required) request.add_columns(std::string(name));
    if (file == v1::IMPORT_FILE_ASSIGNMENTS) {
      for (const auto name : import::ColumnsOf(file).optional) request.add_columns(std::string(name));
    }
    std::uint64_t line = 2;
    for (const auto& text : lines) {
      auto& row = *request.add_rows();
      row.set_line(line++);
      for (auto& value : Split(text, ',')) row.add_values(std::move(value));
    }
    return request;
  }
  grpc::Status Send(const v1::ImportRowsRequest& request, v1::ImportRowsResponse& response,
                    const std::string& actor = "", std::chrono::seconds within = std::chrono::seconds(20)) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + within);
    if (!actor.empty()) context.AddMetadata("mentorlog-actor", actor);
    return stub_->ImportRows(&context, request, &response);
  }
  // `TAKEN`, `TAKEN ADVICE`, `REPLAYED`, or `REASON field`, per row.
  std::vector<std::string> Answers(const v1::ImportRowsRequest& request) {
    v1::ImportRowsResponse response;
    const auto status = Send(request, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::vector<std::string> answers;
    for (const auto& row : response.rows()) {
      if (row.status() == v1::ImportedRow::STATUS_REJECTED) {
        answers.push_back(row.reason() + " " + row.field());
        continue;
      }
      answers.push_back(row.status() == v1::ImportedRow::STATUS_TAKEN ? "TAKEN" : "REPLAYED");
      for (const auto& advice : row.advice()) answers.back() += " " + advice.reason();
    }
    return answers;
  }
  std::vector<std::string> Import(v1::ImportFile file, const std::vector<std::string>& lines) {
    return Answers(Request(file, lines));
  }
  std::uint64_t head() { return log_->ledger().head().value; }
  storage::Ledger& ledger() { return log_->ledger(); }
  v1::PeopleService::Stub& people() { return *people_; }
  v1::FeedService::Stub& feed() { return *feed_; }

 private:
  const std::unique_ptr<storage::Store> store_;
  const std::unique_ptr<storage::KeyStore> keys_;
  const runtime::DevIdentity identity_{1};
  std::unique_ptr<server::ServedLog> log_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::ImportService::Stub> stub_;
  std::unique_ptr<v1::PeopleService::Stub> people_;
  std::unique_ptr<v1::FeedService::Stub> feed_;
};

// The id that people.csv gave to `external_id`.
inline std::string PersonOf(ImportServer& server, const std::string& external_id) {
  grpc::ClientContext context;
  v1::FindPeopleRequest request;
  request.set_query(external_id);
  v1::FindPeopleResponse response;
  EXPECT_TRUE(server.people().FindPeople(&context, request, &response).ok());
  EXPECT_EQ(response.matches(0).how(), v1::FindPeopleResponse::HOW_EXTERNAL_ID);
  return response.matches(0).person().person_id();
}

}  // namespace mentorlog::import_test

#endif  // MENTORLOG_TESTS_SERVICES_IMPORT_IMPORT_SERVER_H_
