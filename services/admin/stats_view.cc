#include "services/admin/stats_view.h"

#include "mentorlog/view/v1/stats.pb.h"
#include "services/runtime/scratch.h"
#include "storage/refusal.h"

namespace mentorlog::admin {
namespace {

constexpr char kTypes = 't';
constexpr char kStreams = 's';

std::string TypeKey(std::uint32_t type) {
  std::string key(1, kTypes);
  for (const int shift : {24, 16, 8, 0}) key += static_cast<char>(type >> shift & 0xFFU);
  return key;
}

std::string StreamsKey(std::uint8_t kind) { return {kStreams, static_cast<char>(kind)}; }

std::uint32_t Number(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char c : bytes) number = number << 8U | static_cast<unsigned char>(c);
  return number;
}

absl::Status Unparsable() {
  return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED", "a row of the stats does not parse");
}

}  // namespace

void StatsView::Entities(const storage::Record& record, std::vector<std::string>& entities) const {
  entities.push_back(TypeKey(record.header.type()));
  if (record.header.revision() == 0) entities.push_back(StreamsKey(record.stream_kind()));
}

absl::Status StatsView::Fold(const storage::Record&, const std::string& entity, storage::Rows& rows) const {
  const auto stored = rows.Get(entity);
  if (!stored.ok()) return stored.status();
  const runtime::Scratch<view::v1::StatsRow> row;
  if (*stored && !row->ParseFromString(**stored)) return Unparsable();
  row->set_count(row->count() + 1);
  rows.Put(entity, row->SerializeAsString());
  return absl::OkStatus();
}

absl::StatusOr<Stats> ReadStats(const storage::LedgerSnapshot& snapshot) {
  Stats stats;
  bool parsed = true;
  const auto scanned = snapshot.ScanRows(kStatsViewId, "", "", [&](std::string_view key, std::string_view value) {
    view::v1::StatsRow row;
    parsed = row.ParseFromArray(value.data(), static_cast<int>(value.size())) && key.size() > 1;
    if (!parsed) return false;
    const std::uint32_t number = Number(key.substr(1));
    if (key[0] == kTypes) stats.events[number] = row.count();
    if (key[0] == kStreams) stats.streams[static_cast<std::uint8_t>(number)] = row.count();
    return true;
  });
  if (!scanned.ok()) return scanned;
  if (!parsed) return Unparsable();
  return stats;
}

}  // namespace mentorlog::admin
