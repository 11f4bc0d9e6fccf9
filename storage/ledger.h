// storage/ledger.h: the log. One order, one apply thread, dense positions, many views.
//
// A proposal is accepted or refused at apply, from the log and the proposal alone; what is accepted is written
// with its index rows, its Merkle nodes and the inline views in one synced batch, and only then answered and
// published. Everything here is thread-safe unless it says otherwise.
#ifndef MENTORLOG_STORAGE_LEDGER_H_
#define MENTORLOG_STORAGE_LEDGER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "mentorlog/log/v1/proposal.pb.h"
#include "mentorlog/log/v1/record.pb.h"
#include "storage/keys.h"
#include "storage/order.h"
#include "storage/store.h"
#include "storage/types.h"
#include "storage/view.h"

namespace mentorlog::storage {

// Limits of one log, the same in every mode (design section 1).
inline constexpr std::size_t kRecordBytesMax = 64 << 10;
inline constexpr std::size_t kProposalRecordsMax = 1000;
inline constexpr std::size_t kProposalBytesMax = 1 << 20;
inline constexpr std::size_t kNamespaceBytesMax = 200;

// Time, as the daemon is told it. Injected, so that tests can move it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;
  // Monotonic, any origin, microseconds.
  virtual std::int64_t SteadyMicros() const = 0;
};
// The system's clocks; lives for ever.
const Clock& SystemClock();

// A request that was committed.
struct RequestEntry {
  Position first;
  std::uint32_t records = 0;
};

// A stored sealed part. `bytes` is nullopt if it was removed.
struct StoredPart {
  log::v1::Part description;
  std::optional<std::string> bytes;
};

// The log as of one moment: events, parts, requests and the rows of every inline view stand at the same head.
// Thread-safe; must not outlive its ledger; cheap, for the length of a request.
class LedgerSnapshot {
 public:
  virtual ~LedgerSnapshot() = default;
  virtual Position head() const = 0;

  // NOT_FOUND beyond the head; DATA_LOSS if unreadable.
  virtual absl::StatusOr<Record> Read(Position position) const = 0;
  // Visits records after `after`, in order, until `visit` answers false or the head is reached. Blocks: not on a
  // gRPC thread.
  virtual absl::Status Scan(Position after, const std::function<bool(Record&&)>& visit) const = 0;
  // As Scan, downwards from the record before `before`.
  virtual absl::Status ScanBackwards(Position before, const std::function<bool(Record&&)>& visit) const = 0;
  // The records of one stream from `from`, in order.
  virtual absl::Status ScanStream(const StreamKey& stream, Revision from,
                                  const std::function<bool(Record&&)>& visit) const = 0;
  // The stream's last revision; nullopt if it has no record.
  virtual absl::StatusOr<std::optional<Revision>> StreamHead(const StreamKey& stream) const = 0;
  // Whether the stream has any record: a point read. Once true it stays so.
  virtual absl::StatusOr<bool> StreamExists(const StreamKey& stream) const = 0;
  // The position of the first record recorded at or after `instant`; head + 1 if there is none. O(log n) reads.
  virtual absl::StatusOr<Position> FirstAt(Instant instant) const = 0;

  // NOT_FOUND if the record lists no such part.
  virtual absl::StatusOr<StoredPart> ReadPart(const Record& record, std::uint32_t number) const = 0;
  // Every part that `record` lists, by number.
  virtual absl::StatusOr<std::vector<StoredPart>> ReadParts(const Record& record) const = 0;

  virtual absl::StatusOr<std::optional<RequestEntry>> FindRequest(std::string_view name_space, const Id& id) const = 0;

  // A row of the view's live version. UNAVAILABLE (VIEW_BUILDING): none of this definition is built yet.
  // DATA_LOSS (VIEW_QUARANTINED): the entity that starts this key is quarantined. Rows of a follower stand at
  // ViewPosition, not at head.
  virtual absl::StatusOr<std::optional<std::string>> Row(std::uint16_t view, std::string_view key) const = 0;
  // The rows with keys in [from, to), in order (`to` empty: no end) until `visit` answers false. Errors as Row.
  virtual absl::Status ScanRows(
      std::uint16_t view, std::string_view from, std::string_view to,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;
  // As ScanRows from `from` to the view's end with one cursor, where `visit` says which row comes next: nullopt: none;
  // an empty key: the next one; else the first at or after that key, which must lie beyond the present one. What is
  // jumped over is not read.
  virtual absl::Status WalkRows(
      std::uint16_t view, std::string_view from,
      const std::function<std::optional<std::string>(std::string_view key, std::string_view value)>& visit) const = 0;
  // How many entities of the view's live version are quarantined, now rather than in this moment: what a scan shows of
  // them is what stood before the event that could not be folded. UNAVAILABLE as Row.
  virtual absl::StatusOr<std::uint64_t> CountQuarantined(std::uint16_t view) const = 0;
  // Up to where the view's live version has folded.
  virtual absl::StatusOr<Position> ViewPosition(std::uint16_t view) const = 0;
};

// How a view stands, for operators.
struct ViewVersionStatus {
  std::uint32_t version = 0;
  std::uint32_t definition = 0;
  Position position;
  bool live = false;
};
struct Quarantine {
  std::string entity;
  Position event;
  std::string reason;
};
struct ViewStatus {
  ViewInfo info;
  std::vector<ViewVersionStatus> versions;
  std::vector<Quarantine> quarantined;
};

// What a comparison of two versions found.
struct ViewComparison {
  Position position;
  std::uint64_t entities = 0;
  std::uint64_t rows = 0;
  std::uint64_t differences = 0;
  // The first differing keys, at most 100.
  std::vector<std::string> differing_keys;
};

// Told while a long operation runs: done and total, in events.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

struct LedgerOptions {
  // The log's id, as DataFolder::log_id() answers it. A new log gets it (a random one if it is nullopt); an existing
  // log of another id is refused: DATA_LOSS (LOG_DAMAGED).
  std::optional<Id> log;
  // Proposals that may wait; more are refused RESOURCE_EXHAUSTED (TOO_MANY_IN_FLIGHT).
  std::size_t proposals_in_flight_max = 4096;
  // Bytes of proposals that may wait for the apply thread; refused alike.
  std::size_t proposal_bytes_waiting_max = 64 << 20;
  // Records per group: one synced batch.
  std::size_t group_records_max = 1024;
  std::size_t group_bytes_max = 1 << 20;
  // Below this much free space nothing is proposed (STORAGE_FULL); see ballast in storage/README.md.
  std::uint64_t free_bytes_min = 256ULL << 20;
  // Where {log id, epoch, position, root} goes at most every second and at stop; empty: nowhere (tests).
  std::string checkpoint_dir;
  absl::Duration checkpoint_interval = absl::Seconds(1);
  // How long what views have folded may lie in memory alone (storage/write_behind.h). It is folded again after a crash.
  absl::Duration views_saved_every = absl::Seconds(2);
};

// What the ledger is about itself.
struct LedgerStats {
  Id log;
  std::uint32_t epoch = 1;
  Position head;
  std::uint64_t in_flight = 0;
  std::uint64_t groups = 0;
  std::uint64_t bytes_on_disk = 0;
  std::optional<std::uint64_t> free_bytes;
};

class Ledger {
 public:
  virtual ~Ledger() = default;

  virtual const Id& log_id() const = 0;
  virtual std::uint32_t epoch() const = 0;
  // Digests under the log's own key.
  virtual const Keyed& keyed() const = 0;

  // Puts a proposal before the order. `done` is told, exactly once: the records, or why not:
  //   INVALID_ARGUMENT  malformed (MALFORMED_PROPOSAL), RECORD_TOO_LARGE, PROPOSAL_TOO_LARGE
  //   ABORTED           REVISION_CONFLICT: checks did not hold; payload kFailedChecksPayload lists them all
  //   ALREADY_EXISTS    REQUEST_ID_REUSED: the id was used for another request
  //   RESOURCE_EXHAUSTED TOO_MANY_IN_FLIGHT, STORAGE_FULL;  UNAVAILABLE SHUTTING_DOWN, CLOCK_JUMPED
  //   UNAVAILABLE       STORE_UNREADABLE: the store could not be read, also not a little later; nothing was
  //                     written, and the log takes nothing more until it is opened again
  //   UNKNOWN           OUTCOME_UNKNOWN: the sync failed, or the views of many records, which are folded
  //                     meanwhile, could not be read; ask again after a restart with the same request id
  virtual void Propose(log::v1::Proposal proposal, Done done) = 0;

  virtual std::unique_ptr<LedgerSnapshot> Snapshot() const = 0;
  // The last published position.
  virtual Position head() const = 0;

  // Calls `wake` (quickly, from any thread, coalesced) whenever the head has moved; the handle ends it.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };
  virtual std::unique_ptr<Subscription> OnHead(std::function<void(Position)> wake) = 0;

  // Waits until the follower's live version stands at `position` or beyond. DEADLINE_EXCEEDED. Blocks.
  virtual absl::Status WaitForView(std::uint16_t view, Position position, absl::Time deadline) = 0;

  // Where a process that follows the log (the steward) stands: the last one saved under `name`, 0 if none. What was
  // saved survives the process; after a crash of the machine it may be an earlier one, never a later.
  virtual absl::StatusOr<Position> LoadCursor(std::string_view name) const = 0;
  virtual absl::Status SaveCursor(std::string_view name, Position position) = 0;

  virtual std::vector<ViewStatus> Views() const = 0;
  // Builds a new version of each view from position 0 beside the live one, while serving; all in one pass over the log,
  // each record read once. Answers their numbers, in the order of `views`. Second versions that there were are dropped
  // first; what is not finished is erased. Blocks. FAILED_PRECONDITION (VIEW_BUILDING): a version is being built
  // already.
  virtual absl::StatusOr<std::vector<std::uint32_t>> RebuildViews(const std::vector<std::uint16_t>& views,
                                                                  const Progress& progress) = 0;
  // Compares the live version with a second one (built for it if there is none) under one snapshot in which both
  // stand at the same position; drops what it built. Blocks.
  virtual absl::StatusOr<ViewComparison> VerifyView(std::uint16_t view, const Progress& progress) = 0;
  // Makes the second version the live one; the former stays until dropped. FAILED_PRECONDITION: there is none.
  virtual absl::Status PromoteView(std::uint16_t view) = 0;
  // Makes the former version live again. FAILED_PRECONDITION: there is none.
  virtual absl::Status RollbackView(std::uint16_t view) = 0;
  // Drops every version but the live one.
  virtual absl::Status DropOldVersions(std::uint16_t view) = 0;

  virtual LedgerStats Stats() const = 0;
  // OK, or why the log takes no proposals or a view is in trouble. UNKNOWN, before all else: only a log that is opened
  // again goes on.
  virtual absl::Status Health() const = 0;

  // Stops taking proposals, answers what is in flight, writes the checkpoint. Idempotent; the destructor calls it.
  virtual void Stop() = 0;
};

// Status payload: a serialised log.v1.FailedCheck per failed check, under this key followed by "/0", "/1", ...
inline constexpr std::string_view kFailedChecksPayload = "mentorlog.failed_check";

// Opens a log over `store`, making it if the store is empty (then `keys` gets its digest key). The views must
// have distinct ids and outlive the ledger; so must store, keys and clock. DATA_LOSS (LOG_ENDS_EARLY): the log does not
// reach its checkpoint; FAILED_PRECONDITION (CHECKPOINT_MISSING): it had one, and the file is gone. Both name the file
// and `mentorlogd restore`.
absl::StatusOr<std::unique_ptr<Ledger>> OpenLedger(Store& store, KeyStore& keys, const Clock& clock,
                                                   std::vector<const View*> views, const LedgerOptions& options);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_LEDGER_H_
