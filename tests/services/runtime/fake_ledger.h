// tests/services/runtime/fake_ledger.h: as much of a ledger as the way of a write needs, in memory and at once.
#ifndef MENTORLOG_TESTS_SERVICES_RUNTIME_FAKE_LEDGER_H_
#define MENTORLOG_TESTS_SERVICES_RUNTIME_FAKE_LEDGER_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/runtime/state_view.h"
#include "storage/ledger.h"
#include "storage/refusal.h"

namespace mentorlog::runtime_test {

class FakeSnapshot final : public storage::LedgerSnapshot {
 public:
  std::vector<storage::Record> records;
  std::map<std::pair<std::string, std::string>, storage::RequestEntry> requests;
  storage::MemoryRows rows;

  storage::Position head() const override { return {records.size()}; }
  absl::StatusOr<storage::Record> Read(storage::Position position) const override {
    return records.at(position.value - 1);
  }
  absl::Status Scan(storage::Position, const std::function<bool(storage::Record&&)>&) const override { return {}; }
  absl::Status ScanBackwards(storage::Position, const std::function<bool(storage::Record&&)>&) const override {
    return {};
  }
  absl::Status ScanStream(const storage::StreamKey& stream, storage::Revision,
                          const std::function<bool(storage::Record&&)>& visit) const override {
    for (auto record : records) {
      if (record.stream() == stream && !visit(std::move(record))) break;
    }
    return {};
  }
  absl::StatusOr<std::optional<storage::Revision>> StreamHead(const storage::StreamKey& stream) const override {
    std::optional<storage::Revision> head;
    for (const auto& record : records) {
      if (record.stream() == stream) head = record.revision();
    }
    return head;
  }
  absl::StatusOr<storage::Position> FirstAt(storage::Instant) const override { return head(); }
  absl::StatusOr<storage::StoredPart> ReadPart(const storage::Record&, std::uint32_t) const override {
    return absl::NotFoundError("");
  }
  absl::StatusOr<std::vector<storage::StoredPart>> ReadParts(const storage::Record&) const override {
    return std::vector<storage::StoredPart>();
  }
  absl::StatusOr<std::optional<storage::RequestEntry>> FindRequest(std::string_view name_space,
                                                                   const storage::Id& id) const override {
    const auto found = requests.find({std::string(name_space), id.ToBytes()});
    if (found == requests.end()) return std::optional<storage::RequestEntry>();
    return std::optional(found->second);
  }
  absl::StatusOr<std::optional<std::string>> Row(std::uint16_t, std::string_view key) const override {
    return rows.Get(key);
  }
  absl::Status ScanRows(std::uint16_t, std::string_view, std::string_view,
                        const std::function<bool(std::string_view, std::string_view)>&) const override {
    return {};
  }
  absl::StatusOr<storage::Position> ViewPosition(std::uint16_t) const override { return head(); }
};

class FakeLedger final : public storage::Ledger {
 public:
  explicit FakeLedger(const runtime::StateView& view) : view_(view) {}

  const storage::Id& log_id() const override { return id_; }
  std::uint32_t epoch() const override { return 1; }
  const storage::Keyed& keyed() const override { return keyed_; }

  void Propose(log::v1::Proposal proposal, storage::Done done) override {
    ++proposals;
    last = proposal;
    storage::Committed committed;
    for (const auto& check : proposal.checks()) {
      const auto head = *state.StreamHead(*storage::StreamKey::FromBytes(check.stream()));
      const auto& expected = check.expected();
      const bool holds = expected.has_exact()    ? head && head->value == expected.exact()
                         : expected.has_exists() ? head.has_value()
                                                 : !head.has_value();
      if (!holds) return done(storage::Refuse(absl::StatusCode::kAborted, "REVISION_CONFLICT", "a lost race"));
    }
    state.requests[{proposal.namespace_(), proposal.request_id()}] = {
        {state.records.size() + 1}, static_cast<std::uint32_t>(proposal.records_size())};
    for (int i = 0; i < proposal.records_size(); ++i) Append(proposal, i, committed);
    done(std::move(committed));
  }

  std::unique_ptr<storage::LedgerSnapshot> Snapshot() const override { return std::make_unique<FakeSnapshot>(state); }
  storage::Position head() const override { return state.head(); }
  std::unique_ptr<Subscription> OnHead(std::function<void(storage::Position)>) override { return nullptr; }
  absl::Status WaitForView(std::uint16_t, storage::Position, absl::Time) override { return {}; }
  std::vector<storage::ViewStatus> Views() const override { return {}; }
  absl::StatusOr<std::uint32_t> RebuildView(std::uint16_t, const storage::Progress&) override { return 1U; }
  absl::StatusOr<storage::ViewComparison> VerifyView(std::uint16_t, const storage::Progress&) override {
    return storage::ViewComparison{};
  }
  absl::Status PromoteView(std::uint16_t) override { return {}; }
  absl::Status RollbackView(std::uint16_t) override { return {}; }
  absl::Status DropOldVersions(std::uint16_t) override { return {}; }
  storage::LedgerStats Stats() const override { return {}; }
  absl::Status Health() const override { return {}; }
  void Stop() override {}

  FakeSnapshot state;
  int proposals = 0;
  log::v1::Proposal last;

 private:
  void Append(const log::v1::Proposal& proposal, int index, storage::Committed& committed) {
    const auto& proposed = proposal.records(index);
    storage::Record record;
    record.header.set_type(proposed.type());
    record.header.set_stream(proposed.stream());
    const auto head = *state.StreamHead(record.stream());
    record.header.set_revision(head ? head->value + 1 : 0);
    record.header.set_position(state.records.size() + 1);
    record.header.set_request_hash(proposal.request_hash());
    *record.header.mutable_actor() = proposal.actor();
    if (index == 0) *record.header.mutable_advice() = proposal.advice();
    record.open = proposed.open_part();
    std::vector<std::string> entities;
    view_.Entities(record, entities);
    for (const auto& entity : entities) (void)view_.Fold(record, entity, state.rows);
    state.records.push_back(record);
    committed.records.push_back(std::make_shared<const storage::Record>(record));
  }

  const runtime::StateView& view_;
  const storage::Id id_ = *storage::Id::FromHex("00000000000000000000000000000001");
  const storage::Keyed keyed_{storage::Digest{}};
};

}  // namespace mentorlog::runtime_test

#endif  // MENTORLOG_TESTS_SERVICES_RUNTIME_FAKE_LEDGER_H_
