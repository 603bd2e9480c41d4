// The page of a component that people open first.
#ifndef TOMADA_START_PAGE_H_
#define TOMADA_START_PAGE_H_

#include <string>

namespace tomada {

// What a component may also be. The host looks for it when the component has started, and names the page in its log.
class HasStartPage {
 public:
  virtual ~HasStartPage();

  // For a browser on this machine: "http://127.0.0.1:8000/docs". Empty when there is none. Called once, after Start has
  // succeeded and on its thread.
  virtual std::string start_page() const = 0;
};

}  // namespace tomada

#endif  // TOMADA_START_PAGE_H_
