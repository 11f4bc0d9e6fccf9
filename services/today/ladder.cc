#include "services/today/ladder.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mentorlog::today {
namespace {

using event::v1::OWED_CAUSE_ASKED;
using event::v1::OWED_CAUSE_MOVE;
using event::v1::OWED_CAUSE_SETBACK;
using storage::Day;
using storage::Id;
using view::v1::PairRow;

// Days from Monday 1969-12-29, so that a week is a number.
std::int32_t WeekOf(Day day) { return (day.value + 3) >= 0 ? (day.value + 3) / 7 : (day.value - 3) / 7; }
Day MondayOf(Day day) { return Day{WeekOf(day) * 7 - 3}; }

// One mentee on one day: what the rungs ask.
class Tie {
 public:
  Tie(const Id& mentor, const Mentee& mentee, Day day, Day until) : mentee_(mentee.id), row_(*mentee.row), day_(day) {
    hash_ = StableHash(mentor.ToBytes() + mentee_.ToBytes());
    for (const auto& slot : row_.slots()) {
      if (!slot.as_mentor()) continue;
      declared_ = true;
      if (slot.status() == PairRow::STATUS_PAUSED) paused_ = true;
      const bool counts = slot.status() == PairRow::STATUS_ACTIVE || slot.status() == PairRow::STATUS_STARTED;
      if (counts && slot.started_on() <= until.value) Join(slot);
    }
    // The clock counts from the last real touch, or from the start if there was none.
    base_ = row_.has_last_touch_on() ? row_.last_touch_on() : started_on_;
    if (row_.has_last_touch_on() && !row_.last_touch_imported()) imported_ = false;
  }

  bool active() const { return active_; }
  bool known() const { return active_ || paused_; }
  bool declared() const { return declared_; }
  std::uint64_t hash() const { return hash_; }
  bool sleeps() const { return day_.value - base_ > SleepsAfter(); }
  bool touched_since(Day day) const { return row_.has_last_touch_on() && row_.last_touch_on() >= day.value; }

  // The most urgent rung; nullopt: nothing is to be done.
  std::optional<Card> Look() const {
    if (auto card = Owed(OWED_CAUSE_ASKED, Rung::kAsked)) return card;
    if (auto card = Owed(OWED_CAUSE_MOVE, Rung::kOwedAfterMove)) return card;
    if (auto card = Owed(OWED_CAUSE_SETBACK, Rung::kOwedDebrief)) return card;
    if (auto card = OverduePromise()) return card;
    if (auto card = ClosingOffer()) return card;
    if (sleeps()) return std::nullopt;
    if (auto card = Silent(Rung::kPastMax, cadence_.max_days)) return card;
    if (auto card = NeverMet()) return card;
    if (auto card = Silent(Rung::kPastIdeal, cadence_.ideal_days)) return card;
    return UnheardAdvocacy();
  }

  std::optional<Card> UnheardAdvocacy() const;

  Card Reconnect() const { return Make(Rung::kReconnect, base_, base_ + SleepsAfter(), Behind()); }

 private:
  void Join(const PairRow::Slot& slot) {
    const auto cadence = CadenceOf(slot);
    cadence_ = active_ ? relationships::Strictest(cadence_, cadence) : cadence;
    if (!active_ || slot.started_on() < started_on_) {
      started_on_ = slot.started_on();
      started_at_ = slot.started_at();
    }
    if (slot.has_imported_on()) {
      imported_on_ = std::max(imported_on_, slot.imported_on());
      imported_ = true;
    }
    active_ = true;
  }

  std::int32_t SleepsAfter() const { return relationships::SleepsAfterDays(cadence_); }
  std::vector<std::uint64_t> Behind() const { return {row_.has_last_touch_on() ? row_.last_touch_at() : started_at_}; }

  // The day that something becomes due. The first one after an import is spread over ideal_days, so that what was
  // imported together is not due together.
  std::int32_t Spread(std::int32_t due_on) const { return imported_ ? SpreadFrom(imported_on_, due_on) : due_on; }
  // What was imported on a day first falls due on some day after that, so that not everything is due at once.
  std::int32_t SpreadFrom(std::int32_t imported_on, std::int32_t due_on) const {
    const auto days = cadence_.ideal_days > 0 ? cadence_.ideal_days : relationships::kRegularCadence.ideal_days;
    const auto ideal = static_cast<std::uint64_t>(days);
    return std::max(due_on, imported_on) + static_cast<std::int32_t>(hash_ % ideal);
  }

  Card Make(Rung rung, std::int32_t since, std::int32_t due_on, std::vector<std::uint64_t> because) const {
    std::sort(because.begin(), because.end());
    Card card{mentee_,
              rung,
              std::max(0, day_.value - due_on),
              Day{due_on},
              Day{since},
              std::nullopt,
              cadence_,
              std::move(because),
              {}};
    if (row_.has_last_touch_on()) card.last_touch_on = Day{row_.last_touch_on()};
    return card;
  }

  std::optional<Card> Owed(event::v1::OwedCause cause, Rung rung) const {
    const PairRow::Debt* oldest = nullptr;
    for (const auto& debt : row_.debts()) {
      if (!debt.as_mentor() || debt.cause() != cause || debt.owed_on() > day_.value) continue;
      // The clock runs across kinds: a touch in another relationship of the two is the first one after the move, too.
      if (cause == OWED_CAUSE_MOVE && touched_since(Day{debt.owed_on()})) continue;
      if (oldest == nullptr || debt.owed_on() < oldest->owed_on()) oldest = &debt;
    }
    if (oldest == nullptr) return std::nullopt;
    auto card = Make(rung, oldest->owed_on(), oldest->owed_on(), {oldest->position()});
    if (oldest->has_due_on()) card.due_on = Day{oldest->due_on()};
    card.cause_id = oldest->cause_id();
    return card;
  }

  std::optional<Card> OverduePromise() const {
    const PairRow::Promise* first = nullptr;
    for (const auto& promise : row_.promises()) {
      if (!promise.own() || !promise.has_due_on() || promise.due_on() >= day_.value) continue;
      if (first == nullptr || promise.due_on() < first->due_on()) first = &promise;
    }
    if (first == nullptr) return std::nullopt;
    return Make(Rung::kPromiseOverdue, first->due_on(), first->due_on(), {first->position()});
  }

  std::optional<Card> ClosingOffer() const {
    const PairRow::Offer* first = nullptr;
    for (const auto& offer : row_.offers()) {
      const auto left = offer.respond_by() - day_.value;
      if (!offer.as_mentor() || left < 0 || left > kOfferWithinDays) continue;
      if (first == nullptr || offer.respond_by() < first->respond_by()) first = &offer;
    }
    if (first == nullptr) return std::nullopt;
    auto card =
        Make(Rung::kOfferClosing, first->respond_by(), first->respond_by() - kOfferWithinDays, {first->position()});
    card.due_on = Day{first->respond_by()};
    return card;
  }

  std::optional<Card> Silent(Rung rung, std::int32_t days) const {
    const auto due_on = Spread(base_ + days);
    if (day_.value <= due_on) return std::nullopt;
    return Make(rung, base_, due_on, Behind());
  }

  std::optional<Card> NeverMet() const {
    const auto due_on = Spread(started_on_ + kNeverMetDays);
    if (row_.has_last_touch_on() || day_.value < due_on) return std::nullopt;
    return Make(Rung::kNeverMet, started_on_, due_on, {started_at_});
  }

  const Id mentee_;
  const PairRow& row_;
  const Day day_;
  std::uint64_t hash_ = 0;
  bool declared_ = false;
  bool active_ = false;
  bool paused_ = false;
  bool imported_ = false;
  std::int32_t imported_on_ = 0;
  std::int32_t started_on_ = 0;
  std::uint64_t started_at_ = 0;
  std::int32_t base_ = 0;
  Cadence cadence_;
};

std::optional<Card> Tie::UnheardAdvocacy() const {
  const auto due_on = [&](const PairRow::Advocacy& advocacy) {
    const auto due = advocacy.made_on() + kAdvocacyDays;
    return advocacy.has_imported_on() ? SpreadFrom(advocacy.imported_on(), due) : due;
  };
  const PairRow::Advocacy* oldest = nullptr;
  for (const auto& advocacy : row_.advocacies()) {
    if (!advocacy.own() || day_.value < due_on(advocacy)) continue;
    if (oldest == nullptr || advocacy.made_on() < oldest->made_on()) oldest = &advocacy;
  }
  if (oldest == nullptr) return std::nullopt;
  return Make(Rung::kAdvocacyUnheard, oldest->made_on(), due_on(*oldest), {oldest->position()});
}

bool MoreUrgent(const std::pair<Card, std::uint64_t>& a, const std::pair<Card, std::uint64_t>& b) {
  return std::tuple(a.first.rung, -a.first.days_waiting, a.second) <
         std::tuple(b.first.rung, -b.first.days_waiting, b.second);
}

// The one sleeping tie of this week; nullptr: none. Who was touched this week stays a candidate, so that a touch
// never brings a second card.
const Tie* TieOfTheWeek(const Id& mentor, const std::vector<std::pair<Tie, Id>>& ties, Day day) {
  const Tie* pick = nullptr;
  std::uint64_t least = 0;
  for (const auto& [tie, mentee] : ties) {
    if (!tie.sleeps() && !tie.touched_since(MondayOf(day))) continue;
    const auto hash = StableHash(absl::StrCat(WeekOf(day), "/", mentor.ToHex(), "/", mentee.ToHex()));
    if (pick == nullptr || hash < least) {
      pick = &tie;
      least = hash;
    }
  }
  return pick != nullptr && pick->sleeps() && !pick->Look() ? pick : nullptr;
}

std::string Days(std::int32_t days) { return days == 1 ? "1 day" : absl::StrCat(days, " days"); }
std::string Ago(Day since, Day day) {
  const auto days = day.value - since.value;
  return days == 0 ? "today" : days == 1 ? "yesterday" : absl::StrCat(days, " days ago");
}

std::string MoveSentence(const Card& card, const std::string& who, const std::optional<MoveBehind>& move, Day day) {
  if (!move) return absl::StrCat("the first talk with ", who, " after a move is owed since ", card.since->ToText());
  const auto role = move->role.empty() ? std::string() : absl::StrCat(" (", move->role, ")");
  const bool spoken = card.last_touch_on && *card.last_touch_on >= move->effective_on;
  return absl::StrCat(move->by_mentee ? who : "you", " moved", role, " ", Ago(move->effective_on, day),
                      spoken            ? "; the first talk about it is owed"
                      : move->by_mentee ? "; you have not spoken since"
                                        : absl::StrCat("; you have not spoken with ", who, " since"));
}

}  // namespace

std::uint64_t StableHash(std::string_view pieces) {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a, then mixed so that the low bits are as good as the high ones
  for (const char byte : pieces) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdULL;
  return hash ^ (hash >> 33);
}

Cadence CadenceOf(const PairRow::Slot& slot) {
  if (slot.ideal_days() == 0) return relationships::PolicyDays(slot.mode());
  return {static_cast<std::int32_t>(slot.ideal_days()), static_cast<std::int32_t>(slot.max_days())};
}

Ladder Climb(const Id& mentor, std::span<const Mentee> mentees, Day day, Day until) {
  Ladder ladder;
  std::vector<std::pair<Tie, Id>> active;
  std::vector<std::pair<Card, std::uint64_t>> cards;
  for (const auto& mentee : mentees) {
    Tie tie(mentor, mentee, day, until);
    if (tie.known()) ++ladder.mentees;
    auto card = tie.active() ? tie.Look() : tie.declared() ? std::nullopt : tie.UnheardAdvocacy();
    if (card) cards.emplace_back(*std::move(card), tie.hash());
    if (!card && tie.active() && tie.sleeps()) ++ladder.sleeping;
    if (tie.active()) active.emplace_back(tie, mentee.id);
  }
  std::sort(cards.begin(), cards.end(), MoreUrgent);
  for (auto& [card, hash] : cards) {
    (ladder.cards.size() < kCardsMax ? ladder.cards : ladder.could_wait).push_back(std::move(card));
  }
  const Tie* sleeper = ladder.cards.size() < kCardsMax ? TieOfTheWeek(mentor, active, day) : nullptr;
  if (sleeper != nullptr) ladder.cards.push_back(sleeper->Reconnect());
  return ladder;
}

std::string Sentence(const Card& card, std::string_view name, const std::optional<MoveBehind>& move, Day day) {
  const std::string who = name.empty() ? "a mentee" : std::string(name);
  const auto silence = [&] {
    return card.last_touch_on ? absl::StrCat("the last touch with ", who, " was ", Ago(*card.last_touch_on, day))
                              : absl::StrCat("you never met ", who, " since it started ", Ago(*card.since, day));
  };
  std::string said;
  switch (card.rung) {
    case Rung::kAsked:
      said = absl::StrCat(who, " asked for a talk ", Ago(*card.since, day));
      break;
    case Rung::kOwedAfterMove:
      said = MoveSentence(card, who, move, day);
      break;
    case Rung::kOwedDebrief:
      said = absl::StrCat(who, " had a setback ", Ago(*card.since, day), "; the debrief is owed");
      break;
    case Rung::kPromiseOverdue:
      said = absl::StrCat("your promise to ", who, " was due ", Ago(*card.due_on, day));
      break;
    case Rung::kOfferClosing:
      said = *card.due_on == day
                 ? absl::StrCat(who, " must answer your offer today")
                 : absl::StrCat(who, " must answer your offer within ", Days(card.due_on->value - day.value));
      break;
    case Rung::kPastMax:
      said = absl::StrCat(silence(), "; at most ", card.cadence.max_days, " were meant");
      break;
    case Rung::kNeverMet:
      said = absl::StrCat("it started with ", who, " ", Ago(*card.since, day), " and you never met");
      break;
    case Rung::kPastIdeal:
      said = absl::StrCat(silence(), "; every ", card.cadence.ideal_days, " would be ideal");
      break;
    case Rung::kAdvocacyUnheard:
      said = absl::StrCat("you spoke up for ", who, " ", Ago(*card.since, day),
                          " and nothing is known of what came of it");
      break;
    case Rung::kReconnect:
      said = absl::StrCat(silence(), "; a word would wake it up");
      break;
  }
  const bool begins_with_name = !name.empty() && said.starts_with(name);
  if (!begins_with_name && said.front() >= 'a' && said.front() <= 'z')
    said.front() = static_cast<char>(said.front() - 'a' + 'A');
  return said + ".";
}

}  // namespace mentorlog::today
