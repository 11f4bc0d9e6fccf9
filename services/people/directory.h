// services/people/directory.h: what people are called, in memory.
//
// Names are sealed parts: no view holds them, so they are read from the log where they are asked for, kept while there
// is room, and indexed by how they begin. Bounded: at most `names_max` names are kept (about 200 bytes each); beyond
// that names come and go, and a search by prefix reads every name from the log. Thread-safe.
#ifndef MENTORLOG_SERVICES_PEOPLE_DIRECTORY_H_
#define MENTORLOG_SERVICES_PEOPLE_DIRECTORY_H_

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "services/people/names.h"
#include "services/runtime/execute.h"
#include "storage/ledger.h"

namespace mentorlog::people {

inline constexpr std::size_t kNamesMax = 100'000;

// Who holds the external id in this snapshot; nullopt if nobody does.
absl::StatusOr<std::optional<storage::Id>> FindByExternalId(const runtime::Desk& desk,
                                                            const storage::LedgerSnapshot& snapshot,
                                                            std::string_view system, std::string_view external_id);

// Visits who was registered, by id, after `after` (nullopt: from the first) until `visit` answers false. Scans rows: on
// the pool only. REQUIRES: the follower `person` stands at the snapshot's head.
absl::Status VisitPeople(const storage::LedgerSnapshot& snapshot, const std::optional<storage::Id>& after,
                         const std::function<bool(const storage::Id&)>& visit);

class Directory final : public Names {
 public:
  // What the desk refers to outlives the directory.
  explicit Directory(const runtime::Desk& desk, std::size_t names_max = kNamesMax)
      : desk_(desk), names_max_(names_max) {}

  std::string Name(const storage::Id& person) const override;

  struct Match {
    storage::Id person;
    std::string name;
    // The whole name was given.
    bool whole = false;
  };
  // Whose name begins with `prefix` (ASCII letters of any case): whole names first, then in the order of the names; at
  // most `limit`. Scans rows: on the pool only. REQUIRES: the follower `person` stands at the snapshot's head.
  absl::StatusOr<std::vector<Match>> FindByPrefix(const storage::LedgerSnapshot& snapshot, std::string_view prefix,
                                                  std::size_t limit) const;

 private:
  // A name folded to lower case, and whose it is.
  using Entry = std::pair<std::string, storage::Id>;

  // Indexes who was registered since the last time. False once there are more than fit.
  absl::StatusOr<bool> CatchUp(const storage::LedgerSnapshot& snapshot) const;
  std::vector<Match> FindInIndex(const std::string& folded, std::size_t limit) const;
  absl::StatusOr<std::vector<Match>> FindInLog(const storage::LedgerSnapshot& snapshot, const std::string& folded,
                                               std::size_t limit) const;
  std::string NameIn(const storage::LedgerSnapshot& snapshot, const storage::Id& person) const;

  const runtime::Desk desk_;
  const std::size_t names_max_;

  mutable std::mutex mutex_;
  // Guarded by mutex_: at most names_max_ each.
  mutable absl::flat_hash_map<storage::Id, std::string> names_;
  mutable std::set<Entry> index_;
  mutable storage::Position indexed_to_;
  // More were registered than fit: the index is empty for good.
  mutable bool overflowed_ = false;

  // One thread catches up at a time, without holding mutex_ while it reads.
  mutable std::mutex catching_up_;
};

}  // namespace mentorlog::people

#endif  // MENTORLOG_SERVICES_PEOPLE_DIRECTORY_H_
