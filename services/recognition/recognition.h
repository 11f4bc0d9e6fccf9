// services/recognition/recognition.h: praise, and speaking up for somebody, decided and evolved by pure functions.
//
//   Decide: (command, state) -> the facts that follow, or why none can.
//   Evolve: (state, fact)    -> the next state. Facts are never refused.
//
// Both need no relationship and nobody's approval. Who may not act is PERMISSION_DENIED NOT_PERMITTED; what is
// malformed INVALID_ARGUMENT (see CheckEvent). Pure; thread-free.
#ifndef MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_H_
#define MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "mentorlog/event/v1/recognition.pb.h"
#include "mentorlog/log/v1/options.pb.h"
#include "mentorlog/view/v1/recognition_state.pb.h"
#include "services/decider/decider.h"

namespace mentorlog::recognition {

using decider::Context;
using decider::Day;
using decider::Decision;
using decider::Id;
using view::v1::AdvocacyState;
using view::v1::RecognitionState;

// The kind bytes of the streams `recognition/<id>` and `advocacy/<id>`.
inline constexpr std::uint8_t kRecognitionKind = 4;
inline constexpr std::uint8_t kAdvocacyKind = 6;

inline decider::StreamKey RecognitionStream(const Id& id) { return {kRecognitionKind, id}; }
inline decider::StreamKey AdvocacyStream(const Id& id) { return {kAdvocacyKind, id}; }

// How widely `receiver` lets praise of them be read. The one place that says it: nobody can consent to more than PAIR
// in this build, and the default is no. ConsentGiven for `recognition_audience` will be read here.
log::v1::Audience StandingConsent(const Id& receiver);

struct GiveRecognition {
  // Generated from the request if not given.
  std::optional<Id> recognition;
  Day occurred_on;
  // From, to, what, whose words.
  event::v1::RecognitionGiven wanted;
  // PAIR, TEAM or ORG.
  log::v1::Audience audience = log::v1::AUDIENCE_PAIR;
  // Whether the receiver may read whose words they were.
  bool relay_shared = false;
};

struct RecordAdvocacy {
  // Generated from the request if not given.
  std::optional<Id> advocacy;
  Day occurred_on;
  // Advocate, for whom, act, words.
  event::v1::AdvocacyMade wanted;
  // Keeps before whom from the one spoken for, also where they were introduced or invited.
  bool room_withheld = false;
  // Tells the one spoken for at once.
  bool tell_mentee = false;
  // What came of it, if that is known already, and when.
  event::v1::AdvocacyOutcome outcome = event::v1::ADVOCACY_OUTCOME_UNSPECIFIED;
  std::optional<Day> outcome_on;
};

struct TellAdvocacy {
  Id advocacy;
  Day occurred_on;
};

struct RecordAdvocacyOutcome {
  Id advocacy;
  Day occurred_on;
  event::v1::AdvocacyOutcome outcome = event::v1::ADVOCACY_OUTCOME_UNSPECIFIED;
};

// By the giver. INVALID_ARGUMENT SELF_RECOGNITION. An audience wider than the receiver's standing consent is narrowed
// to it, with advice AUDIENCE_NARROWED.
Decision Decide(const Context& context, const RecognitionState& state, const GiveRecognition& command);
// By the advocate. INVALID_ARGUMENT SELF_ADVOCACY.
Decision Decide(const Context& context, const AdvocacyState& state, const RecordAdvocacy& command);
// By the advocate; for others than the one told it does not exist (NOT_FOUND NO_SUCH_ADVOCACY). Telling again is no
// fact.
Decision Decide(const Context& context, const AdvocacyState& state, const TellAdvocacy& command);
// By the advocate, and by the one spoken for once told; for anybody else it does not exist.
Decision Decide(const Context& context, const AdvocacyState& state, const RecordAdvocacyOutcome& command);

// REQUIRES: `event` is known to this build.
RecognitionState Evolve(RecognitionState state, const event::v1::RecognitionEvent& event);
AdvocacyState Evolve(AdvocacyState state, const event::v1::AdvocacyEvent& event);

}  // namespace mentorlog::recognition

#endif  // MENTORLOG_SERVICES_RECOGNITION_RECOGNITION_H_
