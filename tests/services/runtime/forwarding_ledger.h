// tests/services/runtime/forwarding_ledger.h: a ledger that passes everything on to another, for tests to override.
#ifndef MENTORLOG_TESTS_SERVICES_RUNTIME_FORWARDING_LEDGER_H_
#define MENTORLOG_TESTS_SERVICES_RUNTIME_FORWARDING_LEDGER_H_

#include <memory>
#include <utility>
#include <vector>

#include "storage/ledger.h"

namespace mentorlog::runtime_test {

class ForwardingLedger : public storage::Ledger {
 public:
  void Propose(log::v1::Proposal proposal, storage::Done done) override {
    to().Propose(std::move(proposal), std::move(done));
  }
  const storage::Id& log_id() const override { return to().log_id(); }
  std::uint32_t epoch() const override { return to().epoch(); }
  const storage::Keyed& keyed() const override { return to().keyed(); }
  std::unique_ptr<storage::LedgerSnapshot> Snapshot() const override { return to().Snapshot(); }
  storage::Position head() const override { return to().head(); }
  std::unique_ptr<Subscription> OnHead(std::function<void(storage::Position)> wake) override {
    return to().OnHead(std::move(wake));
  }
  absl::Status WaitForView(std::uint16_t view, storage::Position position, absl::Time deadline) override {
    return to().WaitForView(view, position, deadline);
  }
  absl::StatusOr<storage::Position> LoadCursor(std::string_view name) const override { return to().LoadCursor(name); }
  absl::Status SaveCursor(std::string_view name, storage::Position position) override {
    return to().SaveCursor(name, position);
  }
  std::vector<storage::ViewStatus> Views() const override { return to().Views(); }
  absl::StatusOr<std::vector<std::uint32_t>> RebuildViews(const std::vector<std::uint16_t>& views,
                                                          const storage::Progress& progress) override {
    return to().RebuildViews(views, progress);
  }
  absl::StatusOr<storage::ViewComparison> VerifyView(std::uint16_t view, const storage::Progress& progress) override {
    return to().VerifyView(view, progress);
  }
  absl::Status PromoteView(std::uint16_t view) override { return to().PromoteView(view); }
  absl::Status RollbackView(std::uint16_t view) override { return to().RollbackView(view); }
  absl::Status DropOldVersions(std::uint16_t view) override { return to().DropOldVersions(view); }
  storage::LedgerStats Stats() const override { return to().Stats(); }
  absl::Status Health() const override { return to().Health(); }
  void Stop() override { to().Stop(); }

 private:
  virtual storage::Ledger& to() const = 0;
};

}  // namespace mentorlog::runtime_test

#endif  // MENTORLOG_TESTS_SERVICES_RUNTIME_FORWARDING_LEDGER_H_
