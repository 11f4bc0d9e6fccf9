// tests/services/runtime/recording_ledger.h: a real ledger in memory that also remembers what was proposed to it, and
// what those were told who waited for a view.
#ifndef MENTORLOG_TESTS_SERVICES_RUNTIME_RECORDING_LEDGER_H_
#define MENTORLOG_TESTS_SERVICES_RUNTIME_RECORDING_LEDGER_H_

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "tests/services/runtime/forwarding_ledger.h"

namespace mentorlog::runtime_test {

class RecordingLedger final : public ForwardingLedger {
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
  std::vector<absl::Status> waits() const {
    const std::lock_guard lock(mutex_);
    return waits_;
  }

  void Propose(log::v1::Proposal proposal, storage::Done done) override {
    {
      const std::lock_guard lock(mutex_);
      ++proposals_;
      last_ = proposal;
    }
    ledger_->Propose(std::move(proposal), std::move(done));
  }
  absl::Status WaitForView(std::uint16_t view, storage::Position position, absl::Time deadline) override {
    auto status = ledger_->WaitForView(view, position, deadline);
    const std::lock_guard lock(mutex_);
    waits_.push_back(status);
    return status;
  }

 private:
  storage::Ledger& to() const override { return *ledger_; }

  const std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore();
  const std::unique_ptr<storage::KeyStore> keys_ = storage::NewMemoryKeyStore();
  const std::unique_ptr<storage::Ledger> ledger_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  int proposals_ = 0;
  log::v1::Proposal last_;
  std::vector<absl::Status> waits_;
};

}  // namespace mentorlog::runtime_test

#endif  // MENTORLOG_TESTS_SERVICES_RUNTIME_RECORDING_LEDGER_H_
