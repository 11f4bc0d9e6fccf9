// tests/storage/ledger_script.h: the words in which the ledger's tests are written: streams, proposals, and a log that
// can be closed and opened again.
#ifndef MENTORLOG_TESTS_STORAGE_LEDGER_SCRIPT_H_
#define MENTORLOG_TESTS_STORAGE_LEDGER_SCRIPT_H_

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "storage/codec.h"
#include "storage/ledger.h"
#include "storage/refusal.h"

namespace mentorlog::storage {

inline Id IdOf(std::uint64_t number) {
  Id id;
  for (int i = 0; i < 8; ++i) id.bytes[static_cast<std::size_t>(15 - i)] = static_cast<std::uint8_t>(number >> (8 * i));
  id.bytes[0] = 1;
  return id;
}
inline StreamKey StreamOf(std::uint64_t number) { return {3, IdOf(number)}; }

// Whether the stated counts are run (`tests/run --full`) instead of the short ones. Empty is unset.
inline bool FullRun() {
  const char* const full = std::getenv("MENTORLOG_FULL");
  return full != nullptr && *full != '\0';
}

// A proposal, word by word.
class Proposing {
 public:
  explicit Proposing(std::uint64_t request, std::string_view hash = "same") {
    proposal_.set_namespace_("dev");
    proposal_.set_request_id(IdOf(request).ToBytes());
    proposal_.set_request_hash(DigestBytes(Sha256(hash)));
    proposal_.set_proposed_at_us(1000);
    proposal_.mutable_actor()->set_service("dev");
  }
  Proposing& Exact(std::uint64_t stream, std::uint64_t revision) {
    Expect(stream).set_exact(revision);
    return *this;
  }
  Proposing& NoStream(std::uint64_t stream) {
    Expect(stream).mutable_no_stream();
    return *this;
  }
  Proposing& Exists(std::uint64_t stream) {
    Expect(stream).mutable_exists();
    return *this;
  }
  Proposing& Any(std::uint64_t stream) {
    Expect(stream).mutable_any();
    return *this;
  }
  Proposing& Write(std::uint64_t stream, std::string_view open) {
    auto& record = *proposal_.add_records();
    record.set_stream(StreamOf(stream).ToBytes());
    record.set_type(3001);
    record.set_schema_version(1);
    record.set_open_part(std::string(open));
    return *this;
  }
  // To the last record.
  Proposing& Part(std::uint32_t number, std::string_view content) {
    auto& part = *proposal_.mutable_records(proposal_.records_size() - 1)->add_parts();
    part.set_number(number);
    part.set_audience(log::v1::AUDIENCE_PAIR);
    part.add_subjects(IdOf(7).ToBytes());
    part.set_content(std::string(content));
    return *this;
  }
  Proposing& Remove(std::uint64_t stream, std::uint64_t revision, std::uint32_t part) {
    auto& removal = *proposal_.add_removals();
    removal.set_stream(StreamOf(stream).ToBytes());
    removal.set_revision(revision);
    removal.set_part(part);
    return *this;
  }
  Proposing& Advise(std::string_view reason) {
    proposal_.add_advice()->set_reason(std::string(reason));
    return *this;
  }
  Proposing& At(std::int64_t micros) {
    proposal_.set_proposed_at_us(micros);
    return *this;
  }
  log::v1::Proposal& proto() { return proposal_; }
  operator log::v1::Proposal() const { return proposal_; }  // a script reads better without a cast

 private:
  log::v1::Expected& Expect(std::uint64_t stream) {
    auto& check = *proposal_.add_checks();
    check.set_stream(StreamOf(stream).ToBytes());
    return *check.mutable_expected();
  }
  log::v1::Proposal proposal_;
};

// Moves as it is told.
class ToldClock final : public Clock {
 public:
  Instant Now() const override { return {wall_us.load()}; }
  std::int64_t SteadyMicros() const override { return steady_us.load(); }
  std::atomic<std::int64_t> wall_us{1'000'000'000};
  std::atomic<std::int64_t> steady_us{5'000'000};
};

// Something that is asked before a step; OK if nobody is. May be set while others step.
template <typename... Of>
class Hook {
 public:
  void Set(std::function<absl::Status(Of...)> hook) {
    const std::lock_guard lock(mutex_);
    hook_ = std::make_shared<const std::function<absl::Status(Of...)>>(std::move(hook));
  }
  void Clear() {
    const std::lock_guard lock(mutex_);
    hook_ = nullptr;
  }
  absl::Status operator()(Of... of) const {
    // Shared with the thread that sets another meanwhile.
    std::shared_ptr<const std::function<absl::Status(Of...)>> hook;
    {
      const std::lock_guard lock(mutex_);
      hook = hook_;
    }
    return hook ? (*hook)(of...) : absl::OkStatus();
  }

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::shared_ptr<const std::function<absl::Status(Of...)>> hook_;
};

// A store that does as it is told with the next writes.
class TroubledStore final : public Store {
 public:
  explicit TroubledStore(Store& inner) : inner_(inner) {}
  absl::StatusOr<std::optional<std::string>> Get(Family family, std::string_view key) const override {
    if (absl::Status status = before_get(family, key); !status.ok()) return status;
    return inner_.Get(family, key);
  }
  std::unique_ptr<StoreSnapshot> Snapshot() const override { return inner_.Snapshot(); }
  absl::Status Write(Batch given, Durability durability) override {
    // Hooks are shown every operation alike.
    Batch batch;
    for (Batch::Op& op : given.TakeOps()) batch.Add(std::move(op));
    for (const auto& [family, row] : given.lent()) {
      batch.Add({family, !row.value, std::string(row.key), std::string(row.value.value_or(std::string_view()))});
    }
    if (trouble != absl::StatusCode::kOk && durability == Durability::kSynced)
      return absl::Status(trouble.load(), "as told");
    if (absl::Status status = before_write(batch); !status.ok()) return status;
    absl::Status status = inner_.Write(std::move(batch), durability);
    if (unknown_after_write && durability == Durability::kSynced) return absl::UnknownError("as told");
    return status;
  }
  absl::Status Sync() override { return inner_.Sync(); }
  absl::Status DropRange(Family family, std::string_view from, std::string_view to) override {
    ++drops;
    if (absl::Status status = before_drop(family); !status.ok()) return status;
    absl::Status status = inner_.DropRange(family, from, to);
    if (trouble_after_drop != absl::StatusCode::kOk) trouble = trouble_after_drop.load();
    return status;
  }
  absl::Status Health() const override {
    if (unwell != absl::StatusCode::kOk) return absl::Status(unwell.load(), "as told");
    return inner_.Health();
  }
  std::optional<std::uint64_t> FreeBytes() const override { return free_bytes.load(); }
  std::uint64_t SizeBytes() const override { return inner_.SizeBytes(); }

  std::atomic<absl::StatusCode> trouble{absl::StatusCode::kOk};
  // Synced writes happen and nobody is told so.
  std::atomic<bool> unknown_after_write{false};
  // What trouble becomes once a range was dropped, and how many were.
  std::atomic<absl::StatusCode> trouble_after_drop{absl::StatusCode::kOk};
  std::atomic<int> drops{0};
  std::atomic<absl::StatusCode> unwell{absl::StatusCode::kOk};
  std::atomic<std::uint64_t> free_bytes{1ULL << 40};
  Hook<Family, std::string_view> before_get;
  Hook<const Batch&> before_write;
  Hook<Family> before_drop;

 private:
  Store& inner_;
};

inline absl::StatusOr<Committed> Propose(Ledger& ledger, log::v1::Proposal proposal) {
  std::promise<absl::StatusOr<Committed>> told;
  ledger.Propose(std::move(proposal),
                 [&told](absl::StatusOr<Committed> committed) { told.set_value(std::move(committed)); });
  return told.get_future().get();
}

// `CODE REASON`, or "OK".
inline std::string Verdict(const absl::Status& status) {
  if (status.ok()) return "OK";
  return absl::StatusCodeToString(status.code()) + " " + ReasonOf(status).value_or("no reason");
}
template <typename T>
std::string Verdict(const absl::StatusOr<T>& answer) {
  return Verdict(answer.status());
}

// A log over a store, opened and closed as the script says.
class OpenLog {
 public:
  explicit OpenLog(std::unique_ptr<Store> store)
      : store_(std::move(store)), troubled_(*store_), keys_(NewMemoryKeyStore()) {}

  absl::Status Open(std::vector<const View*> views = {}) {
    ledger_.reset();
    auto opened = OpenLedger(troubled_, *keys_, clock_, std::move(views), options);
    if (!opened.ok()) return opened.status();
    ledger_ = *std::move(opened);
    return absl::OkStatus();
  }
  void Close() { ledger_.reset(); }
  Ledger& ledger() { return *ledger_; }
  ToldClock& clock() { return clock_; }
  TroubledStore& store() { return troubled_; }
  KeyStore& keys() { return *keys_; }
  absl::StatusOr<Committed> operator()(const log::v1::Proposal& proposal) { return Propose(*ledger_, proposal); }

  LedgerOptions options;

 private:
  std::unique_ptr<Store> store_;
  TroubledStore troubled_;
  std::unique_ptr<KeyStore> keys_;
  ToldClock clock_;
  std::unique_ptr<Ledger> ledger_;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_TESTS_STORAGE_LEDGER_SCRIPT_H_
