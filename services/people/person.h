// services/people/person.h: a person and the path of their roles, decided and evolved by pure functions.
//
//   Decide: (command, state) -> the facts that follow, or why none can.
//   Evolve: (state, fact)    -> the next state. Facts are never refused.
//
// A move holds the whole role from its day on. Moves may arrive late and out of order: each takes its place by
// (effective_on, order), so that of two on one day the one recorded later wins. What was before a move is derived,
// never stored.
#ifndef MENTORLOG_SERVICES_PEOPLE_PERSON_H_
#define MENTORLOG_SERVICES_PEOPLE_PERSON_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mentorlog/event/v1/people.pb.h"
#include "mentorlog/view/v1/people_state.pb.h"
#include "services/decider/decider.h"

namespace mentorlog::people {

inline constexpr std::uint8_t kPersonKind = 1;
inline constexpr std::uint8_t kExternalKind = 2;

// The most that one person's state keeps (PERSON_FULL).
inline constexpr int kMovesMax = 1000;
inline constexpr int kExternalIdsMax = 100;
// What is sealed about one move: what was reported, the role's scope, and why it was corrected.
inline constexpr int kSealedMax = 50;

inline constexpr std::size_t kSystemMax = 64;
inline constexpr std::size_t kExternalIdMax = 200;
inline constexpr std::size_t kEmailMax = 320;
inline constexpr std::size_t kLocaleMax = 35;
inline constexpr std::size_t kTimeZoneMax = 64;

inline decider::StreamKey PersonStream(const decider::Id& person) { return {kPersonKind, person}; }
// The claim stream of an external id.
decider::StreamKey ExternalStream(const decider::Ids& ids, std::string_view system, std::string_view external_id);

// --- Commands ---

struct ExternalIdGiven {
  std::string system;
  std::string external_id;
  std::optional<decider::Day> valid_from;
};

struct RegisterPerson {
  std::string display_name;
  std::string email;
  std::string locale;
  std::string time_zone;
  // The day they joined.
  decider::Day joined_on;
  std::optional<ExternalIdGiven> external_id;
};

struct LinkExternalId {
  decider::Id person;
  ExternalIdGiven external_id;
  decider::Day occurred_on;
};

struct UnlinkExternalId {
  decider::Id person;
  std::string system;
  std::string external_id;
  decider::Day occurred_on;
};

// A role as somebody told it: what is nullopt stays as it was before, but for `line` and `people_managed`, which are
// sealed: nobody who decides sees them.
struct RoleTold {
  std::optional<std::string> title;
  std::optional<std::string> function;
  std::optional<std::string> unit;
  std::optional<std::string> site;
  // A zero id: no manager, or none known.
  std::optional<decider::Id> manager;
  std::optional<std::string> employer;
  std::optional<event::v1::Line> line;
  std::optional<std::uint32_t> people_managed;
};

struct AnnounceMove {
  decider::Id person;
  event::v1::MoveType type = event::v1::MOVE_TYPE_UNSPECIFIED;
  decider::Day effective_on;
  RoleTold to;
  decider::Day occurred_on;
};

struct RecordMove {
  decider::Id person;
  event::v1::MoveType type = event::v1::MOVE_TYPE_UNSPECIFIED;
  decider::Day effective_on;
  RoleTold to;
  // nullopt: the open announcement of the same day and type, if there is one.
  std::optional<decider::Id> announcement;
  std::optional<RoleTold> from_reported;
  // 1 to 5; 0: not stated.
  std::uint32_t confidence = 0;
};

struct CorrectMove {
  decider::Id person;
  decider::Id move;
  // What is nullopt stays as it was recorded.
  std::optional<event::v1::MoveType> type;
  std::optional<decider::Day> effective_on;
  RoleTold to;
  std::string reason;
  decider::Day occurred_on;
};

struct RetractMove {
  decider::Id person;
  decider::Id move;
  event::v1::MoveRetractionReason reason = event::v1::MOVE_RETRACTION_REASON_UNSPECIFIED;
  std::string note;
  decider::Day occurred_on;
};

// Everything that is wrong with a command by itself: missing fields, texts too long, unknown values. The edge answers
// all of it at once, an import the first; Decide expects none.
std::vector<absl::Status> Check(const RegisterPerson& command);
std::vector<absl::Status> Check(const LinkExternalId& command);
std::vector<absl::Status> Check(const UnlinkExternalId& command);
std::vector<absl::Status> Check(const AnnounceMove& command);
std::vector<absl::Status> Check(const RecordMove& command);
std::vector<absl::Status> Check(const CorrectMove& command);
std::vector<absl::Status> Check(const RetractMove& command);

// --- Decide ---

// The new person's id is context.ids->Generated(0). `claim` is the state of the external id's stream. ALREADY_EXISTS
// EXTERNAL_ID_TAKEN; INVALID_ARGUMENT DATE_IN_FUTURE.
decider::Decision Decide(const decider::Context& context, const view::v1::ExternalState& claim,
                         const RegisterPerson& command);

// ALREADY_EXISTS EXTERNAL_ID_TAKEN by somebody else; FAILED_PRECONDITION PERSON_FULL. Theirs already: nothing follows.
decider::Decision Decide(const decider::Context& context, const view::v1::PersonState& person,
                         const view::v1::ExternalState& claim, const LinkExternalId& command);

// NOT_FOUND EXTERNAL_ID_NOT_LINKED.
decider::Decision Decide(const decider::Context& context, const view::v1::PersonState& person,
                         const view::v1::ExternalState& claim, const UnlinkExternalId& command);

// The announcement's id is Generated(0). INVALID_ARGUMENT EFFECTIVE_BEFORE_ANNOUNCED; FAILED_PRECONDITION PERSON_FULL.
decider::Decision Decide(const decider::Context& context, const view::v1::PersonState& person,
                         const AnnounceMove& command);

// The move's id is Generated(0). INVALID_ARGUMENT DATE_IN_FUTURE (announce it instead); NOT_FOUND UNKNOWN_MOVE and
// FAILED_PRECONDITION ANNOUNCEMENT_NOT_OPEN for a named announcement; FAILED_PRECONDITION PERSON_FULL.
decider::Decision Decide(const decider::Context& context, const view::v1::PersonState& person,
                         const RecordMove& command);

// NOT_FOUND UNKNOWN_MOVE; FAILED_PRECONDITION MOVE_RETRACTED_ALREADY, and ANNOUNCEMENT_NOT_OPEN for an announcement
// that came true; dates as when it was recorded. The same as recorded: nothing follows.
decider::Decision Decide(const decider::Context& context, const view::v1::PersonState& person,
                         const CorrectMove& command);

// NOT_FOUND UNKNOWN_MOVE; FAILED_PRECONDITION MOVE_RETRACTED_ALREADY. Reason wrong_person destroys what is sealed
// about the move; also of one that was taken back before, as long as anything is.
decider::Decision Decide(const decider::Context& context, const view::v1::PersonState& person,
                         const RetractMove& command);

// --- Evolve ---

view::v1::PersonState Evolve(view::v1::PersonState state, const log::v1::Header& header,
                             const event::v1::PersonEvent& event);
view::v1::ExternalState EvolveExternal(view::v1::ExternalState state, const event::v1::ExternalEvent& event);

// --- Questions to a state ---

// A move or an announcement; nullptr if there is none.
const view::v1::PersonState::Move* FindMove(const view::v1::PersonState& state, const decider::Id& move);
// The move that counts on `day`: the last one that took effect until then; nullptr before the first.
const view::v1::PersonState::Move* MoveOn(const view::v1::PersonState& state, decider::Day day);
// The move that counted until `move` took effect, where a move (or an announcement) of its id stands at its
// (effective_on, order); nullptr if none.
const view::v1::PersonState::Move* MoveBefore(const view::v1::PersonState& state,
                                              const view::v1::PersonState::Move& move);
// What `told` makes of the role `before`, without its scope.
event::v1::Role Merge(event::v1::Role before, const RoleTold& told);

}  // namespace mentorlog::people

#endif  // MENTORLOG_SERVICES_PEOPLE_PERSON_H_
