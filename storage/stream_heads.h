// storage/stream_heads.h: the last revision of every stream that was lately written or checked.
//
// A bounded cache in two generations: when the young one is full it becomes the old one, and what is asked for again
// moves back. Not thread-safe: the apply thread's own.
#ifndef MENTORLOG_STORAGE_STREAM_HEADS_H_
#define MENTORLOG_STORAGE_STREAM_HEADS_H_

#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "storage/codec.h"
#include "storage/store.h"
#include "storage/types.h"

namespace mentorlog::storage {

// The last revision of `stream` in a snapshot; nullopt if it has no record.
inline absl::StatusOr<std::optional<Revision>> LastRevision(const StoreSnapshot& snapshot, const StreamKey& stream) {
  const auto cursor = snapshot.NewCursor(Family::kStreams, ReadHint::kPoint);
  cursor->SeekForPrev(StreamRow(stream, Revision{~0ULL}));
  if (cursor->Valid()) return RevisionOfStreamRow(cursor->key(), stream);
  if (!cursor->status().ok()) return cursor->status();
  return std::optional<Revision>();
}

class StreamHeads {
 public:
  using Head = std::optional<Revision>;

  explicit StreamHeads(std::size_t streams_max) : generation_max_(streams_max / 2) {}

  // nullptr if it is not known here. Lives until the next call.
  const Head* Find(const StreamKey& stream) {
    if (const auto found = young_.find(stream); found != young_.end()) return &found->second;
    const auto found = old_.find(stream);
    if (found == old_.end()) return nullptr;
    return &Remember(stream, found->second);
  }
  void Set(const StreamKey& stream, Head head) { Remember(stream, head); }
  void Clear() {
    young_.clear();
    old_.clear();
  }

 private:
  const Head& Remember(const StreamKey& stream, Head head) {
    if (young_.size() >= generation_max_ && !young_.contains(stream)) {
      old_ = std::exchange(young_, {});
    }
    return young_.insert_or_assign(stream, head).first->second;
  }

  const std::size_t generation_max_;
  absl::flat_hash_map<StreamKey, Head> young_;
  absl::flat_hash_map<StreamKey, Head> old_;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_STREAM_HEADS_H_
