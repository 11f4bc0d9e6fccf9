// services/today/row_keys.h: the keys of this room's rows. Entity first, fixed width, big-endian, so that lists are
// range scans and the order is right. Pure; thread-free.
#ifndef MENTORLOG_SERVICES_TODAY_ROW_KEYS_H_
#define MENTORLOG_SERVICES_TODAY_ROW_KEYS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/types.h"

namespace mentorlog::today {

inline std::string BigEndian(std::uint64_t value, int bytes) {
  std::string out;
  out.reserve(static_cast<std::size_t>(bytes));
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xFF));
  return out;
}

inline std::uint64_t FromBigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

// Days before 1970 sort before those after it.
inline std::string DayKey(std::int32_t day) { return BigEndian(static_cast<std::uint32_t>(day) ^ 0x80000000U, 4); }
inline std::int32_t DayFromKey(std::string_view key) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(FromBigEndian(key)) ^ 0x80000000U);
}

// (day, position), so that the last comes first.
inline constexpr std::size_t kLastFirstKeyBytes = 12;
inline std::string LastFirstKey(std::int32_t day, std::uint64_t position) {
  const std::uint32_t inverted = ~(static_cast<std::uint32_t>(day) ^ 0x80000000U);
  std::string key(kLastFirstKeyBytes, '\0');
  for (std::size_t i = 0; i < 4; ++i) key[i] = static_cast<char>(inverted >> (24 - 8 * i) & 0xFF);
  for (std::size_t i = 0; i < 8; ++i) key[4 + i] = static_cast<char>(~position >> (56 - 8 * i) & 0xFF);
  return key;
}
// REQUIRES: 12 bytes made by LastFirstKey.
inline std::int32_t DayOfLastFirst(std::string_view key) {
  return static_cast<std::int32_t>(~static_cast<std::uint32_t>(FromBigEndian(key.substr(0, 4))) ^ 0x80000000U);
}
inline std::uint64_t PositionOfLastFirst(std::string_view key) { return ~FromBigEndian(key.substr(4, 8)); }

// A row of `entity`: the tag says of which kind.
inline std::string RowKey(std::string_view entity, char tag, std::string_view rest = {}, std::string_view more = {}) {
  std::string key(entity.size() + 1 + rest.size() + more.size(), tag);
  std::copy(entity.begin(), entity.end(), key.begin());
  const auto after_tag = key.begin() + static_cast<std::ptrdiff_t>(entity.size()) + 1;
  std::copy(more.begin(), more.end(), std::copy(rest.begin(), rest.end(), after_tag));
  return key;
}

inline constexpr std::size_t kIdBytes = 16;

}  // namespace mentorlog::today

#endif  // MENTORLOG_SERVICES_TODAY_ROW_KEYS_H_
