// services/runtime/audience.h: who may see what: the one place that decides.
//
// Decided when an item is read, from (reader, author, subjects, class), never from the org chart of the day: a
// promotion opens nothing about oneself. Default is no. Pure; thread-free.
#ifndef MENTORLOG_SERVICES_RUNTIME_AUDIENCE_H_
#define MENTORLOG_SERVICES_RUNTIME_AUDIENCE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "mentorlog/log/v1/options.pb.h"
#include "mentorlog/log/v1/record.pb.h"
#include "mentorlog/v1/common.pb.h"
#include "services/decider/decider.h"
#include "storage/ledger.h"

namespace mentorlog::runtime {

// How a reader meets a part.
enum class Sight : std::uint8_t {
  kShown,
  // There is something that this reader may not read: `withheld: NOT_PERMITTED`.
  kNotPermitted,
  // It was erased, and this reader could have read it: `withheld: ERASED`.
  kErased,
  // This reader does not learn that it exists (AUTHOR and COACH items of others).
  kAbsent,
};

// The author to ask with where an event names one and cannot be read: 16 bytes that are nobody's id. So those who may
// know of it by its header alone are told that it cannot be read, and to others that would tell that it is.
inline constexpr std::string_view kUnreadableAuthor("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);

// The participants of a record are its subjects and its author. That is `author`, whom the event itself names
// (EventCodec::AuthorOf), and nobody else, whoever recorded it; if it names nobody (empty), its actor. TEAM is held as
// PAIR until units by day are known here: narrower than stated, never wider.
Sight SeePart(const decider::Actor& reader, const log::v1::Header& header, const storage::StoredPart& part,
              std::string_view author = {});

// Whether this reader may know that the event happened; `happened` as its type declares, `author` as above. A subject
// who recorded an AUTHOR event in their own name knows of it, though it names another: no part is shown for that.
bool MayKnow(const decider::Actor& reader, const log::v1::Header& header, log::v1::Audience happened,
             std::string_view author = {});

// What a response shows of one text of a part: nothing set if absent or empty.
v1::Text ShowText(Sight sight, const std::string& text);

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_AUDIENCE_H_
