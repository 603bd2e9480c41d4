#include "net/server/output_queue.h"

#include <algorithm>
#include <utility>

namespace tomada::net {
namespace {

constexpr size_t kCompact = 64 << 10;
constexpr size_t kTextKept = 16 << 10;

}  // namespace

void OutputQueue::AppendShared(std::string_view bytes) {
  if (bytes.empty()) return;
  shared_.push_back({text_.size(), bytes});
  shared_size_ += bytes.size();
}

std::string_view OutputQueue::front() const {
  if (shared_.empty()) return std::string_view(text_).substr(sent_);
  const Shared& next = shared_.front();
  return next.at == sent_ ? next.bytes : std::string_view(text_).substr(sent_, next.at - sent_);
}

void OutputQueue::RemovePrefix(size_t count) {
  if (!shared_.empty() && shared_.front().at == sent_) {
    shared_.front().bytes.remove_prefix(count);
    shared_size_ -= count;
    if (shared_.front().bytes.empty()) shared_.erase(shared_.begin());
  } else {
    sent_ += count;
  }
  if (empty()) return Clear();
  if (sent_ < kCompact || sent_ < text_.size() / 2) return;
  text_.erase(0, sent_);
  for (Shared& shared : shared_) shared.at -= sent_;
  sent_ = 0;
}

void OutputQueue::MoveTo(OutputQueue& out, size_t limit) {
  if (out.empty()) return std::swap(*this, out);
  while (!empty() && out.owned() < limit) {
    const std::string_view next = front();
    if (!shared_.empty() && shared_.front().at == sent_) {
      out.AppendShared(next);
      RemovePrefix(next.size());
    } else {
      const size_t count = std::min(next.size(), limit - out.owned());
      out.text_.append(next.substr(0, count));
      RemovePrefix(count);
    }
  }
}

void OutputQueue::Clear() {
  text_.clear();
  if (text_.capacity() > kTextKept) text_.shrink_to_fit();
  sent_ = 0;
  shared_.clear();
  shared_size_ = 0;
}

}  // namespace tomada::net
