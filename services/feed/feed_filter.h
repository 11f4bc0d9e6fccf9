// services/feed/feed_filter.h: which events a reader asked for.
//
// Compiled once per call from the request; asked for every record. Immutable; thread-safe.
#ifndef MENTORLOG_SERVICES_FEED_FEED_FILTER_H_
#define MENTORLOG_SERVICES_FEED_FEED_FILTER_H_

#include <cstdint>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "mentorlog/v1/feed_service.pb.h"
#include "services/runtime/event_codec.h"

namespace mentorlog::feed {

class FeedFilter {
 public:
  // INVALID_ARGUMENT: an unknown type or stream kind, a malformed id, or more entries than the proto allows.
  static absl::StatusOr<FeedFilter> Create(const runtime::EventCodec& codec, const v1::EventFilter& filter);

  bool Matches(const log::v1::Header& header) const;

 private:
  std::set<std::uint32_t> types_;
  std::set<std::uint8_t> kinds_;
  std::set<std::string, std::less<>> streams_;
  std::set<std::string, std::less<>> subjects_;
};

}  // namespace mentorlog::feed

#endif  // MENTORLOG_SERVICES_FEED_FEED_FILTER_H_
