// services/people/people_service.h: the handlers of PeopleService. Each validates, then loads, acts and responds.
#ifndef MENTORLOG_SERVICES_PEOPLE_PEOPLE_SERVICE_H_
#define MENTORLOG_SERVICES_PEOPLE_PEOPLE_SERVICE_H_

#include "mentorlog/v1/people_service.grpc.pb.h"
#include "services/people/directory.h"
#include "services/runtime/call.h"

namespace mentorlog::people {

class PeopleService final : public v1::PeopleService::CallbackService {
 public:
  // What the edge refers to outlives the service.
  explicit PeopleService(const runtime::Edge& edge) : edge_(edge), directory_(edge.desk) {}

  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  Reactor* RegisterPerson(Context* context, const v1::RegisterPersonRequest* request,
                          v1::RegisterPersonResponse* response) override;
  Reactor* GetPerson(Context* context, const v1::GetPersonRequest* request, v1::GetPersonResponse* response) override;
  Reactor* ListPeople(Context* context, const v1::ListPeopleRequest* request,
                      v1::ListPeopleResponse* response) override;
  Reactor* FindPeople(Context* context, const v1::FindPeopleRequest* request,
                      v1::FindPeopleResponse* response) override;
  Reactor* LinkExternalId(Context* context, const v1::LinkExternalIdRequest* request,
                          v1::LinkExternalIdResponse* response) override;
  Reactor* UnlinkExternalId(Context* context, const v1::UnlinkExternalIdRequest* request,
                            v1::UnlinkExternalIdResponse* response) override;
  Reactor* AnnounceMove(Context* context, const v1::AnnounceMoveRequest* request,
                        v1::AnnounceMoveResponse* response) override;
  Reactor* RecordMove(Context* context, const v1::RecordMoveRequest* request,
                      v1::RecordMoveResponse* response) override;
  Reactor* CorrectMove(Context* context, const v1::CorrectMoveRequest* request,
                       v1::CorrectMoveResponse* response) override;
  Reactor* RetractMove(Context* context, const v1::RetractMoveRequest* request,
                       v1::RetractMoveResponse* response) override;
  Reactor* GetHeadcount(Context* context, const v1::GetHeadcountRequest* request,
                        v1::GetHeadcountResponse* response) override;

 private:
  // Today, UTC: what an empty date means.
  storage::Day Today() const { return edge_.desk.clock.Now().UtcDay(); }

  const runtime::Edge edge_;
  const Directory directory_;
};

}  // namespace mentorlog::people

#endif  // MENTORLOG_SERVICES_PEOPLE_PEOPLE_SERVICE_H_
