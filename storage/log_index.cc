#include "storage/log_index.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/codec.h"

namespace mentorlog::storage {
namespace {

constexpr std::uint64_t kBatchRecords = 4096;

}  // namespace

void PutIndexRows(const Record& record, Batch& batch) {
  const auto& header = record.header;
  batch.Put(Family::kStreams, StreamRow(record.stream(), record.revision()), PositionKey(record.position()));
  if (header.index_in_request() != 0) return;
  batch.Put(Family::kRequests, RequestRow(header.namespace_(), header.request_id()),
            EncodeRequest({record.position(), header.records_in_request()}));
}

void PutIndexed(const Indexed& indexed, Batch& batch) {
  batch.Put(Family::kStreams, std::string(kIndexedRow), PositionKey(indexed.streams));
  batch.Put(Family::kRequests, std::string(kIndexedRow), PositionKey(indexed.requests));
}

absl::StatusOr<Indexed> IndexedUpTo(const StoreSnapshot& snapshot) {
  const auto in = [&snapshot](Family family) -> absl::StatusOr<Position> {
    const auto row = snapshot.Get(family, kIndexedRow);
    if (!row.ok()) return row.status();
    if (!*row) return Position{};
    const std::optional<Position> position = ParsePosition(**row);
    if (!position) return Damage("how far the index goes cannot be read");
    return *position;
  };
  const auto streams = in(Family::kStreams);
  if (!streams.ok()) return streams.status();
  const auto requests = in(Family::kRequests);
  if (!requests.ok()) return requests.status();
  return Indexed{*streams, *requests};
}

absl::Status CatchUpIndex(Store& store, Position head) {
  absl::StatusOr<Indexed> indexed = IndexedUpTo(*store.Snapshot());
  if (!indexed.ok()) return indexed.status();
  Batch batch;
  if (indexed->Most() > head) {
    // How far it went is forgotten last: if this is cut short, all is dropped the next time.
    for (const Family family : {Family::kStreams, Family::kRequests}) {
      if (absl::Status status = store.DropRange(family, kFirstIndexRow, {}); !status.ok()) return status;
    }
    *indexed = {};
    PutIndexed(*indexed, batch);
    if (absl::Status status = store.Write(std::exchange(batch, {}), Durability::kSynced); !status.ok()) return status;
  }
  const auto snapshot = store.Snapshot();
  const auto cursor = snapshot->NewCursor(Family::kEvents, ReadHint::kScan);
  Position next{indexed->Least().value + 1};
  for (cursor->Seek(PositionKey(next)); next <= head; cursor->Next(), ++next.value) {
    if (!cursor->Valid() || cursor->key() != PositionKey(next)) {
      if (!cursor->status().ok()) return cursor->status();
      return Damage(absl::StrCat("events: no record at position ", next.value));
    }
    const absl::StatusOr<Record> record = ParseRecord(next, cursor->value());
    if (!record.ok()) return record.status();
    PutIndexRows(*record, batch);
    // A request's records are in one group, and so in one save; a batch here may part them, as it is done again if it
    // is cut short.
    if (next < head && next.value % kBatchRecords != 0) continue;
    // A family that went further goes as far as it did.
    *indexed = {std::max(indexed->streams, next), std::max(indexed->requests, next)};
    PutIndexed(*indexed, batch);
    if (absl::Status status = store.Write(std::exchange(batch, {}), Durability::kSynced); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace mentorlog::storage
