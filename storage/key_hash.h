// storage/key_hash.h: the hash of a key, the same for whatever holds its bytes.
#ifndef MENTORLOG_STORAGE_KEY_HASH_H_
#define MENTORLOG_STORAGE_KEY_HASH_H_

#include <cstddef>
#include <string_view>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace mentorlog::storage {

// Of this process only. Debian's absl does not take std::string_view for its own. Thread-safe.
struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const {
    return absl::Hash<absl::string_view>()(absl::string_view(key.data(), key.size()));
  }
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_KEY_HASH_H_
