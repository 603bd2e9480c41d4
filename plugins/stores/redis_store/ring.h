#pragma once

#include <algorithm>
#include <utility>

#include <boost/circular_buffer.hpp>

namespace tomada::redis_store {

// A queue that keeps its memory: what std::deque would allocate and free for each few elements that pass through.
template <class T>
class Ring {
 public:
  bool empty() const { return elements_.empty(); }
  size_t size() const { return elements_.size(); }
  T& front() { return elements_.front(); }
  auto begin() { return elements_.begin(); }
  auto end() { return elements_.end(); }
  auto rbegin() { return elements_.rbegin(); }
  auto rend() { return elements_.rend(); }

  void push_back(T element) {
    Reserve();
    elements_.push_back(std::move(element));
  }
  void push_front(T element) {
    Reserve();
    elements_.push_front(std::move(element));
  }
  void pop_front() { elements_.pop_front(); }
  void clear() { elements_.clear(); }
  // Keeps the order of the others.
  template <class Condition>
  void erase_if(Condition condition) {
    elements_.erase(std::remove_if(begin(), end(), condition), end());
  }

 private:
  void Reserve() {
    if (elements_.full()) elements_.set_capacity(std::max<size_t>(64, 2 * elements_.capacity()));
  }

  boost::circular_buffer<T> elements_;
};

}  // namespace tomada::redis_store
