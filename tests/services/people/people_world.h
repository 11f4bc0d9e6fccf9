// tests/services/people/people_world.h: a small world in which people are registered and move.
//
// Given({...}) and Taken(command) write facts as the log would: split by the codec, so that the states see open parts
// only. Refused(command) decides and writes nothing.
#ifndef MENTORLOG_TESTS_SERVICES_PEOPLE_PEOPLE_WORLD_H_
#define MENTORLOG_TESTS_SERVICES_PEOPLE_PEOPLE_WORLD_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/people/people_commands.h"
#include "services/runtime/event_codec.h"
#include "services/runtime/execute.h"
#include "storage/keys.h"
#include "storage/ledger.h"

namespace mentorlog::people_test {

using decider::Day;
using decider::Id;
using event::v1::MOVE_TYPE_EXIT;
using event::v1::MOVE_TYPE_HIRE;
using event::v1::MOVE_TYPE_LATERAL;
using event::v1::MOVE_TYPE_LEAVE;
using event::v1::MOVE_TYPE_PROMOTION;
using event::v1::MOVE_TYPE_REHIRE;
using event::v1::MOVE_TYPE_TRANSFER;

inline Day On(std::string_view text) { return *Day::FromText(text); }

inline decider::Decision Run(const decider::Context& c, decider::States& s, const people::RegisterPerson& command) {
  return people::RunRegisterPerson(c, s, command);
}
inline decider::Decision Run(const decider::Context& c, decider::States& s, const people::LinkExternalId& command) {
  return people::RunLinkExternalId(c, s, command);
}
inline decider::Decision Run(const decider::Context& c, decider::States& s, const people::UnlinkExternalId& command) {
  return people::RunUnlinkExternalId(c, s, command);
}
inline decider::Decision Run(const decider::Context& c, decider::States& s, const people::AnnounceMove& command) {
  return people::RunAnnounceMove(c, s, command);
}
inline decider::Decision Run(const decider::Context& c, decider::States& s, const people::RecordMove& command) {
  return people::RunRecordMove(c, s, command);
}
inline decider::Decision Run(const decider::Context& c, decider::States& s, const people::CorrectMove& command) {
  return people::RunCorrectMove(c, s, command);
}
inline decider::Decision Run(const decider::Context& c, decider::States& s, const people::RetractMove& command) {
  return people::RunRetractMove(c, s, command);
}

class World final : public decider::States {
 public:
  World()
      : codec(*runtime::EventCodec::Create(
            {event::v1::PersonEvent::descriptor(), event::v1::ExternalEvent::descriptor()})) {}

  // Decides and writes what follows; the test fails if the command is refused.
  template <typename Command>
  decider::Facts Taken(const Command& command) {
    auto decision = Decide(command);
    EXPECT_TRUE(decision.ok()) << decision.status();
    if (!decision.ok()) return {};
    for (const auto& fact : decision->facts) Append(fact);
    return *std::move(decision);
  }

  // Decides and writes nothing.
  template <typename Command>
  decider::Decision Decide(const Command& command) {
    ++request_;
    const runtime::RequestIds ids(keyed_, "test", RequestId());
    context.ids = &ids;
    loaded.clear();
    auto decision = Run(context, *this, command);
    context.ids = nullptr;
    return decision;
  }

  Id Register(const std::string& name, std::string_view joined_on = "2020-01-01") {
    return Taken(people::RegisterPerson{name, "", "", "", On(joined_on), std::nullopt}).facts.at(0).subjects.at(0);
  }
  Id RegisterAs(const std::string& name, const std::string& external_id) {
    const people::ExternalIdGiven given{"csv", external_id, std::nullopt};
    return Taken(people::RegisterPerson{name, "", "", "", On("2020-01-01"), given}).facts.at(0).subjects.at(0);
  }
  // Records a move to `unit` and answers its id.
  Id Moved(const Id& person, std::string_view on, event::v1::MoveType type, const std::string& unit) {
    people::RecordMove move;
    move.person = person;
    move.type = type;
    move.effective_on = On(on);
    move.to.unit = unit;
    return MoveIdOf<event::v1::PersonMoved>(Taken(move));
  }

  template <typename Event>
  static Id MoveIdOf(const decider::Facts& facts) {
    return *Id::FromBytes(static_cast<const Event&>(*facts.facts.at(0).event).move_id());
  }

  view::v1::PersonState StateOf(const Id& person) const {
    const auto found = people_.find(person);
    return found == people_.end() ? view::v1::PersonState() : found->second;
  }
  // The unit that counts on `day`; "none" before the first move.
  std::string UnitOn(const Id& person, std::string_view day) const {
    const auto state = StateOf(person);
    const auto* move = people::MoveOn(state, On(day));
    return move == nullptr ? "none" : move->to().unit();
  }

  absl::StatusOr<std::optional<decider::Revision>> Load(const decider::StreamKey& stream, decider::Reliance reliance,
                                                        google::protobuf::Message& state) override {
    loaded.emplace_back(stream, reliance);
    const auto head = heads_.find(stream);
    if (head == heads_.end()) return std::optional<decider::Revision>();
    if (stream.kind == people::kPersonKind) state.CopyFrom(people_.at(stream.id));
    if (stream.kind == people::kExternalKind) state.CopyFrom(claims_.at(stream.id));
    return std::optional(decider::Revision{head->second});
  }

  // An event of a stream, as the log would write it.
  void Append(const decider::Fact& fact) {
    const auto proposed = *codec.ToRecord(fact);
    storage::Record record;
    auto& header = record.header;
    header.set_type(proposed.type());
    header.set_stream(proposed.stream());
    const auto [head, is_new] = heads_.try_emplace(fact.stream, 0);
    if (!is_new) ++head->second;
    header.set_revision(head->second);
    header.set_position(records.size() + 1);
    header.set_occurred_on(proposed.occurred_on());
    for (const auto& subject : proposed.subjects()) header.add_subjects(subject);
    for (const auto& part : proposed.parts()) {
      auto& description = *header.add_parts();
      description.set_number(part.number());
      description.set_audience(part.audience());
    }
    record.open = proposed.open_part();
    if (fact.stream.kind == people::kPersonKind) {
      event::v1::PersonEvent event;
      ASSERT_TRUE(codec.ParseOpen(record, event).ok());
      auto& state = people_[fact.stream.id];
      state = people::Evolve(std::move(state), header, event);
    } else {
      event::v1::ExternalEvent event;
      ASSERT_TRUE(codec.ParseOpen(record, event).ok());
      auto& state = claims_[fact.stream.id];
      state = people::EvolveExternal(std::move(state), event);
    }
    records.push_back(std::move(record));
  }

  const runtime::EventCodec codec;
  decider::Context context{{std::nullopt, "dev", true}, log::v1::SOURCE_GRPC, On("2026-11-22"), nullptr};
  std::vector<storage::Record> records;
  // What the last decision relied on.
  std::vector<std::pair<decider::StreamKey, decider::Reliance>> loaded;

 private:
  Id RequestId() const {
    Id id;
    for (std::size_t i = 0; i < 4; ++i) id.bytes[i] = static_cast<std::uint8_t>(request_ >> (8 * i));
    return id;
  }

  const storage::Keyed keyed_{storage::Digest{7}};
  std::uint32_t request_ = 0;
  std::map<decider::StreamKey, std::uint64_t> heads_;
  std::map<Id, view::v1::PersonState> people_;
  std::map<Id, view::v1::ExternalState> claims_;
};

// Matches a status by code and reason.
MATCHER_P2(RefusedWith, code, reason, "") {
  *result_listener << arg.ToString();
  return arg.code() == code && storage::ReasonOf(arg) == reason;
}

inline std::vector<std::string> AdviceOf(const decider::Facts& facts) {
  std::vector<std::string> reasons;
  for (const auto& item : facts.advice) reasons.push_back(item.reason());
  return reasons;
}

}  // namespace mentorlog::people_test

#endif  // MENTORLOG_TESTS_SERVICES_PEOPLE_PEOPLE_WORLD_H_
