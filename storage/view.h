// storage/view.h: what a projection is to the log: a pure fold from records to rows.
//
// A view is given every record once, in order, and says which of its entities the record touches; per entity it
// then folds the record into rows. Inline views are folded by the apply thread with the events;
// followers on their own thread. A view never sees a clock, a text or another view.
#ifndef MENTORLOG_STORAGE_VIEW_H_
#define MENTORLOG_STORAGE_VIEW_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mentorlog/log/v1/record.pb.h"
#include "storage/types.h"

namespace mentorlog::storage {

// What somebody who knows events made of a record's open part; storage does not.
class DecodedEvent {
 public:
  virtual ~DecodedEvent() = default;
};

// Keeps the decoded event with its record, so that the event is decoded once for all who fold the record. What is kept
// is never changed again. Get and Keep are thread-safe and take no lock; a copy is empty, and decoded anew by who needs
// it.
class DecodedSlot {
 public:
  DecodedSlot() = default;
  DecodedSlot(const DecodedSlot&) {}
  DecodedSlot(DecodedSlot&& from) noexcept : event_(from.event_.exchange(nullptr, std::memory_order_acq_rel)) {}
  DecodedSlot& operator=(DecodedSlot from) noexcept {
    from.event_.store(event_.exchange(from.event_.load(std::memory_order_relaxed), std::memory_order_acq_rel),
                      std::memory_order_relaxed);
    return *this;
  }
  ~DecodedSlot() { delete event_.load(std::memory_order_acquire); }

  // nullptr: nothing is kept yet. Valid as long as the record.
  const DecodedEvent* Get() const { return event_.load(std::memory_order_acquire); }
  // Keeps `event`, unless another thread was faster; answers what is kept.
  const DecodedEvent& Keep(std::unique_ptr<const DecodedEvent> event) const {
    const DecodedEvent* kept = nullptr;
    if (!event_.compare_exchange_strong(kept, event.get(), std::memory_order_acq_rel)) return *kept;
    return *event.release();
  }

 private:
  // Owned; set once.
  mutable std::atomic<const DecodedEvent*> event_{nullptr};
};

// A record as it is read: the header parsed, the rest as stored.
struct Record {
  log::v1::Header header;
  // The header's own bytes: the Merkle leaf.
  std::string header_bytes;
  // The event without its sealed parts, as stored.
  std::string open;
  // Of `open`, once somebody asked: neither it nor the header's type changes after that.
  DecodedSlot decoded;

  Position position() const { return Position{header.position()}; }
  Revision revision() const { return Revision{header.revision()}; }
  // REQUIRES: the record came from the log (its stream is well formed).
  StreamKey stream() const { return *StreamKey::FromBytes(header.stream()); }
  // The stream's kind and the 16 bytes of its id where they lie, for what is asked of every record. REQUIRES: the same.
  std::uint8_t stream_kind() const { return static_cast<std::uint8_t>(header.stream().front()); }
  std::string_view stream_id() const { return std::string_view(header.stream()).substr(1); }
  Day occurred_on() const { return Day{header.occurred_on()}; }
};

// The rows of one view, as a fold sees them. Keys are the view's own: entity first, so that one entity's rows
// are one range. Not thread-safe.
class Rows {
 public:
  virtual ~Rows() = default;
  // Errors as StoreSnapshot::Get.
  virtual absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const = 0;
  virtual void Put(std::string_view key, std::string value) = 0;
  // As Put, cheaper, for what a fold hardly ever looks at again: one of many rows that are written once.
  // REQUIRES: there is no row of this key.
  virtual void Add(std::string_view key, std::string value) { Put(key, std::move(value)); }
  virtual void Delete(std::string_view key) = 0;
  // Visits the keys in [from, to) in order (`to` empty: no end) until `visit` answers false. The visitor must not
  // write to these rows.
  virtual absl::Status Scan(std::string_view from, std::string_view to,
                            const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;
};

// Rows in memory: for folding one stream as of a position, and for tests.
class MemoryRows final : public Rows {
 public:
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override;
  void Put(std::string_view key, std::string value) override;
  void Delete(std::string_view key) override;
  absl::Status Scan(std::string_view from, std::string_view to,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  const std::map<std::string, std::string, std::less<>>& rows() const { return rows_; }

 private:
  std::map<std::string, std::string, std::less<>> rows_;
};

// The smallest key that is greater than every key with this prefix; empty if there is none.
std::string PrefixEnd(std::string_view prefix);

enum class ViewMode : std::uint8_t { kInline, kFollower };

struct ViewInfo {
  // Unique and never reused, 1 to 65535; part of every row's key.
  std::uint16_t id = 0;
  // As the operator types it, as in `headcount`.
  std::string name;
  ViewMode mode = ViewMode::kInline;
  // Grows when the fold or its rows change: the stored version of another definition is not read.
  std::uint32_t definition = 1;
};

// A projection. Thread-safe after construction; Fold is deterministic.
class View {
 public:
  virtual ~View() = default;
  virtual const ViewInfo& info() const = 0;
  // The entities (key prefixes) that this record touches, appended to `entities`; usually none or one. No entity
  // may be a prefix of another.
  virtual void Entities(const Record& record, std::vector<std::string>& entities) const = 0;
  // Folds the record into the rows of `entity`. Any error quarantines that entity with event and reason; its
  // rows then stay as they were and later records of it are not folded. But UNAVAILABLE, as Rows answers it: it is no
  // verdict on the record, and the fold is tried again. REQUIRES: `entity` came from Entities(record).
  virtual absl::Status Fold(const Record& record, const std::string& entity, Rows& rows) const = 0;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_VIEW_H_
