#include "services/import/import_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/import/import_row.h"
#include "services/import/import_run.h"
#include "storage/refusal.h"

namespace mentorlog::import {
namespace {

// The answer needs this long to arrive before the caller's deadline.
constexpr absl::Duration kToAnswer = absl::Milliseconds(200);
constexpr absl::Duration kCallMax = absl::Seconds(60);

constexpr std::string_view kSystemLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
constexpr std::size_t kSystemMax = 64;

absl::StatusOr<Header> Check(const v1::ImportRowsRequest& request) {
  if (auto status = runtime::CheckSize(request); !status.ok()) return status;
  runtime::Violations violations;
  const auto& system = request.system();
  if (system.empty() || system.size() > kSystemMax ||
      std::string_view(system).find_first_not_of(kSystemLetters) != std::string_view::npos) {
    violations.Add("system", absl::StrCat(system.size(), " bytes"),
                   "want 1 to 64 characters of a-z, 0-9, `-`, `_` and `.`");
  }
  violations.RequireEnum("file", v1::ImportFile_descriptor(), request.file());
  if (request.rows().empty() || request.rows_size() > kRowsMax) {
    violations.Add("rows", absl::StrCat(request.rows_size()), absl::StrCat("want 1 to ", kRowsMax));
  }
  if (request.assumed_people_size() > 0 && !request.validate_only()) {
    violations.Add("assumed_people", absl::StrCat(request.assumed_people_size()), "want none without validate_only");
  }
  if (auto status = violations.status(); !status.ok()) return status;
  return Header::Create(request.file(), request.columns());
}

absl::Status MayImport(const runtime::Caller& caller) {
  if (caller.actor.may_do_everything) return absl::OkStatus();
  return storage::Refuse(absl::StatusCode::kPermissionDenied, "NOT_PERMITTED",
                         "only who may write on behalf of a system imports");
}

}  // namespace

grpc::ServerUnaryReactor* ImportService::ImportRows(grpc::CallbackServerContext* context,
                                                    const v1::ImportRowsRequest* request,
                                                    v1::ImportRowsResponse* response) {
  auto* reactor = context->DefaultReactor();
  const auto refuse = [reactor](const absl::Status& status) {
    reactor->Finish(runtime::ToGrpc(status));
    return reactor;
  };
  const auto caller = edge_.identity.Identify(edge_.desk, *context);
  if (!caller.ok()) return refuse(caller.status());
  if (auto status = MayImport(*caller); !status.ok()) return refuse(status);
  auto header = Check(*request);
  if (!header.ok()) return refuse(header.status());
  const bool taken = calls_.Run(
      [this, context, request, response, reactor, header = *std::move(header), person = caller->actor.person] {
        const auto deadline = std::min(absl::Now() + kCallMax, absl::FromChrono(context->deadline()) - kToAnswer);
        if (!context->IsCancelled()) *response = TakeRows(edge_.desk, lasting_, header, *request, person, deadline);
        reactor->Finish(grpc::Status::OK);
      });
  if (taken) return reactor;
  return refuse(storage::Refuse(absl::StatusCode::kResourceExhausted, "TOO_MANY_IN_FLIGHT",
                                "imports that wait: as many as may, want fewer at a time"));
}

}  // namespace mentorlog::import
