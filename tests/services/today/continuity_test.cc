// Whether contact went on after the mentee moved: a few stories by hand, and many at random against a naive model.
#include "services/today/continuity.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <tuple>
#include <utility>

#include "gmock/gmock.h"
#include "services/today/continuity_view.h"
#include "tests/services/today/told.h"

namespace mentorlog::today {
namespace {

using event::v1::MOVE_TYPE_EXIT;
using event::v1::MOVE_TYPE_HIRE;
using event::v1::MOVE_TYPE_LATERAL;
using event::v1::MoveType;
using ::testing::ElementsAre;

const storage::Id kAna = Named("ana");
const storage::Id kBen = Named("ben");
const storage::Id kCat = Named("cat");

ContinuityFigures Count(const Told& told, std::set<int> types, storage::Day on) {
  ContinuityCount count(std::move(types), on);
  const WalkRange walk = [&](std::string_view from, const auto& visit) {
    std::optional<std::string> next(from);
    // Each jump begins a scan of its own.
    while (next) {
      const std::string start = *std::exchange(next, std::nullopt);
      const auto scanned = told.rows().Scan(start, {}, [&](std::string_view key, std::string_view value) {
        next = visit(key, value);
        return next && next->empty();
      });
      if (!scanned.ok()) return scanned;
      if (next && next->empty()) break;
    }
    return absl::OkStatus();
  };
  const auto visited = VisitPairs(walk, [&](const auto& pair) { count.Add(pair); });
  EXPECT_TRUE(visited.ok()) << visited;
  return count.Figures();
}

// The person's row as it was: touches and starts by `until`.
view::v1::ContinuityPersonRow RowOn(const Told& told, const storage::Id& person, storage::Day until) {
  view::v1::ContinuityPersonRow row;
  const auto stored = told.rows().Get(ContinuityPersonKey(person));
  if (!stored.ok() || !*stored) return row;
  EXPECT_TRUE(row.ParseFromString(**stored));
  const ScanRange scan = [&](std::string_view from, std::string_view to, const auto& visit) {
    return told.rows().Scan(from, to, visit);
  };
  const auto turned = TurnBack(scan, person, until, row);
  EXPECT_TRUE(turned.ok()) << turned;
  return row;
}

class ContinuityTest : public ::testing::Test {
 protected:
  // moved, after the first, after the last.
  std::vector<std::uint64_t> Figures(std::set<int> types = {}, std::string_view on = "2030-01-01") {
    const auto figures = Count(told_, std::move(types), On(on));
    return {figures.moved, figures.after_first_move, figures.after_last_move};
  }
  ContinuityView view_{Codec()};
  Told told_{view_};
};

TEST_F(ContinuityTest, TheFirstRowOfAPersonIsNoMove) {
  told_.Started(kAna, kBen, "2020-01-01");
  told_.Moved(kBen, "hired", MOVE_TYPE_HIRE, "2020-06-01");
  EXPECT_THAT(Figures(), ElementsAre(0, 0, 0));
  told_.Moved(kBen, "moved", MOVE_TYPE_LATERAL, "2020-07-01");
  EXPECT_THAT(Figures(), ElementsAre(1, 0, 0));
}

TEST_F(ContinuityTest, AMoveOnOrBeforeTheStartDoesNotCount) {
  told_.Moved(kBen, "hired", MOVE_TYPE_HIRE, "2019-01-01");
  told_.Moved(kBen, "moved", MOVE_TYPE_LATERAL, "2020-01-01");
  told_.Started(kAna, kBen, "2020-01-01");
  EXPECT_THAT(Figures(), ElementsAre(0, 0, 0));
  told_.Started(kAna, kBen, "2019-12-31", "p");
  EXPECT_THAT(Figures(), ElementsAre(1, 0, 0)) << "the earliest start of the pair counts, whatever the kind";
}

TEST_F(ContinuityTest, AfterIsStrictlyLater) {
  told_.Started(kAna, kBen, "2020-01-01");
  told_.Moved(kBen, "hired", MOVE_TYPE_HIRE, "2019-01-01");
  told_.Moved(kBen, "moved", MOVE_TYPE_LATERAL, "2020-06-01");
  told_.Touched(kAna, kBen, "c1", "2020-06-01");
  EXPECT_THAT(Figures(), ElementsAre(1, 0, 0));
  told_.Touched(kAna, kBen, "c2", "2020-06-02");
  EXPECT_THAT(Figures(), ElementsAre(1, 1, 1));
  told_.Moved(kBen, "again", MOVE_TYPE_EXIT, "2020-06-02");
  EXPECT_THAT(Figures(), ElementsAre(1, 1, 0));
  EXPECT_THAT(Figures({MOVE_TYPE_LATERAL}), ElementsAre(1, 1, 1));
  EXPECT_THAT(Figures({MOVE_TYPE_EXIT}), ElementsAre(1, 0, 0));
  EXPECT_THAT(Figures({}, "2020-06-01"), ElementsAre(1, 0, 0)) << "what comes later is not known on that day";
}

TEST_F(ContinuityTest, TheOtherDirectionIsAnotherPair) {
  told_.Started(kAna, kBen, "2020-01-01");
  told_.Moved(kAna, "hired", MOVE_TYPE_HIRE, "2019-01-01");
  told_.Moved(kAna, "moved", MOVE_TYPE_LATERAL, "2020-06-01");
  EXPECT_THAT(Figures(), ElementsAre(0, 0, 0)) << "the mentor moved, not the mentee";
}

TEST_F(ContinuityTest, TheCurveIsKaplanAndMeiers) {
  // Silent 10, 20 and 20 days, and one censored between them on day 15 by the day of evaluation.
  const auto mentee = [&](std::string_view name, std::string_view last_before, std::string_view first_after) {
    const auto person = Named(name);
    told_.Moved(person, std::string(name) + "1", MOVE_TYPE_HIRE, "2019-01-01");
    told_.Started(kAna, person, "2019-02-01");
    told_.Touched(kAna, person, std::string(name) + "a", last_before);
    told_.Moved(person, std::string(name) + "2", MOVE_TYPE_LATERAL, "2020-01-05");
    if (!first_after.empty()) told_.Touched(kAna, person, std::string(name) + "b", first_after);
  };
  mentee("a", "2020-01-01", "2020-01-11");
  mentee("b", "2020-01-01", "2020-01-21");
  mentee("c", "2020-01-05", "2020-01-25");
  mentee("d", "2020-01-04", "");
  mentee("e", "2020-01-01", "2020-01-31");
  const auto curve = Count(told_, {}, On("2020-01-19")).survival;
  ASSERT_EQ(curve.size(), 1U) << "on 19 January only one was back";
  EXPECT_EQ(curve[0].days, 10U);
  EXPECT_EQ(curve[0].at_risk, 5U);
  const auto later = Count(told_, {}, On("2020-01-29")).survival;
  ASSERT_EQ(later.size(), 2U);
  EXPECT_EQ(later[1].days, 20U);
  EXPECT_EQ(later[1].at_risk, 4U);
  EXPECT_EQ(later[1].events, 2U);
  EXPECT_NEAR(later[1].survival, 0.8 * 0.5, 1e-12);
}

TEST_F(ContinuityTest, SilenceIsOfAllMentorsTogether) {
  const auto silence_on = [&](std::string_view on) { return SilenceOf(RowOn(told_, kBen, On(on)), On(on)); };
  told_.Registered(kBen, "2020-01-01");
  EXPECT_EQ(silence_on("2020-01-31")->days, 30);
  EXPECT_FALSE(silence_on("2019-12-31").has_value());
  told_.Started(kAna, kBen, "2020-01-02");
  told_.Started(kCat, kBen, "2020-01-15");
  told_.Touched(kCat, kBen, "late", "2020-01-20");
  told_.Touched(kAna, kBen, "early", "2020-01-10");
  told_.Between(kCat, kBen, event::v1::RelationshipClosed(), "2020-01-21");
  EXPECT_EQ(silence_on("2020-01-31")->days, 11);
  EXPECT_EQ(silence_on("2020-01-31")->active_relationships, 1U);
  EXPECT_EQ(silence_on("2020-01-19")->days, 9);
  EXPECT_EQ(silence_on("2020-01-01")->active_relationships, 0U);
  told_.Retracted(kCat, kBen, "late");
  EXPECT_EQ(silence_on("2020-01-31")->days, 21);
  told_.Moved(kBen, "left", MOVE_TYPE_EXIT, "2020-01-25");
  EXPECT_FALSE(silence_on("2020-01-31").has_value());
  EXPECT_TRUE(silence_on("2020-01-24").has_value());
}

// What is known, without any order but that of the facts told.
struct Model {
  struct Move {
    std::int32_t on;
    std::uint64_t order;
    MoveType type;
    std::string id;
  };
  struct Touch {
    storage::Id mentor, mentee;
    std::int32_t on;
    std::string kind;
  };
  std::map<storage::Id, std::vector<Move>> moves;
  std::map<std::pair<storage::Id, storage::Id>, std::int32_t> starts;
  std::map<std::string, Touch> touches;
  // The earliest start of each relationship, and whether it is active.
  std::map<std::tuple<storage::Id, storage::Id, std::string>, std::pair<std::int32_t, bool>> relationships;

  std::optional<std::int32_t> LastTouch(const storage::Id& mentee, storage::Day until) const {
    std::optional<std::int32_t> last;
    for (const auto& [id, touch] : touches) {
      if (touch.mentee == mentee && touch.on <= until.value) last = std::max(last.value_or(touch.on), touch.on);
    }
    return last;
  }
  std::uint32_t Active(const storage::Id& mentee, storage::Day on) const {
    return static_cast<std::uint32_t>(std::count_if(relationships.begin(), relationships.end(), [&](const auto& known) {
      return std::get<1>(known.first) == mentee && known.second.second && known.second.first <= on.value;
    }));
  }
  std::tuple<std::uint64_t, std::uint64_t, std::uint64_t> Figures(const std::set<int>& types) const {
    std::uint64_t moved = 0, first = 0, last = 0;
    for (const auto& [pair, start] : starts) {
      auto known = moves.contains(pair.second) ? moves.at(pair.second) : std::vector<Move>{};
      std::sort(known.begin(), known.end(),
                [](const Move& a, const Move& b) { return std::tuple(a.on, a.order) < std::tuple(b.on, b.order); });
      std::vector<std::int32_t> days;
      for (std::size_t i = 1; i < known.size(); ++i) {
        if (known[i].on > start && (types.empty() || types.contains(known[i].type))) days.push_back(known[i].on);
      }
      if (days.empty()) continue;
      const auto touched_after = [&, key = pair](std::int32_t day) {
        return std::any_of(touches.begin(), touches.end(), [&](const auto& touch) {
          return std::pair(touch.second.mentor, touch.second.mentee) == key && touch.second.on > day;
        });
      };
      ++moved;
      first += touched_after(days.front()) ? 1U : 0U;
      last += touched_after(days.back()) ? 1U : 0U;
    }
    return {moved, first, last};
  }
};

// Tells random facts to the view and to the model.
class Chance {
 public:
  Chance(std::uint32_t seed, Told& told) : random_(seed), told_(told) {}

  void TellOne() {
    switch (Draw(9)) {
      case 0: {
        const auto [mentor, mentee] = Pair();
        const auto on = Day();
        const auto kind = Kind();
        told_.Started(mentor, mentee, on.ToText(), kind);
        auto& [start, active] = model_.relationships.try_emplace({mentor, mentee, kind}, on.value, true).first->second;
        start = std::min(start, on.value);
        active = true;
        const auto [at, added] = model_.starts.emplace(std::pair(mentor, mentee), on.value);
        if (!added) at->second = std::min(at->second, on.value);
        return;
      }
      case 1:
      case 2: {
        const auto person = Person();
        const auto on = Day();
        const auto id = "move" + std::to_string(++count_);
        const auto type = static_cast<MoveType>(1 + Draw(10));
        const auto position = told_.Moved(person, id, type, on.ToText());
        model_.moves[person].push_back({on.value, position, type, id});
        return;
      }
      case 3:
        return ChangeAMove();
      case 4:
        return ChangeATouch();
      case 5:
        return CloseOrReopen();
      default: {
        const auto [mentor, mentee] = Pair();
        const auto on = Day();
        const auto id = "touch" + std::to_string(++count_);
        const auto kind = Kind();
        told_.Touched(mentor, mentee, id, on.ToText(), kind);
        model_.touches[id] = {mentor, mentee, on.value, kind};
        return;
      }
    }
  }
  const Model& model() const { return model_; }
  storage::Id Person() { return Named("person" + std::to_string(Draw(4))); }
  storage::Day Day() { return On("2020-01-01").Plus(Draw(12)); }
  std::set<int> Types() {
    std::set<int> types;
    for (int n = Draw(4); n > 0; --n) types.insert(1 + Draw(10));
    return types;
  }

 private:
  int Draw(int below) { return static_cast<int>(random_() % static_cast<std::uint32_t>(below)); }
  std::pair<storage::Id, storage::Id> Pair() {
    const auto mentor = Person();
    auto mentee = Person();
    while (mentee == mentor) mentee = Person();
    return {mentor, mentee};
  }
  std::string Kind() { return Draw(2) == 0 ? "m" : "p"; }

  void ChangeAMove() {
    const auto person = Person();
    auto& moves = model_.moves[person];
    if (moves.empty()) return;
    const auto at = static_cast<std::size_t>(Draw(static_cast<int>(moves.size())));
    if (Draw(2) == 0) {
      event::v1::MoveRetracted retracted;
      retracted.set_move_id(Named(moves[at].id).ToBytes());
      told_.That(1, person, retracted, Day(), {person});
      moves.erase(moves.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    }
    moves[at].on = Day().value;
    moves[at].type = static_cast<MoveType>(1 + Draw(10));
    event::v1::MoveCorrected corrected;
    corrected.set_move_id(Named(moves[at].id).ToBytes());
    corrected.set_effective_on(moves[at].on);
    corrected.set_type(moves[at].type);
    told_.That(1, person, corrected, Day(), {person});
  }

  void ChangeATouch() {
    if (model_.touches.empty()) return;
    auto at = std::next(model_.touches.begin(), Draw(static_cast<int>(model_.touches.size())));
    auto& [id, touch] = *at;
    if (Draw(2) == 0) {
      told_.Retracted(touch.mentor, touch.mentee, id, touch.kind);
      model_.touches.erase(at);
      return;
    }
    touch.on = Day().value;
    told_.MovedTo(touch.mentor, touch.mentee, id, storage::Day{touch.on}.ToText(), touch.kind);
  }

  void CloseOrReopen() {
    if (model_.relationships.empty()) return;
    auto at = std::next(model_.relationships.begin(), Draw(static_cast<int>(model_.relationships.size())));
    const auto& [mentor, mentee, kind] = at->first;
    auto& active = at->second.second;
    active = Draw(2) == 0;
    if (active) {
      told_.Between(mentor, mentee, event::v1::RelationshipReopened(), Day().ToText(), kind);
    } else {
      told_.Between(mentor, mentee, event::v1::RelationshipClosed(), Day().ToText(), kind);
    }
  }

  std::mt19937 random_;
  Told& told_;
  Model model_;
  int count_ = 0;
};

TEST(ContinuityProperty, AgreesWithANaiveModelWhateverTheOrder) {
  const ContinuityView view(Codec());
  std::uint64_t moved = 0, touched = 0, active = 0;
  for (std::uint32_t seed = 1; seed <= 150; ++seed) {
    Told told(view);
    Chance chance(seed, told);
    for (int step = 0; step < 60; ++step) {
      chance.TellOne();
      const auto types = chance.Types();
      const auto figures = Count(told, types, On("2030-01-01"));
      const auto expected = chance.model().Figures(types);
      ASSERT_EQ(std::tuple(figures.moved, figures.after_first_move, figures.after_last_move), expected)
          << "seed " << seed << " step " << step;
      moved += figures.moved;
      const auto person = chance.Person();
      const auto until = chance.Day();
      const auto row = RowOn(told, person, until);
      const auto last = row.has_last_touch_on() ? std::optional(row.last_touch_on()) : std::nullopt;
      ASSERT_EQ(last, chance.model().LastTouch(person, until)) << "seed " << seed << " step " << step;
      ASSERT_EQ(row.active_relationships(), chance.model().Active(person, until))
          << "seed " << seed << " step " << step;
      touched += last ? 1U : 0U;
      active += row.active_relationships();
    }
  }
  EXPECT_GT(moved, 3'000U) << "the facts told must make moves that count";
  EXPECT_GT(touched, 2'000U);
  EXPECT_GT(active, 2'000U);
}

}  // namespace
}  // namespace mentorlog::today
