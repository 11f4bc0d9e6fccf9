#include "services/import/import_run.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/import/row_answer.h"
#include "services/import/row_commands.h"
#include "services/people/person.h"
#include "storage/keys.h"
#include "storage/refusal.h"

namespace mentorlog::import {
namespace {

using decider::Id;
using runtime::Outcome;

// The people whom a dry run assumes, over the states that are there.
class AssumingStates final : public decider::States {
 public:
  AssumingStates(decider::States& states, const People& people) : states_(states), people_(people) {}

  absl::StatusOr<std::optional<decider::Revision>> Load(const decider::StreamKey& stream, decider::Reliance reliance,
                                                        google::protobuf::Message& state) override {
    auto head = states_.Load(stream, reliance, state);
    if (head.ok() && !*head && stream.kind == people::kPersonKind && people_.IsAssumed(stream.id)) {
      static_cast<view::v1::PersonState&>(state).set_registered(true);
    }
    return head;
  }

 private:
  decider::States& states_;
  const People& people_;
};

// The canonical bytes of strings, as v1.ImportRow has them for its values: each with its length before it.
template <typename Pieces>
std::string Bytes(const Pieces& pieces) {
  v1::ImportRow row;
  for (const std::string_view piece : pieces) row.add_values(piece.data(), piece.size());
  return row.SerializeAsString();
}

// In a dry run no relationship is there yet: that a row would start one is no news.
void LeaveOutFirstTouch(v1::ImportedRow& answer) {
  auto& advice = *answer.mutable_advice();
  for (int i = advice.size() - 1; i >= 0; --i) {
    if (advice[i].reason() == "STARTED_BY_FIRST_TOUCH") advice.DeleteSubrange(i, 1);
  }
}

bool IsFull(const absl::Status& status) {
  return absl::IsResourceExhausted(status) && storage::ReasonOf(status) == "TOO_MANY_IN_FLIGHT";
}

class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(const runtime::Desk& desk, Lasting& lasting, const Header& header, const v1::ImportRowsRequest& request,
      std::optional<Id> person, absl::Time deadline)
      : desk_(desk),
        header_(header),
        request_(request),
        deadline_(deadline),
        snapshot_(desk.ledger.Snapshot()),
        people_(desk, *snapshot_, lasting, request.system(), request.assumed_people()),
        name_space_(NamespaceOf(request.system())) {
    actor_.service = name_space_;
    actor_.person = person;
    actor_.may_do_everything = true;
    for (const auto& row : request.rows()) response_.add_rows()->set_line(row.line());
    state_.assign(static_cast<std::size_t>(request.rows_size()), State::kWaiting);
  }

  v1::ImportRowsResponse TakeAll() {
    for (int next = 0; auto ready = Next(next);) {
      if (ready->command ? !Propose(*ready) : !Take(ready->row)) break;
    }
    // What comes in after this finds the answers closed.
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (int i = 0; i < request_.rows_size(); ++i) CutOff(i);
    return std::move(response_);
  }

 private:
  enum class State : std::uint8_t { kWaiting, kInFlight, kFull, kDone };

  // A row whose turn has come; without a command it is still to be read.
  struct Ready {
    int row = 0;
    std::shared_ptr<const runtime::Command> command;
  };

  // A row that waits for rows before it.
  struct Waiting {
    std::size_t turns = 0;
    std::shared_ptr<const runtime::Command> command;
  };

  // What to do next; nullopt once every row is answered, or the deadline has passed.
  std::optional<Ready> Next(int& next) {
    const auto may_read = [&] { return next < request_.rows_size() && in_flight_ < kRowsInFlightMax; };
    std::unique_lock lock(mutex_);
    const auto anything = [&] {
      return !ready_.empty() || may_read() || (next == request_.rows_size() && in_flight_ == 0);
    };
    // Also where something is there: what is begun after the deadline could not be answered.
    if (!moved_.wait_until(lock, absl::ToChronoTime(deadline_), anything) || absl::Now() >= deadline_)
      return std::nullopt;
    if (!ready_.empty()) {
      auto ready = std::move(ready_.front());
      ready_.pop_front();
      return ready;
    }
    if (!may_read()) return std::nullopt;
    return Ready{next++, nullptr};
  }

  std::vector<std::string> WholeRow(const v1::ImportRow& row) const {
    const auto values = header_.Canonical(row);
    std::vector<std::string> key;
    key.reserve(values.size() + 1);
    for (const auto value : values) key.emplace_back(value);
    key.push_back(std::to_string(row.ordinal()));
    return key;
  }

  absl::StatusOr<RowCommand> Read(const v1::ImportRow& row) {
    if (row.values_size() != header_.size()) {
      return storage::Refuse(absl::StatusCode::kInvalidArgument, "WRONG_COLUMN_COUNT",
                             std::to_string(row.values_size()) + " values, want " + std::to_string(header_.size()));
    }
    RowReader reader(header_, row, people_);
    switch (header_.file()) {
      case v1::IMPORT_FILE_PEOPLE:
        return PersonRow(reader);
      case v1::IMPORT_FILE_ROLE_MOVES:
        return MoveRow(reader, WholeRow(row));
      case v1::IMPORT_FILE_RELATIONSHIPS:
        return RelationshipRow(reader);
      case v1::IMPORT_FILE_CHECK_INS:
        return CheckInRow(reader, WholeRow(row));
      case v1::IMPORT_FILE_RECOGNITIONS:
        return RecognitionRow(reader, WholeRow(row));
      case v1::IMPORT_FILE_ADVOCACY:
        return AdvocacyRow(reader, WholeRow(row));
      case v1::IMPORT_FILE_ASSIGNMENTS:
        return AssignmentRow(reader, WholeRow(row), request_.validate_only());
      default:
        return storage::Refuse(absl::StatusCode::kInvalidArgument, "UNKNOWN_ENUM_VALUE", "file: want a known file");
    }
  }

  runtime::Command CommandOf(const v1::ImportRow& row, const RowCommand& wanted) {
    const auto& keyed = desk_.ledger.keyed();
    const auto& file = v1::ImportFile_Name(header_.file());
    runtime::Command command;
    command.name_space = name_space_;
    command.request_id = header_.file() == v1::IMPORT_FILE_PEOPLE
                             ? PersonRowId(keyed, wanted.key.front())
                             : keyed.DeriveId("import-row", {file, Bytes(wanted.key)});
    const std::string content = wanted.content.empty() ? Bytes(header_.Canonical(row)) : Bytes(wanted.content);
    command.request_hash = storage::DigestBytes(keyed.Mac("request-hash", {file, content}));
    command.actor = actor_;
    command.source = log::v1::SOURCE_CSV;
    command.validate_only = request_.validate_only();
    command.decide = wanted.decide;
    if (!command.validate_only) return command;
    // Decided within Execute, on this thread.
    command.decide = [this, decide = wanted.decide](const decider::Context& context, decider::States& states) {
      AssumingStates assuming(states, people_);
      auto decision = decide(context, assuming);
      nothing_new_ = decision.ok() && decision->facts.empty();
      return decision;
    };
    return command;
  }

  // Reads row `i`, and puts it before the log if its turn has come. False once the deadline has passed.
  bool Take(int i) {
    const auto& row = request_.rows(i);
    const auto wanted = Read(row);
    if (!wanted.ok()) {
      AnswerRejected(wanted.status(), header_, *response_.mutable_rows(i));
      const std::lock_guard lock(mutex_);
      state_[static_cast<std::size_t>(i)] = State::kDone;
      return true;
    }
    auto command = std::make_shared<const runtime::Command>(CommandOf(row, *wanted));
    if (command->validate_only && SettledInDryRun(i, *command)) return true;
    if (!TakeTurns(i, wanted->turns, command)) return true;
    return Propose({i, std::move(command)});
  }

  // Whether nobody is before row `i` in any of its turns; else it becomes ready by itself.
  bool TakeTurns(int i, const std::vector<std::string>& turns, const std::shared_ptr<const runtime::Command>& command) {
    if (turns.empty()) return true;
    const std::lock_guard lock(mutex_);
    turns_of_[i] = turns;
    std::size_t behind = 0;
    for (const auto& turn : turns) {
      auto& queue = turns_[turn];
      if (!queue.empty()) ++behind;
      queue.push_back(i);
    }
    if (behind > 0) waiting_.emplace(i, Waiting{behind, command});
    return behind == 0;
  }

  // A dry run writes nothing that a later row of the call could be held against: the call itself remembers.
  bool SettledInDryRun(int i, const runtime::Command& command) {
    const auto [entry, is_new] = hashes_.try_emplace(command.request_id, command.request_hash);
    if (is_new) return false;
    auto& answer = *response_.mutable_rows(i);
    if (entry->second == command.request_hash) {
      answer.set_status(v1::ImportedRow::STATUS_REPLAYED);
    } else {
      AnswerRejected(storage::Refuse(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED", ""), header_, answer);
    }
    const std::lock_guard lock(mutex_);
    state_[static_cast<std::size_t>(i)] = State::kDone;
    return true;
  }

  // Until the log has a place for it. False once the deadline has passed.
  bool Propose(const Ready& ready) {
    const auto index = static_cast<std::size_t>(ready.row);
    while (true) {
      {
        const std::lock_guard lock(mutex_);
        state_[index] = State::kInFlight;
        ++in_flight_;
        proposing_ = ready.row;
      }
      runtime::Execute(desk_, *ready.command,
                       [run = shared_from_this(), row = ready.row](absl::StatusOr<Outcome> outcome) {
                         run->Done(row, std::move(outcome));
                       });
      std::unique_lock lock(mutex_);
      proposing_ = kNobody;
      if (state_[index] != State::kFull) return true;
      // Full with what others wait for, too: whichever comes first, a place of ours or a moment.
      moved_.wait_for(lock, std::chrono::milliseconds(2));
      if (absl::Now() >= deadline_) return false;
    }
  }

  // On the completion thread, or within Execute.
  void Done(int i, absl::StatusOr<Outcome> outcome) {
    const std::lock_guard lock(mutex_);
    --in_flight_;
    Settle(i, std::move(outcome));
    // Not for every row: a thread that is woken for each of hundreds does little else.
    if (!ready_.empty() || in_flight_ == kRowsInFlightMax / 2 || in_flight_ == 0) moved_.notify_all();
  }

  // REQUIRES: mutex_ is held.
  void Settle(int i, absl::StatusOr<Outcome> outcome) {
    if (closed_) return;
    auto& state = state_[static_cast<std::size_t>(i)];
    if (IsFull(outcome.status()) && proposing_ == i) {
      state = State::kFull;
      return;
    }
    GiveTurns(i);
    if (IsFull(outcome.status())) {
      // A lost race found no place to be decided again in: the caller sends the row again.
      state = State::kWaiting;
      return;
    }
    state = State::kDone;
    auto& answer = *response_.mutable_rows(i);
    if (outcome.ok()) {
      AnswerOutcome(*outcome, header_, answer);
      if (request_.validate_only()) LeaveOutFirstTouch(answer);
      // What changes nothing writes nothing, however often it is sent.
      if (request_.validate_only() ? nothing_new_ : outcome->records.empty()) {
        answer.set_status(v1::ImportedRow::STATUS_REPLAYED);
      }
    } else {
      AnswerRejected(outcome.status(), header_, answer);
    }
  }

  // REQUIRES: mutex_ is held. Whoever is next in the turns of row `i`, and in all of their own, becomes ready.
  void GiveTurns(int i) {
    const auto turns = turns_of_.find(i);
    if (turns == turns_of_.end()) return;
    for (const auto& turn : turns->second) {
      const auto queue = turns_.find(turn);
      queue->second.pop_front();
      if (queue->second.empty()) {
        turns_.erase(queue);
        continue;
      }
      const auto next = waiting_.find(queue->second.front());
      if (--next->second.turns > 0) continue;
      ready_.push_back({next->first, std::move(next->second.command)});
      waiting_.erase(next);
    }
    turns_of_.erase(turns);
  }

  // REQUIRES: mutex_ is held. The answer of a row that the deadline left without one.
  void CutOff(int i) {
    const auto state = state_[static_cast<std::size_t>(i)];
    if (state == State::kDone) return;
    auto& answer = *response_.mutable_rows(i);
    answer.set_status(v1::ImportedRow::STATUS_REJECTED);
    answer.set_reason(state == State::kInFlight ? "OUTCOME_UNKNOWN" : "TOO_SLOW");
    answer.set_message(state == State::kInFlight ? "the call ended while the row was being written; send it again"
                                                 : "the call ended before this row's turn; send it again");
  }

  static constexpr int kNobody = -1;

  const runtime::Desk& desk_;
  const Header& header_;
  const v1::ImportRowsRequest& request_;
  const absl::Time deadline_;
  const std::unique_ptr<storage::LedgerSnapshot> snapshot_;
  People people_;
  const std::string name_space_;
  decider::Actor actor_;
  // Of the running thread, in dry runs only: the rows seen, and whether the last one would change nothing.
  std::map<Id, std::string> hashes_;
  bool nothing_new_ = false;

  std::mutex mutex_;
  std::condition_variable moved_;
  // Guarded by mutex_. A row's answer is written once, by whoever ends it.
  v1::ImportRowsResponse response_;
  std::vector<State> state_;
  std::size_t in_flight_ = 0;
  // The row within Execute, whose refusal comes at once.
  int proposing_ = kNobody;
  // Per turn the rows in order, the first of which has it; per row the turns it stands in.
  std::map<std::string, std::deque<int>> turns_;
  std::map<int, std::vector<std::string>> turns_of_;
  std::map<int, Waiting> waiting_;
  std::deque<Ready> ready_;
  bool closed_ = false;
};

}  // namespace

v1::ImportRowsResponse TakeRows(const runtime::Desk& desk, Lasting& lasting, const Header& header,
                                const v1::ImportRowsRequest& request, std::optional<Id> person, absl::Time deadline) {
  return std::make_shared<Run>(desk, lasting, header, request, person, deadline)->TakeAll();
}

}  // namespace mentorlog::import
