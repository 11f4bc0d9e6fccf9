#include "storage/restore.h"

#include <algorithm>
#include <filesystem>
#include <future>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mentorlog/event/v1/log.pb.h"
#include "storage/checked_file.h"
#include "storage/codec.h"
#include "storage/refusal.h"
#include "storage/start.h"
#include "storage/tree_store.h"

namespace mentorlog::storage {
namespace {

constexpr std::uint8_t kLogKind = 7;
constexpr std::uint32_t kLogRestoredType = 7001;

absl::Status NothingToRestore(std::string_view what) {
  return Refuse(absl::StatusCode::kFailedPrecondition, "NOTHING_TO_RESTORE", what);
}

log::v1::Proposal RestoredProposal(const Keyed& keyed, const LogRow& log, const Checkpoint& former) {
  event::v1::LogRestored restored;
  restored.set_epoch(log.epoch);
  restored.set_position(former.position.value);
  restored.set_root(DigestBytes(former.root));
  const std::string epoch = absl::StrCat(log.epoch);
  log::v1::Proposal proposal;
  proposal.set_namespace_("log");
  proposal.set_request_id(keyed.DeriveId("log-restored", {epoch}).ToBytes());
  proposal.set_request_hash(DigestBytes(keyed.Mac("request-hash", {"log-restored", epoch})));
  proposal.mutable_actor()->set_service("restore");
  const std::string stream = StreamKey{kLogKind, log.log}.ToBytes();
  auto& check = *proposal.add_checks();
  check.set_stream(stream);
  check.mutable_expected()->mutable_any();
  auto& record = *proposal.add_records();
  record.set_stream(stream);
  record.set_type(kLogRestoredType);
  record.set_schema_version(1);
  record.set_open_part(restored.SerializeAsString());
  return proposal;
}

// Appends through a ledger without checkpoint and views: the same rules as any other record.
absl::Status Append(Store& store, KeyStore& keys, const Clock& clock, const LogRow& log, const Checkpoint& former) {
  LedgerOptions options;
  options.log = log.log;
  auto ledger = OpenLedger(store, keys, clock, {}, options);
  if (!ledger.ok()) return ledger.status();
  log::v1::Proposal proposal = RestoredProposal((*ledger)->keyed(), log, former);
  const Instant now = clock.Now();
  proposal.set_proposed_at_us(now.micros);
  proposal.mutable_records(0)->set_occurred_on(now.UtcDay().value);
  // Shared with the completion thread, which may still be in set_value when the answer is here.
  const auto told = std::make_shared<std::promise<absl::Status>>();
  (*ledger)->Propose(std::move(proposal),
                     [told](absl::StatusOr<Committed> answer) { told->set_value(answer.status()); });
  return told->get_future().get();
}

absl::Status KeepFormer(const std::string& path, std::uint32_t epoch) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return absl::OkStatus();
  std::filesystem::copy_file(path, absl::StrCat(path, ".epoch-", epoch),
                             std::filesystem::copy_options::overwrite_existing, error);
  if (!error) return absl::OkStatus();
  return FileError("copy", path, error.value());
}

}  // namespace

absl::StatusOr<Restored> RestoreLog(Store& store, KeyStore& keys, const Clock& clock, const std::optional<Id>& wanted,
                                    const std::string& checkpoint_dir) {
  const absl::StatusOr<FoundLog> found = FindOrMakeLog(store, keys, wanted);
  if (!found.ok()) return found.status();
  auto former = ReadCheckpoint(checkpoint_dir, found->log.log);
  if (former.ok() && !*former) {
    if (absl::Status status = HoldCheckpointDir(store, found->log.log, checkpoint_dir); !status.ok()) return status;
    former = RememberedCheckpoint(store, found->log.log);
  }
  if (!former.ok()) return former.status();
  if (!*former)
    return NothingToRestore(absl::StrCat("checkpoint: none in ", checkpoint_dir, ", want one that is not reached"));
  const auto elsewhere = CheckpointElsewhere(store, found->log.log, checkpoint_dir);
  if (!elsewhere.ok()) return elsewhere.status();
  const absl::Status held = HoldCheckpoint(store, *found, checkpoint_dir);
  if (held.ok()) return NothingToRestore("the log reaches its checkpoint, want one that does not");
  // Anything else says nothing of where the log ends.
  const std::string reason = ReasonOf(held).value_or("");
  if (reason != "LOG_ENDS_EARLY" && reason != "CHECKPOINT_MISSING") return held;
  Checkpoint lost = **former;
  if (*elsewhere) {
    // The further one says what is lost. The file elsewhere stays as it is: of a copy of the folder it may be that of
    // the log which was copied, and goes on. From now on the log remembers the folder that it is restored in.
    const Checkpoint& other = (*elsewhere)->checkpoint;
    const bool further = std::tie(lost.epoch, lost.position) < std::tie(other.epoch, other.position);
    if (further && !HoldCheckpoint(store, *found, **elsewhere, checkpoint_dir).ok()) lost = other;
  }
  // The epoch first: a restore that is cut short is refused at the next start and may be run again.
  LogRow log = found->log;
  log.epoch = std::max(log.epoch, lost.epoch) + 1;
  Batch batch;
  batch.Put(Family::kMeta, std::string(kMetaLog), EncodeLogRow(log));
  if (absl::Status status = store.Write(std::move(batch), Durability::kSynced); !status.ok()) return status;
  if (absl::Status status = Append(store, keys, clock, log, lost); !status.ok()) return status;
  if (absl::Status status = KeepFormer(CheckpointPath(checkpoint_dir, log.log), (*former)->epoch); !status.ok())
    return status;
  const absl::StatusOr<MerkleFrontier> frontier = ReadFrontier(*store.Snapshot());
  if (!frontier.ok()) return frontier.status();
  const Checkpoint restored{log.log, log.epoch, Position{frontier->size()}, frontier->Root()};
  if (absl::Status status = WriteCheckpoint(checkpoint_dir, restored); !status.ok()) return status;
  Batch folder;
  folder.Put(Family::kMeta, std::string(kMetaCheckpointed), EncodeCheckpointed(restored));
  folder.Put(Family::kMeta, std::string(kMetaCheckpointDir), AbsoluteCheckpointDir(checkpoint_dir));
  if (absl::Status status = store.Write(std::move(folder), Durability::kSynced); !status.ok()) return status;
  return Restored{lost, restored};
}

}  // namespace mentorlog::storage
