#include "storage/keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/random.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>

#include "storage/refusal.h"

namespace mentorlog::storage {
namespace {

// No digest, no log: what cannot be digested must not be written.
void Must(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "mentorlog: %s failed\n", what);
  std::abort();
}

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

// Fetching an algorithm costs OpenSSL 3 more than digesting a record with it: fetched once, and one context per
// thread. Both live as long as the process.
EVP_MD_CTX* DigestContext() {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  Must(sha256 != nullptr && context != nullptr && EVP_DigestInit_ex2(context.get(), sha256, nullptr) == 1, "SHA-256");
  return context.get();
}

// A context, and the key that it was given last: set up again without one, it keeps the key, at a third of the cost.
struct MacContext {
  std::unique_ptr<EVP_MAC_CTX, FreeMac> context;
  std::optional<Digest> key;
};

std::unique_ptr<EVP_MAC_CTX, FreeMac> NewMacContext() {
  static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  Must(hmac != nullptr, "HMAC");
  std::unique_ptr<EVP_MAC_CTX, FreeMac> context(EVP_MAC_CTX_new(hmac));
  std::string digest = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                               OSSL_PARAM_construct_end()};
  Must(context != nullptr && EVP_MAC_CTX_set_params(context.get(), params) == 1, "HMAC-SHA-256");
  return context;
}

void AppendPiece(std::string& message, std::string_view piece) {
  std::array<char, 8> size;
  for (std::size_t i = 0; i < size.size(); ++i) {
    size[i] = static_cast<char>((static_cast<std::uint64_t>(piece.size()) >> (56 - 8 * i)) & 0xff);
  }
  message.append(size.data(), size.size());
  message.append(piece);
}

class MemoryKeyStore final : public KeyStore {
 public:
  absl::StatusOr<Digest> DigestKey(const Id& log) const override {
    const std::lock_guard lock(mutex_);
    const auto found = keys_.find(log);
    if (found != keys_.end()) return found->second;
    return Refuse(absl::StatusCode::kNotFound, "NO_SUCH_THING", "digest key: none for log " + log.ToHex(),
                  {{"log", log.ToHex()}});
  }
  absl::StatusOr<Digest> CreateDigestKey(const Id& log) override {
    const std::string random = RandomBytes(Digest().size());
    Digest key;
    std::memcpy(key.data(), random.data(), key.size());
    const std::lock_guard lock(mutex_);
    if (!keys_.emplace(log, key).second) {
      return absl::AlreadyExistsError("digest key: log " + log.ToHex() + " has one, want it created once");
    }
    return key;
  }

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<Id, Digest> keys_;
};

}  // namespace

Digest Sha256(std::string_view bytes) {
  EVP_MD_CTX* const context = DigestContext();
  Digest digest;
  Must(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1, "SHA-256");
  Must(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1, "SHA-256");
  return digest;
}

std::string DigestBytes(const Digest& digest) { return std::string(digest.begin(), digest.end()); }

Digest Keyed::Mac(std::string_view label, std::initializer_list<std::string_view> pieces) const {
  thread_local MacContext mac{NewMacContext(), std::nullopt};
  EVP_MAC_CTX* const context = mac.context.get();
  std::size_t bytes = 8 + label.size();
  for (const std::string_view piece : pieces) bytes += 8 + piece.size();
  std::string message;
  message.reserve(bytes);
  AppendPiece(message, label);
  for (const std::string_view piece : pieces) AppendPiece(message, piece);

  Digest digest;
  std::size_t written = 0;
  const bool same_key = mac.key == key_;
  Must(EVP_MAC_init(context, same_key ? nullptr : key_.data(), same_key ? 0 : key_.size(), nullptr) == 1,
       "HMAC-SHA-256");
  mac.key = key_;
  Must(EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1,
       "HMAC-SHA-256");
  Must(EVP_MAC_final(context, digest.data(), &written, digest.size()) == 1 && written == digest.size(), "HMAC-SHA-256");
  return digest;
}

Id Keyed::DeriveId(std::string_view label, std::initializer_list<std::string_view> pieces) const {
  const Digest mac = Mac(label, pieces);
  Id id;
  std::memcpy(id.bytes.data(), mac.data(), id.bytes.size());
  return id;
}

std::string RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t filled = 0;
  while (filled < count) {
    const ssize_t got = getrandom(bytes.data() + filled, count - filled, 0);
    Must(got > 0 || errno == EINTR, "getrandom");
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::unique_ptr<KeyStore> NewMemoryKeyStore() { return std::make_unique<MemoryKeyStore>(); }

}  // namespace mentorlog::storage
