// storage/key_head.h: the first bytes of a key as a number, so that most keys are compared without a look at them.
#ifndef MENTORLOG_STORAGE_KEY_HEAD_H_
#define MENTORLOG_STORAGE_KEY_HEAD_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace mentorlog::storage {

// The first 8 bytes: of two keys whose heads differ, the one with the lesser head comes first. What is not there counts
// as 0, so that equal heads say nothing.
inline std::uint64_t KeyHead(std::string_view bytes) {
  std::array<char, 8> first{};
  std::copy_n(bytes.data(), std::min(bytes.size(), first.size()), first.begin());
  std::uint64_t head = 0;
  for (const char byte : first) head = head << 8U | static_cast<unsigned char>(byte);
  return head;
}

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_KEY_HEAD_H_
