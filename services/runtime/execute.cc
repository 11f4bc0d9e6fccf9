#include "services/runtime/execute.h"

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "google/protobuf/wire_format.h"
#include "mentorlog/v1/errors.pb.h"
#include "services/runtime/audience.h"
#include "services/runtime/wire_fields.h"
#include "storage/refusal.h"

namespace mentorlog::runtime {
namespace {

using decider::Reliance;
using storage::Revision;
using storage::StreamKey;

constexpr int kRetryMs = 100;

absl::Status Defect(const std::string& message) {
  return storage::Refuse(absl::StatusCode::kInternal, "DEFECT", message);
}

// The states of one snapshot; remembers what was relied on.
class SnapshotStates final : public decider::States {
 public:
  struct Loaded {
    std::optional<Revision> revision;
    Reliance reliance = Reliance::kExists;
  };

  // `absent` may be nullptr. `trusting`: what it knows to be absent is not read.
  SnapshotStates(const StateView& view, const storage::LedgerSnapshot& snapshot, AbsentStreams* absent, bool trusting)
      : view_(view), snapshot_(snapshot), absent_(absent), trusting_(absent != nullptr && trusting) {}

  absl::StatusOr<std::optional<Revision>> Load(const StreamKey& stream, Reliance reliance,
                                               google::protobuf::Message& state) override {
    if (trusting_ && Trust(stream, reliance)) return std::optional<Revision>();
    auto revision = view_.Load(snapshot_, stream, state);
    if (!revision.ok()) return revision;
    if (!*revision && absent_ != nullptr) absent_->Note(stream);
    const auto [entry, is_new] = loaded_.try_emplace(stream, Loaded{*revision, reliance});
    if (!is_new && reliance == Reliance::kExact) entry->second.reliance = Reliance::kExact;
    return revision;
  }

  absl::StatusOr<bool> LoadItem(const StreamKey& stream, const storage::Id& id,
                                google::protobuf::Message& item) override {
    if (!loaded_.contains(stream)) return Defect("an item of a stream that the decision does not rely on");
    return view_.LoadItem(snapshot_, stream, id, item);
  }

  std::map<StreamKey, Loaded>& loaded() { return loaded_; }
  // The streams that were taken to be absent without a look.
  const std::vector<StreamKey>& trusted() const { return trusted_; }

 private:
  // Whether the stream is absent, as far as is known. Asked for again it is what it was the first time.
  bool Trust(const StreamKey& stream, Reliance reliance) {
    if (const auto known = loaded_.find(stream); known != loaded_.end()) return !known->second.revision;
    if (!absent_->Contains(stream)) return false;
    loaded_.emplace(stream, Loaded{std::nullopt, reliance});
    trusted_.push_back(stream);
    return true;
  }

  const StateView& view_;
  const storage::LedgerSnapshot& snapshot_;
  AbsentStreams* const absent_;
  const bool trusting_;
  std::map<StreamKey, Loaded> loaded_;
  std::vector<StreamKey> trusted_;
};

log::v1::Actor ActorOf(const decider::Actor& actor) {
  log::v1::Actor stored;
  if (actor.service.empty()) {
    stored.set_person_id(actor.person->ToBytes());
  } else {
    stored.set_service(actor.service);
    if (actor.person) stored.set_on_behalf_of(actor.person->ToBytes());
  }
  return stored;
}

log::v1::Check CheckOf(const StreamKey& stream, const SnapshotStates::Loaded& loaded) {
  log::v1::Check check;
  check.set_stream(stream.ToBytes());
  auto& expected = *check.mutable_expected();
  if (!loaded.revision) {
    expected.mutable_no_stream();
  } else if (loaded.reliance == Reliance::kExact) {
    expected.set_exact(loaded.revision->value);
  } else {
    expected.mutable_exists();
  }
  return check;
}

absl::Status StaleRevision(const StreamKey& stream, Revision expected, std::optional<Revision> actual) {
  log::v1::FailedCheck failed;
  failed.mutable_check()->set_stream(stream.ToBytes());
  failed.mutable_check()->mutable_expected()->set_exact(expected.value);
  if (actual) failed.set_actual(actual->value);
  const std::string found = actual ? absl::StrCat("revision ", actual->value) : "no record";
  auto status = storage::Refuse(
      absl::StatusCode::kAborted, "REVISION_CONFLICT",
      absl::StrCat("expected_revision: ", expected.value, ", the stream has ", found, ", want its last revision"));
  status.SetPayload(
      absl::StrCat(absl::string_view(storage::kFailedChecksPayload.data(), storage::kFailedChecksPayload.size()), "/0"),
      absl::Cord(failed.SerializeAsString()));
  return status;
}

bool IsLostRace(const absl::Status& status) {
  return absl::IsAborted(status) && storage::ReasonOf(status) == "REVISION_CONFLICT";
}

// How far a stream had gone beyond what was expected of it.
struct Gap {
  std::uint64_t expected = 0;
  std::uint64_t last = 0;
};

// What a conflict says of `stream`; nullopt unless it has gone beyond an exact revision.
std::optional<Gap> GapIn(const absl::Status& conflict, const StreamKey& stream) {
  std::optional<Gap> gap;
  conflict.ForEachPayload([&](absl::string_view key, const absl::Cord& bytes) {
    log::v1::FailedCheck failed;
    if (!std::string_view(key.data(), key.size()).starts_with(storage::kFailedChecksPayload)) return;
    if (!failed.ParseFromString(std::string(bytes)) || failed.check().stream() != stream.ToBytes()) return;
    const auto& expected = failed.check().expected();
    if (expected.has_exact() && failed.actual() > expected.exact()) gap = {expected.exact(), failed.actual()};
  });
  return gap;
}

// What is refused whatever state the stream is in. Told rather than a stale revision: that would say to somebody
// without any right that the stream exists, and how much has happened in it. A decision may find a request malformed
// before it asks who sent it.
bool IsOfAnyRevision(const absl::Status& status) {
  return absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status) || absl::IsNotFound(status) ||
         absl::IsInvalidArgument(status);
}

// One write on its way through its attempts. Kept alive by whoever will call it next: the caller, then the ledger.
class Execution : public std::enable_shared_from_this<Execution> {
 public:
  Execution(const Desk& desk, Command command, OutcomeDone done)
      : desk_(desk),
        command_(std::move(command)),
        done_(std::move(done)),
        ids_(desk.ledger.keyed(), command_.name_space, command_.request_id),
        // Only what is proposed has checks, and only where a lost race is decided again may one of them fail for that.
        trusting_(desk.absent != nullptr && !command_.validate_only && !command_.expected_revision) {}

  void Run() {
    if (auto status = CheckCommand(); !status.ok()) return done_(std::move(status));
    Attempt();
  }

 private:
  absl::Status CheckCommand() const {
    if (command_.request_id.IsZero()) {
      return storage::Refuse(absl::StatusCode::kInvalidArgument, "MISSING_REQUEST_ID",
                             "request_id: none, want 16 bytes of the caller's choice that are not all zero");
    }
    if (command_.request_hash.size() != 32) return Defect("the request's hash has not 32 bytes");
    if (command_.expected_revision && !command_.expected_stream) {
      return storage::Refuse(absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
                             "expected_revision: given, but this command has no single stream to hold it against");
    }
    if (command_.actor.service.empty() && !command_.actor.person) {
      return Defect("the actor is neither a person nor a service");
    }
    return absl::OkStatus();
  }

  // What a decision comes to: an answer at once, or something to propose.
  using Decided = std::variant<absl::StatusOr<Outcome>, log::v1::Proposal>;

  // Decides once, on a new snapshot, and proposes what follows.
  void Attempt() {
    ++attempts_;
    const auto snapshot = desk_.ledger.Snapshot();
    auto first = FirstAnswer(*snapshot);
    if (!first.ok()) return done_(first.status());
    if (*first) return done_(**std::move(first));

    SnapshotStates states(desk_.states, *snapshot, desk_.absent, trusting_);
    auto decided = DecideOn(*snapshot, states);
    if (std::holds_alternative<absl::StatusOr<Outcome>>(decided) && !states.trusted().empty()) {
      // No check will hold what was trusted.
      SnapshotStates as_read(desk_.states, *snapshot, desk_.absent, false);
      decided = DecideOn(*snapshot, as_read);
    } else {
      trusted_ = states.trusted();
    }
    if (auto* answer = std::get_if<absl::StatusOr<Outcome>>(&decided)) return done_(std::move(*answer));
    Propose(std::get<log::v1::Proposal>(std::move(decided)));
  }

  Decided DecideOn(const storage::LedgerSnapshot& snapshot, SnapshotStates& states) const {
    auto stale = HoldExpectedRevision(snapshot, states);
    if (!stale.ok() && !IsLostRace(stale)) return stale;
    auto decision = Decide(states);
    if (!stale.ok()) {
      return IsOfAnyRevision(decision.status()) ? decision.status() : WithMissed(std::move(stale), snapshot);
    }
    if (!decision.ok()) return decision.status();
    if (decision->facts.empty()) return Unchanged(*std::move(decision));

    auto proposal = ToProposal(*decision, states);
    if (!proposal.ok()) return proposal.status();
    if (command_.validate_only) return absl::StatusOr<Outcome>(Outcome{{}, false, std::move(decision->advice)});
    return *std::move(proposal);
  }

  // What the first call with this request id was answered; nullopt if this is the first.
  absl::StatusOr<std::optional<Outcome>> FirstAnswer(const storage::LedgerSnapshot& snapshot) const {
    const auto entry = snapshot.FindRequest(command_.name_space, command_.request_id);
    if (!entry.ok()) return entry.status();
    if (!*entry) return std::optional<Outcome>();
    storage::Committed committed;
    committed.replayed = true;
    for (std::uint32_t i = 0; i < (*entry)->records; ++i) {
      auto record = snapshot.Read(storage::Position{(*entry)->first.value + i});
      if (!record.ok()) return record.status();
      committed.records.push_back(std::make_shared<const storage::Record>(*std::move(record)));
    }
    if (committed.records.empty()) return Defect("a committed request has no records");
    if (committed.records.front()->header.request_hash() != command_.request_hash) {
      return storage::Refuse(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                             "request_id: used for another request, want a new id for a new request");
    }
    return std::optional(ToOutcome(std::move(committed)));
  }

  // An expected revision is an exact reliance on its stream.
  absl::Status HoldExpectedRevision(const storage::LedgerSnapshot& snapshot, SnapshotStates& states) const {
    if (!command_.expected_revision) return absl::OkStatus();
    const auto head = snapshot.StreamHead(*command_.expected_stream);
    if (!head.ok()) return head.status();
    if (*head != command_.expected_revision) {
      return StaleRevision(*command_.expected_stream, *command_.expected_revision, *head);
    }
    states.loaded()[*command_.expected_stream] = {*head, Reliance::kExact};
    return absl::OkStatus();
  }

  decider::Decision Decide(SnapshotStates& states) const {
    decider::Context context;
    context.actor = command_.actor;
    context.source = command_.source;
    context.today = desk_.clock.Now().LatestDayOnEarth();
    context.ids = &ids_;
    return command_.decide(context, states);
  }

  absl::StatusOr<Outcome> Unchanged(decider::Facts decision) const {
    if (!decision.removals.empty()) return Defect("a decision removes parts without a fact that says so");
    return Outcome{{}, false, std::move(decision.advice)};
  }

  absl::StatusOr<log::v1::Proposal> ToProposal(const decider::Facts& decision, SnapshotStates& states) const {
    log::v1::Proposal proposal;
    proposal.set_namespace_(command_.name_space);
    proposal.set_request_id(command_.request_id.ToBytes());
    proposal.set_request_hash(command_.request_hash);
    proposal.set_proposed_at_us(desk_.clock.Now().micros);
    *proposal.mutable_actor() = ActorOf(command_.actor);
    proposal.set_source(command_.source);
    proposal.set_causation(command_.causation.value);
    proposal.set_policy_version(command_.policy_version);
    for (const auto& fact : decision.facts) {
      if (!states.loaded().contains(fact.stream)) {
        return Defect(fact.event->GetTypeName() + ": goes to a stream that the decision did not load");
      }
      auto record = desk_.codec.ToRecord(fact);
      if (!record.ok()) return record.status();
      *proposal.add_records() = *std::move(record);
    }
    for (const auto& [stream, loaded] : states.loaded()) *proposal.add_checks() = CheckOf(stream, loaded);
    for (const auto& removal : decision.removals) *proposal.add_removals() = removal;
    for (const auto& advice : decision.advice) *proposal.add_advice() = advice;
    return proposal;
  }

  void Propose(log::v1::Proposal proposal) {
    desk_.ledger.Propose(std::move(proposal),
                         [self = shared_from_this()](absl::StatusOr<storage::Committed> committed) {
                           self->Answer(std::move(committed));
                         });
  }

  void Answer(absl::StatusOr<storage::Committed> committed) {
    if (committed.ok()) {
      ForgetAbsent(*committed);
      return done_(ToOutcome(*std::move(committed)));
    }
    if (!IsLostRace(committed.status()) && !IsOfTrust(committed.status())) return done_(committed.status());
    Distrust();
    auto work = [self = shared_from_this(), conflict = committed.status()] { self->AfterLostRace(conflict); };
    if (desk_.retries == nullptr) return work();
    if (!desk_.retries->Run(std::move(work))) done_(Lost(committed.status()));
  }

  // Whoever is told of a record finds its stream.
  void ForgetAbsent(const storage::Committed& committed) const {
    if (desk_.absent == nullptr) return;
    for (const auto& record : committed.records) {
      if (record->header.revision() == 0) desk_.absent->Forget(record->stream());
    }
  }

  // Whether a proposal was refused for what is in it, which might be otherwise had everything been read.
  bool IsOfTrust(const absl::Status& status) const { return !trusted_.empty() && absl::IsInvalidArgument(status); }

  // From now on everything is read.
  void Distrust() {
    trusting_ = false;
    for (const auto& stream : std::exchange(trusted_, {})) desk_.absent->Forget(stream);
  }

  void AfterLostRace(const absl::Status& conflict) {
    if (!command_.expected_revision && attempts_ < kDecideAttemptsMax) return Attempt();
    done_(Lost(WithMissed(conflict, *desk_.ledger.Snapshot())));
  }

  // A race may be won the next time; a stale expectation stays stale.
  absl::Status Lost(absl::Status conflict) const {
    if (command_.expected_revision || !IsLostRace(conflict)) return conflict;
    conflict.SetPayload(absl::string_view(kRetryPayload.data(), kRetryPayload.size()),
                        absl::Cord(absl::StrCat(kRetryMs)));
    return conflict;
  }

  // Adds to a conflict what its caller missed in the command's own stream.
  absl::Status WithMissed(absl::Status conflict, const storage::LedgerSnapshot& snapshot) const {
    if (!command_.expected_stream) return conflict;
    const auto gap = GapIn(conflict, *command_.expected_stream);
    if (!gap) return conflict;
    v1::MissedEvents missed;
    const std::uint64_t first = gap->last - std::min(gap->last - gap->expected, kMissedMax) + 1;
    const auto scanned = snapshot.ScanStream(*command_.expected_stream, Revision{first}, [&](storage::Record&& record) {
      const auto* type = desk_.codec.Find(record.header.type());
      const auto author = desk_.codec.AuthorOf(record);
      if (type != nullptr && author.ok() && MayKnow(command_.actor, record.header, type->happened, *author)) {
        auto& event = *missed.add_events();
        event.set_type(type->name);
        event.set_position(record.header.position());
        event.set_occurred_on(record.occurred_on().ToText());
      }
      return record.revision().value < gap->last;
    });
    if (!scanned.ok() || missed.events().empty()) return conflict;
    std::reverse(missed.mutable_events()->begin(), missed.mutable_events()->end());
    conflict.SetPayload(absl::string_view(kMissedPayload.data(), kMissedPayload.size()),
                        absl::Cord(missed.SerializeAsString()));
    return conflict;
  }

  static Outcome ToOutcome(storage::Committed committed) {
    Outcome outcome{std::move(committed.records), committed.replayed, {}};
    if (outcome.records.empty()) return outcome;
    const auto& advice = outcome.records.front()->header.advice();
    outcome.advice.assign(advice.begin(), advice.end());
    return outcome;
  }

  const Desk desk_;
  const Command command_;
  const OutcomeDone done_;
  const RequestIds ids_;
  // Touched by one thread after the other: the caller's, then whichever decides again.
  int attempts_ = 0;
  bool trusting_;
  std::vector<StreamKey> trusted_;
};

// The tag of a field, 0 if there is none of this name.
std::uint32_t TagOf(const google::protobuf::Message& message, const std::string& name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? 0 : google::protobuf::internal::WireFormat::MakeTag(field);
}

}  // namespace

void Execute(const Desk& desk, Command command, OutcomeDone done) {
  std::make_shared<Execution>(desk, std::move(command), std::move(done))->Run();
}

std::string HashRequest(const storage::Keyed& keyed, const google::protobuf::Message& request) {
  const std::string whole = SerializeDeterministic(request);
  const std::uint32_t request_id = TagOf(request, "request_id");
  const std::uint32_t validate_only = TagOf(request, "validate_only");
  std::string bytes;
  bytes.reserve(whole.size());
  WireFields fields(whole);
  while (const auto field = fields.Next()) {
    if (field->tag != request_id && field->tag != validate_only) bytes.append(field->bytes);
  }
  return storage::DigestBytes(keyed.Mac("request-hash", {request.GetDescriptor()->full_name(), bytes}));
}

storage::Id RequestIds::Generated(std::uint32_t index) const {
  std::string number(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) number[i] = static_cast<char>(index >> (24 - 8 * i) & 0xFFU);
  return keyed_.DeriveId("request-id", {name_space_, request_id_.ToBytes(), number});
}

storage::Id RequestIds::Derived(std::string_view label, std::initializer_list<std::string_view> pieces) const {
  return keyed_.DeriveId(label, pieces);
}

}  // namespace mentorlog::runtime
