#include "storage/types.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace mentorlog::storage {
namespace {

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
constexpr std::int64_t kMicrosPerHour = 3'600'000'000;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Day FloorDay(std::int64_t micros) {
  const std::int64_t days = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0);
  return Day{static_cast<std::int32_t>(days)};
}

std::optional<int> Digits(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool all_digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (error != std::errc() || end != text.data() + text.size() || !all_digits) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Id> Id::FromBytes(std::string_view raw) {
  Id id;
  if (raw.size() != id.bytes.size()) return std::nullopt;
  std::transform(raw.begin(), raw.end(), id.bytes.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return id;
}

std::optional<Id> Id::FromHex(std::string_view hex) {
  Id id;
  std::size_t digits = 0;
  for (const char c : hex) {
    if (c == '-') continue;
    const int digit = HexDigit(c);
    if (digit < 0 || digits == 32) return std::nullopt;
    auto& byte = id.bytes[digits / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | digit);
    ++digits;
  }
  if (digits != 32) return std::nullopt;
  return id;
}

std::string Id::ToBytes() const { return {bytes.begin(), bytes.end()}; }

std::string Id::ToHex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(32);
  for (const auto byte : bytes) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

std::optional<StreamKey> StreamKey::FromBytes(std::string_view raw) {
  if (raw.size() != 17 || raw[0] == 0) return std::nullopt;
  return StreamKey{static_cast<std::uint8_t>(raw[0]), *Id::FromBytes(raw.substr(1))};
}

std::string StreamKey::ToBytes() const {
  std::string raw;
  raw.reserve(17);
  raw.push_back(static_cast<char>(kind));
  // As characters: other iterators make a string of their own first.
  raw.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  return raw;
}

std::optional<Day> Day::FromText(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = Digits(text.substr(0, 4));
  const auto month = Digits(text.substr(5, 2));
  const auto day = Digits(text.substr(8, 2));
  if (!year || !month || !day || *year < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return Day{static_cast<std::int32_t>(std::chrono::sys_days{date}.time_since_epoch().count())};
}

std::string Day::ToText() const {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{value}}};
  char text[32];
  std::snprintf(text, sizeof(text), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

Day Instant::UtcDay() const { return FloorDay(micros); }

Day Instant::LatestDayOnEarth() const { return FloorDay(micros + 14 * kMicrosPerHour); }

}  // namespace mentorlog::storage
