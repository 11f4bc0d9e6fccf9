#include "services/feed/feed_reader.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "services/relationships/relationship.h"
#include "services/runtime/audience.h"

namespace mentorlog::feed {
namespace {

// SOURCE_CLI -> cli.
std::string SourceName(log::v1::Source source) {
  if (source == log::v1::SOURCE_UNSPECIFIED) return {};
  return absl::AsciiStrToLower(log::v1::Source_Name(source).substr(sizeof("SOURCE_") - 1));
}

void CopyHeader(const log::v1::Header& header, v1::FeedEvent& event) {
  event.set_position(header.position());
  event.set_stream(header.stream());
  event.set_revision(header.revision());
  event.set_occurred_on(storage::Day{header.occurred_on()}.ToText());
  event.set_recorded_at_us(header.recorded_at_us());
  event.set_actor_person_id(header.actor().person_id());
  event.set_actor_service(header.actor().service());
  event.set_on_behalf_of(header.actor().on_behalf_of());
  *event.mutable_subject_ids() = header.subjects();
  event.set_causation(header.causation());
  event.set_correlation(header.correlation());
  event.set_source(SourceName(header.source()));
}

// The parts that `reader` may read; the others that they may know of are named in `event`.
std::vector<storage::StoredPart> Readable(const decider::Actor& reader, const log::v1::Header& header,
                                          const std::string& author, std::vector<storage::StoredPart> parts,
                                          v1::FeedEvent& event) {
  std::vector<storage::StoredPart> readable;
  for (auto& part : parts) {
    const auto sight = runtime::SeePart(reader, header, part, author);
    if (sight == runtime::Sight::kShown) {
      readable.push_back(std::move(part));
    } else if (sight != runtime::Sight::kAbsent) {
      auto& withheld = *event.add_withheld_parts();
      withheld.set_number(part.description.number());
      withheld.set_reason(sight == runtime::Sight::kErased ? v1::Text::WITHHELD_ERASED
                                                           : v1::Text::WITHHELD_NOT_PERMITTED);
    }
  }
  return readable;
}

}  // namespace

absl::StatusOr<std::optional<v1::FeedEvent>> Show(const runtime::EventCodec& codec, const decider::Actor& reader,
                                                  const storage::LedgerSnapshot& snapshot,
                                                  const storage::Record& record) {
  const auto* type = codec.Find(record.header.type());
  if (type == nullptr) {
    return decider::Refuse(absl::StatusCode::kDataLoss, "UNKNOWN_EVENT",
                           "event " + std::to_string(record.header.position()) + " is of type " +
                               std::to_string(record.header.type()) + ", which this build does not know");
  }
  v1::FeedEvent event;
  CopyHeader(record.header, event);
  event.set_type(type->name);
  event.set_stream_kind(type->stream_name);
  std::vector<storage::StoredPart> parts;
  if (record.header.parts_size() > 0) {
    auto stored = snapshot.ReadParts(record);
    if (!stored.ok()) return stored.status();
    const auto author = codec.AuthorOf(record);
    if (!author.ok()) return author.status();
    parts = Readable(reader, record.header, *author, *std::move(stored), event);
  }
  const auto message = codec.ParseWithParts(record, parts);
  if (!message.ok()) return message.status();
  const bool knows_of_a_part = !parts.empty() || event.withheld_parts_size() > 0;
  if (!knows_of_a_part && !relationships::TellsMoreThanItsParts(**message)) return std::nullopt;
  event.mutable_event()->PackFrom(**message);
  return event;
}

bool FeedReader::Wanted(const storage::Record& record) const {
  if (!filter_.Matches(record.header)) return false;
  const auto* type = desk_.codec.Find(record.header.type());
  // What this build does not know is not passed over in silence: Show refuses it.
  if (type == nullptr) return true;
  const auto author = desk_.codec.AuthorOf(record);
  // Nor what it cannot read.
  return runtime::MayKnow(reader_, record.header, type->happened,
                          author.ok() ? std::string_view(*author) : runtime::kUnreadableAuthor);
}

absl::Status FeedReader::Step(storage::Position head, std::uint64_t events_max, Events& events) {
  const auto snapshot = desk_.ledger.Snapshot();
  absl::Status failure = absl::OkStatus();
  std::uint64_t considered = 0;
  std::uint64_t taken = 0;
  std::size_t bytes = 0;
  const auto consider = [&](storage::Record&& record) {
    if (considered == kConsideredMax || (!backwards_ && record.position() > head)) return false;
    if (Wanted(record)) {
      if (taken == std::min(events_max, kBatchEventsMax) || bytes >= kBatchBytesMax) return false;
      auto event = Show(desk_.codec, reader_, *snapshot, record);
      if (!event.ok()) {
        failure = event.status();
        return false;
      }
      if (*event) {
        bytes += (*event)->ByteSizeLong();
        ++taken;
        *events.Add() = **std::move(event);
      }
    }
    ++considered;
    cursor_ = record.position();
    return true;
  };
  auto status = backwards_ ? snapshot->ScanBackwards(cursor_, consider) : snapshot->Scan(cursor_, consider);
  if (status.ok()) status = failure;
  return status;
}

}  // namespace mentorlog::feed
