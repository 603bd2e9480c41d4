#include "net/server/handshakes.h"

#include "net/server/connection.h"

namespace tomada::net {

bool Handshakes::Entry::Enter(Deadline now) {
  if (in_ == &handshakes_.under_way_) return true;
  if (in_ != nullptr) return false;
  const bool free = handshakes_.under_way_.size() < kMost && handshakes_.waiting_.empty();
  in_ = free ? &handshakes_.under_way_ : &handshakes_.waiting_;
  position_ = in_->insert(in_->end(), this);
  moved_ = now;
  return free;
}

void Handshakes::Entry::Moved(Deadline now) {
  if (in_ != &handshakes_.under_way_) return;
  moved_ = now;
  in_->splice(in_->end(), *in_, position_);
}

void Handshakes::Entry::Leave() {
  if (in_ == nullptr) return;
  in_->erase(position_);
  in_ = nullptr;
  handshakes_.GivePlace();
}

void Handshakes::GivePlace() {
  while (under_way_.size() < kMost && !waiting_.empty()) {
    Entry& next = *waiting_.front();
    under_way_.splice(under_way_.end(), waiting_, next.position_);
    next.in_ = &under_way_;
    next.moved_ = Deadline::clock::now();
    next.connection_.OnHandshakePlace();
  }
}

Deadline Handshakes::next_cut() const {
  return waiting_.empty() ? Deadline::max() : under_way_.front()->moved_ + kPatience;
}

Connection* Handshakes::Overdue(Deadline now) const {
  return next_cut() <= now ? &under_way_.front()->connection_ : nullptr;
}

}  // namespace tomada::net
