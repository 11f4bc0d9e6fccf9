#include "services/today/continuity.h"

#include <algorithm>

namespace mentorlog::today {

void ContinuityCount::Add(const view::v1::ContinuityPairRow& pair) {
  std::optional<std::int32_t> started_on;
  for (const auto& start : pair.starts()) {
    if (start.started_on() > on_.value) continue;
    started_on = std::min(started_on.value_or(start.started_on()), start.started_on());
  }
  if (!started_on) return;
  ++figures_.pairs;
  const view::v1::ContinuityPairRow::Crossing* first = nullptr;
  const view::v1::ContinuityPairRow::Crossing* last = nullptr;
  for (const auto& crossing : pair.crossings()) {
    if (crossing.effective_on() > on_.value || (!types_.empty() && !types_.contains(crossing.type()))) continue;
    if (first == nullptr) first = &crossing;
    last = &crossing;
  }
  if (first == nullptr) return;
  const auto touched_after = [&](const auto& crossing) {
    return crossing.has_first_after() && crossing.first_after() <= on_.value;
  };
  ++figures_.moved;
  if (touched_after(*first)) ++figures_.after_first_move;
  if (touched_after(*last)) ++figures_.after_last_move;
  const auto since = first->has_last_before() ? first->last_before() : *started_on;
  const auto until = touched_after(*first) ? first->first_after() : on_.value;
  auto& ended = ended_[static_cast<std::uint32_t>(std::max(0, until - since))];
  touched_after(*first) ? ++ended.events : ++ended.censored;
}

ContinuityFigures ContinuityCount::Figures() const {
  auto figures = figures_;
  std::uint64_t at_risk = figures.moved;
  double survival = 1;
  for (const auto& [days, ended] : ended_) {
    if (ended.events > 0) {
      survival *= 1.0 - static_cast<double>(ended.events) / static_cast<double>(at_risk);
      figures.survival.push_back({days, at_risk, ended.events, survival});
    }
    at_risk -= ended.events + ended.censored;
  }
  return figures;
}

std::optional<Silence> SilenceOf(const view::v1::ContinuityPersonRow& person, storage::Day on) {
  if (!person.has_joined_on()) return std::nullopt;
  auto since = person.joined_on();
  auto latest = event::v1::MOVE_TYPE_UNSPECIFIED;
  for (const auto& move : person.moves()) {
    if (move.effective_on() <= on.value) latest = move.type();
  }
  if (since > on.value || latest == event::v1::MOVE_TYPE_EXIT || latest == event::v1::MOVE_TYPE_LEAVE)
    return std::nullopt;
  Silence silence;
  if (person.has_last_touch_on()) silence.last_touch_on = storage::Day{person.last_touch_on()};
  silence.active_relationships = person.active_relationships();
  silence.days = on.value - (silence.last_touch_on ? silence.last_touch_on->value : since);
  return silence;
}

}  // namespace mentorlog::today
