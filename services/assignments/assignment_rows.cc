#include "services/assignments/assignment_rows.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mentorlog/event/v1/assignments.pb.h"
#include "services/assignments/assignment.h"
#include "services/runtime/audience.h"

namespace mentorlog::assignments {
namespace {

using runtime::ShowText;
using runtime::Sight;

// The first facts of the exchange that one answer holds.
constexpr int kEntriesMax = 1000;

// A record as its reader sees it: the event with the parts that are shown, and how each part is met.
struct Opened {
  std::unique_ptr<google::protobuf::Message> event;
  std::map<std::uint32_t, Sight> sights;

  Sight SightOf(std::uint32_t part) const {
    const auto found = sights.find(part);
    return found == sights.end() ? Sight::kAbsent : found->second;
  }
};

absl::StatusOr<Opened> Open(const Reading& reading, const storage::Record& record) {
  auto parts = reading.snapshot.ReadParts(record);
  if (!parts.ok()) return parts.status();
  Opened opened;
  std::vector<storage::StoredPart> shown;
  for (auto& part : *parts) {
    const auto sight = runtime::SeePart(reading.reader, record.header, part);
    opened.sights[part.description.number()] = sight;
    if (sight == Sight::kShown) shown.push_back(std::move(part));
  }
  auto event = reading.codec.ParseWithParts(record, shown);
  if (!event.ok()) return event.status();
  opened.event = *std::move(event);
  return opened;
}

v1::PersonRef Person(const Reading& reading, const std::string& id) {
  v1::PersonRef person;
  person.set_person_id(id);
  if (const auto known = Id::FromBytes(id)) person.set_display_name(reading.names.Name(*known));
  return person;
}

bool IsOpen(const view::v1::AssignmentConcern& concern) {
  return concern.answer() == event::v1::CONCERN_ANSWER_UNSPECIFIED;
}

bool AnyConcern(const view::v1::AssignmentState& state, bool pitched) {
  return std::any_of(state.concerns().begin(), state.concerns().end(), [pitched](const auto& concern) {
    const bool waits = IsOpen(concern) || concern.answer() == event::v1::CONCERN_ANSWER_UPHELD;
    return pitched ? waits && concern.pitched() : waits && !concern.pitched();
  });
}

v1::AssignmentWait MentorOwes(const view::v1::AssignmentState& state) {
  const bool exchanging =
      state.status() == view::v1::ASSIGNMENT_STATUS_SOUNDING || state.status() == view::v1::ASSIGNMENT_STATUS_OFFERED ||
      state.status() == view::v1::ASSIGNMENT_STATUS_RECONSIDERING ||
      (state.status() == view::v1::ASSIGNMENT_STATUS_DECLINED && state.door() == event::v1::DOOR_OPEN);
  if (exchanging && AnyConcern(state, /*pitched=*/false)) return v1::ASSIGNMENT_WAIT_PITCH;
  switch (state.status()) {
    case view::v1::ASSIGNMENT_STATUS_DRAFT:
    case view::v1::ASSIGNMENT_STATUS_SOUNDING:
    case view::v1::ASSIGNMENT_STATUS_RECONSIDERING:
      return v1::ASSIGNMENT_WAIT_OFFER;
    default:
      return v1::ASSIGNMENT_WAIT_UNSPECIFIED;
  }
}

v1::AssignmentWait MenteeOwes(const view::v1::AssignmentState& state) {
  switch (state.status()) {
    case view::v1::ASSIGNMENT_STATUS_OFFERED:
      return v1::ASSIGNMENT_WAIT_DECISION;
    case view::v1::ASSIGNMENT_STATUS_SOUNDING:
    case view::v1::ASSIGNMENT_STATUS_DECLINED:
    case view::v1::ASSIGNMENT_STATUS_RECONSIDERING:
      return AnyConcern(state, /*pitched=*/true) ? v1::ASSIGNMENT_WAIT_CONCERN_ANSWER : v1::ASSIGNMENT_WAIT_UNSPECIFIED;
    case view::v1::ASSIGNMENT_STATUS_ACCEPTED:
      return v1::ASSIGNMENT_WAIT_START;
    case view::v1::ASSIGNMENT_STATUS_IN_PROGRESS:
      return v1::ASSIGNMENT_WAIT_COMPLETION;
    default:
      return v1::ASSIGNMENT_WAIT_UNSPECIFIED;
  }
}

std::string DayText(std::int32_t day) { return Day{day}.ToText(); }

// What the record at `described_at` says of it.
absl::StatusOr<std::pair<Sight, v1::AssignmentDescription>> Describe(const Reading& reading,
                                                                     const view::v1::AssignmentRow& row) {
  if (row.described_at() == 0) return std::pair(Sight::kAbsent, v1::AssignmentDescription());
  const auto record = reading.snapshot.Read(storage::Position{row.described_at()});
  if (!record.ok()) return record.status();
  constexpr int kPart = event::v1::AssignmentDrafted::kDescriptionFieldNumber;
  const auto part = reading.snapshot.ReadPart(*record, kPart);
  if (!part.ok()) return part.status();
  const auto sight = runtime::SeePart(reading.reader, record->header, *part);
  v1::AssignmentDescription description;
  if (sight == Sight::kShown && !description.ParseFromString(*part->bytes)) {
    return decider::Refuse(absl::StatusCode::kDataLoss, "LOG_DAMAGED", "assignment: an unreadable description");
  }
  return std::pair(sight, std::move(description));
}

v1::Assignment Summary(const Reading& reading, const view::v1::AssignmentRow& row, Sight sight,
                       const std::string& title) {
  const auto& state = row.state();
  v1::Assignment shown;
  shown.set_assignment_id(row.assignment_id());
  *shown.mutable_mentor() = Person(reading, state.mentor_id());
  *shown.mutable_mentee() = Person(reading, state.mentee_id());
  if (!state.sponsor_id().empty()) *shown.mutable_sponsor() = Person(reading, state.sponsor_id());
  *shown.mutable_title() = ShowText(sight, title);
  shown.set_status(static_cast<v1::AssignmentStatus>(state.status()));
  shown.set_round(state.round());
  shown.set_drafted_on(DayText(row.drafted_on()));
  if (row.has_offered_on()) shown.set_offered_on(DayText(row.offered_on()));
  if (state.has_respond_by()) shown.set_respond_by(DayText(state.respond_by()));
  if (row.has_decided_on()) shown.set_decided_on(DayText(row.decided_on()));
  if (row.has_started_on()) shown.set_started_on(DayText(row.started_on()));
  if (row.has_ended_on()) shown.set_ended_on(DayText(row.ended_on()));
  shown.set_door(static_cast<v1::Door>(state.door()));
  shown.set_open_concerns(
      static_cast<std::uint32_t>(std::count_if(state.concerns().begin(), state.concerns().end(), IsOpen)));
  shown.set_setbacks(row.setbacks());
  shown.set_mentor_owes(MentorOwes(state));
  shown.set_mentee_owes(MenteeOwes(state));
  shown.set_revision(row.revision());
  return shown;
}

// What each kind of fact says beyond its header.
class EntryWriter {
 public:
  EntryWriter(const Opened& opened, v1::AssignmentEntry& entry) : opened_(opened), entry_(entry) {}

  void Write() {
    Try<event::v1::AssignmentDrafted>([&](const auto& event) { Describe(event); });
    Try<event::v1::AssignmentSounded>([&](const auto& event) { Describe(event); });
    Try<event::v1::AssignmentOffered>([&](const auto& event) {
      entry_.set_round(event.round());
      entry_.set_respond_by(DayText(event.respond_by()));
      Window(event);
      Terms(event.terms(), event::v1::AssignmentOffered::kTermsFieldNumber);
    });
    Try<event::v1::ConcernRaised>([&](const auto& event) {
      entry_.set_concern_id(event.concern_id());
      entry_.set_concern_kind(static_cast<v1::ConcernKind>(event.shared().kind()));
      Text(event.shared().text());
    });
    Try<event::v1::ConcernAnswered>([&](const auto& event) {
      entry_.set_concern_id(event.concern_id());
      entry_.set_concern_answer(static_cast<v1::ConcernAnswer>(event.answer()));
      Text(event.shared().text());
    });
    Try<event::v1::PitchMade>([&](const auto& event) {
      *entry_.mutable_answers_concern_ids() = event.answers_concern_ids();
      entry_.set_channel(static_cast<v1::PitchChannel>(event.channel()));
      Text(event.shared().argument());
    });
    Try<event::v1::TermsChanged>([&](const auto& event) {
      if (event.has_respond_by()) entry_.set_respond_by(DayText(event.respond_by()));
      Window(event);
      Describe(event);
      Terms(event.terms(), event::v1::TermsChanged::kTermsFieldNumber);
    });
    WriteAnswers();
    WriteWork();
  }

 private:
  void WriteAnswers() {
    Try<event::v1::OfferAccepted>([&](const auto& event) { Text(event.shared().text()); });
    Try<event::v1::OfferDeclined>([&](const auto& event) { Decline(event); });
    Try<event::v1::AcceptanceRescinded>([&](const auto& event) { Decline(event); });
    Try<event::v1::OfferWithdrawn>([&](const auto& event) {
      entry_.set_withdraw_reason(static_cast<v1::WithdrawReason>(event.shared().reason()));
      Text(event.shared().text());
    });
    Try<event::v1::OfferReconsidered>([&](const auto& event) { Text(event.shared().what_changed()); });
  }

  void WriteWork() {
    Try<event::v1::AssignmentStarted>([&](const auto& event) { Text(event.shared().text()); });
    Try<event::v1::ProgressNoted>([&](const auto& event) {
      entry_.set_confidence(event.shared().confidence());
      *entry_.mutable_help_wanted() = ShowText(opened_.SightOf(kShared), event.shared().help_wanted());
      Text(event.shared().text());
    });
    Try<event::v1::SetbackLogged>([&](const auto& event) {
      entry_.set_setback_kind(static_cast<v1::SetbackKind>(event.shared().kind()));
      Text(event.shared().text());
    });
    Try<event::v1::AssignmentCompleted>([&](const auto& event) {
      using Completed = event::v1::AssignmentCompleted;
      entry_.set_outcome(static_cast<v1::AssignmentOutcome>(event.shared().outcome()));
      *entry_.mutable_competencies_shown() = event.shared().competencies_shown();
      Text(event.shared().text());
      *entry_.mutable_mentee_lessons() =
          ShowText(opened_.SightOf(Completed::kMenteeLessonsFieldNumber), event.mentee_lessons().text());
      *entry_.mutable_mentor_lessons() =
          ShowText(opened_.SightOf(Completed::kMentorLessonsFieldNumber), event.mentor_lessons().text());
    });
    Try<event::v1::AssignmentAbandoned>([&](const auto& event) {
      entry_.set_abandoned_by(static_cast<v1::AbandonedBy>(event.shared().by()));
      Text(event.shared().reason());
    });
  }

  // Every event but the described and the offered ones has its words in part 20.
  static constexpr std::uint32_t kShared = 20;

  template <typename Event, typename Visit>
  void Try(const Visit& visit) {
    if (const auto* event = dynamic_cast<const Event*>(opened_.event.get())) visit(*event);
  }
  void Text(const std::string& text) { *entry_.mutable_text() = ShowText(opened_.SightOf(kShared), text); }
  void Terms(const event::v1::OfferTerms& terms, int part) {
    const auto sight = opened_.SightOf(static_cast<std::uint32_t>(part));
    *entry_.mutable_text() = ShowText(sight, terms.terms());
    *entry_.mutable_what_changed() = ShowText(sight, terms.what_changed());
  }
  template <typename Event>
  void Window(const Event& event) {
    if (event.has_start_from()) entry_.set_start_from(DayText(event.start_from()));
    if (event.has_start_until()) entry_.set_start_until(DayText(event.start_until()));
  }
  template <typename Event>
  void Describe(const Event& event) {
    if (event.has_description()) {
      *entry_.mutable_description() = Mirror<v1::AssignmentDescription>(event.description());
    }
  }
  template <typename Event>
  void Decline(const Event& event) {
    entry_.set_door(static_cast<v1::Door>(event.door()));
    entry_.set_concern_kind(static_cast<v1::ConcernKind>(event.reason().kind()));
    Text(event.reason().text());
  }

  const Opened& opened_;
  v1::AssignmentEntry& entry_;
};

absl::Status AddEntry(const Reading& reading, const storage::Record& record, v1::GetAssignmentResponse& response) {
  const auto opened = Open(reading, record);
  if (!opened.ok()) return opened.status();
  auto& entry = *response.add_entries();
  entry.set_position(record.header.position());
  entry.set_event(opened->event->GetDescriptor()->name());
  entry.set_occurred_on(record.occurred_on().ToText());
  entry.set_actor_id(record.header.actor().person_id());
  EntryWriter(*opened, entry).Write();
  return absl::OkStatus();
}

}  // namespace

bool MayKnowOf(const decider::Actor& reader, const view::v1::AssignmentState& state) {
  if (reader.may_do_everything) return true;
  if (!reader.person) return false;
  const auto id = reader.person->ToBytes();
  return id == state.mentor_id() || id == state.mentee_id() || id == state.sponsor_id();
}

absl::StatusOr<v1::Assignment> Show(const Reading& reading, const view::v1::AssignmentRow& row) {
  const auto described = Describe(reading, row);
  if (!described.ok()) return described.status();
  return Summary(reading, row, described->first, described->second.title());
}

absl::Status ShowWhole(const Reading& reading, const view::v1::AssignmentRow& row,
                       v1::GetAssignmentResponse& response) {
  const auto described = Describe(reading, row);
  if (!described.ok()) return described.status();
  *response.mutable_assignment() = Summary(reading, row, described->first, described->second.title());
  if (described->first == Sight::kShown) *response.mutable_description() = described->second;
  for (const auto& concern : row.state().concerns()) {
    auto& shown = *response.add_concerns();
    shown.set_concern_id(concern.concern_id());
    shown.set_answer(static_cast<v1::ConcernAnswer>(concern.answer()));
    shown.set_pitched(concern.pitched());
  }
  absl::Status status;
  const auto stream = StreamOf(*Id::FromBytes(row.assignment_id()));
  const auto scanned = reading.snapshot.ScanStream(stream, storage::Revision{0}, [&](storage::Record&& record) {
    status = AddEntry(reading, record, response);
    return status.ok() && response.entries_size() < kEntriesMax;
  });
  return status.ok() ? scanned : status;
}

}  // namespace mentorlog::assignments
