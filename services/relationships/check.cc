#include "absl/strings/str_cat.h"
#include "services/relationships/relationships_commands.h"
#include "services/relationships/telling.h"

namespace mentorlog::relationships {
namespace {

using decider::kGistMax;
using decider::kTextMax;

// Gathers what is wrong with one command.
class Wrongs {
 public:
  Wrongs& Text(std::string_view field, std::string_view text, std::size_t max = kTextMax) {
    return Add(decider::CheckText(field, text, max));
  }
  Wrongs& Present(std::string_view field, std::string_view text) {
    return text.empty() ? Wrong("INVALID_FIELD", field, "nothing", "want a text") : *this;
  }
  Wrongs& AtMost(std::string_view field, std::size_t found, std::size_t max) {
    if (found <= max) return *this;
    return Wrong("INVALID_FIELD", field, absl::StrCat(found, " entries"), absl::StrCat("want at most ", max));
  }
  Wrongs& Wrong(std::string_view reason, std::string_view field, const std::string& found, const std::string& wish) {
    auto status = decider::Refuse(absl::StatusCode::kInvalidArgument, reason,
                                  std::string(field) + ": " + found + ", " + wish, {{"field", std::string(field)}});
    decider::AddFieldViolation(status, field, wish);
    return Add(std::move(status));
  }
  Wrongs& Add(absl::Status status) {
    if (!status.ok()) wrongs_.push_back(std::move(status));
    return *this;
  }
  std::vector<absl::Status> Take() { return std::move(wrongs_); }

 private:
  std::vector<absl::Status> wrongs_;
};

template <typename Words>
void CheckWords(const Words& words, const std::string& prefix, Wrongs& wrongs) {
  wrongs.Text(prefix + "gist", words.gist, kGistMax)
      .AtMost(prefix + "topics", words.topics.size(), kListMax)
      .AtMost(prefix + "pieces", words.pieces.size(), kListMax)
      .AtMost(prefix + "prompt_ids", words.prompt_ids.size(), kListMax);
  for (std::size_t i = 0; i < words.prompt_ids.size(); ++i) {
    wrongs.Text(absl::StrCat(prefix, "prompt_ids[", i, "]"), words.prompt_ids[i], decider::kNameMax);
  }
}

}  // namespace

std::vector<absl::Status> Check(const StartRelationship& command) {
  Wrongs wrongs;
  wrongs.Text("why", command.why);
  // Two ids that could not be read are not the same person's.
  if (command.mentor == command.mentee && !command.mentor.IsZero()) {
    wrongs.Wrong("SELF_MENTORING", "mentee_id", "the mentor", "want somebody else");
  }
  if (command.cadence) wrongs.Add(internal::CheckCadence("cadence", *command.cadence));
  if (!event::v1::RelationshipKind_IsValid(command.kind) || command.kind == event::v1::RELATIONSHIP_KIND_UNSPECIFIED) {
    wrongs.Wrong("UNKNOWN_ENUM_VALUE", "kind", absl::StrCat(static_cast<int>(command.kind)), "want a known kind");
  }
  const bool told = command.origin == event::v1::RELATIONSHIP_ORIGIN_SELF ||
                    command.origin == event::v1::RELATIONSHIP_ORIGIN_ASKED ||
                    command.origin == event::v1::RELATIONSHIP_ORIGIN_MATCHED ||
                    command.origin == event::v1::RELATIONSHIP_ORIGIN_IMPORTED;
  if (!told) {
    wrongs.Wrong("UNKNOWN_ENUM_VALUE", "origin", absl::StrCat(static_cast<int>(command.origin)),
                 "want SELF, ASKED or MATCHED");
  }
  return wrongs.Take();
}

std::vector<absl::Status> Check(const LogCheckIn& command) {
  Wrongs wrongs;
  if (command.with.empty()) wrongs.Wrong("INVALID_FIELD", "with", "nobody", "want somebody");
  wrongs.AtMost("with", command.with.size(), kWithMax);
  CheckWords(command, "", wrongs);
  wrongs.Text("private_note", command.private_note)
      .AtMost("promises", command.promises.size(), kPromisesInOneGoMax)
      .AtMost("owed", command.owed.size(), static_cast<std::size_t>(kOwedMax));
  for (std::size_t i = 0; i < command.promises.size(); ++i) {
    const std::string field = absl::StrCat("promises[", i, "].text");
    wrongs.Present(field, command.promises[i].text).Text(field, command.promises[i].text);
  }
  for (std::size_t i = 0; i < command.owed.size(); ++i) {
    wrongs.Text(absl::StrCat("owed[", i, "].what_came_up"), command.owed[i].what_came_up);
  }
  return wrongs.Take();
}

std::vector<absl::Status> Check(const AmendCheckIn& command) {
  Wrongs wrongs;
  if (command.words) CheckWords(*command.words, "words.", wrongs);
  if (command.private_note) wrongs.Text("private_note", *command.private_note);
  return wrongs.Take();
}

std::vector<absl::Status> Check(const RetractCheckIn& command) {
  Wrongs wrongs;
  wrongs.Text("note", command.note);
  if (command.reason == event::v1::CHECK_IN_RETRACTION_REASON_UNSPECIFIED) {
    wrongs.Wrong("UNKNOWN_ENUM_VALUE", "reason", "none", "want WRONG_PERSON, MISTAKEN, DOUBLE or OTHER");
  }
  return wrongs.Take();
}

std::vector<absl::Status> Check(const MakeOwedTouch& command) {
  return Wrongs().Text("what_came_up", command.what_came_up).Take();
}

std::vector<absl::Status> Check(const AnswerTransition& command) {
  Wrongs wrongs;
  if (command.answer != event::v1::TRANSITION_ANSWER_TAKEN && command.answer != event::v1::TRANSITION_ANSWER_KEPT) {
    wrongs.Wrong("UNKNOWN_ENUM_VALUE", "answer", absl::StrCat(static_cast<int>(command.answer)), "want TAKEN or KEPT");
  }
  return wrongs.Take();
}

std::vector<absl::Status> Check(const Acknowledge& command) { return Wrongs().Text("note", command.note).Take(); }
std::vector<absl::Status> Check(const Decline& command) { return Wrongs().Text("note", command.note).Take(); }
std::vector<absl::Status> Check(const AskForTalk& command) { return Wrongs().Text("note", command.note).Take(); }
std::vector<absl::Status> Check(const WaiveOwedTouch& command) {
  return Wrongs().Text("reason", command.reason).Take();
}
std::vector<absl::Status> Check(const MakePromise& command) {
  return Wrongs().Present("promise.text", command.text).Text("promise.text", command.text).Take();
}
std::vector<absl::Status> Check(const KeepPromise& command) {
  return Wrongs().Text("what_came_up", command.what_came_up).Take();
}
std::vector<absl::Status> Check(const DropPromise& command) { return Wrongs().Text("reason", command.reason).Take(); }
std::vector<absl::Status> Check(const Pause& command) { return Wrongs().Text("reason", command.reason).Take(); }
std::vector<absl::Status> Check(const Reopen& command) { return Wrongs().Text("why", command.why).Take(); }

std::vector<absl::Status> Check(const Close& command) {
  Wrongs wrongs;
  wrongs.Text("last_word", command.last_word).Text("private_note", command.private_note);
  if (command.reason == event::v1::CLOSE_REASON_EVOLVED) {
    wrongs.Wrong("INVALID_FIELD", "reason", "EVOLVED", "want the other kind started with evolved_from_id");
  }
  return wrongs.Take();
}

}  // namespace mentorlog::relationships
