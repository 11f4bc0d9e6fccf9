#include "services/import/lasting.h"

namespace mentorlog::import {

bool Lasting::Exists(const storage::StreamKey& stream) {
  const std::lock_guard lock(mutex_);
  return streams_.Find(stream) != nullptr;
}

void Lasting::NoteExists(const storage::StreamKey& stream) {
  const std::lock_guard lock(mutex_);
  streams_.Put(stream, true);
}

std::optional<storage::Day> Lasting::JoinedOn(const storage::Id& person) {
  const std::lock_guard lock(mutex_);
  const auto* const day = joined_on_.Find(person);
  return day == nullptr ? std::nullopt : std::optional(*day);
}

void Lasting::NoteJoined(const storage::Id& person, storage::Day day) {
  const std::lock_guard lock(mutex_);
  joined_on_.Put(person, day);
}

}  // namespace mentorlog::import
