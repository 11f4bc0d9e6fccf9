// tests/services/feed/feed_fixture.h: FeedService over a real server: lamps are switched, and readers follow.
#ifndef MENTORLOG_TESTS_SERVICES_FEED_FEED_FIXTURE_H_
#define MENTORLOG_TESTS_SERVICES_FEED_FEED_FIXTURE_H_

#include "services/feed/feed_service.h"

#include <future>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mentorlog/v1/feed_service.grpc.pb.h"
#include "services/feed/feed_reader.h"
#include "services/feed/feed_room.h"
#include "storage/codec.h"
#include "tests/services/server/lamp_server.h"

namespace mentorlog::feed {

using runtime_test::Bought;
using runtime_test::FactOf;
using runtime_test::IdOf;
using runtime_test::Lamp;
using runtime_test::Switched;
using server_test::ReasonOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using v1::SubscribeRequest;
using v1::SubscribeResponse;
using Positions = std::vector<std::uint64_t>;

// Persons 1 and 2 are the pair of every lamp (FactOf); person 3 knows nothing of it.
class Feed : public ::testing::Test {
 protected:
  Feed() {
    std::vector<runtime::Room> rooms;
    rooms.push_back(runtime_test::LampRoom());
    rooms.push_back(FeedRoom());
    log_ = *server::ServedLog::Open(std::move(rooms), *store_, *keys_, storage::SystemClock(), identity_, {});
    grpc::ServerBuilder builder;
    log_->RegisterServices(builder);
    server_ = builder.BuildAndStart();
    stub_ = v1::FeedService::NewStub(server_->InProcessChannel({}));
  }
  ~Feed() override { Stop(); }
  void Stop() {
    if (server_) server_->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
    server_.reset();
    log_->Stop();
  }

  // As the service `dev`, on a person's behalf if one is given.
  void AppendFacts(std::uint8_t lamp, std::vector<decider::Fact> facts, std::vector<log::v1::PartRef> removals = {},
                   std::optional<std::uint8_t> on_behalf_of = std::nullopt) {
    runtime::Command command;
    command.name_space = "many";
    command.request_id = IdOf(2);
    ++requests_;
    for (std::size_t i = 0; i < 4; ++i)
      command.request_id.bytes[4 + i] = static_cast<std::uint8_t>(requests_ >> (8 * i));
    command.request_hash = std::string(32, 'h');
    command.actor.service = "dev";
    if (on_behalf_of) command.actor.person = IdOf(*on_behalf_of);
    command.decide = [&](const decider::Context&, decider::States& states) -> decider::Decision {
      runtime_test::LampState state;
      if (auto loaded = states.Load(Lamp(lamp), decider::Reliance::kExists, state); !loaded.ok())
        return loaded.status();
      decider::Facts all;
      all.facts = facts;
      all.removals = removals;
      return all;
    };
    const auto status = Run(std::move(command));
    ASSERT_TRUE(status.ok()) << status;
  }
  absl::Status Run(runtime::Command command) {
    // Shared: the thread that tells may still be at it when the test goes on.
    const auto done = std::make_shared<std::promise<absl::Status>>();
    auto status = done->get_future();
    runtime::Execute(log_->desk(), std::move(command), [done](auto outcome) { done->set_value(outcome.status()); });
    return status.get();
  }
  // Appends one fact as a person, or as `dev`.
  template <typename Event>
  void Append(std::uint8_t lamp, Event event, std::optional<std::uint8_t> person = std::nullopt,
              std::optional<log::v1::Audience> of_the_note = std::nullopt) {
    runtime::Command command;
    command.name_space = "test";
    command.request_id = IdOf(1);
    ++requests_;
    for (std::size_t i = 0; i < 4; ++i)
      command.request_id.bytes[4 + i] = static_cast<std::uint8_t>(requests_ >> (8 * i));
    command.request_hash = std::string(32, 'h');
    if (person) {
      command.actor.person = IdOf(*person);
    } else {
      command.actor.service = "dev";
      command.actor.may_do_everything = true;
    }
    command.source = log::v1::SOURCE_CLI;
    command.decide = [&](const decider::Context&, decider::States& states) -> decider::Decision {
      runtime_test::LampState state;
      if (auto loaded = states.Load(Lamp(lamp), decider::Reliance::kExists, state); !loaded.ok())
        return loaded.status();
      decider::Facts facts;
      facts.facts.push_back(FactOf(lamp, event));
      if (of_the_note) facts.facts.back().chosen[Event::descriptor()->FindFieldByName("note")->number()] = *of_the_note;
      return facts;
    };
    const auto status = Run(std::move(command));
    ASSERT_TRUE(status.ok()) << status;
  }
  // Switches a lamp `count` times, a proposal for each 1000.
  void AppendMany(std::uint8_t lamp, std::uint64_t count) {
    while (count > 0) {
      const auto some = std::min<std::uint64_t>(count, storage::kProposalRecordsMax);
      AppendFacts(lamp, std::vector<decider::Fact>(some, FactOf(lamp, Switched(true))));
      count -= some;
    }
  }
  // Puts bytes that do not parse in the place of an event's open part. Readers see it after the next Append.
  void MakeUnreadable(std::uint64_t position) {
    const auto key = storage::PositionKey(storage::Position{position});
    const auto stored = store_->Get(storage::Family::kEvents, key);
    ASSERT_TRUE(stored.ok() && stored->has_value()) << stored.status();
    const auto bytes = storage::SplitEvent(**stored);
    ASSERT_TRUE(bytes.has_value());
    storage::Batch batch;
    batch.Put(storage::Family::kEvents, key, storage::EncodeEvent(bytes->header, "\xff\xff\xff"));
    const auto written = store_->Write(std::move(batch), storage::Durability::kSynced);
    ASSERT_TRUE(written.ok()) << written;
  }
  // Persons whom the dev identity accepts: lamps of their ids.
  void MakePersons() {
    for (std::uint8_t person = 1; person <= 3; ++person) Append(person, Bought(1));
  }

  struct ReadAll {
    std::vector<v1::FeedEvent> events;
    Positions positions;
    std::uint64_t considered = 0;
    grpc::Status status;
  };
  ReadAll Read(const v1::ReadRequest& request, int person = 0) {
    grpc::ClientContext context;
    if (person != 0) context.AddMetadata("mentorlog-actor", IdOf(static_cast<std::uint8_t>(person)).ToHex());
    ReadAll all;
    const auto reader = stub_->Read(&context, request);
    v1::ReadResponse response;
    while (reader->Read(&response)) {
      for (const auto& event : response.events()) {
        all.positions.push_back(event.position());
        all.events.push_back(event);
      }
      all.considered = response.considered();
    }
    all.status = reader->Finish();
    return all;
  }

  // One subscription, read frame by frame.
  struct Subscription {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<SubscribeRequest, SubscribeResponse>> stream;

    void Credit(std::uint32_t events) {
      SubscribeRequest frame;
      frame.mutable_credit()->set_events(events);
      stream->Write(frame);
    }
    SubscribeResponse Next() {
      SubscribeResponse frame;
      EXPECT_TRUE(stream->Read(&frame));
      return frame;
    }
    // The positions of events up to and with `last`; other frames are passed over but held against what was sent.
    Positions EventsUpTo(std::uint64_t last) {
      Positions positions;
      SubscribeResponse frame;
      while ((positions.empty() || positions.back() < last) && stream->Read(&frame)) {
        if (frame.has_progress()) progress = frame.progress().position();
        for (const auto& event : frame.batch().events()) {
          EXPECT_GT(event.position(), progress) << "Progress ran ahead of an event that was wanted";
          positions.push_back(event.position());
        }
      }
      return positions;
    }
    grpc::Status End() {
      stream->WritesDone();
      SubscribeResponse frame;
      while (stream->Read(&frame)) {
      }
      return stream->Finish();
    }
    std::uint64_t progress = 0;
  };

  std::unique_ptr<Subscription> Begin(const SubscribeRequest& first) {
    auto subscription = std::make_unique<Subscription>();
    subscription->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    subscription->stream = stub_->Subscribe(&subscription->context);
    subscription->stream->Write(first);
    return subscription;
  }
  static SubscribeRequest Open(std::uint64_t after, std::uint32_t credit, const std::string& type = "") {
    SubscribeRequest frame;
    frame.mutable_open()->set_after(after);
    frame.mutable_open()->set_credit(credit);
    if (!type.empty()) frame.mutable_open()->mutable_filter()->add_types(type);
    return frame;
  }
  grpc::Status Refused(const SubscribeRequest& first) { return Begin(first)->End(); }

  const std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore();
  const std::unique_ptr<storage::KeyStore> keys_ = storage::NewMemoryKeyStore();
  const runtime::DevIdentity identity_{runtime_test::kLamp};
  std::unique_ptr<server::ServedLog> log_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::FeedService::Stub> stub_;
  std::uint32_t requests_ = 0;
};

inline Positions Range(std::uint64_t first, std::uint64_t last) {
  Positions all;
  for (auto p = first; p <= last; ++p) all.push_back(p);
  return all;
}

}  // namespace mentorlog::feed

#endif  // MENTORLOG_TESTS_SERVICES_FEED_FEED_FIXTURE_H_
