# tomada_add_proto(NAME ROOT dir PROTOS a.proto b.proto [DEPENDS other...] [DESCRIPTOR_SET] [NO_INSTALL])
#
# One shared library, libtomada_proto_NAME.so (target tomada::proto_NAME), of the code generated from the given files of
# one protobuf package. Exactly one: a second copy in the process aborts it. ROOT is the import root. DESCRIPTOR_SET also
# writes NAME.binpb, with imports and comments, for clients without the generated code. NO_INSTALL is for tests.
function(tomada_add_proto name)
  cmake_parse_arguments(arg "DESCRIPTOR_SET;NO_INSTALL" "ROOT" "PROTOS;DEPENDS" ${ARGN})
  set(out ${PROJECT_BINARY_DIR}/generated/${name})
  file(MAKE_DIRECTORY ${out})

  set(include_flags -I ${arg_ROOT} -I ${Protobuf_INCLUDE_DIRS})
  foreach(dependency ${arg_DEPENDS})
    get_target_property(root tomada_proto_${dependency} TOMADA_PROTO_ROOT)
    list(APPEND include_flags -I ${root})
  endforeach()

  set(sources)
  set(inputs)
  foreach(proto ${arg_PROTOS})
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    list(APPEND sources ${out}/${stem}.pb.cc)
    list(APPEND inputs ${arg_ROOT}/${proto})
  endforeach()
  string(REPLACE ".pb.cc" ".pb.h" headers "${sources}")

  set(descriptor_flags)
  set(descriptor)
  if(arg_DESCRIPTOR_SET)
    set(descriptor ${PROJECT_BINARY_DIR}/${TOMADA_SHARE_DIR}/proto/${name}.binpb)
    set(descriptor_flags --descriptor_set_out=${descriptor} --include_imports --include_source_info)
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/${TOMADA_SHARE_DIR}/proto)
    install(FILES ${descriptor} DESTINATION ${TOMADA_SHARE_DIR}/proto)
  endif()

  add_custom_command(
    OUTPUT ${sources} ${headers} ${descriptor}
    COMMAND protobuf::protoc ${include_flags} --cpp_out=${out} ${descriptor_flags} ${inputs}
    DEPENDS ${inputs}
    COMMENT "Generating code of proto package ${name}"
    VERBATIM)

  add_library(tomada_proto_${name} SHARED ${sources})
  add_library(tomada::proto_${name} ALIAS tomada_proto_${name})
  target_include_directories(tomada_proto_${name} SYSTEM PUBLIC
    $<BUILD_INTERFACE:${out}> $<INSTALL_INTERFACE:include/tomada/proto>)
  target_link_libraries(tomada_proto_${name} PUBLIC protobuf::libprotobuf)
  foreach(dependency ${arg_DEPENDS})
    target_link_libraries(tomada_proto_${name} PUBLIC tomada_proto_${dependency})
  endforeach()
  # Generated code is not ours to tidy, and its files define the same names.
  target_compile_options(tomada_proto_${name} PRIVATE -w)
  set_target_properties(tomada_proto_${name} PROPERTIES UNITY_BUILD OFF
    EXPORT_NAME proto_${name} INSTALL_RPATH "$ORIGIN" TOMADA_PROTO_ROOT ${arg_ROOT})
  if(NOT arg_NO_INSTALL)
    install(TARGETS tomada_proto_${name} EXPORT tomada LIBRARY DESTINATION lib)
    install(DIRECTORY ${out}/ DESTINATION include/tomada/proto FILES_MATCHING PATTERN "*.pb.h")
  endif()
endfunction()

# tomada_add_grpc_stub(NAME ROOT dir PROTO a.proto [DEPENDS other...])
#
# Static library tomada_grpc_stub_NAME: the client and server classes that grpc++ generates, beside the messages of
# tomada_add_proto(NAME). For tests and benchmarks: the plugins need none.
function(tomada_add_grpc_stub name)
  cmake_parse_arguments(arg "" "ROOT;PROTO" "DEPENDS" ${ARGN})
  find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
  set(out ${PROJECT_BINARY_DIR}/generated/${name}_grpc)
  file(MAKE_DIRECTORY ${out})
  set(include_flags -I ${arg_ROOT} -I ${Protobuf_INCLUDE_DIRS})
  foreach(dependency ${arg_DEPENDS})
    get_target_property(root tomada_proto_${dependency} TOMADA_PROTO_ROOT)
    list(APPEND include_flags -I ${root})
  endforeach()
  string(REGEX REPLACE "\\.proto$" "" stem ${arg_PROTO})
  add_custom_command(
    OUTPUT ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h
    COMMAND protobuf::protoc ${include_flags} --grpc_out=${out} --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN}
            ${arg_ROOT}/${arg_PROTO}
    DEPENDS ${arg_ROOT}/${arg_PROTO}
    COMMENT "Generating gRPC stubs of ${name}"
    VERBATIM)
  add_library(tomada_grpc_stub_${name} STATIC ${out}/${stem}.grpc.pb.cc)
  target_include_directories(tomada_grpc_stub_${name} SYSTEM PUBLIC ${out})
  target_link_libraries(tomada_grpc_stub_${name} PUBLIC tomada_proto_${name} gRPC::grpc++)
  target_compile_options(tomada_grpc_stub_${name} PRIVATE -w)
endfunction()
