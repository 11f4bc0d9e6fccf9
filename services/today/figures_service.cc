// HR's questions: continuity, and whom nobody has touched.
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/people/directory.h"
#include "services/people/person_view.h"
#include "services/today/continuity.h"
#include "services/today/continuity_view.h"
#include "services/today/today_service.h"
#include "services/today/words.h"
#include "storage/refusal.h"

namespace mentorlog::today {
namespace {

using runtime::Read;
using storage::Day;
using storage::Id;

constexpr std::uint32_t kSilentDays = 60;
constexpr std::uint32_t kSilentDaysMax = 36'500;

// Somebody's silence on `on`, where touches and starts by `until` count; nullopt: not there on that day. `row` is
// memory to use.
absl::StatusOr<std::optional<Silence>> SilenceIn(const storage::LedgerSnapshot& snapshot, const Id& person, Day on,
                                                 Day until, view::v1::ContinuityPersonRow& row) {
  const auto stored = snapshot.Row(kContinuityViewId, ContinuityPersonKey(person));
  if (!stored.ok()) return stored.status();
  if (!*stored) return std::nullopt;
  if (!row.ParseFromString(**stored)) return UnreadableContinuity();
  const ScanRange scan = [&snapshot](std::string_view from, std::string_view to, const auto& visit) {
    return snapshot.ScanRows(kContinuityViewId, from, to, visit);
  };
  if (auto status = TurnBack(scan, person, until, row); !status.ok()) return status;
  return SilenceOf(row, on);
}

bool IsAsked(const std::optional<Silence>& silence, std::int32_t days, bool without_relationship) {
  return silence && silence->days > days && !(without_relationship && silence->active_relationships > 0);
}

v1::UnattendedPerson ShowSilence(v1::PersonRef person, const Silence& silence) {
  v1::UnattendedPerson shown;
  *shown.mutable_person() = std::move(person);
  if (silence.last_touch_on) shown.set_last_touch_on(silence.last_touch_on->ToText());
  shown.set_silent_days(static_cast<std::uint32_t>(silence.days));
  shown.set_active_relationships(silence.active_relationships);
  return shown;
}

std::set<int> MoveTypes(const v1::GetContinuityRequest& request, runtime::Violations& violations) {
  std::set<int> types;
  for (const auto& word : request.move_types()) {
    const auto type = ValueOf(*event::v1::MoveType_descriptor(), word);
    if (type) {
      types.insert(*type);
    } else {
      violations.Add("move_types", "an unknown word", "want a move type, as in transfer or step_back",
                     "UNKNOWN_ENUM_VALUE");
    }
  }
  return types;
}

// Exact figures over everybody are for who may know everything: small counts are not suppressed here, so that
// differences would tell of single pairs.
absl::Status AboutEverybody(const Read& read) {
  if (read.caller.actor.may_do_everything) return absl::OkStatus();
  return storage::Refuse(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED",
                         "caller: want a service that may read about everybody");
}

}  // namespace

grpc::ServerUnaryReactor* TodayService::GetContinuity(Context* context, const v1::GetContinuityRequest* request,
                                                      v1::GetContinuityResponse* response) {
  runtime::Violations violations;
  const Day on = violations.OptionalDay("on", request->on()).value_or(Today());
  auto types = MoveTypes(*request, violations);
  return runtime::AnswerOnPool(
      edge_, context, {kContinuityViewId},
      [response, on, types = std::move(types), wrong = violations.status()](const Read& read) -> absl::Status {
        if (!wrong.ok()) return wrong;
        if (auto status = AboutEverybody(read); !status.ok()) return status;
        ContinuityCount count(types, on);
        const WalkRange walk = [&](std::string_view from, const auto& visit) {
          return read.snapshot.WalkRows(kContinuityViewId, from, visit);
        };
        const auto visited = VisitPairs(walk, [&](const auto& pair) { count.Add(pair); });
        if (!visited.ok()) return visited;
        const auto quarantined = read.snapshot.CountQuarantined(kContinuityViewId);
        if (!quarantined.ok()) return quarantined.status();
        const auto figures = count.Figures();
        response->set_on(on.ToText());
        response->set_pairs(figures.pairs);
        response->set_pairs_whose_mentee_moved(figures.moved);
        response->set_with_a_check_in_after_the_first_move(figures.after_first_move);
        response->set_with_a_check_in_after_the_last_move(figures.after_last_move);
        response->set_unreadable_people(*quarantined);
        for (const auto& step : figures.survival) {
          auto& shown = *response->add_survival();
          shown.set_days(step.days);
          shown.set_at_risk(step.at_risk);
          shown.set_events(step.events);
          shown.set_survival(step.survival);
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* TodayService::GetUnattended(Context* context, const v1::GetUnattendedRequest* request,
                                                      v1::GetUnattendedResponse* response) {
  runtime::Violations violations;
  const Day on = violations.OptionalDay("on", request->on()).value_or(Today());
  if (request->days() > kSilentDaysMax) {
    violations.Add("days", absl::StrCat(request->days()), absl::StrCat("want 1 to ", kSilentDaysMax, ", or 0"));
  }
  const auto days = static_cast<std::int32_t>(request->days() == 0 ? kSilentDays : request->days());
  return runtime::AnswerOnPool(
      edge_, context, {kContinuityViewId, people::kPersonViewId},
      [this, request, response, on, days, wrong = violations.status()](const Read& read) -> absl::Status {
        if (!wrong.ok()) return wrong;
        if (auto status = AboutEverybody(read); !status.ok()) return status;
        const auto query = absl::StrCat("unattended/", days, "/", on.ToText(), "/", request->without_relationship());
        const auto token = runtime::DecodePageToken(query, request->page_token());
        if (!token.ok()) return token.status();
        const int page_size = runtime::PageSize(request->page_size());
        const auto until = CountsUntil(on);
        int considered = 0;
        Id last;
        absl::Status status;
        view::v1::ContinuityPersonRow row;
        const auto visit = [&](const Id& person) {
          const bool full = response->people_size() + response->unreadable_size() == page_size;
          if (full || ++considered > considered_max_) {
            response->set_next_page_token(runtime::EncodePageToken(query, last.ToBytes()));
            return false;
          }
          last = person;
          const auto silence = SilenceIn(read.snapshot, person, on, until, row);
          const bool unreadable = storage::ReasonOf(silence.status()) == "VIEW_QUARANTINED";
          if (!unreadable) status = silence.status();
          if (!status.ok()) return false;
          if (unreadable) {
            *response->add_unreadable() = Ref(person);
          } else if (IsAsked(*silence, days, request->without_relationship())) {
            *response->add_people() = ShowSilence(Ref(person), **silence);
          }
          return true;
        };
        auto visited = people::VisitPeople(read.snapshot, Id::FromBytes(*token), visit);
        return status.ok() ? visited : status;
      });
}

}  // namespace mentorlog::today
