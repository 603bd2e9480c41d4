// Looks into JSON that a test received. Reads with protobuf's own library, so that our codec is not its own witness.
#pragma once

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tomada::testing {

class Json {
 public:
  // Throws std::runtime_error when `text` is no JSON.
  static Json Parse(const std::string& text) {
    google::protobuf::Value value;
    if (!google::protobuf::util::JsonStringToMessage(text, &value).ok()) {
      throw std::runtime_error("not JSON: " + text);
    }
    return Json(std::move(value));
  }

  bool Has(const std::string& key) const { return value_.struct_value().fields().contains(key); }
  // The member as text: a string as it is, a whole number in digits; empty when absent.
  std::string operator[](const std::string& key) const {
    auto member = value_.struct_value().fields().find(key);
    if (member == value_.struct_value().fields().end()) return {};
    if (member->second.has_string_value()) return member->second.string_value();
    return std::to_string(static_cast<long long>(member->second.number_value()));
  }
  std::vector<Json> Array(const std::string& key) const {
    std::vector<Json> elements;
    auto member = value_.struct_value().fields().find(key);
    if (member == value_.struct_value().fields().end()) return elements;
    for (const auto& element : member->second.list_value().values()) elements.push_back(Json(element));
    return elements;
  }

 private:
  explicit Json(google::protobuf::Value value) : value_(std::move(value)) {}
  google::protobuf::Value value_;
};

}  // namespace tomada::testing
