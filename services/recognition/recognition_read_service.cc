// The reads of the service: the lists of a person.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mentorlog/view/v1/recognition_list.pb.h"
#include "services/recognition/recognition.h"
#include "services/recognition/recognition_service.h"
#include "services/recognition/recognition_view.h"
#include "services/runtime/audience.h"

namespace mentorlog::recognition {
namespace {

using runtime::ShowText;
using runtime::Sight;
using runtime::Violations;

bool MayActAs(const decider::Actor& reader, const std::string& id) {
  const auto person = Id::FromBytes(id);
  return person && reader.MayActAs(*person);
}

bool MayKnowOf(const decider::Actor& reader, const view::v1::RecognitionRow& row) {
  return MayActAs(reader, row.from_id()) || MayActAs(reader, row.to_id());
}

// The advocate's alone until told.
bool MayKnowOf(const decider::Actor& reader, const view::v1::AdvocacyRow& row) {
  return MayActAs(reader, row.state().advocate_id()) || (row.state().told() && MayActAs(reader, row.state().for_id()));
}

const std::string& ReceiverOf(const view::v1::RecognitionRow& row) { return row.to_id(); }
const std::string& ReceiverOf(const view::v1::AdvocacyRow& row) { return row.state().for_id(); }

// Who reads, from what.
struct Reading {
  const decider::Actor& reader;
  const storage::LedgerSnapshot& snapshot;
  const runtime::EventCodec& codec;
  const people::Names& names;
};

v1::PersonRef Person(const Reading& reading, const std::string& id) {
  v1::PersonRef person;
  person.set_person_id(id);
  if (const auto known = Id::FromBytes(id)) person.set_display_name(reading.names.Name(*known));
  return person;
}

// A record as its reader sees it.
struct Opened {
  std::unique_ptr<google::protobuf::Message> event;
  std::map<std::uint32_t, storage::StoredPart> parts;
  std::map<std::uint32_t, Sight> sights;

  Sight SightOf(int part) const {
    const auto found = sights.find(static_cast<std::uint32_t>(part));
    return found == sights.end() ? Sight::kAbsent : found->second;
  }
};

absl::StatusOr<Opened> Open(const Reading& reading, std::uint64_t position) {
  const auto record = reading.snapshot.Read(storage::Position{position});
  if (!record.ok()) return record.status();
  auto parts = reading.snapshot.ReadParts(*record);
  if (!parts.ok()) return parts.status();
  const auto author = reading.codec.AuthorOf(*record);
  if (!author.ok()) return author.status();
  Opened opened;
  std::vector<storage::StoredPart> shown;
  for (auto& part : *parts) {
    const auto sight = runtime::SeePart(reading.reader, record->header, part, *author);
    opened.sights[part.description.number()] = sight;
    opened.parts[part.description.number()] = part;
    if (sight == Sight::kShown) shown.push_back(std::move(part));
  }
  auto event = reading.codec.ParseWithParts(*record, shown);
  if (!event.ok()) return event.status();
  opened.event = *std::move(event);
  return opened;
}

absl::StatusOr<v1::Recognition> Show(const Reading& reading, const view::v1::RecognitionRow& row) {
  using event::v1::RecognitionGiven;
  const auto opened = Open(reading, row.position());
  if (!opened.ok()) return opened.status();
  const auto& given = dynamic_cast<const RecognitionGiven&>(*opened->event);
  v1::Recognition shown;
  shown.set_recognition_id(row.recognition_id());
  *shown.mutable_from() = Person(reading, row.from_id());
  *shown.mutable_to() = Person(reading, row.to_id());
  shown.set_occurred_on(Day{row.occurred_on()}.ToText());
  *shown.mutable_what() = ShowText(opened->SightOf(RecognitionGiven::kPraiseFieldNumber), given.praise().what());
  shown.set_size(static_cast<v1::RecognitionSize>(given.praise().size()));
  shown.set_how(static_cast<v1::RecognitionHow>(given.praise().how()));
  const auto praise = opened->parts.find(RecognitionGiven::kPraiseFieldNumber);
  if (praise != opened->parts.end()) {
    shown.set_audience(static_cast<v1::RecognitionAudience>(praise->second.description.audience()));
  }
  *shown.mutable_relayed_from() =
      ShowText(opened->SightOf(RecognitionGiven::kRelayFieldNumber), given.relay().relayed_from());
  shown.set_check_in_id(row.check_in_id());
  shown.set_assignment_id(row.assignment_id());
  shown.set_position(row.position());
  return shown;
}

absl::StatusOr<v1::Advocacy> Show(const Reading& reading, const view::v1::AdvocacyRow& row) {
  using event::v1::AdvocacyMade;
  const auto& state = row.state();
  const auto opened = Open(reading, row.position());
  if (!opened.ok()) return opened.status();
  const auto& made = dynamic_cast<const AdvocacyMade&>(*opened->event);
  v1::Advocacy shown;
  shown.set_advocacy_id(row.advocacy_id());
  *shown.mutable_advocate() = Person(reading, state.advocate_id());
  *shown.mutable_for_person() = Person(reading, state.for_id());
  shown.set_occurred_on(Day{row.occurred_on()}.ToText());
  shown.set_act(static_cast<v1::AdvocacyAct>(state.act()));
  *shown.mutable_opportunity() =
      ShowText(opened->SightOf(AdvocacyMade::kSharedFieldNumber), made.shared().opportunity());
  const auto room = opened->SightOf(AdvocacyMade::kRoomFieldNumber);
  *shown.mutable_audience() = ShowText(room, made.room().audience());
  *shown.mutable_unit() = ShowText(room, made.room().unit());
  *shown.mutable_employer() = ShowText(room, made.room().employer());
  shown.set_told(state.told());
  if (row.has_told_on()) shown.set_told_on(Day{row.told_on()}.ToText());
  shown.set_outcome(static_cast<v1::AdvocacyOutcome>(state.outcome()));
  if (row.has_outcome_on()) shown.set_outcome_on(Day{row.outcome_on()}.ToText());
  shown.set_position(row.position());
  shown.set_revision(row.revision());
  return shown;
}

bool OnSide(v1::RecognitionSide side, bool received) {
  return side == v1::RECOGNITION_SIDE_UNSPECIFIED || (side == v1::RECOGNITION_SIDE_RECEIVED) == received;
}

// One page of the rows of a person; `add` is given each item. Answers the token of the next page. A page is full as
// long as there is more that this reader may know, and the token names the last row shown: neither tells of what they
// may not.
template <typename Row, typename Request, typename Add>
absl::StatusOr<std::string> List(const Reading& reading, std::uint16_t view, const Request& request, const Add& add) {
  Violations violations;
  const auto person = violations.RequireId("person_id", request.person_id());
  violations.OptionalEnum("side", v1::RecognitionSide_descriptor(), request.side());
  if (auto status = violations.status(); !status.ok()) return status;
  auto query = request;
  query.clear_page_size();
  query.clear_page_token();
  const auto query_text = query.GetDescriptor()->name() + query.SerializeAsString();
  const auto after = runtime::DecodePageToken(query_text, request.page_token());
  if (!after.ok()) return after.status();
  const auto prefix = PersonListPrefix(person);
  const int size = runtime::PageSize(request.page_size());
  std::vector<Row> rows;
  // The last key that was taken.
  std::string taken;
  bool more = false;
  bool readable = true;
  // Keys have one length, so the first key after the last one is a byte more.
  auto status = reading.snapshot.ScanRows(view, after->empty() ? prefix : *after + '\0', storage::PrefixEnd(prefix),
                                          [&](std::string_view key, std::string_view value) {
                                            Row row;
                                            readable = row.ParseFromArray(value.data(), static_cast<int>(value.size()));
                                            if (!readable) return false;
                                            const bool received = ReceiverOf(row) == request.person_id();
                                            if (!OnSide(request.side(), received)) return true;
                                            if (!MayKnowOf(reading.reader, row)) return true;
                                            more = static_cast<int>(rows.size()) >= size;
                                            if (more) return false;
                                            rows.push_back(std::move(row));
                                            taken = std::string(key);
                                            return true;
                                          });
  if (!status.ok()) return status;
  if (!readable) return decider::Refuse(absl::StatusCode::kDataLoss, "LOG_DAMAGED", "a list: an unreadable row");
  for (const auto& row : rows) {
    auto item = Show(reading, row);
    if (!item.ok()) return item.status();
    add(*std::move(item));
  }
  return more ? runtime::EncodePageToken(query_text, taken) : std::string();
}

}  // namespace

grpc::ServerUnaryReactor* RecognitionService::ListRecognitions(Call* call, const v1::ListRecognitionsRequest* request,
                                                               v1::ListRecognitionsResponse* response) {
  return runtime::AnswerOnPool(edge_, call, {kRecognitionViewId}, [=, this](const runtime::Read& read) -> absl::Status {
    const Reading reading{read.caller.actor, read.snapshot, edge_.desk.codec, *names_};
    auto next = List<view::v1::RecognitionRow>(
        reading, kRecognitionViewId, *request,
        [response](v1::Recognition shown) { *response->add_recognitions() = std::move(shown); });
    if (next.ok()) response->set_next_page_token(*next);
    return next.status();
  });
}

grpc::ServerUnaryReactor* RecognitionService::ListAdvocacy(Call* call, const v1::ListAdvocacyRequest* request,
                                                           v1::ListAdvocacyResponse* response) {
  return runtime::AnswerOnPool(edge_, call, {kAdvocacyViewId}, [=, this](const runtime::Read& read) -> absl::Status {
    const Reading reading{read.caller.actor, read.snapshot, edge_.desk.codec, *names_};
    auto next = List<view::v1::AdvocacyRow>(reading, kAdvocacyViewId, *request, [response](v1::Advocacy shown) {
      *response->add_advocacy() = std::move(shown);
    });
    if (next.ok()) response->set_next_page_token(*next);
    return next.status();
  });
}

}  // namespace mentorlog::recognition
