// services/runtime/absent_streams.h: streams that had no record when they were last asked for.
//
// A decision asks for much that is not there: of a pair's relationships of every kind, all but one. Execute takes an
// absence from here for granted instead of reading for it, and relies on nothing thereby: the proposal has a check
// `no_stream`, and where that does not hold the stream is forgotten here and everything is decided again as it was
// read. A table of fixed size, in which one stream may take another's place or, once in very long, be taken for it.
// Thread-safe; never blocks.
#ifndef MENTORLOG_SERVICES_RUNTIME_ABSENT_STREAMS_H_
#define MENTORLOG_SERVICES_RUNTIME_ABSENT_STREAMS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "storage/types.h"

namespace mentorlog::runtime {

class AbsentStreams {
 public:
  // Eight bytes a place: half a megabyte, which the processor's caches hold.
  explicit AbsentStreams(std::size_t places = 1 << 16) : places_(places) {}

  bool Contains(const storage::StreamKey& stream) const;
  void Note(const storage::StreamKey& stream);
  void Forget(const storage::StreamKey& stream);

 private:
  static std::uint64_t MarkOf(const storage::StreamKey& stream);

  // Marks of streams; 0: none.
  std::vector<std::atomic<std::uint64_t>> places_;
};

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_ABSENT_STREAMS_H_
