#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "clients/cli/connection.h"

namespace mentorlog::cli {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

// Linked whole, so every file of the API is in the generated pool; which ones, CMake tells.
std::vector<const ServiceDescriptor*> Services() {
  static const auto* const services = [] {
    auto* found = new std::vector<const ServiceDescriptor*>;
    const auto* pool = google::protobuf::DescriptorPool::generated_pool();
    const std::string files = MENTORLOG_SERVICE_FILES;
    for (std::size_t begin = 0; begin < files.size();) {
      const auto end = std::min(files.find(',', begin), files.size());
      const auto* file = pool->FindFileByName(files.substr(begin, end - begin));
      for (int i = 0; file != nullptr && i < file->service_count(); ++i) found->push_back(file->service(i));
      begin = end + 1;
    }
    std::sort(found->begin(), found->end(), [](auto* a, auto* b) { return a->full_name() < b->full_name(); });
    return found;
  }();
  return *services;
}

const MethodDescriptor* MethodTaking(const Descriptor* request) {
  static const auto* const by_request = [] {
    auto* found = new std::map<const Descriptor*, const MethodDescriptor*>;
    for (const auto* service : Services()) {
      for (int i = 0; i < service->method_count(); ++i) {
        found->emplace(service->method(i)->input_type(), service->method(i));
      }
    }
    return found;
  }();
  const auto found = by_request->find(request);
  return found == by_request->end() ? nullptr : found->second;
}

}  // namespace mentorlog::cli
