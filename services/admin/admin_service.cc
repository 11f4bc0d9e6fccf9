#include "services/admin/admin_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/admin/progress_stream.h"
#include "services/admin/stats_view.h"
#include "storage/refusal.h"

namespace mentorlog::admin {
namespace {

// Stream kinds that the figures name.
constexpr std::uint8_t kPersonKind = 1;
constexpr std::uint8_t kRelationshipKind = 3;

// PERMISSION_DENIED unless the caller may administer.
absl::Status MayAdminister(const decider::Actor& actor) {
  if (actor.may_do_everything) return absl::OkStatus();
  return storage::Refuse(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED",
                         "the caller: a person, want an operator of this daemon");
}

template <typename Key>
std::uint64_t CountOf(const std::map<Key, std::uint64_t>& counts, Key key) {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

void ShowView(const storage::ViewStatus& status, v1::View& shown) {
  shown.set_name(status.info.name);
  shown.set_id(status.info.id);
  shown.set_mode(status.info.mode == storage::ViewMode::kInline ? v1::View::MODE_INLINE : v1::View::MODE_FOLLOWER);
  shown.set_definition(status.info.definition);
  for (const auto& version : status.versions) {
    auto& one = *shown.add_versions();
    one.set_version(version.version);
    one.set_definition(version.definition);
    one.set_position(version.position.value);
    one.set_live(version.live);
  }
  for (const auto& quarantine : status.quarantined) {
    auto& one = *shown.add_quarantined();
    one.set_entity(quarantine.entity);
    one.set_position(quarantine.event.value);
    one.set_reason(quarantine.reason);
  }
}

void ShowStats(const runtime::Desk& desk, const Stats& stats, v1::GetStatsResponse& shown) {
  const auto about = desk.ledger.Stats();
  shown.set_log_id(desk.ledger.log_id().ToBytes());
  shown.set_epoch(desk.ledger.epoch());
  shown.set_people(CountOf(stats.streams, kPersonKind));
  shown.set_relationships(CountOf(stats.streams, kRelationshipKind));
  for (const auto& [type, count] : stats.events) {
    const auto* known = desk.codec.Find(type);
    auto& one = *shown.add_events();
    one.set_name(known == nullptr ? absl::StrCat("type ", type) : known->name);
    one.set_type(type);
    one.set_count(count);
  }
  shown.set_bytes(about.bytes_on_disk);
  if (about.free_bytes) shown.set_free_bytes(*about.free_bytes);
  shown.set_in_flight(about.in_flight);
}

template <typename Frame>
Frame ProgressFrame(const std::string& view, std::uint64_t done, std::uint64_t total) {
  Frame frame;
  frame.mutable_progress()->set_name(view);
  frame.mutable_progress()->set_done(done);
  frame.mutable_progress()->set_total(total);
  return frame;
}

v1::VerifyViewResponse VerifiedFrame(const std::string& view, const storage::ViewComparison& found) {
  v1::VerifyViewResponse frame;
  auto& verified = *frame.mutable_verified();
  verified.set_name(view);
  verified.set_position(found.position.value);
  verified.set_entities(found.entities);
  verified.set_rows(found.rows);
  verified.set_differences(found.differences);
  for (const auto& key : found.differing_keys) verified.add_differing_keys(key);
  return frame;
}

}  // namespace

grpc::ServerUnaryReactor* AdminService::GetStats(grpc::CallbackServerContext* context, const v1::GetStatsRequest*,
                                                 v1::GetStatsResponse* response) {
  return runtime::AnswerOnPool(edge_, context, {kStatsViewId}, [this, response](const runtime::Read& read) {
    if (auto status = MayAdminister(read.caller.actor); !status.ok()) return status;
    const auto stats = ReadStats(read.snapshot);
    if (!stats.ok()) return stats.status();
    ShowStats(edge_.desk, *stats, *response);
    const auto position = read.snapshot.ViewPosition(kStatsViewId);
    response->set_head(position.ok() ? position->value : read.snapshot.head().value);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::GetRequestOutcome(grpc::CallbackServerContext* context,
                                                          const v1::GetRequestOutcomeRequest* request,
                                                          v1::GetRequestOutcomeResponse* response) {
  return runtime::Answer(edge_, context, [request, response](const runtime::Read& read) {
    runtime::Violations violations;
    const auto id = violations.RequireId("request_id", request->request_id());
    if (auto status = violations.status(); !status.ok()) return status;
    const auto entry = read.snapshot.FindRequest(read.caller.principal, id);
    if (!entry.ok()) return entry.status();
    response->set_up_to_position(read.snapshot.head().value);
    response->set_outcome(*entry ? v1::GetRequestOutcomeResponse::OUTCOME_COMMITTED
                                 : v1::GetRequestOutcomeResponse::OUTCOME_NOT_SEEN);
    if (*entry) {
      response->set_position((*entry)->first.value);
      response->set_records((*entry)->records);
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::ListViews(grpc::CallbackServerContext* context, const v1::ListViewsRequest*,
                                                  v1::ListViewsResponse* response) {
  return runtime::AnswerOnPool(edge_, context, {}, [this, response](const runtime::Read& read) {
    if (auto status = MayAdminister(read.caller.actor); !status.ok()) return status;
    for (const auto& view : edge_.desk.ledger.Views()) ShowView(view, *response->add_views());
    response->set_head(read.snapshot.head().value);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<storage::ViewStatus>> AdminService::Named(const std::string& name) const {
  auto views = edge_.desk.ledger.Views();
  if (name.empty() || name == "all") return views;
  for (auto& view : views) {
    if (view.info.name == name) return std::vector<storage::ViewStatus>{std::move(view)};
  }
  return storage::Refuse(absl::StatusCode::kNotFound, "UNKNOWN_VIEW",
                         "name: no view has it, want one that ListViews answers, or all");
}

template <typename Frame>
grpc::ServerWriteReactor<Frame>* AdminService::Operate(grpc::CallbackServerContext* context, const std::string& name,
                                                       ViewsWork<Frame> work) {
  const auto stream = ProgressStream<Frame>::Start();
  const auto refuse = [&stream](const absl::Status& status) {
    stream->End(runtime::ToGrpc(status));
    return stream.get();
  };
  const auto caller = edge_.identity.Identify(edge_.desk, *context);
  if (!caller.ok()) return refuse(caller.status());
  if (auto status = MayAdminister(caller->actor); !status.ok()) return refuse(status);
  auto views = Named(name);
  if (!views.ok()) return refuse(views.status());
  const bool taken = operations_.Run([stream, views = *std::move(views), work = std::move(work)] {
    stream->End(runtime::ToGrpc(work(views, *stream)));
  });
  if (taken) return stream.get();
  return refuse(storage::Refuse(absl::StatusCode::kResourceExhausted, "TOO_MANY_IN_FLIGHT",
                                "operations that wait: as many as may, want fewer at a time"));
}

grpc::ServerWriteReactor<v1::RebuildViewResponse>* AdminService::RebuildView(grpc::CallbackServerContext* context,
                                                                             const v1::RebuildViewRequest* request) {
  using Frame = v1::RebuildViewResponse;
  const auto rebuild = [this](const std::vector<storage::ViewStatus>& views,
                              ProgressStream<Frame>& stream) -> absl::Status {
    std::vector<std::uint16_t> ids;
    for (const auto& view : views) ids.push_back(view.info.id);
    const std::string name = views.size() == 1 ? views.front().info.name : "all";
    const auto versions = edge_.desk.ledger.RebuildViews(ids, [&](std::uint64_t done, std::uint64_t total) {
      stream.OfferProgress(ProgressFrame<Frame>(name, done, total));
    });
    if (!versions.ok()) return versions.status();
    for (std::size_t i = 0; i < views.size(); ++i) {
      Frame frame;
      frame.mutable_rebuilt()->set_name(views[i].info.name);
      frame.mutable_rebuilt()->set_version((*versions)[i]);
      stream.AddResult(std::move(frame));
    }
    return absl::OkStatus();
  };
  return Operate<Frame>(context, request->name(), rebuild);
}

grpc::ServerWriteReactor<v1::VerifyViewResponse>* AdminService::VerifyView(grpc::CallbackServerContext* context,
                                                                           const v1::VerifyViewRequest* request) {
  using Frame = v1::VerifyViewResponse;
  const auto verify = [this](const std::vector<storage::ViewStatus>& views,
                             ProgressStream<Frame>& stream) -> absl::Status {
    for (const auto& view : views) {
      const auto found = edge_.desk.ledger.VerifyView(view.info.id, [&](std::uint64_t done, std::uint64_t total) {
        stream.OfferProgress(ProgressFrame<Frame>(view.info.name, done, total));
      });
      if (!found.ok()) return found.status();
      stream.AddResult(VerifiedFrame(view.info.name, *found));
    }
    return absl::OkStatus();
  };
  return Operate<Frame>(context, request->name(), verify);
}

grpc::ServerUnaryReactor* AdminService::Change(grpc::CallbackServerContext* context, const std::string& name,
                                               v1::View* answer,
                                               std::function<absl::Status(std::uint16_t view)> change) {
  return runtime::AnswerOnPool(
      edge_, context, {}, [this, name, answer, change = std::move(change)](const runtime::Read& read) {
        if (auto status = MayAdminister(read.caller.actor); !status.ok()) return status;
        const auto views = Named(name);
        if (!views.ok()) return views.status();
        if (views->size() != 1) {
          return storage::Refuse(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", "name: all, want one view");
        }
        if (auto status = change(views->front().info.id); !status.ok()) return status;
        const auto after = Named(name);
        if (!after.ok()) return after.status();
        ShowView(after->front(), *answer);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AdminService::PromoteView(grpc::CallbackServerContext* context,
                                                    const v1::PromoteViewRequest* request,
                                                    v1::PromoteViewResponse* response) {
  return Change(context, request->name(), response->mutable_view(),
                [this](std::uint16_t view) { return edge_.desk.ledger.PromoteView(view); });
}

grpc::ServerUnaryReactor* AdminService::RollbackView(grpc::CallbackServerContext* context,
                                                     const v1::RollbackViewRequest* request,
                                                     v1::RollbackViewResponse* response) {
  return Change(context, request->name(), response->mutable_view(),
                [this](std::uint16_t view) { return edge_.desk.ledger.RollbackView(view); });
}

grpc::ServerUnaryReactor* AdminService::DropViewVersions(grpc::CallbackServerContext* context,
                                                         const v1::DropViewVersionsRequest* request,
                                                         v1::DropViewVersionsResponse* response) {
  return Change(context, request->name(), response->mutable_view(),
                [this](std::uint16_t view) { return edge_.desk.ledger.DropOldVersions(view); });
}

}  // namespace mentorlog::admin
