#include "storage/snapshot.h"

#include <algorithm>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "storage/codec.h"
#include "storage/refusal.h"
#include "storage/stream_heads.h"

namespace mentorlog::storage {
namespace {

// Whether all row keys from `first` to before `end` begin as one entity's do, so that a cursor need see no others.
bool IsOfOneEntity(std::string_view first, std::string_view end) {
  return first.size() >= kEntityKeyBytes && end <= PrefixEnd(first.substr(0, kEntityKeyBytes));
}

absl::Status NoRecord(Position position, Position head) {
  return Refuse(absl::StatusCode::kNotFound, "NO_SUCH_THING",
                absl::StrCat("position: ", position.value, ", want 1 to ", head.value));
}

class Snapshot final : public LedgerSnapshot {
 public:
  explicit Snapshot(std::shared_ptr<const Moment> moment) : moment_(std::move(moment)) {}

  Position head() const override { return moment_->head; }

  absl::StatusOr<Record> Read(Position position) const override {
    if (position.value == 0 || position > head()) return NoRecord(position, head());
    const auto value = moment_->store->Get(Family::kEvents, PositionKey(position));
    if (!value.ok()) return value.status();
    if (!*value) return Damage(absl::StrCat("events: no record at position ", position.value));
    return ParseRecord(position, **value);
  }

  absl::Status Scan(Position after, const std::function<bool(Record&&)>& visit) const override {
    const auto cursor = moment_->store->NewCursor(Family::kEvents, ReadHint::kScan);
    Position next{after.value + 1};
    for (cursor->Seek(PositionKey(next)); next <= head(); cursor->Next(), ++next.value) {
      absl::StatusOr<Record> record = At(*cursor, next);
      if (!record.ok()) return record.status();
      if (!visit(*std::move(record))) break;
    }
    return absl::OkStatus();
  }

  absl::Status ScanBackwards(Position before, const std::function<bool(Record&&)>& visit) const override {
    const auto cursor = moment_->store->NewCursor(Family::kEvents, ReadHint::kScan);
    Position next{before > head() ? head().value : before.value - std::min<std::uint64_t>(before.value, 1)};
    for (cursor->SeekForPrev(PositionKey(next)); next.value > 0; cursor->Prev(), --next.value) {
      absl::StatusOr<Record> record = At(*cursor, next);
      if (!record.ok()) return record.status();
      if (!visit(*std::move(record))) break;
    }
    return absl::OkStatus();
  }

  absl::Status ScanStream(const StreamKey& stream, Revision from,
                          const std::function<bool(Record&&)>& visit) const override {
    const auto cursor = moment_->store->NewCursor(Family::kStreams, ReadHint::kPoint);
    Revision next = from;
    for (cursor->Seek(StreamRow(stream, from)); cursor->Valid(); cursor->Next(), ++next.value) {
      const std::optional<Revision> revision = RevisionOfStreamRow(cursor->key(), stream);
      if (!revision) break;
      const std::optional<Position> position = ParsePosition(cursor->value());
      if (*revision != next || !position) {
        return Damage(absl::StrCat("streams: no readable row for revision ", next.value, " of a stream"));
      }
      absl::StatusOr<Record> record = Read(*position);
      if (!record.ok()) return record.status();
      if (!visit(*std::move(record))) break;
    }
    return cursor->status();
  }

  absl::StatusOr<std::optional<Revision>> StreamHead(const StreamKey& stream) const override {
    return LastRevision(*moment_->store, stream);
  }

  absl::StatusOr<bool> StreamExists(const StreamKey& stream) const override {
    const auto first = moment_->store->Get(Family::kStreams, StreamRow(stream, Revision{0}));
    if (!first.ok()) return first.status();
    return first->has_value();
  }

  absl::StatusOr<Position> FirstAt(Instant instant) const override {
    std::uint64_t low = 1;
    std::uint64_t high = head().value + 1;
    while (low < high) {
      const std::uint64_t middle = low + (high - low) / 2;
      const absl::StatusOr<Record> record = Read(Position{middle});
      if (!record.ok()) return record.status();
      if (record->header.recorded_at_us() >= instant.micros) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return Position{low};
  }

  absl::StatusOr<StoredPart> ReadPart(const Record& record, std::uint32_t number) const override {
    for (const log::v1::Part& part : record.header.parts()) {
      if (part.number() == number) return Stored(record, part);
    }
    return Refuse(
        absl::StatusCode::kNotFound, "NO_SUCH_THING",
        absl::StrCat("part: ", number, ", want one that the record at position ", record.position().value, " lists"));
  }

  absl::StatusOr<std::vector<StoredPart>> ReadParts(const Record& record) const override {
    std::vector<StoredPart> parts;
    for (const log::v1::Part& part : record.header.parts()) {
      absl::StatusOr<StoredPart> stored = Stored(record, part);
      if (!stored.ok()) return stored.status();
      parts.push_back(*std::move(stored));
    }
    return parts;
  }

  absl::StatusOr<std::optional<RequestEntry>> FindRequest(std::string_view name_space, const Id& id) const override {
    const auto value = moment_->store->Get(Family::kRequests, RequestRow(name_space, id.ToBytes()));
    if (!value.ok()) return value.status();
    if (!*value) return std::optional<RequestEntry>();
    const std::optional<RequestEntry> entry = ParseRequest(**value);
    if (!entry) return Damage("requests: a row cannot be read");
    return entry;
  }

  absl::StatusOr<std::optional<std::string>> Row(std::uint16_t view, std::string_view key) const override {
    const auto fold = Live(view);
    if (!fold.ok()) return fold.status();
    if (absl::Status status = HoldQuarantine(**fold, key); !status.ok()) return status;
    return moment_->store->Get(Family::kViews, ViewKey(view, (*fold)->version(), key));
  }

  absl::Status ScanRows(std::uint16_t view, std::string_view from, std::string_view to,
                        const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return Walk(view, from, to, ReadHint::kPoint, [&](std::string_view key, std::string_view value) {
      const bool more = (to.empty() || key < to) && visit(key, value);
      return more ? std::optional(std::string()) : std::nullopt;
    });
  }

  absl::Status WalkRows(
      std::uint16_t view, std::string_view from,
      const std::function<std::optional<std::string>(std::string_view, std::string_view)>& visit) const override {
    return Walk(view, from, {}, ReadHint::kScan, visit);
  }

  absl::StatusOr<std::uint64_t> CountQuarantined(std::uint16_t view) const override {
    const auto fold = Live(view);
    if (!fold.ok()) return fold.status();
    return (*fold)->quarantines().count();
  }

  absl::StatusOr<Position> ViewPosition(std::uint16_t view) const override {
    const auto fold = Live(view);
    if (!fold.ok()) return fold.status();
    const auto value = moment_->store->Get(Family::kViews, ViewPositionRow(view, (*fold)->version()));
    if (!value.ok()) return value.status();
    if (!*value) return Position{};
    const std::optional<Position> position = ParsePosition(**value);
    if (!position) return Damage(absl::StrCat("views: the position of view ", view, " cannot be read"));
    return *position;
  }

 private:
  // As WalkRows; `to` bounds what is looked for (empty: nothing does), and `visit` still has to stop there. `hint` is
  // for what is not of one entity.
  absl::Status Walk(std::uint16_t view, std::string_view from, std::string_view to, ReadHint hint,
                    absl::FunctionRef<std::optional<std::string>(std::string_view, std::string_view)> visit) const {
    const auto fold = Live(view);
    if (!fold.ok()) return fold.status();
    if (absl::Status status = HoldQuarantine(**fold, from); !status.ok()) return status;
    const std::string prefix = ViewPrefix(view, (*fold)->version());
    const std::string first = from.empty() ? FirstViewRow(view, (*fold)->version()) : prefix + std::string(from);
    const bool one_entity = !to.empty() && IsOfOneEntity(first, prefix + std::string(to));
    const auto cursor = moment_->store->NewCursor(Family::kViews, one_entity ? ReadHint::kEntity : hint);
    cursor->Seek(first);
    while (cursor->Valid() && cursor->key().starts_with(prefix)) {
      const std::string_view key = cursor->key().substr(prefix.size());
      const std::optional<std::string> next = visit(key, cursor->value());
      if (!next) break;
      *next > key ? cursor->Seek(prefix + *next) : cursor->Next();
    }
    return cursor->status();
  }

  static absl::StatusOr<Record> At(const Cursor& cursor, Position position) {
    if (cursor.Valid() && cursor.key() == PositionKey(position)) return ParseRecord(position, cursor.value());
    if (!cursor.status().ok()) return cursor.status();
    return Damage(absl::StrCat("events: no record at position ", position.value));
  }

  absl::StatusOr<StoredPart> Stored(const Record& record, const log::v1::Part& part) const {
    auto bytes = moment_->store->Get(Family::kParts, PartRow(record.stream(), record.revision(), part.number()));
    if (!bytes.ok()) return bytes.status();
    return StoredPart{part, *std::move(bytes)};
  }

  absl::StatusOr<const ViewFold*> Live(std::uint16_t view) const {
    const auto found = moment_->shelf->find(view);
    if (found != moment_->shelf->end() && found->second.fold) return found->second.fold.get();
    return Refuse(absl::StatusCode::kUnavailable, "VIEW_BUILDING",
                  absl::StrCat("view ", view, " is not built, want it built; see `mentorlog views`"),
                  {{"view", absl::StrCat(view)}});
  }

  static absl::Status HoldQuarantine(const ViewFold& fold, std::string_view key) {
    const std::optional<Quarantine> quarantine = fold.quarantines().FindFor(key);
    if (!quarantine) return absl::OkStatus();
    const ViewInfo& info = fold.view().info();
    return Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED",
                  absl::StrCat("view ", info.name, " could not fold the event at position ", quarantine->event.value,
                               ", want a build that can"),
                  {{"view", info.name}, {"position", absl::StrCat(quarantine->event.value)}});
  }

  // Shared with the other readers of this moment.
  const std::shared_ptr<const Moment> moment_;
};

}  // namespace

std::unique_ptr<LedgerSnapshot> NewLedgerSnapshot(std::shared_ptr<const Moment> moment) {
  return std::make_unique<Snapshot>(std::move(moment));
}

}  // namespace mentorlog::storage
