#pragma once

#include <google/protobuf/message.h>

#include <random>

namespace tomada::json {

// Fills a message with random fields of every kind that have a JSON form; the same seed gives the same message.
// `depth` is how many messages may still stand inside one another.
void FillRandomly(std::mt19937& random, int depth, google::protobuf::Message* message);

}  // namespace tomada::json
