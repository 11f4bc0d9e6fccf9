// tests/services/today/today_server.h: TodayService over a real in-process server and a log in memory, and facts told
// to it.
#ifndef MENTORLOG_TESTS_SERVICES_TODAY_TODAY_SERVER_H_
#define MENTORLOG_TESTS_SERVICES_TODAY_TODAY_SERVER_H_

#include <future>
#include <memory>

#include "gmock/gmock.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "mentorlog/view/v1/people_state.pb.h"
#include "services/people/people_room.h"
#include "services/runtime/dev_identity.h"
#include "services/runtime/scan_pool.h"
#include "services/today/today_room.h"
#include "services/today/today_service.h"
#include "storage/codec.h"
#include "storage/ledger.h"
#include "tests/services/runtime/reason_of.h"
#include "tests/services/today/told.h"

namespace mentorlog::today {

inline const storage::Id kAna = Named("ana");
inline const storage::Id kBen = Named("ben");
inline const storage::Id kCat = Named("cat");

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
  std::string Reason() const { return runtime_test::ReasonOf(status_); }

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

}  // namespace mentorlog::today

#endif  // MENTORLOG_TESTS_SERVICES_TODAY_TODAY_SERVER_H_
