// services/decider/decider.h: what every pure core is written in.
//
//   Decide: (context, state, command) -> the facts that follow, or why none can.
//   Evolve: (state, fact)             -> the next state.
//
// No clock, disk, socket, random number or gRPC: time and ids arrive in the context. Plain values; single-threaded.
#ifndef MENTORLOG_SERVICES_DECIDER_DECIDER_H_
#define MENTORLOG_SERVICES_DECIDER_DECIDER_H_

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "mentorlog/log/v1/options.pb.h"
#include "mentorlog/log/v1/record.pb.h"
#include "storage/refusal.h"
#include "storage/types.h"

namespace mentorlog::decider {

using storage::AddFieldViolation;
using storage::Day;
using storage::Id;
using storage::Refuse;
using storage::Revision;
using storage::StreamKey;

// Who acts, as far as a decision may ask.
struct Actor {
  // The person who acts, or for whom a service acts; nullopt for a service on nobody's behalf.
  std::optional<Id> person;
  // The service's name; empty for a person.
  std::string service;
  // `dev` on a daemon with --dev-identity, the steward, an import: not held to "only the mentee may".
  bool may_do_everything = false;

  bool Is(const Id& id) const { return person == id; }
  // Whether this actor may do what only `id` may.
  bool MayActAs(const Id& id) const { return may_do_everything || Is(id); }
};

// Ids that derive from what is already known. Pure: the same question has the same answer.
class Ids {
 public:
  virtual ~Ids() = default;
  // The `index`-th id generated for this request: HMAC(digest key, namespace, request id, index).
  virtual Id Generated(std::uint32_t index) const = 0;
  // The id that these pieces name within `label`, as in ("relationship", {mentor, mentee, kind}).
  virtual Id Derived(std::string_view label, std::initializer_list<std::string_view> pieces) const = 0;
};

// Everything that a decision may know beside its command and the states.
struct Context {
  Actor actor;
  log::v1::Source source = log::v1::SOURCE_UNSPECIFIED;
  // The latest day anywhere on earth now (UTC+14): what has happened is not dated later.
  Day today;
  const Ids* ids = nullptr;

  // Imported rows make no debts, nudges or suggestions.
  bool imported() const { return source == log::v1::SOURCE_CSV; }
};

// One fact, for one stream. `event` is the event message itself (mentorlog.event.v1.CheckInLogged, ...).
struct Fact {
  StreamKey stream;
  std::shared_ptr<const google::protobuf::Message> event;
  Day occurred_on;
  // The persons concerned, in the order that the stream kind fixes; also the subjects of every part not named below.
  std::vector<Id> subjects;
  // Subjects of single parts, by part number, where they differ.
  std::map<int, std::vector<Id>> part_subjects;
  // The class of parts marked AUDIENCE_CHOSEN, by part number.
  std::map<int, log::v1::Audience> chosen;
};

template <typename Event>
Fact MakeFact(const StreamKey& stream, Event event, Day occurred_on, std::vector<Id> subjects) {
  return {stream, std::make_shared<const Event>(std::move(event)), occurred_on, std::move(subjects), {}, {}};
}

// What follows from a command. No fact at all: it changes nothing, and nothing is written.
struct Facts {
  std::vector<Fact> facts;
  std::vector<log::v1::Advice> advice;
  // Parts of earlier records to be destroyed with it.
  std::vector<log::v1::PartRef> removals;

  void Advise(std::string_view reason, std::string_view field, std::string_view detail);
};

using Decision = absl::StatusOr<Facts>;

// How a decision relies on a stream it loads.
enum class Reliance : std::uint8_t {
  // It holds only for the state as loaded: another record in between decides it again.
  kExact,
  // It needs the stream to exist (or, if it did not when loaded, to still not exist).
  kExists,
};

// The states that a command asks for. Every Load becomes a check of the proposal.
class States {
 public:
  virtual ~States() = default;
  // Fills `state` (the stream kind's view/v1 state message; untouched if the stream has no record) and answers the
  // stream's last revision, nullopt if it has none.
  virtual absl::StatusOr<std::optional<Revision>> Load(const StreamKey& stream, Reliance reliance,
                                                       google::protobuf::Message& state) = 0;
  // Fills `item` with what is kept of one thing of `stream` beside its state (a check-in of a relationship); false,
  // and untouched, if there is no such thing. REQUIRES: the stream is loaded; kExact if the decision relies on it.
  virtual absl::StatusOr<bool> LoadItem(const StreamKey& stream, const Id& id, google::protobuf::Message& item);
};

// INVALID_ARGUMENT DATE_IN_FUTURE unless `day` <= context.today; `field` as in `check_in.occurred_on`.
absl::Status NotInFuture(const Context& context, std::string_view field, Day day);

// The number of code points; nullopt if `text` is not UTF-8.
std::optional<std::size_t> CodePoints(std::string_view text);

// INVALID_ARGUMENT TEXT_TOO_LONG or NOT_UTF8; at most `code_points_max` code points and 16 KiB.
absl::Status CheckText(std::string_view field, std::string_view text, std::size_t code_points_max);

// Limits in code points (domain section 4).
inline constexpr std::size_t kGistMax = 280;
inline constexpr std::size_t kTextMax = 8000;
inline constexpr std::size_t kNameMax = 200;
inline constexpr std::size_t kTextBytesMax = 16 << 10;

}  // namespace mentorlog::decider

#endif  // MENTORLOG_SERVICES_DECIDER_DECIDER_H_
