// tests/services/runtime/recording_ledger.h: a real ledger in memory that also remembers what was proposed to it.
#ifndef MENTORLOG_TESTS_SERVICES_RUNTIME_RECORDING_LEDGER_H_
#define MENTORLOG_TESTS_SERVICES_RUNTIME_RECORDING_LEDGER_H_

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "storage/ledger.h"

namespace mentorlog::runtime_test {

class RecordingLedger final : public storage::Ledger {
 public:
  explicit RecordingLedger(std::vector<const storage::View*> views)
      : ledger_(*storage::OpenLedger(*store_, *keys_, storage::SystemClock(), std::move(views), {})) {}

  int proposals() const {
    const std::lock_guard lock(mutex_);
    return proposals_;
  }
  log::v1::Proposal last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

  void Propose(log::v1::Proposal proposal, storage::Done done) override {
    {
      const std::lock_guard lock(mutex_);
      ++proposals_;
      last_ = proposal;
    }
    ledger_->Propose(std::move(proposal), std::move(done));
  }
  const storage::Id& log_id() const override { return ledger_->log_id(); }
  std::uint32_t epoch() const override { return ledger_->epoch(); }
  const storage::Keyed& keyed() const override { return ledger_->keyed(); }
  std::unique_ptr<storage::LedgerSnapshot> Snapshot() const override { return ledger_->Snapshot(); }
  storage::Position head() const override { return ledger_->head(); }
  std::unique_ptr<Subscription> OnHead(std::function<void(storage::Position)> wake) override {
    return ledger_->OnHead(std::move(wake));
  }
  absl::Status WaitForView(std::uint16_t view, storage::Position position, absl::Time deadline) override {
    return ledger_->WaitForView(view, position, deadline);
  }
  absl::StatusOr<storage::Position> LoadCursor(std::string_view name) const override { return ledger_->LoadCursor(name); }
  absl::Status SaveCursor(std::string_view name, storage::Position position) override {
    return ledger_->SaveCursor(name, position);
  }
  std::vector<storage::ViewStatus> Views() const override { return ledger_->Views(); }
  absl::StatusOr<std::uint32_t> RebuildView(std::uint16_t view, const storage::Progress& progress) override {
    return ledger_->RebuildView(view, progress);
  }
  absl::StatusOr<storage::ViewComparison> VerifyView(std::uint16_t view, const storage::Progress& progress) override {
    return ledger_->VerifyView(view, progress);
  }
  absl::Status PromoteView(std::uint16_t view) override { return ledger_->PromoteView(view); }
  absl::Status RollbackView(std::uint16_t view) override { return ledger_->RollbackView(view); }
  absl::Status DropOldVersions(std::uint16_t view) override { return ledger_->DropOldVersions(view); }
  storage::LedgerStats Stats() const override { return ledger_->Stats(); }
  absl::Status Health() const override { return ledger_->Health(); }
  void Stop() override { ledger_->Stop(); }

 private:
  const std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore();
  const std::unique_ptr<storage::KeyStore> keys_ = storage::NewMemoryKeyStore();
  const std::unique_ptr<storage::Ledger> ledger_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  int proposals_ = 0;
  log::v1::Proposal last_;
};

}  // namespace mentorlog::runtime_test

#endif  // MENTORLOG_TESTS_SERVICES_RUNTIME_RECORDING_LEDGER_H_
