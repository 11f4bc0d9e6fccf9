#include "storage/codec.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "storage/refusal.h"

namespace mentorlog::storage {
namespace {

constexpr std::string_view kQuarantines = "quarantine/";

}  // namespace

void AppendBe(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
}

std::uint64_t ReadBe(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

std::string PositionKey(Position position) {
  std::string key;
  key.reserve(8);
  AppendBe(key, position.value, 8);
  return key;
}

std::optional<Position> ParsePosition(std::string_view key) {
  if (key.size() != 8) return std::nullopt;
  return Position{ReadBe(key)};
}

std::string EncodeEvent(std::string_view header, std::string_view open) {
  std::string value;
  value.reserve(5 + header.size() + open.size());
  std::size_t length = header.size();
  for (; length >= 0x80; length >>= 7) value.push_back(static_cast<char>((length & 0x7f) | 0x80));
  value.push_back(static_cast<char>(length));
  value.append(header);
  value.append(open);
  return value;
}

std::optional<EventBytes> SplitEvent(std::string_view value) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < value.size() && i < 5; ++i) {
    const auto byte = static_cast<unsigned char>(value[i]);
    length |= static_cast<std::size_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    if (length > value.size() - i - 1) return std::nullopt;
    return EventBytes{value.substr(i + 1, length), value.substr(i + 1 + length)};
  }
  return std::nullopt;
}

absl::StatusOr<Record> ParseRecord(Position position, std::string_view value) {
  const std::optional<EventBytes> bytes = SplitEvent(value);
  Record record;
  if (!bytes || !record.header.ParseFromArray(bytes->header.data(), static_cast<int>(bytes->header.size()))) {
    return Damage(absl::StrCat("events: the record at position ", position.value, " cannot be read"));
  }
  if (record.position() != position || !StreamKey::FromBytes(record.header.stream())) {
    return Damage(absl::StrCat("events: the record at position ", position.value, " says that it is another"));
  }
  record.header_bytes = std::string(bytes->header);
  record.open = std::string(bytes->open);
  return record;
}

std::string StreamRow(const StreamKey& stream, Revision revision) {
  std::string row = stream.ToBytes();
  AppendBe(row, revision.value, 8);
  return row;
}

std::optional<Revision> RevisionOfStreamRow(std::string_view row, const StreamKey& stream) {
  if (row.size() != 25 || row.substr(0, 17) != stream.ToBytes()) return std::nullopt;
  return Revision{ReadBe(row.substr(17))};
}

std::string PartRow(const StreamKey& stream, Revision revision, std::uint32_t number) {
  std::string row = StreamRow(stream, revision);
  AppendBe(row, number, 4);
  return row;
}

std::string RequestRow(std::string_view name_space, std::string_view id) {
  std::string named;
  named.reserve(name_space.size() + 1 + id.size());
  named.append(name_space).push_back('\0');
  named.append(id);
  const Digest digest = Sha256(named);
  return {digest.begin(), digest.begin() + 16};
}

std::string EncodeRequest(const RequestEntry& entry) {
  std::string value;
  AppendBe(value, entry.first.value, 8);
  AppendBe(value, entry.records, 4);
  return value;
}

std::optional<RequestEntry> ParseRequest(std::string_view value) {
  if (value.size() != 12) return std::nullopt;
  return RequestEntry{Position{ReadBe(value.substr(0, 8))}, static_cast<std::uint32_t>(ReadBe(value.substr(8)))};
}

std::string ViewPrefix(std::uint16_t view, std::uint32_t version) { return ViewKey(view, version, {}); }

std::string ViewKey(std::uint16_t view, std::uint32_t version, std::string_view own) {
  std::string key;
  key.reserve(6 + own.size());
  AppendBe(key, view, 2);
  AppendBe(key, version, 4);
  key.append(own);
  return key;
}

std::string ViewPositionRow(std::uint16_t view, std::uint32_t version) { return ViewPrefix(view, version); }

std::string FirstViewRow(std::uint16_t view, std::uint32_t version) { return ViewPrefix(view, version) + '\0'; }

std::string ViewDirectoryRow(std::uint16_t view) {
  std::string row = "view/";
  AppendBe(row, view, 2);
  return row;
}

std::string QuarantinePrefix(std::uint16_t view, std::uint32_t version) {
  return std::string(kQuarantines) + ViewPrefix(view, version);
}

bool IsDerived(Family family, std::string_view key) {
  switch (family) {
    case Family::kStreams:
    case Family::kRequests:
    case Family::kViews:
      return true;
    case Family::kMeta:
      return key.starts_with(kQuarantines);
    default:
      return false;
  }
}

std::string CursorRow(std::string_view name) { return "cursor/" + std::string(name); }

std::string EncodeLogRow(const LogRow& row) {
  std::string value = row.log.ToBytes();
  AppendBe(value, row.epoch, 4);
  return value;
}

std::optional<LogRow> ParseLogRow(std::string_view value) {
  if (value.size() != 20) return std::nullopt;
  return LogRow{*Id::FromBytes(value.substr(0, 16)), static_cast<std::uint32_t>(ReadBe(value.substr(16)))};
}

std::string EncodeCheckpointed(const Checkpoint& checkpoint) {
  std::string value;
  AppendBe(value, checkpoint.epoch, 4);
  AppendBe(value, checkpoint.position.value, 8);
  return value + DigestBytes(checkpoint.root);
}

std::optional<Checkpoint> ParseCheckpointed(const Id& log, std::string_view value) {
  Checkpoint checkpoint;
  if (value.size() != 12 + checkpoint.root.size()) return std::nullopt;
  checkpoint.log = log;
  checkpoint.epoch = static_cast<std::uint32_t>(ReadBe(value.substr(0, 4)));
  checkpoint.position = Position{ReadBe(value.substr(4, 8))};
  std::copy(value.begin() + 12, value.end(), checkpoint.root.begin());
  return checkpoint;
}

absl::Status Damage(std::string_view what) {
  return Refuse(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
                std::string(what) +
                    ", want a whole log; bring it back from a copy; `mentorlogd verify` says where it is not whole");
}

}  // namespace mentorlog::storage
