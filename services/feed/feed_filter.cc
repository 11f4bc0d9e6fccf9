#include "services/feed/feed_filter.h"

#include <algorithm>

#include "services/runtime/call.h"

namespace mentorlog::feed {
namespace {

constexpr int kNamesMax = 100;
constexpr int kIdsMax = 1000;

void CheckCount(runtime::Violations& violations, std::string_view field, int count, int count_max) {
  if (count <= count_max) return;
  violations.Add(field, std::to_string(count) + " entries", "want at most " + std::to_string(count_max));
}

}  // namespace

absl::StatusOr<FeedFilter> FeedFilter::Create(const runtime::EventCodec& codec, const v1::EventFilter& filter) {
  FeedFilter compiled;
  runtime::Violations violations;
  CheckCount(violations, "filter.types", filter.types_size(), kNamesMax);
  CheckCount(violations, "filter.stream_kinds", filter.stream_kinds_size(), kNamesMax);
  CheckCount(violations, "filter.streams", filter.streams_size(), kIdsMax);
  CheckCount(violations, "filter.subject_ids", filter.subject_ids_size(), kIdsMax);
  for (const auto& name : filter.types()) {
    const auto* type = codec.FindByName(name);
    if (type == nullptr) {
      violations.Add("filter.types", name, "want the name of an event type, as in CheckInLogged");
    } else {
      compiled.types_.insert(type->type);
    }
  }
  for (const auto& name : filter.stream_kinds()) {
    const auto& types = codec.types();
    const auto found =
        std::find_if(types.begin(), types.end(), [&](const auto& entry) { return entry.second.stream_name == name; });
    if (found == types.end()) {
      violations.Add("filter.stream_kinds", name, "want the name of a stream kind, as in relationship");
    } else {
      compiled.kinds_.insert(found->second.stream_kind);
    }
  }
  for (const auto& stream : filter.streams()) {
    if (!storage::StreamKey::FromBytes(stream)) {
      violations.Add("filter.streams", std::to_string(stream.size()) + " bytes", "want 17 bytes", "MALFORMED_ID");
    }
    compiled.streams_.insert(stream);
  }
  for (const auto& subject : filter.subject_ids()) {
    violations.RequireId("filter.subject_ids", subject);
    compiled.subjects_.insert(subject);
  }
  if (auto status = violations.status(); !status.ok()) return status;
  return compiled;
}

bool FeedFilter::Matches(const log::v1::Header& header) const {
  if (!types_.empty() && !types_.contains(header.type())) return false;
  if (!kinds_.empty() && !kinds_.contains(static_cast<std::uint8_t>(header.stream()[0]))) return false;
  if (!streams_.empty() && !streams_.contains(header.stream())) return false;
  return subjects_.empty() || std::any_of(header.subjects().begin(), header.subjects().end(),
                                          [&](const auto& id) { return subjects_.contains(id); });
}

}  // namespace mentorlog::feed
