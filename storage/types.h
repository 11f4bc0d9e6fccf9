// storage/types.h: the numbers and names that must not mix.
//
// Plain values without behaviour beyond comparison and their byte forms. Includable from everywhere, the pure
// cores of the services included; knows no database.
#ifndef MENTORLOG_STORAGE_TYPES_H_
#define MENTORLOG_STORAGE_TYPES_H_

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mentorlog::storage {

// A place in the log: dense, from 1; 0 is "before everything" (the head of an empty log).
struct Position {
  std::uint64_t value = 0;
  auto operator<=>(const Position&) const = default;
};

// A place in one stream: dense, from 0. "No record" is never a number: see std::optional<Revision>.
struct Revision {
  std::uint64_t value = 0;
  auto operator<=>(const Revision&) const = default;
};

// 16 bytes that name a person, a relationship, a request, ...; printed as 32 lower-case hex digits.
struct Id {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Id&) const = default;

  // nullopt unless `raw` has exactly 16 bytes.
  static std::optional<Id> FromBytes(std::string_view raw);
  // nullopt unless `hex` has exactly 32 hex digits (dashes as in a UUID are skipped).
  static std::optional<Id> FromHex(std::string_view hex);
  std::string ToBytes() const;
  std::string ToHex() const;
  // All zero bytes, which no derived id is.
  bool IsZero() const { return *this == Id{}; }

  template <typename H>
  friend H AbslHashValue(H h, const Id& id) {
    return H::combine(std::move(h), id.bytes);
  }
};

// Names a stream: what kind of thing, and which one. 17 bytes: kind, then id.
struct StreamKey {
  std::uint8_t kind = 0;
  Id id;
  auto operator<=>(const StreamKey&) const = default;

  // nullopt unless `raw` has exactly 17 bytes and its kind is not 0.
  static std::optional<StreamKey> FromBytes(std::string_view raw);
  std::string ToBytes() const;

  template <typename H>
  friend H AbslHashValue(H h, const StreamKey& key) {
    return H::combine(std::move(h), key.kind, key.id);
  }
};

// A calendar day: days since 1970-01-01 (proleptic Gregorian), from 0001-01-01 to 9999-12-31.
struct Day {
  std::int32_t value = 0;
  auto operator<=>(const Day&) const = default;

  // nullopt unless `text` is a real day written YYYY-MM-DD.
  static std::optional<Day> FromText(std::string_view text);
  std::string ToText() const;
  Day Plus(std::int32_t days) const { return Day{value + days}; }
};

// Microseconds since 1970-01-01T00:00Z.
struct Instant {
  std::int64_t micros = 0;
  auto operator<=>(const Instant&) const = default;

  // The UTC day of this instant.
  Day UtcDay() const;
  // The latest day anywhere on earth at this instant (UTC+14): what "not in the future" is held against.
  Day LatestDayOnEarth() const;
};

}  // namespace mentorlog::storage

#endif  // MENTORLOG_STORAGE_TYPES_H_
