// storage/version_rows.h: the rows of one version of a view, as its fold sees them: the store under what was not
// written yet.
//
// A fold is of one entity (Begin) and is all or nothing (Undo if it failed). What is written is collected by Unwritten.
// One version has one writer, so that what was read once is kept as a cache and is never stale; rows that are only
// written, as most are, do not fill it, and those that are added are not even found before somebody asks for one of
// their kind. Bounded. Not thread-safe: whoever drives the version owns it.
#ifndef MENTORLOG_STORAGE_VERSION_ROWS_H_
#define MENTORLOG_STORAGE_VERSION_ROWS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/container/node_hash_map.h"
#include "storage/key_hash.h"
#include "storage/store.h"
#include "storage/view.h"

namespace mentorlog::storage {

class VersionRows final : public Rows {
 public:
  // `stored`: whether the store may hold any row of the version. If not, nothing is looked up there before the first
  // Committed.
  VersionRows(const Store& store, std::string prefix, bool stored)
      : store_(store), prefix_(std::move(prefix)), stored_(stored) {}
  VersionRows(const VersionRows&) = delete;
  VersionRows& operator=(const VersionRows&) = delete;

  // A fold of this entity begins: until the next one begins only its rows are read and written, and what is written can
  // be undone.
  void Begin(std::string_view entity);
  void Undo();
  // OK, or INTERNAL: the fold under way asked for, or wrote, a row that is not its entity's.
  const absl::Status& strayed() const { return strayed_; }

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override;
  void Put(std::string_view key, std::string value) override { Set(key, std::move(value)); }
  void Add(std::string_view key, std::string value) override;
  void Delete(std::string_view key) override { Set(key, std::nullopt); }
  absl::Status Scan(std::string_view from, std::string_view to,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override;

  // Every unwritten row, in the order of the keys; they lie here until Committed or Forget, of which one comes next.
  std::vector<RowView> Unwritten();
  // They were written.
  void Committed();
  // They were not: back to what the store holds.
  void Forget();
  // About how much memory the rows take that are not yet written.
  std::size_t unwritten_bytes() const { return unwritten_bytes_; }

 private:
  struct State {
    // nullopt: there is no such row.
    std::optional<std::string> value;
    bool unwritten = false;
    // Somebody read it: kept as a cache once it is written.
    bool read = false;
  };
  struct Row {
    // What follows the entity in its key.
    const std::string suffix;
    State state;
  };
  struct RowsInOrder {
    bool operator()(const Row* a, const Row* b) const { return a->suffix < b->suffix; }
  };
  // A row's place among those of its entity. The hash lies beside it, so that a set that grows looks at no row.
  struct Place {
    std::size_t hash;
    std::unique_ptr<Row> row;
  };
  struct Sought {
    explicit Sought(std::string_view its_suffix) : suffix(its_suffix), hash(KeyHash()(its_suffix)) {}
    std::string_view suffix;
    std::size_t hash;
  };
  struct PlaceHash {
    using is_transparent = void;
    std::size_t operator()(const Place& place) const { return place.hash; }
    std::size_t operator()(const Sought& sought) const { return sought.hash; }
  };
  struct PlaceEqual {
    using is_transparent = void;
    bool operator()(const Place& a, const Place& b) const { return a.row == b.row; }
    bool operator()(const Place& place, const Sought& sought) const {
      return place.hash == sought.hash && place.row->suffix == sought.suffix;
    }
  };
  // Lengths of what follows the entity in keys: what may be where, without a look.
  class Lengths {
   public:
    void Note(std::string_view suffix) { bits_ |= Bit(suffix); }
    bool MayHave(std::string_view suffix) const { return (bits_ & Bit(suffix)) != 0; }

   private:
    static std::uint64_t Bit(std::string_view suffix) { return 1ULL << (suffix.size() < 64 ? suffix.size() : 63); }
    std::uint64_t bits_ = 0;
  };
  // What is known of one entity's rows. Rows and entities stay where they are while others come and go.
  struct Entity {
    absl::flat_hash_set<Place, PlaceHash, PlaceEqual> rows;
    // The unwritten ones.
    std::vector<Row*> unwritten;
    // Rows that were added, as they will be written: unwritten too, of other lengths than those in `rows`, and moved
    // there as soon as one of their length is asked for.
    std::vector<RowView> added;
    Lengths row_lengths;
    Lengths added_lengths;
    std::size_t bytes = 0;

    bool touched() const { return !unwritten.empty() || !added.empty(); }
  };
  using Generation = absl::node_hash_map<std::string, Entity, KeyHash, std::equal_to<>>;
  struct Change {
    Row* row;
    // nullopt: nothing was known of it.
    std::optional<State> before;
  };

  // What follows the entity of the fold in `key`; nullopt if the key is not its entity's.
  std::optional<std::string_view> SuffixOf(std::string_view key) const;
  void Set(std::string_view key, std::optional<std::string> value);
  void SetSuffix(std::string_view suffix, std::optional<std::string> value) const;
  // Moves what was added among the rows.
  void FindAdded() const;
  void CountUnwritten(std::size_t bytes) const;
  void Keep(Entity& entity, std::string_view suffix, std::optional<std::string> value) const;
  void Settle(const std::string& name, Entity& entity);
  void LetGo();
  // Whether the row was not there; it is.
  static std::pair<Row*, bool> Emplace(Entity& entity, std::string_view suffix);
  static void Erase(Entity& entity, const Row& row);
  static std::size_t BytesOf(const Row& row);
  static std::size_t BytesOf(const RowView& added);
  std::string_view SuffixOf(const RowView& added) const {
    return added.key.substr(prefix_.size() + current_->first.size());
  }

  const Store& store_;
  const std::string prefix_;
  bool stored_;
  // The entities asked for last. The older generation is let go when the younger is full, and what is asked for in it
  // becomes young again. Unwritten rows are in the younger one.
  Generation young_;
  Generation old_;
  mutable std::size_t young_bytes_ = 0;
  // Those with unwritten rows.
  mutable std::vector<Generation::value_type*> touched_;
  mutable std::size_t unwritten_bytes_ = 0;
  // The rows that were added, and the keys that Unwritten answered, until they are written or forgotten.
  std::pmr::monotonic_buffer_resource lasting_;
  // The fold under way. Asking for a row that was added moves it, so that this changes where nothing is written.
  Generation::value_type* current_ = nullptr;
  mutable std::vector<Change> journal_;
  mutable absl::Status strayed_;
  // When it began.
  bool touched_before_ = false;
  mutable std::size_t added_before_ = 0;
  mutable std::size_t unwritten_bytes_before_ = 0;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_VERSION_ROWS_H_
