#include "services/people/directory.h"

#include <algorithm>

#include "services/people/person.h"
#include "services/people/person_view.h"
#include "storage/refusal.h"

namespace mentorlog::people {
namespace {

using storage::Id;
using storage::LedgerSnapshot;
using storage::Position;

constexpr std::uint32_t kDetailsPart = event::v1::PersonRegistered::kDetailsFieldNumber;

std::string Folded(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

// Whole names first, then by name, then by id.
void Rank(std::vector<Directory::Match>& matches, std::size_t limit) {
  const auto before = [](const Directory::Match& a, const Directory::Match& b) {
    if (a.whole != b.whole) return a.whole;
    return std::pair(Folded(a.name), a.person) < std::pair(Folded(b.name), b.person);
  };
  const auto keep = std::min(limit, matches.size());
  std::partial_sort(matches.begin(), matches.begin() + static_cast<std::ptrdiff_t>(keep), matches.end(), before);
  matches.resize(keep);
}

Position PositionOfKey(std::string_view key) {
  Position position;
  for (const char c : key.substr(1)) position.value = position.value << 8U | static_cast<std::uint8_t>(c);
  return position;
}

absl::Status Unparsable() {
  return storage::Refuse(absl::StatusCode::kDataLoss, "VIEW_QUARANTINED", "a row of the view person does not parse");
}

// Visits who was registered after `after`, in order, until `visit` answers false.
absl::Status ScanRegistrations(const LedgerSnapshot& snapshot, Position after,
                               const std::function<bool(Position, const Id&)>& visit) {
  bool parsed = true;
  const auto scanned =
      snapshot.ScanRows(kPersonViewId, RegistrationKey({after.value + 1}), std::string(1, kRegistrationRows + 1),
                        [&](std::string_view key, std::string_view value) {
                          view::v1::RegistrationRow row;
                          std::optional<Id> id;
                          if (row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
                            id = Id::FromBytes(row.person_id());
                          }
                          parsed = id.has_value();
                          return parsed && visit(PositionOfKey(key), *id);
                        });
  if (!scanned.ok()) return scanned;
  return parsed ? absl::OkStatus() : Unparsable();
}

}  // namespace

absl::StatusOr<std::optional<Id>> FindByExternalId(const runtime::Desk& desk, const LedgerSnapshot& snapshot,
                                                   std::string_view system, std::string_view external_id) {
  const runtime::RequestIds ids(desk.ledger.keyed(), "", Id{});
  view::v1::ExternalState claim;
  const auto head = desk.states.Load(snapshot, ExternalStream(ids, system, external_id), claim);
  if (!head.ok()) return head.status();
  if (claim.released()) return std::optional<Id>();
  return Id::FromBytes(claim.person_id());
}

absl::Status VisitPeople(const LedgerSnapshot& snapshot, const std::optional<Id>& after,
                         const std::function<bool(const Id&)>& visit) {
  // Beyond the last one's rows: what cannot be read holds up nobody who follows.
  const auto from = after ? storage::PrefixEnd(PersonKey(*after)) : std::string(1, kPersonRows);
  bool parsed = true;
  const auto scanned = snapshot.ScanRows(kPersonViewId, from, std::string(1, kPersonRows + 1),
                                         [&](std::string_view key, std::string_view) {
                                           const auto person = Id::FromBytes(key.substr(1));
                                           parsed = person.has_value();
                                           return parsed && visit(*person);
                                         });
  if (!scanned.ok()) return scanned;
  return parsed ? absl::OkStatus() : Unparsable();
}

std::string Directory::NameIn(const LedgerSnapshot& snapshot, const Id& person) const {
  {
    const std::lock_guard lock(mutex_);
    const auto known = names_.find(person);
    if (known != names_.end()) return known->second;
  }
  std::string name;
  bool found = false;
  const auto scanned = snapshot.ScanStream(PersonStream(person), storage::Revision{0}, [&](storage::Record&& record) {
    const auto part = snapshot.ReadPart(record, kDetailsPart);
    event::v1::PersonRegistered::Details details;
    if (part.ok() && part->bytes && details.ParseFromString(*part->bytes)) {
      name = details.display_name();
      found = true;
    }
    return false;
  });
  // Who is not known yet may be registered the next moment: only what was found is kept.
  if (!scanned.ok() || !found) return {};
  const std::lock_guard lock(mutex_);
  if (!names_.empty() && names_.size() >= names_max_) names_.erase(names_.begin());
  names_.emplace(person, name);
  return name;
}

std::string Directory::Name(const Id& person) const {
  {
    const std::lock_guard lock(mutex_);
    const auto known = names_.find(person);
    if (known != names_.end()) return known->second;
  }
  return NameIn(*desk_.ledger.Snapshot(), person);
}

absl::StatusOr<bool> Directory::CatchUp(const LedgerSnapshot& snapshot) const {
  const std::lock_guard one(catching_up_);
  Position after;
  {
    const std::lock_guard lock(mutex_);
    if (overflowed_) return false;
    after = indexed_to_;
  }
  bool fits = true;
  const auto scanned = ScanRegistrations(snapshot, after, [&](Position position, const Id& person) {
    Entry entry(Folded(NameIn(snapshot, person)), person);
    const std::lock_guard lock(mutex_);
    indexed_to_ = position;
    fits = index_.size() < names_max_;
    if (fits) {
      index_.insert(std::move(entry));
    } else {
      overflowed_ = true;
      index_.clear();
    }
    return fits;
  });
  if (!scanned.ok()) return scanned;
  return fits;
}

std::vector<Directory::Match> Directory::FindInIndex(const std::string& folded, std::size_t limit) const {
  std::vector<Match> matches;
  const std::lock_guard lock(mutex_);
  // In the order of the names, whole ones come first by themselves.
  for (auto it = index_.lower_bound({folded, Id{}}); it != index_.end() && matches.size() < limit; ++it) {
    if (!it->first.starts_with(folded)) break;
    matches.push_back({it->second, {}, it->first == folded});
  }
  return matches;
}

absl::StatusOr<std::vector<Directory::Match>> Directory::FindInLog(const LedgerSnapshot& snapshot,
                                                                   const std::string& folded, std::size_t limit) const {
  std::vector<Match> matches;
  const auto scanned = ScanRegistrations(snapshot, {}, [&](Position, const Id& person) {
    auto name = NameIn(snapshot, person);
    const auto folded_name = Folded(name);
    if (!folded_name.starts_with(folded)) return true;
    matches.push_back({person, std::move(name), folded_name == folded});
    if (matches.size() >= limit + 1000) Rank(matches, limit);
    return true;
  });
  if (!scanned.ok()) return scanned;
  Rank(matches, limit);
  return matches;
}

absl::StatusOr<std::vector<Directory::Match>> Directory::FindByPrefix(const LedgerSnapshot& snapshot,
                                                                      std::string_view prefix,
                                                                      std::size_t limit) const {
  const auto folded = Folded(prefix);
  const auto indexed = CatchUp(snapshot);
  if (!indexed.ok()) return indexed.status();
  if (!*indexed) return FindInLog(snapshot, folded, limit);
  auto matches = FindInIndex(folded, limit);
  for (auto& match : matches) match.name = NameIn(snapshot, match.person);
  return matches;
}

}  // namespace mentorlog::people
