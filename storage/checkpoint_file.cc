#include "storage/checkpoint_file.h"

#include <cstring>
#include <filesystem>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "storage/checked_file.h"

namespace mentorlog::storage {
namespace {

constexpr std::string_view kTitle = "mentorlog checkpoint 1";

std::optional<Digest> DigestFromHex(const std::string& hex) {
  if (hex.size() != 2 * Digest().size()) return std::nullopt;
  const std::string bytes = absl::HexStringToBytes(hex);
  if (absl::BytesToHexString(bytes) != hex) return std::nullopt;
  Digest digest;
  std::memcpy(digest.data(), bytes.data(), digest.size());
  return digest;
}

}  // namespace

std::string CheckpointPath(const std::string& dir, const Id& log) {
  return (std::filesystem::path(dir) / (log.ToHex() + ".checkpoint")).string();
}

std::string AbsoluteCheckpointDir(const std::string& dir) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::absolute(dir, error);
  if (error) path = dir;
  // With a slash at its end, whether one was typed or not; the parent of that is the folder without it.
  return (path / "").lexically_normal().parent_path().string();
}

absl::StatusOr<std::optional<Checkpoint>> ReadCheckpoint(const std::string& dir, const Id& log) {
  const std::string path = CheckpointPath(dir, log);
  const auto values = ReadCheckedValues(path, kTitle, {"log", "epoch", "position", "root"});
  if (!values.ok()) return values.status();
  if (!*values) return std::optional<Checkpoint>();

  const std::vector<std::string>& value = **values;
  Checkpoint checkpoint;
  const std::optional<Id> id = Id::FromHex(value[0]);
  const std::optional<Digest> root = DigestFromHex(value[3]);
  if (!id || !root || !absl::SimpleAtoi(value[1], &checkpoint.epoch) ||
      !absl::SimpleAtoi(value[2], &checkpoint.position.value)) {
    return Damaged(path, "has a line that cannot be read");
  }
  if (*id != log) return Damaged(path, "belongs to log " + id->ToHex());
  checkpoint.log = *id;
  checkpoint.root = *root;
  return std::optional<Checkpoint>(checkpoint);
}

absl::Status WriteCheckpoint(const std::string& dir, const Checkpoint& checkpoint) {
  if (absl::Status status = MakeFolder(dir, 0755); !status.ok()) return status;
  return ReplaceCheckedFile(CheckpointPath(dir, checkpoint.log), kTitle,
                            {{"log", checkpoint.log.ToHex()},
                             {"epoch", absl::StrCat(checkpoint.epoch)},
                             {"position", absl::StrCat(checkpoint.position.value)},
                             {"root", absl::BytesToHexString(DigestBytes(checkpoint.root))}},
                            0644);
}

}  // namespace mentorlog::storage
