// tests/services/today/told.h: facts told in order, as the records that a view folds.
#ifndef MENTORLOG_TESTS_SERVICES_TODAY_TOLD_H_
#define MENTORLOG_TESTS_SERVICES_TODAY_TOLD_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "mentorlog/event/v1/assignments.pb.h"
#include "mentorlog/event/v1/people.pb.h"
#include "mentorlog/event/v1/recognition.pb.h"
#include "mentorlog/event/v1/relationships.pb.h"
#include "services/runtime/event_codec.h"
#include "storage/view.h"

namespace mentorlog::today {

inline storage::Day On(std::string_view text) { return *storage::Day::FromText(text); }

// A readable 16-byte id: `name` padded with dots.
inline storage::Id Named(std::string_view name) {
  std::string bytes(name);
  bytes.resize(16, '.');
  return *storage::Id::FromBytes(bytes);
}

inline const runtime::EventCodec& Codec() {
  static const auto* const codec = new runtime::EventCodec(
      *runtime::EventCodec::Create({event::v1::PersonEvent::descriptor(), event::v1::RelationshipEvent::descriptor(),
                                    event::v1::RecognitionEvent::descriptor(), event::v1::AssignmentEvent::descriptor(),
                                    event::v1::AdvocacyEvent::descriptor()}));
  return *codec;
}

// Tells facts one after another and folds each into one view, entity by entity.
class Told {
 public:
  explicit Told(const storage::View& view) : view_(view) {}

  // From now on facts come from an import, or no longer.
  void Imported(bool imported) { source_ = imported ? log::v1::SOURCE_CSV : log::v1::SOURCE_GRPC; }
  void RecordedOn(storage::Day day) { recorded_at_us_ = static_cast<std::int64_t>(day.value) * 86'400'000'000; }

  // The position of the fact.
  template <typename Event>
  std::uint64_t That(std::uint8_t kind, const storage::Id& stream, Event event, storage::Day on,
                     std::vector<storage::Id> subjects) {
    const auto proposed =
        Codec().ToRecord(decider::MakeFact({kind, stream}, std::move(event), on, std::move(subjects)));
    EXPECT_TRUE(proposed.ok()) << proposed.status();
    storage::Record record;
    auto& header = record.header;
    header.set_type(proposed->type());
    header.set_schema_version(proposed->schema_version());
    header.set_stream(proposed->stream());
    header.set_position(++position_);
    header.set_revision(revisions_[proposed->stream()]++);
    header.set_occurred_on(proposed->occurred_on());
    header.set_recorded_at_us(recorded_at_us_);
    header.set_source(source_);
    *header.mutable_subjects() = proposed->subjects();
    record.open = proposed->open_part();
    Fold(record);
    return position_;
  }

  // Of one relationship; the stream is named by the pair and `kind`.
  template <typename Event>
  std::uint64_t Between(const storage::Id& mentor, const storage::Id& mentee, Event event, std::string_view on,
                        std::string_view kind = "m") {
    return That(3, RelationshipId(mentor, mentee, kind), std::move(event), On(on), {mentor, mentee});
  }
  static storage::Id RelationshipId(const storage::Id& mentor, const storage::Id& mentee, std::string_view kind = "m") {
    return Named(std::string(kind) + mentor.ToBytes().substr(0, 6) + ">" + mentee.ToBytes().substr(0, 6));
  }

  std::uint64_t Started(const storage::Id& mentor, const storage::Id& mentee, std::string_view on,
                        std::string_view kind = "m") {
    event::v1::RelationshipStarted started;
    started.set_mentor_id(mentor.ToBytes());
    started.set_mentee_id(mentee.ToBytes());
    started.set_kind(kind == "p" ? event::v1::RELATIONSHIP_KIND_PEER : event::v1::RELATIONSHIP_KIND_MENTOR);
    started.set_acknowledged(true);
    return Between(mentor, mentee, std::move(started), on, kind);
  }
  std::uint64_t Touched(const storage::Id& mentor, const storage::Id& mentee, std::string_view check_in,
                        std::string_view on, std::string_view kind = "m") {
    event::v1::CheckInLogged logged;
    logged.set_checkin_id(Named(check_in).ToBytes());
    logged.set_channel(event::v1::CHECK_IN_CHANNEL_EMAIL);
    auto& was = standing_[std::string(check_in)];
    was.set_met_on(On(on).value);
    was.set_channel(logged.channel());
    was.set_logged_at(head() + 1);
    was.set_imported(source_ == log::v1::SOURCE_CSV);
    return Between(mentor, mentee, std::move(logged), on, kind);
  }
  std::uint64_t Retracted(const storage::Id& mentor, const storage::Id& mentee, std::string_view check_in,
                          std::string_view kind = "m", bool already = false) {
    event::v1::CheckInRetracted retracted;
    retracted.set_checkin_id(Named(check_in).ToBytes());
    if (already) retracted.set_already_retracted(true);
    *retracted.mutable_was() = standing_.at(std::string(check_in));
    return Between(mentor, mentee, std::move(retracted), "2026-11-01", kind);
  }
  std::uint64_t MovedTo(const storage::Id& mentor, const storage::Id& mentee, std::string_view check_in,
                        std::string_view day, std::string_view kind = "m") {
    event::v1::CheckInAmended amended;
    amended.set_checkin_id(Named(check_in).ToBytes());
    amended.set_met_on(On(day).value);
    auto& was = standing_.at(std::string(check_in));
    *amended.mutable_was() = was;
    was.set_met_on(amended.met_on());
    return Between(mentor, mentee, std::move(amended), "2026-11-01", kind);
  }
  std::uint64_t Registered(const storage::Id& person, std::string_view on) {
    return That(1, person, event::v1::PersonRegistered(), On(on), {person});
  }
  std::uint64_t Moved(const storage::Id& person, std::string_view move, event::v1::MoveType type, std::string_view on) {
    event::v1::PersonMoved moved;
    moved.set_move_id(Named(move).ToBytes());
    moved.set_type(type);
    moved.set_effective_on(On(on).value);
    return That(1, person, std::move(moved), On(on), {person});
  }

  const storage::MemoryRows& rows() const { return rows_; }
  std::uint64_t head() const { return position_; }

 private:
  void Fold(const storage::Record& record) {
    std::vector<std::string> entities;
    view_.Entities(record, entities);
    for (const auto& entity : entities) {
      const auto folded = view_.Fold(record, entity, rows_);
      EXPECT_TRUE(folded.ok()) << folded;
    }
  }

  const storage::View& view_;
  storage::MemoryRows rows_;
  std::uint64_t position_ = 0;
  std::int64_t recorded_at_us_ = 0;
  log::v1::Source source_ = log::v1::SOURCE_GRPC;
  std::map<std::string, std::uint64_t> revisions_;
  // By check-in, as the next correction finds it.
  std::map<std::string, event::v1::CheckInStanding> standing_;
};

}  // namespace mentorlog::today

#endif  // MENTORLOG_TESTS_SERVICES_TODAY_TOLD_H_
