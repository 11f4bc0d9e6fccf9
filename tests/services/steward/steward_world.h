// tests/services/steward/steward_world.h: every room over a log in memory, a clock that the test moves, and a steward
// that works when it is told to.
//
// No worker runs: what the steward has done is what a script let it do.
#ifndef MENTORLOG_TESTS_SERVICES_STEWARD_STEWARD_WORLD_H_
#define MENTORLOG_TESTS_SERVICES_STEWARD_STEWARD_WORLD_H_

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mentorlog/view/v1/assignment_state.pb.h"
#include "mentorlog/view/v1/relationship_state.pb.h"
#include "services/assignments/assignments_commands.h"
#include "services/people/people_commands.h"
#include "services/relationships/relationships_commands.h"
#include "services/runtime/dev_identity.h"
#include "services/server/rooms.h"
#include "services/server/served_log.h"
#include "services/steward/steward.h"

namespace mentorlog::steward_test {

using namespace event::v1;  // the words of the tests are those of the facts.
using decider::Day;
using decider::Id;
using storage::Position;
using Names = std::vector<std::string>;

inline Day On(std::string_view text) { return *Day::FromText(text); }

// Stands still until a test moves it; both clocks go together.
class MovedClock final : public storage::Clock {
 public:
  storage::Instant Now() const override { return {micros_}; }
  std::int64_t SteadyMicros() const override { return micros_; }
  // To an hour of a day, UTC.
  void Set(std::string_view day, int hour) { micros_ = (On(day).value * 24LL + hour) * 3600 * 1'000'000; }

 private:
  std::atomic<std::int64_t> micros_{0};
};

class World {
 public:
  explicit World(const storage::LedgerOptions& options = {}) : options_(options) {
    clock.Set("2026-03-02", 9);
    Open();
  }

  // The process ends and starts anew over the same store.
  void Restart() {
    log_.reset();
    Open();
  }

  const runtime::Desk& desk() const { return log_->desk(); }
  storage::Ledger& ledger() { return log_->ledger(); }
  storage::Store& store() { return *store_; }

  // Executes a command as somebody who may do everything; answers the records.
  template <typename Run>
  runtime::Outcome Do(Run run, log::v1::Source source = log::v1::SOURCE_GRPC) {
    runtime::Command command;
    command.name_space = "dev";
    command.request_id.bytes.fill(0xD0);
    for (int i = 0; i < 4; ++i)
      command.request_id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(requests_ >> (8 * i));
    ++requests_;
    command.request_hash = std::string(32, 'h');
    command.actor.service = "dev";
    command.actor.may_do_everything = true;
    command.source = source;
    command.decide = std::move(run);
    // Shared: the thread that tells may still be at it when the test goes on.
    const auto done = std::make_shared<std::promise<absl::StatusOr<runtime::Outcome>>>();
    auto told = done->get_future();
    runtime::Execute(desk(), std::move(command),
                     [done](absl::StatusOr<runtime::Outcome> outcome) { done->set_value(std::move(outcome)); });
    auto outcome = told.get();
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.ok() ? *std::move(outcome) : runtime::Outcome();
  }

  template <typename Command>
  runtime::Outcome Relate(const Command& command, log::v1::Source source = log::v1::SOURCE_GRPC) {
    return Do([&](const auto& context, auto& states) { return relationships::Run(context, states, command); }, source);
  }
  template <typename Command>
  runtime::Outcome Assign(const Command& command) {
    return Do([&](const auto& context, auto& states) { return assignments::RunCommand(context, states, command); });
  }

  // Somebody who has worked in Bristol since 2020.
  Id Person(const std::string& name) {
    people::RegisterPerson command;
    command.display_name = name;
    command.joined_on = On("2020-01-01");
    const Id person =
        Do([&](const auto& context, auto& states) { return people::RunRegisterPerson(context, states, command); })
            .records.at(0)
            ->stream()
            .id;
    Move(person, MOVE_TYPE_HIRE, "2020-01-01", "Engineer", "Bristol");
    return person;
  }

  struct Moved {
    Id move;
    Position position;
  };
  Moved Move(const Id& person, MoveType type, std::string_view on, const std::string& title, const std::string& site,
             log::v1::Source source = log::v1::SOURCE_GRPC) {
    people::RecordMove command;
    command.person = person;
    command.type = type;
    command.effective_on = On(on);
    command.to.title = title;
    command.to.site = site;
    const auto outcome =
        Do([&](const auto& context, auto& states) { return people::RunRecordMove(context, states, command); }, source);
    PersonEvent event;
    EXPECT_TRUE(desk().codec.ParseOpen(*outcome.records.at(0), event).ok());
    return {*Id::FromBytes(event.person_moved().move_id()), outcome.records.at(0)->position()};
  }
  Moved Transfer(const Id& person, std::string_view on, const std::string& site = "Leeds",
                 log::v1::Source source = log::v1::SOURCE_GRPC) {
    return Move(person, MOVE_TYPE_TRANSFER, on, "Engineer", site, source);
  }

  void Retract(const Id& person, const Id& move) {
    people::RetractMove command{person, move, MOVE_RETRACTION_REASON_MISTAKEN, "", clock.Now().UtcDay()};
    Do([&](const auto& context, auto& states) { return people::RunRetractMove(context, states, command); });
  }

  // What is nullopt stays as it was recorded.
  struct Corrected {
    std::optional<MoveType> type = std::nullopt;
    std::optional<std::string_view> on = std::nullopt;
    std::optional<std::string> title = std::nullopt;
    std::optional<std::string> site = std::nullopt;
  };
  Position Correct(const Id& person, const Id& move, const Corrected& corrected) {
    people::CorrectMove command;
    command.person = person;
    command.move = move;
    command.type = corrected.type;
    if (corrected.on) command.effective_on = On(*corrected.on);
    command.to.title = corrected.title;
    command.to.site = corrected.site;
    command.occurred_on = clock.Now().UtcDay();
    return Do([&](const auto& context, auto& states) { return people::RunCorrectMove(context, states, command); })
        .records.at(0)
        ->position();
  }

  // A touch in a relationship; answers its id.
  Id Touch(const Id& relationship, std::string_view on, log::v1::Source source = log::v1::SOURCE_GRPC) {
    relationships::LogCheckIn command;
    command.with.emplace_back().relationship = relationship;
    command.occurred_on = On(on);
    RelationshipEvent event;
    EXPECT_TRUE(desk().codec.ParseOpen(*Relate(command, source).records.at(0), event).ok());
    return *Id::FromBytes(event.check_in_logged().checkin_id());
  }

  Id Start(const Id& mentor, const Id& mentee, RelationshipKind kind = RELATIONSHIP_KIND_MENTOR,
           std::string_view on = "2024-01-01", log::v1::Source source = log::v1::SOURCE_CSV) {
    relationships::StartRelationship command;
    command.mentor = mentor;
    command.mentee = mentee;
    command.kind = kind;
    command.occurred_on = On(on);
    return Relate(command, source).records.at(0)->stream().id;
  }

  void Close(const Id& relationship) {
    relationships::Close command;
    command.relationship = relationship;
    command.occurred_on = clock.Now().UtcDay();
    command.reason = CLOSE_REASON_GOALS_MET;
    Relate(command);
  }
  void Reopen(const Id& relationship) {
    relationships::Reopen command;
    command.relationship = relationship;
    command.occurred_on = clock.Now().UtcDay();
    Relate(command);
  }
  void Answer(const Id& relationship, TransitionAnswer answer) {
    relationships::AnswerTransition command;
    command.relationship = relationship;
    command.occurred_on = clock.Now().UtcDay();
    command.transition = *Id::FromBytes(Relationship(relationship).transition().transition_id());
    command.answer = answer;
    Relate(command);
  }

  // An assignment that was offered on the 2nd of March.
  Id Offered(const Id& mentor, const Id& mentee, std::string_view respond_by) {
    assignments::DraftAssignment draft;
    draft.occurred_on = On("2026-03-02");
    draft.wanted.set_mentor_id(mentor.ToBytes());
    draft.wanted.set_mentee_id(mentee.ToBytes());
    draft.wanted.mutable_description()->set_title("Leeds lead");
    draft.wanted.mutable_description()->add_stretch(STRETCH_NEW_FUNCTION);
    const Id assignment = Assign(draft).records.at(0)->stream().id;
    assignments::OfferAssignment offer;
    offer.at = {assignment, On("2026-03-02")};
    offer.wanted.respond_by = On(respond_by);
    Assign(offer);
    return assignment;
  }

  // The steward works through the log (the whole of it, unless `after` is given) and the day, knowing nothing of former
  // times.
  void LetTheStewardWork(Position after = {}) {
    steward::Steward steward(desk(), steward::Policies{});
    const auto reached = steward.Follow(after);
    EXPECT_TRUE(reached.ok()) << reached.status();
    const auto day = steward.Day();
    EXPECT_TRUE(day.ok()) << day;
  }

  view::v1::RelationshipState Relationship(const Id& relationship) {
    view::v1::RelationshipState state;
    EXPECT_TRUE(desk().states.Load(*ledger().Snapshot(), relationships::RelationshipStream(relationship), state).ok());
    return state;
  }
  view::v1::AssignmentState Assignment(const Id& assignment) {
    view::v1::AssignmentState state;
    EXPECT_TRUE(desk().states.Load(*ledger().Snapshot(), assignments::StreamOf(assignment), state).ok());
    return state;
  }

  std::vector<storage::Record> Records() {
    std::vector<storage::Record> records;
    EXPECT_TRUE(ledger()
                    .Snapshot()
                    ->Scan(Position{0},
                           [&](storage::Record&& record) {
                             records.push_back(std::move(record));
                             return true;
                           })
                    .ok());
    return records;
  }

  // What the steward appended about `id`, in order, by the names of the facts; those that `cause` caused, if it is
  // given. Without the touches that lapsed, see Lapsed: every silence brings them.
  Names Done(const Id& id, Position cause = {}) {
    Names names;
    for (const auto& record : Records()) {
      const auto& header = record.header;
      if (header.source() != log::v1::SOURCE_STEWARD || record.stream().id != id) continue;
      if (cause.value != 0 && header.causation() != cause.value) continue;
      const auto& name = desk().codec.Find(header.type())->name;
      if (name != "TouchLapsed") names.push_back(name);
    }
    return names;
  }

  // The touches that lapsed in a relationship, in order, as in `ideal 2026-04-01, silent since 2026-03-02`.
  Names Lapsed(const Id& relationship) {
    Names lapsed;
    for (const auto& record : Records()) {
      RelationshipEvent event;
      if (record.stream() != relationships::RelationshipStream(relationship)) continue;
      EXPECT_TRUE(desk().codec.ParseOpen(record, event).ok());
      if (!event.has_touch_lapsed()) continue;
      const auto& touch = event.touch_lapsed();
      lapsed.push_back((touch.threshold() == LAPSE_THRESHOLD_IDEAL ? "ideal " : "max ") + Day{touch.due_on()}.ToText() +
                       ", silent since " + Day{touch.last_touch_on()}.ToText());
    }
    return lapsed;
  }

  MovedClock clock;

 private:
  void Open() {
    auto log = server::ServedLog::Open(server::AllRooms(), *store_, *keys_, clock, identity_, options_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }

  const std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore();
  const std::unique_ptr<storage::KeyStore> keys_ = storage::NewMemoryKeyStore();
  const storage::LedgerOptions options_;
  const runtime::DevIdentity identity_{people::kPersonKind};
  std::unique_ptr<server::ServedLog> log_;
  std::uint32_t requests_ = 1;
};

}  // namespace mentorlog::steward_test

#endif  // MENTORLOG_TESTS_SERVICES_STEWARD_STEWARD_WORLD_H_
