// The reads of PeopleService.
#include "services/people/people_service.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/people/headcount_view.h"
#include "services/people/people_rows.h"
#include "services/people/person_view.h"
#include "storage/refusal.h"

namespace mentorlog::people {
namespace {

using runtime::Read;
using runtime::Violations;
using storage::Day;
using storage::Id;
using storage::LedgerSnapshot;
using storage::Position;
using v1::FindPeopleResponse;
using view::v1::PersonRow;

constexpr int kMatchesMax = 100;
constexpr int kMatchesUsual = 10;
// The system that is meant where none is named: what an import of CSV files writes.
constexpr std::string_view kUsualSystem = "csv";
constexpr std::string_view kListQuery = "people";

absl::Status UnknownPerson(const Id& person) {
  auto status = storage::Refuse(absl::StatusCode::kNotFound, "UNKNOWN_PERSON",
                                "person_id: " + person.ToHex() + ", want the id of a person",
                                {{"field", "person_id"}, {"person", person.ToHex()}});
  storage::AddFieldViolation(status, "person_id", "want the id of a person");
  return status;
}

absl::Status Unparsable(std::string_view view) {
  return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED",
                         "a row of the view " + std::string(view) + " does not parse");
}

template <typename Row>
bool Parse(std::string_view bytes, Row& row) {
  return row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

absl::StatusOr<std::optional<PersonRow>> RowNow(const LedgerSnapshot& snapshot, const Id& person) {
  const auto stored = snapshot.Row(kPersonViewId, PersonKey(person));
  if (!stored.ok()) return stored.status();
  if (!*stored) return std::optional<PersonRow>();
  PersonRow row;
  if (!Parse(**stored, row)) return Unparsable("person");
  return std::optional(std::move(row));
}

void AddMatch(FindPeopleResponse& response, const Id& person, std::string name, FindPeopleResponse::How how) {
  auto& match = *response.add_matches();
  match.mutable_person()->set_person_id(person.ToBytes());
  match.mutable_person()->set_display_name(std::move(name));
  match.set_how(how);
}

bool IsMatched(const FindPeopleResponse& response, const Id& person) {
  return std::any_of(response.matches().begin(), response.matches().end(),
                     [&](const auto& match) { return match.person().person_id() == person.ToBytes(); });
}

}  // namespace

grpc::ServerUnaryReactor* PeopleService::GetPerson(Context* context, const v1::GetPersonRequest* request,
                                                   v1::GetPersonResponse* response) {
  Violations violations;
  const Id person = violations.RequireId("person_id", request->person_id());
  const Day day = violations.OptionalDay("as_effective_on", request->as_effective_on()).value_or(Today());
  const bool now = request->as_known_at().at_case() == v1::AsKnownAt::AT_NOT_SET;
  const std::vector<std::uint16_t> followers = now ? std::vector{kPersonViewId} : std::vector<std::uint16_t>();
  return runtime::AnswerOnPool(
      edge_, context, followers,
      [this, request, response, person, day, now, wrong = violations.status()](const Read& read) -> absl::Status {
        if (!wrong.ok()) return wrong;
        absl::StatusOr<std::optional<PersonRow>> row;
        if (now) {
          row = RowNow(read.snapshot, person);
        } else {
          const auto position = runtime::AsOf(read.snapshot, request->as_known_at());
          if (!position.ok()) return position.status();
          row = RowAsOf(edge_.desk.codec, read.snapshot, person, **position);
        }
        if (!row.ok()) return row.status();
        if (!*row) return UnknownPerson(person);
        auto shown = ShowPerson(read, directory_, person, **row, day);
        if (!shown.ok()) return shown.status();
        *response->mutable_person() = *std::move(shown);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* PeopleService::ListPeople(Context* context, const v1::ListPeopleRequest* request,
                                                    v1::ListPeopleResponse* response) {
  return runtime::AnswerOnPool(edge_, context, {kPersonViewId}, [this, request, response](const Read& read) {
    const auto after = runtime::DecodePageToken(kListQuery, request->page_token());
    if (!after.ok()) return after.status();
    const int page_size = runtime::PageSize(request->page_size());
    // Beyond the last one's rows: nobody's page begins within what cannot be read.
    const std::string from = after->empty() ? std::string(1, kPersonRows) : storage::PrefixEnd(*after);
    std::string last;
    bool parsed = true;
    const auto scanned = read.snapshot.ScanRows(
        kPersonViewId, from, std::string(1, kPersonRows + 1), [&](std::string_view key, std::string_view value) {
          if (response->people_size() == page_size) {
            response->set_next_page_token(runtime::EncodePageToken(kListQuery, last));
            return false;
          }
          PersonRow row;
          const auto person = Id::FromBytes(key.substr(1));
          parsed = person && Parse(value, row);
          if (!parsed) return false;
          *response->add_people() = SummarisePerson(directory_, *person, row, Today());
          last = std::string(key);
          return true;
        });
    if (!scanned.ok()) return scanned;
    return parsed ? absl::OkStatus() : Unparsable("person");
  });
}

grpc::ServerUnaryReactor* PeopleService::FindPeople(Context* context, const v1::FindPeopleRequest* request,
                                                    v1::FindPeopleResponse* response) {
  Violations violations;
  if (request->query().empty()) violations.Add("query", "empty", "want an external id, our id, or a name");
  violations.Text("query", request->query(), decider::kNameMax);
  violations.Text("system", request->system(), kSystemMax);
  if (request->limit() < 0 || request->limit() > kMatchesMax) {
    violations.Add("limit", absl::StrCat(request->limit()), absl::StrCat("want 1 to ", kMatchesMax, ", or 0"));
  }
  const auto limit = static_cast<std::size_t>(request->limit() == 0 ? kMatchesUsual : request->limit());
  return runtime::AnswerOnPool(
      edge_, context, {kPersonViewId},
      [this, request, response, limit, wrong = violations.status()](const Read& read) -> absl::Status {
        if (!wrong.ok()) return wrong;
        if (const auto id = Id::FromHex(request->query())) {
          const auto row = RowNow(read.snapshot, *id);
          if (!row.ok()) return row.status();
          if (*row) AddMatch(*response, *id, directory_.Name(*id), FindPeopleResponse::HOW_PERSON_ID);
        }
        const auto system = request->system().empty() ? std::string(kUsualSystem) : request->system();
        const auto holder = FindByExternalId(edge_.desk, read.snapshot, system, request->query());
        if (!holder.ok()) return holder.status();
        if (*holder && !IsMatched(*response, **holder)) {
          AddMatch(*response, **holder, directory_.Name(**holder), FindPeopleResponse::HOW_EXTERNAL_ID);
        }
        // Who is found by an id is meant: nobody is looked for by name, which may read every name.
        if (response->matches().empty()) {
          auto named = directory_.FindByPrefix(read.snapshot, request->query(), limit + 1);
          if (!named.ok()) return named.status();
          for (auto& match : *named) {
            const auto how = match.whole ? FindPeopleResponse::HOW_NAME : FindPeopleResponse::HOW_NAME_PREFIX;
            AddMatch(*response, match.person, std::move(match.name), how);
          }
        }
        const auto found = static_cast<std::size_t>(response->matches_size());
        response->set_more(found > limit);
        if (found > limit)
          response->mutable_matches()->DeleteSubrange(static_cast<int>(limit), static_cast<int>(found - limit));
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* PeopleService::GetHeadcount(Context* context, const v1::GetHeadcountRequest* request,
                                                      v1::GetHeadcountResponse* response) {
  Violations violations;
  const Day day = violations.OptionalDay("on", request->on()).value_or(Today());
  return runtime::AnswerOnPool(edge_, context, {kHeadcountViewId},
                               [response, day, wrong = violations.status()](const Read& read) -> absl::Status {
                                 if (!wrong.ok()) return wrong;
                                 std::map<std::string, std::uint64_t, std::less<>> by_unit;
                                 std::uint64_t total = 0;
                                 bool parsed = true;
                                 // One row for all, so that its memory is used again.
                                 view::v1::HeadcountRow row;
                                 const auto scanned = read.snapshot.ScanRows(
                                     kHeadcountViewId, "", "", [&](std::string_view, std::string_view value) {
                                       parsed = Parse(value, row);
                                       if (!parsed) return false;
                                       const auto unit = CountedIn(row, day);
                                       if (!unit) return true;
                                       ++total;
                                       const auto known = by_unit.find(*unit);
                                       if (known == by_unit.end()) {
                                         by_unit.emplace(*unit, 1);
                                       } else {
                                         ++known->second;
                                       }
                                       return true;
                                     });
                                 if (!scanned.ok()) return scanned;
                                 if (!parsed) return Unparsable("headcount");
                                 const auto quarantined = read.snapshot.CountQuarantined(kHeadcountViewId);
                                 if (!quarantined.ok()) return quarantined.status();
                                 response->set_on(day.ToText());
                                 response->set_total(total);
                                 response->set_unreadable_people(*quarantined);
                                 for (const auto& [unit, count] : by_unit) {
                                   auto& counted = *response->add_by_unit();
                                   counted.set_unit(unit);
                                   counted.set_count(count);
                                 }
                                 return absl::OkStatus();
                               });
}

}  // namespace mentorlog::people
