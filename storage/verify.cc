#include "storage/verify.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "storage/codec.h"
#include "storage/log_index.h"
#include "storage/refusal.h"
#include "storage/start.h"
#include "storage/tree_store.h"

namespace mentorlog::storage {
namespace {

constexpr std::uint64_t kTellEvery = 4096;

absl::Status BadAt(Position position, std::string_view why) {
  return Refuse(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
                absl::StrCat("position ", position.value, ": ", std::string(why), ", want what was written"),
                {{"position", absl::StrCat(position.value)}});
}

class Verifier {
 public:
  Verifier(const StoreSnapshot& snapshot, Indexed indexed) : snapshot_(snapshot), indexed_(indexed) {}

  absl::Status CheckRecords(Position head, const Progress& progress) {
    const auto cursor = snapshot_.NewCursor(Family::kEvents, ReadHint::kScan);
    Position next{1};
    for (cursor->Seek(std::string()); cursor->Valid(); cursor->Next(), ++next.value) {
      if (cursor->key() != PositionKey(next)) return BadAt(next, "there is no record");
      const absl::StatusOr<Record> record = ParseRecord(next, cursor->value());
      if (!record.ok()) return BadAt(next, "the record cannot be read, or says that it is another");
      if (absl::Status status = CheckRecord(*record); !status.ok()) return status;
      if (absl::Status status = CheckTree(*record); !status.ok()) return status;
      if (progress && next.value % kTellEvery == 0) progress(next.value, head.value);
    }
    if (!cursor->status().ok()) return cursor->status();
    if (next.value != head.value + 1) return BadAt(next, absl::StrCat("the log ends; its head row says ", head.value));
    // A part is gone for good only once the whole log was asked for its removal.
    for (const auto& [part, at] : missing_) {
      if (!removed_.contains(part)) return BadAt(at, "a sealed part is missing and no removal names it");
      ++removed_parts_;
    }
    return absl::OkStatus();
  }

  // Nothing in the index that no record has.
  absl::Status CountIndexRows() const {
    std::uint64_t rows = 0;
    const auto cursor = snapshot_.NewCursor(Family::kStreams, ReadHint::kScan);
    for (cursor->Seek(kFirstIndexRow); cursor->Valid(); cursor->Next()) ++rows;
    if (!cursor->status().ok()) return cursor->status();
    if (rows != indexed_.streams.value) {
      return Damage(absl::StrCat("streams: ", rows, " rows for ", indexed_.streams.value, " records"));
    }
    std::uint64_t requests = 0;
    const auto request = snapshot_.NewCursor(Family::kRequests, ReadHint::kScan);
    for (request->Seek(kFirstIndexRow); request->Valid(); request->Next()) ++requests;
    if (!request->status().ok()) return request->status();
    if (requests != requests_)
      return Damage(absl::StrCat("requests: ", requests, " rows for ", requests_, " requests"));
    return absl::OkStatus();
  }

  absl::Status CheckFrontier() const {
    const absl::StatusOr<MerkleFrontier> stored = ReadFrontier(snapshot_);
    if (!stored.ok()) return stored.status();
    if (stored->size() != frontier_.size() || stored->Root() != frontier_.Root()) {
      return BadAt(Position{frontier_.size()}, "the tree's root is not that of the records");
    }
    return absl::OkStatus();
  }

  const MerkleFrontier& frontier() const { return frontier_; }
  std::uint64_t parts() const { return parts_; }
  std::uint64_t removed_parts() const { return removed_parts_; }

 private:
  absl::Status CheckRecord(const Record& record) {
    const auto& header = record.header;
    const StreamKey stream = record.stream();
    const auto [head, first] = heads_.try_emplace(stream, 0);
    if (!first) ++head->second;
    if (header.revision() != head->second) {
      return BadAt(record.position(),
                   absl::StrCat("revision ", header.revision(), " where ", head->second, " comes next"));
    }
    if (header.recorded_at_us() < recorded_at_us_) return BadAt(record.position(), "recorded before its predecessor");
    recorded_at_us_ = header.recorded_at_us();
    if (header.open_sha256() != DigestBytes(Sha256(record.open)))
      return BadAt(record.position(), "the open part is changed");
    if (absl::Status status = CheckIndex(record); !status.ok()) return status;
    for (const auto& removal : header.removals()) {
      removed_.insert(PartRow(*StreamKey::FromBytes(removal.stream()), {removal.revision()}, removal.part()));
    }
    return CheckParts(record);
  }

  absl::Status CheckIndex(const Record& record) {
    const auto& header = record.header;
    if (record.position() <= indexed_.streams) {
      const auto at = snapshot_.Get(Family::kStreams, StreamRow(record.stream(), record.revision()));
      if (!at.ok()) return at.status();
      if (!*at || **at != PositionKey(record.position())) return BadAt(record.position(), "no stream row leads here");
    }
    if (header.index_in_request() != 0 || record.position() > indexed_.requests) return absl::OkStatus();
    ++requests_;
    const auto row = snapshot_.Get(Family::kRequests, RequestRow(header.namespace_(), header.request_id()));
    if (!row.ok()) return row.status();
    const std::optional<RequestEntry> entry = *row ? ParseRequest(**row) : std::nullopt;
    if (!entry || entry->first != record.position() || entry->records != header.records_in_request()) {
      return BadAt(record.position(), "no request row leads here");
    }
    return absl::OkStatus();
  }

  absl::Status CheckParts(const Record& record) {
    for (const auto& part : record.header.parts()) {
      ++parts_;
      std::string key = PartRow(record.stream(), record.revision(), part.number());
      const auto bytes = snapshot_.Get(Family::kParts, key);
      if (!bytes.ok()) return bytes.status();
      if (!*bytes) {
        missing_.emplace(std::move(key), record.position());
      } else if (part.sha256() != DigestBytes(Sha256(**bytes))) {
        return BadAt(record.position(), absl::StrCat("sealed part ", part.number(), " is changed"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckTree(const Record& record) {
    completed_.clear();
    frontier_.Append(LeafHash(record.header_bytes), completed_);
    for (const MerkleNode& node : completed_) {
      const auto row = snapshot_.Get(Family::kTree, TreeRow(node.level, node.index));
      if (!row.ok()) return row.status();
      if (!*row || **row != DigestBytes(node.hash)) {
        return BadAt(record.position(), absl::StrCat("the headers of the last ", 1ULL << node.level,
                                                     " records are not those of the tree"));
      }
    }
    return absl::OkStatus();
  }

  const StoreSnapshot& snapshot_;
  // The index goes up to here: what came later is in a daemon's memory, or is made when the log is opened next.
  const Indexed indexed_;
  MerkleFrontier frontier_;
  std::vector<MerkleNode> completed_;
  absl::flat_hash_map<StreamKey, std::uint64_t> heads_;
  // Keys of parts that are not there, with the position of their record; and of parts that removals name.
  absl::flat_hash_map<std::string, Position> missing_;
  absl::flat_hash_set<std::string> removed_;
  std::int64_t recorded_at_us_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t parts_ = 0;
  std::uint64_t removed_parts_ = 0;
};

// Where none was read before the store was opened: a daemon beside us may have told its first one since, which is
// beyond what this store shows. Only that it is there counts.
absl::Status HoldCheckpointThere(const Store& store, const FoundLog& found, const std::string& dir) {
  if (dir.empty()) return absl::OkStatus();
  const auto now = ReadCheckpoint(dir, found.log.log);
  if (!now.ok()) return now.status();
  return *now ? absl::OkStatus() : HoldNoCheckpoint(store, found, dir);
}

}  // namespace

absl::StatusOr<Verification> VerifyFolder(const std::string& dir, DataFolderOptions options,
                                          const std::string& checkpoint_dir, const Progress& progress) {
  options.rocks.read_only = true;
  options.rocks.create_if_missing = false;
  const absl::StatusOr<Id> log = DataFolder::ChooseLog(dir, options);
  if (!log.ok()) return log.status();
  options.log = *log;
  // Before the store: a daemon beside us goes on, and what it tells later is beyond what the store then shows.
  std::vector<ToldCheckpoint> told;
  if (!checkpoint_dir.empty()) {
    const auto read = ReadCheckpoint(checkpoint_dir, *log);
    if (!read.ok()) return read.status();
    if (*read) told.push_back({checkpoint_dir, **read});
  }
  const auto verify = [&]() -> absl::StatusOr<Verification> {
    while (true) {
      const auto folder = DataFolder::Open(dir, options);
      if (!folder.ok()) return folder.status();
      // The store says where else there may be one. If there is, this store was opened before it was read.
      if (told.size() == 1) {
        const auto elsewhere = CheckpointElsewhere((*folder)->store(), *log, checkpoint_dir);
        if (!elsewhere.ok()) return elsewhere.status();
        if (*elsewhere) {
          told.push_back(**elsewhere);
          continue;
        }
      }
      return VerifyLog((*folder)->store(), (*folder)->keys(), checkpoint_dir, told, progress);
    }
  };
  const auto verified = verify();
  // The store is found file by file: a table that a daemon made meanwhile may be missing where what was written after
  // it is not. What is damaged is so the second time, too.
  return absl::IsDataLoss(verified.status()) ? verify() : verified;
}

absl::StatusOr<Verification> VerifyLog(const Store& store, const KeyStore& keys, const std::string& checkpoint_dir,
                                       const std::vector<ToldCheckpoint>& told, const Progress& progress) {
  const auto snapshot = store.Snapshot();
  const auto row = snapshot->Get(Family::kMeta, kMetaLog);
  if (!row.ok()) return row.status();
  const std::optional<LogRow> log = *row ? ParseLogRow(**row) : std::nullopt;
  if (!log) return Damage("meta: the log's own row is missing or cannot be read");
  if (const auto key = keys.DigestKey(log->log); !key.ok()) return key.status();
  // Before the whole log is read to say so.
  if (told.empty() && !checkpoint_dir.empty()) {
    if (absl::Status status = HoldCheckpointDir(store, log->log, checkpoint_dir); !status.ok()) return status;
  }
  const auto head_row = snapshot->Get(Family::kMeta, kMetaHead);
  if (!head_row.ok()) return head_row.status();
  const std::optional<Position> head = *head_row ? ParsePosition(**head_row) : std::nullopt;
  if (!head) return Damage("meta: the head row is missing or cannot be read");

  const auto indexed = IndexedUpTo(*snapshot);
  if (!indexed.ok()) return indexed.status();

  Verifier verifier(*snapshot, {std::min(indexed->streams, *head), std::min(indexed->requests, *head)});
  if (absl::Status status = verifier.CheckRecords(*head, progress); !status.ok()) return status;
  if (absl::Status status = verifier.CheckFrontier(); !status.ok()) return status;
  if (absl::Status status = verifier.CountIndexRows(); !status.ok()) return status;
  FoundLog found;
  found.log = *log;
  found.frontier = verifier.frontier();
  for (const ToldCheckpoint& one : told) {
    if (absl::Status status = HoldCheckpoint(store, found, one, checkpoint_dir); !status.ok()) return status;
  }
  if (told.empty()) {
    if (absl::Status status = HoldCheckpointThere(store, found, checkpoint_dir); !status.ok()) return status;
  }
  return Verification{
      log->log, log->epoch, *head, verifier.frontier().Root(), verifier.parts(), verifier.removed_parts()};
}

}  // namespace mentorlog::storage
