// The view touches against a naive model: whatever order the check-ins came in.
#include "services/relationships/touches_view.h"

#include <algorithm>
#include <random>

#include "tests/services/relationships/relationships_world.h"

namespace mentorlog::relationships_test {
namespace {

// A check-in as the model keeps it.
struct Touch {
  Id id;
  std::int32_t day = 0;
  CheckInChannel channel = CHECK_IN_CHANNEL_CALL;
  // 0: nobody's half; 1 the mentor's, 2 the mentee's.
  int side = 0;
  bool counts = true;
};

// The most pairs of different sides, the same channel and days at most 1 apart: Kuhn's matching.
std::uint64_t MostPairs(const std::vector<Touch>& touches) {
  std::vector<const Touch*> mentors, mentees;
  for (const auto& touch : touches) {
    if (touch.counts && touch.side == 1) mentors.push_back(&touch);
    if (touch.counts && touch.side == 2) mentees.push_back(&touch);
  }
  std::vector<int> partner(mentees.size(), -1);
  std::uint64_t pairs = 0;
  for (std::size_t i = 0; i < mentors.size(); ++i) {
    std::vector<bool> seen(mentees.size(), false);
    const std::function<bool(std::size_t)> place = [&](std::size_t mentor) {
      for (std::size_t j = 0; j < mentees.size(); ++j) {
        const bool fits =
            mentors[mentor]->channel == mentees[j]->channel && std::abs(mentors[mentor]->day - mentees[j]->day) <= 1;
        if (!fits || seen[j]) continue;
        seen[j] = true;
        if (partner[j] < 0 || place(static_cast<std::size_t>(partner[j]))) {
          partner[j] = static_cast<int>(mentor);
          return true;
        }
      }
      return false;
    };
    pairs += place(i) ? 1 : 0;
  }
  return pairs;
}

view::v1::TouchesRow Model(const std::vector<Touch>& touches) {
  view::v1::TouchesRow row;
  std::vector<std::int32_t> days;
  for (const auto& touch : touches) {
    if (touch.counts) days.push_back(touch.day);
  }
  std::sort(days.begin(), days.end());
  row.set_check_ins(days.size());
  row.set_pairs(MostPairs(touches));
  if (days.empty()) return row;
  row.set_first_on(days.front());
  row.set_last_on(days.back());
  for (std::size_t i = 1; i < days.size(); ++i) {
    const auto gap = static_cast<std::uint32_t>(days[i] - days[i - 1]);
    if (gap <= row.longest_gap_days()) continue;
    row.set_longest_gap_days(gap);
    row.set_longest_gap_from(days[i - 1]);
  }
  return row;
}

class History {
 public:
  History() : codec_(*runtime::EventCodec::Create({RelationshipEvent::descriptor()})), view_(codec_) {}

  template <typename Event>
  void Write(Event event, std::int32_t day, int side) {
    const auto stream = RelationshipStream(Person(0x77));
    decider::Fact fact = decider::MakeFact(stream, std::move(event), Day{day}, {kAna, kBen});
    const auto proposed = *codec_.ToRecord(fact);
    storage::Record record;
    record.header.set_type(proposed.type());
    record.header.set_stream(proposed.stream());
    record.header.set_occurred_on(day);
    record.header.add_subjects(kAna.ToBytes());
    record.header.add_subjects(kBen.ToBytes());
    record.header.set_source(side == 3 ? log::v1::SOURCE_CSV : log::v1::SOURCE_GRPC);
    record.header.mutable_actor()->set_person_id(AuthorOf(side).ToBytes());
    record.open = proposed.open_part();
    std::vector<std::string> entities;
    view_.Entities(record, entities);
    ASSERT_EQ(entities.size(), 1u);
    ASSERT_TRUE(view_.Fold(record, entities.front(), rows_).ok());
  }

  view::v1::TouchesRow Row() const {
    view::v1::TouchesRow row;
    const auto stored = rows_.Get(RelationshipStream(Person(0x77)).ToBytes() + '\0');
    if (stored.ok() && *stored) row.ParseFromString(**stored);
    return row;
  }
  const storage::MemoryRows& rows() const { return rows_; }

  void Log(const Touch& touch) {
    CheckInLogged event;
    event.set_checkin_id(touch.id.ToBytes());
    event.set_channel(touch.channel);
    Write(event, touch.day, touch.side);
  }
  void Retract(const Touch& touch) {
    CheckInRetracted event;
    event.set_checkin_id(touch.id.ToBytes());
    *event.mutable_was() = Standing(touch);
    Write(event, 20'000, touch.side);
  }
  void Redate(const Touch& before, const Touch& touch) {
    CheckInAmended event;
    event.set_checkin_id(touch.id.ToBytes());
    *event.mutable_was() = Standing(before);
    event.set_met_on(touch.day);
    event.set_channel(touch.channel);
    Write(event, 20'000, touch.side);
  }

 private:
  static Id AuthorOf(int side) { return side == 2 ? kBen : side == 0 ? kCem : kAna; }
  static CheckInStanding Standing(const Touch& touch) {
    CheckInStanding was;
    was.set_met_on(touch.day);
    was.set_channel(touch.channel);
    was.set_author_id(AuthorOf(touch.side).ToBytes());
    was.set_imported(touch.side == 3);
    return was;
  }

  const runtime::EventCodec codec_;
  const TouchesView view_;
  storage::MemoryRows rows_;
};

TEST(TouchesView, EqualsTheModelInAnyOrderOfCheckInsAndCorrections) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto upto = [&random](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  for (int run = 0; run < 150; ++run) {
    History history;
    std::vector<Touch> touches;
    const int span = 2 + upto(40);
    for (int step = 0; step < 60; ++step) {
      const int what = touches.empty() ? 0 : upto(5);
      if (what < 3) {
        Touch touch{Person(static_cast<std::uint8_t>(touches.size() + 1)), upto(span) - 5,
                    static_cast<CheckInChannel>(1 + upto(2)), upto(4), true};
        history.Log(touch);
        touches.push_back(touch);
      } else {
        Touch& touch = touches[static_cast<std::size_t>(upto(static_cast<int>(touches.size())))];
        if (!touch.counts) continue;
        if (what == 3) {
          history.Retract(touch);
          touch.counts = false;
        } else {
          const Touch before = touch;
          touch.day = upto(span) - 5;
          touch.channel = static_cast<CheckInChannel>(1 + upto(2));
          history.Redate(before, touch);
        }
      }
      ASSERT_EQ(history.Row().DebugString(), Model(touches).DebugString()) << "run " << run << " step " << step;
    }
    // The rows themselves depend on what counts alone.
    std::vector<Touch> left;
    std::copy_if(touches.begin(), touches.end(), std::back_inserter(left), [](const auto& t) { return t.counts; });
    if (left.empty()) continue;
    std::shuffle(left.begin(), left.end(), random);
    History again;
    for (const auto& touch : left) again.Log(touch);
    ASSERT_EQ(again.rows().rows().size(), history.rows().rows().size());
    ASSERT_EQ(again.Row().SerializeAsString(), history.Row().SerializeAsString());
  }
}

TEST(TouchesView, CountsBothSidesRecordsOfOneMeetingOnce) {
  History history;
  history.Log({Person(1), 100, CHECK_IN_CHANNEL_MEAL, 1, true});
  history.Log({Person(2), 101, CHECK_IN_CHANNEL_MEAL, 2, true});
  history.Log({Person(3), 101, CHECK_IN_CHANNEL_CALL, 2, true});
  history.Log({Person(4), 103, CHECK_IN_CHANNEL_MEAL, 2, true});
  EXPECT_EQ(history.Row().check_ins(), 4u);
  EXPECT_EQ(history.Row().pairs(), 1u);
}

TEST(TouchesView, NamesWhatIsWrongWithACorrectionThatDoesNotSayHowTheCheckInStood) {
  const auto codec = *runtime::EventCodec::Create({RelationshipEvent::descriptor()});
  const relationships::TouchesView view(codec);
  CheckInAmended amended;
  amended.set_met_on(19'000);
  const std::pair<std::uint32_t, std::string> corrections[] = {{3008, amended.SerializeAsString()},
                                                               {3009, CheckInRetracted().SerializeAsString()}};
  for (const auto& [type, open] : corrections) {
    storage::Record record;
    record.header.set_type(type);
    record.header.set_stream(StreamKey{3, Person(1)}.ToBytes());
    record.open = open;
    storage::MemoryRows rows;
    const auto folded = view.Fold(record, record.header.stream(), rows);
    EXPECT_EQ(folded.code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(folded.message(), "was: absent, want the check-in as it stood");
  }
}

}  // namespace
}  // namespace mentorlog::relationships_test
