// services/today/continuity.h: the figures of continuity and of silence, counted from compact rows: pure.
//
// A pair is a mentor and a mentee, whatever the kind. A move counts if it is not the mentee's first, took effect after
// the pair's earliest start, and is of a wanted type. "After" is strictly later. Single-threaded.
#ifndef MENTORLOG_SERVICES_TODAY_CONTINUITY_H_
#define MENTORLOG_SERVICES_TODAY_CONTINUITY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mentorlog/view/v1/continuity.pb.h"
#include "storage/types.h"

namespace mentorlog::today {

// A step of the Kaplan-Meier curve.
struct SurvivalStep {
  std::uint32_t days = 0;
  std::uint64_t at_risk = 0;
  std::uint64_t events = 0;
  double survival = 1;
};

struct ContinuityFigures {
  std::uint64_t pairs = 0;
  std::uint64_t moved = 0;
  std::uint64_t after_first_move = 0;
  std::uint64_t after_last_move = 0;
  std::vector<SurvivalStep> survival;
};

// Counts pair after pair, then answers.
class ContinuityCount {
 public:
  // Only moves of `types` (empty: all), and only what had happened by `on`.
  ContinuityCount(std::set<int> types, storage::Day on) : types_(std::move(types)), on_(on) {}
  void Add(const view::v1::ContinuityPairRow& pair);
  ContinuityFigures Figures() const;

 private:
  // Days -> how many were in touch again after so many, and how many were still silent when they were last seen.
  struct Ended {
    std::uint64_t events = 0;
    std::uint64_t censored = 0;
  };

  const std::set<int> types_;
  const storage::Day on_;
  ContinuityFigures figures_;
  std::map<std::uint32_t, Ended> ended_;
};

// Somebody's silence on a day: of all their mentors together.
struct Silence {
  std::optional<storage::Day> last_touch_on;
  std::int32_t days = 0;
  std::uint32_t active_relationships = 0;
};
// nullopt: not there on that day (not joined yet, left, or on leave). REQUIRES: the row was turned back to it (see
// TurnBack).
std::optional<Silence> SilenceOf(const view::v1::ContinuityPersonRow& person, storage::Day on);

}  // namespace mentorlog::today

#endif  // MENTORLOG_SERVICES_TODAY_CONTINUITY_H_
