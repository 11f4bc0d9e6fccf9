// services/people/names.h: how rooms learn what a person is called.
//
// Names are sealed: no view holds them. Who shows a person asks here, once per answer and person. Thread-safe.
#ifndef MENTORLOG_SERVICES_PEOPLE_NAMES_H_
#define MENTORLOG_SERVICES_PEOPLE_NAMES_H_

#include <string>

#include "storage/types.h"

namespace mentorlog::people {

class Names {
 public:
  virtual ~Names() = default;
  // The display name; empty if nobody has this id, or the name was erased. Point reads at most: callable from a
  // handler's thread.
  virtual std::string Name(const storage::Id& person) const = 0;
};

}  // namespace mentorlog::people

#endif  // MENTORLOG_SERVICES_PEOPLE_NAMES_H_
