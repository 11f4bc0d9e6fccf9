// storage/codec.h: the keys and values of every column family, as storage/README.md specifies them.
//
// Pure functions from numbers to bytes and back. Integers in keys are big-endian, so that byte order is numeric order.
#ifndef MENTORLOG_STORAGE_CODEC_H_
#define MENTORLOG_STORAGE_CODEC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/checkpoint_file.h"
#include "storage/keys.h"
#include "storage/ledger.h"
#include "storage/store.h"
#include "storage/types.h"
#include "storage/view.h"

namespace mentorlog::storage {

void AppendBe(std::string& out, std::uint64_t value, int bytes);
// REQUIRES: bytes.size() <= 8.
std::uint64_t ReadBe(std::string_view bytes);

// events: position -> varint(header length) | header | open part.
std::string PositionKey(Position position);
std::optional<Position> ParsePosition(std::string_view key);
std::string EncodeEvent(std::string_view header, std::string_view open);
struct EventBytes {
  std::string_view header;
  std::string_view open;
};
std::optional<EventBytes> SplitEvent(std::string_view value);
// The record at `position`. DATA_LOSS (LOG_DAMAGED) if it cannot be read, or says that it is another.
absl::StatusOr<Record> ParseRecord(Position position, std::string_view value);

// streams: stream | revision -> position.
std::string StreamRow(const StreamKey& stream, Revision revision);
// The revision that ends a row of `stream`; nullopt if the row is another stream's.
std::optional<Revision> RevisionOfStreamRow(std::string_view row, const StreamKey& stream);

// parts: stream | revision | part number (4 bytes) -> the stored bytes.
std::string PartRow(const StreamKey& stream, Revision revision, std::uint32_t number);

// streams, requests: the row with this key says up to which position the family's rows are there, 8 bytes.
inline constexpr std::string_view kIndexedRow = "";
// The smallest key of the rows themselves.
inline constexpr std::string_view kFirstIndexRow("\0", 1);

// requests: the first 16 bytes of SHA-256(namespace, 0, id) -> first position | records (4 bytes).
std::string RequestRow(std::string_view name_space, std::string_view id);
std::string EncodeRequest(const RequestEntry& entry);
std::optional<RequestEntry> ParseRequest(std::string_view value);

// views: view id (2 bytes) | version (4 bytes) | the view's own key, which is not empty.
std::string ViewPrefix(std::uint16_t view, std::uint32_t version);
// The prefix with the view's own key behind it.
std::string ViewKey(std::uint16_t view, std::uint32_t version, std::string_view own);
// views: what no key of the view's own follows: up to where that version has folded, 8 bytes.
std::string ViewPositionRow(std::uint16_t view, std::uint32_t version);
// The smallest key of the version's own rows.
std::string FirstViewRow(std::uint16_t view, std::uint32_t version);

// meta. The log's own row: id | epoch (4 bytes).
inline constexpr std::string_view kMetaLog = "log";
// The last position, 8 bytes; written with every group.
inline constexpr std::string_view kMetaHead = "head";
// The checkpoint that was first told outside in this epoch: epoch (4 bytes) | position | root (32 bytes).
inline constexpr std::string_view kMetaCheckpointed = "checkpointed";
// The folder in which the log last told its checkpoint, as AbsoluteCheckpointDir names it.
inline constexpr std::string_view kMetaCheckpointDir = "checkpoint_dir";
std::string EncodeCheckpointed(const Checkpoint& checkpoint);
std::optional<Checkpoint> ParseCheckpointed(const Id& log, std::string_view value);
// "view/" | view id: which versions there are (log.v1.ViewDirectory).
std::string ViewDirectoryRow(std::uint16_t view);
// "quarantine/" | view id | version | entity: position (8 bytes) | reason.
std::string QuarantinePrefix(std::uint16_t view, std::uint32_t version);
// Whether what a key holds follows from the records: the index of the log, and what views have folded (rows, positions
// and quarantines). It can be made again, nothing else can.
bool IsDerived(Family family, std::string_view key);

// "cursor/" | name: where a process that follows the log stands, 8 bytes.
std::string CursorRow(std::string_view name);

struct LogRow {
  Id log;
  std::uint32_t epoch = 1;
};
std::string EncodeLogRow(const LogRow& row);
std::optional<LogRow> ParseLogRow(std::string_view value);

// DATA_LOSS (LOG_DAMAGED): `what`, and what to do about it.
absl::Status Damage(std::string_view what);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_CODEC_H_
