#include "services/runtime/state_view.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "mentorlog/view/v1/state.pb.h"
#include "services/runtime/wire_fields.h"
#include "storage/refusal.h"

namespace mentorlog::runtime {
namespace {

std::map<std::uint8_t, StateFold> ByKind(std::vector<StateFold> folds) {
  std::map<std::uint8_t, StateFold> by_kind;
  for (auto& fold : folds) {
    const std::uint8_t kind = fold.kind;
    by_kind.emplace(kind, std::move(fold));
  }
  return by_kind;
}

absl::Status Defect(const std::string& message) {
  return storage::Refuse(absl::StatusCode::kInternal, "DEFECT", message);
}

absl::Status Unparsable(std::string_view what) {
  return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED",
                         absl::StrCat(std::string(what), " does not parse"));
}

// Folds a stream's records from the beginning, up to `until` (nullopt: all there are).
absl::StatusOr<std::optional<storage::Revision>> FoldStream(const EventCodec& codec, const StateFold& fold,
                                                            const storage::LedgerSnapshot& snapshot,
                                                            const storage::StreamKey& stream,
                                                            std::optional<storage::Position> until,
                                                            google::protobuf::Message& state) {
  const std::unique_ptr<google::protobuf::Message> wrapper(fold.wrapper->New());
  const std::unique_ptr<google::protobuf::Message> folded(fold.state->New());
  std::optional<storage::Revision> revision;
  absl::Status status;
  const auto scanned = snapshot.ScanStream(stream, storage::Revision{0}, [&](storage::Record&& record) {
    if (until && record.position() > *until) return false;
    status = codec.ParseOpen(record, *wrapper);
    if (!status.ok()) return false;
    fold.evolve(*folded, record.header, *wrapper);
    revision = record.revision();
    return true;
  });
  if (!scanned.ok()) return scanned;
  if (!status.ok()) return status;
  if (revision) state.CopyFrom(*folded);
  return revision;
}

// Folds the one item out of a stream's records.
absl::StatusOr<bool> FoldItem(const EventCodec& codec, const StateFold& fold, const storage::LedgerSnapshot& snapshot,
                              const storage::StreamKey& stream, const storage::Id& id,
                              google::protobuf::Message& item) {
  const std::unique_ptr<google::protobuf::Message> wrapper(fold.wrapper->New());
  const std::unique_ptr<google::protobuf::Message> folded(fold.item->New());
  bool found = false;
  absl::Status status;
  const auto scanned = snapshot.ScanStream(stream, storage::Revision{0}, [&](storage::Record&& record) {
    status = codec.ParseOpen(record, *wrapper);
    if (!status.ok()) return false;
    if (fold.item_of(*wrapper) == id) {
      fold.evolve_item(*folded, record.header, *wrapper);
      found = true;
    }
    return true;
  });
  if (!scanned.ok()) return scanned;
  if (!status.ok()) return status;
  if (found) item.CopyFrom(*folded);
  return found;
}

// A view.v1.StateRow, where it lies: its state is a message by itself, parsed from there.
struct StateInRow {
  storage::Revision revision;
  std::string_view state;
};

std::optional<StateInRow> SplitRow(std::string_view row) {
  StateInRow split;
  WireFields fields(row);
  while (const auto field = fields.Next()) {
    if (field->number == view::v1::StateRow::kRevisionFieldNumber) split.revision.value = field->varint;
    if (field->number == view::v1::StateRow::kStateFieldNumber) split.state = field->content;
  }
  return fields.ok() ? std::optional(split) : std::nullopt;
}

// Field number and wire type: a varint, and bytes with their length.
constexpr std::uint32_t kRevisionTag = view::v1::StateRow::kRevisionFieldNumber << 3U | 0U;
constexpr std::uint32_t kStateTag = view::v1::StateRow::kStateFieldNumber << 3U | 2U;

// The bytes of StateRow{revision, state}, as Protocol Buffers writes them: what is empty is left out. nullopt: too
// large.
std::optional<std::string> JoinRow(std::uint64_t revision, const google::protobuf::Message& state) {
  using google::protobuf::io::CodedOutputStream;
  const std::size_t size = state.ByteSizeLong();
  if (size > std::numeric_limits<std::int32_t>::max() / 2) return std::nullopt;
  const auto length = static_cast<std::uint32_t>(size);
  std::string row(size + (revision == 0 ? 0 : 1 + CodedOutputStream::VarintSize64(revision)) +
                      (size == 0 ? 0 : 1 + CodedOutputStream::VarintSize32(length)),
                  '\0');
  auto* to = reinterpret_cast<std::uint8_t*>(row.data());
  if (revision != 0) {
    to = CodedOutputStream::WriteTagToArray(kRevisionTag, to);
    to = CodedOutputStream::WriteVarint64ToArray(revision, to);
  }
  if (size != 0) {
    to = CodedOutputStream::WriteTagToArray(kStateTag, to);
    to = CodedOutputStream::WriteVarint32ToArray(length, to);
    state.SerializeWithCachedSizesToArray(to);
  }
  return row;
}

// Folds the record into the stream's row.
absl::Status FoldStateRow(const StateFold& fold, const storage::Record& record, const std::string& entity,
                          const google::protobuf::Message& event, google::protobuf::Message& state,
                          storage::Rows& rows) {
  const auto stored = rows.Get(entity);
  if (!stored.ok()) return stored.status();
  std::uint64_t next = 0;
  if (*stored) {
    const auto row = SplitRow(**stored);
    if (!row || !state.ParseFromArray(row->state.data(), static_cast<int>(row->state.size()))) {
      return Unparsable("the state's row");
    }
    next = row->revision.value + 1;
  }
  if (record.header.revision() != next) {
    return storage::Refuse(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
                           absl::StrCat("revision ", record.header.revision(), " of the stream, want ", next));
  }
  fold.evolve(state, record.header, event);
  auto row = JoinRow(next, state);
  if (!row) return Unparsable("the new state");
  rows.Put(entity, *std::move(row));
  return absl::OkStatus();
}

// Folds the record into the row of the item that it changes, if it changes any.
absl::Status FoldItemRow(const StateFold& fold, const storage::Record& record, const std::string& entity,
                         const google::protobuf::Message& event, storage::Rows& rows) {
  if (fold.item == nullptr) return absl::OkStatus();
  const auto id = fold.item_of(event);
  if (!id) return absl::OkStatus();
  std::string key(entity.size() + id->bytes.size(), '\0');
  std::copy(id->bytes.begin(), id->bytes.end(), std::copy(entity.begin(), entity.end(), key.begin()));
  const bool creates = fold.creates_item(event);
  absl::StatusOr<std::optional<std::string>> stored = std::nullopt;
  if (!creates) stored = rows.Get(key);
  if (!stored.ok()) return stored.status();
  return fold.lend_item([&](google::protobuf::Message& item) {
    if (*stored && !item.ParseFromString(**stored)) return Unparsable("the item's row");
    fold.evolve_item(item, record.header, event);
    creates ? rows.Add(key, item.SerializeAsString()) : rows.Put(key, item.SerializeAsString());
    return absl::OkStatus();
  });
}

}  // namespace

StateView::StateView(const EventCodec& codec, std::vector<StateFold> folds, std::uint32_t definition)
    : codec_(codec),
      folds_(ByKind(std::move(folds))),
      info_{kStateViewId, "states", storage::ViewMode::kInline, definition} {}

void StateView::Entities(const storage::Record& record, std::vector<std::string>& entities) const {
  // A stream of an unknown kind is an entity too, so that it is quarantined and seen, never skipped.
  if (folds_.contains(record.stream_kind()) || codec_.Find(record.header.type()) == nullptr) {
    entities.push_back(record.header.stream());
  }
}

absl::Status StateView::Fold(const storage::Record& record, const std::string& entity, storage::Rows& rows) const {
  const auto fold = folds_.find(record.stream_kind());
  if (fold == folds_.end()) {
    return storage::Refuse(absl::StatusCode::kDataLoss, "UNKNOWN_EVENT",
                           absl::StrCat("event type ", record.header.type(), ", want a build that knows it"));
  }
  const auto event = codec_.OpenOf(record, *fold->second.wrapper);
  if (!event.ok()) return event.status();
  const auto folded = fold->second.lend_state([&](google::protobuf::Message& state) {
    return FoldStateRow(fold->second, record, entity, **event, state, rows);
  });
  return folded.ok() ? FoldItemRow(fold->second, record, entity, **event, rows) : folded;
}

namespace {

// The definition has changed and its rows are not made yet: the stream itself is asked. A store that does not answer is
// no reason to read a whole stream from it.
bool IsBeingBuilt(const absl::Status& status) { return storage::ReasonOf(status) == "VIEW_BUILDING"; }

}  // namespace

absl::StatusOr<std::optional<storage::Revision>> StateView::Load(const storage::LedgerSnapshot& snapshot,
                                                                 const storage::StreamKey& stream,
                                                                 google::protobuf::Message& state) const {
  const auto fold = folds_.find(stream.kind);
  if (fold == folds_.end()) return Defect(absl::StrCat("no state is folded for stream kind ", int{stream.kind}));
  if (state.GetDescriptor() != fold->second.state->GetDescriptor()) {
    return Defect(absl::StrCat("the state of stream kind ", int{stream.kind}, " is ", fold->second.state->GetTypeName(),
                               ", not ", state.GetTypeName()));
  }
  const auto stored = snapshot.Row(kStateViewId, stream.ToBytes());
  if (IsBeingBuilt(stored.status())) {
    return FoldStream(codec_, fold->second, snapshot, stream, std::nullopt, state);
  }
  if (!stored.ok()) return stored.status();
  if (!*stored) return std::optional<storage::Revision>();
  const auto row = SplitRow(**stored);
  if (!row || !state.ParseFromArray(row->state.data(), static_cast<int>(row->state.size()))) {
    return Unparsable("the state's row");
  }
  return std::optional(row->revision);
}

absl::StatusOr<bool> StateView::LoadItem(const storage::LedgerSnapshot& snapshot, const storage::StreamKey& stream,
                                         const storage::Id& id, google::protobuf::Message& item) const {
  const auto fold = folds_.find(stream.kind);
  if (fold == folds_.end() || fold->second.item == nullptr ||
      item.GetDescriptor() != fold->second.item->GetDescriptor()) {
    return Defect(absl::StrCat("stream kind ", int{stream.kind}, " has no items of ", item.GetTypeName()));
  }
  const auto stored = snapshot.Row(kStateViewId, stream.ToBytes() + id.ToBytes());
  if (IsBeingBuilt(stored.status())) return FoldItem(codec_, fold->second, snapshot, stream, id, item);
  if (!stored.ok()) return stored.status();
  if (!*stored) return false;
  if (!item.ParseFromString(**stored)) return Unparsable("the item's row");
  return true;
}

absl::StatusOr<std::optional<storage::Revision>> StateView::LoadAsOf(const storage::LedgerSnapshot& snapshot,
                                                                     const storage::StreamKey& stream,
                                                                     storage::Position position,
                                                                     google::protobuf::Message& state) const {
  const auto fold = folds_.find(stream.kind);
  if (fold == folds_.end()) return Defect(absl::StrCat("no state is folded for stream kind ", int{stream.kind}));
  return FoldStream(codec_, fold->second, snapshot, stream, position, state);
}

}  // namespace mentorlog::runtime
