// TodayService through a real in-process server, over a log in memory.
#include "services/today/today_service.h"

#include <future>
#include <memory>

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/error_details.h"
#include "mentorlog/view/v1/people_state.pb.h"
#include "services/people/people_room.h"
#include "services/runtime/dev_identity.h"
#include "services/runtime/scan_pool.h"
#include "services/today/today_room.h"
#include "storage/codec.h"
#include "storage/ledger.h"
#include "tests/services/today/told.h"

namespace mentorlog::today {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const storage::Id kAna = Named("ana");
const storage::Id kBen = Named("ben");
const storage::Id kCat = Named("cat");

// Noon on 2026-06-30.
class StoppedClock final : public storage::Clock {
 public:
  storage::Instant Now() const override {
    return {static_cast<std::int64_t>(On("2026-06-30").value) * 86'400'000'000 + 43'200'000'000};
  }
  std::int64_t SteadyMicros() const override { return 0; }
};

// Facts are told here without being decided: nothing is asked of a relationship's state.
template <typename Event>
view::v1::PersonState Unchanged(view::v1::PersonState state, const Event&) {
  return state;
}

class TodayServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto people = people::PeopleRoom();
    auto room = TodayRoom();
    states_ = std::make_unique<runtime::StateView>(
        Codec(),
        std::vector<runtime::StateFold>{people.folds[0],
                                        runtime::MakeStateFold(3, &Unchanged<event::v1::RelationshipEvent>),
                                        runtime::MakeStateFold(6, &Unchanged<event::v1::AdvocacyEvent>)},
        1);
    views_ = room.views(Codec());
    for (auto& view : people.views(Codec())) views_.push_back(std::move(view));
    std::vector<const storage::View*> views{states_.get()};
    for (const auto& view : views_) views.push_back(view.get());
    auto ledger = storage::OpenLedger(*store_, *keys_, clock_, std::move(views), {});
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
    desk_.reset(new runtime::Desk{*ledger_, Codec(), *states_, clock_});
    edge_.reset(new runtime::Edge{*desk_, identity_, pool_});
    service_ = std::move(room.services(*edge_)[0]);
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::TodayService::NewStub(server_->InProcessChannel({}));
    Register(kAna, "Ana");
    Register(kBen, "Ben");
    Register(kCat, "Cat");
  }
  void TearDown() override {
    server_->Shutdown();
    ledger_->Stop();
  }

  // Tells one fact, as `actor`; answers its position.
  template <typename Event>
  std::uint64_t Tell(std::uint8_t kind, const storage::Id& stream, Event event, std::string_view on,
                     std::vector<storage::Id> subjects, const storage::Id& actor = kAna) {
    runtime::Command command;
    command.name_space = "setup";
    command.request_id = Named("request" + std::to_string(++requests_));
    command.request_hash = std::string(32, 's');
    command.actor.person = actor;
    auto fact = decider::MakeFact({kind, stream}, std::move(event), On(on), std::move(subjects));
    const bool has_words = fact.event->GetDescriptor()->FindFieldByNumber(20) != nullptr;
    if (kind == 3 && has_words) fact.chosen[20] = log::v1::AUDIENCE_PAIR;
    command.decide = [fact](const decider::Context&, decider::States& states) -> decider::Decision {
      view::v1::PersonState state;
      (void)states.Load(fact.stream, decider::Reliance::kExact, state);
      decider::Facts facts;
      facts.facts.push_back(fact);
      return facts;
    };
    const auto told = std::make_shared<std::promise<std::uint64_t>>();
    auto position = told->get_future();
    runtime::Execute(*desk_, std::move(command), [told](absl::StatusOr<runtime::Outcome> outcome) {
      EXPECT_TRUE(outcome.ok()) << outcome.status();
      told->set_value(outcome.ok() ? outcome->records[0]->header.position() : 0);
    });
    return position.get();
  }
  void Register(const storage::Id& person, const std::string& name) {
    event::v1::PersonRegistered registered;
    registered.mutable_details()->set_display_name(name);
    Tell(1, person, registered, "2020-01-01", {person});
  }
  // What a newer build told of somebody, and this one does not know.
  void TellUnknownEvent(const storage::Id& person) {
    log::v1::Proposal proposal;
    proposal.set_namespace_("setup");
    proposal.set_request_id(Named("request" + std::to_string(++requests_)).ToBytes());
    proposal.set_request_hash(std::string(32, 's'));
    proposal.set_source(log::v1::SOURCE_GRPC);
    auto& record = *proposal.add_records();
    record.set_stream(storage::StreamKey{1, person}.ToBytes());
    record.set_type(1999);
    record.set_schema_version(1);
    record.set_occurred_on(On("2026-06-01").value);
    record.add_subjects(person.ToBytes());
    auto& check = *proposal.add_checks();
    check.set_stream(record.stream());
    check.mutable_expected()->mutable_exists();
    // Shared: the thread that tells may still be at it when the test goes on.
    const auto told = std::make_shared<std::promise<absl::Status>>();
    auto outcome = told->get_future();
    ledger_->Propose(std::move(proposal), [told](const auto& answered) { told->set_value(answered.status()); });
    const auto status = outcome.get();
    EXPECT_TRUE(status.ok()) << status;
  }
  void Move(const storage::Id& person, std::string_view id, event::v1::MoveType type, std::string_view on) {
    event::v1::PersonMoved moved;
    moved.set_move_id(Named(id).ToBytes());
    moved.set_type(type);
    moved.set_effective_on(On(on).value);
    moved.mutable_to()->set_title("Lead");
    moved.mutable_to()->set_unit("Leeds");
    Tell(1, person, moved, on, {person});
  }
  std::uint64_t Start() {
    event::v1::RelationshipStarted started;
    started.set_mentor_id(kAna.ToBytes());
    started.set_mentee_id(kBen.ToBytes());
    started.set_kind(event::v1::RELATIONSHIP_KIND_MENTOR);
    started.set_acknowledged(true);
    return Tell(3, kPair, started, "2026-01-01", {kAna, kBen});
  }
  std::uint64_t CheckIn(std::string_view id, std::string_view on, const std::string& gist) {
    event::v1::CheckInLogged logged;
    logged.set_checkin_id(Named(id).ToBytes());
    logged.set_channel(event::v1::CHECK_IN_CHANNEL_MEAL);
    logged.mutable_shared()->set_gist(gist);
    logged.mutable_private_note()->set_note("nervous");
    return Tell(3, kPair, logged, on, {kAna, kBen});
  }
  void SpeakUp(const storage::Id& advocate, const storage::Id& for_whom, const storage::Id& recorded_by) {
    event::v1::AdvocacyMade made;
    made.set_advocate_id(advocate.ToBytes());
    made.set_for_id(for_whom.ToBytes());
    made.set_act(event::v1::ADVOCACY_ACT_PRAISED);
    Tell(6, Named("advocacy"), made, "2026-03-03", {for_whom}, recorded_by);
  }
  // What amends a check-in that was logged at `position`, as it stood.
  static event::v1::CheckInAmended Amending(std::string_view id, std::string_view on, std::uint64_t position) {
    event::v1::CheckInAmended amended;
    amended.set_checkin_id(Named(id).ToBytes());
    amended.mutable_was()->set_met_on(On(on).value);
    amended.mutable_was()->set_channel(event::v1::CHECK_IN_CHANNEL_MEAL);
    amended.mutable_was()->set_logged_at(position);
    return amended;
  }

  // Calls as `actor`; as dev, who may do everything, if nobody is named.
  template <typename Request, typename Response>
  Response Call(grpc::Status (v1::TodayService::StubInterface::*method)(grpc::ClientContext*, const Request&,
                                                                        Response*),
                const Request& request, std::optional<storage::Id> actor = std::nullopt) {
    grpc::ClientContext context;
    if (actor) context.AddMetadata("mentorlog-actor", actor->ToHex());
    Response response;
    status_ = ((*stub_).*method)(&context, request, &response);
    return response;
  }
  v1::GetTimelineResponse Timeline(std::optional<storage::Id> actor = std::nullopt) {
    v1::GetTimelineRequest request;
    request.set_person_id(kBen.ToBytes());
    request.set_other_id(kAna.ToBytes());
    return Call(&v1::TodayService::StubInterface::GetTimeline, request, actor);
  }
  std::string Reason() const {
    google::rpc::Status rich;
    (void)grpc::ExtractErrorDetails(status_, &rich);
    google::rpc::ErrorInfo info;
    for (const auto& any : rich.details()) {
      if (any.Is<google::rpc::ErrorInfo>()) any.UnpackTo(&info);
    }
    return info.reason();
  }

  const storage::Id kPair = Named("relationship");
  const std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore();
  const std::unique_ptr<storage::KeyStore> keys_ = storage::NewMemoryKeyStore();
  const StoppedClock clock_;
  const runtime::DevIdentity identity_{1};
  runtime::FixedScanPool pool_{2, 16};
  std::unique_ptr<runtime::StateView> states_;
  std::vector<std::unique_ptr<storage::View>> views_;
  std::unique_ptr<storage::Ledger> ledger_;
  std::unique_ptr<runtime::Desk> desk_;
  std::unique_ptr<runtime::Edge> edge_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::TodayService::StubInterface> stub_;
  grpc::Status status_;
  int requests_ = 0;
};

TEST_F(TodayServiceTest, ACardSaysWhoMovedWhereAndWhy) {
  Start();
  CheckIn("c1", "2026-06-01", "hello");
  Move(kBen, "hired", event::v1::MOVE_TYPE_HIRE, "2025-01-01");
  Move(kBen, "moved", event::v1::MOVE_TYPE_TRANSFER, "2026-06-20");
  event::v1::TouchOwed owed;
  owed.mutable_debt()->set_owed_id(Named("debt").ToBytes());
  owed.mutable_debt()->set_cause(event::v1::OWED_CAUSE_MOVE);
  owed.mutable_debt()->set_owed_on(On("2026-06-20").value);
  owed.mutable_debt()->set_cause_id(Named("moved").ToBytes());
  const auto at = Tell(3, kPair, owed, "2026-06-20", {kAna, kBen});
  v1::GetTodayRequest request;
  request.set_mentor_id(kAna.ToBytes());
  const auto today = Call(&v1::TodayService::StubInterface::GetToday, request, kAna);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(today.on(), "2026-06-30");
  ASSERT_EQ(today.cards_size(), 1);
  EXPECT_EQ(today.cards(0).sentence(), "Ben moved (Lead, Leeds) 10 days ago; you have not spoken since.");
  EXPECT_EQ(today.cards(0).rung(), v1::RUNG_OWED_AFTER_MOVE);
  EXPECT_THAT(today.cards(0).because(), ElementsAre(at));
}

TEST_F(TodayServiceTest, APastDayKnowsNoLaterTouch) {
  Start();
  const auto first = CheckIn("c1", "2026-01-10", "hello");
  CheckIn("c2", "2026-06-01", "late");
  CheckIn("c3", "2026-06-20", "later");
  const auto cards = [&](const std::string& on) {
    v1::GetTodayRequest request;
    request.set_mentor_id(kAna.ToBytes());
    request.set_on(on);
    const auto today = Call(&v1::TodayService::StubInterface::GetToday, request, kAna);
    std::vector<std::string> seen;
    for (const auto& card : today.cards()) {
      seen.push_back(v1::Rung_Name(card.rung()) + " " + card.last_touch_on());
      if (!card.last_touch_on().empty()) {
        EXPECT_THAT(card.because(), ElementsAre(first));
      }
    }
    return seen;
  };
  EXPECT_THAT(cards("2026-01-09"), IsEmpty());
  EXPECT_THAT(cards("2026-01-20"), IsEmpty());
  EXPECT_THAT(cards("2026-02-12"), ElementsAre("RUNG_PAST_IDEAL 2026-01-10"));
  EXPECT_THAT(cards("2026-05-31"), ElementsAre("RUNG_PAST_MAX 2026-01-10"));
  EXPECT_THAT(cards("2026-06-01"), IsEmpty());
  EXPECT_THAT(cards(""), IsEmpty());
}

TEST_F(TodayServiceTest, BeforeTheFirstTouchTheTwoHadNeverMet) {
  const auto started = Start();
  CheckIn("c1", "2026-06-01", "hello");
  v1::GetTodayRequest request;
  request.set_mentor_id(kAna.ToBytes());
  request.set_on("2026-01-20");
  const auto today = Call(&v1::TodayService::StubInterface::GetToday, request, kAna);
  ASSERT_EQ(today.cards_size(), 1);
  EXPECT_EQ(today.cards(0).rung(), v1::RUNG_NEVER_MET);
  EXPECT_EQ(today.cards(0).last_touch_on(), "");
  EXPECT_THAT(today.cards(0).because(), ElementsAre(started));
}

TEST_F(TodayServiceTest, WhereItIsTomorrowAlreadyATouchOfTodayCounts) {
  Start();
  CheckIn("c1", "2026-07-01", "morning in Auckland");
  v1::GetTodayRequest request;
  request.set_mentor_id(kAna.ToBytes());
  EXPECT_EQ(Call(&v1::TodayService::StubInterface::GetToday, request, kAna).cards_size(), 0);
}

TEST_F(TodayServiceTest, TodayIsTheMentorsOwn) {
  v1::GetTodayRequest request;
  request.set_mentor_id(kAna.ToBytes());
  Call(&v1::TodayService::StubInterface::GetToday, request, kBen);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Reason(), "NOT_PERMITTED");
  request.set_mentor_id("short");
  Call(&v1::TodayService::StubInterface::GetToday, request);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Reason(), "MALFORMED_ID");
  request.set_mentor_id(kAna.ToBytes());
  request.set_on("2026-06-31");
  Call(&v1::TodayService::StubInterface::GetToday, request);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Reason(), "MALFORMED_DATE");
}

// Who is somebody's mentee alone has nothing to do for them; who spoke up for somebody has, also without a
// relationship.
TEST_F(TodayServiceTest, HasACardForWhomTheMentorSpokeUpForAndNoneForTheirOwnMentor) {
  Start();
  SpeakUp(kBen, kCat, kBen);
  v1::GetTodayRequest request;
  request.set_mentor_id(kBen.ToBytes());
  const auto today = Call(&v1::TodayService::StubInterface::GetToday, request, kBen);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(today.mentees(), 0U);
  ASSERT_EQ(today.cards_size(), 1);
  EXPECT_EQ(today.cards(0).mentee().display_name(), "Cat");
  EXPECT_EQ(today.cards(0).rung(), v1::RUNG_ADVOCACY_UNHEARD);
}

TEST_F(TodayServiceTest, ATimelineOpensTextsForWhoAsks) {
  const auto started = Start();
  const auto met = CheckIn("c1", "2026-03-01", "about Leeds");
  Move(kBen, "hired", event::v1::MOVE_TYPE_HIRE, "2025-01-01");
  Move(kBen, "moved", event::v1::MOVE_TYPE_TRANSFER, "2026-02-01");
  const auto seen = Timeline(kAna);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  ASSERT_EQ(seen.entries_size(), 3) << "the hire lies before the relationship";
  EXPECT_EQ(seen.entries(0).position(), met);
  EXPECT_EQ(seen.entries(0).event(), "CheckInLogged");
  EXPECT_EQ(seen.entries(0).what(), "meal");
  EXPECT_EQ(seen.entries(0).text().text(), "about Leeds");
  EXPECT_EQ(seen.entries(0).private_note().text(), "nervous");
  EXPECT_EQ(seen.entries(0).people(1).display_name(), "Ben");
  EXPECT_EQ(seen.entries(1).what(), "transfer, Lead, Leeds");
  EXPECT_EQ(seen.entries(2).position(), started);
  const auto mentee = Timeline(kBen);
  EXPECT_EQ(mentee.entries(0).text().text(), "about Leeds");
  EXPECT_EQ(mentee.entries(0).private_note().content_case(), v1::Text::CONTENT_NOT_SET) << "a note is its author's";
}

TEST_F(TodayServiceTest, ATimelineTellsAStrangerOfMovesOnlyAndOfNoPair) {
  Start();
  CheckIn("c1", "2026-03-01", "about Leeds");
  Move(kBen, "moved", event::v1::MOVE_TYPE_TRANSFER, "2026-02-01");
  EXPECT_THAT(Timeline(kCat).entries(), IsEmpty()) << "moves since a start would tell that there was one";
  EXPECT_TRUE(status_.ok());
  v1::GetTimelineRequest request;
  request.set_relationship_id(kPair.ToBytes());
  Call(&v1::TodayService::StubInterface::GetTimeline, request, kCat);
  EXPECT_EQ(Reason(), "NO_SUCH_THING");
  request.clear_relationship_id();
  request.set_person_id(kBen.ToBytes());
  request.set_page_size(1);
  const auto moves = Call(&v1::TodayService::StubInterface::GetTimeline, request, kCat);
  ASSERT_EQ(moves.entries_size(), 1);
  EXPECT_EQ(moves.entries(0).event(), "PersonMoved");
  EXPECT_EQ(moves.next_page_token(), "") << "a further page would tell that there is more";
  request.set_page_size(10);
  EXPECT_EQ(Call(&v1::TodayService::StubInterface::GetTimeline, request, kAna).entries_size(), 3)
      << "Ana took part in the rest";
}

TEST_F(TodayServiceTest, APageIsFullOfWhatItsReaderMayKnow) {
  Start();
  CheckIn("c1", "2026-03-01", "hello");
  CheckIn("c2", "2026-03-02", "hello");
  // Recorded by another than the advocate, as an import does.
  SpeakUp(kAna, kBen, kCat);
  v1::GetTimelineRequest request;
  request.set_person_id(kBen.ToBytes());
  request.set_other_id(kAna.ToBytes());
  request.set_page_size(2);
  const auto first = Call(&v1::TodayService::StubInterface::GetTimeline, request, kBen);
  ASSERT_EQ(first.entries_size(), 2);
  EXPECT_EQ(first.entries(0).on(), "2026-03-02");
  request.set_page_token(first.next_page_token());
  const auto second = Call(&v1::TodayService::StubInterface::GetTimeline, request, kBen);
  ASSERT_EQ(second.entries_size(), 1);
  EXPECT_EQ(second.entries(0).event(), "RelationshipStarted");
  EXPECT_EQ(second.next_page_token(), "");
  request.clear_page_token();
  EXPECT_EQ(Call(&v1::TodayService::StubInterface::GetTimeline, request, kAna).entries(0).event(), "AdvocacyMade");
}

TEST_F(TodayServiceTest, AnAmendedPrivateNoteIsItsAuthorsToKnow) {
  Start();
  auto amended = Amending("c1", "2026-03-01", CheckIn("c1", "2026-03-01", "about Leeds"));
  amended.mutable_private_note()->set_note("calm");
  Tell(3, kPair, amended, "2026-03-02", {kAna, kBen});
  EXPECT_TRUE(Timeline(kAna).entries(0).amended());
  EXPECT_EQ(Timeline(kAna).entries(0).private_note().text(), "calm");
  EXPECT_FALSE(Timeline(kBen).entries(0).amended());
}

TEST_F(TodayServiceTest, AnAmendedGistTakesThePlaceOfTheFormer) {
  Start();
  auto amended = Amending("c1", "2026-03-01", CheckIn("c1", "2026-03-01", "abuot Leeds"));
  amended.mutable_shared()->set_gist("about Leeds");
  Tell(3, kPair, amended, "2026-03-02", {kAna, kBen});
  const auto seen = Timeline(kAna);
  ASSERT_EQ(seen.entries_size(), 2);
  EXPECT_TRUE(seen.entries(0).amended());
  EXPECT_EQ(seen.entries(0).text().text(), "about Leeds");
  EXPECT_EQ(seen.entries(0).private_note().text(), "nervous");
  EXPECT_EQ(seen.entries(0).what(), "meal");
}

TEST_F(TodayServiceTest, ATimelineOfARelationshipIsPaged) {
  Start();
  for (int i = 1; i <= 4; ++i) CheckIn("c" + std::to_string(i), "2026-03-0" + std::to_string(i), "hello");
  v1::GetTimelineRequest request;
  request.set_relationship_id(kPair.ToBytes());
  request.set_page_size(2);
  std::vector<std::string> days;
  do {
    const auto page = Call(&v1::TodayService::StubInterface::GetTimeline, request);
    ASSERT_TRUE(status_.ok()) << status_.error_message();
    for (const auto& entry : page.entries()) days.push_back(entry.on());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(days, ElementsAre("2026-03-04", "2026-03-03", "2026-03-02", "2026-03-01", "2026-01-01"));
  request.set_page_token("nonsense");
  Call(&v1::TodayService::StubInterface::GetTimeline, request);
  EXPECT_EQ(Reason(), "BAD_PAGE_TOKEN");
  request.clear_page_token();
  request.set_relationship_id(kCat.ToBytes());
  Call(&v1::TodayService::StubInterface::GetTimeline, request);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Reason(), "NO_SUCH_THING");
  request.set_person_id(kAna.ToBytes());
  Call(&v1::TodayService::StubInterface::GetTimeline, request);
  EXPECT_EQ(Reason(), "INVALID_FIELD") << "a person or a relationship, not both";
}

TEST_F(TodayServiceTest, ATimelineSaysWhoWasToldOfAMoveAndThatAMessageFailed) {
  Start();
  event::v1::MoveTold told;
  told.set_move_id(Named("moved").ToBytes());
  told.set_to_id(kBen.ToBytes());
  told.set_channel(event::v1::TOLD_CHANNEL_CARD);
  told.set_delivered(true);
  Tell(3, kPair, told, "2026-02-01", {kAna, kBen});
  told.set_channel(event::v1::TOLD_CHANNEL_IN_PERSON);
  Tell(3, kPair, told, "2026-02-02", {kAna, kBen});
  told.set_to_id(kAna.ToBytes());
  told.set_channel(event::v1::TOLD_CHANNEL_EMAIL);
  told.set_delivered(false);
  Tell(3, kPair, told, "2026-02-03", {kAna, kBen});
  told.set_to_id(Named("unknown").ToBytes());
  told.clear_channel();
  Tell(3, kPair, told, "2026-02-04", {kAna, kBen});
  const auto seen = Timeline(kBen);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  std::vector<std::string> what;
  for (const auto& entry : seen.entries()) {
    if (entry.event() == "MoveTold") what.push_back(entry.what());
  }
  EXPECT_THAT(what, ElementsAre("not delivered to somebody", "not delivered to Ana by email", "told Ben in person",
                                "told Ben by card"));
}

TEST_F(TodayServiceTest, WhoWasSpokenForFindsWhatTheyToldOfItThemselves) {
  Start();
  SpeakUp(kAna, kBen, kAna);
  event::v1::AdvocacyTold told;
  told.set_advocate_id(kAna.ToBytes());
  Tell(6, Named("advocacy"), told, "2026-03-04", {kBen});
  event::v1::AdvocacyOutcomeSeen seen;
  seen.set_advocate_id(kAna.ToBytes());
  seen.set_outcome(event::v1::ADVOCACY_OUTCOME_MET);
  const auto met = Tell(6, Named("advocacy"), seen, "2026-03-05", {kBen}, kBen);
  for (const auto& reader : {kAna, kBen}) {
    const auto timeline = Timeline(reader);
    ASSERT_EQ(timeline.entries_size(), 3) << reader.ToHex();
    EXPECT_EQ(timeline.entries(0).position(), met);
    EXPECT_EQ(timeline.entries(0).what(), "met");
  }
}

TEST_F(TodayServiceTest, ContinuityCountsPairsByMove) {
  Start();
  Move(kBen, "hired", event::v1::MOVE_TYPE_HIRE, "2025-01-01");
  Move(kBen, "moved", event::v1::MOVE_TYPE_TRANSFER, "2026-02-01");
  CheckIn("c1", "2026-03-01", "hello");
  v1::GetContinuityRequest request;
  auto figures = Call(&v1::TodayService::StubInterface::GetContinuity, request);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(figures.pairs(), 1U);
  EXPECT_EQ(figures.pairs_whose_mentee_moved(), 1U);
  EXPECT_EQ(figures.with_a_check_in_after_the_first_move(), 1U);
  ASSERT_EQ(figures.survival_size(), 1);
  EXPECT_EQ(figures.survival(0).days(), 59U) << "from the start on 1 January to the touch on 1 March";
  request.add_move_types("exit");
  figures = Call(&v1::TodayService::StubInterface::GetContinuity, request);
  EXPECT_EQ(figures.pairs_whose_mentee_moved(), 0U);
  request.add_move_types("sideways");
  Call(&v1::TodayService::StubInterface::GetContinuity, request);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Reason(), "UNKNOWN_ENUM_VALUE");
}

TEST_F(TodayServiceTest, ContinuityIsForWhoMayReadAboutEverybody) {
  Start();
  Call(&v1::TodayService::StubInterface::GetContinuity, v1::GetContinuityRequest(), kAna);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Reason(), "NOT_PERMITTED");
}

TEST_F(TodayServiceTest, AConfidenceThatCannotBeReadDoesNotStopWhoMayNotKnowOfIt) {
  Start();
  SpeakUp(kAna, kBen, kAna);
  // The views have folded it while it could be read.
  ASSERT_EQ(Timeline(kAna).entries_size(), 2);
  const auto key = storage::PositionKey(ledger_->head());
  const auto stored = store_->Get(storage::Family::kEvents, key);
  ASSERT_TRUE(stored.ok() && *stored);
  storage::Batch batch;
  batch.Put(storage::Family::kEvents, key, storage::EncodeEvent(storage::SplitEvent(**stored)->header, "\xff\xff"));
  ASSERT_TRUE(store_->Write(std::move(batch), storage::Durability::kSynced).ok());
  // Readers see it with the next moment of the log.
  CheckIn("c1", "2026-06-29", "hello");
  EXPECT_EQ(Timeline(kBen).entries_size(), 2);
  EXPECT_TRUE(status_.ok()) << status_.error_message();
  Timeline();
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::DATA_LOSS) << "who may know everything learns that it is damaged";
}

TEST_F(TodayServiceTest, UnattendedIsWhomNobodyTouched) {
  Start();
  CheckIn("c1", "2026-06-29", "hello");
  v1::GetUnattendedRequest request;
  request.set_page_size(1);
  std::vector<std::string> names;
  do {
    const auto page = Call(&v1::TodayService::StubInterface::GetUnattended, request);
    ASSERT_TRUE(status_.ok()) << status_.error_message();
    for (const auto& person : page.people()) names.push_back(person.person().display_name());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(names, ElementsAre("Ana", "Cat"));
  Call(&v1::TodayService::StubInterface::GetUnattended, request, kAna);
  EXPECT_EQ(Reason(), "NOT_PERMITTED");
}

TEST_F(TodayServiceTest, UnattendedNamesWhoCannotBeReadAndShowsTheOthers) {
  Start();
  event::v1::CheckInRetracted unreadable;
  unreadable.set_checkin_id(Named("unknown").ToBytes());
  Tell(3, kPair, unreadable, "2026-06-01", {kAna, kBen});
  v1::GetUnattendedRequest request;
  request.set_page_size(2);
  const auto first = Call(&v1::TodayService::StubInterface::GetUnattended, request);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  ASSERT_EQ(first.people_size(), 1);
  EXPECT_EQ(first.people(0).person().display_name(), "Ana");
  ASSERT_EQ(first.unreadable_size(), 1);
  EXPECT_EQ(first.unreadable(0).display_name(), "Ben");
  request.set_page_token(first.next_page_token());
  const auto second = Call(&v1::TodayService::StubInterface::GetUnattended, request);
  ASSERT_EQ(second.people_size(), 1);
  EXPECT_EQ(second.people(0).person().display_name(), "Cat");
  EXPECT_EQ(second.unreadable_size(), 0);
}

TEST_F(TodayServiceTest, APageThatFindsNobodyAmongThoseItLooksAtSaysWhereToGoOn) {
  Start();
  CheckIn("c1", "2026-06-29", "hello");
  TodayService one_at_a_time(*edge_, 1);
  grpc::ServerBuilder builder;
  builder.RegisterService(&one_at_a_time);
  const auto server = builder.BuildAndStart();
  stub_ = v1::TodayService::NewStub(server->InProcessChannel({}));
  v1::GetUnattendedRequest request;
  std::vector<std::string> pages;
  do {
    const auto page = Call(&v1::TodayService::StubInterface::GetUnattended, request);
    ASSERT_TRUE(status_.ok()) << status_.error_message();
    pages.push_back(page.people().empty() ? "nobody" : page.people(0).person().display_name());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && pages.size() < 9);
  EXPECT_THAT(pages, ElementsAre("Ana", "nobody", "Cat")) << "Ben was touched";
  server->Shutdown();
}

TEST_F(TodayServiceTest, APageThatEndsWithWhoCannotBeReadHasANextOne) {
  // Neither of the views that are asked can fold it.
  TellUnknownEvent(kBen);
  v1::GetUnattendedRequest request;
  request.set_page_size(2);
  const auto first = Call(&v1::TodayService::StubInterface::GetUnattended, request);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(first.people_size(), 1);
  ASSERT_EQ(first.unreadable_size(), 1);
  request.set_page_token(first.next_page_token());
  const auto second = Call(&v1::TodayService::StubInterface::GetUnattended, request);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  ASSERT_EQ(second.people_size(), 1);
  EXPECT_EQ(second.people(0).person().display_name(), "Cat");
}

TEST_F(TodayServiceTest, SilenceOnAPastDayKnowsNoLaterTouch) {
  Start();
  CheckIn("c1", "2026-01-10", "hello");
  CheckIn("c2", "2026-06-29", "late");
  const auto ben = [&](const std::string& on) {
    v1::GetUnattendedRequest request;
    request.set_on(on);
    const auto page = Call(&v1::TodayService::StubInterface::GetUnattended, request);
    EXPECT_TRUE(status_.ok()) << status_.error_message();
    for (const auto& person : page.people()) {
      if (person.person().person_id() != kBen.ToBytes()) continue;
      return person.last_touch_on() + " " + std::to_string(person.silent_days()) + " " +
             std::to_string(person.active_relationships());
    }
    return std::string("touched");
  };
  EXPECT_EQ(ben("2025-12-31"), " 2191 0");
  EXPECT_EQ(ben("2026-01-09"), " 2200 1");
  EXPECT_EQ(ben("2026-01-10"), "touched");
  EXPECT_EQ(ben("2026-06-28"), "2026-01-10 169 1");
  EXPECT_EQ(ben("2026-06-29"), "touched");
}

TEST_F(TodayServiceTest, APairIsWhatStandsBetweenTheTwo) {
  Start();
  const auto met = CheckIn("c1", "2026-06-29", "hello");
  v1::GetPairRequest request;
  request.set_person_id(kBen.ToBytes());
  request.set_other_id(kAna.ToBytes());
  const auto pair = Call(&v1::TodayService::StubInterface::GetPair, request, kBen);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  ASSERT_EQ(pair.relationships_size(), 1);
  EXPECT_EQ(pair.relationships(0).mentor_id(), kAna.ToBytes());
  EXPECT_EQ(pair.relationships(0).kind(), "mentor");
  EXPECT_EQ(pair.relationships(0).status(), "active");
  EXPECT_EQ(pair.relationships(0).max_days(), 45U);
  EXPECT_EQ(pair.last_touch_on(), "2026-06-29");
  EXPECT_EQ(pair.last_touch_at(), met);
  EXPECT_THAT(pair.open(), IsEmpty());
  Call(&v1::TodayService::StubInterface::GetPair, request, kCat);
  EXPECT_EQ(Reason(), "NOT_PERMITTED");
}

}  // namespace
}  // namespace mentorlog::today
