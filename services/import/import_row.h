// services/import/import_row.h: one row of an import file, as values with types.
//
// A row is read column by column; what is wrong first is what the row is rejected for, with the column's name. Who is
// named by an external id is looked up once per call. Single-threaded.
#ifndef MENTORLOG_SERVICES_IMPORT_IMPORT_ROW_H_
#define MENTORLOG_SERVICES_IMPORT_IMPORT_ROW_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "mentorlog/v1/import_service.pb.h"
#include "services/decider/decider.h"
#include "services/import/lasting.h"
#include "services/runtime/execute.h"
#include "storage/ledger.h"

namespace mentorlog::import {

// The columns of a file, required ones first, as the file's definition has them.
struct FileColumns {
  std::vector<std::string_view> required;
  std::vector<std::string_view> optional;
};
// REQUIRES: a known, stated file.
const FileColumns& ColumnsOf(v1::ImportFile file);

// Where the columns of a request stand.
class Header {
 public:
  // INVALID_ARGUMENT WRONG_HEADER.
  static absl::StatusOr<Header> Create(v1::ImportFile file,
                                       const google::protobuf::RepeatedPtrField<std::string>& names);

  v1::ImportFile file() const { return file_; }
  int size() const { return size_; }
  // The row's value; empty if the file has no such optional column.
  std::string_view Value(const v1::ImportRow& row, std::string_view column) const;
  // The row with every column of the file in its defined order: the same facts, the same bytes.
  std::vector<std::string_view> Canonical(const v1::ImportRow& row) const;
  bool Has(std::string_view column) const { return index_.contains(column); }

 private:
  v1::ImportFile file_ = v1::IMPORT_FILE_UNSPECIFIED;
  int size_ = 0;
  std::map<std::string, int, std::less<>> index_;
  // Where the columns of the file stand, in its defined order; -1: not in this request.
  std::vector<int> order_;
};

// Somebody whom a row names.
struct NamedPerson {
  decider::Id id;
  // The day they joined; nullopt while nobody is registered with this id.
  std::optional<decider::Day> joined_on;
};

// The request ids of rows, in the namespace of a system.
std::string NamespaceOf(std::string_view system);
decider::Id PersonRowId(const storage::Keyed& keyed, std::string_view person_id);

// Who is meant by the external ids of one system.
class People {
 public:
  // `assumed` are external ids of people whom a dry run would have registered. `lasting` is what calls before this one
  // found on the same log.
  People(const runtime::Desk& desk, const storage::LedgerSnapshot& snapshot, Lasting& lasting, std::string system,
         const google::protobuf::RepeatedPtrField<std::string>& assumed);

  // NOT_FOUND UNKNOWN_PERSON; DATA_LOSS if unreadable.
  absl::StatusOr<NamedPerson> Find(std::string_view external_id);
  // The id that people.csv gives this person when it registers them; for somebody who is known only later.
  decider::Id IdToBe(std::string_view external_id) const;
  const std::string& system() const { return system_; }
  // Whether the stream has a record. One that had none when it was asked for first has none for the length of the call.
  absl::StatusOr<bool> Exists(const decider::StreamKey& stream);
  // For ids that derive from what is known, as of a pair.
  const decider::Ids& ids() const { return ids_; }
  bool IsAssumed(const decider::Id& person) const { return assumed_.contains(person); }

 private:
  absl::StatusOr<NamedPerson> LookUp(std::string_view external_id);

  const runtime::Desk& desk_;
  const storage::LedgerSnapshot& snapshot_;
  Lasting& lasting_;
  const std::string system_;
  const runtime::RequestIds ids_;
  std::map<decider::Id, std::string> assumed_;
  std::unordered_map<std::string, absl::StatusOr<NamedPerson>> known_;
  // Streams that had no record.
  std::set<decider::StreamKey> absent_;
};

// Reads one row. Each getter answers a default once something was wrong; see status().
class RowReader {
 public:
  RowReader(const Header& header, const v1::ImportRow& row, People& people)
      : header_(header), row_(row), people_(people) {}

  std::string Text(std::string_view column) const { return std::string(header_.Value(row_, column)); }
  bool Empty(std::string_view column) const { return header_.Value(row_, column).empty(); }
  decider::Day Day(std::string_view column);
  std::optional<decider::Day> OptionalDay(std::string_view column);
  std::optional<std::uint32_t> OptionalNumber(std::string_view column);
  // The value whose short name it is, as in `in_person` of CHECK_IN_CHANNEL_IN_PERSON.
  int Enum(std::string_view column, const google::protobuf::EnumDescriptor* type);
  // As Enum, of a piece of the value.
  int EnumNamed(std::string_view column, std::string_view text, const google::protobuf::EnumDescriptor* type);
  // The stated value of this short name.
  static std::optional<int> Named(std::string_view text, const google::protobuf::EnumDescriptor* type);
  // As Enum; 0 where the value is empty.
  int OptionalEnum(std::string_view column, const google::protobuf::EnumDescriptor* type);
  NamedPerson Person(std::string_view column);
  // What is wrong first.
  const absl::Status& status() const { return status_; }
  void Reject(std::string_view column, std::string_view wish, std::string_view reason);
  People& people() { return people_; }

 private:
  const Header& header_;
  const v1::ImportRow& row_;
  People& people_;
  absl::Status status_;
};

}  // namespace mentorlog::import

#endif  // MENTORLOG_SERVICES_IMPORT_IMPORT_ROW_H_
