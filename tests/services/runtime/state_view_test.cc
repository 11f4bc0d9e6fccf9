#include "services/runtime/state_view.h"

#include "gtest/gtest.h"
#include "mentorlog/view/v1/state.pb.h"
#include "storage/refusal.h"
#include "tests/services/runtime/lamps.h"

namespace mentorlog::runtime_test {
namespace {

template <typename Event>
storage::Record Stored(const runtime::EventCodec& codec, std::uint64_t revision, Event event) {
  const auto proposed = *codec.ToRecord(FactOf(1, event));
  storage::Record record;
  record.header.set_type(proposed.type());
  record.header.set_stream(proposed.stream());
  record.header.set_revision(revision);
  record.open = proposed.open_part();
  return record;
}

// A lamp's one item, begun when it is bought: how often it was switched since.
std::optional<storage::Id> ItemOf(const LampEvent&) { return IdOf(9); }
bool CreatesItem(const LampEvent& event) { return event.has_lamp_bought(); }
void EvolveItem(LampState& item, const log::v1::Header&, const LampEvent& event) {
  item.set_switched(item.switched() + (event.has_lamp_switched() ? 1 : 0));
}

class StateViewTest : public ::testing::Test {
 protected:
  LampState StateOf(std::uint8_t lamp) {
    view::v1::StateRow row;
    LampState state;
    EXPECT_TRUE(row.ParseFromString(rows_.rows().at(Lamp(lamp).ToBytes())));
    EXPECT_TRUE(state.ParseFromString(row.state()));
    return state;
  }

  const runtime::EventCodec codec_ = LampCodec();
  const runtime::StateView view_{codec_, LampFolds(), 1};
  storage::MemoryRows rows_;
};

TEST_F(StateViewTest, FoldsOneRowPerStream) {
  std::vector<std::string> entities;
  view_.Entities(Stored(codec_, 0, Bought(60)), entities);
  ASSERT_EQ(entities, std::vector<std::string>{Lamp(1).ToBytes()});
  ASSERT_TRUE(view_.Fold(Stored(codec_, 0, Bought(60)), entities[0], rows_).ok());
  ASSERT_TRUE(view_.Fold(Stored(codec_, 1, Switched(true)), entities[0], rows_).ok());
  EXPECT_EQ(StateOf(1).watts(), 60);
  EXPECT_TRUE(StateOf(1).on());
}

TEST_F(StateViewTest, ARowIsWrittenAsProtocolBuffersWritesIt) {
  const auto entity = Lamp(1).ToBytes();
  std::uint64_t revision = 0;
  const auto fold_and_compare = [&](const storage::Record& record) {
    ASSERT_TRUE(view_.Fold(record, entity, rows_).ok());
    view::v1::StateRow row;
    ASSERT_TRUE(row.ParseFromString(rows_.rows().at(entity)));
    EXPECT_EQ(row.revision(), revision++);
    EXPECT_EQ(row.SerializeAsString(), rows_.rows().at(entity));
  };
  // A state without any field, then with one; a revision of one byte and of two.
  fold_and_compare(Stored(codec_, 0, Bought(0)));
  EXPECT_TRUE(rows_.rows().at(entity).empty());
  fold_and_compare(Stored(codec_, 1, Bought(60)));
  for (std::uint64_t next = 2; next < 130; ++next) fold_and_compare(Stored(codec_, next, Switched(true)));
}

TEST_F(StateViewTest, RefusesARowThatIsNone) {
  const auto entity = Lamp(1).ToBytes();
  ASSERT_TRUE(view_.Fold(Stored(codec_, 0, Bought(60)), entity, rows_).ok());
  ASSERT_TRUE(view_.Fold(Stored(codec_, 1, Switched(true)), entity, rows_).ok());
  const std::string whole = rows_.rows().at(entity);
  for (std::size_t size = whole.size() - 1; size > 2; --size) {
    rows_.Put(entity, whole.substr(0, size));
    EXPECT_EQ(storage::ReasonOf(view_.Fold(Stored(codec_, 2, Switched(false)), entity, rows_)), "VIEW_QUARANTINED")
        << size;
  }
  rows_.Put(entity, whole + "\x07");
  EXPECT_EQ(storage::ReasonOf(view_.Fold(Stored(codec_, 2, Switched(false)), entity, rows_)), "VIEW_QUARANTINED");
}

TEST_F(StateViewTest, AnItemThatAnEventCreatesIsNotLookedForAndAnyOtherIs) {
  const runtime::StateView view(codec_, {runtime::WithItems(LampFolds().front(), &ItemOf, &CreatesItem, &EvolveItem)},
                                1);
  const auto entity = Lamp(1).ToBytes();
  const auto item = entity + IdOf(9).ToBytes();
  rows_.Put(item, "no item");
  ASSERT_TRUE(view.Fold(Stored(codec_, 0, Bought(60)), entity, rows_).ok());
  ASSERT_TRUE(view.Fold(Stored(codec_, 1, Switched(true)), entity, rows_).ok());
  ASSERT_TRUE(view.Fold(Stored(codec_, 2, Switched(false)), entity, rows_).ok());
  LampState found;
  ASSERT_TRUE(found.ParseFromString(rows_.rows().at(item)));
  EXPECT_EQ(found.switched(), 2U);
  rows_.Put(item, "no item");
  EXPECT_EQ(storage::ReasonOf(view.Fold(Stored(codec_, 3, Switched(true)), entity, rows_)), "VIEW_QUARANTINED");
}

TEST_F(StateViewTest, RefusesARevisionOutOfTurn) {
  const auto status = view_.Fold(Stored(codec_, 1, Switched(true)), Lamp(1).ToBytes(), rows_);
  EXPECT_EQ(storage::ReasonOf(status), "LOG_DAMAGED");
  EXPECT_TRUE(rows_.rows().empty());
}

TEST_F(StateViewTest, RefusesAnEventThatThisBuildDoesNotKnowInsteadOfSkippingIt) {
  auto record = Stored(codec_, 0, Switched(true));
  record.header.set_type(99001);
  record.header.set_stream(storage::StreamKey{99, IdOf(1)}.ToBytes());
  std::vector<std::string> entities;
  view_.Entities(record, entities);
  ASSERT_EQ(entities.size(), 1U);
  EXPECT_EQ(storage::ReasonOf(view_.Fold(record, entities[0], rows_)), "UNKNOWN_EVENT");
}

}  // namespace
}  // namespace mentorlog::runtime_test
