// storage/keys.h: keys, and what is derived from them.
//
// The key database lies apart from the log and its backups (mode 0600). In this build it holds one thing per log:
// the digest key, 32 random bytes made with the log and never rotated, from which every derived id, claim and
// request hash comes. Thread-safe.
#ifndef MENTORLOG_STORAGE_KEYS_H_
#define MENTORLOG_STORAGE_KEYS_H_

#include <array>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/types.h"

namespace mentorlog::storage {

using Digest = std::array<std::uint8_t, 32>;

// SHA-256 (FIPS 180-4).
Digest Sha256(std::string_view bytes);
std::string DigestBytes(const Digest& digest);

// HMAC-SHA-256 (RFC 2104) under a log's digest key. The pieces are length-prefixed, so that no two lists of
// pieces collide. Immutable; thread-safe.
class Keyed {
 public:
  explicit Keyed(const Digest& key) : key_(key) {}
  // `label` separates the uses: "request-id", "relationship", "external", "request-hash".
  Digest Mac(std::string_view label, std::initializer_list<std::string_view> pieces) const;
  // The first 16 bytes of Mac.
  Id DeriveId(std::string_view label, std::initializer_list<std::string_view> pieces) const;

 private:
  const Digest key_;
};

class KeyStore {
 public:
  virtual ~KeyStore() = default;
  // The digest key of a log; NOT_FOUND if it has none.
  virtual absl::StatusOr<Digest> DigestKey(const Id& log) const = 0;
  // Makes and durably stores one. ALREADY_EXISTS if it has one.
  virtual absl::StatusOr<Digest> CreateDigestKey(const Id& log) = 0;
};

std::unique_ptr<KeyStore> NewMemoryKeyStore();
// kReadOnly takes no lock and makes nothing: for offline tools beside a running daemon.
enum class KeyAccess : std::uint8_t { kReadWrite, kReadOnly };
// Opens or creates the key database in `dir` (0700, files 0600). FAILED_PRECONDITION: readable by others
// (KEYS_EXPOSED), or in use (DATA_FOLDER_IN_USE).
absl::StatusOr<std::unique_ptr<KeyStore>> OpenFileKeyStore(const std::string& dir,
                                                           KeyAccess access = KeyAccess::kReadWrite);

// `count` bytes from the operating system's generator.
std::string RandomBytes(std::size_t count);

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_KEYS_H_
