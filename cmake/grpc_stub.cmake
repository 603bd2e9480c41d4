# tomada_add_grpc_stub(NAME IMPORT dir PROTO a.proto)
#
# Static library tomada_grpc_stub_NAME: the client and server classes that grpc++ generates, beside the messages of
# tomada_add_proto(NAME). For tests and benchmarks: the plugins need none.
function(tomada_add_grpc_stub name)
  cmake_parse_arguments(arg "" "IMPORT;PROTO" "" ${ARGN})
  find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
  set(out ${PROJECT_BINARY_DIR}/generated/${name}_grpc)
  file(MAKE_DIRECTORY ${out})
  string(REGEX REPLACE "\\.proto$" "" stem ${arg_PROTO})
  add_custom_command(
    OUTPUT ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h
    COMMAND protobuf::protoc -I ${arg_IMPORT} -I ${PROJECT_BINARY_DIR}/${TOMADA_SHARE_DIR}/proto
            -I ${Protobuf_INCLUDE_DIRS} --grpc_out=${out} --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN}
            ${arg_IMPORT}/${arg_PROTO}
    DEPENDS ${arg_IMPORT}/${arg_PROTO}
    COMMENT "Generating gRPC stubs of ${name}"
    VERBATIM)
  add_library(tomada_grpc_stub_${name} STATIC ${out}/${stem}.grpc.pb.cc)
  target_include_directories(tomada_grpc_stub_${name} SYSTEM PUBLIC ${out})
  target_link_libraries(tomada_grpc_stub_${name} PUBLIC tomada_proto_${name} gRPC::grpc++)
  target_compile_options(tomada_grpc_stub_${name} PRIVATE -w)
endfunction()
