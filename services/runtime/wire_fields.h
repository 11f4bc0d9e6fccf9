// services/runtime/wire_fields.h: a message's bytes, taken apart where they lie.
//
// What reflection would copy, clear and serialise again is cut out of the bytes instead: a message is written in the
// order of its field numbers, and a sub-message is the bytes between its field's length and its end. Plain values.
#ifndef MENTORLOG_SERVICES_RUNTIME_WIRE_FIELDS_H_
#define MENTORLOG_SERVICES_RUNTIME_WIRE_FIELDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/message.h"

namespace mentorlog::runtime {

// The bytes of a message, the same for the same content.
std::string SerializeDeterministic(const google::protobuf::Message& message);

// One field of a serialised message.
struct WireField {
  std::uint32_t tag = 0;
  int number = 0;
  // As it lies there, tag and all.
  std::string_view bytes;
  // What it holds, if that has a length: a sub-message, a string, bytes.
  std::string_view content;
  // What it holds, if that is a number of varying length.
  std::uint64_t varint = 0;
};

// The fields at the top of a serialised message, in order. The bytes outlive it.
class WireFields {
 public:
  explicit WireFields(std::string_view bytes);
  WireFields(const WireFields&) = delete;
  WireFields& operator=(const WireFields&) = delete;

  // The next one; nullopt at the end, and where the bytes are no message: see ok().
  std::optional<WireField> Next();
  // Whether all bytes so far were fields.
  bool ok() const { return ok_; }

 private:
  bool ReadContent(WireField& field);

  const std::string_view bytes_;
  google::protobuf::io::CodedInputStream in_;
  bool ok_ = true;
};

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_WIRE_FIELDS_H_
