// services/feed/feed_reader.h: from the log to what one reader may see of it, a bounded stretch at a time.
//
// Holds a cursor and no queue. Not thread-safe; blocks on the disk, so never on a gRPC thread.
#ifndef MENTORLOG_SERVICES_FEED_FEED_READER_H_
#define MENTORLOG_SERVICES_FEED_FEED_READER_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "mentorlog/v1/feed_service.pb.h"
#include "services/feed/feed_filter.h"
#include "services/runtime/execute.h"

namespace mentorlog::feed {

// Bounds of one message (design section 3).
inline constexpr std::uint64_t kBatchEventsMax = 512;
inline constexpr std::size_t kBatchBytesMax = 64 << 10;
// Records that one step considers at most.
inline constexpr std::uint64_t kConsideredMax = 10'000;

// What a reader sees of one record; nullopt if nothing but parts of which this reader does not learn. DATA_LOSS
// (UNKNOWN_EVENT) if this build does not know its type.
absl::StatusOr<std::optional<v1::FeedEvent>> Show(const runtime::EventCodec& codec, const decider::Actor& reader,
                                                  const storage::LedgerSnapshot& snapshot,
                                                  const storage::Record& record);

class FeedReader {
 public:
  using Events = google::protobuf::RepeatedPtrField<v1::FeedEvent>;

  FeedReader(const runtime::Desk& desk, decider::Actor reader, FeedFilter filter, storage::Position cursor,
             bool backwards)
      : desk_(desk), reader_(std::move(reader)), filter_(std::move(filter)), cursor_(cursor), backwards_(backwards) {}

  // Forwards: everything at or below was considered; backwards: everything at or above. The cursor never passes an
  // event that is wanted and was not put into `events`.
  storage::Position cursor() const { return cursor_; }

  // Considers at most kConsideredMax records up to `head`, and appends at most `events_max` of them (and at most
  // kBatchBytesMax bytes, but at least one event if `events_max` is not 0). DATA_LOSS: the next one that is wanted is
  // of a type that this build does not know, or cannot be read; the latter is told only to who may know of it by its
  // header, and passed over for the others.
  absl::Status Step(storage::Position head, std::uint64_t events_max, Events& events);

 private:
  bool Wanted(const storage::Record& record) const;

  const runtime::Desk& desk_;
  const decider::Actor reader_;
  const FeedFilter filter_;
  storage::Position cursor_;
  const bool backwards_;
};

}  // namespace mentorlog::feed

#endif  // MENTORLOG_SERVICES_FEED_FEED_READER_H_
