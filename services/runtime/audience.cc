#include "services/runtime/audience.h"

#include <algorithm>

namespace mentorlog::runtime {
namespace {

// Whom the event names, and nobody beside them; who recorded it, if it names nobody.
bool IsAuthor(const storage::Id& reader, const log::v1::Header& header, std::string_view author) {
  const std::string id = reader.ToBytes();
  if (!author.empty()) return author == id;
  return header.actor().person_id() == id || header.actor().on_behalf_of() == id;
}

bool IsSubject(const storage::Id& reader, const log::v1::Header& header) {
  const auto& subjects = header.subjects();
  return std::find(subjects.begin(), subjects.end(), reader.ToBytes()) != subjects.end();
}

bool IsParticipant(const storage::Id& reader, const log::v1::Header& header, std::string_view author) {
  return IsAuthor(reader, header, author) || IsSubject(reader, header);
}

// A subject who recorded it in their own name, through no service: who was spoken for may tell what came of it.
bool ToldOfThemselves(const decider::Actor& reader, const log::v1::Header& header) {
  return reader.person && header.actor().person_id() == reader.person->ToBytes() && IsSubject(*reader.person, header);
}

bool IsOwner(const storage::Id& reader, const log::v1::Header& header) {
  return header.subjects_size() > 0 && header.subjects(header.subjects_size() - 1) == reader.ToBytes();
}

bool Permits(const decider::Actor& reader, const log::v1::Header& header, std::string_view author,
             log::v1::Audience audience) {
  if (reader.may_do_everything) return true;
  if (!reader.person) return audience == log::v1::AUDIENCE_ORG;
  switch (audience) {
    case log::v1::AUDIENCE_ORG:
      return true;
    case log::v1::AUDIENCE_TEAM:
    case log::v1::AUDIENCE_PAIR:
      return IsParticipant(*reader.person, header, author);
    case log::v1::AUDIENCE_AUTHOR:
      return IsAuthor(*reader.person, header, author);
    case log::v1::AUDIENCE_OWNER:
      return IsOwner(*reader.person, header);
    default:
      return false;
  }
}

bool HidesItsExistence(log::v1::Audience audience) {
  return audience == log::v1::AUDIENCE_AUTHOR || audience == log::v1::AUDIENCE_COACH;
}

}  // namespace

Sight SeePart(const decider::Actor& reader, const log::v1::Header& header, const storage::StoredPart& part,
              std::string_view author) {
  const auto audience = part.description.audience();
  if (!Permits(reader, header, author, audience)) {
    return HidesItsExistence(audience) ? Sight::kAbsent : Sight::kNotPermitted;
  }
  return part.bytes ? Sight::kShown : Sight::kErased;
}

bool MayKnow(const decider::Actor& reader, const log::v1::Header& header, log::v1::Audience happened,
             std::string_view author) {
  if (Permits(reader, header, author, happened)) return true;
  return happened == log::v1::AUDIENCE_AUTHOR && ToldOfThemselves(reader, header);
}

v1::Text ShowText(Sight sight, const std::string& text) {
  v1::Text shown;
  if (sight == Sight::kShown && !text.empty()) shown.set_text(text);
  if (sight == Sight::kNotPermitted) shown.set_withheld(v1::Text::WITHHELD_NOT_PERMITTED);
  if (sight == Sight::kErased) shown.set_withheld(v1::Text::WITHHELD_ERASED);
  return shown;
}

}  // namespace mentorlog::runtime
