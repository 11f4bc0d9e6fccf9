// services/import/lasting.h: what calls found in the log and what never changes there.
//
// A stream that has a record keeps it, and a person has joined on one day for good. So neither is asked for again, in
// whatever call and snapshot. What is not there yet is not remembered. Bounded: beyond `most` of each kind, what was
// not asked for lately is forgotten. Thread-safe.
#ifndef MENTORLOG_SERVICES_IMPORT_LASTING_H_
#define MENTORLOG_SERVICES_IMPORT_LASTING_H_

#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "storage/types.h"

namespace mentorlog::import {

// About 50 bytes each.
inline constexpr std::size_t kLastingMax = 1 << 17;

class Lasting {
 public:
  explicit Lasting(std::size_t most = kLastingMax) : streams_(most), joined_on_(most) {}

  // Whether the stream is known to have a record.
  bool Exists(const storage::StreamKey& stream);
  void NoteExists(const storage::StreamKey& stream);
  // The day the person joined; nullopt if it is not known here.
  std::optional<storage::Day> JoinedOn(const storage::Id& person);
  void NoteJoined(const storage::Id& person, storage::Day day);

 private:
  // Two generations: when the young one is full it becomes the old one, and what is asked for again moves back.
  template <typename Key, typename Value>
  class Generations {
   public:
    explicit Generations(std::size_t most) : generation_max_(most / 2) {}

    const Value* Find(const Key& key) {
      if (const auto found = young_.find(key); found != young_.end()) return &found->second;
      const auto found = old_.find(key);
      return found == old_.end() ? nullptr : &Put(key, found->second);
    }
    const Value& Put(const Key& key, Value value) {
      if (young_.size() >= generation_max_ && !young_.contains(key)) old_ = std::exchange(young_, {});
      return young_.insert_or_assign(key, value).first->second;
    }

   private:
    const std::size_t generation_max_;
    absl::flat_hash_map<Key, Value> young_;
    absl::flat_hash_map<Key, Value> old_;
  };

  std::mutex mutex_;
  // Guarded by mutex_. The value of a stream says nothing: that it is there does.
  Generations<storage::StreamKey, bool> streams_;
  Generations<storage::Id, storage::Day> joined_on_;
};

}  // namespace mentorlog::import

#endif  // MENTORLOG_SERVICES_IMPORT_LASTING_H_
