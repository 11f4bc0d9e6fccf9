#include "storage/start.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/checkpoint_file.h"
#include "storage/log_index.h"
#include "storage/refusal.h"
#include "storage/tree_store.h"

namespace mentorlog::storage {
namespace {

constexpr std::uint64_t kTailRecords = 1000;

absl::StatusOr<std::optional<Position>> LastPosition(const StoreSnapshot& snapshot) {
  const auto cursor = snapshot.NewCursor(Family::kEvents, ReadHint::kPoint);
  cursor->SeekForPrev(std::string(8, '\xff'));
  if (!cursor->Valid()) {
    if (!cursor->status().ok()) return cursor->status();
    return std::optional<Position>();
  }
  const std::optional<Position> position = ParsePosition(cursor->key());
  if (!position) return Damage("events: the last key is no position");
  return position;
}

// A record of the tail, and the index row that must lead to it if the index goes so far.
absl::Status CheckTailRecord(const StoreSnapshot& snapshot, const Record& record, Position indexed) {
  if (record.header.open_sha256() != DigestBytes(Sha256(record.open))) {
    return Damage(
        absl::StrCat("events: the open part at position ", record.position().value, " is not what was written"));
  }
  if (record.position() > indexed) return absl::OkStatus();
  const auto row = snapshot.Get(Family::kStreams, StreamRow(record.stream(), record.revision()));
  if (!row.ok()) return row.status();
  if (!*row || **row != PositionKey(record.position())) {
    return Damage(absl::StrCat("streams: no row leads to position ", record.position().value));
  }
  return absl::OkStatus();
}

// The complete subtrees of 2^kStoredLevel leaves and less that end in the tail, held against their leaves.
absl::Status CheckTailTree(const StoreSnapshot& snapshot, const MerkleFrontier& frontier) {
  StoredNodes nodes(snapshot);
  const std::uint64_t size = frontier.size();
  std::uint64_t begin = 0;
  std::size_t peak = 0;
  for (int level = 63; level >= 0; --level) {
    if (((size >> level) & 1) == 0) continue;
    const absl::StatusOr<Digest> node = nodes.Node(level, begin >> level);
    if (!node.ok()) return node.status();
    if (*node != frontier.peaks()[peak]) return Damage("tree: the frontier is not that of the records");
    begin += 1ULL << level;
    ++peak;
  }
  const std::uint64_t groups = size >> kStoredLevel;
  const std::uint64_t first = groups - std::min(groups, kTailRecords >> kStoredLevel);
  for (std::uint64_t group = first; group < groups; ++group) {
    const absl::StatusOr<Digest> stored = nodes.Node(kStoredLevel, group);
    if (!stored.ok()) return stored.status();
    const absl::StatusOr<Digest> left = nodes.Node(kStoredLevel - 1, 2 * group);
    if (!left.ok()) return left.status();
    const absl::StatusOr<Digest> right = nodes.Node(kStoredLevel - 1, 2 * group + 1);
    if (!right.ok()) return right.status();
    if (NodeHash(*left, *right) != *stored) {
      return Damage(absl::StrCat("tree: positions ", (group << kStoredLevel) + 1, " to ", (group + 1) << kStoredLevel,
                                 " are not what was written"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTail(const StoreSnapshot& snapshot, FoundLog& found) {
  const std::uint64_t head = found.frontier.size();
  const auto last = LastPosition(snapshot);
  if (!last.ok()) return last.status();
  const auto row = snapshot.Get(Family::kMeta, kMetaHead);
  if (!row.ok()) return row.status();
  const Position told = *row ? ParsePosition(**row).value_or(Position{}) : Position{};
  if (last->value_or(Position{}).value != head || told.value != head) {
    return Damage(absl::StrCat("the last record is at position ", last->value_or(Position{}).value, ", the tree has ",
                               head, " leaves and the head row says ", told.value));
  }
  const auto indexed = IndexedUpTo(snapshot);
  if (!indexed.ok()) return indexed.status();
  const auto cursor = snapshot.NewCursor(Family::kEvents, ReadHint::kScan);
  Position next{head - std::min(head, kTailRecords) + 1};
  for (cursor->Seek(PositionKey(next)); next.value <= head; cursor->Next(), ++next.value) {
    if (!cursor->Valid() || cursor->key() != PositionKey(next)) {
      if (!cursor->status().ok()) return cursor->status();
      return Damage(absl::StrCat("events: no record at position ", next.value));
    }
    const absl::StatusOr<Record> record = ParseRecord(next, cursor->value());
    if (!record.ok()) return record.status();
    if (absl::Status status = CheckTailRecord(snapshot, *record, indexed->Least()); !status.ok()) return status;
    found.last_recorded_us = record->header.recorded_at_us();
  }
  return CheckTailTree(snapshot, found.frontier);
}

absl::StatusOr<FoundLog> MakeLog(Store& store, KeyStore& keys, const std::optional<Id>& wanted) {
  FoundLog made;
  made.log.log = wanted ? *wanted : *Id::FromBytes(RandomBytes(16));
  // The key may be there: of a folder whose key database was made before its log, or a start that was cut short.
  absl::StatusOr<Digest> key = keys.DigestKey(made.log.log);
  if (!key.ok() && key.status().code() == absl::StatusCode::kNotFound) key = keys.CreateDigestKey(made.log.log);
  if (!key.ok()) return key.status();
  made.digest_key = *key;
  Batch batch;
  batch.Put(Family::kMeta, std::string(kMetaLog), EncodeLogRow(made.log));
  batch.Put(Family::kMeta, std::string(kMetaHead), PositionKey({}));
  PutIndexed({}, batch);
  if (absl::Status status = store.Write(std::move(batch), Durability::kSynced); !status.ok()) return status;
  return made;
}

absl::Status EndsEarly(const std::string& path, std::string_view what, const std::string& restore_in) {
  return Refuse(absl::StatusCode::kDataLoss, "LOG_ENDS_EARLY",
                absl::StrCat("the log does not reach its checkpoint ", path, ": ", std::string(what),
                             "; bring the missing records back, or accept their loss with ",
                             "`mentorlogd restore --checkpoint-dir ", restore_in, "`"),
                {{"file", path}});
}

// The folder that the log remembers, unless it is `dir`.
absl::StatusOr<std::optional<std::string>> FolderElsewhere(const Store& store, const std::string& dir) {
  auto told_in = store.Get(Family::kMeta, kMetaCheckpointDir);
  if (told_in.ok() && *told_in && **told_in == AbsoluteCheckpointDir(dir)) told_in->reset();
  return told_in;
}

}  // namespace

absl::StatusOr<FoundLog> FindOrMakeLog(Store& store, KeyStore& keys, const std::optional<Id>& wanted) {
  const auto snapshot = store.Snapshot();
  const auto row = snapshot->Get(Family::kMeta, kMetaLog);
  if (!row.ok()) return row.status();
  if (!*row) {
    const auto last = LastPosition(*snapshot);
    if (!last.ok()) return last.status();
    if (*last) return Damage("meta: there are records but the log's own row is missing");
    return MakeLog(store, keys, wanted);
  }
  FoundLog found;
  const std::optional<LogRow> parsed = ParseLogRow(**row);
  if (!parsed) return Damage("meta: the log's own row cannot be read");
  found.log = *parsed;
  if (wanted && *wanted != found.log.log) {
    return Damage(absl::StrCat("the log in this folder is ", found.log.log.ToHex(), ", not ", wanted->ToHex()));
  }
  const absl::StatusOr<Digest> key = keys.DigestKey(found.log.log);
  if (!key.ok()) return key.status();
  found.digest_key = *key;
  absl::StatusOr<MerkleFrontier> frontier = ReadFrontier(*snapshot);
  if (!frontier.ok()) return frontier.status();
  found.frontier = *std::move(frontier);
  if (absl::Status status = CheckTail(*snapshot, found); !status.ok()) return status;
  return found;
}

absl::Status HoldCheckpoint(const Store& store, const FoundLog& found, const std::string& dir) {
  if (dir.empty()) return absl::OkStatus();
  const auto checkpoint = ReadCheckpoint(dir, found.log.log);
  if (!checkpoint.ok()) return checkpoint.status();
  const absl::Status held =
      *checkpoint ? HoldCheckpoint(store, found, {dir, **checkpoint}, dir) : HoldNoCheckpoint(store, found, dir);
  if (!held.ok()) return held;
  const auto elsewhere = CheckpointElsewhere(store, found.log.log, dir);
  if (!elsewhere.ok()) return elsewhere.status();
  return *elsewhere ? HoldCheckpoint(store, found, **elsewhere, dir) : absl::OkStatus();
}

absl::StatusOr<std::optional<ToldCheckpoint>> CheckpointElsewhere(const Store& store, const Id& log,
                                                                  const std::string& dir) {
  const auto told_in = FolderElsewhere(store, dir);
  if (!told_in.ok()) return told_in.status();
  if (!*told_in) return std::optional<ToldCheckpoint>();
  const auto checkpoint = ReadCheckpoint(**told_in, log);
  // On another machine the path may lead anywhere, and nobody need be able to look there.
  if (absl::IsUnavailable(checkpoint.status())) return std::optional<ToldCheckpoint>();
  if (!checkpoint.ok()) return checkpoint.status();
  if (!*checkpoint) return std::optional<ToldCheckpoint>();
  return std::make_optional(ToldCheckpoint{**told_in, **checkpoint});
}

absl::Status HoldCheckpointDir(const Store& store, const Id& log, const std::string& dir) {
  const auto told_in = FolderElsewhere(store, dir);
  if (!told_in.ok()) return told_in.status();
  if (!*told_in) return absl::OkStatus();
  const std::string path = CheckpointPath(dir, log);
  return Refuse(
      absl::StatusCode::kFailedPrecondition, "CHECKPOINT_MISSING",
      absl::StrCat("there is no checkpoint ", path, ": the log last told it in ", **told_in, ", want --checkpoint-dir ",
                   **told_in, ", or the file moved; if it is gone for good, ", "`mentorlogd restore --checkpoint-dir ",
                   **told_in, "` goes on without the proof that the log is whole"),
      {{"file", path}});
}

absl::Status HoldNoCheckpoint(const Store& store, const FoundLog& found, const std::string& dir) {
  const auto told = RememberedCheckpoint(store, found.log.log);
  if (!told.ok()) return told.status();
  if (!*told) return absl::OkStatus();
  if (absl::Status status = HoldCheckpointDir(store, found.log.log, dir); !status.ok()) return status;
  const std::string path = CheckpointPath(dir, found.log.log);
  return Refuse(absl::StatusCode::kFailedPrecondition, "CHECKPOINT_MISSING",
                absl::StrCat("the log's checkpoint ", path, " is gone, and with it the proof that the log is whole; ",
                             "bring the file back, or go on without that proof with ",
                             "`mentorlogd restore --checkpoint-dir ", dir, "`"),
                {{"file", path}});
}

absl::StatusOr<std::optional<Checkpoint>> RememberedCheckpoint(const Store& store, const Id& log) {
  const auto row = store.Get(Family::kMeta, kMetaCheckpointed);
  if (!row.ok()) return row.status();
  if (!*row) return std::optional<Checkpoint>();
  std::optional<Checkpoint> told = ParseCheckpointed(log, **row);
  if (!told) return Damage("meta: the checkpoint that was told cannot be read");
  return told;
}

absl::Status HoldCheckpoint(const Store& store, const FoundLog& found, const ToldCheckpoint& told,
                            const std::string& restore_in) {
  const Checkpoint& wanted = told.checkpoint;
  const auto ends_early = [&](std::string_view what) {
    return EndsEarly(CheckpointPath(told.dir, found.log.log), what, restore_in);
  };
  if (found.log.epoch < wanted.epoch) {
    return ends_early(absl::StrCat("epoch ", found.log.epoch, ", want ", wanted.epoch));
  }
  if (found.frontier.size() < wanted.position.value) {
    return ends_early(absl::StrCat("head ", found.frontier.size(), ", want at least ", wanted.position.value));
  }
  const auto snapshot = store.Snapshot();
  StoredNodes nodes(*snapshot);
  const absl::StatusOr<Digest> root = MerkleRoot(nodes, wanted.position.value);
  if (!root.ok()) return root.status();
  if (*root != wanted.root) {
    return ends_early(absl::StrCat("another history up to position ", wanted.position.value));
  }
  return absl::OkStatus();
}

}  // namespace mentorlog::storage
