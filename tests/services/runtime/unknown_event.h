// tests/services/runtime/unknown_event.h: what a newer build wrote, and this one does not know.
#ifndef MENTORLOG_TESTS_SERVICES_RUNTIME_UNKNOWN_EVENT_H_
#define MENTORLOG_TESTS_SERVICES_RUNTIME_UNKNOWN_EVENT_H_

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "storage/ledger.h"

namespace mentorlog::runtime_test {

// Writes an event about `person` to their stream, once. REQUIRES: they are registered.
inline void TellUnknownEvent(storage::Ledger& ledger, const storage::Id& person) {
  log::v1::Proposal proposal;
  proposal.set_namespace_("newer build");
  proposal.set_request_id(person.ToBytes());
  proposal.set_request_hash(std::string(32, 's'));
  proposal.set_source(log::v1::SOURCE_GRPC);
  auto& record = *proposal.add_records();
  record.set_stream(storage::StreamKey{1, person}.ToBytes());
  record.set_type(1999);
  record.set_schema_version(1);
  record.set_occurred_on(storage::Day::FromText("2026-06-01")->value);
  record.add_subjects(person.ToBytes());
  auto& check = *proposal.add_checks();
  check.set_stream(record.stream());
  check.mutable_expected()->mutable_exists();
  // Shared: the thread that tells may still be at it when the test goes on.
  const auto told = std::make_shared<std::promise<absl::Status>>();
  auto outcome = told->get_future();
  ledger.Propose(std::move(proposal), [told](const auto& answered) { told->set_value(answered.status()); });
  const auto status = outcome.get();
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace mentorlog::runtime_test

#endif  // MENTORLOG_TESTS_SERVICES_RUNTIME_UNKNOWN_EVENT_H_
