// The bytes that one connection has still to send.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tomada::net {

// In order: text that is made for this client and owned here, and bodies that all clients share and that are not
// copied. One thread.
class OutputQueue {
 public:
  // What is to be sent next is appended here.
  std::string& text() { return text_; }
  // `bytes` outlive the queue.
  void AppendShared(std::string_view bytes);

  bool empty() const { return size() == 0; }
  // All that is unsent.
  size_t size() const { return owned() + shared_size_; }
  // That part of it which takes memory here.
  size_t owned() const { return text_.size() - sent_; }

  // What is to be sent first; empty only when there is nothing.
  std::string_view front() const;
  // So many bytes of the front have been sent.
  void RemovePrefix(size_t count);
  void Clear();
  // Moves its front behind what `out` has, as long as that owns less than `limit`; all of it, without a copy, when
  // `out` is empty.
  void MoveTo(OutputQueue& out, size_t limit);

 private:
  struct Shared {
    size_t at;  // before this position of text_
    std::string_view bytes;
  };

  std::string text_;  // [0, sent_) is sent
  size_t sent_ = 0;
  std::vector<Shared> shared_;  // by position; what is unsent of each
  size_t shared_size_ = 0;
};

}  // namespace tomada::net
