// The comments of .proto files, which generated code has not. tomada_add_proto puts them beside the code, in the same
// library: a plugin from anywhere brings them, and who does not ask pays nothing.
#ifndef TOMADA_PROTO_COMMENTS_H_
#define TOMADA_PROTO_COMMENTS_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

namespace tomada {

// The file, as FileDescriptor::CopyTo gives it, and its comments as source_code_info, without the places that have
// none. Of a file that was made at run time they are those that its descriptor has; of generated code, those in its
// library, and of the well-known types those in libtomada. There are none of what was generated otherwise than by
// tomada_add_proto. Each call searches the libraries of the process and reads the file's comments anew. Thread-safe.
google::protobuf::FileDescriptorProto WithComments(const google::protobuf::FileDescriptor& file);

}  // namespace tomada

#endif  // TOMADA_PROTO_COMMENTS_H_
