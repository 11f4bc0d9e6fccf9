// services/runtime/scratch.h: a message that a thread uses again and again.
//
// A fold parses a row, changes it and serialises it again, once per record. A message keeps what it allocated when it
// is cleared: used again, most rows are parsed without an allocation. One of each type lies with each thread that
// asked; what is taken twice at a time is made anew. Each thread has its own, so that no two ever meet.
#ifndef MENTORLOG_SERVICES_RUNTIME_SCRATCH_H_
#define MENTORLOG_SERVICES_RUNTIME_SCRATCH_H_

#include <memory>
#include <utility>

namespace mentorlog::runtime {

// An empty message, as long as the scratch lives. Neither copied nor handed to another thread.
template <typename Message>
class Scratch {
 public:
  Scratch() : message_(std::exchange(Spare(), nullptr)) {
    if (message_ == nullptr) message_ = std::make_unique<Message>();
  }
  ~Scratch() {
    message_->Clear();
    Spare() = std::move(message_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  Message& operator*() const { return *message_; }
  Message* operator->() const { return message_.get(); }

 private:
  static std::unique_ptr<Message>& Spare() {
    thread_local std::unique_ptr<Message> spare;
    return spare;
  }

  std::unique_ptr<Message> message_;
};

}  // namespace mentorlog::runtime

#endif  // MENTORLOG_SERVICES_RUNTIME_SCRATCH_H_
