// services/relationships/evolution.h: what follows when a suggestion is answered, and when one kind becomes another.
//
// Within this room only. Plain functions; single-threaded.
#ifndef MENTORLOG_SERVICES_RELATIONSHIPS_EVOLUTION_H_
#define MENTORLOG_SERVICES_RELATIONSHIPS_EVOLUTION_H_

#include <optional>
#include <string>

#include "services/relationships/telling.h"

namespace mentorlog::relationships::internal {

// TransitionAnswered of the open suggestion. REQUIRES: there is one.
void TellAnswer(const Teller& teller, const view::v1::RelationshipState& state, event::v1::TransitionAnswer answer,
                decider::Day on, decider::Facts& facts);

// Mode, pause and cadence as the open suggestion says, the kind left alone. An agreed cadence stays: where somebody
// took the suggestion, the new one is proposed to the other side. REQUIRES: there is an open suggestion.
void TellConsequences(const decider::Context& context, const Teller& teller, const view::v1::RelationshipState& state,
                      event::v1::TransitionAnswer answer, decider::Day on, decider::Facts& facts);

// One kind of relationship of a pair becomes another.
struct Evolution {
  decider::StreamKey from;
  decider::StreamKey into;
  // Of the one that goes on.
  event::v1::RelationshipKind kind = event::v1::RELATIONSHIP_KIND_UNSPECIFIED;
  // Unspecified: as it was.
  event::v1::RelationshipMode mode = event::v1::RELATIONSHIP_MODE_UNSPECIFIED;
  // nullopt: as it was. An agreed one goes on as agreed.
  std::optional<event::v1::Cadence> cadence;
  // The move behind it; empty: none.
  std::string move_id;
  std::string why;
};

// `into` starts (or opens again, or is open already), takes over mode, cadence and open debts, and `from` is closed
// by it, all in one proposal. Open promises stay where they were made and are kept there.
void TellEvolution(const Evolution& evolution, const view::v1::RelationshipState& from,
                   const view::v1::RelationshipState& into, decider::Day on, decider::Facts& facts);

}  // namespace mentorlog::relationships::internal

#endif  // MENTORLOG_SERVICES_RELATIONSHIPS_EVOLUTION_H_
