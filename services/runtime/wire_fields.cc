#include "services/runtime/wire_fields.h"

#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"

namespace mentorlog::runtime {

using google::protobuf::internal::WireFormatLite;

std::string SerializeDeterministic(const google::protobuf::Message& message) {
  std::string bytes(message.ByteSizeLong(), '\0');
  google::protobuf::io::ArrayOutputStream out(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedOutputStream coded(&out);
  coded.SetSerializationDeterministic(true);
  message.SerializeWithCachedSizes(&coded);
  return bytes;
}

WireFields::WireFields(std::string_view bytes)
    : bytes_(bytes), in_(reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<int>(bytes.size())) {}

std::optional<WireField> WireFields::Next() {
  const auto start = static_cast<std::size_t>(in_.CurrentPosition());
  if (!ok_ || start == bytes_.size()) return std::nullopt;
  WireField field;
  field.tag = in_.ReadTag();
  field.number = WireFormatLite::GetTagFieldNumber(field.tag);
  ok_ = field.number > 0 && ReadContent(field);
  if (!ok_) return std::nullopt;
  field.bytes = bytes_.substr(start, static_cast<std::size_t>(in_.CurrentPosition()) - start);
  return field;
}

bool WireFields::ReadContent(WireField& field) {
  switch (WireFormatLite::GetTagWireType(field.tag)) {
    case WireFormatLite::WIRETYPE_VARINT:
      return in_.ReadVarint64(&field.varint);
    case WireFormatLite::WIRETYPE_LENGTH_DELIMITED: {
      int size = 0;
      if (!in_.ReadVarintSizeAsInt(&size)) return false;
      const auto at = static_cast<std::size_t>(in_.CurrentPosition());
      if (static_cast<std::size_t>(size) > bytes_.size() - at) return false;
      field.content = bytes_.substr(at, static_cast<std::size_t>(size));
      return in_.Skip(size);
    }
    default:
      return WireFormatLite::SkipField(&in_, field.tag);
  }
}

}  // namespace mentorlog::runtime
