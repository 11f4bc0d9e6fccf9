// services/runtime/event_codec.h: between event messages and records.
//
// Reads the options of the stream wrappers (proto/mentorlog/log/v1/options.proto) once, and then splits an event
// into an open part and sealed parts, and puts it together again. Knows no domain: it is given the wrappers'
// descriptors. Immutable after construction; thread-safe.
#ifndef MENTORLOG_SERVICES_RUNTIME_EVENT_CODEC_H_
#define MENTORLOG_SERVICES_RUNTIME_EVENT_CODEC_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "mentorlog/log/v1/options.pb.h"
#include "mentorlog/log/v1/proposal.pb.h"
#include "services/decider/decider.h"
#include "storage/ledger.h"

namespace mentorlog::runtime {

// What is known of one event type.
struct EventType {
  std::uint32_t type = 0;
  // The event's name, as in `CheckInLogged`.
  std::string name;
  std::uint8_t stream_kind = 0;
  // As in `relationship`.
  std::string stream_name;
  log::v1::Audience happened = log::v1::AUDIENCE_UNSPECIFIED;
  std::uint32_t schema_version = 1;
  // The field in the wrapper's oneof `event`.
  const google::protobuf::FieldDescriptor* in_wrapper = nullptr;
  const google::protobuf::Descriptor* message = nullptr;
  // Prototype of the wrapper.
  const google::protobuf::Message* wrapper = nullptr;
  // The field that names the event's author; nullptr if it has none.
  const google::protobuf::FieldDescriptor* author = nullptr;
  // Field number -> options of each sealed part.
  std::map<int, log::v1::PartOptions> parts;
};

class EventCodec {
 public:
  EventCodec(EventCodec&&) = default;
  EventCodec& operator=(EventCodec&&) = default;

  // INVALID_ARGUMENT lists everything that is wrong with the wrappers: a missing class, a type twice, a map or a
  // float in what is stored.
  static absl::StatusOr<EventCodec> Create(const std::vector<const google::protobuf::Descriptor*>& wrappers);

  // nullptr if this build does not know the type.
  const EventType* Find(std::uint32_t type) const;
  const EventType* FindByName(std::string_view name) const;
  const EventType* FindByMessage(const google::protobuf::Descriptor* message) const;
  // Every known type, ascending.
  const std::map<std::uint32_t, EventType>& types() const { return types_; }

  // REQUIRES: the event's type is known. INVALID_ARGUMENT: a chosen class that its part does not offer.
  absl::StatusOr<log::v1::ProposedRecord> ToRecord(const decider::Fact& fact) const;

  // The header's event in its wrapper, open part only. DATA_LOSS (UNKNOWN_EVENT) if this build does not know it.
  // `wrapper` must be of the kind's wrapper type.
  absl::Status ParseOpen(const storage::Record& record, google::protobuf::Message& wrapper) const;

  // The same, decoded once per record and shared by all who ask (storage::Record::decoded); valid as long as the
  // record. Any number of threads may ask for the same record. Errors as ParseOpen.
  absl::StatusOr<const google::protobuf::Message*> OpenOf(const storage::Record& record,
                                                          const google::protobuf::Message& wrapper_prototype) const;
  template <typename Wrapper>
  absl::StatusOr<const Wrapper*> OpenOf(const storage::Record& record) const {
    const auto open = OpenOf(record, Wrapper::default_instance());
    if (!open.ok()) return open.status();
    return static_cast<const Wrapper*>(*open);
  }

  // Whom the event itself names as its author, 16 bytes, whoever recorded it; empty if it names nobody. Errors as
  // ParseOpen.
  absl::StatusOr<std::string> AuthorOf(const storage::Record& record) const;

  // A new message of the event's own type, open part only. DATA_LOSS (UNKNOWN_EVENT).
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Parse(const storage::Record& record) const;
  // As Parse, with the given parts merged in; removed parts are left out.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> ParseWithParts(
      const storage::Record& record, const std::vector<storage::StoredPart>& parts) const;

 private:
  EventCodec() = default;
  std::map<std::uint32_t, EventType> types_;
  // Into types_, for what is asked of every record.
  absl::flat_hash_map<std::uint32_t, const EventType*> by_number_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, const EventType*> by_message_;
};

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_EVENT_CODEC_H_
