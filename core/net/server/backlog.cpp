#include "net/server/backlog.h"

namespace tomada::net {

void Backlog::Entry::Set(size_t bytes) {
  if (bytes == bytes_) return;
  backlog_.bytes_ += bytes - bytes_;
  if (bytes_ == 0) {
    position_ = backlog_.waiting_.insert(backlog_.waiting_.end(), this);
    moved_ = std::chrono::steady_clock::now();
  } else if (bytes == 0) {
    backlog_.waiting_.erase(position_);
  }
  bytes_ = bytes;
}

void Backlog::Entry::Moved() {
  if (bytes_ == 0) return;
  moved_ = std::chrono::steady_clock::now();
  backlog_.waiting_.splice(backlog_.waiting_.end(), backlog_.waiting_, position_);
}

Connection* Backlog::Excess() const {
  if (bytes_ <= max_) return nullptr;
  const Entry& first = *waiting_.front();
  return std::chrono::steady_clock::now() - first.moved_ < kPatience ? nullptr : &first.connection_;
}

}  // namespace tomada::net
