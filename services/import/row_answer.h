// services/import/row_answer.h: what a row's outcome is in the words of its file.
#ifndef MENTORLOG_SERVICES_IMPORT_ROW_ANSWER_H_
#define MENTORLOG_SERVICES_IMPORT_ROW_ANSWER_H_

#include "absl/status/status.h"
#include "mentorlog/v1/import_service.pb.h"
#include "services/import/import_row.h"
#include "services/runtime/execute.h"

namespace mentorlog::import {

// A refusal, with the field that it names as a column of the file. A request id that was used for another content is
// ROW_CHANGED: the id is that of the row's natural key.
void AnswerRejected(const absl::Status& status, const Header& header, v1::ImportedRow& answer);
void AnswerOutcome(const runtime::Outcome& outcome, const Header& header, v1::ImportedRow& answer);

}  // namespace mentorlog::import

#endif  // MENTORLOG_SERVICES_IMPORT_ROW_ANSWER_H_
