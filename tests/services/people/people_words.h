// tests/services/people/people_words.h: commands about people in few words, for scripts.
#ifndef MENTORLOG_TESTS_SERVICES_PEOPLE_PEOPLE_WORDS_H_
#define MENTORLOG_TESTS_SERVICES_PEOPLE_PEOPLE_WORDS_H_

#include <optional>
#include <string>
#include <string_view>

#include "services/people/person.h"
#include "tests/services/people/people_world.h"

namespace mentorlog::people_test {

inline people::RecordMove Move(const Id& person, std::string_view on, event::v1::MoveType type,
                               const std::string& unit) {
  people::RecordMove move;
  move.person = person;
  move.type = type;
  move.effective_on = On(on);
  move.to.unit = unit;
  return move;
}

inline people::AnnounceMove Announce(const Id& person, std::string_view on, const std::string& unit) {
  people::AnnounceMove move;
  move.person = person;
  move.type = MOVE_TYPE_TRANSFER;
  move.effective_on = On(on);
  move.to.unit = unit;
  move.occurred_on = On("2026-11-01");
  return move;
}

inline people::LinkExternalId Link(const Id& person, const std::string& external_id) {
  return {person, {"csv", external_id, std::nullopt}, On("2026-01-01")};
}

inline people::UnlinkExternalId Unlink(const Id& person, const std::string& external_id) {
  return {person, "csv", external_id, On("2026-01-01")};
}

inline people::CorrectMove Correct(const Id& person, const Id& move) {
  people::CorrectMove correct;
  correct.person = person;
  correct.move = move;
  correct.occurred_on = On("2026-11-01");
  return correct;
}

inline people::RetractMove Retract(const Id& person, const Id& move, event::v1::MoveRetractionReason reason) {
  return {person, move, reason, "", On("2026-11-01")};
}

inline constexpr auto kMistaken = event::v1::MOVE_RETRACTION_REASON_MISTAKEN;
inline constexpr auto kWrongPerson = event::v1::MOVE_RETRACTION_REASON_WRONG_PERSON;

}  // namespace mentorlog::people_test

#endif  // MENTORLOG_TESTS_SERVICES_PEOPLE_PEOPLE_WORDS_H_
