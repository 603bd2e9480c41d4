// Requests of any type, from its descriptor.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace tomada::testing {

// The same requests for the same sequence of calls, on every machine. Used by one thread.
class MessageMaker {
 public:
  // Texts that a comment in the file gives as `Example: ...` are tried too.
  void LearnExamples(const google::protobuf::FileDescriptor& file);
  // So are those in a message: an id that was answered can be asked for.
  void Learn(const google::protobuf::Message& message);

  // The empty message; one with a field that nobody knows; and for each field, of the message and of messages in it,
  // and each value at the edge of its type, a message like `like` with it. Serialized.
  std::vector<std::string> Edges(const google::protobuf::Message& like);
  // Any fields with any values.
  std::string Random(const google::protobuf::Message& prototype);

 private:
  using Field = google::protobuf::FieldDescriptor;

  void Fill(google::protobuf::Message& message, int depth);
  // A value, for a repeated field one more. `edge` counts from 0; false when there are no so many.
  static bool SetEdge(google::protobuf::Message& message, const Field& field, size_t edge);
  void SetAny(google::protobuf::Message& message, const Field& field, int depth);

  // Leads from a message to the one in it whose fields are set.
  using Reach = std::function<google::protobuf::Message&(google::protobuf::Message&)>;
  void AddEdges(const google::protobuf::Message& like, const Reach& reach, const google::protobuf::Descriptor& into,
                int depth, std::vector<std::string>& made);
  void AddWord(std::string word);

  std::vector<std::string> words_;
  std::mt19937 random_{20260101};
};

}  // namespace tomada::testing
