// tests/services/relationships/relationships_world.h: a small world in which people are in touch.
//
// Given and Taken write facts as the log would: split by the codec, so that the states see open parts only. Refused
// decides and writes nothing.
#ifndef MENTORLOG_TESTS_SERVICES_RELATIONSHIPS_RELATIONSHIPS_WORLD_H_
#define MENTORLOG_TESTS_SERVICES_RELATIONSHIPS_RELATIONSHIPS_WORLD_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mentorlog/view/v1/people_state.pb.h"
#include "services/people/person.h"
#include "services/relationships/relationships_commands.h"
#include "services/runtime/event_codec.h"
#include "services/runtime/execute.h"
#include "storage/keys.h"
#include "storage/ledger.h"

namespace mentorlog::relationships_test {

using namespace event::v1;  // the words of the tests are those of the facts.
using namespace relationships;
using decider::Day;
using decider::Decision;
using decider::Facts;
using decider::Id;
using decider::Reliance;
using decider::StreamKey;

inline Day On(std::string_view text) { return *Day::FromText(text); }

inline Id Person(std::uint8_t number) {
  Id id;
  id.bytes.fill(number);
  return id;
}
inline const Id kAna = Person(0xA1);
inline const Id kBen = Person(0xB2);
inline const Id kCem = Person(0xC3);
inline const Id kStranger = Person(0xEE);

class World final : public decider::States {
 public:
  World() : codec(*runtime::EventCodec::Create({RelationshipEvent::descriptor()})), people_{kAna, kBen, kCem} {}

  World& By(const Id& person) {
    context.actor = {person, "", false};
    context.source = log::v1::SOURCE_GRPC;
    return *this;
  }
  World& ByDev() {
    context.actor = {std::nullopt, "dev", true};
    context.source = log::v1::SOURCE_GRPC;
    return *this;
  }
  World& BySteward() {
    context.actor = {std::nullopt, "steward", true};
    context.source = log::v1::SOURCE_STEWARD;
    return *this;
  }
  World& ByImport() {
    context.actor = {std::nullopt, "csv:hr", true};
    context.source = log::v1::SOURCE_CSV;
    return *this;
  }

  template <typename Command>
  Decision Decide(const Command& command) {
    ++request_;
    const runtime::RequestIds ids(keyed_, "test", RequestId());
    context.ids = &ids;
    reliance.clear();
    auto decision = Run(context, *this, command);
    context.ids = nullptr;
    return decision;
  }

  // Decides and writes what follows; the test fails if the command is refused.
  template <typename Command>
  Facts Taken(const Command& command) {
    auto decision = Decide(command);
    EXPECT_TRUE(decision.ok()) << decision.status();
    if (!decision.ok()) return {};
    for (const auto& fact : decision->facts) Append(fact);
    return *std::move(decision);
  }

  template <typename Command>
  absl::Status Refused(const Command& command) {
    return Decide(command).status();
  }

  Id Relationship(const Id& mentor, const Id& mentee, RelationshipKind kind = RELATIONSHIP_KIND_MENTOR) const {
    const runtime::RequestIds ids(keyed_, "test", Id{});
    return RelationshipStream(ids, mentor, mentee, kind).id;
  }

  const view::v1::RelationshipState& StateOf(const Id& relationship) const {
    static const view::v1::RelationshipState none;
    const auto found = states_.find(RelationshipStream(relationship));
    return found == states_.end() ? none : found->second;
  }

  absl::StatusOr<std::optional<decider::Revision>> Load(const StreamKey& stream, Reliance how,
                                                        google::protobuf::Message& state) override {
    const auto [entry, is_new] = reliance.try_emplace(stream, how);
    if (!is_new && how == Reliance::kExact) entry->second = how;
    if (stream.kind == people::kPersonKind) {
      if (!people_.contains(stream.id)) return std::optional<decider::Revision>();
      view::v1::PersonState person;
      person.set_registered(true);
      for (const auto& move : moves_[stream.id]) person.add_moves()->set_move_id(move.ToBytes());
      state.CopyFrom(person);
      return std::optional(decider::Revision{0});
    }
    const auto found = states_.find(stream);
    if (found == states_.end()) return std::optional<decider::Revision>();
    state.CopyFrom(found->second);
    return std::optional(decider::Revision{heads_.at(stream)});
  }

  absl::StatusOr<bool> LoadItem(const StreamKey& stream, const Id& id, google::protobuf::Message& item) override {
    const auto found = items_.find({stream, id});
    if (found == items_.end()) return false;
    item.CopyFrom(found->second);
    return true;
  }

  // A move of a person is recorded.
  void Moved(const Id& person, const Id& move) { moves_[person].push_back(move); }

  // Writes a fact of a stream as the log would.
  void Append(const decider::Fact& fact) {
    const auto proposed = codec.ToRecord(fact);
    ASSERT_TRUE(proposed.ok()) << proposed.status();
    storage::Record record;
    auto& header = record.header;
    header.set_type(proposed->type());
    header.set_stream(proposed->stream());
    const auto [head, is_new] = heads_.try_emplace(fact.stream, 0);
    if (!is_new) ++head->second;
    header.set_revision(head->second);
    header.set_position(records.size() + 1);
    header.set_occurred_on(proposed->occurred_on());
    header.set_source(context.source);
    if (context.actor.service.empty()) {
      header.mutable_actor()->set_person_id(context.actor.person->ToBytes());
    } else {
      header.mutable_actor()->set_service(context.actor.service);
    }
    for (const auto& subject : proposed->subjects()) header.add_subjects(subject);
    for (const auto& part : proposed->parts()) {
      auto& description = *header.add_parts();
      description.set_number(part.number());
      description.set_audience(part.audience());
    }
    record.open = proposed->open_part();
    RelationshipEvent event;
    ASSERT_TRUE(codec.ParseOpen(record, event).ok());
    auto& state = states_[fact.stream];
    state = Evolve(std::move(state), header, event);
    if (const auto checkin = CheckInOf(event)) {
      EvolveCheckIn(items_[{fact.stream, *checkin}], header, event);
    }
    records.push_back(std::move(record));
  }

  const runtime::EventCodec codec;
  decider::Context context{{std::nullopt, "dev", true}, log::v1::SOURCE_GRPC, On("2026-11-22"), nullptr};
  std::vector<storage::Record> records;
  // What the last decision relied on.
  std::map<StreamKey, Reliance> reliance;

 private:
  Id RequestId() const {
    Id id;
    for (std::size_t i = 0; i < 4; ++i) id.bytes[i] = static_cast<std::uint8_t>(request_ >> (8 * i));
    return id;
  }

  const storage::Keyed keyed_{storage::Digest{7}};
  const std::set<Id> people_;
  std::map<Id, std::vector<Id>> moves_;
  std::uint32_t request_ = 0;
  std::map<StreamKey, std::uint64_t> heads_;
  std::map<StreamKey, view::v1::RelationshipState> states_;
  std::map<std::pair<StreamKey, Id>, view::v1::CheckInItem> items_;
};

// Matches a status by code and reason.
MATCHER_P2(RefusedWith, code, reason, "") {
  *result_listener << arg.ToString();
  return arg.code() == code && storage::ReasonOf(arg) == reason;
}

inline std::vector<std::string> AdviceOf(const Facts& facts) {
  std::vector<std::string> reasons;
  for (const auto& item : facts.advice) reasons.push_back(item.reason());
  return reasons;
}

// The names of the facts, as in `CheckInLogged`.
inline std::vector<std::string> NamesOf(const Facts& facts) {
  std::vector<std::string> names;
  for (const auto& fact : facts.facts) names.push_back(fact.event->GetDescriptor()->name());
  return names;
}

template <typename Event>
const Event& EventIn(const Facts& facts, std::size_t index) {
  return dynamic_cast<const Event&>(*facts.facts.at(index).event);
}

// --- The words of the scripts: Ana mentors Ben unless it says otherwise ---

inline StartRelationship Start(const Id& mentor = kAna, const Id& mentee = kBen,
                               RelationshipKind kind = RELATIONSHIP_KIND_MENTOR, std::string_view on = "2024-01-01") {
  StartRelationship command;
  command.mentor = mentor;
  command.mentee = mentee;
  command.kind = kind;
  command.occurred_on = On(on);
  return command;
}

inline LogCheckIn Met(const Id& mentor, const Id& mentee, std::string_view on,
                      RelationshipKind kind = RELATIONSHIP_KIND_UNSPECIFIED) {
  LogCheckIn command;
  With with;
  with.mentor = mentor;
  with.mentee = mentee;
  with.kind = kind;
  command.with.push_back(with);
  command.occurred_on = On(on);
  return command;
}

// A command of one relationship on a day.
template <typename Command>
Command Make(const Id& relationship, std::string_view on) {
  Command command;
  command.relationship = relationship;
  command.occurred_on = On(on);
  return command;
}

inline Cadence Every(std::uint32_t ideal, std::uint32_t max) {
  Cadence cadence;
  cadence.set_ideal_days(ideal);
  cadence.set_max_days(max);
  return cadence;
}

// An active relationship of Ana and Ben; answers its id.
inline Id Active(World& world, RelationshipKind kind = RELATIONSHIP_KIND_MENTOR) {
  const Id id = world.Relationship(kAna, kBen, kind);
  world.By(kAna).Taken(Start(kAna, kBen, kind));
  world.By(kBen).Taken(Make<Acknowledge>(id, "2024-01-02"));
  return id;
}

}  // namespace mentorlog::relationships_test

#endif  // MENTORLOG_TESTS_SERVICES_RELATIONSHIPS_RELATIONSHIPS_WORLD_H_
